"""A run is read with the items and the weights that it explored, whatever has their names now."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import ImageOps
from safetensors.torch import load_file, save_file

import failscape as fs
from failscape.cli import main
from failscape.data.street import StreetSource
from failscape.errors import Doubt
from failscape.targets import embedded
from failscape.workflows.run import Run, find_scan

GRID = ["--concepts", "rotation=-20,0,20", "darken=0,0.4,0.7"]
REPLACED = [3, 11, 17]


def make(root: Path) -> None:
    """A finished run, its pictures and its weights."""
    street = StreetSource(60, seed=8)
    for i in range(60):
        folder = root / "signs" / street.group_names[street.labels[i]]
        folder.mkdir(parents=True, exist_ok=True)
        street.load(i).save(folder / f"{i:02d}.png")
    shutil.copy(embedded._checkpoints() / "street-signs" / "model.safetensors", root / "own.safetensors")
    assert explore(root, "--algo", "random", "--budget", "600") == 0
    (root / "runs" / "random-classifier-street-signs-0").rename(root / "runs" / "run")


def explore(root: Path, *more: str) -> int:
    target = f"embedded:street-signs?weights={root / 'own.safetensors'}"
    where = ["--target", target, "--data", str(root / "signs"), "--only-matching", "--out", str(root / "runs")]
    return main(["train", *where, *GRID, "--no-report", "--quiet", *more])


@pytest.fixture
def place(made_once: Callable[..., Path], tmp_path: Path) -> Path:
    """A copy of it all where it was made, for a run knows its data and weights by their paths."""
    made = made_once("identity", make)
    kept = Path(shutil.copytree(made, tmp_path / "kept"))
    for name in ("config.yml", "summary.json"):
        file = kept / "runs" / "run" / name
        file.write_text(file.read_text().replace(str(made), str(kept)))
    return kept


def replace_pictures(place: Path) -> None:
    """Other pictures under the names of three."""
    other = StreetSource(60, seed=9)
    for i in REPLACED:
        (path,) = (place / "signs").glob(f"*/{i:02d}.png")
        ImageOps.invert(other.load(i)).save(path)


def replace_weights(place: Path) -> None:
    """Another fine-tune in the same file."""
    state = load_file(place / "own.safetensors")
    name = next(name for name, values in state.items() if values.is_floating_point())
    state[name] = state[name] + 0.01 * torch.sign(state[name])
    save_file(state, place / "own.safetensors")


CHANGES = {
    replace_pictures: "3 of 60 items are not what they were",
    replace_weights: "the weights of the target have changed",
}
COMMANDS = {
    "show": lambda run: ["show", str(run), "0"],
    "audit": lambda run: ["audit", str(run)],
    "feedback": lambda run: ["feedback", str(run), "--simulate", "noise=0"],
    "scan": lambda run: ["scan", str(run), "--quiet", "--no-report", "--out", str(run.parent)],
    "mitigate": lambda run: ["mitigate", str(run), "--modes", "1", "--out", str(run.parent)],
    "fade": lambda run: ["fade", str(run), "--modes", "1"],
    "resume": lambda run: ["train", "--resume", str(run), "--quiet", "--no-report"],
}


@pytest.mark.parametrize("change", CHANGES, ids=["pictures", "weights"])
def test_every_command_that_opens_data_or_target_refuses_others(
    place: Path, change: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    change(place)
    before = sorted(path.name for path in (place / "runs").iterdir())
    for name, command in COMMANDS.items():
        assert main(command(place / "runs" / "run")) == 2, name
        said = capsys.readouterr().err.strip().splitlines()
        errors = [line for line in said if line.startswith("error: ")]
        assert len(errors) == 1 and CHANGES[change] in errors[0] and "runs/run" in errors[0], (name, said)
    assert sorted(path.name for path in (place / "runs").iterdir()) == before, "no folder is left behind"


def test_what_changed_is_named(place: Path) -> None:
    run, signs = Run(place / "runs" / "run"), place / "signs"
    replace_pictures(place)
    names = sorted(path.relative_to(signs).as_posix() for i in REPLACED for path in signs.glob(f"*/{i:02d}.png"))
    with pytest.raises(fs.UsageError, match=rf"\({', '.join(names)}\); bring it back"):
        run.rebuild()
    (gone,) = signs.glob("*/05.png")
    gone.rename(gone.with_name("new.png"))
    with pytest.raises(fs.UsageError, match=r"1 item is gone .*05\.png.* and 1 item is new .*new\.png.*3 of 59"):
        run.rebuild()


def test_the_same_content_elsewhere_is_the_same(place: Path, tmp_path: Path) -> None:
    """A copy of everything, with other dates, is what was explored."""
    for path in (place / "signs").rglob("*.png"):
        path.write_bytes(path.read_bytes())
    run = Run(place / "runs" / "run")
    assert run.rebuild().baseline.identity.digests.tolist() == run.identity.digests.tolist()
    assert main(COMMANDS["show"](run.folder.path)) == 0


@pytest.mark.parametrize("change", CHANGES, ids=["pictures", "weights"])
def test_walks_start_from_what_was_explored(
    place: Path, change: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    walk = ["--explore", "micro", "--algo", "random", "--budget", "60", "--from", str(place / "runs" / "run")]
    target, data = f"embedded:street-signs?weights={place / 'own.safetensors'}", str(place / "signs")
    command = ["train", "--target", target, "--data", data, "--only-matching", *walk]
    command += ["--no-report", "--quiet", "--out", str(place / "walks")]
    change(place)
    assert main(command) == 2
    assert CHANGES[change] in capsys.readouterr().err


def test_runs_of_other_items_or_weights_are_not_taken_for_alike(place: Path) -> None:
    run = Run(place / "runs" / "run")
    assert main(["scan", str(run.folder.path), "--quiet", "--no-report", "--out", str(place / "runs")]) == 0
    assert find_scan(run) is not None
    (scanned,) = (path for path in (place / "runs").iterdir() if path.name.startswith("scan"))
    with np.load(scanned / "baseline.npz") as table:
        columns = dict(table)
    for name, what in {"weights": "the weights of the target have changed", "digests": "1 of 60 items"}.items():
        other = columns[name].copy()
        other.reshape(-1)[:1] = "float32:0123456789abcdef" if name == "weights" else "0123456789abcdef"
        np.savez(scanned / "baseline.npz", **{**columns, name: other})
        assert find_scan(run) is None
        with pytest.warns(Doubt, match=what):
            fs.compare(run, scanned)


def as_before(folder: Path) -> None:
    """The run folder as earlier versions left it: a fingerprint of all items, and none of the weights."""
    with np.load(folder / "baseline.npz") as table:
        known = {name: table[name] for name in table.files if name not in {"names", "digests", "weights", "caveats"}}
    np.savez(folder / "baseline.npz", **known, items=np.array("0123456789ab"))


@pytest.mark.parametrize("change", CHANGES, ids=["pictures", "weights"])
def test_of_an_old_run_it_is_said_once_and_work_goes_on(
    place: Path, change: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    as_before(place / "runs" / "run")
    change(place)
    assert main(COMMANDS["show"](place / "runs" / "run")) in {0, 1}
    said = capsys.readouterr().err.splitlines()
    assert sum("whether they are those that it explored cannot be checked" in line for line in said) == 1
    (gone,) = (place / "signs").glob("*/05.png")
    gone.unlink()
    with pytest.raises(fs.UsageError, match="bring it back"):
        Run(place / "runs" / "run").rebuild()


def test_weights_of_another_type_cannot_be_told_apart(place: Path) -> None:
    run = Run(place / "runs" / "run")
    with pytest.warns(Doubt, match="computes in bfloat16, and did in float32 when"):
        run.identity.expect_weights("bfloat16:0123456789abcdef", "the run")
    run.identity.expect_weights("", "the run")  # an endpoint


def test_a_table_whose_answers_changed_is_refused(tmp_path: Path) -> None:
    rows = [f"{kind},{size},{(i * size) % 7 < size}" for i in range(30) for kind in "ab" for size in (1, 2, 3)]
    table = tmp_path / "answers.csv"
    table.write_text("\n".join(["kind,size,wrong", *rows]))
    command = ["train", "--env", "failscape/Recorded-v0", "--data", f"{table}?failed=wrong:True", "--no-report"]
    assert main([*command, "--concepts", "kind", "size", "--quiet", "--out", str(tmp_path / "runs")]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    run = Run(folder)
    run.rebuild()
    rows[7] = rows[7].replace("True", "no").replace("False", "True")
    table.write_text("\n".join(["kind,size,wrong", *rows]))
    with pytest.raises(fs.UsageError, match=r"1 of 180 items are not what they were \(.*row 9"):
        run.rebuild()
