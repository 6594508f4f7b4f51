"""The providers at which people may log in: the file `passport/upstream.toml`, checked as a whole."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from governance.keys.urls import at_home, problem_with
from governance.stating import SECRET_LONGEST, checked, secret_in, stated_in
from passport_broker.upstream.errors import ProviderUnknown, UpstreamInvalid

MOST = 20
_SCOPES = ("openid", "profile", "email")


def path_in(folder: Path) -> Path:
    """Where the file lies in a data folder."""
    return folder / "passport" / "upstream.toml"


def _address(value: str) -> str:
    if problem := problem_with(value):
        raise ValueError(problem)
    return value


def _issuer(value: str) -> str:
    if "?" in _address(value):
        raise ValueError("may have no query")
    return value


def _scopes(value: tuple[str, ...]) -> tuple[str, ...]:
    if "openid" not in value:
        raise ValueError("must have openid")
    return value


Address = Annotated[str, AfterValidator(_address)]
Issuer = Annotated[str, Field(max_length=255), AfterValidator(_issuer)]
Text = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]
Scope = Annotated[str, Field(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,100}$")]  # RFC 6749 3.3
Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,99}$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Provider(_Table):
    """An OpenID provider of others. `id` is part of the address that it sends people back to.

    Endpoints that are not given are discovered, and must then be on the issuer's own server. `accounts` says
    whether whoever logs in there gets an account here, or only who was invited. `name_claim` and
    `email_claim` are the claims that people are shown by; nobody is recognised by them.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]
    issuer: Issuer
    client_id: Text
    client_secret_file: Text | None = None
    client_secret_variable: Variable | None = None
    authentication: Literal["basic", "post", "none"] = "basic"
    accounts: Literal["open", "invited"] = "invited"
    scopes: Annotated[
        tuple[Scope, ...], Field(strict=False, max_length=20), AfterValidator(_scopes)
    ] = _SCOPES
    name_claim: Text = "name"
    email_claim: Text = "email"
    userinfo: bool = True
    authorization_endpoint: Address | None = None
    token_endpoint: Address | None = None
    userinfo_endpoint: Address | None = None
    jwks_uri: Address | None = None
    secret: Annotated[SecretStr | None, Field(exclude=True)] = None

    @model_validator(mode="after")
    def _credentials(self) -> Self:
        given = sum(each is not None for each in (self.client_secret_file, self.client_secret_variable))
        if given != (0 if self.authentication == "none" else 1):
            raise ValueError(
                "needs client_secret_file or client_secret_variable, and one of them only; neither with "
                'authentication = "none"'
            )
        return self

    def at_home(self, url: str) -> bool:
        """Whether an address is of the issuer's own server."""
        return at_home(self.issuer, url)


class Providers(_Table):
    """All of the file. `skew`: how far clocks may be apart, in seconds."""

    skew: Annotated[int, Field(ge=0, le=120)] = 30
    provider: Annotated[tuple[Provider, ...], Field(strict=False, max_length=MOST)] = ()

    @model_validator(mode="after")
    def _once(self) -> Self:
        for name in ("id", "issuer"):
            listed = [str(getattr(each, name)) for each in self.provider]
            if twice := {each for each in listed if listed.count(each) > 1}:
                raise ValueError(f"two [[provider]] have the {name} {min(twice)}")
        return self

    def get(self, identifier: str) -> Provider:
        """The provider of that id.

        Raises:
            ProviderUnknown: there is none.
        """
        found = next((each for each in self.provider if each.id == identifier), None)
        if found is None:
            raise ProviderUnknown(identifier[:64])
        return found

    def of(self, issuer: str) -> Provider | None:
        """The provider of that issuer."""
        return next((each for each in self.provider if each.issuer == issuer), None)


NO_PROVIDERS = Providers()
"""Of a site without the file: everybody logs in with an account of its own."""


def read_providers(path: Path, own: str | None = None, environ: Mapping[str, str] = os.environ) -> Providers:
    """The providers that the file names, with their secrets; none where there is no file.

    `own` is the issuer of this site, which is no provider of others.

    Raises:
        UpstreamInvalid: the file cannot be understood, or a secret cannot be had; says what to change.
    """
    try:
        stated = stated_in(path, UpstreamInvalid)
    except FileNotFoundError:
        return NO_PROVIDERS
    except OSError as error:
        raise UpstreamInvalid(f"{path} cannot be read: {error.strerror}") from error
    _check_hidden(path, stated)
    found = checked(path, Providers, stated, UpstreamInvalid)
    if own is not None and found.of(own) is not None:
        raise UpstreamInvalid(f"{path}: {own} is this site itself: its accounts log in without being named")
    listed = [_with_secret(path, number, each, environ) for number, each in enumerate(found.provider, 1)]
    return found.model_copy(update={"provider": tuple(listed)})


def _check_hidden(path: Path, stated: dict[str, Any]) -> None:
    """No secret stands in the file itself, which people show each other."""
    listed = stated.get("provider")
    for each in listed if isinstance(listed, list) else ():
        for name in ("secret", "client_secret"):
            if isinstance(each, dict) and name in each:
                why = "put the secret into a file, and name that as client_secret_file"
                raise UpstreamInvalid(f"{path}: {why}")


def _with_secret(path: Path, number: int, provider: Provider, environ: Mapping[str, str]) -> Provider:
    if provider.authentication == "none":
        return provider
    try:
        if provider.client_secret_file is not None:
            secret = secret_in(path, provider.client_secret_file)
        else:
            secret = _in_environment(provider.client_secret_variable or "", environ)
    except ValueError as error:
        raise UpstreamInvalid(f"{path}: provider {number}: {error}") from error
    return provider.model_copy(update={"secret": SecretStr(secret)})


def _in_environment(variable: str, environ: Mapping[str, str]) -> str:
    secret = environ.get(variable, "").strip()
    if not 0 < len(secret) <= SECRET_LONGEST:
        raise ValueError(f"the variable {variable} must hold 1 to {SECRET_LONGEST} characters")
    return secret
