"""What targets put out that is no text: images, embeddings. Content-addressed files of a run folder, bounded in all.

Records keep a reference, ``artifact:NAME``; the same content is one file, however often it comes.
"""

from __future__ import annotations

import os
import warnings
from hashlib import blake2b
from pathlib import Path

from failscape.common.safe_open import regular
from failscape.errors import Doubt, UsageError

PREFIX = "artifact:"
LIMIT = 1 << 30  # [bytes] of a run, unless it says otherwise


def reference_to(content: bytes, suffix: str) -> str:
    """The reference of ``content``, whether or not it is kept anywhere."""
    return f"{PREFIX}{blake2b(content, digest_size=16).hexdigest()}{suffix}"


class ArtifactStore:
    """Files by their content, in one folder.

    Args:
        folder: of the run's artifacts; made with the first of them.
        limit: [bytes] of all of them; what would go beyond it is not kept.
    """

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self.folder, self.limit = folder, limit
        self._size = sum(path.stat().st_size for path in folder.glob("*")) if folder.is_dir() else 0
        self._refused = False

    def put(self, content: bytes, suffix: str) -> str:
        """Keep ``content``, whole or not at all; its reference, or ``""`` where there is no more room.

        The first time that there is none, a warning (``Doubt``) says so: a run goes on without its pictures.

        Args:
            content: of the file.
            suffix: of its name, such as ``.png``.
        """
        reference = reference_to(content, suffix)
        path = self.folder / reference.removeprefix(PREFIX)
        if not path.exists():
            if self._size + len(content) > self.limit:
                return self._without(f"{self.limit / 2**20:g} MiB are full")
            try:
                self._write(path, content)
            except OSError as error:
                return self._without((error.strerror or str(error)).lower())
            self._size += len(content)
        return reference

    def holds(self, reference: str) -> bool:
        """Whether there is a file of a reference; whether it is damaged, :meth:`get` says."""
        name = reference.removeprefix(PREFIX)
        return reference.startswith(PREFIX) and Path(name).name == name and (self.folder / name).is_file()

    def get(self, reference: str) -> bytes:
        """The content of a reference.

        Raises:
            UsageError: it is no reference to a file of this folder, or the file is gone or changed.
        """
        if not self.holds(reference):
            raise UsageError(f"{self.folder} has no {reference!r}")
        path = self.folder / reference.removeprefix(PREFIX)
        content = regular(path).read_bytes()
        if blake2b(content, digest_size=16).hexdigest() != path.name.partition(".")[0]:
            raise UsageError(f"{path} is damaged: its content is not what its name says")
        return content

    def _write(self, path: Path, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.partial")
        try:
            partial.write_bytes(content)
            os.replace(partial, path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise

    def _without(self, why: str) -> str:
        if not self._refused:
            self._refused = True
            warnings.warn(f"{self.folder} takes no more files ({why}): what follows is not kept", Doubt, stacklevel=3)
        return ""
