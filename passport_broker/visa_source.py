"""Where visas come from: what the provider asks of those who keep them."""

import time
from collections.abc import Callable
from typing import Protocol

from passport_broker.signing.keys import Signing

PASSPORT_TYPE = "vnd.ga4gh.passport+jwt"
VISA_TYPE = "vnd.ga4gh.visa+jwt"

_SECONDS = 60


class VisaSource(Protocol):
    """Signs what is asserted of people, each time anew and for a short time."""

    def of(self, account_subject: str, until: int = 0) -> list[str]:
        """The visas of an account, as signed JWTs; none ends before `until`, as far as they hold so long."""

    def passport(self, account_subject: str, audience: str | list[str] | None = None) -> str:
        """The passport of an account, a signed JWT that holds them, for that audience where one is named."""


class NoVisas:
    """Of a broker where nobody asserts anything: every passport is empty, and signed all the same."""

    def __init__(self, signing: Signing, clock: Callable[[], float] = time.time) -> None:
        self._signing = signing
        self._clock = clock

    def of(self, account_subject: str, until: int = 0) -> list[str]:  # noqa: ARG002 - nobody has any
        """None."""
        return []

    def passport(self, account_subject: str, audience: str | list[str] | None = None) -> str:
        """A passport without visas."""
        now = int(self._clock())
        claims = {"iss": self._signing.issuer, "sub": account_subject, "iat": now, "exp": now + _SECONDS}
        said = {} if audience is None else {"aud": audience}
        return self._signing.sign(claims | said | {"ga4gh_passport_v1": []}, PASSPORT_TYPE)
