"""What people call the things that a family of targets is about, so that no page asks what kind of item it shows."""

from __future__ import annotations

from typing import NamedTuple


class Nouns(NamedTuple):
    """Words for items, their groups, answers and scores; by default those of a classifier of anything."""

    item: str = "item"
    items: str = "items"
    plain_items: str = "items"  # what people who are not engineers call the items
    group: str = "class"  # what items are sorted by
    groups: str = "classes"
    score: str = "probability of the true class"  # how right an answer is
    failure: str = "{group} taken for {answer}"  # what failures of one kind have in common
    parts: str = "weights, its classes"  # of a target, which must belong to the data
    others: str = "other data, other classes"  # what a fine-tune was not shown
    task: str = "sorts items into {n} classes"  # what the target does, where there are ``n`` groups
    fails: str = "answers"  # the verb of a sentence that goes on with ``wrongly``
    wrongly: str = "wrongly"
    failed: str = "answered wrongly"
    asked: str = "asked the model what they are"
    measure: str = ""  # what counts as a failure, a sentence or two, where that needs saying

    def failure_of(self, group: str, answer: str) -> str:
        """What failures of one group with one answer have in common: ``stop taken for yield``."""
        return self.failure.format(group=group, answer=answer)


PLAIN = Nouns()
