"""What there is to rate in a run: its failure modes as cases, and which case to ask a rater next.

Shapes: ``n`` ratings, ``F`` features of a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from failscape.analysis.examples.base import ExampleContext
from failscape.analysis.examples.presenter import Examples
from failscape.analysis.examples.registry import examples_of
from failscape.analysis.examples.remake import name_of
from failscape.analysis.modes.mode import Mode
from failscape.analysis.report.mode_table import failing_probes
from failscape.envs.mdp import ConceptMDP
from failscape.envs.preference_reward import MODEL_FILES, describe_rated, features_of
from failscape.errors import UsageError
from failscape.feedback.agreement import alpha
from failscape.feedback.cases import Case, make_cases
from failscape.feedback.raters import HIGH, LOW, Answer, Rater, Stop
from failscape.feedback.reward_model import RewardModel, fit, untaught
from failscape.records.ratings import FILE, Rating, RatingStore
from failscape.workflows.environment import Tell
from failscape.workflows.run import Run

BUDGET = 50  # labels asked of each rater
LEAST_ANSWERS = 10  # different cases with an answer, from which a rank correlation says something


@dataclass(frozen=True)
class Progress:
    """How far a rater is."""

    labels: int  # given, of the budget
    budget: int
    abstained: int
    modes_rated: int
    n_modes: int


class RatingSession:
    """A finished run, ready to be rated.

    Args:
        run: its failure modes are rated.
        mdp: its environment; built again where omitted.
        imports: the user's files and modules, where that needs them.
        step: hears how that goes.

    Raises:
        UsageError: the run has no failure modes, or its target or data cannot be loaded or have changed.
    """

    def __init__(
        self, run: Run, mdp: ConceptMDP | None = None, imports: Sequence[str] = (), step: Tell | None = None
    ) -> None:
        self.run, self.modes = run, run.found_modes()
        if not self.modes:
            why = "found no failure modes" if run.summary else "is not finished: go on with --resume"
            raise UsageError(f"{run.folder.path} {why}; there is nothing to rate")
        self.mdp = mdp or run.rebuild(imports, step)
        self.probes, self.items = run.probes(), run.items()
        if mdp is not None:  # what is built again was compared already
            run.identity.expect(mdp.baseline.identity, run.folder.path)
        self.context = ExampleContext.of(self.mdp, run.folder.artifacts)
        self.features = features_of(self.mdp)
        self.cases = {case.key: case for mode in self.modes for case in self._cases_of(mode)}

    def _cases_of(self, mode: Mode) -> list[Case]:
        failing = failing_probes(mode, self.probes, self.items, self.run.space)
        right = failing[failing["was_right"]] if failing["was_right"].any() else failing
        # As they came, not the most severe first: a rating of a mode is to be of what is typical of it.
        return make_cases(mode.name, right.sort_index(), self.features)

    @property
    def path(self) -> Path:
        """Where ratings are kept."""
        return self.run.folder / FILE

    @cached_property
    def pool(self) -> np.ndarray:
        """Features of all cases."""
        return np.stack([case.features for case in self.cases.values()])

    def mode_of(self, case: Case) -> tuple[int, Mode]:
        """The mode of a case, and its rank from 1."""
        rank = [mode.name for mode in self.modes].index(case.mode)
        return rank + 1, self.modes[rank]

    def examples(self, case: Case) -> Examples:
        """The failures of a case, to look at."""
        return examples_of(self.probes.loc[list(case.probes)], self.items, self.context)

    def kind_of(self, case: Case) -> str:
        """What the failures of a case have in common: ``stop taken for yield``, ``fire: other numbers``."""
        rows = self.probes.loc[list(case.probes)]
        group = name_of(self.context.groups, int(rows["group"].iloc[0]))
        answer = name_of(self.context.answers, int(rows["predicted"].iloc[0]))
        return self.context.nouns.failure_of(group, answer)

    def rating(self, case: Case, rater: str, answer: Answer) -> Rating:
        """An answer as the store keeps it."""
        said = answer.undesirability, answer.quality, answer.note
        return Rating(rater, case.key, case.mode, case.probes, *said, still_right=answer.still_right)

    def known(self, ratings: Sequence[Rating]) -> list[Rating]:
        """Ratings from elsewhere, with mode and probes as this run shows their cases."""
        cases = [self.cases[rating.case] for rating in ratings]
        return [r._replace(mode=case.mode, probes=case.probes) for r, case in zip(ratings, cases, strict=True)]

    def model(self, ratings: pd.DataFrame, preset: str = "human") -> RewardModel:
        """The reward model of ratings that count; abstentions say nothing, nor do cases that this run has not."""
        about = describe_rated(self.mdp, preset)
        said = ratings[ratings["case"].isin(list(self.cases))]
        scores = preset_scores(said, preset)
        said, scores = said[scores.notna()], scores.dropna()
        if not len(said):
            return untaught(self.features.sizes, about)
        features = np.stack([self.cases[key].features for key in said["case"]])
        keys, raters = said["case"].to_numpy(str), said["rater"].to_numpy(str)
        return fit(features, scores.to_numpy(float), keys, raters, self.features.sizes, about)

    def save_models(self, ratings: pd.DataFrame) -> dict[str, RewardModel]:
        """Fit and write the model of every preset that has labels; what ``--reward human:RUN`` reads."""
        models = {preset: self.model(ratings, preset) for preset in MODEL_FILES}
        taught = {preset: model for preset, model in models.items() if model.n_labels}
        for preset, model in taught.items():
            model.save(self.run.folder / MODEL_FILES[preset])
        return taught

    def next_case(self, ratings: pd.DataFrame, model: RewardModel, rater: str, budget: int = BUDGET) -> Case | None:
        """What to ask next: every mode once, worst first, then what teaches most; None where the budget is spent.

        The first case of a mode is the same for all raters, so that there is something to compare them by.
        """
        own = ratings[ratings["rater"] == rater]
        if (~own["abstain"]).sum() >= budget:
            return None
        rated = set(own["mode"])
        for mode in self.modes:
            leading = next((case for case in self.cases.values() if case.mode == mode.name), None)
            if leading is not None and mode.name not in rated:
                return leading
        left = [case for key, case in self.cases.items() if key not in set(own["case"])]
        if not left:
            return None
        return left[int(model.gains(np.stack([case.features for case in left]), self.pool).argmax())]

    def progress(self, ratings: pd.DataFrame, rater: str, budget: int = BUDGET) -> Progress:
        """How far a rater is."""
        own = ratings[ratings["rater"] == rater]
        labels, n_modes = int((~own["abstain"]).sum()), len({case.mode for case in self.cases.values()})
        return Progress(labels, budget, int(own["abstain"].sum()), own["mode"].nunique(), n_modes)

    def ask(self, rater: Rater, store: RatingStore, budget: int = BUDGET) -> int:
        """Ask a rater until the budget is spent or it stops; returns how many answers were stored."""
        for n_answers in range(len(self.cases) + 1):
            ratings = store.latest()
            case = self.next_case(ratings, self.model(ratings), rater.name, budget)
            try:
                if case is None:
                    return n_answers
                store.append([self.rating(case, rater.name, rater.rate(case))])
            except Stop:
                return n_answers
        return len(self.cases)


def accuracy_of(model: RewardModel) -> float:
    """Rank correlation of left-out predictions with the labels; NaN where so few answers make it a matter of luck."""
    return model.accuracy() if len(np.unique(model.cases)) >= LEAST_ANSWERS else float("nan")


def agreement_of(ratings: pd.DataFrame) -> float:
    """Krippendorff's alpha; NaN where fewer than two modes were rated by several, so that nothing is told apart."""
    said = ratings.dropna(subset=["undesirability"])
    raters = said.groupby("case")["rater"].nunique()
    shared = said[said["case"].isin(raters.index[raters > 1])]
    return alpha(ratings) if shared["mode"].nunique() > 1 else float("nan")


def label_agreement_of(ratings: pd.DataFrame) -> float:
    """Krippendorff's alpha of whether right answers still are; NaN where no case was answered by several."""
    return alpha(ratings, "still_right", "nominal")


def preset_scores(ratings: pd.DataFrame, preset: str) -> pd.Series:
    """What is to be learned, in [0, 1]; NaN where a rating does not say.

    ``human`` is the undesirability. ``human-fsrl`` is FSRL's (arXiv 2406.07145): bias times quality, 1 to 100, so that
    what cannot occur counts less.
    """
    if preset == "human":
        return (ratings["undesirability"] - LOW) / (HIGH - LOW)
    return (ratings["undesirability"] * ratings["quality"] - LOW) / (HIGH**2 - LOW)
