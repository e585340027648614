"""Encoders against the libraries that they come from, and the cache of embeddings under refusals and SIGKILL.

Tiny models with random weights, as ``tests/support/tiny_encoders.py`` saves them: what is compared is the code that
prepares pictures and texts and picks a vector, which does not depend on the size of a model.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.common import Row, finish, parser
from failscape.errors import UsageError
from failscape.targets import load_target
from failscape.targets.encoders.cache import embed
from tests.support.linear_encoder import SIDE, linear_encoder

ATOL = 1e-5
N_KILLED, BATCH = 6000, 50  # items and batch of the runs that are killed
REFUSED = ("layer=2", "backend=pil", "dtype=float16", "activation=quick_gelu", "projection=no", "tower=text")
FILL = "import sys; from benchmarks.encoders import fill; fill(sys.argv[1])"
STREAM = "import sys; from benchmarks.encoders import stream; stream(sys.argv[1], int(sys.argv[2]))"
Compared = tuple[str, str, Any]  # family, URI, what the library gives


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--kills", type=int, default=10)
    arguments.add_argument("--items", type=int, default=200_000, help="that stream through the cache")
    arguments.add_argument("--seed", type=int, default=0)
    args = arguments.parse_args(argv)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        differences = compared(folder)
        refused = refusals(folder)
        equal, kills, kept = resumed(folder, args.kills, random.Random(args.seed))
        streamed = streaming(folder / "stream", args.items)
    name = "largest difference from the library"
    rows = [Row(f"{family}: {name}", worst, ATOL, True) for family, worst in differences.items()]
    rows += [
        Row("cache folders of another setting refused (share)", refused, 1.0),
        Row("caches equal to the undisturbed one after SIGKILL (share)", equal, 1.0),
        Row("rows lost that had been entered before SIGKILL", kept, 0, True),
        Row(f"memory for {args.items} items beyond that for one batch [MB]", streamed["megabytes"], 64, True),
    ]
    figures = {"differences": differences, "kills": kills, "streamed": streamed, "seed": args.seed}
    return finish(args.json, rows, figures)


@torch.inference_mode()
def compared(folder: Path) -> dict[str, float]:
    """The largest difference of a component from what the library gives, by family."""
    from tests.support.tiny_encoders import TEXTS  # here and below: the processes that are killed need no transformers

    worst: dict[str, float] = {}
    for family, uri, expected in (*_transformers(folder), *_open_clip(folder), *_timm()):
        encoder = load_target(uri, "cpu")
        text = encoder.settings.modality == "text"
        found = encoder(TEXTS if text else _prepared(encoder)).embeddings
        worst[family] = max(worst.get(family, 0.0), float((found - expected).abs().max()))
    return worst


def _unit(vectors: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(vectors, dim=-1)


def _pictures() -> list[Any]:
    from tests.support.tiny_encoders import pictures

    return pictures(8)


def _prepared(encoder: Any) -> torch.Tensor:
    return torch.stack([encoder.prepare(picture) for picture in _pictures()])


def _transformers(folder: Path) -> Iterator[Compared]:
    import transformers

    from tests.support.tiny_encoders import TEXTS, hf_folder

    for kind, act in (("CLIPModel", "gelu"), ("CLIPModel", "quick_gelu"), ("SiglipModel", "gelu_pytorch_tanh")):
        place = hf_folder(folder / f"{kind}-{act}", kind, act)
        model = getattr(transformers, kind).from_pretrained(place).eval()
        for backend in ("torchvision", "pil"):
            read = _read(place, backend)
            of, whole = f"hf:{place}?backend={backend}", model.vision_model(read, output_hidden_states=True)
            yield f"{kind}, pictures", of, _unit(model.get_image_features(read).pooler_output)
            first = 1 if kind == "CLIPModel" else 0
            yield f"{kind}, pictures", f"{of}&token=patches&layer=-2", whole.hidden_states[-2][:, first:]
            yield f"{kind}, pictures", f"{of}&projection=no", _unit(whole.pooler_output)
        padding = "longest" if kind == "CLIPModel" else "max_length"
        tokenizer = transformers.AutoTokenizer.from_pretrained(place)
        words = tokenizer(TEXTS, padding=padding, truncation=True, max_length=16, return_tensors="pt")
        yield f"{kind}, texts", f"hf:{place}?tower=text", _unit(model.get_text_features(**words).pooler_output)
    for kind, first in (("Dinov2Model", 1), ("Dinov2WithRegistersModel", 5)):
        place = hf_folder(folder / kind, kind)
        model = transformers.AutoModel.from_pretrained(place).eval()
        for backend in ("torchvision", "pil"):
            whole = model(_read(place, backend), output_hidden_states=True)
            of = f"hf:{place}?backend={backend}"
            yield kind, of, _unit(whole.last_hidden_state[:, 0])
            yield kind, f"{of}&token=patches", whole.last_hidden_state[:, first:]
            yield kind, f"{of}&token=patches&layer=1", whole.hidden_states[1][:, first:]


def _read(place: Path, backend: str) -> torch.Tensor:
    import transformers

    processor = transformers.AutoImageProcessor.from_pretrained(place, backend=backend)
    return torch.cat([processor(images=picture, return_tensors="pt")["pixel_values"] for picture in _pictures()])


def _open_clip(folder: Path) -> Iterator[Compared]:
    import open_clip

    from tests.support.tiny_encoders import TEXTS, open_clip_folder

    for act in ("gelu", "quick_gelu"):
        place = open_clip_folder(folder / f"open-clip-{act}", quick_gelu=act == "quick_gelu")
        model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{place}")
        model.eval()
        read = torch.stack([transform(picture) for picture in _pictures()])
        words = open_clip.get_tokenizer(f"local-dir:{place}")(TEXTS)
        inner = model.visual.forward_intermediates(read, output_fmt="NLC")["image_intermediates"]
        yield "open_clip, pictures", f"open_clip:{place}", model.encode_image(read, normalize=True)
        yield "open_clip, pictures", f"open_clip:{place}?token=patches&layer=-2", inner[-2]
        yield "open_clip, texts", f"open_clip:{place}?tower=text", model.encode_text(words, normalize=True)


def _timm() -> Iterator[Compared]:
    import timm

    for name in ("test_vit", "test_resnet", "test_convnext"):
        model = load_target(f"timm:{name}?weights=none", "cpu").module
        transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)
        read = torch.stack([transform(picture) for picture in _pictures()])
        of, states = f"timm-features:{name}?weights=none", model.forward_features(read)
        yield "timm", of, _unit(model.forward_head(states, pre_logits=True))
        inner = model.forward_intermediates(read, intermediates_only=True)[-2]
        yield "timm", f"{of}&token=patches&layer=-2", inner.flatten(2).transpose(1, 2)


def refusals(folder: Path) -> float:
    """The share of other settings for which a cache folder is refused with one line."""
    from tests.support.tiny_encoders import TEXTS, hf_folder

    place = hf_folder(folder / "refused", "CLIPModel")
    encoder = load_target(f"hf:{place}", "cpu")
    inputs = _prepared(encoder)
    embed(encoder, [inputs], folder / "cache")
    n = 0
    for options in REFUSED:
        other = load_target(f"hf:{place}?{options}", "cpu")
        try:
            embed(other, [TEXTS if "text" in options else inputs], folder / "cache")
        except UsageError as error:
            n += "another encoder" in str(error) and "\n" not in str(error)
    return n / len(REFUSED)


def items(n: int, seed: int = 0) -> Iterator[torch.Tensor]:
    """``n`` small pictures in batches, of which about a tenth come twice; they are made when they are asked for."""
    for start in range(0, n, BATCH):
        rng = np.random.default_rng([seed, start])
        batch = rng.integers(0, 256, (min(BATCH, n - start), 3, SIDE, SIDE), np.uint8)
        batch[::10] = batch[0]
        yield torch.from_numpy(batch)


def fill(folder: str) -> None:
    """Fill a cache, and say after each batch how many items are in it."""
    embed(linear_encoder(), items(N_KILLED), Path(folder), progress=lambda n: print(n, flush=True))


def resumed(folder: Path, kills: int, rng: random.Random) -> tuple[float, int, int]:
    """Share of killed caches that equal an undisturbed one once they are resumed; kills; rows that were lost."""
    calm = embed(linear_encoder(), items(N_KILLED), folder / "calm")
    equal = died = lost = 0
    for n in range(kills):
        place = folder / f"killed-{n}"
        entered = _kill_once(place, rng.randrange(N_KILLED - BATCH), rng.uniform(0, 0.02))
        died += entered < N_KILLED
        encoder = linear_encoder()
        found = embed(encoder, items(N_KILLED), place)
        lost += max(0, encoder.n_queries - int(calm.rows.max() + 1 - _contents(calm.rows, entered)))
        equal += np.array_equal(found[:], calm[:])
    return equal / kills, died, lost


def _contents(rows: np.ndarray, n: int) -> int:
    return len(np.unique(rows[:n]))


def _kill_once(folder: Path, moment: int, delay: float) -> int:
    """Kill a process some ``delay`` [s] after it said that ``moment`` items were in; returns what it said last."""
    process = subprocess.Popen([sys.executable, "-c", FILL, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = 0
    for line in process.stdout:
        said = int(line)
        if said > moment:
            break
    time.sleep(delay)
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    rest = process.stdout.read().split("\n")[:-1]
    process.wait()
    return int(rest[-1]) if rest else said


def streaming(folder: Path, n: int) -> dict[str, float]:
    """Seconds and peak memory for ``n`` items, beyond the peak for one batch, in a process of its own."""
    command = [sys.executable, "-c", STREAM, str(folder), str(n)]
    found: dict[str, float] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return found


def stream(folder: str, n: int) -> None:
    """Fill a cache with ``n`` items that are made when they are asked for, and print what that took."""
    embed(linear_encoder(), _large(1000), Path(folder))
    before, start = _peak(), time.perf_counter()
    found = embed(linear_encoder(), _large(n), Path(folder))
    seconds = time.perf_counter() - start
    rows = int(found.rows.max()) + 1
    print(json.dumps({"items": n, "rows": rows, "seconds": seconds, "megabytes": round(_peak() - before, 1)}))


def _large(n: int, size: int = 1000) -> Iterator[torch.Tensor]:
    for start in range(0, n, size):
        rng = np.random.default_rng([1, start])
        yield torch.from_numpy(rng.integers(0, 256, (min(size, n - start), 3, SIDE, SIDE), np.uint8))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # MB; Linux counts in kB


if __name__ == "__main__":
    sys.exit(main())
