"""Maps the folders at the root into the ``failscape`` package; everything else stands in ``pyproject.toml``."""

from setuptools import setup

SUBPACKAGES = [
    "records",
    "data",
    "data.street",
    "concepts",
    "concepts.text",
    "targets",
    "feedback",
    "rewards",
    "envs",
    "envs.actions",
    "agents",
    "analysis",
    "analysis.examples",
    "analysis.plots",
    "mitigation",
]

setup(
    packages=[
        "failscape",
        "failscape.commands",
        "failscape.common",
        "failscape.families",
        *(f"failscape.{name}" for name in SUBPACKAGES),
    ],
    package_dir={
        "failscape": "failscape",
        **{f"failscape.{name}": name.replace(".", "/") for name in SUBPACKAGES},
    },
    package_data={
        "failscape": ["py.typed", "*.md", "static/*", "templates/*"],
        "failscape.concepts.text": ["*.json"],
        "failscape.agents": ["hyperparams/*.yml"],
        "failscape.analysis": ["templates/*"],
        "failscape.targets": ["checkpoints/*/*"],
    },
)
