"""Token exchange (RFC 8693) as GA4GH AAI 1.2.1 has it: what is sent to a broker, and what its errors mean."""

import json
import re
from base64 import b64encode
from urllib.parse import quote

from governance.keys.errors import Unfetched
from governance.passport.trust import Broker

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a kind
PASSPORT = "urn:ga4gh:params:oauth:token-type:passport"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"

_CODE = re.compile(r"[a-z_]{1,40}")
_OF_TOKENS = frozenset({"invalid_grant", "invalid_token"})


def form_of(token: str) -> dict[str, str]:
    """What asks a broker for the passport of an access token's user."""
    return {
        "grant_type": EXCHANGE,
        "requested_token_type": PASSPORT,
        "subject_token": token,
        "subject_token_type": ACCESS_TOKEN,
    }


def credentials_of(broker: Broker) -> dict[str, str]:
    """The header that says who this site is to the broker, as RFC 6749 2.3.1 writes it."""
    return basic(broker.client_id or "", broker.secret.get_secret_value() if broker.secret else "")


def basic(client: str, secret: str) -> dict[str, str]:
    """The header with which a client authenticates by Basic (RFC 6749 2.3.1: both parts form-encoded)."""
    pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
    return {"authorization": "Basic " + b64encode(pair.encode()).decode()}


def error_code(error: Unfetched) -> str:
    """The code of an OAuth error (RFC 6749 5.2), empty where the broker gave none."""
    code = _said(error, "error")
    return code if _CODE.fullmatch(code) else ""


def is_about_token(error: Unfetched) -> bool:
    """Whether it is the user's token that a broker turned down, and not this site's registration or call.

    RFC 8693 has invalid_request for subject tokens, RFC 6749 for calls that are wrong in any way: then what
    the broker says beside it decides.
    """
    code = error_code(error)
    if code in _OF_TOKENS:
        return True
    said = re.sub(r"(requested|subject|actor)_token_type", "", _said(error, "error_description"))
    return code == "invalid_request" and (not said or "token" in said.lower())


def _said(error: Unfetched, name: str) -> str:
    try:
        found = json.loads(error.body)
    except (ValueError, RecursionError):
        return ""
    value = found.get(name) if isinstance(found, dict) else None
    return value if isinstance(value, str) else ""
