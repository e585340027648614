"""The page on which people rate failure modes: local, offline, by buttons or keys.

Plain forms and a little script: without scripts everything works but the keys. A rating is acknowledged on the page
that follows it, which shows what was read back from the store after the commit.
"""

from __future__ import annotations

import threading
from typing import Any

import pandas as pd

from failscape.common.format import interval, percent
from failscape.errors import UsageError, require
from failscape.feedback.cases import Case
from failscape.feedback.raters import HIGH, LOW, Answer
from failscape.feedback.reward_model import RewardModel
from failscape.records.ratings import RatingStore
from failscape.web.local_page import local_app, name_in, refused, remembering, serve_app
from failscape.workflows.rate import RatingSession, accuracy_of

MAX_NOTE = 4000  # letters
STILL_RIGHT = {"": None, "yes": True, "no": False}  # what forms say
RATER = "rater"  # what names the rater in addresses, in forms, and in the cookie by which a browser remembers them


class Learned:
    """The reward model of the ratings so far, fitted when they change, and written for ``--reward human:RUN``."""

    def __init__(self, session: RatingSession) -> None:
        self.session = session
        self._lock = threading.Lock()
        self._known: tuple[int, RewardModel] | None = None

    def __call__(self, store: RatingStore) -> tuple[pd.DataFrame, RewardModel]:
        """Ratings that count, and their model."""
        with self._lock:
            ratings, n_rows = store.latest(), len(store)
            if self._known is None or self._known[0] != n_rows:
                models = self.session.save_models(ratings)
                self._known = n_rows, models.get("human") or self.session.model(ratings)
            return ratings, self._known[1]


def make_app(session: RatingSession, *, budget: int, rater: str | None = None) -> Any:
    """The page as a WSGI application.

    Args:
        session: what is rated.
        budget: labels asked of each rater.
        rater: whose page ``/`` is; where omitted, theirs who rated last in this browser, or it asks.
    """
    flask = require("flask", "feedback")
    app = local_app(flask)
    app.jinja_env.filters.update(percent=percent)
    app.jinja_env.globals.update(interval=interval, scale=range(LOW, HIGH + 1))
    learned = Learned(session)
    with RatingStore(session.path):  # made at once, so that a folder nobody may write to is told of before rating
        pass

    @app.get("/")  # type: ignore[untyped-decorator]
    def start() -> Any:
        name = name_in(flask.request.args, RATER) or rater or name_in(flask.request.cookies, RATER)
        return remembering(flask, show(flask, session, learned, name, budget), RATER) if name else who()

    @app.get("/who")  # type: ignore[untyped-decorator]
    def who() -> Any:
        why = (
            f"You will see failures of {session.mdp.target.name} and say how bad each kind would be. Your name keeps "
            "your answers apart from others’, and lets you go on where you stopped."
        )
        place = session.run.folder.name
        return flask.render_template("who.html", place=place, heading="Who is rating?", why=why, role=RATER)

    @app.post("/rate")  # type: ignore[untyped-decorator]
    def rate() -> Any:
        form = flask.request.form
        name, case = name_in(form, RATER), session.cases.get(form.get("case", ""))
        if not name or case is None:
            return refused(flask, 400, "a rating names its rater and a case of this run")
        try:
            with RatingStore(session.path) as store:
                number = store.append([session.rating(case, name, answer_in(form))])[0]
        except UsageError as error:
            return refused(flask, 500 if str(error).startswith("cannot") else 422, str(error))
        return flask.redirect(flask.url_for("start", rater=name, saved=number), 303)

    return app


def answer_in(form: Any) -> Answer:
    """What a form says; raises ``UsageError`` where it says nothing."""
    note, still_right = form.get("note", "").strip()[:MAX_NOTE], still_right_in(form)
    if "abstain" in form:
        return Answer(None, note=note, still_right=still_right)
    if not form.get("undesirability", "").isdecimal():
        raise UsageError("choose a number, or abstain")
    quality = form.get("quality", "")
    said = float(form["undesirability"]), float(quality) if quality.isdecimal() else None
    return Answer(*said, note, still_right)


def still_right_in(form: Any) -> bool | None:
    """Whether a form says that the right answer still is; None where it says nothing."""
    said = form.get("still_right", "")
    if said not in STILL_RIGHT:
        raise UsageError("whether it is still right is yes or no, or nothing")
    return STILL_RIGHT[said]


def show(flask: Any, session: RatingSession, learned: Learned, rater: str, budget: int) -> Any:
    """The case that a rater is asked next, or the one that the address names; what was saved last above it."""
    with RatingStore(session.path) as store:
        ratings, model = learned(store)
        frame = store.frame()
    saved = frame[(frame.index == flask.request.args.get("saved", type=int)) & (frame["rater"] == rater)]
    named = session.cases.get(flask.request.args.get("case", ""))
    case = named or session.next_case(ratings, model, rater, budget)
    own = ratings[ratings["rater"] == rater].sort_values("time", ascending=False)
    before = own[own["case"] == case.key].to_dict("records") if case else []
    return flask.render_template(
        "rate.html",
        session=session,
        rater=rater,
        case=case,
        shown=facts(session, case) if case else None,
        before=before[0] if before else None,
        saved=saved.to_dict("records")[0] if len(saved) else None,
        own=own.head(8).to_dict("records"),
        progress=session.progress(ratings, rater, budget),
        accuracy=accuracy_of(model),
    )


def facts(session: RatingSession, case: Case) -> dict[str, Any]:
    """What there is to see of a case."""
    rank, mode = session.mode_of(case)
    examples = session.examples(case)
    failure = "" if examples.presenter.names_failures else session.kind_of(case)
    shown = examples.presenter.case_html(examples)
    return {"rank": rank, "mode": mode, "failure": failure, "examples": shown, "question": examples.question()}


def serve(session: RatingSession, *, port: int, budget: int, rater: str | None) -> None:
    """Serve the page on the loopback interface until Ctrl-C.

    Raises:
        UsageError: the port is in use, or the packages for the page are not installed.
    """
    serve_app(lambda: make_app(session, budget=budget, rater=rater), port, "rate", "rating")
