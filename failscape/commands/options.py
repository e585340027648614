"""Options that ``train`` and ``scan`` share, and the settings they amount to."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import yaml

from failscape.commands.prompt_options import add_prompts
from failscape.commands.values import number, positive, share, whole
from failscape.common.code_names import code_of
from failscape.errors import UsageError
from failscape.settings import Settings, find_env
from failscape.user_code import digests_of, import_user_code

ENV = "failscape/Classifier-v0"  # where none is named
# Options that become arguments of the environment.
MAKE = (
    "target",
    "prompts",
    "scorer",
    "verifier",
    "attribute",
    "wanted",
    "panel",
    "pictures",
    "reference",
    "above",
    "below",
    "regions",
    "data",
    "concepts",
    "explore",
    "start",
    "mode",
    "alpha",
    "max_steps",
    "held_out",
    "reward",
    "classes",
    "only_matching",
    "groups",
    "labels",
    "meaning",
    "max_items",
    "unseen",
    "device",
)


def add_environment(parser: argparse.ArgumentParser, env: str | None = ENV) -> None:
    """What to explore: environment, where none is named ``env``, target, data, edits."""
    group = parser.add_argument_group("what to explore")
    group.add_argument("--env", default=env, metavar="ID", help=f"environment (default: {ENV})")
    group.add_argument(
        "--target",
        metavar="URI",
        help="model, such as torchvision:alexnet, hf:ORG/NAME, a folder (default: an embedded one of the environment)",
    )
    group.add_argument(
        "--data",
        metavar="DATA",
        help="image folder, torchvision:NAME, hf:NAME, street: (default with the embedded target); for summarizers "
        "a CSV, JSONL or Parquet file, a folder of texts, hf:NAME, reports: (their default); a table of answers with "
        "?failed=COLUMN:VALUE",
    )
    group.add_argument(
        "--concepts",
        nargs="+",
        metavar="C",
        help="preset (fsrl, text, text-any, text-pairs, fsrl-text), or concepts such as rotation=-30,0,30 "
        "darken=0..0.8 contrast; class chooses classes; of a table its columns (default: fsrl; of texts text, "
        "with --explore factored text-pairs, with micro left-out words and misspellings)",
    )
    group.add_argument("--explore", metavar="HOW", help="macro (default), factored, micro or fsrl: train.py --list")
    group.add_argument(
        "--from", dest="start", metavar="RUN", help="with --explore micro: walk back from the failures this run found"
    )
    group.add_argument("--mode", type=positive, metavar="N", help="with --from: only from failure mode N of that run")
    group.add_argument(
        "--alpha",
        type=number,
        metavar="A",
        help="with --explore fsrl, of images: what each step takes off the reward of a failure, in units of that "
        "reward (default: 5)",
    )
    group.add_argument("--max-steps", type=positive, metavar="N", help="that a walk may take (default: 50)")
    group.add_argument(
        "--held-out",
        type=share,
        metavar="SHARE",
        help="of the items, from 0 to 1, kept apart to measure what is found (default: 0.2; of text-to-image 0.4)",
    )
    _add_judging(group)
    add_prompts(group)
    _add_pairs(group)
    group.add_argument(
        "--max-items", type=positive, metavar="N", help="held in memory at most (default: 5000 images, 1000 texts)"
    )
    add_imports(
        group, "your FILE.py or module that registers targets or environments; --resume runs none that is not named"
    )
    group.add_argument("--device", metavar="D", help="cpu, cuda, ... (default: what is there)")


def _add_pairs(group: argparse._ArgumentGroup) -> None:
    """What a blind pair is."""
    group.add_argument(
        "--reference", metavar="URI", help="of pairs: the encoder that the target is compared with, such as DINOv2"
    )
    group.add_argument(
        "--above",
        metavar="X",
        help="of pairs: similarity to the target above which a pair is alike: a cosine (default: 0.95), or a quantile "
        "of random pairs such as q0.999",
    )
    group.add_argument(
        "--below",
        metavar="X",
        help="of pairs: similarity to the reference below which it is not (default: 0.6; embedded target: 0.97); of "
        "text-to-image: the CLIP's cosine below which a picture fails (default: 0.3, of ViT-B/32), or a quantile of "
        "unedited prompts such as q0.05",
    )
    group.add_argument(
        "--regions",
        type=positive,
        metavar="N",
        help="of pairs: group the pictures into N clusters of the target's vectors (default: their classes)",
    )


def _add_judging(group: argparse._ArgumentGroup) -> None:
    """Which items, in which groups, and what counts as a failure."""
    group.add_argument(
        "--reward",
        metavar="NAME",
        help="margin (default), fsrl, or human:RUN: what people mind, as they rated RUN; of summaries drop (default) "
        "or score, each with a metric as in drop:bleu",
    )
    group.add_argument("--classes", metavar="CSV", help="file folder,class where folder names are not the target's")
    group.add_argument(
        "--only-matching", action="store_true", default=None, help="leave out folders that match no class"
    )
    group.add_argument(
        "--unseen",
        action="store_true",
        default=None,
        help="only images or texts held out otherwise: for a fine-tuned target",
    )
    group.add_argument(
        "--meaning",
        type=share,
        metavar="M",
        help="of texts: count a failure only where the edited text is at least as alike to the unedited one, from 0 "
        "(nothing in common) to 1 (the same), by a sentence encoder, where the edit is to keep the meaning (default: "
        "not asked)",
    )
    group.add_argument(
        "--groups",
        metavar="BY",
        help="of texts: topic (default) or length; of images: a CSV file class,group (default: each class by itself)",
    )
    group.add_argument(
        "--labels",
        metavar="CSV",
        help="of images: a file concept,from,to,class,effect,becomes of edits that change what is right",
    )


def add_run(parser: argparse.ArgumentParser) -> None:
    """How to run it."""
    group = parser.add_argument_group("how to run")
    group.add_argument(
        "--budget",
        type=positive,
        metavar="N",
        help="evaluations of the target to spend (default: 20000, of summarizers 3000; of a scan all that there are)",
    )
    group.add_argument(
        "--num-envs",
        type=positive,
        metavar="N",
        help="environments in lockstep: images or texts that the target is given at once (default: 32; of a scan "
        "256, of tables 4096)",
    )
    group.add_argument("--seed", type=whole, default=0, help="of everything random (default: 0)")
    group.add_argument(
        "--set",
        dest="overrides",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="other settings of the explorer; train.py --list shows which each has, with their defaults",
    )
    group.add_argument(
        "--out", type=Path, default=Path("runs"), metavar="DIR", help="where run folders go (default: runs)"
    )
    group.add_argument(
        "--resume",
        type=Path,
        metavar="RUN",
        help="finish an interrupted run; one with code of yours wants its --import again",
    )
    group.add_argument("--no-report", action="store_true", help="skip report.html and TensorBoard pictures")
    group.add_argument("--quiet", action="store_true", help="print results only")


def add_imports(
    parser: Any, what: str = "your code that the run was made with: it runs only where you name it"
) -> None:
    """The user's code; by default for commands that load a run's target again."""
    parser.add_argument(
        "--import",
        dest="imports",
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help=what,
    )


def settings_from(args: argparse.Namespace, explorer: str) -> Settings:
    """The settings that the command line asks for."""
    names = code_of(args.env, args.imports)
    import_user_code(names)
    spec = find_env(args.env)
    make = {key: getattr(args, key) for key in MAKE if getattr(args, key) is not None}
    overrides = parse_overrides(args.overrides)
    overrides |= {key: getattr(args, key) for key in ("budget", "num_envs") if getattr(args, key) is not None}
    from failscape.agents.registry import load_hyperparameters

    hyperparameters = load_hyperparameters(explorer, spec.id, overrides, make.get("explore", "macro"))
    env = args.env if ":" in args.env else spec.id
    return Settings(env, explorer, args.seed, hyperparameters, make, list(args.imports), digests_of(names))


def explored(args: argparse.Namespace) -> str:
    """What is explored, in a few words."""
    return f"going on with {args.resume}" if args.resume else str(args.env)


def refuse_beside_resume(args: argparse.Namespace) -> None:
    """A resumed run has its settings; what else is asked for would be ignored, and so is refused."""
    asked = {name: getattr(args, name) for name in (*MAKE, "budget", "num_envs", "overrides") if getattr(args, name)}
    if asked:
        option = "--set" if "overrides" in asked else f"--{next(iter(asked)).replace('_', '-')}"
        raise UsageError(f"--resume goes on with the settings of {args.resume}; leave out {option}, or start a new run")


def key_values(option: str, pairs: list[str]) -> dict[str, str]:
    """``["gamma=0"]`` as a dict of texts."""
    values = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"{option} takes KEY=VALUE, got {pair!r}")
        values[key] = value
    return values


def parse_overrides(pairs: list[str]) -> dict[str, Any]:
    """``["learning_rate=0.01"]`` as a dict; values are YAML, never code."""
    values: dict[str, Any] = {}
    for key, value in key_values("--set", pairs).items():
        try:
            values[key] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise UsageError(f"--set {key}: {value!r} is not a value that YAML knows") from None
    return values
