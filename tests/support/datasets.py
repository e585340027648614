"""Pictures as files, and what is said of a source that cannot be opened."""

import io

import pytest
from PIL import Image

from failscape.data.images.open import open_source
from failscape.errors import UsageError


def png(colour: tuple[int, ...], mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new(mode, (8, 8), colour).save(file, "PNG")
    return file.getvalue()


def refusal(spec: str, class_names=("cat", "dog")) -> str:
    with pytest.raises(UsageError) as caught:
        open_source(spec, class_names)
    return str(caught.value)
