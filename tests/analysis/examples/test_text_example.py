"""What is told of a summary: beside what it is judged by, with what it lacks and what it makes up."""

from failscape.analysis.examples.text_example import TextExample, tell, tell_versions, told_text
from failscape.analysis.examples.text_markdown import texts_markdown

ARTICLE = "A van hit a tree on Park Road in Harlow on Friday. Four people were hurt."
REFERENCE = "A van hit a tree in Harlow on Friday, 4 people hurt."
SAID = ("A van hit a tree in Harlow on Friday, 4 people hurt.", "A van hit a wall in Ashford on Friday, 4 people hurt.")


def test_a_summary_stands_beside_its_reference() -> None:
    told = tell((ARTICLE, REFERENCE), (ARTICLE.lower(), REFERENCE), SAID, (1.0, 0.8))
    assert told_text(told)[1:] == [
        "summary, unedited (100\u00a0%): A van hit a tree in Harlow on Friday, 4 people hurt.",
        "summary, edited (80\u00a0%): A van hit a {+wall+} in {+Ashford+} on Friday, 4 people hurt.",
        "reference: A van hit a [-tree-] in [-Harlow-] on Friday, 4 people hurt.",
    ]
    assert told.facts == "leaves out Harlow; makes up Ashford" and told.beside == "reference"


def test_a_reference_that_was_edited_alike_says_so() -> None:
    told = tell((ARTICLE, REFERENCE), (ARTICLE, REFERENCE.replace("4", "7")), SAID, (1.0, 0.7), "changes")
    assert told.lines[-1].what == "reference, edited alike" and told.missing == ("Harlow", "7")


def test_where_the_reference_may_not_hold_the_unedited_summary_does() -> None:
    for reference, effect, n_lines in ((REFERENCE, "invalidated", 3), ("", "preserved", 2)):
        told = tell((ARTICLE, reference), (ARTICLE, reference), SAID, (0.9, 0.8), effect)
        assert told.beside == "summary of the unedited article" and len(told.lines) == n_lines
        assert told.lines[0].score is None and any(piece.kind == "missing" for piece in told.lines[0].pieces)
        assert told.missing == ("Harlow",)


def test_a_summary_of_nothing_is_told_as_nothing() -> None:
    told = tell((ARTICLE, REFERENCE), (ARTICLE, REFERENCE), (SAID[0], ""), (1.0, 0.0))
    assert told.lines[1].is_empty and "summary, edited (0\u00a0%): (nothing)" in told_text(told)


def test_two_versions_stand_beside_each_other() -> None:
    told = tell_versions((ARTICLE, REFERENCE), (ARTICLE, REFERENCE), SAID, (1.0, 0.8))
    assert [line.what for line in told.lines] == ["version before", "version after", "reference"]
    loose = tell_versions((ARTICLE, ""), (ARTICLE, ""), SAID, (1.0, 0.8), unedited="A van hit Harlow.")
    assert loose.missing == ("Harlow",) and loose.lines[-1].what == "of the unedited"


def test_markdown_takes_nothing_for_its_own() -> None:
    odd = "a | b *c* <i>d</i> `e` ~~f~~ [g](h) &amp;"
    told = tell((odd, odd), (odd + " new", odd), (odd, odd), (1.0, 1.0))
    example = TextExample(1, "n", 2, "edit_1", "<topic>", odd, odd, 0.5, True, "other words", told)
    text = texts_markdown([example])
    assert "**new**" in text and "<i>" not in text and "&lt;topic&gt;" in text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.count("|") == 4 for line in table)
    assert "\\*c\\*" in text and "\\[g\\](h)" in text and "edit\\_1" in text
