"""Which presenter shows which items, and examples of any run."""

from __future__ import annotations

from typing import Any

import pandas as pd

from failscape.analysis.examples.answers import AnswersPresenter
from failscape.analysis.examples.base import ExampleContext
from failscape.analysis.examples.drawn import DrawnPresenter
from failscape.analysis.examples.images import ImagePresenter
from failscape.analysis.examples.pairs import PairPresenter
from failscape.analysis.examples.presenter import PRESENTERS, Examples, Presenter
from failscape.analysis.examples.selection import choose
from failscape.analysis.examples.texts import TextPresenter
from failscape.analysis.examples.words import WordsPresenter
from failscape.analysis.landscape.landscape import Landscape
from failscape.data.base import Items
from failscape.envs.mdp import ConceptMDP

BUILT_IN = (AnswersPresenter, DrawnPresenter, ImagePresenter, PairPresenter, TextPresenter)  # they register themselves
WORDS = WordsPresenter()


def presenter_for(items: Items) -> Presenter[Any]:
    """The presenter that is registered for such items; one that shows them in words where none is."""
    return PRESENTERS.get(type(items.batch), WORDS)


def examples_of(rows: pd.DataFrame, items: pd.DataFrame, context: ExampleContext) -> Examples:
    """The probes in ``rows``, made again from the items."""
    presenter = presenter_for(context.data)
    return Examples(presenter, presenter.recorded(context, rows, items) if len(rows) else ())


def worst_examples(
    landscape: Landscape,
    probes: pd.DataFrame,
    items: pd.DataFrame,
    context: ExampleContext,
    n_points: int = 6,
    per_point: int = 6,
) -> Examples:
    """Examples of the worst points of a landscape."""
    points = landscape.worst(n_points).index.tolist()
    return examples_of(choose(probes, items, points, per_point), items, context)


def new_examples(old: ConceptMDP, new: ConceptMDP, pairs: pd.DataFrame, n: int) -> Examples:
    """Examples of ``n`` pairs of item and edit that the version ``new`` of a target fails on and ``old`` did not.

    ``pairs`` are those of :meth:`~failscape.analysis.examples.presenter.Presenter.versions`; the clearest come first.
    """
    presenter = presenter_for(old.items)
    shown = presenter.clearest(pairs).head(n)
    return Examples(presenter, presenter.versions(old, new, shown) if len(shown) else ())
