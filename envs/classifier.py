"""``failscape/Classifier-v0``: where does an image classifier fail?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from failscape.concepts import concept_space
from failscape.data import load_items, open_source
from failscape.envs.looks import Looks
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError, did_you_mean
from failscape.rewards import CLASSIFICATION_REWARDS
from failscape.targets.base import ClassifierTarget
from failscape.targets.registry import load_target

DEFAULT_TARGET = "embedded:street-signs"
DEFAULT_DATA = {DEFAULT_TARGET: "street:"}


def make_mdp(
    target: str | ClassifierTarget = DEFAULT_TARGET,
    data: str | Path | None = None,
    concepts: Any = "fsrl",
    reward: str = "margin",
    device: str = "auto",
    classes: str | Path | None = None,
    only_matching: bool = False,
    max_items: int = 5000,
    held_out: float = 0.2,
    data_seed: int = 0,
    looks: str | Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> ConceptMDP:
    """The MDP of ``failscape/Classifier-v0``.

    Description:
        An image is drawn and shown unedited; the agent names one point of a grid of edits; the edited image is
        shown to the target. The more the target is wrong, the higher the reward.

    Action Space:
        ``Discrete(P)``: the point of the grid, its last concept fastest. With the preset ``fsrl``, ``25 i + 5 j + k``
        for levels ``i`` of rotation [deg], ``j`` of darken and ``k`` of saturation.

    Observation Space:
        ``Box`` of float32:

        | part | size | range | what |
        |---|---|---|---|
        | features | up to 24 | [-5, 5] | the target's, whitened: of the unedited image, and the mean of its class |
        | confidence | 1 | [0, 1] | probability the target last gave to the true class |
        | coordinates | K | [-1, 1] | level of each concept; 0 while unedited |
        | edited | 1 | 0 or 1 | whether an edit was made |

    Rewards:
        ``margin`` (default): probability of the best wrong class minus that of the true one, in [-1, 1]; positive
        where the target fails. ``fsrl``: the formula of *Failures Are Fated, But Can Be Faded*.

    Starting State:
        A uniform random image among those that are not held out, unedited. A reset asks the target nothing.

    Episode End:
        Termination: after one step.

    Arguments:
        target: a URI (``torchvision:alexnet``) or a :class:`~failscape.targets.classifier.Classifier`.
        data: an image folder with one subfolder per class, ``torchvision:NAME``, ``hf:NAME``, ``street:``.
        concepts: a preset, or concepts as :func:`failscape.concepts.concept_space` takes them.
        reward: ``margin`` or ``fsrl``.
        device: ``auto``, ``cpu``, ``cuda``.
        classes: a CSV file ``folder,class`` where the names of folders are not those of the target.
        only_matching: leave out folders that match no class.
        max_items: images held in memory at most, drawn evenly over classes.
        held_out: share of the images kept from exploration, for confirming what it finds.
        data_seed: of the draw of images.
        looks: a file that keeps what the target makes of the unedited images; read if it is there.
        progress: called with what is being done, how far it is, and how much there is.

    Version History:
        v0: initial.
    """
    if reward not in CLASSIFICATION_REWARDS:
        raise UsageError(f"no reward {reward!r}{did_you_mean(reward, CLASSIFICATION_REWARDS)}")
    space = concept_space(concepts)
    frozen = load_target(target, device) if isinstance(target, str) else target
    spec = data or DEFAULT_DATA.get(frozen.name)
    if spec is None:
        raise UsageError(f"{frozen.name} needs images to look at: give --data, a folder with one subfolder per class")
    source = open_source(spec, frozen.class_names, mapping=classes, only_matching=only_matching, target=frozen.name)
    items = load_items(
        source,
        frozen.prepare,
        device=frozen.device,
        max_items=max_items,
        seed=data_seed,
        held_out_share=held_out,
        progress=(lambda done, total: progress("reading images", done, total)) if progress else None,
    )
    seen = _look(frozen, items, looks, progress)
    return ConceptMDP(frozen, space, items, CLASSIFICATION_REWARDS[reward], seen, str(spec))


def _look(
    target: ClassifierTarget,
    items: Any,
    path: str | Path | None,
    progress: Callable[[str, int, int], None] | None,
) -> Looks:
    """What the target makes of the unedited items, from ``path`` if it is there, else asked and written to it."""
    if path is not None and Path(path).exists():
        looks = Looks.load(Path(path))
        if len(looks.features) != len(items):
            raise UsageError(f"{path} knows {len(looks.features)} images, the data has {len(items)}: has it changed?")
        return looks
    done = 0

    def tell(n: int) -> None:
        nonlocal done
        done += n
        if progress:
            progress("looking at unedited images", done, len(items))

    looks = Looks.take(target, items, progress=tell)
    if path is not None:
        looks.save(Path(path))
    return looks
