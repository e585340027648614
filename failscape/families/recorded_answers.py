"""Recorded answers: where does a table of evaluations fail that somebody has already?"""

from failscape.common.task import Task

TASK = Task(
    name="recorded-answers",
    env_id="failscape/Recorded-v0",
    make_mdp="failscape.envs.tasks.recorded:make_mdp",
    does="gave the answers of a table",
    lacks="are no answers of a table",
    parts="failscape.data.recorded.open:split_by",
    explorer="scan",
    summary="a table of answers that were judged already: where they fail; no model is asked",
)
