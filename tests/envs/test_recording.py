"""A recorder keeps each step."""

from pathlib import Path

import numpy as np

from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.recording import Recorder
from failscape.envs.tasks.toy import make_mdp
from failscape.records.probes import ProbeStore


def test_a_recorder_keeps_each_step(tmp_path: Path) -> None:
    envs = ConceptVectorEnv(make_mdp(), 4, memory=100)
    store = ProbeStore(tmp_path / "probes.sqlite")
    envs.recorder = Recorder(store, envs.mdp.space, seed=3)
    envs.reset(seed=0)
    infos, rewards = [], []
    for _ in range(5):
        envs.recorder.propensity = np.full(4, 0.25)
        _, reward, _, _, info = envs.step(envs.action_space.sample())
        infos.append(info["final_info"]), rewards.append(reward)
    frame = store.frame()
    assert len(frame) == 20 and (frame["seed"] == 3).all() and (frame["propensity"] == 0.25).all()
    assert frame["step"].tolist() == np.repeat(np.arange(5), 4).tolist()
    for column in ("item", "failed", "severity", "predicted", "confidence", "score", "cached"):
        np.testing.assert_array_equal(frame[column], np.concatenate([info[column] for info in infos]), column)
    np.testing.assert_array_equal(frame["reward"], np.concatenate(rewards))
    points = np.concatenate([info["point"] for info in infos])
    np.testing.assert_array_equal(frame["point"], envs.mdp.space.index(points))
    assert frame["levels"].tolist() == [tuple(point) for point in points.tolist()]
    recorder = envs.recorder
    assert (recorder.n_steps, recorder.n_probes) == (5, 20)
    assert recorder.n_queries == int((~frame["cached"]).sum()) == envs.mdp.target.n_queries - 80
    assert recorder.n_failures == int(frame["failed"].sum())
    assert recorder.failing == set(frame.loc[frame["failed"], ["item", "point"]].itertuples(index=False, name=None))
    np.testing.assert_array_equal(recorder.visits, np.bincount(frame["point"], minlength=25))
    store.close()


def test_a_propensity_holds_for_one_step_only(tmp_path: Path) -> None:
    envs = ConceptVectorEnv(make_mdp(), 2)
    store = ProbeStore(tmp_path / "probes.sqlite")
    envs.recorder = Recorder(store, envs.mdp.space)
    envs.reset(seed=0)
    envs.recorder.propensity = np.array([0.5, 0.1])
    envs.step(np.array([0, 1]))
    envs.step(np.array([0, 1]))
    assert store.frame()["propensity"].fillna(-1).tolist() == [0.5, 0.1, -1, -1]
    store.close()
