"""What people agree is no longer its class becomes a file of labels, which a later run obeys."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from failscape.cli import main
from failscape.common.label_rules import INVALID, LabelRule
from failscape.data.labels.effects import label_rules_text, read_label_rules
from failscape.data.street import SIGNS
from failscape.feedback.cases import Case, case_key
from failscape.feedback.raters import Answer
from failscape.records.probe_arrays import points_of
from failscape.records.ratings import RatingStore
from failscape.workflows.agreed_labels import Agreed, agreed_labels
from failscape.workflows.rate import RatingSession
from failscape.workflows.run import Run

GRID = ["--concepts", "rotation=-20,-10,0,10,20", "darken=0,0.2,0.4", "--max-items", "240"]
NO, YES = Answer(5.0, still_right=False), Answer(None, still_right=True)


class Asked:
    """A session whose only cases are made up, of real probes."""

    def __init__(self, run: Path, tmp_path: Path) -> None:
        self.session = RatingSession(Run(run))
        self.session.cases.clear()
        self.store = RatingStore(tmp_path / "ratings.sqlite")
        self.points = points_of(self.session.probes)
        self.classes = self.session.mdp.items.batch.right_answer[self.session.probes["item"].to_numpy()]
        # A class of which the drawn world itself knows nothing special.
        self.label = SIGNS.index("stop")

    def case(self, *points: tuple[int, int], mode: int = 0) -> Case:
        """A case of stop signs at these points."""
        places = [np.flatnonzero((self.points == at).all(axis=1) & (self.classes == self.label)) for at in points]
        probes = tuple(int(self.session.probes.index[found[0]]) for found in places)
        name = self.session.modes[mode].name
        made = Case(case_key(name, probes), name, probes, np.zeros(1))
        self.session.cases[made.key] = made
        return made

    def rule(self, *levels: list[int], mode: int = 0) -> None:
        """Let the rule of a mode hold these levels."""
        held = np.zeros(self.session.context.space.shape, bool)
        held[np.ix_(*levels)] = True
        self.session.modes[mode] = replace(self.session.modes[mode], points=np.flatnonzero(held))

    def say(self, case: Case, *answers: Answer) -> None:
        self.store.append([self.session.rating(case, f"rater-{i}", answer) for i, answer in enumerate(answers)])

    def agreed(self) -> Agreed:
        return agreed_labels(self.session, self.store.latest())

    def lost(self, edit: str, *strengths: float) -> tuple[LabelRule, ...]:
        return tuple(LabelRule(edit, s, s, self.label, INVALID) for s in strengths)


@pytest.fixture
def asked(found_run: Path, tmp_path: Path) -> Asked:
    return Asked(found_run, tmp_path)


ROTATIONS, DARKENS = [0, 1, 2, 3, 4], [0, 1, 2]


def test_the_one_edit_that_changed_the_pictures_is_to_blame(asked: Asked) -> None:
    asked.say(asked.case((0, 0), (1, 0)), NO, NO)
    assert asked.agreed() == (asked.lost("rotation", -20, -10), 1, 0)


def test_one_person_or_a_single_yes_settle_nothing(asked: Asked) -> None:
    asked.say(asked.case((0, 0)), NO)
    asked.say(asked.case((1, 0)), NO, NO, YES)
    asked.say(asked.case((3, 0)), NO, Answer(5.0))
    assert asked.agreed() == ((), 0, 0)


def test_where_several_edits_changed_them_the_rule_may_name_one(asked: Asked) -> None:
    case = asked.case((0, 2), (3, 2))
    asked.say(case, NO, NO)
    asked.rule([0, 1], [2])
    assert asked.agreed() == ((), 1, 1)
    asked.rule(ROTATIONS, [2])
    assert asked.agreed() == (asked.lost("darken", 0.4), 1, 0)
    asked.rule([0, 1, 2, 3], DARKENS)
    assert asked.agreed() == (asked.lost("rotation", -20, 10), 1, 0)


def test_a_strength_at_which_somebody_still_sees_the_class_is_not_told(asked: Asked) -> None:
    asked.rule(ROTATIONS, DARKENS)
    asked.say(asked.case((0, 0), (3, 0)), NO, NO)
    asked.say(asked.case((3, 2)), YES)
    assert asked.agreed() == (asked.lost("rotation", -20), 1, 0)


@pytest.mark.parametrize("names", [SIGNS, ("7", "3", "crane (2)", "crane (3)", 'a "b", c')])
def test_a_file_of_labels_comes_back_as_it_was(tmp_path: Path, names: tuple[str, ...]) -> None:
    rules = (
        LabelRule("rotation", 0.1 + 0.2, 20.0, 0, INVALID),
        LabelRule("darken", -np.inf, np.inf, -1, -2),
        LabelRule("darken", 0.4, np.inf, 3, 4),
    )
    (tmp_path / "labels.csv").write_text(label_rules_text(rules, names))
    file_names = ["crane" if name.startswith("crane") else name for name in names]  # as a target has them
    if file_names != list(names):
        rules = rules[:1] + rules[2:]
        (tmp_path / "labels.csv").write_text(label_rules_text(rules, names))
        names = tuple(f"x{i}" if name == "3" else name for i, name in enumerate(file_names))
    assert read_label_rules(tmp_path / "labels.csv", names) == rules


def test_a_later_run_leaves_out_what_people_agreed_on(
    own_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = json.loads((own_run / "summary.json").read_text())
    summary["modes"][0] |= {"points": [12, 13, 14], "classes": [], "name": "rotation 20°"}
    (own_run / "summary.json").write_text(json.dumps(summary))
    session = RatingSession(Run(own_run))
    case = next(case for case in session.cases.values() if case.mode == "rotation 20°")
    item = int(session.probes.loc[case.probes[0], "item"])
    label = int(session.mdp.items.batch.right_answer[item])
    rated, labels = tmp_path / "ratings.csv", tmp_path / "labels.csv"
    export = ["feedback", str(own_run), "--no-report", "--export-labels", str(labels)]
    assert main(export) == 2 and not labels.exists()
    assert "two people or more agree on no case that it is no longer its class" in capsys.readouterr().err
    rows = [f"{rater},{case.key},,true,no" for rater in ("ada", "bob")]
    rated.write_text("\n".join(["rater,case,undesirability,abstain,still_right", *rows]))
    assert main([*export, "--csv", str(rated)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "mode 1: Two people looked at 1 group of pictures under this rule and would no longer call all of" in out
    assert "by their class: the edit may change the right answer" in out and f"--labels {labels}" in out
    assert "1 line from 1 case that people agree on" in out
    wanted = f"concept,from,to,class,effect,becomes\nrotation,20.0,20.0,{SIGNS[label]},invalidated,\n"
    assert labels.read_text() == wanted

    again = ["train", "--algo", "random", "--budget", "64", *GRID, "--no-report", "--quiet", "--labels", str(labels)]
    assert main([*again, "--out", str(tmp_path / "out")]) == 0
    before, after = Run(own_run).space, Run(next((tmp_path / "out").iterdir())).space
    grid, classes = (a.ravel() for a in np.meshgrid(np.arange(before.n_points), np.arange(len(SIGNS))))
    lost = before.valid(before.point(grid), classes) & ~after.valid(after.point(grid), classes)
    assert set(zip(grid[lost].tolist(), classes[lost].tolist(), strict=True)) == {(p, label) for p in (12, 13, 14)}
    assert not (~before.valid(before.point(grid), classes) & after.valid(after.point(grid), classes)).any()
