"""Items with nothing to look at, such as points or rows of a table: examples in words."""

from __future__ import annotations

import pandas as pd

from failscape.analysis.examples.base import Example, ExampleContext
from failscape.analysis.examples.presenter import Presenter
from failscape.analysis.examples.remake import answered, recorded
from failscape.envs.mdp import ConceptMDP


class WordsPresenter(Presenter[Example]):
    """Shows any item by its name, group, edit and answers. Items whose kind has no presenter are shown by this one."""

    def recorded(self, context: ExampleContext, rows: pd.DataFrame, items: pd.DataFrame) -> list[Example]:
        """What the records hold."""
        return [Example(**fields) for fields in recorded(context, rows, items)]

    def versions(self, old: ConceptMDP, new: ConceptMDP, pairs: pd.DataFrame) -> list[Example]:
        """What either version answers to the edited items; the older one stands before."""
        return [Example(**fields) for fields in answered(old, new, pairs)]
