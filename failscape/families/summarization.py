"""Summarizers: which edits of an article make its summary worse?"""

from failscape.common.task import Task

TASK = Task(
    name="summarization",
    env_id="failscape/Summarizer-v0",
    make_mdp="failscape.envs.tasks.summarization:make_mdp",
    does="writes texts",
    lacks="writes no summaries",
    trainer="failscape.mitigation.trainers.summarization:SummarizationTrainer",
    summary="summarizers: which edits of an article make its summary worse",
)
