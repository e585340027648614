"""Items a target is shown: image folders, datasets by name, and the procedural street world."""

from failscape.data.base import Items, Prepare, Skipped, Source, Unreadable
from failscape.data.decode import decode
from failscape.data.folder import FolderSource
from failscape.data.items import load_items, only_held_out, reasons, write_skipped
from failscape.data.sources import open_source
from failscape.data.split import held_out

__all__ = [
    "FolderSource",
    "Items",
    "Prepare",
    "Skipped",
    "Source",
    "Unreadable",
    "decode",
    "held_out",
    "load_items",
    "only_held_out",
    "open_source",
    "reasons",
    "write_skipped",
]
