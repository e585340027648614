"""A run that is killed and resumed is the run that was not."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pandas as pd
import pytest

import failscape as fs
from failscape.agents.registry import load_hyperparameters
from failscape.concepts import ConceptSpace
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP
from failscape.envs.tasks.toy import Shift, ShiftUp, make_mdp
from failscape.errors import UsageError
from failscape.records.folder import RunFolder
from failscape.records.probes import ProbeStore
from failscape.workflows.resume import resume

BUDGET = 240
SETTINGS = {
    "learning_starts": 48,
    "batch_size": 32,
    "final_updates": 20,
    "policy_kwargs": {"net_arch": [16, 16]},
}

# One explorer per line it is sent, forked so that heavy imports are paid for once. It says its process id, then each
# step after it was committed, then that it is done.
EXPLORER = """
import json, os, sys
import gymnasium as gym
import torch
import failscape as fs
import failscape.agents.sb3.dqn, failscape.analysis.tensorboard.board, failscape.workflows.finish
from pathlib import Path
from failscape.workflows.environment import build, complete
from failscape.records.folder import RunFolder
from failscape.workflows.explore import start
from failscape.workflows.resume import resume
from failscape.settings import Settings

torch.set_num_threads(1)
torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])  # imports much of torch on first use

def say(text):
    os.write(1, f"{text}\\n".encode())

def work(task):
    heard = lambda progress: say(progress.n_probes)
    if task["resume"]:
        resume(RunFolder(task["out"]), listeners=[heard], report=False)
    else:
        settings = Settings(**task["settings"])
        envs = build(settings)
        start(envs, complete(settings, envs), Path(task["out"]), command=["test"], listeners=[heard], report=False)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        say(f"pid {os.getpid()}")
        work(json.loads(line))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    say(f"status {os.waitstatus_to_exitcode(status)}")
os._exit(0)  # without the seconds that torch takes to leave
"""


class Explorers:
    """Explores in processes of their own, and kills them."""

    def __init__(self) -> None:
        arguments = [sys.executable, "-c", EXPLORER]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def work(self, task: dict[str, Any], kill_after: int | None = None) -> int:
        """Explore, and kill after so many probes; returns the probes that were reported."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(task) + "\n")
        pid = reported = 0
        for line in self.process.stdout:
            word, _, number = line.strip().rpartition(" ")
            if word == "pid":
                pid = int(number)
            elif word == "status":
                killed = kill_after is not None and int(number) == -signal.SIGKILL
                assert killed or int(number) == 0, f"the explorer ended with {number}"
                return reported
            else:
                before, reported = reported, int(number)
                if kill_after is not None and before < kill_after <= reported:
                    os.kill(pid, signal.SIGKILL)
        raise AssertionError("the explorers' own process ended")

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait() == 0


@pytest.fixture(scope="module")
def explorers() -> Iterator[Explorers]:
    explorers = Explorers()
    yield explorers
    explorers.close()


def settings(explorer: str) -> dict[str, Any]:
    changed = {"num_envs": 8, "memory": 300, "budget": BUDGET}
    values = load_hyperparameters(explorer, "failscape/Toy-v0", changed | (SETTINGS if explorer == "dqn" else {}))
    return {"env": "failscape/Toy-v0", "explorer": explorer, "seed": 3, "hyperparameters": values}


def probes(path: Path) -> pd.DataFrame:
    store = ProbeStore(path / "probes.sqlite", read_only=True)
    try:
        return store.frame()
    finally:
        store.close()


def kill_and_resume(explorers: Explorers, explorer: str, whole: Path, out: Path, kills: list[int]) -> None:
    """Run, kill at each of ``kills`` probes, resume, and compare with the run ``whole`` that was left alone."""
    name = whole.name
    task = {"settings": settings(explorer), "out": str(out), "resume": False}
    for kill_after in kills:
        before = probes(out / name) if task["resume"] else pd.DataFrame()
        reported = explorers.work(task, kill_after)
        after = probes(out / name)
        assert len(after) >= max(reported, len(before))  # nothing that was committed is lost
        if len(before):
            # ... or changed, down to its time
            pd.testing.assert_frame_equal(after.iloc[: len(before)], before, check_exact=True)
        assert not (out / name / "summary.json").exists()
        task = {"out": str(out / name), "resume": True}
    explorers.work(task)
    pd.testing.assert_frame_equal(
        probes(out / name).drop(columns="time"), probes(whole).drop(columns="time"), check_exact=True
    )
    for file in ("summary.json", "config.yml", "agent.safetensors"):
        if (whole / file).exists():
            assert (out / name / file).read_bytes() == (whole / file).read_bytes(), file
    if (whole / "policy.npz").exists():
        for mine, theirs in zip(
            *(np.load(folder / "policy.npz").values() for folder in (out / name, whole)), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)


@pytest.fixture(scope="module")
def whole(explorers: Explorers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DQN run that nobody disturbed."""
    out = tmp_path_factory.mktemp("whole")
    explorers.work({"settings": settings("dqn"), "out": str(out), "resume": False})
    (folder,) = out.iterdir()
    return folder


def moments(n: int, seed: int) -> list[int]:
    """``n`` numbers of probes to be killed at, growing: a resumed run must get further before it is killed again."""
    return sorted(np.random.default_rng(seed).choice(np.arange(8, BUDGET), n, replace=False).tolist())


def test_a_killed_run_resumes_to_the_same_end(explorers: Explorers, whole: Path, tmp_path: Path) -> None:
    kill_and_resume(explorers, "dqn", whole, tmp_path, moments(5, 0))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 3))
def test_many_killed_runs_resume_to_the_same_end(explorers: Explorers, whole: Path, tmp_path: Path, seed: int) -> None:
    kill_and_resume(explorers, "dqn", whole, tmp_path, moments(20, seed))


@pytest.mark.parametrize("explorer", ["random", "scan"])
def test_other_explorers_resume_too(explorers: Explorers, tmp_path: Path, explorer: str) -> None:
    explorers.work({"settings": settings(explorer), "out": str(tmp_path / "whole"), "resume": False})
    (folder,) = (tmp_path / "whole").iterdir()
    kill_and_resume(explorers, explorer, folder, tmp_path / "cut", [BUDGET // 3])


def test_a_finished_run_may_be_resumed_and_stays_as_it_is(whole: Path) -> None:
    before = {name: (whole / name).read_bytes() for name in ("summary.json", "agent.safetensors", "config.yml")}
    found = probes(whole)
    envs = gym.make_vec("failscape/Toy-v0", num_envs=8, memory=300).unwrapped
    asked = envs.mdp.target.n_queries
    again = resume(RunFolder(whole), envs, report=False)
    n_held_out = int(envs.mdp.items.held_out.sum())
    confirmed = again.summary["n_confirmation_queries"]  # only what is asked of held-out items is asked again
    assert envs.mdp.target.n_queries - asked == 11 * n_held_out + confirmed  # the best edit of each, ten at random
    pd.testing.assert_frame_equal(probes(whole), found, check_exact=True)
    assert {name: (whole / name).read_bytes() for name in before} == before


def test_another_grid_is_no_continuation(whole: Path) -> None:
    toy = make_mdp()
    space = ConceptSpace([Shift([-1, 1]), ShiftUp()])
    envs = ConceptVectorEnv(ConceptMDP(toy.target, space, toy.items, toy.reward), 8)
    with pytest.raises(UsageError, match="explored another grid than failscape/Toy-v0 has now"):
        resume(RunFolder(whole), envs, report=False)


def test_other_choices_are_no_continuation(whole: Path, tmp_path: Path) -> None:
    """A run folder whose configuration was changed by hand is refused rather than mixed."""
    folder = tmp_path / "changed"
    shutil.copytree(whole, folder)
    config = (folder / "config.yml").read_text()
    (folder / "config.yml").write_text(config.replace("seed: 3", "seed: 4"))
    with pytest.raises(UsageError, match="the records do not fit this configuration"):
        resume(RunFolder(folder), report=False)
    pd.testing.assert_frame_equal(probes(folder), probes(whole), check_exact=True)


def test_a_run_reads_the_same_before_and_after_it_is_finished(whole: Path) -> None:
    run = fs.Run(whole)
    assert run.summary["landscape"]["n_probes"] == len(run.probes()) >= BUDGET
    assert run.landscape().summary()["failure_rate"] == run.summary["landscape"]["failure_rate"]
