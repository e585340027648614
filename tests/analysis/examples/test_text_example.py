"""What is told of a summary: beside what it is judged by, with what it lacks and what it makes up."""

from failscape.analysis.examples.text_example import TextExample, compare_summaries, compare_versions, comparison_text
from failscape.analysis.examples.text_markdown import texts_markdown

ARTICLE = "A van hit a tree on Park Road in Harlow on Friday. Four people were hurt."
REFERENCE = "A van hit a tree in Harlow on Friday, 4 people hurt."
SAID = ("A van hit a tree in Harlow on Friday, 4 people hurt.", "A van hit a wall in Ashford on Friday, 4 people hurt.")


def test_a_summary_stands_beside_its_reference() -> None:
    comparison = compare_summaries((ARTICLE, REFERENCE), (ARTICLE.lower(), REFERENCE), SAID, (1.0, 0.8))
    assert comparison_text(comparison)[1:] == [
        "summary, unedited (100\u00a0%): A van hit a tree in Harlow on Friday, 4 people hurt.",
        "summary, edited (80\u00a0%): A van hit a {+wall+} in {+Ashford+} on Friday, 4 people hurt.",
        "reference: A van hit a [-tree-] in [-Harlow-] on Friday, 4 people hurt.",
    ]
    assert comparison.facts == "leaves out Harlow; makes up Ashford" and comparison.compared_with == "reference"


def test_a_reference_that_was_edited_alike_says_so() -> None:
    comparison = compare_summaries(
        (ARTICLE, REFERENCE), (ARTICLE, REFERENCE.replace("4", "7")), SAID, (1.0, 0.7), "changes"
    )
    assert comparison.lines[-1].what == "reference, edited alike" and comparison.missing == ("Harlow", "7")


def test_where_the_reference_may_not_hold_the_unedited_summary_does() -> None:
    for reference, effect, n_lines in ((REFERENCE, "invalidated", 3), ("", "preserved", 2)):
        comparison = compare_summaries((ARTICLE, reference), (ARTICLE, reference), SAID, (0.9, 0.8), effect)
        assert comparison.compared_with == "summary of the unedited article" and len(comparison.lines) == n_lines
        assert comparison.lines[0].score is None and any(
            piece.kind == "missing" for piece in comparison.lines[0].pieces
        )
        assert comparison.missing == ("Harlow",)


def test_a_summary_of_nothing_is_told_as_nothing() -> None:
    comparison = compare_summaries((ARTICLE, REFERENCE), (ARTICLE, REFERENCE), (SAID[0], ""), (1.0, 0.0))
    assert comparison.lines[1].is_empty and "summary, edited (0\u00a0%): (nothing)" in comparison_text(comparison)


def test_two_versions_stand_beside_each_other() -> None:
    comparison = compare_versions((ARTICLE, REFERENCE), (ARTICLE, REFERENCE), SAID, (1.0, 0.8))
    assert [line.what for line in comparison.lines] == ["version before", "version after", "reference"]
    loose = compare_versions((ARTICLE, ""), (ARTICLE, ""), SAID, (1.0, 0.8), unedited="A van hit Harlow.")
    assert loose.missing == ("Harlow",) and loose.lines[-1].what == "of the unedited"


def test_markdown_takes_nothing_for_its_own() -> None:
    odd = "a | b *c* <i>d</i> `e` ~~f~~ [g](h) &amp;"
    comparison = compare_summaries((odd, odd), (odd + " new", odd), (odd, odd), (1.0, 1.0))
    example = TextExample(1, "n", 2, "edit_1", "<topic>", odd, odd, 0.5, True, "other words", comparison)
    text = texts_markdown([example])
    assert "**new**" in text and "<i>" not in text and "&lt;topic&gt;" in text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.count("|") == 4 for line in table)
    assert "\\*c\\*" in text and "\\[g\\](h)" in text and "edit\\_1" in text
