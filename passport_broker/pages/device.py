"""The page on which somebody types in the code that a device shows (RFC 8628, 3.3)."""

from typing import Any

from flask import Blueprint, g, render_template, request

from passport_broker.domain import scopes
from passport_broker.domain.families import Device
from passport_broker.pages.sessions import login_required
from passport_broker.provider.devices import kept_code
from passport_broker.provider.server import Provider
from passport_broker.provider.web import address
from passport_broker.store import clients, devices

_LONGEST = 20


def add(pages: Blueprint, provider: Provider) -> None:
    """Adds the pages."""
    parts = provider.parts

    @login_required
    def device() -> Any:
        code = request.values.get("user_code", "")[:_LONGEST]
        if request.method != "POST":
            return render_template("device.html", code=code, unknown=False)
        found = _found(provider, code)
        if found is None:
            return render_template("device.html", code=code, unknown=True), 404
        client = provider.query_client(found.client)
        return render_template(
            "device_consent.html",
            client=None if client is None else client.registered,
            wanted=[scopes.OFFERED.get(each, each) for each in found.scopes],
            audiences=found.audiences,
            onward=clients.onward(parts.database, found.client, found.audiences, parts.site),
            code=code.upper(),
        )

    @login_required
    def decide() -> Any:
        code, allowed = request.form.get("user_code", "")[:_LONGEST], request.form.get("decision") == "allow"
        found, subject = _found(provider, code), g.account.subject
        if found is None:
            return render_template("device.html", code="", unknown=True), 404
        consent = None
        if allowed:
            said = {"client": found.client, "scopes": list(found.scopes), "audiences": list(found.audiences)}
            parts.record("passport.device", g.account, said)
            consent = clients.consent(parts.database, subject, found.client, found.scopes, found.audiences)
        kept, since = kept_code(parts, code), g.session.authenticated
        if not devices.decide(parts.database, kept, g.account, since, consent):
            return render_template("device.html", code="", unknown=True), 404
        title = "The device is signed in" if allowed else "The device was refused"
        return render_template("message.html", title=title, text="You can close this page.")

    pages.add_url_rule("/device", "device", device, methods=["GET", "POST"])
    pages.add_url_rule("/device/decision", "device_decision", decide, methods=["POST"])


def _found(provider: Provider, code: str) -> Device | None:
    """The device that waits with that code; guesses are counted.

    Raises:
        TooOften: this address has typed in too many.
    """
    provider.parts.rates.guesses_code(address())
    found = devices.waiting(provider.parts.database, kept_code(provider.parts, code))
    if found is not None:
        provider.parts.rates.knew_code(address())
    return found
