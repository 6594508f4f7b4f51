"""Do the providers that the file names answer, as they should? `insitu upstream check`."""

import time
from collections.abc import Iterator
from dataclasses import replace

from governance.keys.errors import Unfetched
from governance.keys.fetching import Http
from governance.keys.jwk import ALGORITHMS
from governance.keys.sets import KeySets
from passport_broker.upstream.endpoints import TIMES, Endpoints
from passport_broker.upstream.providers import Provider, Providers

PATIENT = replace(TIMES, patience=30.0, hurry=30.0)  # whoever checks waits for what there is to say
_METHODS = {"basic": "client_secret_basic", "post": "client_secret_post", "none": "none"}

Found = tuple[str, bool, str]
"""What was looked at, whether it is well, and what is there or what to do."""


class Checking:
    """Asks each provider, once."""

    def __init__(self, providers: Providers, http: Http) -> None:
        self._providers = providers
        self._endpoints = Endpoints(http, time.time, PATIENT)
        self._keys = KeySets(http, times=PATIENT)

    def findings(self) -> Iterator[Found]:
        """A finding for each endpoint of each provider, for its keys, and for what it says that it can do."""
        for each in self._providers.provider:
            yield from self._provider(each)

    def _provider(self, provider: Provider) -> Iterator[Found]:
        names = ["authorization_endpoint", "token_endpoint"]
        for name in [*names, "userinfo_endpoint"] if provider.userinfo else names:
            yield self._tried(provider, name)
        yield self._key_set(provider)
        try:
            said = self._endpoints.said(provider)
        except Unfetched:
            return  # it is needed only where the file has not all of it, and then was said above
        yield from _promises(provider, said)

    def _tried(self, provider: Provider, name: str) -> Found:
        try:
            return f"{provider.id} {name}", True, self._endpoints.find(provider, name)
        except Unfetched as error:
            return f"{provider.id} {name}", False, f"{provider.issuer} {error.why}"

    def _key_set(self, provider: Provider) -> Found:
        name = f"{provider.id} keys"
        try:
            url = self._endpoints.find(provider, "jwks_uri")
            keys, refused = self._keys.described(url)
        except Unfetched as error:
            return name, False, f"{provider.issuer} {error.why}"
        left = "".join(f"; {each}" for each in refused)
        return name, bool(keys), f"{url}: {', '.join(keys) or 'none that can be used'}{left}"


def _promises(provider: Provider, said: dict[str, object]) -> Iterator[Found]:
    """What its metadata says that concerns us; what it does not say is left to the first login."""
    method, name = _METHODS[provider.authentication], provider.id
    listed = said.get("token_endpoint_auth_methods_supported")
    if isinstance(listed, list) and method not in listed:
        yield f"{name} authentication", False, f"takes {', '.join(map(str, listed))[:200]}, and not {method}"
    signed = said.get("id_token_signing_alg_values_supported")
    if isinstance(signed, list) and not set(ALGORITHMS) & set(map(str, signed)):
        yield f"{name} algorithms", False, "signs ID tokens with neither RS256 nor ES256"
    pkce = said.get("code_challenge_methods_supported")
    if not isinstance(pkce, list) or "S256" not in pkce:
        yield f"{name} PKCE", True, "careful: it does not say that it checks PKCE (S256); we check the nonce"
