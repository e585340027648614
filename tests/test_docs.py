"""What the pages under docs/ say of the code."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "tabular_task.py"
PAGE = ROOT / "docs" / "own-family.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


def test_the_page_has_snippets() -> None:
    assert len(SNIPPETS) >= 8


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda text: text.strip().splitlines()[0][:40])
def test_code_of_the_walkthrough_is_that_of_the_example(snippet: str) -> None:
    assert snippet in EXAMPLE.read_text(encoding="utf-8")


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.relative_to(ROOT)}: {link}"


def test_digits_are_grouped_by_commas() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        spaced = re.findall(r"(?<![\w.,-])\d{1,3}[ \xa0\u2009\u202f]\d{3}(?!\d)", page.read_text(encoding="utf-8"))
        assert not spaced, f"{page.relative_to(ROOT)}: {spaced}"


def test_the_list_of_sentences_is_of_the_code_as_it_is() -> None:
    tool = runpy.run_path(str(ROOT / "docs" / "list_sentences.py"))
    assert (ROOT / "docs" / "sentences.md").read_text(encoding="utf-8") == tool["page"](), (
        "docs/sentences.md is out of date: run python docs/list_sentences.py"
    )


def test_sentences_are_found_with_what_fills_their_gaps() -> None:
    tool = runpy.run_path(str(ROOT / "docs" / "list_sentences.py"))
    code = '''
def tell(n, total):
    """A docstring is not printed by us."""
    assert n, "nor is what a developer reads"
    words = "neither are lists of words".split()
    return f"{n:,} of {total:,} items fail " "in every way" if n else "no item fails in any way"
'''
    assert list(tool["of_module"](code)) == ["{n} of {total} items fail in every way", "no item fails in any way"]
    page = (
        "<style>p { no use here }</style><p>{% if n %}Of <b>{{ n | count }}</b> items, none fail here.{% endif %}</p>"
    )
    assert list(tool["of_template"](page)) == ["Of {n \\| count} items, none fail here."]
