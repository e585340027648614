"""An example: one probe as a person looks at it, and what examples are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from failscape.common.nouns import PLAIN, Nouns
from failscape.concepts import ConceptSpace
from failscape.data.base import Items
from failscape.envs.mdp import ConceptMDP
from failscape.records.artifacts import ArtifactStore
from failscape.rewards.base import Reward


@dataclass(frozen=True)
class Example:
    """One probe in words; a presenter whose items have more to show adds to it."""

    probe: int  # its number in the run: what ``failscape show`` takes; -1 where it is of no run
    name: str  # of the item
    point: int
    edit: str  # ``rotation 5°, darken 0.4``
    group: str  # of the item: the true class, the topic
    answer_before: str  # what the target answered to the unedited item
    answer: str  # what it answered to the edited one
    score: float  # of that answer, in [0, 1]: how sure the target was of it, or how good it is; NaN where unknown
    failed: bool


class ExampleContext(NamedTuple):
    """What a run was about: all that examples need beside its probes."""

    data: Items
    space: ConceptSpace
    groups: Sequence[str] = ()  # what ``group`` indexes: classes, topics
    answers: Sequence[str] = ()  # what ``predicted`` indexes: classes, or what is wrong with a text
    nouns: Nouns = PLAIN
    reward: Reward | None = None  # how answers were judged, where it matters
    artifacts: ArtifactStore | None = None  # what the target put out that is no text

    @classmethod
    def of(cls, mdp: ConceptMDP, artifacts: ArtifactStore | None = None) -> ExampleContext:
        """Of an environment, and of what its run kept."""
        return cls(mdp.items, mdp.space, mdp.group_names, mdp.answer_names, mdp.nouns, mdp.reward, artifacts)
