"""What the pages for people share: served on this machine alone, to no other page, and committed before they answer."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from failscape.analysis.pages import shown
from failscape.common.format import count
from failscape.errors import UsageError, require
from failscape.terminal.output import Terminal

HOST = "127.0.0.1"
MAX_FORM = 64 * 1024  # [bytes]
MAX_NAME = 80  # letters
REMEMBERED = 365 * 86400  # [s]
HEADERS = {
    # Nothing but this server may be asked for anything, and no other page may show this one.
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def local_app(flask: Any) -> Any:
    """An application without routes that answers none but its own pages, with what templates write text by."""
    app = flask.Flask("failscape.web")
    # A foreign name that resolves to this machine (DNS rebinding) is not answered.
    app.config.update(MAX_CONTENT_LENGTH=MAX_FORM, TRUSTED_HOSTS=[HOST, "localhost"])
    app.jinja_env.finalize = shown
    app.jinja_env.filters["count"] = count

    @app.before_request  # type: ignore[untyped-decorator]
    def refuse_other_pages() -> None:
        origin = flask.request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != flask.request.host:
            flask.abort(403)

    @app.after_request  # type: ignore[untyped-decorator]
    def add_headers(response: Any) -> Any:
        response.headers.update(HEADERS)
        return response

    return app


def serve_app(make: Callable[[], Any], port: int, verb: str, kept: str) -> None:
    """Serve an application on the loopback interface until Ctrl-C.

    Args:
        make: the application, asked for when the port is known to be free.
        port: of the page.
        verb: what people do there.
        kept: what is kept as it is made.

    Raises:
        UsageError: the port is in use, or the packages for the page are not installed.
    """
    require("flask", "feedback")
    server_of = require("waitress.server", "feedback")
    try:
        listening = socket.create_server((HOST, port))
    except OSError as error:
        raise UsageError(
            f"cannot listen at port {port}: {os.strerror(error.errno or 0)}; give another one: --port P"
        ) from None
    # A shell makes its background jobs deaf to Ctrl-C, and a page has no other end.
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.default_int_handler)
    with listening:
        server = server_of.create_server(make(), sockets=[listening], ident=None)
        address = f"http://{HOST}:{listening.getsockname()[1]}/"
        Terminal().line(f"{verb + ' at':<9} {address}   (Ctrl-C ends; every {kept} is kept as it is made)")
        try:
            server.run()
        finally:
            server.close()


def name_in(said: Any, role: str) -> str:
    """The person whom an address, a form or a cookie names in some role; empty where it names none."""
    return " ".join(str(said.get(role, "")).split())[:MAX_NAME]


def remembering(flask: Any, page: Any, role: str) -> Any:
    """The page; where its address names the person, the browser is to remember them."""
    response, name = flask.make_response(page), name_in(flask.request.args, role)
    if name:
        response.set_cookie(role, name, max_age=REMEMBERED, httponly=True, samesite="Strict")
    return response


def refused(flask: Any, status: int, why: str) -> Any:
    """An answer in plain text that nothing was stored."""
    return flask.make_response((why, status, {"Content-Type": "text/plain; charset=utf-8"}))
