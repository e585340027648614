"""Whether edits that change the reference, too, do so: on reports of the street world, beside what is true of them.

A reader who knows how reports are written reads an edited one sentence by sentence, figures, names and denials, and
writes the summary that follows. The reference as the edit left it must be that summary, for all items that count; and
the reader must not fail, whichever metric judges, under any edit that leaves in the text what a summary needs.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from benchmarks.common import Row, finish, parser
from failscape.concepts.label_effect import INVALIDATED, TRANSFORMED
from failscape.concepts.parsing_text import text_space
from failscape.concepts.text.quantities import IN_WORDS
from failscape.concepts.text.registry import SHARE_EDITS, TEXT_CONCEPTS
from failscape.concepts.text.spans import sentences
from failscape.data.batch import Articles
from failscape.data.street.incident_text import CALLER, CLOSED, LEADS, NOBODY, OPEN, SOMEBODY, WHEN
from failscape.data.street.incidents import Incident, draw_incident, headline
from failscape.data.street.reports import ReportSource
from failscape.rewards.base import Evaluation
from failscape.rewards.summarization import SummaryReward, Unedited, calibrate
from failscape.rewards.text_metrics.metrics import METRICS

ROLES = {"when": WHEN, "somebody": SOMEBODY, "nobody": NOBODY, "closed": CLOSED, "open": OPEN, "caller": CALLER}
DENIED = {  # headlines that have a verb
    "collision": "A {vehicle} did not hit a {other}",
    "flooding": "A burst pipe did not flood a {building}",
    "fallen-tree": "A tree did not fall on a {vehicle}",
    "breakdown": "A {vehicle} did not break down",
    "theft": "A {vehicle} was not stolen from a {building}",
}
FIELDS = {"people": r"(?:\d+|\w+) (?:person was|people were)", "hours": r"\d+|\w+", "crowd": r"\d+"}


class Told(NamedTuple):
    """What an edited report tells: an incident, and which of its sentences are denied."""

    incident: Incident
    denied: frozenset[str]


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--reports", type=int, default=400)
    arguments.add_argument("--seed", type=int, default=0)
    args = arguments.parse_args(argv)
    source = ReportSource(args.reports, args.seed)
    batch = Articles.of([source.load(index) for index in range(args.reports)])
    incidents = [draw_incident(np.random.default_rng((args.seed, index))) for index in range(args.reports)]
    rows, promises = [], {}
    for name, concept in TEXT_CONCEPTS.items():
        if concept.label_effect == TRANSFORMED:
            promises[name] = found = promised(name, batch, incidents)
            rows += [
                Row(f"{name}: counted references that stay though facts changed", found["stale"], 0.02, True),
                Row(f"{name}: counted references that are not what is true", found["not_what_is_true"], 0.02, True),
                Row(f"{name}: items that are edited and count", found["edited_and_counted"], 0.8),
            ]
    failing = perfect_reader(batch, incidents)
    for name, by_metric in failing.items():
        worst = max(by_metric, key=by_metric.__getitem__)
        rows.append(Row(f"{name}: perfect reader fails, worst metric ({worst})", by_metric[worst], 0.02, True))
    return finish(args.json, rows, {"seed": args.seed, "promises": promises, "perfect_reader": failing})


def promised(name: str, batch: Articles, incidents: Sequence[Incident]) -> dict[str, float]:
    """Of an edit at its four strengths: how many items count, and how many of these references are not what is true."""
    space, n = text_space([name]), len(batch)
    level, item = np.repeat(np.arange(4), n), np.tile(np.arange(n), 4)
    before = batch.take(item)
    after = space.apply(before, np.stack([np.zeros(4 * n, np.int64), level], axis=1), item)
    true = np.array([answer(incidents[i], a, b) for i, a, b in zip(item, before.text, after.text, strict=True)], object)
    counted = after.kept
    stale = counted & (after.reference == before.reference) & (true != before.reference)
    edited = (after.text != before.text) & counted
    return {
        "counted": float(counted.mean()),
        "edited_and_counted": float(edited.mean()),
        "reference_changed": float((after.reference != before.reference).mean()),
        "stale": float(stale.sum() / counted.sum()),
        "not_what_is_true": float((counted & (true != after.reference)).sum() / counted.sum()),
    }


def perfect_reader(batch: Articles, incidents: Sequence[Incident]) -> dict[str, dict[str, float]]:
    """By edit and metric, the share of items of which the reader's summary fails; edits that take facts away aside."""
    n, found = len(batch), dict[str, dict[str, float]]()
    unedited = Unedited(batch.reference.astype(str), np.ones(n, np.float32))
    threshold = calibrate(unedited.scores)
    for name in SHARE_EDITS:
        if TEXT_CONCEPTS[name].label_effect == INVALIDATED:
            continue
        space = text_space([name])
        points = np.stack([np.zeros(n, np.int64), np.arange(n) % 4], axis=1)
        after = space.apply(batch, points, np.arange(n))
        texts = batch.reference.copy()
        if TEXT_CONCEPTS[name].label_effect == TRANSFORMED:
            texts[:] = [answer(i, a, b) for i, a, b in zip(incidents, batch.text, after.text, strict=True)]
        seen = Evaluation(np.arange(n), points, batch, after, SimpleNamespace(texts=texts))
        found[name] = {}
        for metric in METRICS:
            reward = SummaryReward("drop", METRICS[metric], unedited, threshold, space.label_effect)
            found[name][metric] = float(reward(seen).failed.float().mean())
    return found


def answer(incident: Incident, before: str, after: str) -> str:
    """The summary of an edited report, by someone who knows what each sentence of the unedited one is about."""
    told = read(incident, before, after)
    what, denied = told.incident, told.denied
    head = headline(what) if "lead" not in denied else DENIED.get(what.kind, "No {kind}").format_map(vars(what))
    place = f" on {what.street} in {what.district} on {what.day}"
    place = f"{place}, it is said wrongly" if "when" in denied else place
    people = "1 person" if what.injured == 1 else f"{what.injured} people"
    hurt = f"{people}{' not' if 'somebody' in denied else ''} injured" if what.injured else "nobody hurt"
    hurt = "somebody hurt" if "nobody" in denied else hurt
    closed = f"road{' not' if 'closed' in denied else ''} closed for {what.hours} hours"
    road = closed if what.hours else f"road{' not' if 'open' in denied else ''} open"
    alarm = f", alarm{' not' if 'caller' in denied else ''} raised by {what.caller}" if what.caller else ""
    return f"{head}{place}, {hurt}, {road}{alarm}."


def read(incident: Incident, before: str, after: str) -> Told:
    """What an edited report tells, sentence by sentence: in the words of a template, or denied."""
    denied = set()
    old, new = ([text[slice(*span)] for span in sentences(text)] for text in (before, after))
    for was, now in zip(old, new, strict=True):
        role = role_of(incident, was)
        if role and was != now:
            values = match_of(role, incident, now)
            if values is None:
                denied.add(role)
            else:
                incident = dataclasses.replace(incident, **values)
    return Told(incident, frozenset(denied))


def role_of(incident: Incident, sentence: str) -> str:
    """What a sentence of an unedited report tells of the incident; empty where it tells nothing of it."""
    return next((role for role in ("lead", *ROLES) if match_of(role, incident, sentence) is not None), "")


def match_of(role: str, incident: Incident, sentence: str) -> dict[str, Any] | None:
    """What a sentence in the words of a role's templates says; None where it is in no such words."""
    for template in LEADS[incident.kind] if role == "lead" else ROLES[role]:
        pattern = re.sub(r"\\\{(\w+)\\\}", lambda m: f"(?P<{m[1]}>{FIELDS.get(m[1], '.+?')})", re.escape(template))
        found = re.fullmatch(pattern, sentence, re.IGNORECASE)
        values = found and values_of(found.groupdict(), incident)
        if values is not None:
            return values
    return None


def values_of(groups: dict[str, str], incident: Incident) -> dict[str, Any] | None:
    """The fields of an incident that a template was filled with; None where a denial stands in the place of one."""
    if any(re.search(r"\b(not|nobody|somebody)\b", value) for value in groups.values()):
        return None
    values: dict[str, Any] = {}
    for name, value in groups.items():
        if name == "people":
            values["injured"] = number(value.split()[0])
        elif name == "hours":
            values["hours"] = number(value)
        elif name in {"street", "district", "day", "caller"}:
            values[name] = value
    return values


def number(word: str) -> int:
    """A number in figures or words."""
    return IN_WORDS.index(word.lower()) if word.lower() in IN_WORDS else int(word)


if __name__ == "__main__":
    sys.exit(main())
