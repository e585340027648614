"""Opens one split of a dataset in Hugging Face's formats, from a local folder or the hub."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from failscape.common.format import first_sentence
from failscape.common.safe_open import regular_below
from failscape.errors import UsageError, did_you_mean

# Subfolders that hold splits of one configuration, or its files, and hidden ones.
_NO_CONFIG = re.compile(
    r"(data|train|training|val|valid|validation|dev|test|testing|eval|evaluation)|\..*", re.IGNORECASE
)
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


def open_dataset(name: str, options: Mapping[str, str]) -> tuple[Any, str]:
    """A ``datasets.Dataset`` and the name of its split. No code that comes with a dataset is ever run.

    Args:
        name: a local folder (of ``save_to_disk``, or with parquet files), or a dataset on the hub.
        options: ``split`` and ``config``, which of a local folder is the subfolder that has the parquet files of one
            configuration.

    Raises:
        UsageError: the dataset cannot be had, has no such split or configuration, or several of which none was chosen.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        where = f"hf:{name}"
        return _one_split(where, _local(where, folder, options.get("config")), options.get("split"))
    if not _HUB_NAME.fullmatch(name):
        raise UsageError(f"hf:{name}: there is no such folder; give a local folder or a dataset's name on the hub")
    split = options.get("split", "test")
    return _from_hub(name, options.get("config"), split), split


def _local(where: str, folder: Path, config: str | None) -> Any:
    """A dataset, or a dictionary of them by split."""
    import datasets

    saved = any((folder / marker).is_file() for marker in ("state.json", "dataset_dict.json"))
    folder = folder if saved and config is None else _configured(where, folder, config)
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


def _configured(where: str, folder: Path, config: str | None) -> Path:
    """The folder of one configuration: a subfolder with parquet files, or the whole where there is only one.

    Raises:
        UsageError: there is none of that name, or several and none was chosen.
    """
    holding = {path.relative_to(folder).parts[0] for path in folder.rglob("*.parquet") if path.parent != folder}
    known = sorted(name for name in holding if not _NO_CONFIG.fullmatch(name))
    if config is None and len(known) < 2:
        return folder
    if config in known:
        return folder / config
    if not known:
        raise UsageError(f"{where} has one configuration only; leave out config={config}")
    if config is None:
        raise UsageError(f"{where} has several configurations; choose one with config=: {', '.join(known)}")
    raise UsageError(f"{where} has no configuration {config}{did_you_mean(config, known)}")


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
