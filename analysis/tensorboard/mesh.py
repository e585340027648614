"""The landscape as solids for TensorBoard's mesh view, which draws bare points a pixel or two wide.

Shapes: ``C`` cells, ``V`` vertices, ``F`` triangles.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.plots.cells import cells
from failscape.analysis.plots.still import AZIMUTH, ELEVATION
from failscape.analysis.plots.style import axis_title, colours
from failscape.common.markdown import literal

CORNERS = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], np.float32)
FACETS = np.array([[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]], np.int32)
BOX = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float32)
BOX_FACETS = np.array(
    [
        *([0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1]),
        *([2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]),
    ],
    np.int32,
)
THICKNESS = 0.012  # of the rods, in a cube from -1 to 1
ROD_COLOUR = (120, 130, 140)
# What three.js is told; more light would wash the colours out.
VIEW = {
    "camera": {"cls": "PerspectiveCamera", "fov": 40},
    "lights": [
        {"cls": "AmbientLight", "color": "#ffffff", "intensity": 1.1},
        {"cls": "DirectionalLight", "color": "#ffffff", "intensity": 0.5, "position": [1, 2, 3]},
    ],
}


class Mesh(NamedTuple):
    """Triangles with a colour at each corner."""

    vertices: np.ndarray  # (V, 3) float32, in a cube from about -1 to 1
    colours: np.ndarray  # (V, 3) uint8
    faces: np.ndarray  # (F, 3) int32


def landscape_mesh(landscape: Landscape) -> Mesh:
    """An octahedron for each cell, coloured by smoothed failure rate and sized by certainty, between three rods.

    The rods run along the first (x), second (y) and third axis (z); one, two and three beads at their far ends tell
    them apart.
    """
    drawn = cells(landscape)
    shape = np.array(drawn.smoothed.shape + (1,) * (3 - drawn.smoothed.ndim))
    levels = np.stack([axis.ravel() for axis in np.indices(tuple(shape.tolist()))], axis=1)
    spacing = 2 / np.maximum(shape - 1, 1)
    centres = np.where(shape > 1, levels * spacing - 1, 0)
    radii = spacing[shape > 1].min(initial=2) * (0.05 + 0.2 * drawn.certainty.ravel())
    n_axes = drawn.smoothed.ndim
    exists = drawn.exists.ravel()
    solids = _octahedra(centres[exists], radii[exists], colours(drawn.smoothed.ravel()[exists]))
    mesh = _join(solids, _frame(n_axes))
    return mesh._replace(vertices=(mesh.vertices @ _turned().T).astype(np.float32))


def axes_table(landscape: Landscape) -> str:
    """What the solids show, in words, as Markdown: TensorBoard's view has no room for letters."""
    beads = ("one bead", "two beads", "three beads")
    concepts = landscape.space.concepts
    ends = [(concept.level_name(0), concept.level_name(len(concept.levels) - 1)) for concept in concepts]
    rows = [
        f"| {bead} | {literal(axis_title(concept))} | {literal(least)} | {literal(most)} |"
        for bead, concept, (least, most) in zip(beads, concepts, ends, strict=False)
    ]
    about = (
        "Each solid of `landscape/solids` is a cell of the grid: the darker, the more fail; the larger, the surer. "
        "The rods meet at the lowest levels of all axes; beads at their far ends tell them apart."
    )
    return "\n".join([about, "", "| rod with | axis | from | to, where the beads are |", "|:--|:--|--:|--:|", *rows])


def _turned() -> np.ndarray:
    """The rotation after which a viewer who looks along -z, as TensorBoard's does at first, sees the still's view."""
    azimuth, elevation = np.deg2rad([AZIMUTH, ELEVATION])
    toward = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
    return np.stack([right, np.cross(toward, right), toward])


def _octahedra(centres: np.ndarray, radii: np.ndarray, rgb: np.ndarray) -> Mesh:
    vertices = centres[:, None] + radii[:, None, None] * CORNERS
    faces = FACETS + len(CORNERS) * np.arange(len(centres), dtype=np.int32)[:, None, None]
    return Mesh(vertices.reshape(-1, 3).astype(np.float32), np.repeat(rgb, len(CORNERS), axis=0), faces.reshape(-1, 3))


def _frame(n_axes: int) -> Mesh:
    origin = -1.3 * np.ones(3, np.float32)
    rods, beads = [], []
    for axis in range(n_axes):
        size = np.full(3, THICKNESS, np.float32)
        size[axis] = 2.6
        rods.append(Mesh(origin + BOX * size, np.full((8, 3), ROD_COLOUR, np.uint8), BOX_FACETS))
        ends = np.repeat(origin[None], axis + 1, axis=0)
        ends[:, axis] = 1.3 - 0.12 * np.arange(axis + 1)
        beads.append(_octahedra(ends, np.full(axis + 1, 0.05), np.full((axis + 1, 3), ROD_COLOUR, np.uint8)))
    return _join(*rods, *beads)


def _join(*parts: Mesh) -> Mesh:
    offsets = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    faces = [part.faces + np.int32(offset) for part, offset in zip(parts, offsets, strict=True)]
    return Mesh(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.colours for part in parts]),
        np.concatenate(faces).astype(np.int32),
    )
