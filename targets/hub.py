"""Files of a Hugging Face repository: from the local cache, else downloaded, else a line that says how to get them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)

from failscape.errors import UsageError, did_you_mean
from failscape.targets.weights import first_line


def local_folder(name: str, index: str, form: str) -> Path | None:
    """The folder that ``name`` is; None where it can only be a repository's name.

    Args:
        name: What the user typed after the scheme.
        index: The file without which it is none.
        form: In which it then is not: ``Hugging Face format``.

    Raises:
        UsageError: It looks like a folder and there is none, or it lacks the file.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / index).is_file():
            raise UsageError(f"{name} has no {index}, so it is not in {form} (save_pretrained writes it)")
        return folder
    if folder.is_absolute() or name.startswith(".") or (folder.parent != Path(".") and folder.parent.is_dir()):
        siblings = [str(other) for other in folder.parent.glob("*") if other.is_dir()]
        raise UsageError(f"there is no folder {name}{did_you_mean(str(folder), siblings)}")
    return None


def hub_folder(repo: str, uri: str, files: Sequence[str], offline_use: str, revision: str | None = None) -> Path:
    """The local folder with ``files`` (glob patterns) of the newest cached or, failing that, downloaded revision.

    The cache comes first: what a run reads then does not change between runs, and no network is asked.

    Args:
        repo: ``ORG/NAME`` on the hub.
        uri: What the user typed, for messages.
        files: What to download.
        offline_use: What to pass as ``--target`` once the repository was downloaded elsewhere.
        revision: Branch, tag or commit.

    Raises:
        UsageError: Where the files can be had from neither.
    """
    try:
        cached = Path(snapshot_download(repo, revision=revision, local_files_only=True))
        if any(cached.rglob("*.safetensors")):
            return cached
    except LocalEntryNotFoundError:
        pass
    except HFValidationError:
        raise UsageError(f"'{repo}' in {uri} is neither a folder nor a name on the hub (ORG/NAME)") from None
    try:
        return Path(snapshot_download(repo, revision=revision, allow_patterns=list(files)))
    except LocalEntryNotFoundError:
        raise UsageError(
            f"{uri} is not in the local cache and the hub cannot be reached\n"
            f"       download it elsewhere with `hf download {repo}` and pass the {offline_use}"
        ) from None
    except GatedRepoError:
        raise UsageError(
            f"{repo} asks for its terms to be accepted: https://huggingface.co/{repo}, then `hf auth login`"
        ) from None
    except RepositoryNotFoundError:
        raise UsageError(f"the hub has no {repo} (a private one needs `hf auth login`)") from None
    except (HfHubHTTPError, OSError) as error:
        raise UsageError(f"{uri} cannot be downloaded: {first_line(error)}") from None
