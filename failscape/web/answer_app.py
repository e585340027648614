"""The page on which people answer questions about pictures, blind: one picture at a time, nothing else of its pair."""

from __future__ import annotations

from typing import Any

from failscape.errors import UsageError, require
from failscape.records.questions import OPTIONS, PICTURES, Answer, QuestionStore
from failscape.web.local_page import local_app, name_in, refused, remembering, serve_app
from failscape.web.question_app import Pictures
from failscape.workflows.answering import Shown, Turn, turn_of
from failscape.workflows.questions import QuestionSession

ANSWERER = "answerer"  # what names who answers in addresses, in forms, and in the cookie of a browser
WHY = (
    "You will see one picture at a time, with a question and two answers. Choose the answer that is true of the "
    "picture. Your name keeps your answers apart from others’, and lets you go on where you stopped."
)


def make_app(session: QuestionSession, *, answerer: str | None = None) -> Any:
    """The page as a WSGI application.

    Args:
        session: what is asked.
        answerer: whose page ``/`` is; where omitted, theirs who answered last in this browser, or it asks.
    """
    flask = require("flask", "feedback")
    app, pictures = local_app(flask), Pictures(session)
    app.jinja_env.globals.update(options=OPTIONS)

    @app.get("/")  # type: ignore[untyped-decorator]
    def start() -> Any:
        name = name_in(flask.request.args, ANSWERER) or answerer or name_in(flask.request.cookies, ANSWERER)
        return remembering(flask, show(flask, session, pictures, name), ANSWERER) if name else who()

    @app.get("/who")  # type: ignore[untyped-decorator]
    def who() -> Any:
        return flask.render_template("who.html", place="", heading="Who is answering?", why=WHY, role=ANSWERER)

    @app.post("/answer")  # type: ignore[untyped-decorator]
    def answer() -> Any:
        form = flask.request.form
        name = name_in(form, ANSWERER)
        try:
            with QuestionStore(session.store_path) as store:
                shown = shown_in(form, turn_of(session, store, name)) if name else None
                if shown is None:
                    return refused(flask, 400, "an answer names who gives it and a question that they are asked")
                number = store.answer(Answer(name, *shown, form.get("answer", "")))
        except UsageError as error:
            return refused(flask, 500 if str(error).startswith("cannot") else 422, str(error))
        return flask.redirect(flask.url_for("start", answerer=name, saved=number), 303)

    return app


def shown_in(said: Any, turn: Turn) -> Shown | None:
    """The question and the picture that an address or a form names; None where the person is not asked about it."""
    number, picture = said.get("question", ""), said.get("picture", "")
    if not number.isdecimal() or int(number) not in turn.asked.index or picture not in PICTURES:
        return None
    return Shown(int(number), picture)


def show(flask: Any, session: QuestionSession, pictures: Pictures, answerer: str) -> Any:
    """What a person is asked next, or what the address names; what was saved last above it."""
    with QuestionStore(session.store_path) as store:
        turn, answers = turn_of(session, store, answerer), store.answers()
    shown = shown_in(flask.request.args, turn) or turn.shown
    asked = turn.asked.loc[[shown.question]].to_dict("records")[0] if shown else None
    saved = answers[(answers.index == flask.request.args.get("saved", type=int)) & (answers[ANSWERER] == answerer)]
    saved = saved[saved["question"].isin(turn.asked.index)]
    last = saved.to_dict("records")[0] if len(saved) else None
    given = answers[answers[ANSWERER] == answerer].to_dict("records")
    before = [row["answer"] for row in given if (row["question"], row["picture"]) == shown]
    return flask.render_template(
        "answer.html",
        answerer=answerer,
        turn=turn,
        shown=shown,
        asked=asked,
        picture=pictures(session.pairs[asked["key"]], shown.picture) if asked and shown else None,
        before=before[0] if before else "",
        saved=last,
        chosen=turn.asked.loc[last["question"], last["answer"]] if last else "",
    )


def serve(session: QuestionSession, *, port: int, answerer: str | None) -> None:
    """Serve the page on the loopback interface until Ctrl-C.

    Raises:
        UsageError: the port is in use, or the packages for the page are not installed.
    """
    serve_app(lambda: make_app(session, answerer=answerer), port, "answer", "answer")
