"""Entries and acts as the text of rows. docs/audit.md lists the members."""

import hashlib
from collections.abc import Mapping
from typing import Any

from governance.audit.chain import Body, canonical, written
from governance.audit.entries import Act, Entry, Told
from governance.audit.pseudonyms import Pseudonyms, hidden_text, keyed, pseudonym
from governance.caller import Caller, Identity, Visa
from governance.policy.decision import Decision

_NOTHING = Told()
# Visas whose value is about data, terms or the kind of person. Any other may name somebody, as linked
# accounts do, and affiliations like `professor@tiny.example`: those are kept under the account's key.
_CLEAR = frozenset({"ControlledAccessGrants", "AcceptedTermsAndPolicies", "ResearcherStatus"})
_LONGEST = 2000  # characters of a text from outside: a visa's value


def body_of(made: Entry | Act, names: Pseudonyms, question_bytes: int) -> Body:
    """The text of an entry. A question longer than `question_bytes` is kept as its digest only."""
    if isinstance(made, Act):
        return _body(made, "act", _act(made, names))
    return _body(made, "answer", _answer(made, names, question_bytes))


def _body(made: Entry | Act, kind: str, fields: Mapping[str, Any]) -> Body:
    text = canonical({**fields, "kind": kind, "at": written(made.when)}).decode()
    return Body(made.when, kind, text)


def _answer(made: Entry, names: Pseudonyms, question_bytes: int) -> dict[str, Any]:
    fields = {
        "request": names.request(made.request),
        "action": made.action.term,
        "decisions": [_decided(each, made.told.get(each.dataset.id, _NOTHING)) for each in made.decisions],
        "outcome": made.outcome,
        "policy": made.policy,
        **_question(made.question, question_bytes),
        **_caller(made.caller, names),
    }
    if made.site is not None:
        fields["site"] = {"outcome": made.site.outcome, "rule": made.site.rule}
    if made.trust:
        fields["trust"] = made.trust
    if made.context.purpose:
        fields["purpose"] = made.context.purpose
    if made.context.network is not None:
        fields["network"] = made.context.network
    return fields


def _question(question: Any, most: int) -> dict[str, Any]:
    """The digest of what was asked; with it the question itself, where it is short enough."""
    if question is None:
        return {}
    text = canonical(question)
    fields: dict[str, Any] = {"questionDigest": hashlib.sha256(text).hexdigest(), "questionBytes": len(text)}
    if len(text) <= most:
        fields["question"] = question
    return fields


def _caller(caller: Caller, names: Pseudonyms) -> dict[str, Any]:
    if caller.identity is None:
        return {"subject": None}
    key = names.key(caller.identity)
    fields: dict[str, Any] = {
        "subject": pseudonym(key, caller.identity),
        "client": None if caller.client is None else hidden_text(key, "client", caller.client),
        "registered": caller.registered,
        "roles": sorted(caller.roles),
        "visas": [_visa(each, key) for each in caller.visas],
    }
    if caller.person is not None and caller.person != caller.identity:
        fields["person"] = _name(caller.person, names)
    return fields


def _visa(visa: Visa, key: bytes) -> dict[str, Any]:
    return {
        "digest": keyed(key, visa.digest),
        "type": visa.type[:_LONGEST],
        "value": _said(visa, key, "value", visa.value),
        "source": _said(visa, key, "source", visa.source),
        "by": visa.by,
        "issuer": visa.holder.issuer[:_LONGEST],
    }


def _said(visa: Visa, key: bytes, what: str, said: str) -> str:
    return said[:_LONGEST] if visa.type in _CLEAR else hidden_text(key, what, said)


def _decided(decision: Decision, told: Told) -> dict[str, Any]:
    return {
        "dataset": decision.dataset.id,
        "given": decision.given.name.lower(),
        "outcome": decision.outcome,
        "rule": decision.rule,
        "obligations": [str(each) for each in decision.obligations],
        "exempt": decision.exempt,
        "results": told.results,
        "adjusted": told.adjusted,
    }


def _act(made: Act, names: Pseudonyms) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "what": made.what,
        "by": made.by,
        "outcome": made.outcome,
        "details": made.details,
    }
    if made.dataset is not None:
        fields["dataset"] = made.dataset
    if made.subject is not None:
        fields["subject"] = _name(made.subject, names)
    if made.actor is not None:
        fields["actor"] = _name(made.actor, names)
    return fields


def _name(identity: Identity, names: Pseudonyms) -> str:
    return pseudonym(names.key(identity), identity)
