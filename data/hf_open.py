"""Opens one split of a dataset in Hugging Face's formats, from a local folder or the hub."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from failscape.common.format import first_sentence
from failscape.common.safe_open import regular_below
from failscape.errors import UsageError

_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


def open_dataset(name: str, options: Mapping[str, str]) -> tuple[Any, str]:
    """A ``datasets.Dataset`` and the name of its split. No code that comes with a dataset is ever run.

    Args:
        name: a local folder (of ``save_to_disk``, or with parquet files), or a dataset on the hub.
        options: ``split`` and ``config``.

    Raises:
        UsageError: the dataset cannot be had, or has no such split.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _one_split(f"hf:{name}", _local(f"hf:{name}", folder), options.get("split"))
    if not _HUB_NAME.fullmatch(name):
        raise UsageError(f"hf:{name}: there is no such folder; give a local folder or a dataset's name on the hub")
    split = options.get("split", "test")
    return _from_hub(name, options.get("config"), split), split


def _local(where: str, folder: Path) -> Any:
    """A dataset, or a dictionary of them by split."""
    import datasets

    saved = any((folder / marker).is_file() for marker in ("state.json", "dataset_dict.json"))
    if not saved and next(folder.rglob("*.parquet"), None) is None:
        raise UsageError(
            f"{where} has neither parquet files nor what save_to_disk writes; "
            "for a folder of images or texts leave out hf:"
        )
    try:
        regular_below(folder)
        if saved:
            return datasets.load_from_disk(str(folder))
        return datasets.load_dataset("parquet", data_dir=str(folder))
    except IndexError:  # how it fails where a saved split has no rows
        raise UsageError(f"{where} has no rows; give another dataset") from None
    except (ValueError, OSError, datasets.exceptions.DatasetsError) as error:
        raise UsageError(f"{where} cannot be read: {first_sentence(error)}; save or download it again") from None


def _one_split(where: str, found: Any, split: str | None) -> tuple[Any, str]:
    if not isinstance(found, dict):
        if split is None or split == str(found.split):
            return found, str(found.split or "all")
        raise UsageError(f"{where} is a single split; leave out split={split}")
    wanted = split or (next(iter(found)) if len(found) == 1 else "test")
    if wanted not in found:
        raise UsageError(f"{where} has no split {wanted}; choose one with split=: {', '.join(found)}")
    return found[wanted], wanted


def _from_hub(name: str, config: str | None, split: str) -> Any:
    import datasets

    where = f"hf:{name}"
    try:
        return datasets.load_dataset(name, config, split=split)
    except datasets.exceptions.DatasetNotFoundError:
        remedy = "check the name, or run: hf auth login"
        raise UsageError(f"{where} is not on the hub, or needs a login; {remedy}") from None
    except ConnectionError:
        raise UsageError(
            f"{where} is not in the local cache and the hub cannot be reached\n"
            f"download it elsewhere with `hf download --repo-type dataset {name} --local-dir DIR` "
            "and pass the folder: hf:DIR"
        ) from None
    # An unknown split or config, a dataset that is a script, a full disk, ...
    except (ValueError, RuntimeError, OSError, datasets.exceptions.DatasetsError) as error:
        raise UsageError(f"{where}: {first_sentence(error)}") from None
