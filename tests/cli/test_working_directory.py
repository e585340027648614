"""What lies in the working directory is data: nothing of it runs, or is read, because of its name alone."""

from __future__ import annotations

import gzip
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from failscape.errors import UsageError
from failscape.targets.registry import load_target
from failscape.user_code import import_user_code

ROOT = Path(__file__).parents[2]


class Trap:
    """A pickle that makes a file where it is loaded."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("sprung",)


def booby_trap(folder: Path) -> None:
    """Files with the names that libraries look for."""
    trap = pickle.dumps(Trap())
    names = ["model_lemma.pkl.gz", "model_infl.pkl.gz", "lemma_lu.csv.gz", "infl_lu.csv.gz", "morphmodel_ger.pgz"]
    for name in ["morphmodel_en.pgz", *names]:
        (folder / name).write_bytes(gzip.compress(trap))
    for name in ("DEFAULT", "none", "english.pickle", "model.pkl", "pytorch_model.bin"):
        (folder / name).write_bytes(trap)
    (folder / "matplotlibrc").write_text("text.usetex: True\nbackend: module://sprung_by_matplotlib\n")


# Watches what is opened in the working directory, and which programs are started.
WATCHED = """
import os, sys
here = os.getcwd()
seen = []

def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        path = os.path.abspath(os.fsdecode(arguments[0]))
        if os.path.dirname(path) == here:
            seen.append(os.path.basename(path))
    if event == "subprocess.Popen" and "latex" in str(arguments[0]):
        seen.append("latex")

sys.addaudithook(watch)
from failscape.concepts.text.registry import TEXT_CONCEPTS
text = "Anna Smith was not running to the old houses in London. She saw 12 blorbs, and had blorbed quickly."
for concept in TEXT_CONCEPTS.values():
    concept().edit(text, 0.5, 1)
from failscape.cli import main
assert main(["scan", "--env", "failscape/Toy-v0", "--out", "runs"]) == 0
(run,) = (os.path.join("runs", name) for name in os.listdir("runs"))
assert main(["landscape", run, "--plot", os.path.join("runs", "landscape.png")]) == 0
print("seen", *sorted(set(seen)))
"""


def test_no_file_of_the_working_directory_is_read_for_its_name(tmp_path: Path) -> None:
    booby_trap(tmp_path)
    script = tmp_path / "elsewhere" / "script.py"  # Python itself looks for modules beside the script
    script.parent.mkdir()
    script.write_text(WATCHED)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert not (tmp_path / "sprung").exists()
    # matplotlib's own file of settings decides how charts look; it starts no program.
    assert run.stdout.splitlines()[-1].split()[1:] in (["matplotlibrc"], [])


@pytest.mark.parametrize("uri", ["torchvision:alexnet", "torchvision:alexnet?weights=DEFAULT"])
def test_a_file_is_not_taken_for_published_weights(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    booby_trap(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "checkpoints").write_text("a file, so that nothing can be downloaded")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "cache"))
    with pytest.raises(UsageError, match="are not in the local cache"):
        load_target(uri, "cpu")


def test_only_a_module_that_is_nowhere_else_brings_the_working_directory_onto_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path not in ("", str(tmp_path))])
    import_user_code(["json.tool"])
    assert str(tmp_path) not in sys.path
    (tmp_path / "acme_unheard_of.py").write_text("")
    import_user_code(["acme_unheard_of"])
    assert str(tmp_path) in sys.path
    del sys.modules["acme_unheard_of"]
