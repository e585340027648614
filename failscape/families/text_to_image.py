"""Text-to-image models: which prompts do they draw wrongly?"""

from failscape.common.task import Task

TASK = Task(
    name="text-to-image",
    env_id="failscape/TextToImage-v0",
    make_mdp="failscape.envs.tasks.text_to_image:make_mdp",
    trainer="failscape.mitigation.trainers.text_to_image:TextToImageTrainer",
    does="draws pictures from texts",
    lacks="draws no pictures",
    findings="failscape.analysis.drawn.findings:DrawnFindings",
    summary="text-to-image models: which prompts they draw wrongly",
)
