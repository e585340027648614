"""The procedural street world: traffic signs in street scenes, rendered from explicit factors."""

from failscape.data.street.factors import SceneFactors, sample_factors
from failscape.data.street.gaps import GAPS, in_gap, sample_trained
from failscape.data.street.render import render
from failscape.data.street.signs import SIGNS
from failscape.data.street.source import StreetSource

__all__ = ["GAPS", "SIGNS", "SceneFactors", "StreetSource", "in_gap", "render", "sample_factors", "sample_trained"]
