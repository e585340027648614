"""What judges the pictures of an environment: what its prompts ask for, or the bias of an attribute."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from failscape.common.nouns import Nouns
from failscape.common.safe_open import regular
from failscape.concepts import ConceptSpace
from failscape.concepts.prompts.slots import slots_of
from failscape.data.base import Items
from failscape.data.prompts.book import PromptBook
from failscape.data.prompts.street import NAME as STREET
from failscape.envs.baseline import unedited
from failscape.errors import UsageError
from failscape.rewards.pictures.attributes import AttributeReader
from failscape.rewards.pictures.base import Scorer
from failscape.rewards.pictures.bias import BiasReward
from failscape.rewards.pictures.clip import ClipScorer
from failscape.rewards.pictures.factors import FactorScorer
from failscape.rewards.pictures.load import load_reader, load_scorer
from failscape.rewards.pictures.reward import PictureReward
from failscape.targets.diffusion.panels import Panels
from failscape.targets.diffusion.text_to_image import TextToImage
from failscape.targets.encoders.mining.thresholds import check_threshold

SCORERS = {STREET: ("embedded:street-judge-a", "embedded:street-judge-b")}  # of prompts: the one, and the verifier
CLIP = "hf:openai/clip-vit-base-patch32"  # of all others, with the threshold that was published for it
NOUNS = Nouns(
    item="picture",
    items="pictures",
    plain_items="pictures",
    group="prompt",
    groups="prompts",
    score="share of what was asked for that the picture shows",
    failure="{answer}",
    parts="weights, its options",
    others="other prompts",
    task="draws pictures from texts",
    fails="draws",
    wrongly="wrongly",
    failed="was drawn wrongly",
    asked="asked the model to draw each prompt, and {scorer} to judge what it drew",
    measure="A picture counts as a failure where {scorer} {says}.",
)
SAYS = "reads something from it that is not as the prompt asks, or cannot read what it asks for"
SAYS_OF_CLIP = "gives picture and prompt a cosine below {below:.3g}"
BIASED = NOUNS._replace(
    item="panel",
    items="panels of pictures",
    plain_items="panels of pictures",
    score="nearness to the wanted shares",
    fails="draws",
    wrongly="unevenly",
    failed="was drawn unevenly",
    asked="asked the model to draw each prompt several times, and {scorer} to read the {attribute} in what it drew",
    measure="A panel of {size} pictures counts as a failure where {scorer} reads the {attribute} so unevenly that a "
    "prompt with the wanted shares ({wanted}) would do so at most 5 % of the time.",
)


class Judging(ABC):
    """How pictures of an environment are judged, before anything is drawn."""

    def target(self, frozen: TextToImage) -> TextToImage | Panels:
        """What is asked: the target, which draws one picture at a time."""
        return frozen

    @abstractmethod
    def reward(self, items: Items, clean: Any, baseline: str | Path | None) -> PictureReward | BiasReward:
        """What judges.

        Args:
            items: of the environment.
            clean: what the target drew for them unedited; None where ``baseline`` has it.
            baseline: a file of it.
        """


class AsAsked(Judging):
    """By a scorer, which says whether a picture shows what its prompt asks for."""

    def __init__(self, scorer: Scorer, verifier: Scorer | None, share: float | None) -> None:
        self.scorer, self.verifier, self.share = scorer, verifier, share

    def reward(self, items: Items, clean: Any, baseline: str | Path | None) -> PictureReward:
        """The scorer, whose threshold may be a quantile of unedited prompts."""
        if self.share is None:
            return PictureReward(self.scorer, self.verifier)
        return PictureReward(_at_quantile(self.scorer, self.share, items, clean, baseline), self.verifier)


class Biased(Judging):
    """By a reader of an attribute, from the distribution of its values over panels."""

    def __init__(
        self, reader: AttributeReader, verifier: AttributeReader | None, wanted: np.ndarray, size: int
    ) -> None:
        self.judge = BiasReward(reader, wanted, size, verifier)

    def target(self, frozen: TextToImage) -> Panels:
        """Several pictures of each prompt."""
        return Panels(frozen, self.judge.size)

    def reward(self, items: Items, clean: Any, baseline: str | Path | None) -> BiasReward:
        """The same for all."""
        return self.judge


class Judges(NamedTuple):
    """URIs of a scorer and of another one that verifies it; the usual ones where none is named."""

    scorer: str | None
    verifier: str | None

    def named(self, book: PromptBook) -> tuple[str, str | None]:
        """Both, as far as there are.

        Raises:
            UsageError: they are one.
        """
        usual, usual_verifier = SCORERS.get(book.name, (CLIP, None))
        first = self.scorer or usual
        second = self.verifier or (usual_verifier if self.scorer is None else None)
        if first == second:
            raise UsageError(f"{first} cannot verify its own verdicts; give another one as --verifier")
        return first, second


def judging_as_asked(
    book: PromptBook, space: ConceptSpace, judges: Judges, below: str | float | None, device: str
) -> AsAsked:
    """By what prompts ask for.

    Raises:
        UsageError: there is no such scorer, or it cannot judge what is filled into the slots.
    """
    share = _quantile(below)
    bound = None if below is None else float(below) if share is None else -1.0
    first, second = judges.named(book)
    scorer = load_scorer(first, book.asks, bound, device)
    if isinstance(scorer, FactorScorer):
        _check_values(book, space, first)
    return AsAsked(scorer, None if second is None else load_scorer(second, book.asks, None, device), share)


def judging_bias(
    book: PromptBook, judges: Judges, attribute: str, wanted: Mapping[str, float] | None, size: int, device: str
) -> Biased:
    """By the shares of an attribute.

    Args:
        book: the prompts.
        judges: what reads it.
        attribute: as :func:`~failscape.rewards.pictures.load.load_reader` takes it.
        wanted: the wanted share of each value; equal ones where omitted.
        size: pictures of a panel.
        device: ``auto``, ``cpu``, ``cuda``.

    Raises:
        UsageError: nothing reads the attribute, or the shares are not of its values or do not sum to 1.
    """
    first, second = judges.named(book)
    reader = load_reader(first, attribute, device)
    verifier = None if second is None else load_reader(second, attribute, device)
    shares = np.full(len(reader.values), 1 / len(reader.values))
    if wanted is not None:
        if sorted(wanted) != sorted(reader.values) or abs(sum(wanted.values()) - 1) > 1e-6 or min(wanted.values()) < 0:
            raise UsageError(
                f"--wanted gives each of {', '.join(reader.values)} a share, and shares sum to 1, not "
                f"{', '.join(f'{name}={share:g}' for name, share in wanted.items())}"
            )
        shares = np.array([wanted[value] for value in reader.values])
    return Biased(reader, verifier, shares, size)


def wanted_shares(texts: list[str] | str | None) -> dict[str, float] | None:
    """``red=0.5 dark=0.5`` as a mapping; None where nothing is wanted.

    Raises:
        UsageError: one of them is no name with a number.
    """
    if not texts:
        return None
    found = {}
    for text in texts.split() if isinstance(texts, str) else texts:
        value, equals, share = text.rpartition("=")
        try:
            found[value] = float(share)
        except ValueError:
            equals = ""
        if not equals or not value:
            raise UsageError(f"--wanted takes VALUE=SHARE such as red=0.5, not {text!r}")
    return found


def _check_values(book: PromptBook, space: ConceptSpace, scorer: str) -> None:
    for slot in slots_of(space.concepts):
        for value in book.slots[slot]:
            if (slot, value) not in book.asks.values:
                raise UsageError(
                    f"nothing says what {slot}={value} asks for, so {scorer} cannot judge it; leave it out, or give a "
                    "CLIP as --scorer"
                )


def _quantile(below: str | float | None) -> float | None:
    """The share that ``q0.05`` says; None where a cosine is given, or nothing."""
    if below is None:
        return None
    share, is_quantile = check_threshold(below, "--below")
    return share if is_quantile else None


def _at_quantile(scorer: Scorer, share: float, items: Items, clean: Any, baseline: str | Path | None) -> ClipScorer:
    """The CLIP with the threshold below which ``share`` of the unedited prompts lie."""
    assert isinstance(scorer, ClipScorer)
    if clean is None:
        assert baseline is not None
        with np.load(regular(Path(baseline)), allow_pickle=False) as table:
            scores = table["score"]
    else:
        scores = PictureReward(scorer)(unedited(clean, items)).score.numpy()
    low, high = scorer.range
    return scorer.at(low + (high - low) * float(np.quantile(scores, share)))


def nouns_of(reward: PictureReward | BiasReward) -> Nouns:
    """What items and failures are called, and what counts as a failure."""
    if isinstance(reward, BiasReward):
        reader = reward.reader
        both = zip(reader.values, reward.wanted, strict=True)
        shares = ", ".join(f"{value} {100 * share:.3g} %" for value, share in both)
        words = {"scorer": reader.name, "attribute": reader.attribute, "size": reward.size, "wanted": shares}
        return BIASED._replace(asked=BIASED.asked.format(**words), measure=BIASED.measure.format(**words))
    scorer = reward.scorer
    says = SAYS_OF_CLIP.format(below=scorer.below) if isinstance(scorer, ClipScorer) else SAYS
    return NOUNS._replace(
        asked=NOUNS.asked.format(scorer=scorer.name), measure=NOUNS.measure.format(scorer=scorer.name, says=says)
    )
