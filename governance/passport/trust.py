"""Whom this site trusts: the file `trust.toml`, read and checked as a whole.

The file is written by people and holds every address that the clearinghouse may call (docs/passports.md).
"""

import hashlib
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from governance.keys.urls import at_home, problem_with
from governance.stating import checked, secret_in, stated_in
from serving.reasons import Invalid

STANDARD_TYPES = (
    "AffiliationAndRole",
    "AcceptedTermsAndPolicies",
    "ResearcherStatus",
    "ControlledAccessGrants",
    "LinkedIdentities",
)

Visas = Literal["exchange", "userinfo", "none"]


class TrustInvalid(Invalid):
    """The file does not say whom to trust in a way that can be understood; says where and what to change."""


def _address(value: str) -> str:
    if problem := problem_with(value):
        raise ValueError(problem)
    return value


def _issuer(value: str) -> str:
    if "?" in _address(value):
        raise ValueError("may have no query")
    return value


def _type(value: str) -> str:
    if value not in STANDARD_TYPES and not value.startswith(("https://", "http://")):
        raise ValueError(f"is none of {', '.join(STANDARD_TYPES)}, and no URL of a custom type")
    return value


Address = Annotated[str, AfterValidator(_address)]
Issuer = Annotated[str, AfterValidator(_issuer)]
VisaType = Annotated[str, AfterValidator(_type)]
Text = Annotated[str, Field(min_length=1, max_length=255)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Broker(_Table):
    """A broker whose access tokens and passports are accepted.

    The addresses that are not given are discovered, and must then be of the issuer's own server. `clients`,
    where given, are the only programs whose access tokens are taken.
    """

    issuer: Issuer
    jwks_uri: Address | None = None
    userinfo: Address | None = None
    token: Address | None = None
    visas: Visas | None = None
    requires_audience: bool = True
    clients: Annotated[tuple[Text, ...] | None, Field(strict=False)] = None
    client_id: Text | None = None
    client_secret_file: Text | None = None
    secret: Annotated[SecretStr | None, Field(exclude=True)] = None

    @model_validator(mode="after")
    def _client(self) -> Self:
        if (self.client_id is None) != (self.client_secret_file is None):
            raise ValueError("needs client_id and client_secret_file together, or neither")
        if self.visas == "exchange" and self.client_id is None:
            raise ValueError('needs client_id and client_secret_file for visas = "exchange"')
        return self

    @property
    def way(self) -> Visas:
        """How the visas of an access token are had: by exchange where this site is a client of the broker."""
        return self.visas or ("exchange" if self.client_id else "userinfo")

    def at_home(self, url: str) -> bool:
        """Whether an address is of the issuer's own server."""
        return at_home(self.issuer, url)


class VisaIssuer(_Table):
    """A signer of visas, the only addresses its keys may come from, and what it may say.

    `types` and `sources`, where given, are all it is believed in. `subjects_of` is the broker whose subject
    ids it uses. What was asserted more than `oldest_days` ago does not count.
    """

    own: ClassVar[bool] = False  # true of this site's own broker only, which no file can say

    issuer: Issuer
    jku: Annotated[tuple[Address, ...], Field(min_length=1, strict=False)]
    types: Annotated[tuple[VisaType, ...] | None, Field(strict=False)] = None
    sources: Annotated[tuple[Text, ...] | None, Field(strict=False)] = None
    subjects_of: Issuer | None = None
    oldest_days: Annotated[int | None, Field(ge=1, le=36_500)] = None


class Trust(_Table):
    """All of the file; `skew` and `lifetime` in seconds. `version` changes with what it says, and secrets."""

    audiences: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    skew: Annotated[int, Field(ge=0, le=120)] = 30
    lifetime: Annotated[int, Field(ge=60, le=3600)] = 3600
    broker: Annotated[tuple[Broker, ...], Field(strict=False)] = ()
    visa_issuer: Annotated[tuple[VisaIssuer, ...], Field(strict=False)] = ()
    sources: dict[VisaType, Annotated[tuple[Text, ...], Field(strict=False)]] = {}
    version: Annotated[str, Field(exclude=True)] = ""

    @model_validator(mode="after")
    def _once(self) -> Self:
        for name, listed in (("broker", self.broker), ("visa_issuer", self.visa_issuer)):
            issuers = [each.issuer for each in listed]
            if twice := {each for each in issuers if issuers.count(each) > 1}:
                raise ValueError(f"[[{name}]] names {min(twice)} twice")
        if not self.audiences and any(each.requires_audience and not each.client_id for each in self.broker):
            raise ValueError("`audiences` must name this site as its brokers do, or no token could be for it")
        return self

    @model_validator(mode="after")
    def _subjects(self) -> Self:
        brokers = {each.issuer for each in self.broker}
        for number, each in enumerate(self.visa_issuer, 1):
            if each.subjects_of is not None and each.subjects_of not in brokers:
                raise ValueError(f"visa_issuer {number}: subjects_of: must be the issuer of a [[broker]]")
            if each.subjects_of not in (None, each.issuer) and each.issuer in brokers:
                raise ValueError(f"visa_issuer {number}: subjects_of: a broker has subjects of its own")
        return self

    def find_broker(self, issuer: str) -> Broker | None:
        """The broker of that issuer, compared as a whole string."""
        return next((each for each in self.broker if each.issuer == issuer), None)

    def find_issuer(self, issuer: str) -> VisaIssuer | None:
        """The visa issuer of that name, compared as a whole string."""
        return next((each for each in self.visa_issuer if each.issuer == issuer), None)

    def names_at(self, broker: Broker) -> frozenset[str]:
        """What this site may be called in the `aud` of that broker's tokens."""
        return frozenset(self.audiences) | ({broker.client_id} if broker.client_id else set())


NO_TRUST = Trust()
"""Of a site without the file: it trusts nobody."""


def read_trust(path: Path) -> Trust:
    """The trust that the file states, with the secrets that it names.

    Raises:
        TrustInvalid: it cannot be read or understood; says which line or field, and what to change.
        FileNotFoundError: there is no such file.
    """
    trust = _model(path, stated_in(path, TrustInvalid))
    brokers = tuple(_with_secret(path, number, each) for number, each in enumerate(trust.broker, 1))
    secrets = [each.secret.get_secret_value() if each.secret else "" for each in brokers]
    said = trust.model_dump_json()  # and not the file, of which a comment may change
    version = hashlib.sha256("\0".join([said, *secrets]).encode()).hexdigest()[:16]
    return trust.model_copy(update={"broker": brokers, "version": version})


def _model(path: Path, stated: dict[str, object]) -> Trust:
    for hidden in ("version", "secret"):
        if hidden in stated or any(hidden in each for each in _tables(stated)):
            raise TrustInvalid(f"{path}: `{hidden}` is no field of this file")
    return checked(path, Trust, stated, TrustInvalid)


def _tables(stated: dict[str, object]) -> list[dict[str, object]]:
    listed = stated.get("broker", [])
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _with_secret(path: Path, number: int, broker: Broker) -> Broker:
    if broker.client_secret_file is None:
        return broker
    named = broker.client_secret_file
    try:
        secret = secret_in(path, named)
    except ValueError as error:
        raise TrustInvalid(f"{path}: broker {number}: client_secret_file: {error}") from error
    return broker.model_copy(update={"secret": SecretStr(secret)})
