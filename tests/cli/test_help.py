"""Every option of every command says what it is, and what is taken where it is not given."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from failscape.agents.registry import EXPLORERS, load_hyperparameters
from failscape.cli import COMMANDS, build_parser, main
from failscape.commands.feedback import SIMULATED
from failscape.envs.actions.base import MAX_STEPS
from failscape.mitigation import training_config

# Options that choose something the program has a default for, though the parser has none: their help must tell it.
FILLED_IN_LATER = {
    "--algo", "--target", "--data", "--concepts", "--explore", "--alpha", "--max-steps", "--held-out", "--reward",
    "--groups", "--meaning", "--max-items", "--device", "--budget", "--num-envs", "--queries", "--modes", "--method",
    "--simulate", "--out",
}  # fmt: skip


def options() -> Iterator[tuple[str, argparse.Action]]:
    """Every argument of every command, with the command's name."""
    parsers = build_parser()._subparsers
    assert parsers is not None
    (commands,) = (action for action in parsers._actions if isinstance(action, argparse._SubParsersAction))
    assert set(commands.choices) == set(COMMANDS)
    for name, parser in commands.choices.items():
        yield from ((name, action) for action in parser._actions)


def called(action: argparse.Action) -> str:
    return action.option_strings[-1] if action.option_strings else str(action.metavar)


OPTIONS = [pytest.param(command, action, id=f"{command} {called(action)}") for command, action in options()]


@pytest.mark.parametrize(("command", "action"), OPTIONS)
def test_an_option_has_help_and_states_its_default(command: str, action: argparse.Action) -> None:
    assert action.help and len(action.help) > 5, f"{command} {called(action)} has no help"
    fixed = action.default if not isinstance(action.default, bool | list) else None
    if called(action) in FILLED_IN_LATER or (fixed is not None and fixed != argparse.SUPPRESS):
        assert "default" in action.help, f"{command} {called(action)} does not say its default"
    if isinstance(fixed, int | str | Path) and fixed != argparse.SUPPRESS:
        told = (action.help % {"default": fixed}).replace(",", "")
        chosen = re.search(rf"{re.escape(str(fixed))}\b.*default|default: {re.escape(str(fixed))}\b", told)
        assert chosen or action.choices, f"{command} {called(action)}: {told} does not name {fixed}"


def texts() -> dict[str, str]:
    return {f"{command} {called(action)}": action.help or "" for command, action in options()}


def test_defaults_that_help_names_are_those_that_are_used(capsys: pytest.CaptureFixture[str]) -> None:
    told = texts()
    random, summaries = (load_hyperparameters("random", env) for env in ("", "failscape/Summarizer-v0"))
    assert f"default: {random['budget']}, of summarizers {summaries['budget']};" in told["train --budget"]
    scans = [load_hyperparameters("scan", env)["num_envs"] for env in ("", "failscape/Recorded-v0")]
    assert f"default: {random['num_envs']}; of a scan {scans[0]}, of tables {scans[1]}" in told["train --num-envs"]
    assert f"default: {MAX_STEPS}" in told["train --max-steps"]
    for key, value in SIMULATED.items():
        assert f"{key}={value:g}" in told["feedback --simulate"]
    assert all(
        f"{word}" in told["mitigate --set"]
        for word in vars(training_config("image-classification"))
        if word != "method"
    )
    assert all(
        f"{word}" in told["mitigate --set"] for word in vars(training_config("summarization")) if word != "method"
    )
    assert told["fade --set"] == told["mitigate --set"]


def test_list_shows_the_keys_of_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--list"]) == 0
    out = capsys.readouterr().out
    for name in EXPLORERS:
        (line,) = (line for line in out.splitlines() if line.startswith(f"  {name} ") and " num_envs=" in line)
        assert all(f" {key}=" in line for key in load_hyperparameters(name, ""))
    assert "lr=0.001" in out and "lr=0.0007" in out
