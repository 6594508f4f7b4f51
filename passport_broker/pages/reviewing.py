"""Pages for who decides on access applications."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from passport_broker.access import Access
from passport_broker.applications.committee import Decision
from passport_broker.applications.due import told_to
from passport_broker.applications.errors import ApplicationInvalid
from passport_broker.domain.applications import STEPS, Side, Step
from passport_broker.pages.callers import caller_of
from passport_broker.pages.sessions import login_required
from passport_broker.pages.typed import LONGEST, number


class Reviewing:
    """What the committee does."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def add(self, pages: Blueprint) -> None:
        """Adds the pages."""
        pages.add_url_rule("/review", "review", login_required(self.review))
        decision = "/applications/<identifier>/decision"
        pages.add_url_rule(decision, "decide", login_required(self.decide), methods=["POST"])

    def review(self) -> Any:
        """What waits for a decision, or all that there ever was."""
        waiting = request.args.get("view") != "all"
        found = self._access.committee.to_review(caller_of(self._access), waiting=waiting)
        due = told_to(Side.COMMITTEE, [each for each, _ in found], self._access.parts.clock())
        return render_template("access/review.html", found=found, waiting=waiting, due=due)

    def decide(self, identifier: str) -> Any:
        """A decision, which takes effect at once."""
        word = request.form.get("step", "")
        if word not in {each.value for each, (side, _) in STEPS.items() if side is Side.COMMITTEE}:
            raise ApplicationInvalid("Choose what to do with the application.", "step")
        why = request.form.get("why", "")[:LONGEST]
        decision = Decision(Step(word), why, number(), against=request.form.get("against") == "yes")
        self._access.committee.decide(caller_of(self._access), identifier, decision)
        return redirect(url_for("access.one", identifier=identifier), 303)
