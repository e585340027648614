"""Items a target is shown: folders of images or texts, tables, datasets by name, and the procedural street world."""

from failscape.data.base import Items, Prepare, Skipped, Source, Unreadable
from failscape.data.batch import Answers, Articles, Batch, Images, Rows
from failscape.data.images.decode import decode
from failscape.data.images.folder import FolderSource
from failscape.data.images.open import open_source
from failscape.data.items import load_images, load_items, only_held_out, reasons, write_skipped
from failscape.data.labels.groups import ClassGroups, class_groups, in_groups
from failscape.data.split import held_out
from failscape.data.texts.open import length_groups, open_texts

__all__ = [
    "Answers",
    "Articles",
    "Batch",
    "ClassGroups",
    "FolderSource",
    "Images",
    "Items",
    "Prepare",
    "Rows",
    "Skipped",
    "Source",
    "Unreadable",
    "class_groups",
    "decode",
    "held_out",
    "in_groups",
    "length_groups",
    "load_images",
    "load_items",
    "only_held_out",
    "open_source",
    "open_texts",
    "reasons",
    "write_skipped",
]
