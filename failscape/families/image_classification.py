"""Image classifiers: which edits of a picture make the target name another class?"""

from failscape.common.task import Task

TASK = Task(
    name="image-classification",
    env_id="failscape/Classifier-v0",
    make_mdp="failscape.envs.tasks.image_classification:make_mdp",
    does="sorts pictures",
    lacks="sorts no pictures",
    shared=("class_names", "image_size"),
    trainer="failscape.mitigation.trainers.image_classification:ImageClassificationTrainer",
    summary="image classifiers: which edits of a picture make the target name another class",
)
