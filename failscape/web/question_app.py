"""The page on which people ask questions about blind pairs: local, offline, one pair at a time.

Plain forms: without scripts everything works. A question is acknowledged on the page that follows it, which shows what
was read back from the store after the commit.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from failscape.analysis.examples.thumbnails import faithful_uri
from failscape.common.visual_patterns import PATTERNS
from failscape.errors import UsageError, require
from failscape.records.questions import LETTERS, PICTURES, Question, QuestionStore
from failscape.web.local_page import local_app, name_in, refused, remembering, serve_app
from failscape.workflows.questions import AskedPair, QuestionSession

AUTHOR = "author"  # what names the author in addresses, in forms, and in the cookie by which a browser remembers them
FIELDS = ("question", "a", "b", "first_answer", "second_answer", "pattern")
KEPT = 64  # pictures that are kept encoded
COARSE = 200  # [px] of the longer side, up to which a picture is enlarged with its pixels apart
WHY = (
    "You will see two pictures that an encoder takes for alike, and ask something that is answered differently for "
    "them. Your name keeps your questions apart from others’, and lets you go on where you stopped."
)


class Pictures:
    """Pictures of a session as pages embed them: their ``data:`` addresses, and whether their pixels stay apart."""

    def __init__(self, session: QuestionSession) -> None:
        self.session = session
        self._of = lru_cache(KEPT)(self._encoded)

    def __call__(self, pair: AskedPair, which: str) -> tuple[str, bool]:
        """One picture of a pair, ``first`` or ``second``."""
        return self._of(pair.key, which)

    def _encoded(self, key: str, which: str) -> tuple[str, bool]:
        picture = self.session.picture(self.session.pairs[key], which)
        return faithful_uri(picture), max(picture.shape[:2]) <= COARSE


def make_app(session: QuestionSession, *, author: str | None = None) -> Any:
    """The page as a WSGI application.

    Args:
        session: what questions are asked about.
        author: whose page ``/`` is; where omitted, theirs who wrote last in this browser, or it asks.
    """
    flask = require("flask", "feedback")
    app, pictures = local_app(flask), Pictures(session)
    app.jinja_env.globals.update(patterns=PATTERNS, letters=LETTERS)
    with QuestionStore(session.store_path):  # made at once, so that a folder nobody may write to is told of before
        pass

    @app.get("/")  # type: ignore[untyped-decorator]
    def start() -> Any:
        name = name_in(flask.request.args, AUTHOR) or author or name_in(flask.request.cookies, AUTHOR)
        named = session.pairs.get(flask.request.args.get("pair", ""))
        return remembering(flask, show(flask, session, pictures, name, named), AUTHOR) if name else who()

    @app.get("/who")  # type: ignore[untyped-decorator]
    def who() -> Any:
        place = session.path.name
        return flask.render_template("who.html", place=place, heading="Who is asking?", why=WHY, role=AUTHOR)

    @app.post("/ask")  # type: ignore[untyped-decorator]
    def ask() -> Any:
        form = flask.request.form
        name, pair = name_in(form, AUTHOR), session.pairs.get(form.get("pair", ""))
        if not name or pair is None or not form.get("seen", "").isdecimal():
            return refused(flask, 400, "a question names its author and a pair of this table")
        try:
            with QuestionStore(session.store_path) as store:
                number = store.ask([question_in(form, name, pair)], int(form["seen"]))[0]
        except UsageError as error:
            status = 500 if str(error).startswith("cannot") else 422
            if flask.request.accept_mimetypes.best == "text/plain":  # as scripts ask, which keep the page
                return refused(flask, status, str(error))
            return show(flask, session, pictures, name, pair, typed=form, wrong=str(error)), status
        return flask.redirect(flask.url_for("start", author=name, saved=number), 303)

    return app


def question_in(form: Any, author: str, pair: AskedPair) -> Question:
    """What a form says."""
    if "same" in form:
        return Question(author, pair.first, pair.second, difference=False)
    return Question(author, pair.first, pair.second, *(form.get(name, "") for name in FIELDS))


def show(
    flask: Any,
    session: QuestionSession,
    pictures: Pictures,
    author: str,
    named: AskedPair | None,
    typed: Any = None,
    wrong: str = "",
) -> Any:
    """The blindest pair that nobody has written about, or the one that is named.

    Args:
        flask: the module.
        session: what is asked about.
        pictures: of it.
        author: who is asking.
        named: the pair that the address or the form names.
        typed: a form that was refused, whose words are to stay.
        wrong: why.
    """
    with QuestionStore(session.store_path) as store:
        counting, everything = session.counting(store), store.questions()
    done = dict(zip(counting["key"], counting.reset_index().to_dict("records"), strict=True))
    pair = named or next((pair for pair in session.ranked if pair.key not in done), None)
    now = done.get(pair.key) if pair else None
    before = now if now is not None and now["difference"] else {}
    saved = everything[(everything.index == flask.request.args.get("saved", type=int)) & (everything[AUTHOR] == author)]
    own = counting[counting[AUTHOR] == author].sort_index(ascending=False)
    return flask.render_template(
        "ask.html",
        session=session,
        author=author,
        pair=pair,
        sides=[(which, *pictures(pair, which)) for which in PICTURES] if pair else [],
        differs=session.differs(pair) if pair else [],
        now=now,
        said={name: (typed if typed is not None else before).get(name, "") for name in FIELDS},
        beside={step: beside(session, pair, step) for step in (-1, 1)} if pair else {},
        wrong=wrong,
        saved=saved.to_dict("records")[0] | {"key": key_of(session, saved)} if len(saved) else None,
        own=own.head(8).to_dict("records"),
        n_asked=int(counting["difference"].sum()),
        n_same=int((~counting["difference"]).sum()),
    )


def key_of(session: QuestionSession, rows: Any) -> str:
    """The pair that the first of some questions is about; empty where the table has it no longer."""
    pair = session.pair_of(*rows[list(PICTURES)].iloc[0])
    return pair.key if pair else ""


def beside(session: QuestionSession, pair: AskedPair, step: int) -> str:
    """The key of the pair before (-1) or after (1) another one; empty where there is none."""
    place = pair.rank - 1 + step
    return session.ranked[place].key if 0 <= place < len(session.ranked) else ""


def serve(session: QuestionSession, *, port: int, author: str | None) -> None:
    """Serve the page on the loopback interface until Ctrl-C.

    Raises:
        UsageError: the port is in use, or the packages for the page are not installed.
    """
    serve_app(lambda: make_app(session, author=author), port, "ask", "question")
