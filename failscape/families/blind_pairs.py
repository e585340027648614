"""CLIP-blind pairs: which edits of a picture does one encoder not see, and another one does?"""

from failscape.common.task import Task

TASK = Task(
    name="image-pair-comparison",
    env_id="failscape/ClipBlindPairs-v0",
    make_mdp="failscape.envs.tasks.blind_pairs:make_mdp",
    does="compares pictures",
    lacks="compares no pictures",
    trainer="failscape.mitigation.trainers.image_pairs:ImagePairTrainer",
    summary="two encoders of pictures: which edits one of them does not see, and the other one does",
)
