"""Files for TensorBoard's embedding projector: failures as points, with their pictures where they have any.

Written here and not by ``SummaryWriter.add_embedding``, which goes through TensorFlow's file layer where TensorFlow is
installed and fails there.

Shapes: ``M`` examples, ``D`` features.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from failscape.analysis.examples.presenter import Examples
from failscape.common.visible import visible

SIDE = 64  # [px] of a thumbnail
MAX_POINTS = 2000  # a browser moves so many with ease


def write_projector(folder: Path, features: np.ndarray, examples: Examples, modes: Sequence[str]) -> None:
    """Write the embedding ``failures`` of a run folder; the first 2000 rows are kept.

    Args:
        folder: of the run.
        features: ``(M, D)``.
        examples: ``M`` of them.
        modes: name of the failure mode that each is in, ``M`` of them.
    """
    if not len(features) == len(examples) == len(modes):
        raise ValueError(f"{len(features)} rows of features and {len(modes)} modes for {len(examples)} examples")
    if not len(examples):
        return
    features, examples = np.asarray(features[:MAX_POINTS]), examples[:MAX_POINTS]
    place = folder / "projector"
    place.mkdir(exist_ok=True)
    np.savetxt(place / "features.tsv", features, fmt="%.5g", delimiter="\t")
    presenter = examples.presenter
    rows = [(*presenter.columns, "mode", "probe")]
    rows += [(*presenter.cells(e), mode, str(e.probe)) for e, mode in zip(examples, modes, strict=False)]
    lines = ["\t".join(visible(" ".join(cell.split())) for cell in row) for row in rows]
    (place / "metadata.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    pictures = [picture for e in examples if (picture := presenter.thumbnail(e)) is not None]
    if pictures:
        _sprite(pictures).save(place / "sprite.png")
    (folder / "projector_config.pbtxt").write_text(_config(features.shape, sprite=bool(pictures)))


def _sprite(pictures: Sequence[np.ndarray]) -> Image.Image:
    n_columns = math.ceil(math.sqrt(len(pictures)))
    sprite = Image.new("RGB", (SIDE * n_columns, SIDE * n_columns), "white")
    for i, picture in enumerate(pictures):
        image = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        sprite.paste(image, (SIDE * (i % n_columns), SIDE * (i // n_columns)))
    return sprite


def _config(shape: tuple[int, ...], *, sprite: bool) -> str:
    config = ProjectorConfig()
    embedding = config.embeddings.add()
    embedding.tensor_name = "failures"
    embedding.tensor_shape.extend(shape)
    embedding.tensor_path = "projector/features.tsv"
    embedding.metadata_path = "projector/metadata.tsv"
    if sprite:
        embedding.sprite.image_path = "projector/sprite.png"
        embedding.sprite.single_image_dim.extend([SIDE, SIDE])
    return text_format.MessageToString(config)
