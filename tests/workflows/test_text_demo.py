"""The embedded summarizer: it writes what follows from the facts, and what a newcomer's command finds is true."""

import json
from pathlib import Path

import numpy as np
import pytest

from failscape.cli import main
from failscape.concepts.text import TEXT_CONCEPTS
from failscape.data.street.report_gaps import GAPS
from failscape.envs.tasks.summarization import make_mdp
from failscape.rewards.text_metrics.metrics import facts, rouge
from failscape.targets.embedded import names
from failscape.targets.registry import load_target
from failscape.workflows.run import Run

NEW = "reports:?n=48&seed=9"  # a world that nothing was trained on


def test_it_writes_what_follows_from_the_facts() -> None:
    assert "street-reports" in names()
    mdp = make_mdp(data=NEW, device="cpu")
    said, wanted = mdp.baseline.output_text, mdp.items.batch.reference
    assert rouge(said, wanted).mean() > 0.95 and facts(said, wanted).mean() > 0.95
    assert not mdp.baseline.failed.any()


def test_its_card_says_what_it_is() -> None:
    folder = Path(__file__).parents[2] / "targets" / "checkpoints" / "street-reports"
    card = (folder / "README.md").read_text()
    assert all(gap in card for gap in GAPS) and "${" not in card and "python -m zoo.street_reports" in card
    assert sum(path.stat().st_size for path in folder.iterdir()) < 8e6
    module = load_target("embedded:street-reports", "cpu").module
    assert sum(p.numel() for p in module.parameters()) <= 2.8e6
    assert json.loads((folder / "config.json").read_text())["architectures"] == ["BartForConditionalGeneration"]


def test_it_fails_in_its_gaps_and_bears_with_what_it_was_trained_on() -> None:
    mdp = make_mdp(data=NEW, device="cpu", concepts=["look-alikes", "distractor", "shuffle-sentences", "misspellings"])
    worst = mdp.space.shape[1] - 1
    items = np.arange(len(mdp.items))
    rates = [mdp.evaluate(mdp.at(items, np.tile([k, worst], (len(items), 1)))).failed.mean() for k in range(4)]
    assert min(rates[:2]) > 0.5 and max(rates[2:]) < 0.3


@pytest.mark.slow
def test_a_newcomers_command_finds_the_gaps(tmp_path: Path) -> None:
    assert main(["train", "--env", "failscape/Summarizer-v0", "--quiet", "--out", str(tmp_path)]) == 0
    run = Run(tmp_path / "summarizer-street-reports-0")
    confirmed = " ".join(mode.name for mode in run.found_modes() if mode.confirmed)
    assert all(any(edit in confirmed for edit in edits) for edits in GAPS.values())
    assert set(confirmed.split()) & set(TEXT_CONCEPTS)
    assert (run.folder / "report.html").stat().st_size < 20e6
