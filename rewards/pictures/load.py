"""Scorers of pictures and readers of attributes by their URI, and the prompts that each can judge."""

from __future__ import annotations

import json
from pathlib import Path

from failscape.common.safe_open import read_small
from failscape.data.prompts.book import NOTHING, Asks
from failscape.errors import UsageError
from failscape.rewards.pictures.attributes import AttributeReader, FactorReader, ZeroShotReader
from failscape.rewards.pictures.base import Scorer
from failscape.rewards.pictures.clip import PUBLISHED, ClipScorer, clip_towers
from failscape.rewards.pictures.factors import FactorScorer
from failscape.targets.classifiers.factor_judge import FactorJudge
from failscape.targets.embedded import embedded_folder

EMBEDDED = "embedded:"
OF_VIT_B_32 = "clip-vit-base-patch32"  # a part of the names of the CLIP that PUBLISHED is for


def load_scorer(uri: str, asks: Asks = NOTHING, below: float | None = None, device: str = "auto") -> Scorer:
    """A judge of factors, or a CLIP.

    Args:
        uri: ``embedded:street-judge-a`` or a folder of a classifier whose labels are ``factor: value``; else a CLIP,
            such as ``hf:openai/clip-vit-base-patch32``.
        asks: what prompts ask for, which a judge of factors needs.
        below: of a CLIP, the cosine below which a picture is unlike its prompt.
        device: ``auto``, ``cpu``, ``cuda``.

    Raises:
        UsageError: it is no scorer, cannot judge these prompts, or lacks its threshold.
    """
    folder = _folder(uri)
    if folder is not None and _is_classifier(folder):
        if below is not None:
            raise UsageError(f"{uri} is a judge of factors and takes no --below; that is of a CLIP")
        judge = FactorJudge(str(folder), device)
        judge.name = uri
        if not asks.templates and not asks.values:
            raise UsageError(
                f"{uri} judges what prompts ask for, and nothing says that of these prompts; give a CLIP as --scorer, "
                "or say in the YAML file of the prompts what they ask for, under asks:"
            )
        return FactorScorer(judge, asks)
    if below is None and OF_VIT_B_32 not in uri:
        raise UsageError(
            f"a cosine of {PUBLISHED:g} means something for CLIP ViT-B/32 alone; say with --below where pictures of "
            f"{uri} are unlike their prompts, such as q0.05: the lowest 5 % of unedited prompts"
        )
    return ClipScorer.load(uri, PUBLISHED if below is None else below, device)


def _folder(uri: str) -> Path | None:
    if uri.startswith(EMBEDDED):
        return embedded_folder(uri.removeprefix(EMBEDDED))
    path = Path(uri.removeprefix("hf:"))
    return path if path.is_dir() else None


def _is_classifier(folder: Path) -> bool:
    try:
        config = json.loads(read_small(folder / "config.json"))
    except (OSError, ValueError):
        return False
    names = config.get("architectures") if isinstance(config, dict) else None
    return bool(names) and str(names[0]).endswith("ForImageClassification")


def load_reader(uri: str, attribute: str, device: str = "auto") -> AttributeReader:
    """What names an attribute of pictures.

    Args:
        uri: as :func:`load_scorer` takes it.
        attribute: of a judge the name of a factor; of a CLIP a name and the words for each value, such as
            ``hair=red hair|dark hair``.
        device: ``auto``, ``cpu``, ``cuda``.

    Raises:
        UsageError: it is neither, does not read the attribute, or lacks the words.
    """
    name, _, words = attribute.partition("=")
    folder = _folder(uri)
    if folder is not None and _is_classifier(folder):
        if words:
            raise UsageError(f"{uri} reads factors by their names: give --attribute {name}, without words")
        judge = FactorJudge(str(folder), device)
        judge.name = uri
        return FactorReader(judge, name)
    said = [value.strip() for value in words.split("|") if value.strip()]
    if len(said) < 2:
        raise UsageError(
            f"{uri} names an attribute by words for two values or more: --attribute '{name or 'hair'}=WORDS|WORDS'"
        )
    pictures, texts = clip_towers(uri, device)
    return ZeroShotReader(pictures, texts, name, {value: value for value in said})
