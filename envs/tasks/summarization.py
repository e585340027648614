"""``failscape/Summarizer-v0``: which edits of an article make its summary worse?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from failscape.common.nouns import Nouns
from failscape.concepts.parsing_text import group_asked, text_space
from failscape.envs.actions.base import MAX_STEPS
from failscape.envs.actions.compound import Accumulate
from failscape.envs.actions.parsing import classes_seen, make_scheme
from failscape.envs.expected_task import expect_task
from failscape.envs.mdp import ConceptMDP
from failscape.envs.preference_reward import MODEL_FILES, load_reward
from failscape.envs.tasks.summarization_languages import check_edits
from failscape.envs.tasks.summarization_setup import (
    GROUPS,
    Judging,
    Reading,
    articles_of,
    look_and_judge,
    promise_caveats,
    read_articles,
)
from failscape.errors import UsageError, did_you_mean
from failscape.rewards.summarization import FailureThreshold, parse_reward
from failscape.targets.registry import load_target
from failscape.targets.summarizers.base import SummarizerTarget

DEFAULT_TARGET = "embedded:street-reports"
DEFAULT_DATA = {DEFAULT_TARGET: "reports:"}
DEFAULT_CONCEPTS: dict[str, Any] = {
    "macro": "text",
    "factored": "text-pairs",
    "micro": ["drop-noun=1,2,3,4,5", "drop-verb=1,2,3,4,5", "drop-adjective=1,2,3,4,5", "misspellings=.2,.4,.6,.8,1"],
}
NOUNS = Nouns(
    item="article",
    items="articles",
    plain_items="articles",
    group="topic",
    groups="topics",
    score="score of the summary",
    failure="{group}: {answer}",
    parts="weights",
    others="other texts, other topics",
    task="summarizes articles",
    fails="summarizes",
    wrongly="badly",
    failed="summarized badly",
    asked="had the model summarize them",
    measure="A summary counts as bad where it is clearly further from its reference than summaries of unaltered "
    "articles are. Where an alteration may have removed what the reference tells, it is compared with the summary of "
    "the unaltered article instead.",
)


def make_mdp(
    target: str | SummarizerTarget = DEFAULT_TARGET,
    data: str | Path | None = None,
    concepts: Any = None,
    reward: str = "drop",
    explore: str = "macro",
    max_steps: int = MAX_STEPS,
    meaning: float | None = None,
    threshold: Sequence[float] | None = None,
    device: str = "auto",
    groups: str = "topic",
    max_items: int = 1000,
    held_out: float = 0.2,
    unseen: bool = False,
    data_seed: int = 0,
    baseline: str | Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> ConceptMDP:
    """The MDP of ``failscape/Summarizer-v0``.

    Description:
        An article is drawn and summarized unedited; the agent names one point of a grid of edits; the edited article
        is given to the target. The more of its quality the summary loses, the higher the reward.

    Action Space:
        By ``explore``:

        | explore | actions | what one does |
        |---|---|---|
        | ``macro`` | ``Discrete(P)`` | makes one edit at one strength, or a pair of edits (``concepts="text-pairs"``) |
        | ``factored`` | ``Discrete(max L)`` | chooses the next of edit, second edit and strength; the last one asks |
        | ``micro`` | ``Discrete(K)`` | makes edit ``a`` once more, on what the edits before have left |

        ``env.unwrapped.describe_action(a)`` says in words what action ``a`` does.

    Observation Space:
        ``Box`` of float32:

        | part | size | range | what |
        |---|---|---|---|
        | features | up to 24 | [-5, 5] | the encoder's, whitened: of the unedited article, and the mean of its group |
        | confidence | 1 | [0, 1] | score of the unedited summary; on walks, 1 less how badly the last one failed |
        | coordinates | E + 1 | [-1, 1] | which edit, how strong; in ``micro`` how often each edit was made |
        | edited | 1 or K | 0 or 1 | whether an edit was made; ``factored``: what has been chosen |

    Rewards:
        ``drop`` (default): the share of the unedited summary's score that the edit costs; ``score``: how far the
        score lies below what summaries of unedited articles reach. Both are brought to [-1, 1] and are positive
        where the summary fails: where it loses what separates a middling summary of an unedited article from a poor
        one (the twentieth of them), or is poorer than that one. ``drop:METRIC`` and ``score:METRIC`` score with
        ``rouge`` (ROUGE-L, the default), ``rouge-1``, ``rouge-2``, ``bleu``, ``chrf``, ``facts`` (numbers and names) or
        ``similarity`` (sentence encoder). References are edited where the edit changes what is true; where it may
        have taken something away, the summary is compared with that of the unedited article. Walks are paid for
        lowering the score and for the failure, and pay for each step. ``fsrl``: the formula of *Failures Are Fated,
        But Can Be Faded*. ``human:RUN``: how undesirable people would find the failure.

    Starting State:
        A uniform random article among those that are not held out, unedited. A reset asks the target nothing.

    Episode End:
        Termination: ``macro`` after one step, ``factored`` after one per axis, ``micro`` at the first failure.
        Truncation: ``micro`` after ``max_steps``.

    Arguments:
        target: a URI (``hf:facebook/bart-large-cnn``) or a
            :class:`~failscape.targets.summarizers.summarizer.Summarizer`.
        data: a CSV, JSONL or Parquet file, a folder of texts, ``hf:NAME``, ``reports:``; see
            :func:`failscape.data.open_texts`.
        concepts: ``text`` (every edit at four strengths), ``text-pairs``, ``fsrl-text``, or
            names of edits, with ``pairs`` among them for two at a time, with ``topic`` or ``length`` to let the agent
            choose whose article it edits; ``micro`` makes each as often as it has levels.
        reward: as above.
        explore: ``macro``, ``factored`` or ``micro``.
        max_steps: that a walk may take.
        meaning: how alike an edited article must stay, in [0, 1] by a sentence encoder, where the edit is to preserve
            the meaning; below, its failure does not count. Not asked when omitted.
        threshold: where a failure begins, a score and a drop, as another run had it; calibrated on the unedited
            articles when omitted.
        device: ``auto``, ``cpu``, ``cuda``.
        groups: ``topic`` or ``length``: by what articles are grouped, in modes too.
        max_items: articles held in memory at most, drawn evenly over topics.
        held_out: share of the articles kept from exploration, for confirming what it finds.
        unseen: explore only articles that are held out otherwise; a share of them is held out in turn.
        data_seed: of the draw of articles.
        baseline: a file that keeps what the target makes of the unedited articles; read if it is there.
        progress: called with what is being done, how far it is, and how much there is.

    Version History:
        v0: initial.
    """
    check(reward, explore, groups, meaning)
    frozen = load_target(target, device) if isinstance(target, str) else target
    expect_task(frozen, "summarization")
    spec = data or DEFAULT_DATA.get(frozen.name.partition("?")[0])
    if spec is None:
        raise UsageError(f"{frozen.name} needs articles to summarize: give --data, a CSV, JSONL or Parquet file")
    asked, walk = concepts or DEFAULT_CONCEPTS[explore], explore == "micro"
    space, groups = text_space(asked, walk=walk), group_asked(asked) or groups
    items = read_articles(frozen, spec, Reading(groups, max_items, held_out, unseen, data_seed), progress)
    own = reward if reward.partition(":")[0] not in MODEL_FILES else "drop"
    if space.group_axis is not None:
        space = text_space(asked, groups=classes_seen(items, items.group_names))
    said = check_edits(space, articles_of(items).text)
    path = None if baseline is None else Path(baseline)
    judging = Judging(own, None if threshold is None else FailureThreshold(*threshold), meaning)
    seen, judge = look_and_judge(judging, frozen, items, space, path, progress)
    if own != reward:
        judge = load_reward(reward, frozen.name, items, seen, space, len(items.group_names), judge)
    scheme = Accumulate(space, max_steps) if walk else make_scheme(explore, space, items)
    nouns = NOUNS._replace(group=groups, groups=f"{groups}s")
    caveats = [*said, *promise_caveats(items, space)]
    return ConceptMDP(frozen, space, items, judge, seen, str(spec), scheme, nouns=nouns, caveats=caveats)


def check(reward: str, explore: str, groups: str, meaning: float | None) -> None:
    """Refuse what is not there before anything is loaded."""
    if reward.partition(":")[0] not in MODEL_FILES:
        parse_reward(reward)
    elif explore == "micro":
        raise UsageError(f"--reward {reward} pays for failures, not for steps; give --explore macro or factored")
    if explore not in DEFAULT_CONCEPTS:
        raise UsageError(f"no way to explore texts {explore!r}{did_you_mean(explore, DEFAULT_CONCEPTS)}")
    if meaning is not None and not 0 <= meaning <= 1:
        raise UsageError(f"--meaning is a likeness from 0 to 1, not {meaning:g}")
    if groups not in GROUPS:
        raise UsageError(f"articles are grouped by {' or '.join(GROUPS)}, not {groups!r}")
