"""``failscape/Classifier-v0``: where does an image classifier fail?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from failscape.common.nouns import Nouns
from failscape.data import load_images, only_held_out, open_source
from failscape.data.labels.groups import class_groups, in_groups
from failscape.data.labels.names import distinct
from failscape.envs.actions.base import MAX_STEPS
from failscape.envs.actions.parsing import classes_seen, explored_space, make_scheme
from failscape.envs.baseline import BaselineOutputs, first_look
from failscape.envs.expected_task import expect_task
from failscape.envs.identity import Identity
from failscape.envs.label_effects import labelled
from failscape.envs.mdp import ConceptMDP
from failscape.envs.preference_reward import MODEL_FILES, load_reward
from failscape.envs.tasks.score_kinds import about_scores
from failscape.errors import UsageError, did_you_mean
from failscape.rewards import CLASSIFICATION_REWARDS
from failscape.rewards.classification import margin
from failscape.targets.base import device_of
from failscape.targets.classifiers.base import ClassifierTarget
from failscape.targets.registry import load_target

DEFAULT_TARGET = "embedded:street-signs"
DEFAULT_DATA = {DEFAULT_TARGET: "street:"}
NOUNS = Nouns(plain_items="pictures", task="sorts pictures into {n} classes", asked="asked the model what it sees")


def make_mdp(
    target: str | ClassifierTarget = DEFAULT_TARGET,
    data: str | Path | None = None,
    concepts: Any = None,
    reward: str | None = None,
    explore: str = "macro",
    start: str | Path | None = None,
    mode: int | None = None,
    alpha: float = 5.0,
    max_steps: int = MAX_STEPS,
    device: str = "auto",
    classes: str | Path | None = None,
    only_matching: bool = False,
    groups: str | Path | None = None,
    labels: str | Path | None = None,
    max_items: int = 5000,
    held_out: float = 0.2,
    unseen: bool = False,
    data_seed: int = 0,
    baseline: str | Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> ConceptMDP:
    """The MDP of ``failscape/Classifier-v0``.

    Description:
        An image is drawn and shown unedited; the agent names one point of a grid of edits; the edited image is
        shown to the target. The more the target is wrong, the higher the reward.

    Action Space:
        By ``explore``:

        | explore | actions | what one does |
        |---|---|---|
        | ``macro`` | ``Discrete(P)`` | jumps to a point of the grid, its last concept fastest: ``25 i + 5 j + k`` |
        | ``factored`` | ``Discrete(max L)`` | chooses the level of the next concept; the last one asks the target |
        | ``micro`` | ``Discrete(2K)`` | moves concept ``a // 2`` one level down or up |
        | ``fsrl`` | ``Discrete(K)`` | raises concept ``a``, on what the edits before have left |

        ``env.unwrapped.describe_action(a)`` says in words what action ``a`` does.

    Observation Space:
        ``Box`` of float32:

        | part | size | range | what |
        |---|---|---|---|
        | features | up to 24 | [-5, 5] | the target's, whitened: of the unedited image, and the mean of its class |
        | confidence | 1 | [0, 1] | probability the target last gave to the true class |
        | coordinates | K | [-1, 1] | level of each concept; 0 while unedited; a slice has one per class |
        | edited | 1 or K | 0 or 1 | whether an edit was made; ``factored``: for each concept |

        With the slice ``class`` among the concepts the agent also chooses the image's class, and features and
        confidence are 0.

    Rewards:
        ``margin`` (default): probability of the best wrong class minus that of the true one, in [-1, 1]; positive
        where the target fails. ``fsrl``: the formula of *Failures Are Fated, But Can Be Faded*. Walks (``micro``) are
        paid for taking probability from the true class and for the failure, and pay for each step; walks back from
        a failure are paid for each level that brings them nearer while the target still fails. ``explore="fsrl"``
        takes ``alpha`` times the number of steps off the reward of a failure. ``human:RUN``: how undesirable people
        would find the failure, in [0, 1], by the model of their ratings of that run; 0 where the target is right.
        ``human-fsrl:RUN``: the same of undesirability times quality.

    Starting State:
        A uniform random image among those that are not held out, unedited. A reset asks the target nothing.

    Episode End:
        Termination: ``macro`` after one step, ``factored`` after one per concept, ``micro`` and ``fsrl`` at the first
        failure, walks back from a failure at the first image that the target gets right.
        Truncation: walks after ``max_steps``.

    Arguments:
        target: a URI (``torchvision:alexnet``) or a :class:`~failscape.targets.classifiers.classifier.Classifier`.
        data: an image folder with one subfolder per class, ``torchvision:NAME``, ``hf:NAME``, ``street:``.
        concepts: a preset, or concepts as :func:`failscape.concepts.concept_space` takes them; ``fsrl`` when omitted.
        reward: ``margin``, ``fsrl``, ``human:RUN`` or ``human-fsrl:RUN``, where ``RUN`` is the folder of a rated run.
        explore: ``macro``, ``factored``, ``micro`` or ``fsrl``.
        start: folder of a macroscopic run: walks begin at each image's nearest known failure, and lead back.
        mode: number of the failure mode of that run to begin in, from 1; any when omitted.
        alpha: what each step takes off the reward of a failure, with ``explore="fsrl"``.
        max_steps: that a walk may take.
        device: ``auto``, ``cpu``, ``cuda``.
        classes: a CSV file ``folder,class`` where the names of folders are not those of the target.
        only_matching: leave out folders that match no class.
        groups: a CSV file ``class,group``; modes, and the slice ``class``, are then of groups of classes.
        labels: a CSV file ``concept,from,to,class,effect,becomes`` that says which edits change the right answer.
        max_items: images held in memory at most, drawn evenly over classes.
        held_out: share of the images kept from exploration, for confirming what it finds.
        unseen: explore only images that are held out otherwise, such as those that a fine-tune has not seen; a share
            of them is held out in turn.
        data_seed: of the draw of images.
        baseline: a file that keeps what the target makes of the unedited images; read if it is there.
        progress: called with what is being done, how far it is, and how much there is.

    Version History:
        v0: initial.
    """
    reward = reward or ("fsrl" if explore == "fsrl" else "margin")
    check_reward(reward, explore)
    frozen = load_target(target, device) if isinstance(target, str) else target
    expect_task(frozen, "image-classification")
    grouping = None if groups is None else class_groups(groups, frozen.class_names)
    class_names = distinct(frozen.class_names)
    known = class_names if grouping is None else grouping.names
    space = explored_space(explore, concepts, start, {name: i for i, name in enumerate(known)})
    spec = data or DEFAULT_DATA.get(frozen.name.partition("?")[0])
    if spec is None:
        raise UsageError(f"{frozen.name} needs images to look at: give --data, a folder with one subfolder per class")
    if progress:
        progress(f"opening {spec}", 0, 0)
    source = open_source(spec, frozen.class_names, mapping=classes, only_matching=only_matching, target=frozen.name)
    items = load_images(
        source,
        frozen.prepare,
        device=device_of(frozen),
        max_items=max_items,
        seed=data_seed,
        held_out_share=held_out,
        progress=(lambda done, total: progress("reading images", done, total)) if progress else None,
    )
    items = only_held_out(items, held_out) if unseen else items
    items = replace(items, group_names=class_names) if grouping is None else in_groups(items, grouping)
    if space.group_axis is not None:
        space = explored_space(explore, concepts, start, classes_seen(items, known))
    scheme = make_scheme(explore, space, items, start, mode, max_steps, alpha)
    space, assumed = labelled(space, source, labels, items, compounds=scheme.path_length > 0)
    seen = _look(frozen, items, baseline, progress)
    if start is not None:
        Identity.explored(Path(start)).expect_weights(seen.weights, start)
    learned_by = frozen.name, items, seen, space, len(known), margin
    judge = CLASSIFICATION_REWARDS.get(reward) or load_reward(reward, *learned_by)
    nouns = _nouns(class_names, grouping is not None)
    return ConceptMDP(
        frozen, space, items, judge, seen, str(spec), scheme, answer_names=class_names, nouns=nouns, caveats=assumed
    )


def _nouns(class_names: Sequence[str], grouped: bool) -> Nouns:
    if not grouped:
        return NOUNS
    return NOUNS._replace(group="group", groups="groups", task=NOUNS.task.format(n=len(class_names)))


def check_reward(reward: str, explore: str) -> None:
    """Refuse a reward that is not there, or that is not for this way to explore, before anything is loaded."""
    kind, colon, _ = reward.partition(":")
    if kind in MODEL_FILES and explore not in {"macro", "factored"}:
        raise UsageError(f"--reward {kind} pays for failures, not for steps; give --explore macro or factored")
    if reward not in CLASSIFICATION_REWARDS and not (kind in MODEL_FILES and colon):
        known = [*CLASSIFICATION_REWARDS, *(f"{name}:RUN" for name in MODEL_FILES)]
        raise UsageError(f"no reward {reward!r}{did_you_mean(reward, known)}")


def _look(
    target: ClassifierTarget,
    items: Any,
    path: str | Path | None,
    progress: Callable[[str, int, int], None] | None,
) -> BaselineOutputs:
    """What the target makes of the unedited items, from ``path`` if it is there, else asked and written to it."""
    if path is not None and Path(path).exists():
        return BaselineOutputs.load(Path(path), target, items)
    done = 0

    def tell(n: int) -> None:
        nonlocal done
        done += n
        if progress:
            progress("looking at unedited images", done, len(items))

    outputs = first_look(target, items, progress=tell)
    baseline = BaselineOutputs.of(target, outputs, items, margin, about_scores(target, outputs.logits))
    if path is not None:
        baseline.save(Path(path))
    return baseline
