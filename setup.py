"""Maps the folders at the root into the ``failscape`` package; everything else stands in ``pyproject.toml``."""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = str(Path(__file__).resolve().parent)
AROUND = ("benchmarks", "examples", "tests", "zoo")  # folders that are not shipped
FOLDERS = find_packages(ROOT, exclude=[pattern for name in ("failscape", *AROUND) for pattern in (name, f"{name}.*")])

setup(
    packages=[*find_packages(ROOT, include=["failscape", "failscape.*"]), *(f"failscape.{name}" for name in FOLDERS)],
    package_dir={
        "failscape": "failscape",
        **{f"failscape.{name}": name.replace(".", "/") for name in FOLDERS},
    },
    package_data={
        "failscape": ["py.typed"],
        # Of every package.
        "": [
            "*.md",
            "*.json",
            "*.yml",
            "static/*",
            "templates/*",
            "hyperparams/*",
            "checkpoints/*/*",
            "checkpoints/*/*/*",
        ],
    },
)
