"""Pictures of a landscape and of the search that made it: plotly figures to turn, matplotlib ones to print."""
