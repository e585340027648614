"""The run folder and its small files."""

import json
import math
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from failscape.errors import UsageError
from failscape.records.folder import RunFolder, versions, write_json
from failscape.records.policy import PolicyTable

CONFIG = {"env": "failscape/Toy-v0", "hyperparameters": {"budget": 10, "rate": 0.1}, "make": {"data": "bilder/ü"}}


def create(root: Path, stem: str = "toy") -> RunFolder:
    return RunFolder.create(root, stem, CONFIG, ["train.py", "--env", "a b", "ü"])


def test_a_folder_says_how_to_repeat_it(tmp_path: Path) -> None:
    folder = create(tmp_path / "runs")
    assert folder.path == tmp_path / "runs" / "toy-0" and folder.name == "toy-0"
    assert folder.config == CONFIG and list(folder.config) == list(CONFIG)
    assert (folder / "command.txt").read_text(encoding="utf-8") == "train.py --env 'a b' 'ü'\n"
    found = json.loads((folder / "versions.json").read_text())
    assert found == versions() and found["numpy"] == np.__version__ and found["git"] != ""
    assert repr(folder) == f"RunFolder('{folder.path}')"
    assert RunFolder(str(folder.path)).config == CONFIG


def test_folders_are_numbered_and_never_reused(tmp_path: Path) -> None:
    assert [create(tmp_path).name for _ in range(3)] == ["toy-0", "toy-1", "toy-2"]
    (tmp_path / "toy-3").write_text("a file in the way")
    assert create(tmp_path).name == "toy-4"


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("classifier-my model@v2", "classifier-my-model-v2-0"),
        ("../../etc/passwd", "etc-passwd-0"),
        ("a/b\\c:d", "a-b-c-d-0"),
        ("模型", "run-0"),
        ("", "run-0"),
    ],
)
def test_any_stem_makes_one_plain_name(tmp_path: Path, stem: str, name: str) -> None:
    folder = create(tmp_path, stem)
    assert folder.name == name and folder.path.parent == tmp_path


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"cannot make .*file/toy-0: Not a directory"):
        create(tmp_path / "file")


def test_another_folder_is_not_taken_for_a_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is not a run folder: it has no config\.yml"):
        RunFolder(tmp_path)


def test_the_summary_is_there_when_the_run_is_finished(tmp_path: Path) -> None:
    folder = create(tmp_path)
    assert folder.summary == {}
    folder.write_summary({"rate": 0.5})
    assert folder.summary == {"rate": 0.5}


def test_the_store_is_read_only_unless_asked(tmp_path: Path) -> None:
    folder = create(tmp_path)
    with pytest.raises(UsageError, match="does not exist"):
        folder.store()
    folder.store(read_only=False).close()
    folder.store().close()


def test_json_is_json(tmp_path: Path) -> None:
    values = {"nan": math.nan, "list": [np.float64("inf"), 1.5, {"deep": (math.nan, -0.0)}], "n": 3, "ok": True}
    write_json(tmp_path / "x.json", values)

    def refuse(constant: str) -> Any:
        raise AssertionError(f"{constant} is not JSON")

    read = json.loads((tmp_path / "x.json").read_text(), parse_constant=refuse)
    assert read == {"nan": None, "list": [None, 1.5, {"deep": [None, 0.0]}], "n": 3, "ok": True}


def test_json_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    write_json(path, {"good": 1})
    inode = path.stat()[stat.ST_INO]
    with pytest.raises(TypeError):
        write_json(path, {"good": 2, "bad": object()})
    assert json.loads(path.read_text()) == {"good": 1}
    write_json(path, {"good": 3})
    assert path.stat()[stat.ST_INO] != inode  # another file took its place
    assert os.listdir(tmp_path) == ["summary.json"]


def test_config_is_plain_yaml(tmp_path: Path) -> None:
    with pytest.raises(yaml.YAMLError):
        RunFolder.create(tmp_path, "toy", {"object": object()}, ["x"])


def test_a_policy_table_survives_saving(tmp_path: Path) -> None:
    q = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)
    table = PolicyTable.from_q(q, 17)
    table.save(tmp_path / "policy.npz")
    for a, b in zip(table, PolicyTable.load(tmp_path / "policy.npz"), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_policy_table_is_the_softmax_of_q() -> None:
    q = np.array([[0.0, np.log(3)], [np.log(3), 0.0], [0.0, np.log(3)]])
    table = PolicyTable.from_q(q, 1)
    np.testing.assert_allclose(table.mean, [(0.25 + 0.75 + 0.25) / 3, (0.75 + 0.25 + 0.75) / 3])
    np.testing.assert_allclose(table.spread, [np.std([0.25, 0.75, 0.25])] * 2)
    np.testing.assert_allclose(table.q_mean, [np.log(3) / 3, 2 * np.log(3) / 3])
    assert table.greedy.tolist() == [1, 2]
    huge = PolicyTable.from_q(np.array([[1e4, -1e4, 0.0]]), 1)
    np.testing.assert_array_equal(huge.mean, [1, 0, 0])
    assert PolicyTable.from_q(np.zeros((2, 4)), 1).greedy.tolist() == [2, 0, 0, 0]
