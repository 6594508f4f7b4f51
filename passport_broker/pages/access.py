"""Pages of access applications, for the app whose session and base template they use."""

from typing import Any

from flask import Blueprint, render_template

from passport_broker.access import Access
from passport_broker.pages import purposes
from passport_broker.pages.applying import Applying
from passport_broker.pages.reviewing import Reviewing
from passport_broker.reminding.words import sentence
from serving.errors import status_of
from serving.reasons import Reason


def access_pages(access: Access) -> Blueprint:
    """The pages, to be registered by the provider's app: it guards their forms as its own."""
    pages = Blueprint("access", __name__)
    pages.register_error_handler(Reason, _explained)
    pages.add_app_template_filter(purposes.in_words, "purpose")
    pages.add_app_template_filter(sentence, "reminder")
    Applying(access).add(pages)
    Reviewing(access).add(pages)
    return pages


def _explained(error: Reason) -> Any:
    """A page that says why not."""
    return render_template("access/problem.html", text=error.public), status_of(error)
