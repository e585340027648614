"""The end of a run: judge the agent, map the failures, write down what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from failscape.analysis.bootstrap import ratio
from failscape.analysis.exemplars import Exemplar, worst_exemplars
from failscape.analysis.landscape import Landscape
from failscape.analysis.statistics import wilson
from failscape.envs.mdp import ConceptMDP
from failscape.envs.views import explorable
from failscape.errors import UsageError

if TYPE_CHECKING:
    from failscape.agents.dqn import ConceptDQN
    from failscape.analysis.tensorboard import Board
    from failscape.runs import Run


def conclude(mdp: ConceptMDP, agent: ConceptDQN | None, run: Run, board: Board, *, report: bool) -> None:
    """Write policy table, agent, landscape pictures, report and, last, ``summary.json``."""
    learner: dict[str, Any] = {}
    if agent is not None:
        learner = _judge(mdp, agent, run)
    landscape = run.landscape()
    summary = {
        "run": {
            "env": run.settings.env,
            "explorer": run.settings.explorer,
            "seed": run.settings.seed,
            "target": mdp.target.name,
        },
        "data": {
            "n_items": len(mdp.items),
            "n_held_out": int(mdp.items.held_out.sum()),
            "n_skipped": len(mdp.items.skipped),
        },
        "landscape": landscape.summary(),
        "learner": learner,
        "warnings": warnings_of(landscape, learner),
    }
    if report:
        _draw(mdp, run, landscape, summary, board)
    run.folder.write_summary(summary)


def _judge(mdp: ConceptMDP, agent: ConceptDQN, run: Run) -> dict[str, Any]:
    """The agent's greedy choices on held-out items beside random ones; refuses an agent that never learned."""
    from failscape.agents.dqn import save_agent
    from failscape.agents.evaluation import evaluate_points, evaluate_random, greedy_points, policy_table

    if agent._n_updates == 0:
        least = agent.learning_starts
        raise UsageError(f"the agent never learned: {agent.num_timesteps} probes, learning starts at {least}; raise --budget")
    save_agent(agent, run.folder / "agent.safetensors")
    policy_table(agent, mdp, explorable(mdp)).save(run.folder / "policy.npz")
    held_out = np.flatnonzero(mdp.items.held_out)
    greedy = evaluate_points(mdp, held_out, greedy_points(agent, mdp, held_out)).failed
    random = evaluate_random(mdp, held_out, run.settings.seed).failed
    lift, low, high = ratio(greedy, random)
    interval = [float(bound[0]) for bound in wilson(np.array([greedy.sum()]), np.array([len(greedy)]))]
    return {
        "n_updates": agent._n_updates,
        "epsilon": agent.exploration_rate,
        "n_held_out": len(held_out),
        "greedy_rate": float(greedy.mean()) if len(greedy) else None,
        "greedy_interval": interval,
        "random_rate": float(random.mean()) if len(random) else None,
        "lift": None if np.isnan(lift) else lift,
        "lift_interval": None if np.isnan(lift) else [low, high],
        "n_evaluation_queries": 2 * len(held_out),
    }


def warnings_of(landscape: Landscape, learner: dict[str, Any]) -> list[str]:
    """What a reader should doubt, in plain sentences."""
    doubts = []
    if landscape.policy_agreement < 0:
        doubts.append(
            f"the agent's policy contradicts the counted landscape (rank correlation {landscape.policy_agreement:.2f}): "
            "trust the counts"
        )
    if landscape.coverage < 1:
        never = round((1 - landscape.coverage) * landscape.space.n_points)
        doubts.append(f"{never} of {landscape.space.n_points} points were never visited; their rates are guesses")
    interval = learner.get("lift_interval")
    if interval and interval[0] <= 1:
        doubts.append("on held-out items the agent's choices are not clearly better than random ones")
    return doubts


def _draw(mdp: ConceptMDP, run: Run, landscape: Landscape, summary: dict[str, Any], board: Board) -> None:
    """TensorBoard pictures and the report."""
    from failscape.analysis.report import write_report
    from failscape.analysis.strips import concept_strips
    from failscape.data import write_skipped
    from failscape.runs import compare, find_scan

    probes, items = run.probes(), run.items()
    shown: list[Exemplar] = []
    strips = None
    names = getattr(mdp.target, "class_names", ())
    is_image = mdp.items.inputs.ndim == 4
    if is_image:
        shown = worst_exemplars(landscape, probes, items, mdp.items, names)
        first = int(explorable(mdp)[0])
        strips = concept_strips(mdp.items.inputs[first : first + 1], landscape.space)
    if mdp.items.skipped:
        write_skipped(run.folder / "skipped.csv", mdp.items.skipped)
    board.finish(landscape, shown, summary)
    scan = find_scan(run)
    write_report(
        run.folder / "report.html",
        landscape=landscape,
        probes=probes,
        items=items,
        exemplars=shown,
        strips=strips,
        run=run.folder,
        summary=summary,
        scan=compare(run, scan) if scan else None,
    )
