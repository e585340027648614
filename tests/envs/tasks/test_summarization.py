"""``failscape/Summarizer-v0``: one batched generate per step, walks that add up, and what happens to bad input."""

import csv
import json
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import failscape as fs
from failscape.envs.tasks.summarization import make_mdp
from failscape.errors import UsageError
from failscape.rewards.text_metrics.metrics import rouge
from failscape.targets.registry import load_target
from failscape.terminal.explore import seconds_per_query
from tests.support.tiny_text import tiny_seq2seq


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> fs.Summarizer:
    return load_target(str(tiny_seq2seq(tmp_path_factory.mktemp("tiny") / "bart")), "cpu")


def table(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def articles(n: int = 12) -> list[dict[str, str]]:
    return [{"article": f"Story {i}. The bus hit van {i} on Mill Lane.", "summary": f"Van {i} hit."} for i in range(n)]


def test_a_step_asks_for_each_edited_article_and_scores_it_by_the_metric(target: fs.Summarizer) -> None:
    mdp = make_mdp(target, "reports:?n=40", reward="drop:rouge-1")
    items = np.arange(8)
    points = mdp.space.point(np.arange(8) * 11)
    state = mdp.at(items, points)
    outcome = mdp.evaluate(state)
    edited = mdp.edited(state, mdp.inputs(state))
    assert outcome.output_text.tolist() == target(edited.text).texts.tolist()
    kept = mdp.space.label_effect(points) != "invalidated"
    expected = rouge(outcome.output_text, edited.reference, "rouge1")
    np.testing.assert_allclose(outcome.score[kept], expected[kept])
    np.testing.assert_allclose(
        outcome.score[~kept], rouge(outcome.output_text, mdp.baseline.output_text[items], "rouge1")[~kept]
    )


def test_edits_add_up_and_the_history_says_in_which_order(target: fs.Summarizer) -> None:
    mdp = make_mdp(target, "reports:?n=40", explore="micro", max_steps=6)
    state = mdp.initial(np.array([3, 3]))
    assert mdp.action_space.n == 4 and not state.points.any()
    for actions in ([0, 3], [3, 0]):
        state = mdp.transition(state, np.array(actions))
    assert state.points.tolist() == [[1, 0, 0, 1]] * 2 and state.history[:, :2].tolist() == [[0, 3], [3, 0]]
    texts = mdp.edited(state, mdp.inputs(state)).text
    unedited = mdp.items.batch.text[3]
    assert all(text != unedited and len(text) < len(unedited) for text in texts)
    straight = mdp.at(np.array([3]), np.array([[1, 0, 0, 1]]))
    assert mdp.edited(straight, mdp.inputs(straight)).text[0] == texts[0]
    assert len(set(mdp.probes(state).keys)) == 2


def test_walks_end_at_a_failure_or_at_their_last_step(target: fs.Summarizer) -> None:
    envs = gym.make_vec("failscape/Summarizer-v0", num_envs=6, target=target, data="reports:?n=40", explore="micro")
    envs.reset(seed=0)
    for _ in range(8):
        *_, terminated, truncated, info = envs.step(envs.action_space.sample())
        if terminated.any():
            assert info["final_info"]["failed"][terminated].all()
        assert not truncated.any()


def test_groups_are_topics_or_lengths_and_the_agent_may_choose_them(target: fs.Summarizer) -> None:
    by_length = make_mdp(target, "reports:?n=60", groups="length")
    assert (by_length.nouns.group, by_length.nouns.groups, by_length.nouns.items) == ("length", "lengths", "articles")
    assert by_length.group_names == ("short", "medium", "long")
    sliced = make_mdp(target, "reports:?n=200", concepts=["lower-case", "negate", "topic"])
    assert sliced.space.names == ("topic", "edit", "strength")
    state = sliced.transition(sliced.initial(np.arange(5)), np.arange(5) * 8)
    chosen = [sliced.group_names[k] for k in sliced.items.group[state.items]]
    assert [sliced.space.label(point).split(",")[0] for point in state.points] == [f"topic {name}" for name in chosen]
    pairs = make_mdp(target, "reports:?n=40", concepts=["lower-case", "negate", "pairs"])
    assert pairs.space.shape == (2, 3, 4)


def test_what_is_too_long_is_cut_and_counted(target: fs.Summarizer, tmp_path: Path) -> None:
    rows = [*articles(), {"article": "word " * 100_000, "summary": "words"}]
    mdp = make_mdp(target, table(tmp_path / "long.jsonl", rows))
    assert len(mdp.items) == 13 and max(len(text) for text in mdp.items.batch.text) < 100
    assert any("longer than" in note and note.startswith("1 of 13") for note in mdp.items.notes)


def test_empty_articles_are_skipped_and_listed(target: fs.Summarizer, tmp_path: Path) -> None:
    rows = [*articles(), {"article": "  ", "summary": "nothing"}]
    mdp = make_mdp(target, table(tmp_path / "some.jsonl", rows))
    assert len(mdp.items) == 12 and [skipped.reason for skipped in mdp.items.skipped] == ["empty"]


def test_an_edit_that_leaves_nothing_is_a_failure_and_no_crash(target: fs.Summarizer) -> None:
    mdp = make_mdp(target, "reports:?n=40", concepts=["delete-words=.25,.5,.75,1"])
    outcome = mdp.evaluate(mdp.at(np.array([0]), np.array([[0, 3]])))
    assert outcome.output_text[0] == "" and outcome.failed[0] and outcome.severity[0] == 1


def test_mistakes_are_one_line(target: fs.Summarizer, tmp_path: Path) -> None:
    good = table(tmp_path / "good.jsonl", articles())
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 40)
    with (tmp_path / "odd.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["artcle", "summary"], ["a text", "a"]])
    cases = {
        "has no column": {"data": f"{good}?article=txt"},
        "binary.csv": {"data": str(tmp_path / "binary.csv")},
        "artcle": {"data": str(tmp_path / "odd.csv")},
        "did you mean drop": {"reward": "dropp"},
        "no way to explore texts 'fsrl'": {"explore": "fsrl"},
        "grouped by topic or length": {"groups": "size"},
        "did you mean lower-case": {"concepts": ["lower-cas"]},
        "a grid of edits is of texts": {"concepts": ["rotation"]},
        "pays for failures, not for steps": {"reward": "human:run", "explore": "micro"},
        "sorts pictures": {"target": "embedded:street-signs"},
    }
    for message, how in cases.items():
        with pytest.raises(UsageError, match=message) as error:
            make_mdp(**{"target": target, "data": str(good), **how})
        assert "\n" not in str(error.value)
    with pytest.raises(UsageError, match="writes texts and sorts no pictures"):
        gym.make("failscape/Classifier-v0", target=target, data="street:")


def test_a_target_that_emits_nothing_is_told_so(tmp_path: Path) -> None:
    silent = load_target(str(tiny_seq2seq(tmp_path / "mute", max_new_tokens=1, forced_eos_token_id=1)), "cpu")
    with pytest.raises(UsageError, match="says nothing of 40 of 40 unedited articles"):
        make_mdp(silent, "reports:?n=40")


def test_another_runs_bar_is_kept(target: fs.Summarizer) -> None:
    mdp = make_mdp(target, "reports:?n=40", threshold=[0.3, 0.7])
    assert tuple(mdp.reward.threshold) == (0.3, 0.7)


def test_an_edit_at_its_last_level_is_not_made_again(target: fs.Summarizer) -> None:
    """A point says how often each edit was made, however often one more is asked for."""
    mdp = make_mdp(target, "reports:?n=40", explore="micro", concepts=["drop-noun=1,2", "misspellings=.5"])
    state = mdp.initial(np.array([2]))
    for action in (1, 1, 0, 1, 0, 0):
        state = mdp.transition(state, np.array([action]))
    assert state.points.tolist() == [[2, 1]] and state.history[0, :4].tolist() == [1, 0, 0, -1]
    with pytest.raises(UsageError, match="more than max_steps=2"):
        make_mdp(target, "reports:?n=40", explore="micro", max_steps=2).at(np.array([0]), np.array([[3, 0, 0, 0]]))


def test_what_a_short_walk_costs_is_told_before_it(target: fs.Summarizer) -> None:
    """The grid has points that so few steps never reach."""
    how = {"target": target, "data": "reports:?n=40", "explore": "micro", "max_steps": 2}
    assert seconds_per_query(gym.make_vec("failscape/Summarizer-v0", num_envs=32, **how).unwrapped) > 0


def test_what_grows_beyond_the_target_is_cut_and_that_is_kept(tmp_path: Path) -> None:
    short = load_target(f"hf:{tiny_seq2seq(tmp_path / 'short')}?max_input=60", "cpu")
    mdp = make_mdp(short, "reports:?n=40", concepts=["distractor", "delete-words"])
    longer, shorter = mdp.space.index(np.array([[0, 3], [1, 3]]))
    items = np.arange(20)
    for point, cut in ((longer, True), (shorter, False)):
        outcome = mdp.evaluate(mdp.at(items, mdp.space.point(np.full(20, point))))
        assert (outcome.input_truncated == cut).all()
    assert "longer than" in " ".join(mdp.items.notes)


def test_a_walk_pays_for_what_was_lost_whatever_it_is_scored_beside(target: fs.Summarizer) -> None:
    """Nouns dropped are judged beside the unedited summary, misspellings beside the reference: scores do not add up."""
    mdp = make_mdp(target, "reports:?n=40", explore="micro", concepts=["drop-noun=1,2", "misspellings=.5,1"])
    items = np.flatnonzero(~mdp.baseline.failed)[:8]
    state = first = mdp.initial(items)
    np.testing.assert_allclose(first.score, 1 - mdp.baseline.severity[items])
    total, lost = np.zeros(len(items)), np.zeros(len(items))
    for action in (0, 1, 1, 0):
        moved = mdp.transition(state, np.full(len(items), action))
        outcome = mdp.evaluate(moved)
        state, reward = mdp.apply_outcome(state, moved, outcome)
        total += reward
        lost += outcome.failed - 0.02
        np.testing.assert_allclose(total, outcome.severity - mdp.baseline.severity[items] + lost, atol=1e-6)


def test_rouge_is_refused_where_it_cannot_read(target: fs.Summarizer, tmp_path: Path) -> None:
    rows = [
        {"article": f"{row['article']} Дом {i} сгорел.", "summary": f"Дом {i} сгорел."}
        for i, row in enumerate(articles())
    ]
    data = str(table(tmp_path / "russian.jsonl", rows))
    with pytest.raises(UsageError, match=r"ROUGE reads the letters a to z.*--reward drop:chrf, or drop:similarity"):
        make_mdp(target, data)
    assert make_mdp(target, data, reward="drop:chrf").reward.threshold.drop > 0


def test_a_run_does_not_go_on_with_other_articles(target: fs.Summarizer, tmp_path: Path) -> None:
    rows = articles()
    data = table(tmp_path / "articles.jsonl", rows)
    make_mdp(target, str(data), baseline=tmp_path / "baseline.npz")
    make_mdp(target, str(data), baseline=tmp_path / "baseline.npz")
    table(data, [{**rows[0], "article": "Another story."}, *rows[1:]])
    with pytest.raises(UsageError, match=r"the data is not what .* explored: 1 of \d+ items"):
        make_mdp(target, str(data), baseline=tmp_path / "baseline.npz")
