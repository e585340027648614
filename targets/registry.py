"""Target URIs: ``scheme:name?option=value``, and the loader behind each scheme. Imports no framework."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from failscape.common.registry import Registry, address
from failscape.common.uri import Uri, parse_uri
from failscape.errors import UsageError, did_you_mean
from failscape.targets import embedded

if TYPE_CHECKING:
    from failscape.targets.base import Target

Loader = Callable[..., Any]  # of a target: a Classifier, a Summarizer, an Encoder, a TextToImage
AnyLoader = TypeVar("AnyLoader", bound=Loader)

# scheme -> (module:function, what it loads); imported on first use.
BUILT_IN = {
    "bag-of-words": (
        "failscape.targets.encoders.bag_of_words:load",
        "which words a text has, as a vector; options: features=N, words=N",
    ),
    "diffusers": (
        "failscape.targets.diffusion.pipeline:load",
        "text-to-image pipelines of the Hugging Face hub, or a local folder; options: revision=NAME, steps=N, "
        "guidance=F, size=N|WxH, scheduler=CLASS, batch=N, dtype=NAME, lora=PATH, slicing=yes, tiling=yes, "
        "offload=model|sequential",
    ),
    "embedded": ("failscape.targets.embedded:load", "checkpoints that come with failscape"),
    "hf": (
        "failscape.targets.huggingface:load",
        "image classifiers, summarizers and encoders of the Hugging Face hub, or a local folder; options: "
        "revision=NAME; of summarizers beams=N, max_tokens=N, min_tokens=N, max_input=N, prefix=TEXT; of encoders "
        "tower=image|text, layer=N, token=NAME, projection=yes|no, backend=torchvision|pil, activation=NAME, "
        "dtype=NAME",
    ),
    "open_clip": (
        "failscape.targets.encoders.open_clip:load",
        "open_clip's encoders; options: weights=TAG|FILE|none, and those of hf's encoders but backend",
    ),
    "timm": ("failscape.targets.classifiers.timm:load", "timm's classifiers; options: weights=none|FILE, classes=FILE"),
    "timm-features": (
        "failscape.targets.encoders.timm:load",
        "timm's models as encoders; options: weights=none|FILE, layer=N, token=NAME, dtype=NAME",
    ),
    "torchvision": (
        "failscape.targets.classifiers.torchvision:load",
        "torchvision's classifiers; options: weights=none|NAME|FILE, classes=FILE",
    ),
}
_registered: Registry[Loader] = Registry(taken="the target scheme '{name}' is taken by {owner}; choose another")


def register_target(scheme: str) -> Callable[[AnyLoader], AnyLoader]:
    """Decorator that makes ``load(name, device, **options)`` answer for ``scheme:name?option=value``.

    ``name`` is what stands after the colon; options arrive as strings, one keyword argument each. Registering the
    same function again replaces it, so that a notebook cell may run twice.

    Raises:
        UsageError: For a malformed scheme, or one that another function has.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_.-]+", scheme):
        raise UsageError(f"'{scheme}' is no target scheme: two or more of a-z, 0-9, '_', '.' and '-', a letter first")

    def register(load: AnyLoader) -> AnyLoader:
        if scheme in BUILT_IN:
            raise UsageError(f"the target scheme '{scheme}' is taken by {BUILT_IN[scheme][0]}; choose another")
        _registered.add(scheme, load)
        return load

    return register


def load_target(uri: str, device: str = "auto") -> Any:
    """The target behind ``uri``, such as a ``Classifier`` or a ``TextToImage``, whose ``name`` is then the URI.

    A local folder in the format of Hugging Face or diffusers needs no scheme. ``?weights=FILE`` sets the weights of any
    target, such as those that a fine-tune left; schemes with an option of that name read the file themselves.

    Args:
        uri: Such as ``torchvision:alexnet?weights=none``; options follow ``?`` and are joined by ``&``.
        device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda:1``, ...

    Raises:
        UsageError: For an unknown scheme, name or option (with the closest match), and whatever keeps the target
            from loading.
    """
    scheme, name, options = _parse(uri)
    load = _loader(scheme)
    weights = None if "weights" in inspect.signature(load).parameters else options.pop("weights", None)
    _check_options(uri, load, options)
    try:
        target = load(name, device, **options)
    except FileNotFoundError as error:  # of a user's own loader
        raise UsageError(f"{uri}: no such file: {error.filename or error}") from error
    _check(target, uri, load)
    if weights is not None:
        target = _with_file(target, uri, weights)
    target.name = uri
    return target


def _with_file(target: Target, uri: str, path: str) -> Target:
    """The target with the weights in a file.

    Raises:
        UsageError: They cannot be read, are another architecture's, or the target takes none.
    """
    from failscape.targets.base import TrainableTarget  # heavy, and the registry lists names without it
    from failscape.targets.weights import read_state

    if not isinstance(target, TrainableTarget):
        raise UsageError(f"{uri}: this target takes no weights from a file; leave out ?weights=")
    state = read_state(path)
    try:
        return target.with_weights(state)
    except ValueError as error:
        raise UsageError(f"{path} {error}") from None


def with_weights(uri: str, path: str) -> str:
    """The URI of the same target with the weights of a file."""
    return with_option(uri, "weights", path)


def with_option(uri: str, option: str, value: str) -> str:
    """The URI of the same target with another value of one option."""
    others = without_option(uri, option)
    return f"{others}{'&' if '?' in others else '?'}{option}={value}"


def without_option(uri: str, option: str) -> str:
    """The URI of the same target with one option as it is where it is not named."""
    scheme, name, options = _parse(uri)
    others = [f"{key}={kept}" for key, kept in options.items() if key != option]
    return f"{scheme}:{name}{'?' if others else ''}{'&'.join(others)}"


def is_known(uri: str) -> bool:
    """Whether something answers for the scheme of ``uri``; loads nothing."""
    try:
        scheme = _parse(uri)[0]
    except UsageError:  # of no scheme: loading it tells what is wrong
        return True
    return scheme in {*BUILT_IN, *_registered, *(point.name for point in _entry_points())}


def list_targets() -> list[tuple[str, str]]:
    """``(URI pattern, what it is)`` of every scheme, the embedded checkpoints one by one."""
    rows = [(f"embedded:{name}", "comes with failscape") for name in embedded.names()]
    rows += [(f"{scheme}:NAME", what) for scheme, (_, what) in BUILT_IN.items() if scheme != "embedded"]
    rows += [(f"{scheme}:NAME", (inspect.getdoc(load) or "").split("\n")[0]) for scheme, load in _registered.items()]
    return rows + [(f"{point.name}:NAME", f"from {point.value}") for point in _entry_points()]


def _parse(uri: str) -> Uri:
    for file, scheme in (("config.json", "hf"), ("model_index.json", "diffusers")):
        if (Path(uri) / file).is_file():  # before the split: a Windows folder has a colon too
            return Uri(scheme, uri, {})
    parsed = parse_uri(uri)
    if not parsed.scheme:
        folder = (
            "a folder without config.json or model_index.json"
            if Path(uri).is_dir()
            else "neither a folder nor SCHEME:NAME"
        )
        raise UsageError(f"'{uri}' is {folder}; a target is written like torchvision:alexnet (python train.py --list)")
    return parsed


def _loader(scheme: str) -> Loader:
    if scheme in _registered:
        return _registered[scheme]
    if scheme in BUILT_IN:
        module, function = BUILT_IN[scheme][0].split(":")
        loader: Loader = getattr(importlib.import_module(module), function)
        return loader
    points = {point.name: point for point in _entry_points()}
    if scheme not in points:
        known = {*BUILT_IN, *_registered, *points}
        raise UsageError(f"no target scheme '{scheme}'{did_you_mean(scheme, known)} (python train.py --list shows all)")
    try:
        loader = points[scheme].load()
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"the installed target scheme '{scheme}' ({points[scheme].value}) cannot be loaded: {error}"
        ) from error
    return loader


def _check_options(uri: str, load: Loader, options: dict[str, str]) -> None:
    parameters = list(inspect.signature(load).parameters.values())
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    known = [p.name for p in parameters[2:]]
    for option in options:
        if option not in known:
            raise UsageError(
                f"{uri}: no option '{option}'{did_you_mean(option, known) if known else '; it takes none'}"
            )


def _check(target: Any, uri: str, load: Loader) -> None:
    """Refuse what a user's own loader returns by mistake."""
    from failscape.targets.base import Target  # heavy, and the registry lists names without it

    if not isinstance(target, Target):
        raise UsageError(
            f"{uri}: {address(load)} returns {type(target).__name__}, which is no target: it wants "
            "name, task, n_queries and a call"
        )


def _entry_points() -> Iterator[Any]:
    return iter(entry_points(group="failscape.targets"))
