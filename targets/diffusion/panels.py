"""Several pictures of each prompt as one answer: what is asked of their distribution cannot be asked of one picture.

Shapes: ``B`` prompts, ``M`` pictures of each.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from failscape.errors import UsageError
from failscape.targets.base import Weights
from failscape.targets.diffusion.text_to_image import TextToImage
from failscape.targets.outputs import PanelOutputs


class Panels:
    """A text-to-image target that answers each prompt with ``size`` pictures, drawn in one call.

    Picture ``k`` of panel ``number`` is the picture ``number * size + k`` of the target.

    Args:
        target: draws.
        size: pictures of a panel, 1 or more.

    Raises:
        UsageError: there is no picture.
    """

    def __init__(self, target: TextToImage, size: int) -> None:
        if size < 1:
            raise UsageError(f"a panel of {size} pictures shows nothing; give 1 or more")
        self.target, self.size = target, size
        self.name, self.task, self.device = target.name, target.task, target.device
        self.module, self.batch_size = target.module, max(1, target.batch_size // size)

    def __call__(self, prompts: np.ndarray, seeds: Sequence[int] | None = None) -> PanelOutputs:
        """Pictures of texts and numbers of panels ``(B, 2)``; ``seeds`` are of the rows."""
        repeated = np.repeat(prompts, self.size, axis=0)
        repeated[:, 1] = repeated[:, 1].astype(np.int64) * self.size + np.tile(np.arange(self.size), len(prompts))
        drawn = self.target(repeated, None if seeds is None else np.repeat(np.asarray(seeds), self.size).tolist())
        shape = len(prompts), self.size
        first = np.arange(len(prompts)) * self.size
        return PanelOutputs(
            drawn.pictures.view(*shape, *drawn.pictures.shape[1:]),
            drawn.features[first],
            drawn.input_truncated[first],
            drawn.withheld.reshape(shape),
        )

    @property
    def n_queries(self) -> int:
        """Pictures drawn so far."""
        return self.target.n_queries

    def with_weights(self, weights: Weights) -> Panels:
        """Panels of a second target that differs in its weights.

        Raises:
            ValueError: they are another architecture's.
        """
        return Panels(self.target.with_weights(weights), self.size)

    def __repr__(self) -> str:
        return f"{self.size} pictures of each prompt by {self.target!r}"
