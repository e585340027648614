"""Traffic scenes of the street world: vehicles, people and things beside a sign, with words for all of them."""

from failscape.data.street.traffic.factors import FACTORS, Factor, TrafficFactors, sample_traffic, table, vary
from failscape.data.street.traffic.render import render_traffic

__all__ = ["FACTORS", "Factor", "TrafficFactors", "render_traffic", "sample_traffic", "table", "vary"]
