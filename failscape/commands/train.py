"""``failscape train``: explore a target and map its failures."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping
from typing import Any

from failscape.commands.options import add_environment, add_run, explored, refuse_beside_resume, settings_from
from failscape.errors import UsageError
from failscape.user_code import import_user_code


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser("train", help="explore a target and map its failures", description=__doc__)
    parser.add_argument(
        "--list", action="store_true", help="show environments, targets, explorers and their settings, and end"
    )
    parser.add_argument(
        "--algo",
        metavar="NAME",
        help="explorer (default: dqn; with --explore factored or fsrl random, with micro best-first; of tables scan); "
        "train.py --list shows all",
    )
    parser.add_argument("--compare", metavar="COLUMN", help="of a table: a run per value, and a page to compare them")
    add_environment(parser)
    add_run(parser)
    parser.set_defaults(run=run, about=lambda args: "" if args.list else explored(args))


def run(args: argparse.Namespace) -> int:
    """Explore, or list what there is."""
    if args.list:
        return show_list(args)
    from failscape.terminal.output import opening

    if args.resume:
        if args.compare:
            raise UsageError("--resume goes on with one run; leave out --compare")
        refuse_beside_resume(args)
    with opening(args.quiet):
        from failscape.agents.registry import default_explorer
        from failscape.terminal.explore import explore_command

    if args.resume:
        return explore_command(args, None)
    settings = settings_from(args, args.algo or default_explorer(args.explore, args.env))
    if args.compare:
        from failscape.workflows.side_by_side import compare_parts

        return compare_parts(args, settings)
    return explore_command(args, settings, by_default=not args.algo)


def show_list(args: argparse.Namespace) -> int:
    """Print environments, targets and explorers, with the settings that ``--set`` takes."""
    import gymnasium as gym

    from failscape.agents.registry import EXPLORERS, load_hyperparameters
    from failscape.common.task import tasks
    from failscape.envs.actions.parsing import EXPLORATIONS
    from failscape.mitigation import training_config
    from failscape.targets.registry import list_targets
    from failscape.terminal.output import Terminal

    import_user_code(args.imports)
    told = {task.env_id: task.summary for task in tasks()}
    environments = [(name, told.get(name, "")) for name, spec in gym.registry.items() if "make_mdp" in spec.kwargs]
    sections = {
        "environments (--env)": environments,
        "targets (--target)": list_targets(),
        "ways to explore (--explore)": list(EXPLORATIONS.items()),
        "explorers (--algo)": [(name, entry.summary) for name, entry in EXPLORERS.items() if name != "scan"],
        "settings of explorers (--set), with their defaults": [
            (name, said(load_hyperparameters(name, ""))) for name in EXPLORERS
        ],
        "settings of mitigate and fade (--set), with their defaults": [
            (task.name, said(dataclasses.asdict(training_config(task.name)))) for task in tasks() if task.trainer
        ],
    }
    terminal = Terminal()
    for title, rows in sections.items():
        terminal.line(title)
        width = max(len(name) for name, _ in rows)
        for name, what in rows:
            terminal.line(f"  {name:<{width}}  {what}".rstrip())
    return 0


def said(settings: Mapping[str, Any]) -> str:
    """Settings as ``--set`` takes them."""
    return " ".join(f"{key}={'all' if value is None else value}" for key, value in settings.items())
