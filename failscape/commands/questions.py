"""``failscape questions``: people ask what tells blind pairs of pictures apart, and others answer without knowing.

As in MMVP: a question with two options about both pictures of a pair, of which one is correct for the first picture and
the other for the second.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failscape.commands.values import port

if TYPE_CHECKING:
    from failscape.workflows.questions import QuestionSession

PORT = 7861


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser("questions", help="ask what tells blind pairs apart", description=__doc__)
    parser.add_argument("pairs", type=Path, metavar="PAIRS", help="the .parquet file that failscape pairs wrote")
    parser.add_argument(
        "--data", metavar="DATA", help="where the pictures lie now (default: where the pairs were mined from)"
    )
    parser.add_argument("--name", metavar="NAME", help="who asks or answers (the page asks where it is not given)")
    parser.add_argument("--port", type=port, default=PORT, metavar="P", help="of the local page (default: %(default)s)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--answer",
        action="store_true",
        help="a page on which someone else answers, one picture at a time, instead of one to ask",
    )
    how.add_argument(
        "--csv",
        type=Path,
        metavar="FILE",
        help="take questions from a file with the columns first, second, question, a, b, first_answer, second_answer, "
        "pattern and author",
    )
    how.add_argument(
        "--summary", action="store_true", help="print what there is, and how often people answer correctly"
    )
    how.add_argument(
        "--export", type=Path, metavar="FOLDER", help="write questions and pictures into a new folder laid out as MMVP"
    )
    parser.set_defaults(run=run, about=lambda args: f"questions about {args.pairs}")


def run(args: argparse.Namespace) -> int:
    """Ask, answer, take in, print or write."""
    from failscape.terminal.output import Terminal, opening

    with opening():
        from failscape.terminal.questions import export, print_summary, take_in
        from failscape.workflows.questions import QuestionSession

    session, terminal = QuestionSession(args.pairs, args.data), Terminal()
    if args.csv:
        take_in(terminal, session, args.csv)
    elif args.summary:
        print_summary(terminal, session)
    elif args.export:
        export(terminal, session, args.export)
    else:
        serve_page(session, args)
    return 0


def serve_page(session: QuestionSession, args: argparse.Namespace) -> None:
    """Serve a page until Ctrl-C, and say what is stored."""
    from failscape.terminal.output import Terminal
    from failscape.terminal.questions import print_stored, with_questions
    from failscape.web import answer_app, question_app

    if args.answer:
        with_questions(session)
    _ = session.corpus  # a page without pictures is told of before it is opened
    if args.answer:
        answer_app.serve(session, port=args.port, answerer=args.name)
    else:
        question_app.serve(session, port=args.port, author=args.name)
    print_stored(Terminal(), session)
