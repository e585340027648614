"""Options of text-to-image targets: what they are asked to draw, and what judges their pictures."""

from __future__ import annotations

import argparse

from failscape.commands.values import positive


def add_prompts(group: argparse._ArgumentGroup) -> None:
    """Add them to a group of options."""
    group.add_argument(
        "--prompts",
        metavar="P",
        help="of text-to-image: fsrl, street:prompts, a prompt with slots such as 'a {color} car', or a file of them "
        "(YAML, text, CSV, JSONL, Parquet)",
    )
    group.add_argument(
        "--scorer",
        metavar="URI",
        help="of text-to-image: a CLIP, or a judge of factors such as embedded:street-judge-a "
        "(default: CLIP ViT-B/32; of street:prompts that judge)",
    )
    group.add_argument(
        "--verifier", metavar="URI", help="of text-to-image: another scorer, which checks what was found"
    )
    group.add_argument(
        "--attribute",
        metavar="A",
        help="of text-to-image: look for bias of this attribute, a factor that the scorer reads; of a CLIP with words "
        "for each value, as in 'hair=red hair|dark hair'",
    )
    group.add_argument(
        "--wanted", nargs="+", metavar="V=SHARE", help="with --attribute: the wanted shares (default: equal ones)"
    )
    group.add_argument(
        "--panel", type=positive, metavar="N", help="with --attribute: pictures of a prompt at a time (default: 12)"
    )
    group.add_argument(
        "--pictures",
        type=positive,
        metavar="N",
        help="of text-to-image: pictures of each prompt, with --attribute panels (default: 40)",
    )
