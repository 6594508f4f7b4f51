"""Logging in at a provider of others: authorization code with PKCE, state and nonce (RFC 9700, 2.1, 4.4).

`Upstream.begin` gives the address to which a browser is sent. What it comes back with is looked at once, and
from the same browser only (`back`), and proves then who somebody is (`proof`).
"""

import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from database.engine import Database
from governance.caller import Identity
from governance.keys.fetching import Http
from passport_broker.domain import opaque
from passport_broker.domain.persons import Proof
from passport_broker.store import errands
from passport_broker.store.errands import Errand
from passport_broker.upstream.asking import Asking, person_in
from passport_broker.upstream.endpoints import Endpoints
from passport_broker.upstream.errors import NotBegun, ProofRefused
from passport_broker.upstream.providers import Provider, Providers
from passport_broker.upstream.tokens import Expected, IdTokens

SECONDS = 600
"""How long somebody may take at the provider."""

_LONGEST = 4000  # characters of a code
_ERROR = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class Going:
    """Who goes to a provider, and why: `linking` is the account to which another identity is to be linked.

    `anew` where it does not do that they have logged in there before.
    """

    browser: bytes
    back: str
    linking: str | None = None
    anew: bool = False


class Upstream:
    """The relying party. Safe between threads; an answer may come to another process than the request."""

    def __init__(
        self,
        providers: Providers,
        database: Database,
        http: Http,
        *,
        secret: bytes,
        issuer: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`secret` is the site's; what has to fit together later is derived with it. `issuer` is our own."""
        self.providers = providers
        self._database = database
        self._secret = secret
        self._issuer = issuer
        self._clock = clock
        self._asking = Asking(http, Endpoints(http, clock))
        self._tokens = IdTokens(http, clock, providers.skew)

    def redirect_uri(self, provider: Provider) -> str:
        """Where that provider sends people back to: one of its own, against mix-ups (RFC 9700, 4.4)."""
        return redirect_uri(self._issuer, provider)

    def begin(self, provider: Provider, going: Going) -> str:
        """The address of the provider to which the browser is to be sent.

        Raises:
            ProviderAway, ProofRefused: the provider's endpoints are not known.
        """
        address = self._asking.find(provider, "authorization_endpoint")
        state = opaque.new()
        since = int(self._clock()) if going.anew else None
        errand = Errand(going.browser, provider.id, provider.issuer, going.linking, going.back, since)
        errands.begin(self._database, opaque.kept(state), errand, SECONDS)
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": self.redirect_uri(provider),
            "scope": " ".join(provider.scopes),
            "state": state,
            "nonce": self._derived("nonce", state),
            "code_challenge": create_s256_code_challenge(self._derived("verifier", state)),
            "code_challenge_method": "S256",
        }
        anew = {"prompt": "login"} if going.anew else {}
        made: str = add_params_to_uri(address, list((asked | anew).items()))
        return made

    def back(self, provider: Provider, browser: bytes, answer: Mapping[str, str]) -> Errand:
        """What the browser was sent there for; from now on it is over.

        Raises:
            NotBegun: it was not sent there with that state, or has come back before.
        """
        kept = opaque.kept(answer.get("state", ""))
        found = errands.take(self._database, kept, browser, provider.id, provider.issuer)
        if found is None:
            raise NotBegun
        return found

    def proof(self, errand: Errand, answer: Mapping[str, str]) -> Proof:
        """As whom somebody has logged in there.

        Raises:
            ProofRefused: that is not proven; says by which rule.
            ProviderAway: the provider cannot be asked.
        """
        provider, state = self.providers.get(errand.provider), answer.get("state", "")
        self._check_answer(provider, answer)
        verifier = self._derived("verifier", state)
        given = self._asking.tokens(provider, answer["code"], verifier, self.redirect_uri(provider))
        token = given.get("access_token")
        access = token if isinstance(token, str) and token else None
        expected = Expected(self._derived("nonce", state), access, errand.since)
        keys = self._asking.find(provider, "jwks_uri")
        claims = self._tokens.claims(provider, given.get("id_token"), keys, expected)
        name, email = person_in(provider, claims | self._about(provider, access, claims["sub"]))
        identity, at = Identity(provider.issuer, claims["sub"]), claims.get("auth_time")
        return Proof(provider.id, identity, name, email, None if at is None else int(at))

    def _about(self, provider: Provider, access: str | None, subject: str) -> dict[str, Any]:
        """What UserInfo adds, where it is to be asked."""
        if not provider.userinfo:
            return {}
        if access is None:
            raise ProofRefused(provider, "answer", "its token endpoint gave no access token")
        return self._asking.userinfo(provider, access, subject)

    def _check_answer(self, provider: Provider, answer: Mapping[str, str]) -> None:
        """Returns where it is this provider's (RFC 9207 2.4), and brings a code."""
        issuer = answer.get("iss")
        if issuer is None and self._asking.names_itself(provider):
            raise ProofRefused(provider, "iss", "the answer does not say whose it is (`iss`)")
        if issuer not in (None, provider.issuer):
            raise ProofRefused(provider, "iss", "the answer is of another issuer (`iss`)")
        if "error" in answer:
            code = answer["error"]
            said = code if _ERROR.fullmatch(code) else "an error"
            raise ProofRefused(provider, "error", f"it says {said}")
        if not 0 < len(answer.get("code", "")) <= _LONGEST:
            raise ProofRefused(provider, "code", "it sent no code")

    def _derived(self, use: str, state: str) -> str:
        """What belongs to a state: 256 bits that nobody knows who has not the site's secret."""
        raw = opaque.kept_with(self._secret, f"upstream {use}", state)
        return urlsafe_b64encode(raw).rstrip(b"=").decode()


def redirect_uri(issuer: str, provider: Provider) -> str:
    """What a provider has to have registered for the site of that issuer."""
    return f"{issuer}/upstream/{provider.id}/callback"
