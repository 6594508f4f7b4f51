"""The Flask app: pages, endpoints, and what holds for each request."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, g, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from database.errors import DatabaseProblem
from governance.audit.errors import CannotRecord
from passport_broker.domain.scopes import OFFERED
from passport_broker.identities import Identities
from passport_broker.limiting import TooOften
from passport_broker.pages import account, consent, device, login, own
from passport_broker.pages.linking import Linking
from passport_broker.pages.sessions import Sessions
from passport_broker.pages.upstream import Coming
from passport_broker.people import People
from passport_broker.provider import web
from passport_broker.provider.server import Provider
from serving.request import REQUEST_ID, ROUTE

log = logging.getLogger("insitu.passport")

_BODY_MOST = 1_000_000
_QUERY_MOST = 8_000
_WORDS = {
    404: "There is no such page here.",
    405: "This page cannot be used like that.",
    413: "That is more than can be sent at once.",
}
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)


def flask_app(
    provider: Provider,
    identities: Identities,
    path: str,
    blueprints: Sequence[Blueprint] = (),
    people: People | None = None,
) -> Flask:
    """The app; `path` is where it is mounted. `blueprints` are pages of others, with the same protection.

    Without `people` nobody logs in elsewhere, nor links what they are.
    """
    here = Path(__file__).parent
    app = Flask(
        "passport_broker",
        root_path=str(here),
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )
    app.config.update(MAX_CONTENT_LENGTH=_BODY_MOST, MAX_FORM_MEMORY_SIZE=_BODY_MOST, MAX_FORM_PARTS=100)
    sessions = Sessions(provider.parts, path)
    _guard(app, sessions, path)
    _explain(app)
    pages = Blueprint("pages", __name__)
    login.add(pages, provider, identities, sessions)
    consent.add(pages, provider)
    device.add(pages, provider)
    account.add(pages, provider, identities)
    own.add_password(pages, provider.parts, sessions, identities)
    if people is not None:
        own.add_visas(pages, provider.parts, people)
        Coming(provider, sessions, people).add(pages)
        Linking(provider.parts, sessions, identities, people).add(pages)
    endpoints = web.endpoints(provider)
    consent.add_posted(endpoints)
    for each in (endpoints, pages, *blueprints):
        app.register_blueprint(each)
    app.jinja_env.globals |= {
        "csrf_field": sessions.field, "site_name": provider.parts.settings.name, "scope_words": OFFERED,
        "people": people is not None,
        "upstream_providers": () if people is None else people.upstream.providers.provider,
        "has_access": "access" in app.blueprints,
    }  # fmt: skip
    return app


def _guard(app: Flask, sessions: Sessions, path: str) -> None:
    """Sessions and forged forms before each request, headers after it."""

    def before() -> Any:
        _note_route(path)
        g.form_targets = []
        g.account = g.session = None
        if len(request.query_string) > _QUERY_MOST:
            return _said(414, "The address is too long.")
        if _of_programs() or request.endpoint == "static":
            return None
        sessions.load()
        if request.method not in ("GET", "HEAD", "OPTIONS") and sessions.forged():
            return _said(403, "This form was not sent from a page of ours, or it is too old. Please go back, "
                              "load the page again and send it once more.")  # fmt: skip
        return None

    def after(response: Response) -> Response:
        if not _of_programs():
            targets = "".join(f" {_origin(each)}" for each in g.get("form_targets", ()))
            response.headers["Content-Security-Policy"] = _POLICY + targets
            response.headers["X-Frame-Options"] = "DENY"
            if request.endpoint == "static":
                response.headers["Cache-Control"] = "public, max-age=3600"
            else:
                response.headers["Cache-Control"] = "no-store"
                sessions.save(response)
        if sessions.cookie.startswith("__Host-"):
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response

    app.before_request(before)
    app.after_request(after)


def _explain(app: Flask) -> None:
    """A page, or JSON for programs, for whatever ends a request early."""

    def too_often(error: TooOften) -> Any:
        log.warning("id=%s somebody tries too often", _request_id())
        answer = _said(429, error.public)
        answer.headers["Retry-After"] = str(error.seconds)
        return answer

    def unavailable(error: Exception) -> Any:
        log.warning("id=%s %s", _request_id(), type(error).__name__)
        answer = _said(503, "A part of this site does not answer just now. Please try again in a moment.")
        answer.headers["Retry-After"] = "5"
        return answer

    def http(error: HTTPException) -> Any:
        code = error.code or 500
        answer = _said(code, _WORDS.get(code, error.name))
        answer.headers.update({name: value for name, value in error.get_headers() if name == "Allow"})
        return answer

    def unforeseen(error: Exception) -> Any:
        log.error("id=%s app=passport status=500", _request_id(), exc_info=error)
        return _said(500, f"Something went wrong at this site. Its log says more under {_request_id()}.")

    app.register_error_handler(TooOften, too_often)
    app.register_error_handler(DatabaseProblem, unavailable)
    app.register_error_handler(CannotRecord, unavailable)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, unforeseen)


def _said(status: int, text: str) -> Response:
    """A failure, in words for people, or as OAuth has it for programs."""
    if _of_programs():
        kind = {429: "slow_down", 503: "temporarily_unavailable"}.get(status)
        error = kind or ("server_error" if status >= 500 else "invalid_request")
        answer: Response = jsonify({"error": error, "error_description": text})
    else:
        answer = Response(render_template("message.html", title="That did not work", text=text))
    answer.status_code = status
    return answer


def _of_programs() -> bool:
    """Whether the endpoint is one that programs call, without cookies."""
    return request.blueprint == web.NAME


def _origin(uri: str) -> str:
    """Scheme, host and port of an address that has been looked at."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def _note_route(path: str) -> None:
    """Tells the access log which page it was, as a template: never what was typed into the address."""
    scope = request.environ.get("asgi.scope", {})
    if request.url_rule is not None and ROUTE in scope:
        scope[ROUTE].append(path + request.url_rule.rule)


def _request_id() -> str:
    return str(request.environ.get("asgi.scope", {}).get(REQUEST_ID, "-"))
