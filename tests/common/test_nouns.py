"""Words of a family."""

import json

from failscape.common.nouns import PLAIN, Nouns
from failscape.concepts.space import ConceptSpace
from failscape.envs.mdp import ConceptMDP
from failscape.envs.tasks import summarization, toy
from failscape.rewards import CLASSIFICATION_REWARDS


def test_failures_of_one_kind_have_a_name_whatever_groups_are_called() -> None:
    assert PLAIN.failure_of("stop", "{yield}") == "stop taken for {yield}"
    assert summarization.NOUNS.failure_of("fire {0}", "other numbers") == "fire {0}: other numbers"


def test_they_come_back_from_a_file() -> None:
    assert Nouns(**json.loads(json.dumps(summarization.NOUNS._asdict()))) == summarization.NOUNS


def test_another_target_keeps_them() -> None:
    own = Nouns(item="point", items="points")
    space = ConceptSpace([toy.Shift(), toy.ShiftUp()])
    mdp = ConceptMDP(toy.ToyTarget(), space, toy.toy_items(), CLASSIFICATION_REWARDS["margin"], nouns=own)
    assert mdp.with_target(toy.ToyTarget()).nouns == own and toy.make_mdp().nouns == PLAIN
