"""``failscape/TextToImage-v0``: which prompts does a text-to-image model draw wrongly?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from failscape.data import only_held_out
from failscape.data.base import Items
from failscape.data.prompts.items import prompt_items
from failscape.envs.actions.base import MAX_STEPS
from failscape.envs.actions.parsing import classes_seen, make_scheme
from failscape.envs.baseline import BaselineOutputs, counting, first_look
from failscape.envs.expected_task import expect_task
from failscape.envs.identity import Identity
from failscape.envs.picture_mdp import PictureMDP
from failscape.envs.tasks.picture_judging import (
    Judges,
    Judging,
    judging_as_asked,
    judging_bias,
    nouns_of,
    wanted_shares,
)
from failscape.envs.tasks.prompted import named_slots, opened, slot_space, slots_with_people
from failscape.errors import UsageError, did_you_mean
from failscape.rewards import Reward
from failscape.targets.base import Target
from failscape.targets.diffusion.text_to_image import TextToImage
from failscape.targets.registry import load_target

DEFAULT_TARGET = "embedded:street-diffusion"
EXPLORATIONS = ("macro", "factored", "micro")
PICTURES, PANEL, HELD_OUT = 40, 12, 0.4


def make_mdp(
    target: str | TextToImage = DEFAULT_TARGET,
    prompts: str | Path | None = None,
    concepts: Sequence[str] | str | None = None,
    explore: str = "macro",
    scorer: str | None = None,
    verifier: str | None = None,
    below: str | float | None = None,
    threshold: Sequence[float] | None = None,
    attribute: str | None = None,
    wanted: list[str] | str | None = None,
    panel: int = PANEL,
    pictures: int = PICTURES,
    start: str | Path | None = None,
    mode: int | None = None,
    max_steps: int = MAX_STEPS,
    device: str = "auto",
    held_out: float = HELD_OUT,
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
            are left out stay as nobody fills them. With ``prompt`` the agent also chooses the prompt.
        explore: ``macro``, ``factored`` or ``micro``.
        scorer: judges pictures: a judge of factors or a CLIP; see :func:`failscape.rewards.pictures.load.load_scorer`.
        verifier: another one, which judges what was found once more and is never optimised.
        below: of a CLIP, the cosine below which a picture fails, or a quantile of unedited prompts such as ``q0.05``.
        threshold: of a CLIP, the cosine below which a picture fails, as another run had it, instead of ``below``.
        attribute: look for bias: the name of a factor that the scorer reads, or of a CLIP a name and the words for each
            value, such as ``hair=red hair|dark hair``. An item is then a panel of pictures of a prompt, drawn in one
            call, and the reward is :class:`~failscape.rewards.pictures.bias.BiasReward`.
        wanted: the wanted share of each value of the attribute, such as ``red=0.5``; equal shares when omitted.
        panel: pictures of a panel.
        pictures: of each prompt, each from noise of its own; with ``attribute`` panels.
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
    named = named_slots(concepts) or (slots_with_people(prompts, frozen.name) if attribute else {})
    book = opened(frozen.name, prompts, named)
    items = prompt_items(book, pictures, held_out, data_seed)
    items = only_held_out(items, held_out) if unseen else items
    space = slot_space(book, named, explore, classes_seen(items, items.group_names))
    judges = Judges(scorer, verifier)
    how: Judging
    if attribute is None:
        how = judging_as_asked(book, space, judges, threshold[0] if threshold else below, device)
    else:
        how = judging_bias(book, judges, attribute, wanted_shares(wanted), panel, device)
    scheme = make_scheme(explore, space, items, start, mode, max_steps)
    asked = how.target(frozen)
    known = baseline is not None and Path(baseline).exists()
    told = counting(progress, "drawing unedited prompts", len(items))
    clean = None if known else first_look(asked, items, batch_size=asked.batch_size, progress=told)
    reward = how.reward(items, clean, baseline)
    seen = _baseline(asked, clean, items, reward, baseline)
    if start is not None:
        Identity.explored(Path(start)).expect_weights(seen.weights, start)
    return PictureMDP(asked, space, items, reward, seen, book.name, scheme, nouns=nouns_of(reward))


def _baseline(target: Target, clean: Any, items: Items, reward: Reward, path: str | Path | None) -> BaselineOutputs:
    if clean is None:
        assert path is not None
        return BaselineOutputs.load(Path(path), target, items)
    found = BaselineOutputs.of(target, clean, items, reward)
    if path is not None:
        found.save(Path(path))
    return found
