"""The templates of pages, and the words in which they write rates, counts and pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup
from matplotlib.colors import to_hex

from failscape.analysis.examples.thumbnails import chart_uri, data_uri
from failscape.analysis.plots.style import SCALE
from failscape.common.format import count, interval, percent
from failscape.common.visible import visible_text


def shown(value: Any) -> Any:
    """A value as a page writes it: what text of others would do to the lines around it is written out."""
    return visible_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def page_environment() -> jinja2.Environment:
    """Templates of pages, with what they write rates, counts and pictures by."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("failscape.analysis"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
    )
    filters = {
        "percent": percent,
        "count": count,
        "picture": data_uri,
        "chart": chart_uri,
        "colour": lambda rate: to_hex(SCALE(float(rate))),
    }
    environment.filters.update(filters)
    environment.globals["interval"] = interval
    return environment


def macro(template: str, name: str) -> Callable[..., Markup]:
    """A macro of a template, as a function that gives HTML; what it is given is escaped."""
    found: Any = getattr(page_environment().get_template(template).module, name)
    return lambda *args, **more: Markup(found(*args, **more))
