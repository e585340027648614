"""What targets put out that is no text: images, embeddings. Content-addressed files of a run folder, bounded in all.

Records keep a reference, ``artifact:NAME``; the same content is one file, however often it comes.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path

from failscape.common.safe_open import regular
from failscape.errors import UsageError

PREFIX = "artifact:"
LIMIT = 1 << 30  # [bytes] of a run, unless it says otherwise


class ArtifactStore:
    """Files by their content, in one folder.

    Args:
        folder: of the run's artifacts; made with the first of them.
        limit: [bytes] of all of them; what would go beyond it is not kept.
    """

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self.folder, self.limit = folder, limit
        self._size = sum(path.stat().st_size for path in folder.glob("*")) if folder.is_dir() else 0

    def put(self, content: bytes, suffix: str) -> str:
        """Keep ``content``, whole or not at all; its reference, or ``""`` where there is no more room.

        Args:
            content: of the file.
            suffix: of its name, such as ``.png``.
        """
        path = self.folder / f"{blake2b(content, digest_size=16).hexdigest()}{suffix}"
        if not path.exists():
            if self._size + len(content) > self.limit:
                return ""
            self.folder.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(f".{os.getpid()}.partial")
            partial.write_bytes(content)
            os.replace(partial, path)
            self._size += len(content)
        return f"{PREFIX}{path.name}"

    def get(self, reference: str) -> bytes:
        """The content of a reference.

        Raises:
            UsageError: it is no reference to a file of this folder, or the file is gone or changed.
        """
        name = reference.removeprefix(PREFIX)
        path = self.folder / name
        if not reference.startswith(PREFIX) or Path(name).name != name or not path.is_file():
            raise UsageError(f"{self.folder} has no {reference!r}")
        content = regular(path).read_bytes()
        if blake2b(content, digest_size=16).hexdigest() != path.name.partition(".")[0]:
            raise UsageError(f"{path} is damaged: its content is not what its name says")
        return content
