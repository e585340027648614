"""The findings in words for people who are not engineers: what was tested, what fails, what a fine-tune mitigated.

Everything is text and numbers here; :mod:`failscape.analysis.report.audit_rendering` makes pages of it.
"""

from __future__ import annotations

from failscape.analysis.grids.listing import listed
from failscape.analysis.report import audit_counted, audit_walked
from failscape.analysis.report.audit_engineers import for_engineers
from failscape.analysis.report.audit_patterns import mildest, pattern, tested
from failscape.analysis.report.audit_wording import (
    Examined,
    MitigationEffects,
    Section,
    between,
    change,
    in_100,
    kept_aside,
)
from failscape.analysis.report.facts import baseline_interval
from failscape.analysis.report.mode_table import ModeView
from failscape.common.format import counted

N_MODES = 8  # told one by one
N_SHOWN = 3  # examples of each
SHOWN = (
    "The examples are failures of each pattern, of different {items}: the most typical one first, then such as differ "
    "from it. Above or beside each stands how it was altered, by the names in the list above."
)
FEW = 20  # held-out items of a class below which nothing much is known of it


CHOSEN = {
    "random": "It chose at random which to alter and how, everything as likely as anything else.",
    "scan": "It tried each of them with every alteration.",
}
LEARNED = (
    "It went by the answers so far in choosing what to try next; the rates make up for what was therefore tried more "
    "often."
)


def document(examined: Examined) -> list[Section]:
    """The sections, in the order in which a reader asks."""
    if examined.landscape.population is not None:
        return audit_counted.document(examined)
    if examined.smallest is not None:
        found = examined.smallest
        told = [audit_walked.summary(examined, found), _tested(examined), _how(examined)]
        told.append(audit_walked.fails(examined, found))
        if examined.mitigation is not None:
            told.append(_mitigation(examined, examined.mitigation))
        return [*told, _not_tested(examined), audit_walked.sure(examined, found), for_engineers(examined)]
    parts = [_summary(examined), _tested(examined), _how(examined), *_fails(examined)]
    if examined.mitigation is not None:
        parts.append(_mitigation(examined, examined.mitigation))
    return [*parts, _not_tested(examined), _sure(examined), for_engineers(examined)]


def _summary(examined: Examined) -> Section:
    landscape, views, nouns = examined.landscape, examined.views, examined.nouns
    said = [
        f"{examined.target} {nouns.fails} {in_100(landscape.baseline)} of {landscape.n_baseline:,} {nouns.plain_items} "
        f"{nouns.wrongly} as they are. "
        f"When they are altered in the ways listed below, {in_100(landscape.failure_rate)} are {nouns.failed}."
    ]
    confirmed = [view.mode for view in views if view.mode.confirmed]
    if confirmed:
        first = confirmed[0]
        said.append(
            f"{counted(len(confirmed), 'pattern of failure was', 'patterns of failure were')} found and then "
            f"confirmed on {nouns.plain_items} kept aside for that purpose. The first listed accounts for "
            f"{in_100(first.share)} failures: {pattern(examined, first)}."
        )
    else:
        said.append(f"No pattern of failure was found that {nouns.plain_items} kept aside for that purpose confirm.")
    if examined.mitigation is not None:
        effect = examined.mitigation.targeted
        said.append(
            f"The model was then trained further on these patterns. On {nouns.plain_items} it had never seen, it "
            f"failed in {in_100(effect.before)} before, and fails in {in_100(effect.after)} now."
        )
    return Section("In short", said)


def _tested(examined: Examined) -> Section:
    items = examined.items
    held_out, nouns = int(items["held_out"].sum()), examined.nouns
    return Section(
        "What was tested",
        [
            f"The model {examined.target}, which {nouns.task.format(n=len(examined.class_names))}, with "
            f"{nouns.plain_items} from {examined.data}, on {examined.date}.",
            f"{len(items) - held_out:,} {nouns.plain_items} were used to look for failures. {held_out:,} others were "
            f"kept aside{', and used only to measure what had been found' if examined.smallest is None else ''}.",
        ],
    )


def _how(examined: Examined) -> Section:
    landscape = examined.landscape
    return Section(
        "How",
        [
            f"A program altered the {examined.nouns.plain_items} and {examined.nouns.asked}. "
            f"{CHOSEN.get(examined.explorer, LEARNED) if examined.smallest is None else audit_walked.CHOSEN}",
            *([examined.nouns.measure] if examined.nouns.measure else []),
            f"It asked {landscape.n_queries:,} questions over {landscape.n_points:,} combinations of "
            f"alterations, of "
            f"which {round(100 * landscape.coverage)} % were tried at least once:",
        ],
        points=tested(examined),
    )


def _fails(examined: Examined) -> list[Section]:
    low, high = baseline_interval(examined.landscape)
    views = list(examined.views)
    if not views:
        return [Section("What fails", ["No pattern stands out from chance."])]
    rows = [
        [
            str(view.rank),
            pattern(examined, view.mode),
            *kept_aside(view.mode),
            "yes" if view.mode.confirmed else "no",
        ]
        for view in views
    ]
    first = Section(
        "What fails, how often, and how certain that is",
        [
            f"As they are, {in_100(examined.landscape.baseline)} of the {examined.nouns.plain_items} are "
            f"{examined.nouns.failed} ({between(low, high)}). Each "
            f"row is a pattern of alterations. How many fail there was measured on the {examined.nouns.plain_items} "
            "kept aside, which had no part in finding it. The certainty is a 95 % interval: if the test were repeated "
            "many times, it would hold the true rate about 19 times in 20. A pattern is confirmed where more fail than "
            "unaltered, and than under the other alterations, by more than chance explains.",
            *([SHOWN.format(items=examined.nouns.plain_items)] if any(view.examples for view in views) else []),
            *([examined.marks] if examined.marks else []),
        ],
        head=["#", "where", "fail", "certainty", "confirmed"],
        rows=rows,
    )
    shown = [
        Section(
            f"{view.rank}. {_capital(pattern(examined, view.mode))}",
            [_pattern(examined, view)],
            examples=view.examples[:N_SHOWN],
            level=3,
        )
        for view in views[:N_MODES]
    ]
    return [first, *shown]


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _pattern(examined: Examined, view: ModeView) -> str:
    mode, nouns = view.mode, examined.nouns
    if mode.rate is None:
        said = f"Too few {nouns.plain_items} were kept aside to measure how many fail here."
    else:
        said = f"Of {mode.n_items:,} {nouns.plain_items} kept aside, {in_100(mode.rate)} are {nouns.failed} here"
        said += "" if mode.unedited is None else f", and {in_100(mode.unedited)} of the same ones unaltered"
        said += "." if mode.elsewhere is None else f"; under the other alterations, {in_100(mode.elsewhere)}."
        said += "" if mode.confirmed else " That does not confirm the pattern; it may be chance."
    said += f" {view.people}" if view.people else ""
    said += f" {view.doubt}: the alteration may change the right answer." if view.doubt else ""
    least = mildest(examined, mode) or view.mildest
    return f"{said} The mildest alteration of this kind: {least}." if least else said


def _mitigation(examined: Examined, mitigation: MitigationEffects) -> Section:
    nouns = examined.nouns
    names = {view.mode.name: pattern(examined, view.mode) for view in examined.views}
    effects = [
        ("all patterns aimed at", mitigation.targeted),
        *((names.get(effect.what, effect.what), effect) for effect in mitigation.modes),
        ("combinations not aimed at", mitigation.untouched),
        (f"{nouns.plain_items} as they are", mitigation.clean),
    ]
    harmed = (
        f"{counted(len(mitigation.harmed), 'combination', 'combinations')} that had not been aimed at became worse: "
        f"{'; '.join(effect.what for effect in mitigation.harmed)}."
        if mitigation.harmed
        else f"None of {mitigation.n_points} combinations that had not been aimed at became worse by more than 2 in "
        f"100 beyond "
        "what chance explains."
    )
    return Section(
        "What was mitigated",
        [
            f"The model was trained further on altered {nouns.plain_items} together with unaltered ones. Both versions "
            f"were then shown the {nouns.plain_items} kept aside, altered alike.",
            f"{harmed} {mitigation.n_new:,} of {mitigation.n_right:,} answers that had been right are wrong now."
            + "".join(
                f" More than chance explains, {cost.what}: {in_100(cost.before)} before, now {in_100(cost.after)}."
                for cost in mitigation.costs
            ),
        ],
        head=["where", "failed before", "fail now", "change", "certainty"],
        rows=[
            [what, in_100(e.before), in_100(e.after), change(e.change), change(e.low, e.high)] for what, e in effects
        ],
    )


def _not_tested(examined: Examined) -> Section:
    items, names, nouns = examined.items, examined.class_names, examined.nouns
    counts = items["group"][items["held_out"]].value_counts()
    rare = [names[c] for c in range(len(names)) if counts.get(c, 0) < FEW]
    points = [
        "Alterations outside of the ranges above, and combinations with others.",
        f"Kinds of alteration that exist and were not tried: {', '.join(examined.untried)}."
        if examined.untried
        else "",
        _meaningless(examined),
        f"{nouns.plain_items.capitalize()} unlike those from {examined.data}.",
        f"{nouns.groups.capitalize()} with fewer than {FEW} {nouns.plain_items} kept aside, of which little can be "
        f"said: {', '.join(rare)}."
        if rare
        else "",
        f"{nouns.plain_items.capitalize()} made to deceive: alterations were such as occur in use, not an adversary's.",
    ]
    return Section(
        "What was not tested", ["This document says nothing about:"], points=[point for point in points if point]
    )


def _meaningless(examined: Examined) -> str:
    """What alterations make of things that then have no right answer; nothing where there is no such thing."""
    counts = examined.landscape.space.label_counts
    if counts is None or not counts.invalid:
        return ""
    nouns = examined.nouns
    return (
        f"{nouns.plain_items.capitalize()} that an alteration leaves without a right answer: {counts.invalid:,} of "
        f"{counts.cells:,} combinations of alterations and {nouns.groups}, which were not asked."
    )


def _sure(examined: Examined) -> Section:
    item_noun = examined.nouns.plain_items
    return Section(
        "How far to trust this",
        [
            f"Patterns were picked because {item_noun} failed there. Their rates are therefore of other {item_noun}, "
            f"which had no part in the search. The chance that any pattern marked as confirmed is none is at most one "
            f"in twenty. Rates are of {item_noun} like the ones tested, altered evenly over the levels listed; how "
            f"often such {item_noun} occur in use is another question.",
            *_not_asked(examined),
            *(f"Note: {warning}." for warning in examined.warnings),
        ],
    )


def _not_asked(examined: Examined) -> list[str]:
    """Of which patterns nobody was asked whether right answers are still right, once; nothing where all were asked."""
    askable = [view for view in examined.views if view.can_be_asked]
    left = [str(view.rank) for view in askable if not view.people]
    if not left:
        return []
    whether = f"whether people would still call the altered {examined.nouns.plain_items} the same"
    if len(left) == len(askable):
        return [f"Nobody was asked {whether}. Where they would not, the wrong answer is no fault of the model."]
    return [f"Of {'pattern' if len(left) == 1 else 'patterns'} {listed(left, 'and')} nobody was asked {whether}."]
