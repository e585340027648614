"""Find, map and mitigate the failures of pretrained models: concept-editing MDPs and what explores them."""

from __future__ import annotations

import importlib as _importlib
from pathlib import Path as _Path
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Every subpackage is a folder of the repository root (envs/, agents/, ...). The
# wheel puts them inside this package; in a checkout they are its siblings.
_root = _Path(__file__).resolve().parent.parent
if (_root / "setup.py").is_file() and (_root / "envs").is_dir():
    __path__.append(str(_root))

from failscape.common.task import Task  # noqa: E402 - needs the path above
from failscape.envs.registration import register_env  # noqa: E402
from failscape.errors import UsageError  # noqa: E402
from failscape.families import register_families, register_task  # noqa: E402
from failscape.targets.registry import register_target  # noqa: E402

if TYPE_CHECKING:
    from failscape.analysis.examples.presenter import Presenter as Presenter
    from failscape.analysis.examples.presenter import register_presenter as register_presenter
    from failscape.analysis.grids.view import register_view as register_view
    from failscape.analysis.landscape.comparison import Comparison as Comparison
    from failscape.analysis.landscape.landscape import Landscape as Landscape
    from failscape.common.nouns import Nouns as Nouns
    from failscape.concepts import Concept as Concept
    from failscape.concepts.text.base import TextConcept as TextConcept
    from failscape.mitigation.registry import register_trainer as register_trainer
    from failscape.targets.classifiers.classifier import Classifier as Classifier
    from failscape.targets.classifiers.preprocess import Preprocess as Preprocess
    from failscape.targets.summarizers.summarizer import Summarizer as Summarizer
    from failscape.workflows.audit import audit as audit
    from failscape.workflows.compare import Versions as Versions
    from failscape.workflows.compare import compare as compare
    from failscape.workflows.explore import explore as explore
    from failscape.workflows.fade import Faded as Faded
    from failscape.workflows.fade import fade as fade
    from failscape.workflows.mitigate import Mitigated as Mitigated
    from failscape.workflows.mitigate import mitigate as mitigate
    from failscape.workflows.run import Run as Run

register_families()

# Heavy names load on first use, so that ``import failscape`` stays light.
_LAZY = {
    "Classifier": "failscape.targets.classifiers.classifier",
    "Comparison": "failscape.analysis.landscape.comparison",
    "Concept": "failscape.concepts",
    "Landscape": "failscape.analysis.landscape.landscape",
    "Preprocess": "failscape.targets.classifiers.preprocess",
    "Faded": "failscape.workflows.fade",
    "Mitigated": "failscape.workflows.mitigate",
    "Run": "failscape.workflows.run",
    "Summarizer": "failscape.targets.summarizers.summarizer",
    "TextConcept": "failscape.concepts.text.base",
    "Versions": "failscape.workflows.compare",
    "audit": "failscape.workflows.audit",
    "compare": "failscape.workflows.compare",
    "explore": "failscape.workflows.explore",
    "fade": "failscape.workflows.fade",
    "mitigate": "failscape.workflows.mitigate",
    "Nouns": "failscape.common.nouns",
    "Presenter": "failscape.analysis.examples.presenter",
    "register_presenter": "failscape.analysis.examples.presenter",
    "register_trainer": "failscape.mitigation.registry",
    "register_view": "failscape.analysis.grids.view",
}
__all__ = ["Task", "UsageError", "register_env", "register_target", "register_task", *_LAZY]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'failscape' has no attribute {name!r}")
    return getattr(_importlib.import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
