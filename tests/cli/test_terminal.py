"""What is written to the terminal is text, whatever it holds."""

import io

import pytest

from failscape.cli import main
from failscape.common.markdown import literal
from failscape.common.visible import visible, visible_text, well_formed
from failscape.terminal.output import Terminal, table

HOSTILE = "[/b] [bold]x[/bold] :smile: https://example.org 12 \x1b[31m\u202e\n\x9b"
SHOWN = r"[/b] [bold]x[/bold] :smile: https://example.org 12 \x1b[31m\u202e\n\x9b"


def test_signs_that_command_are_written_out_and_letters_stay() -> None:
    assert visible(HOSTILE) == SHOWN
    for name in ("日本", "مرحبا", "नमस्ते", "👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "é ß \u00a0\u202f", "می‌خواهم", "\\x1b"):
        assert visible(name) == visible_text(name) == well_formed(name) == name
    assert visible_text("a\n\tb\x1b\r") == "a\n\tb\\x1b\\r"
    assert well_formed("caf\udce9 \ud83d\x1b") == "caf\\xe9 \\ud83d\x1b"


def test_a_line_and_a_table_show_strings_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.line(HOSTILE, "next", style="bold")
    assert capsys.readouterr().out == f"{SHOWN} next\n"
    shown = table("name [/b]", "n", left="name [/b]")
    shown.add_row("[sport]\x1b", "[0]")
    terminal.print(shown)
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["name", "[/b]", "n"],
        [r"[sport]\x1b", "[0]"],
    ]


def test_styles_reach_a_terminal_and_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    terminal = Terminal()
    terminal.file = io.StringIO()
    terminal.line("[red]x \x1b[31m", style="bold")
    assert "[red]x " in terminal.file.getvalue() and "\x1b[31m" not in terminal.file.getvalue()


def test_a_mistake_names_the_thing_and_commands_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["landscape", "[/b]\x1b[2J"]) == 2
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err and r"error: [/b]\x1b[2J is not a run folder" in err


def test_a_reader_that_goes_away_is_told_to_the_caller() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    terminal = Terminal()
    terminal.file = Gone()
    with pytest.raises(BrokenPipeError):
        terminal.line("x")


def test_markdown_takes_no_sign_of_a_name_for_its_own() -> None:
    assert literal("a|b `c` <d> [e](f)\n#") == r"a&#124;b \`c\` &lt;d&gt; \[e\](f)\\n\#"
    told = {"- x-y": r"\- x-y", "12. x": r"12\. x", "---": r"\---", "3) z": r"3\) z"}
    plain = ("at -10°", "0.5", "-1", "no-entry (2)")
    assert all(literal(text) == written for text, written in {**told, **dict(zip(plain, plain, strict=True))}.items())
