"""How much of a target's speed is left: environment steps and whole DQN training beside bare forwards of the target.

Both are timed in one run, turn by turn, and medians are compared: a machine whose speed drifts, or that stalls for a
moment, is then fair to both. Memory is off, and no (item, point) pair comes twice. A summarizer's steps (``--target
embedded:street-reports``; ROUGE-L, reports) stand beside the library used by hand on the same edited articles.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks import written
from benchmarks.common import Row, finish, parser, unseen_actions
from failscape.agents.registry import load_hyperparameters
from failscape.agents.sb3.dqn import explore_dqn
from failscape.agents.session import Progress, Session
from failscape.concepts import concept_space
from failscape.data import load_images
from failscape.data.street.source import StreetSource
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP
from failscape.envs.recording import Recorder
from failscape.envs.tasks import summarization
from failscape.records.probes import ProbeStore
from failscape.rewards import CLASSIFICATION_REWARDS
from failscape.targets.classifiers.classifier import Classifier
from failscape.targets.registry import load_target


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--target", default="torchvision:alexnet?weights=none")
    arguments.add_argument("--num-envs", type=int, default=32)
    arguments.add_argument("--steps", type=int, default=60)
    arguments.add_argument("--items", type=int, default=512)
    arguments.add_argument("--concepts", nargs="+", help="default: fsrl, for summarizers text")
    arguments.add_argument("--device", default="auto")
    args = arguments.parse_args(argv)

    target = load_target(args.target, args.device)
    if target.task == "summarization":
        articles = summarization.make_mdp(target, f"reports:?n={args.items}", args.concepts)
        ratio, rate = written.step_ratio(articles, args.num_envs, args.steps)
        print(f"environment {rate:.1f} queries/s on {target.device}")
        figures = {"target": args.target, "num_envs": args.num_envs, "steps": args.steps, "seed": 0}
        return finish(args.json, [written.row(ratio)], figures | {"env_queries_per_s": rate})
    mdp = make_mdp(target, args.items, args.concepts or ["fsrl"])
    env_ratio, env_rate = step_ratio(mdp, args.num_envs, args.steps)
    dqn_ratio, dqn_rate = training_ratio(mdp, args.num_envs, args.steps)
    rows = [
        Row("environment steps / bare forwards", env_ratio, 0.85),
        Row("whole DQN training / bare forwards", dqn_ratio, 0.75),
    ]
    figures = {
        "target": args.target,
        "device": str(target.device),
        "num_envs": args.num_envs,
        "steps": args.steps,
        "seed": 0,
        "env_queries_per_s": env_rate,
        "dqn_queries_per_s": dqn_rate,
        "threads": torch.get_num_threads(),
    }
    print(f"environment {env_rate:.1f} queries/s, DQN training {dqn_rate:.1f} queries/s on {target.device}")
    return finish(args.json, rows, figures)


def make_mdp(target: Classifier, n_items: int, concepts: list[str]) -> ConceptMDP:
    """Street scenes at the target's size; what they show does not matter to the clock."""
    labels = len(target.class_names)
    source = StreetSource(n=n_items, seed=0)
    source.labels = source.labels % labels
    items = load_images(source, target.prepare, device=target.device, max_items=n_items)
    reward = CLASSIFICATION_REWARDS["margin"]
    return ConceptMDP(target, concept_space(concepts), items, reward, answer_names=target.class_names)


def step_ratio(mdp: ConceptMDP, num_envs: int, steps: int) -> tuple[float, float]:
    """Median seconds of a bare forward over those of an environment step, and queries/s of the environment."""
    envs = ConceptVectorEnv(mdp, num_envs)
    rng = np.random.default_rng(0)
    _, info = envs.reset(seed=0)
    seen: set[tuple[int, int]] = set()
    bare, stepped = [], []
    for step in range(steps + 3):
        items = info["item"]
        actions = unseen_actions(items, mdp.space.n_points, seen, rng)
        batch = mdp.items.batch.take(items).inputs
        with _timer(mdp) as forward:
            mdp.target(batch)
        with _timer(mdp) as whole:
            _, _, _, _, info = envs.step(actions)
        if step >= 3:  # the first ones warm up
            bare.append(forward.seconds)
            stepped.append(whole.seconds)
    return float(np.median(bare) / np.median(stepped)), num_envs / float(np.median(stepped))


def training_ratio(mdp: ConceptMDP, num_envs: int, steps: int) -> tuple[float, float]:
    """The same for a whole DQN run: choosing, stepping, recording on disk, learning, final updates."""
    hyperparameters = load_hyperparameters("dqn", "failscape/Classifier-v0")
    # As many final updates per query as a run of the default budget makes.
    share = num_envs * steps / hyperparameters["budget"]
    settings = {k: v for k, v in hyperparameters.items() if k not in {"num_envs", "budget", "memory"}}
    settings |= {"learning_starts": num_envs, "final_updates": round(share * settings["final_updates"])}
    with tempfile.TemporaryDirectory() as folder:
        store = ProbeStore(Path(folder) / "probes.sqlite")
        envs = ConceptVectorEnv(mdp, num_envs)
        recorder = Recorder(store, mdp.space)
        envs.recorder = recorder
        turns = _Turns(mdp, num_envs)
        session = Session(recorder, num_envs * steps, [turns.turn])
        mdp.target(turns.batch)
        explore_dqn(envs, session, 0, settings)
        seconds = turns.seconds_per_step()
        store.close()
    return float(np.median(turns.bare)) / seconds, num_envs / seconds


class _Turns:
    """A bare forward after each step of a training, and what lies between two of them."""

    def __init__(self, mdp: ConceptMDP, num_envs: int) -> None:
        self.mdp = mdp
        self.bare: list[float] = []
        self.steps: list[float] = []
        self.batch = mdp.items.batch.take(np.arange(num_envs)).inputs
        self._last: float | None = None

    def turn(self, progress: Progress) -> None:
        if self._last is not None:
            self.steps.append(time.perf_counter() - self._last)
        with _timer(self.mdp) as forward:
            self.mdp.target(self.batch)
        self.bare.append(forward.seconds)
        self._last = time.perf_counter()

    def seconds_per_step(self) -> float:
        """Median of a step with its learning, and each step's share of what came after the last one."""
        assert self._last is not None
        return float(np.median(self.steps)) + (time.perf_counter() - self._last) / len(self.bare)


class _timer:
    """Wall seconds of a block, waiting for the device at both ends."""

    def __init__(self, mdp: ConceptMDP) -> None:
        self.cuda = mdp.target.device.type == "cuda"

    def __enter__(self) -> _timer:
        if self.cuda:
            torch.cuda.synchronize()
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        if self.cuda:
            torch.cuda.synchronize()
        self.seconds = time.perf_counter() - self._start


if __name__ == "__main__":
    sys.exit(main())
