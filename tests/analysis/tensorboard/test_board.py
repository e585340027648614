"""What is written is read back from the event file, and drawn by a real TensorBoard."""

import io
import itertools
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.metadata import EXPERIMENT_TAG, SESSION_START_INFO_TAG
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tensorboard.plugins.mesh.plugin_data_pb2 import MeshPluginData
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
from tensorboard.util.tensor_util import make_ndarray

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.plots.style import colours
from failscape.analysis.tensorboard.board import Board, flat
from failscape.analysis.tensorboard.curves import Curves
from failscape.analysis.tensorboard.mesh import landscape_mesh
from failscape.analysis.tensorboard.projector import SIDE

LIMITS = {"scalars": 0, "images": 0, "tensors": 0}


def read(folder: Path) -> EventAccumulator:
    events = EventAccumulator(str(folder), size_guidance=LIMITS)
    events.Reload()
    return events


def told(n_steps: int, per_step: int = 32, offset: int = 0) -> Iterator[SimpleNamespace]:
    """A run of which every second probe fails and every fourth is remembered."""
    for step in range(1, n_steps + 1):
        n = step * per_step
        metrics = {"return": float(step % 2 + offset), "epsilon": 1 / step}
        counts = {"n_probes": n, "n_queries": n * 3 // 4, "n_failures": n // 2, "n_failing": n // 4}
        yield SimpleNamespace(**counts, coverage=min(1, n / 1000), metrics=metrics)


def curves() -> Curves:
    return Curves(clock=itertools.count(step=2.0).__next__)


def test_curves_are_thinned_and_nothing_is_lost(tmp_path):
    with Board(tmp_path, curves=curves()) as board:
        for progress in told(100):
            board.progress(progress)
    events = read(tmp_path)
    rates = events.Scalars("explore/failure_rate")
    assert [event.value for event in rates] == pytest.approx([0.5] * len(rates))
    steps = [event.step for event in rates]
    assert steps[-1] == 2400, "the last step is written on closing"
    assert 8 <= len(steps) <= 10 and min(np.diff(steps)[:-1]) >= 250
    assert events.Scalars("explore/discoveries")[-1].value == 800
    assert events.Scalars("explore/coverage")[-1].value == 1
    assert events.Scalars("explore/queries_per_s")[0].value == pytest.approx(steps[0] / 2)
    assert events.Scalars("agent/epsilon")[-1].value == pytest.approx(0.01)


def test_jumping_metrics_are_averaged_over_their_window():
    readings = [reading for progress in told(23) if (reading := kept.take(progress))] if (kept := curves()) else []
    assert [reading.n_queries for reading in readings] == [264, 528]
    assert readings[0].scalars["agent/return"] == pytest.approx(6 / 11)
    assert readings[0].scalars["agent/epsilon"] == pytest.approx(1 / 11)
    assert kept.rest() and kept.rest() is None


def test_recent_failure_rate_is_the_windows_own():
    kept = Curves(every=100)
    counts = {"coverage": 0.0, "n_failing": 0, "metrics": {}}
    kept.take(SimpleNamespace(n_probes=100, n_queries=100, n_failures=0, **counts))
    later = kept.take(SimpleNamespace(n_probes=200, n_queries=200, n_failures=80, **counts))
    assert later.scalars["explore/failure_rate"] == pytest.approx(0.4)
    assert later.scalars["explore/failure_rate_recent"] == pytest.approx(0.8)


def test_a_resumed_run_is_told_once(tmp_path):
    for restart, n_steps in ((False, 50), (True, 100)):
        with Board(tmp_path, restart=restart, curves=curves()) as board:
            for progress in told(n_steps):
                board.progress(progress)
    steps = [event.step for event in read(tmp_path).Scalars("explore/coverage")]
    assert steps == sorted(set(steps)) and steps[-1] == 2400


def test_landscape_is_a_picture_per_snapshot(tmp_path, made):
    run = made(2)
    early = Landscape.from_probes(run.probes[:200], run.space, items=run.items)
    with Board(tmp_path) as board:
        board.landscape(early)
        board.landscape(run.landscape, 5000)
    events = read(tmp_path)
    for tag in ("landscape/3d", "landscape/slices"):
        first, second = events.Images(tag)
        assert (first.step, second.step) == (early.n_queries, 5000)
        assert first.encoded_image_string != second.encoded_image_string
        assert (
            len(np.unique(np.asarray(Image.open(io.BytesIO(second.encoded_image_string))).reshape(-1, 3), axis=0)) > 60
        )


def test_mesh_events_hold_solids_with_faces(tmp_path, made):
    landscape = made().landscape
    with Board(tmp_path) as board:
        board.landscape(landscape)
    events = read(tmp_path)
    vertices, faces, rgb = (
        make_ndarray(events.Tensors(f"landscape/solids_{kind}")[0].tensor_proto) for kind in ("VERTEX", "FACE", "COLOR")
    )
    n_vertices = 125 * 6 + 3 * 8 + 6 * (1 + 2 + 3)  # octahedra, rods, beads
    assert vertices.shape == rgb.shape == (1, n_vertices, 3)
    assert faces.shape == (1, 125 * 8 + 3 * 12 + 8 * 6, 3)
    assert faces.min() == 0 and faces.max() == n_vertices - 1
    content = events.summary_metadata["landscape/solids_FACE"].plugin_data.content
    assert "PerspectiveCamera" in MeshPluginData.FromString(content).json_config


def test_a_table_says_which_rod_is_which_axis(tmp_path, made):
    run = made(3)
    with Board(tmp_path, curves=curves()) as board:
        board.landscape(run.landscape)
    table = read(tmp_path).Tensors("landscape/solids_axes")[0].tensor_proto.string_val[0].decode()
    rows = [line for line in table.splitlines() if "bead" in line and line.startswith("| ") and "rod with" not in line]
    assert [row.split(" | ")[0] for row in rows] == ["| one bead", "| two beads", "| three beads"]
    for row, concept in zip(rows, run.space.concepts, strict=True):
        assert concept.name in row and f"{concept.levels[-1]:g}" in row


@pytest.mark.parametrize("n_axes", [1, 2, 3, 4])
def test_mesh_shows_rate_as_colour_and_certainty_as_size(made, n_axes):
    run = made(n_axes)
    mesh = landscape_mesh(run.landscape)
    assert (mesh.vertices.dtype, mesh.colours.dtype, mesh.faces.dtype) == (np.float32, np.uint8, np.int32)
    assert mesh.faces.max() < len(mesh.vertices) == len(mesh.colours)
    if n_axes == 4:
        return
    solids = mesh.vertices[: 6 * run.space.n_points].reshape(-1, 6, 3)
    sizes = np.linalg.norm(solids[:, 0] - solids[:, 1], axis=1)
    widths = (run.landscape.table["smoothed_high"] - run.landscape.table["smoothed_low"]).to_numpy()
    assert np.corrcoef(sizes, widths)[0, 1] < -0.99
    smoothed = run.landscape.table["smoothed"].to_numpy()
    np.testing.assert_array_equal(mesh.colours[: 6 * run.space.n_points : 6], colours(smoothed))


def test_worst_points_are_a_table(tmp_path, made):
    run = made()
    with Board(tmp_path) as board:
        board.worst(run.landscape, run.examples())
    events = read(tmp_path)
    table = make_ndarray(events.Tensors("worst/points")[0].tensor_proto).item().decode()
    worst = run.landscape.label(run.landscape.worst(1).index[0])
    assert table.splitlines()[2].startswith(f"| 1 | {worst} |")
    assert len(table.splitlines()) == 12
    assert events.summary_metadata["worst/points"].plugin_data.plugin_name == "text"
    assert events.Images("worst/exemplars")[0].width > 600


def test_hparams_lie_in_the_runs_own_events(tmp_path):
    config = {
        "explorer": "dqn",
        "seed": 3,
        "memory": True,
        "dqn": {"gamma": 0.5, "net": [64]},
        "levels": [1, 2],
        "x": None,
    }
    with Board(tmp_path) as board:
        board.hparams(config, {"lift": 1.5, "landscape_spearman": float("nan")})
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []
    metadata = read(tmp_path).summary_metadata
    start = HParamsPluginData.FromString(
        metadata[SESSION_START_INFO_TAG].plugin_data.content
    ).session_start_info.hparams
    assert start["explorer"].string_value == "dqn" and start["seed"].number_value == 3
    assert start["memory"].string_value == "true" and start["dqn.gamma"].number_value == 0.5
    assert set(start) == {"explorer", "seed", "memory", "dqn.gamma"} == set(flat(config))
    experiment = HParamsPluginData.FromString(metadata[EXPERIMENT_TAG].plugin_data.content).experiment
    assert [info.name.tag for info in experiment.metric_infos] == ["outcome/lift", "outcome/landscape_spearman"]
    assert read(tmp_path).Tags()["scalars"] == ["outcome/lift"]


def test_projector_files(tmp_path, made):
    shown = made().examples(("a\tb", "c\nd", "<i>", "é"))
    features = np.random.default_rng(0).normal(size=(len(shown), 5))
    with Board(tmp_path) as board:
        modes = ["darken ≥ 0.4", *["none"] * (len(shown) - 1)]
        board.projector(features, shown, modes)
        board.projector(features, shown, modes)  # once more changes nothing
    (embedding,) = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), ProjectorConfig()).embeddings
    assert embedding.tensor_name == "failures" and list(embedding.tensor_shape) == [len(shown), 5]
    np.testing.assert_allclose(np.loadtxt(tmp_path / embedding.tensor_path), features, rtol=1e-4)
    rows = [line.split("\t") for line in (tmp_path / embedding.metadata_path).read_text("utf-8").splitlines()]
    header = ["item", "group", "predicted_label", "edit", "mode", "probe"]
    assert rows[0] == header and len(rows) == len(shown) + 1
    assert {len(row) for row in rows} == {len(header)}
    assert [row[header.index("mode")] for row in rows[1:]] == modes
    with Image.open(tmp_path / embedding.sprite.image_path) as sprite:
        assert sprite.width == SIDE * int(np.ceil(np.sqrt(len(shown))))


def test_projector_needs_a_row_per_example(tmp_path, made):
    with pytest.raises(ValueError, match="3 rows of features and 3 modes for"), Board(tmp_path) as board:
        board.projector(np.zeros((3, 2)), made().examples(), ["none"] * 3)


@contextmanager
def tensorboard(logdir: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "tensorboard.main",
        "--logdir",
        str(logdir),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}/"
        wait_for(lambda: urllib.request.urlopen(f"{address}data/runs", timeout=5).read() not in (b"", b"[]"))
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_for(condition, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.5)


def distinct_colours(png: bytes) -> int:
    return len(np.unique(np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).reshape(-1, 3), axis=0))


@pytest.mark.slow
def test_tensorboard_draws_it(tmp_path, made, browser):
    run = made()
    shown = run.examples()
    for number in range(2):
        with Board(tmp_path / "logs" / f"run-{number}", curves=curves()) as board:
            for progress in told(60, offset=number):
                board.progress(progress)
            board.landscape(run.landscape)
            board.worst(run.landscape, shown)
            board.projector(np.random.default_rng(number).normal(size=(len(shown), 6)), shown, ["none"] * len(shown))
            board.hparams({"seed": number}, {"lift": 1.5 + number})
    with tensorboard(tmp_path / "logs") as address:

        def script(code: str):
            # The pages nest shadow roots; this walks through all of them.
            walk = """const all = (root, css) => [...root.querySelectorAll(css), ...[...root.querySelectorAll('*')]
                .filter(e => e.shadowRoot).flatMap(e => all(e.shadowRoot, css))];"""
            return browser.execute_script(f"{walk} return {code}")

        def opens(tab: str, condition: str) -> None:
            browser.get(f"{address}?tab={tab}#{tab}")
            browser.refresh()
            wait_for(lambda: script(condition))

        opens("images", "all(document, 'img').filter(i => i.naturalWidth > 400).length >= 4")
        opens("mesh", "all(document, 'canvas').some(c => c.getContext('webgl2') || c.getContext('webgl'))")
        wait_for(lambda: distinct_colours(script("all(document, 'canvas')[0]").screenshot_as_png) > 300)
        opens("text", "all(document, 'td').some(e => e.textContent.includes('rotation'))")
        opens("hparams", "all(document, '*').some(e => e.textContent.trim() === 'outcome/lift')")
        opens("projector", "all(document, 'iframe').length > 0")
        for _ in range(2):  # one frame within another
            wait_for(lambda: script("all(document, 'iframe').length > 0"))
            browser.switch_to.frame(script("all(document, 'iframe')[0]"))
        points = f"Points: {len(shown)}"
        wait_for(lambda: script(f"all(document, '*').some(e => e.textContent.trim().startsWith('{points}'))"))
        wait_for(lambda: distinct_colours(browser.get_screenshot_as_png()) > 300)
    severe = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert severe == []
