"""A toy of exact integers: seconds to explore, known to the last bit."""

from failscape.common.task import Task

TASK = Task(
    name="toy",
    env_id="failscape/Toy-v0",
    make_mdp="failscape.envs.tasks.toy:make_mdp",
    does="sorts points",
    lacks="sorts no points",
    shared=("class_names",),
    summary="a toy of exact integers, explored in seconds",
)
