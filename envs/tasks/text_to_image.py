"""``failscape/TextToImage-v0``: which prompts does a text-to-image model draw wrongly?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from failscape.common.nouns import Nouns
from failscape.common.safe_open import regular
from failscape.concepts import ConceptSpace
from failscape.concepts.lattice import lattice
from failscape.concepts.prompts.slots import Slot, slots_of
from failscape.data import only_held_out
from failscape.data.base import Items
from failscape.data.prompts.book import PromptBook
from failscape.data.prompts.items import prompt_items
from failscape.data.prompts.read import FSRL, read_prompts
from failscape.data.prompts.street import NAME as STREET
from failscape.envs.actions.base import MAX_STEPS
from failscape.envs.actions.parsing import make_scheme
from failscape.envs.baseline import BaselineOutputs, first_look, unedited
from failscape.envs.expected_task import expect_task
from failscape.envs.identity import Identity
from failscape.envs.picture_mdp import PictureMDP
from failscape.errors import UsageError, did_you_mean
from failscape.rewards.pictures.base import Scorer
from failscape.rewards.pictures.clip import ClipScorer
from failscape.rewards.pictures.factors import FactorScorer
from failscape.rewards.pictures.load import load_scorer
from failscape.rewards.pictures.reward import PictureReward
from failscape.targets.diffusion.text_to_image import TextToImage
from failscape.targets.encoders.mining.thresholds import check_threshold
from failscape.targets.outputs import PictureOutputs
from failscape.targets.registry import load_target

DEFAULT_TARGET = "embedded:street-diffusion"
DEFAULT_PROMPTS = {DEFAULT_TARGET: STREET}
DEFAULT_SLOTS = {STREET: ("color", "light", "weather")}  # of prompts whose slots are many
SCORERS = {STREET: ("embedded:street-judge-a", "embedded:street-judge-b")}  # of prompts: the one, and the verifier
CLIP = "hf:openai/clip-vit-base-patch32"  # of all others, with the threshold that was published for it
EXPLORATIONS = ("macro", "factored", "micro")
PICTURES = 20
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


def make_mdp(
    target: str | TextToImage = DEFAULT_TARGET,
    prompts: str | Path | None = None,
    concepts: Sequence[str] | str | None = None,
    explore: str = "macro",
    scorer: str | None = None,
    verifier: str | None = None,
    below: str | float | None = None,
    pictures: int = PICTURES,
    start: str | Path | None = None,
    mode: int | None = None,
    max_steps: int = MAX_STEPS,
    device: str = "auto",
    held_out: float = 0.2,
    unseen: bool = False,
    data_seed: int = 0,
    baseline: str | Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> PictureMDP:
    """The MDP of ``failscape/TextToImage-v0``.

    Description:
        A prompt with slots and the number of one of its pictures are drawn; the agent fills the slots; the target draws
        the prompt with the noise of that number; a scorer judges the picture beside the prompt. The less of what is
        asked for the picture shows, the higher the reward. All episodes of a vector environment are drawn in one call.

    Action Space:
        By ``explore``: ``macro`` ``Discrete(P)`` fills all slots at once, ``factored`` ``Discrete(max L)`` one after
        the other, ``micro`` ``Discrete(sum of L)`` fills one slot, or leaves it as nobody fills it.
        ``env.unwrapped.describe_action(a)`` says in words what action ``a`` does.

    Observation Space:
        ``Box`` of float32: whitened features of the prompt as nobody fills its slots, by the target's text encoder, in
        [-5, 5]; the score of the last picture, in [0, 1]; for each value of each slot whether it is filled with it, in
        [-1, 1]; whether any slot was filled.

    Rewards:
        Twice the severity less 1, in [-1, 1], positive where the picture fails; -1 where a safety checker withheld it.
        Walks (``micro``) are paid for taking off the score and for the failure, and pay for each step.

    Starting State:
        A uniform random prompt and picture among those that are not held out; slots as nobody fills them. A reset asks
        nothing.

    Episode End:
        Termination: ``macro`` after one step, ``factored`` after one per slot, ``micro`` at the first failure, walks
        back from a failure at the first picture that does not fail. Truncation: walks after ``max_steps``.

    Arguments:
        target: a URI (``diffusers:PATH``) or a :class:`~failscape.targets.diffusion.text_to_image.TextToImage`.
        prompts: ``fsrl``, ``street:prompts``, a template such as ``"a {color} car"``, or a file: see
            :func:`failscape.data.prompts.read.read_prompts`.
        concepts: slots to fill, and values for them: ``color``, ``color=red,blue``; all slots when omitted. Slots that
            are left out stay as nobody fills them.
        explore: ``macro``, ``factored`` or ``micro``.
        scorer: judges pictures: a judge of factors or a CLIP; see :func:`failscape.rewards.pictures.load.load_scorer`.
        verifier: another one, which judges what was found once more and is never optimised.
        below: of a CLIP, the cosine below which a picture fails, or a quantile of unedited prompts such as ``q0.05``.
        pictures: of each prompt, each from noise of its own.
        start: folder of a macroscopic run: walks begin at each picture's nearest known failure, and lead back.
        mode: number of the failure mode of that run to begin in, from 1; any when omitted.
        max_steps: that a walk may take.
        device: ``auto``, ``cpu``, ``cuda``.
        held_out: share of the pictures kept from exploration, for confirming what it finds.
        unseen: explore only pictures that are held out otherwise.
        data_seed: of the noise.
        baseline: a file that keeps what the target makes of the unedited prompts; read if it is there.
        progress: called with what is being done, how far it is, and how much there is.

    Version History:
        v0: initial.
    """
    if explore not in EXPLORATIONS:
        raise UsageError(f"no way to explore prompts {explore!r}{did_you_mean(explore, EXPLORATIONS)}")
    frozen = load_target(target, device) if isinstance(target, str) else target
    expect_task(frozen, "text-to-image")
    assert isinstance(frozen, TextToImage)
    named = _named(concepts)
    book = _opened(frozen.name, prompts, named)
    space = _space(book, named, explore)
    items = prompt_items(book, pictures, held_out, data_seed)
    items = only_held_out(items, held_out) if unseen else items
    scheme = make_scheme(explore, space, items, start, mode, max_steps)
    share = _quantile(below)
    bound = None if below is None else float(below) if share is None else -1.0
    judge, second = _scorers(book, space, (scorer, verifier), bound, device)
    known = baseline is not None and Path(baseline).exists()
    clean = None if known else first_look(frozen, items, batch_size=frozen.batch_size, progress=_told(progress, items))
    if share is not None:
        judge = _at_quantile(judge, share, items, clean, baseline)
    reward = PictureReward(judge, second)
    seen = _baseline(frozen, clean, items, reward, baseline)
    if start is not None:
        Identity.explored(Path(start)).expect_weights(seen.weights, start)
    return PictureMDP(frozen, space, items, reward, seen, book.name, scheme, nouns=_nouns(reward.scorer))


def _opened(target: str, prompts: str | Path | None, named: Mapping[str, Sequence[str]]) -> PromptBook:
    """The prompts, with the values of slots that were named."""
    spec = prompts or DEFAULT_PROMPTS.get(target.partition("?")[0])
    if spec is None:
        raise UsageError(f"{target} needs prompts to draw: give --prompts, such as 'a {{color}} car' or {FSRL}")
    book = read_prompts(str(spec), {name: values for name, values in named.items() if values})
    for name in named:
        if name not in book.names:
            raise UsageError(f"no prompt of {spec} has a slot {name!r}{did_you_mean(name, book.names)}")
    if not book.names:
        raise UsageError(f"no prompt of {spec} has a slot to fill; write one, such as {{color}} or {{setting}}")
    return book


def _named(concepts: Sequence[str] | str | None) -> dict[str, list[str]]:
    """Slots that were named, with the values given for them: ``color``, ``color=red,blue``."""
    found: dict[str, list[str]] = {}
    for text in [concepts] if isinstance(concepts, str) else concepts or []:
        name, equals, values = text.partition("=")
        found[name] = [value.strip() for value in values.split(",") if value.strip()]
        if equals and not found[name]:
            raise UsageError(f"the slot {{{name}}} has no values; name them: {name}=WORDS,WORDS")
    return found


def _space(book: PromptBook, named: Mapping[str, Sequence[str]], explore: str) -> ConceptSpace:
    names = list(named) or DEFAULT_SLOTS.get(book.name, book.names)
    space = ConceptSpace([Slot(name, book.slots[name]) for name in names])
    return lattice(space) if explore == "micro" else space


def _quantile(below: str | float | None) -> float | None:
    """The share that ``q0.05`` says; None where a cosine is given, or nothing."""
    if below is None:
        return None
    share, is_quantile = check_threshold(below, "--below")
    return share if is_quantile else None


def _scorers(
    book: PromptBook, space: ConceptSpace, uris: tuple[str | None, str | None], below: float | None, device: str
) -> tuple[Scorer, Scorer | None]:
    """What judges, and what verifies that.

    Raises:
        UsageError: they are one, or the scorer cannot judge what is filled into the slots.
    """
    usual, usual_verifier = SCORERS.get(book.name, (CLIP, None))
    first = uris[0] or usual
    second = uris[1] or (usual_verifier if uris[0] is None else None)
    if first == second:
        raise UsageError(f"{first} cannot verify its own verdicts; give another one as --verifier")
    scorer = load_scorer(first, book.asks, below, device)
    if isinstance(scorer, FactorScorer):
        for slot in slots_of(space.concepts):
            for value in book.slots[slot]:
                if (slot, value) not in book.asks.values:
                    raise UsageError(
                        f"nothing says what {slot}={value} asks for, so {first} cannot judge it; leave it out, or "
                        "give a CLIP as --scorer"
                    )
    return scorer, None if second is None else load_scorer(second, book.asks, None, device)


def _at_quantile(
    scorer: Scorer, share: float, items: Items, clean: PictureOutputs | None, baseline: str | Path | None
) -> ClipScorer:
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


def _baseline(
    target: TextToImage, clean: PictureOutputs | None, items: Items, reward: PictureReward, path: str | Path | None
) -> BaselineOutputs:
    if clean is None:
        assert path is not None
        return BaselineOutputs.load(Path(path), target, items)
    found = BaselineOutputs.of(target, clean, items, reward)
    if path is not None:
        found.save(Path(path))
    return found


def _nouns(scorer: Scorer) -> Nouns:
    says = SAYS_OF_CLIP.format(below=scorer.below) if isinstance(scorer, ClipScorer) else SAYS
    return NOUNS._replace(
        asked=NOUNS.asked.format(scorer=scorer.name), measure=NOUNS.measure.format(scorer=scorer.name, says=says)
    )


def _told(progress: Callable[[str, int, int], None] | None, items: Items) -> Callable[[int], None] | None:
    if progress is None:
        return None
    done = 0

    def tell(n: int) -> None:
        nonlocal done
        done += n
        progress("drawing unedited prompts", done, len(items))

    return tell
