"""Mining that can be stopped or killed at any moment: a folder with the pairs of each stripe that is done."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from failscape.common.atomic_write import write_all
from failscape.common.safe_open import read_small, regular
from failscape.errors import UsageError
from failscape.targets.encoders.mining.mining import MOST, STRIPE, Stripe, Thresholds, mine_stripe, n_stripes
from failscape.targets.encoders.mining.screen import Screen
from failscape.targets.encoders.mining.similarity import Vectors

IDENTITY = "mining.json"


def mine_into(
    folder: Path,
    target: Vectors,
    reference: Vectors,
    thresholds: Thresholds,
    identity: Mapping[str, Any],
    *,
    precision: str = "auto",
    device: str = "cpu",
    stripe: int = STRIPE,
    progress: Callable[[int, int], object] | None = None,
) -> Stripe:
    """All pairs; what the folder has already is read.

    Args:
        folder: made where there is none; can be deleted when the pairs are kept elsewhere.
        target: ``(N, F)``.
        reference: ``(N, G)``.
        thresholds: of both.
        identity: plain values that say what is compared with what, such as settings of encoders and a digest of data.
        precision: as in ``Screen``.
        device: where products are computed.
        stripe: items whose pairs are written together.
        progress: told the stripes that are done, and how many there are.

    Raises:
        UsageError: the folder holds pairs of another search, or is damaged; there are more than ``MOST`` pairs.
    """
    n = len(target)
    _open(folder, {**identity, **thresholds._asdict(), "items": n, "stripe": stripe})
    screen: Screen | None = None
    parts: list[Stripe] = []
    for number in range(n_stripes(n, stripe)):
        if not _path(folder, "same", number).exists():  # the second of the two that a stripe leaves
            screen = screen or Screen(target, precision, device)
            left = MOST - sum(len(part.blind) + len(part.same) for part in parts)
            found = mine_stripe(number, target, reference, thresholds, screen, stripe=stripe, most=left)
            _write(folder, number, found)
        parts.append(Stripe(*(_read(_path(folder, kind, number)) for kind in Stripe._fields)))
        if progress is not None:
            progress(number + 1, n_stripes(n, stripe))
    return Stripe(*(pd.concat(frames, ignore_index=True) for frames in zip(*parts, strict=True)))


def _open(folder: Path, identity: dict[str, Any]) -> None:
    path = folder / IDENTITY
    if path.exists():
        try:
            found = json.loads(read_small(path))
            differing = [key for key in identity if found.get(key) != identity[key]]
        except (ValueError, AttributeError):
            raise UsageError(f"{path} is damaged; delete {folder} and start again") from None
        if differing:
            said = ", ".join(f"{key} {found.get(key)} and not {identity[key]}" for key in differing)
            raise UsageError(f"{folder} holds pairs of another search: {said}; give another folder")
        return
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} holds no search for pairs, and is not empty; give another folder")
    folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps(identity, indent=2)
    write_all([(path, lambda partial: partial.write_text(content, encoding="utf-8"))])


def _path(folder: Path, kind: str, number: int) -> Path:
    return folder / f"{kind}-{number:05d}.parquet"


def _write(folder: Path, number: int, stripe: Stripe) -> None:
    write_all([(_path(folder, kind, number), frame.to_parquet) for kind, frame in stripe._asdict().items()])


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(regular(path))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is damaged; delete it and start again") from error
