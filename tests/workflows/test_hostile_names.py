"""Names that look like markup or command a terminal: a whole exploration tells them as they are, wherever it tells."""

import html
import json
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import failscape
from failscape.analysis.plots.landscape import landscape_figure
from failscape.cli import main
from failscape.common.markdown import literal
from failscape.common.visible import visible
from failscape.data import open_texts
from failscape.workflows.run import Run

NAMES = (
    "[/INST]",
    "[bold]x",
    "[sport]",
    ":smile: [link=https://example.org]y[/link]",
    "日本",
    "مرحبا",
    "😀 emoji",
    "a|b `c` **d** <br> &amp; \"e'",
    "<script>alert(1)</script>",
    r"$\frac{$ {{ 7 * 7 }} %{x}",
    "\x1b[31mred\x07",
    "\u202eevil\u2066",
)
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module", autouse=True)
def wide(request: pytest.FixtureRequest) -> None:
    """A terminal on which no table is folded."""
    patch = pytest.MonkeyPatch()
    patch.setenv("COLUMNS", "200")
    request.addfinalizer(patch.undo)


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run over articles whose topics have such names, in a folder that has one, too."""
    place = tmp_path_factory.mktemp("[bold]texts")
    source = open_texts("reports:?n=240")
    rows = [(*source.load(i), NAMES[i % len(NAMES)]) for i in range(240)]
    data = place / "[red]reports.csv"
    pd.DataFrame(rows, columns=["article", "summary", "topic"]).to_csv(data, index=False)
    code = str(Path(__file__).parents[1] / "support" / "rule_summarizer.py")
    asked = ["--target", "rules:reports", "--data", f"{data}?topic=topic", "--import", code]
    edits = ["topic", "lower-case=.5,1", "delete-words=.25,.5"]
    command = ["train", "--env", "failscape/Summarizer-v0", *asked, "--concepts", *edits]
    assert main([*command, "--algo", "random", "--budget", "700", "--out", str(place / "[b]runs")]) == 0
    (folder,) = (place / "[b]runs").iterdir()
    return Run(folder)


def test_a_terminal_shows_topics_as_they_are(topics: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["landscape", str(topics.folder.path), "--top", "100"]) == 0
    out = capsys.readouterr().out
    for name in NAMES:
        assert f"topic {visible(name)}" in out
    assert not RAW.search(out) and "[bold]texts" in out


def test_probes_and_modes_are_told(topics: Run, capsys: pytest.CaptureFixture[str]) -> None:
    probe = str(topics.probes().index[topics.probes()["failed"]][0])
    assert main(["show", str(topics.folder.path), probe]) == 0
    assert "the same as recorded" in capsys.readouterr().out
    assert main(["feedback", str(topics.folder.path), "--simulate", "noise=0", "--rater", "[/i]\x1b"]) == 0
    told = capsys.readouterr().out
    assert "by 1 rater in" in told and not RAW.search(told)


def test_the_report_shows_topics_as_they_are(topics: Run) -> None:
    page = (topics.folder / "report.html").read_text(encoding="utf-8")
    text = html.unescape(re.sub(r"<script.*?</script>", "", page, flags=re.S))
    for name in NAMES:
        assert visible(name) in text
    assert "<script>alert" not in page and "{{ 7 * 7 }}" in page and not RAW.search(page.partition("plotly.js")[0])


def test_charts_read_no_name_as_markup(topics: Run, tmp_path: Path) -> None:
    drawn = json.loads(landscape_figure(topics.landscape()).to_json())
    told = json.dumps(drawn, ensure_ascii=False)
    assert "<script>" not in told and "&quot;" not in told and not RAW.search(told)
    for name in ("still.png", "turn.html"):
        assert main(["landscape", str(topics.folder.path), "--plot", str(tmp_path / name)]) == 0


def test_tensorboard_reads_no_name_as_markup(topics: Run) -> None:
    events = EventAccumulator(str(topics.folder.path), size_guidance={"tensors": 0, "images": 0}).Reload()
    table = events.Tensors("worst/points")[-1].tensor_proto.string_val[0].decode()
    head, _, *rows = table.split("\n")
    assert len(rows) == 10 and all(row.count("|") == head.count("|") for row in rows) and "<script>" not in table
    labels = {f"topic {literal(name)}" for name in NAMES}
    assert all(any(label in row for label in labels) for row in rows) and not RAW.search(table.replace("\n", ""))
    metadata = (topics.folder / "projector" / "metadata.tsv").read_text(encoding="utf-8").splitlines()
    shown = {line.split("\t")[1] for line in metadata[1:]}
    assert shown <= {visible(name) for name in NAMES} and len(shown) > 6


def test_an_audit_shows_topics_as_they_are(topics: Run, caplog: pytest.LogCaptureFixture) -> None:
    page, paper = failscape.audit(topics)
    text = page.read_text(encoding="utf-8")
    assert "<script>alert" not in text and not RAW.search(text)
    assert any(visible(name) in html.unescape(text) for name in NAMES)
    assert paper.read_bytes().startswith(b"%PDF") and not caplog.records


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of pictures for the street signs, one of them with a name of bytes that are not UTF-8."""
    place = tmp_path_factory.mktemp("pictures") / os.fsdecode(b"caf\xe9 [b]")
    rng = np.random.default_rng(0)
    folders = [os.fsdecode(b"h\xe9 [b]"), "$a$ <b>", "\x1b[31m\nred"]
    for folder in folders:
        (place / folder).mkdir(parents=True)
        for i in range(8):
            picture = Image.fromarray(rng.integers(0, 255, (24, 24, 3), dtype=np.uint8))
            picture.save(place / folder / os.fsdecode(b"%d \xff [i].png" % i))
    return place


CLASSES = r'''
"""A target whose classes are named as nobody should name them."""
import numpy as np
import torch
import failscape
from failscape.targets.classifiers.preprocess import Preprocess

NAMES = ("h\\xe9 [b]", "$a$ <b>", "\x1b[31m\nred")


class Brightest(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.flat, self.head = torch.nn.Flatten(), torch.nn.Linear(3 * 24 * 24, len(NAMES))

    def forward(self, x):
        return self.head(self.flat(x))


@failscape.register_target("names")
def load(name, device="cpu"):
    torch.manual_seed(0)
    prepare = lambda image: torch.from_numpy(np.asarray(image.resize((24, 24))).copy()).permute(2, 0, 1)
    transform = Preprocess(prepare, (0.5,) * 3, (0.5,) * 3, 1 / 255)
    return failscape.Classifier(Brightest(), transform, NAMES, name=f"names:{name}", device="cpu")
'''


def test_classes_and_files_of_any_name_are_explored(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "names.py").write_text(CLASSES)
    out = tmp_path / "out [b]"
    asked = ["--target", "names:[x]\x1b", "--data", str(pictures), "--import", str(tmp_path / "names.py")]
    command = ["train", *asked, "--concepts", "class", "darken=.2,.6", "rotation=0,20", "--algo", "random"]
    assert main([*command, "--budget", "150", "--num-envs", "8", "--out", str(out)]) == 0
    (folder,) = out.iterdir()
    assert main(["landscape", str(folder), "--top", "20"]) == 0
    told = capsys.readouterr().out
    for name in (r"class h\xe9 [b]", "class $a$ <b>", r"class \x1b[31m\nred"):
        assert name in told
    assert not RAW.search(told) and r"caf\xe9 [b]" in told and "out [b]" in told
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert r"h\xe9 [b]" in page and "$a$ &lt;b&gt;" in page and "<b> " not in page.partition("</style>")[2][:5000]
    assert {r"$a$ <b>/0 \xff [i].png", r"h\xe9 [b]/7 \xff [i].png"} <= set(Run(folder).items()["name"])
    assert main(["show", str(folder), "3"]) == 0 and "same as recorded" in capsys.readouterr().out
    assert main(["audit", str(folder)]) == 0 and not RAW.search(capsys.readouterr().out)


def test_a_folder_that_tensorboard_cannot_write_to_is_refused_before_any_query(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / os.fsdecode(b"runs \xe9"))
    assert main(["train", "--env", "failscape/Toy-v0", "--algo", "random", "--budget", "100", "--out", out]) == 2
    assert r"runs \xe9 has a name that is not UTF-8" in capsys.readouterr().err and not list(tmp_path.iterdir())
