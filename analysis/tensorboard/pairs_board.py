"""What TensorBoard shows of mined pairs: counts, the blindest pairs, what differs, all similarities."""

from __future__ import annotations

from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from failscape.analysis.pairs.page import PairsPage, ShownPair
from failscape.analysis.pairs.sheet import pairs_sheet
from failscape.analysis.plots.still import pixels
from failscape.analysis.tensorboard.markdown import write_markdown
from failscape.common.format import percent
from failscape.common.markdown import literal
from failscape.records.folder import writable

BOARD = "board"  # a folder of its own: others may keep their events beside it
HEADINGS = ("fact", "differs in blind pairs", "in all pairs", "tested", "verdict")


def write_pairs_board(folder: Path, page: PairsPage) -> None:
    """Write the events of a search into ``folder/board``, in place of those of an earlier one."""
    for old in (folder / BOARD).glob("events.out.tfevents.*"):
        old.unlink()
    with SummaryWriter(str(writable(folder / BOARD))) as board:
        for name, value in (
            ("blind", page.n_blind),
            ("counted_once", page.n_counted),
            ("near_duplicates", page.n_same),
        ):
            board.add_scalar(f"pairs/{name}", value, 0)
        write_markdown(board, "pairs/summary", _summary(page), 0)
        board.add_image("pairs/similarities", page.scatter, 0, dataformats="HWC")
        if any(pair.pictures for pair in page.shown):
            board.add_image("pairs/blindest", pixels(pairs_sheet(page.shown)), 0, dataformats="HWC")
        elif page.shown:
            write_markdown(board, "pairs/blindest", "\n\n".join(map(_of_texts, page.shown)), 0)
        if page.differing:
            write_markdown(board, "pairs/differs", _differing(page), 0)


def _summary(page: PairsPage) -> str:
    settings = "\n".join(f"- {literal(name)}: {literal(value)}" for name, value in page.settings)
    return f"{literal(page.headline)}\n\n{settings}\n\n`{page.command}`"


def _of_texts(pair: ShownPair) -> str:
    ends = pair.texts or pair.names
    lines = "\n".join(f"- {literal(end)}" for end in ends)
    return f"target {pair.target:.3f}, reference {pair.reference:.3f}\n\n{lines}"


def _differing(page: PairsPage) -> str:
    rows = [
        [literal(row.fact), percent(row.rate), percent(row.random), f"{row.n_disjoint:,}", row.verdict]
        for row in page.differing
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in [HEADINGS, ("--",) * len(HEADINGS), *rows])
    return f"{table}\n\n{literal(page.read)}" if page.read else table
