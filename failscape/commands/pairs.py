"""``failscape pairs``: all pairs that one encoder takes for alike and another one does not.

Every pair of the data is compared, unless ``--approximate`` says otherwise. What is found is written to a Parquet
table, and a report lies beside it; stopped or killed, the same command goes on.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from failscape.commands.options import add_imports
from failscape.commands.values import number, positive, whole
from failscape.errors import UsageError
from failscape.user_code import import_user_code

NEIGHBORS, REGIONS = 64, 8
OUT, OUT_CONFOUNDED = Path("runs/pairs.parquet"), Path("runs/confounded.parquet")
ABOVE, BELOW = "0.95", "0.6"
TARGET = "embedded:street-clip"
BESIDE = {"reference": "embedded:street-dino", "data": "street:traffic"}  # where the target is the embedded one


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser("pairs", help="pairs that an encoder takes for alike", description=__doc__)
    group = parser.add_argument_group("what to compare")
    group.add_argument(
        "--target",
        default=TARGET,
        metavar="URI",
        help="encoder under study: hf:openai/clip-vit-large-patch14, open_clip:NAME, timm-features:NAME, a folder, "
        "..., or npy:FILE, vectors that are computed already (default: %(default)s)",
    )
    group.add_argument(
        "--reference",
        metavar="URI",
        help="encoder, or npy:FILE, that tells the items apart (default with the embedded target: "
        f"{BESIDE['reference']})",
    )
    group.add_argument(
        "--data",
        metavar="DATA",
        help="pictures (a folder, torchvision:NAME, hf:NAME, street:traffic) or texts (a CSV, JSONL or Parquet file, a "
        "folder, hf:NAME, street:traffic), as the encoders take; may be left out where target and reference are "
        f"npy:FILE, whose rows are in its order (default with the embedded target: {BESIDE['data']})",
    )
    group.add_argument(
        "--above",
        metavar="X",
        help="a pair is more similar than this to the target: a cosine, or a quantile of random pairs such as q0.999 "
        f"(default: {ABOVE})",
    )
    group.add_argument("--below", metavar="X", help=f"and less similar than this to the reference (default: {BELOW})")
    group.add_argument(
        "--same",
        type=number,
        metavar="X",
        help="pairs more similar than this to both are near-duplicates (default: three quarters of the way from the "
        "higher threshold to 1)",
    )
    group.add_argument(
        "--vary",
        nargs="+",
        default=[],
        metavar="OPTION=VALUE",
        help="mine again with this option of the target, such as layer=-2, backend=pil or dtype=bfloat16, and tell "
        "which pairs appear and vanish",
    )
    group.add_argument(
        "--confounded",
        action="store_true",
        help="find captioned pictures of which each is more similar to the other's caption than to its own; --data is "
        "then a table of image paths and captions, or street:traffic, and the target's tower of texts reads the "
        "captions (of npy:FILE, --reference holds their vectors)",
    )
    group.add_argument(
        "--max-items", type=positive, metavar="N", help="draw so many where there are more (default: take all)"
    )
    group.add_argument("--seed", type=whole, default=0, metavar="N", help="of random pairs and draws (default: 0)")
    add_imports(group, "your FILE.py or module that registers targets")
    _add_facts(parser.add_argument_group("what to say of them"))
    _add_run(parser.add_argument_group("how to run"))
    parser.set_defaults(run=run, about=about)


def _add_facts(facts: argparse._ArgumentGroup) -> None:
    """What to say of the pairs."""
    facts.add_argument(
        "--prober",
        metavar="URI",
        help="a CLIP that reads facts from the pictures by texts, so that the report says which of them differ; what "
        "it is blind to itself it reads wrongly",
    )
    facts.add_argument(
        "--probes",
        metavar="FILE",
        help="YAML file of facts and their texts for --prober (default: eleven facts for the nine visual patterns of "
        "MMVP)",
    )
    facts.add_argument(
        "--regions",
        type=positive,
        metavar="N",
        help="regions of the corpus, clusters of the target's vectors, by which the report counts what differs "
        f"(default: {REGIONS})",
    )


def _add_run(how: argparse._ArgumentGroup) -> None:
    """How to run it."""
    how.add_argument("--device", default="auto", metavar="D", help="cpu, cuda, ... (default: auto, what is there)")
    how.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        metavar="P",
        help="in which pairs are screened: float32, bfloat16 or the faster one; results are the same (default: auto)",
    )
    how.add_argument(
        "--approximate",
        nargs="?",
        type=positive,
        const=NEIGHBORS,
        metavar="K",
        help="compare each item with its K nearest neighbors alone, as FAISS finds them, and measure on drawn items "
        f"what that misses; for items by the million (default of K: {NEIGHBORS})",
    )
    how.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"Parquet table (default: {OUT}, with --confounded {OUT_CONFOUNDED})",
    )
    how.add_argument("--quiet", action="store_true", help="print nothing")


def about(args: argparse.Namespace) -> str:
    """What is mined."""
    if args.confounded:
        return f"captioned pictures that {args.target} confounds"
    return f"pairs that {args.target} takes for alike"


def run(args: argparse.Namespace) -> int:
    """Mine."""
    out = args.out or (OUT_CONFOUNDED if args.confounded else OUT)
    if out.suffix != ".parquet":
        raise UsageError(f"--out is {out}; give a file that ends in .parquet")
    make_room(out)
    return _confounded(args, out) if args.confounded else _blind(args, out)


def make_room(out: Path) -> None:
    """Make the folder beside a table, before anything is computed.

    Raises:
        UsageError: the table or the folder cannot be written.
    """
    if out.is_dir():
        raise UsageError(f"--out is {out}, a folder; give a file that ends in .parquet")
    try:
        out.with_suffix("").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out.with_suffix('')} cannot be made ({error.strerror}); give another --out") from None


def _blind(args: argparse.Namespace, out: Path) -> int:
    from failscape.terminal.output import opening

    if args.probes is not None and not args.prober:
        raise UsageError("--probes are read by an encoder of pictures and texts; give --prober")
    reference = _beside(args, "reference")
    if not reference:
        raise UsageError(f"pairs of {args.target} need --reference")
    with opening(args.quiet):
        from failscape.terminal.pairs import pairs_command
        from failscape.workflows.pairs import PairSearch

    import_user_code(args.imports)
    search = PairSearch(
        args.target,
        reference,
        _beside(args, "data"),
        args.above or ABOVE,
        args.below or BELOW,
        args.same,
        args.approximate,
        tuple(args.vary),
        args.prober,
        args.probes,
        args.regions or REGIONS,
        args.max_items,
        args.seed,
        args.device,
        args.precision,
    )
    return pairs_command(args, search, out)


def _confounded(args: argparse.Namespace, out: Path) -> int:
    from failscape.terminal.output import opening

    for option in ("above", "below", "same", "vary", "approximate", "prober", "probes", "regions"):
        if getattr(args, option) not in (None, []):
            raise UsageError(f"--confounded compares every picture's own caption with others; leave --{option} out")
    with opening(args.quiet):
        from failscape.terminal.confounded import confounded_command
        from failscape.workflows.confounded import ConfoundedSearch

    import_user_code(args.imports)
    search = ConfoundedSearch(
        args.target,
        _beside(args, "data"),
        args.reference or "",
        args.max_items,
        args.seed,
        args.device,
        args.precision,
    )
    return confounded_command(args, search, out)


def _beside(args: argparse.Namespace, name: str) -> str:
    """What goes with the target: given, or usual for the embedded one, or nothing."""
    return str(getattr(args, name) or (BESIDE[name] if args.target == TARGET else ""))
