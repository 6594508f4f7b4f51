"""What `insitu upstream` and invitations do, and the lines in which they say so."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from governance.caller import Identity
from governance.keys.fetching import Http
from governance.passport.claims import SUB_LONGEST
from insitu.exits import Exit, Stop
from insitu.findings import Finding
from insitu.house import House, site_settings
from insitu.origin import origin_of
from passport_broker.app import issuer_at, people_of
from passport_broker.domain.accounts import checked_person
from passport_broker.domain.persons import Proof
from passport_broker.persons.errors import NotLinked
from passport_broker.service import OPERATOR, Account, Identities
from passport_broker.settings import PassportSettings
from passport_broker.store.persons import by_identity
from passport_broker.upstream.checking import Checking
from passport_broker.upstream.providers import Provider, Providers, path_in, read_providers
from passport_broker.upstream.service import redirect_uri
from serving.settings import ServingSettings


def findings(data_dir: Path | None, *, offline: bool) -> list[Finding]:
    """What is well with the file and with the providers that it names, and what is not.

    Raises:
        Stop, UpstreamInvalid: there is no such file, or it cannot be understood.
    """
    path, providers = _read(data_dir)
    found = [Finding("file", ok=True, detail=f"{path}, {len(providers.provider)} providers")]
    if not offline:
        http = Http()
        found += [Finding(*each) for each in Checking(providers, http).findings()]
        http.close()
    return found


def described(data_dir: Path | None) -> dict[str, Any]:
    """The file as JSON shows it, without secrets.

    Raises:
        Stop, UpstreamInvalid: as `findings`.
    """
    _, providers = _read(data_dir)
    said: dict[str, Any] = providers.model_dump(mode="json")
    for row, each in zip(said["provider"], providers.provider, strict=True):
        row["redirect_uri"] = _redirect_uri(each)
    return said


def lines(data_dir: Path | None) -> Iterator[str]:
    """The file for people.

    Raises:
        Stop, UpstreamInvalid: as `findings`.
    """
    _, providers = _read(data_dir)
    for each in providers.provider:
        who = "whoever logs in there" if each.accounts == "open" else "only who was invited"
        yield f"{each.id}: {each.name}, {each.issuer}"
        yield f"    client {each.client_id} ({each.authentication}), scopes {' '.join(each.scopes)}"
        yield f"    lets in {who}"
        yield f"    to be registered there: {_redirect_uri(each) or 'INSITU_SERVING_PUBLIC_URL is not set'}"


def invited(
    house: House,
    issuer: str,
    provider: str,
    subject: str,
    *,
    account: str | None,
    name: str | None,
    email: str | None,
) -> Account:
    """The account that somebody of that subject at a provider logs in to from now on.

    Raises:
        ProviderUnknown, UpstreamInvalid: the file names no such provider.
        AccountUnknown: there is no such account to log in to.
        IdentityTaken, AlreadyLinked, TooManyLinked: it logs in another one, or cannot be linked.
    """
    settings = PassportSettings()  # type: ignore[call-arg,unused-ignore]
    persons, _ = people_of(house.database, house.trail, issuer, settings, time.time)
    proof = Proof(provider, _identity(house, issuer, provider, subject), *checked_person(name, email))
    if account is None:
        return persons.make(proof, OPERATOR)
    found = Identities(house.database).find(account).account
    persons.invite(found, proof, OPERATOR)
    return found


def uninvited(house: House, issuer: str, provider: str, subject: str) -> None:
    """Somebody of that subject at a provider logs in to nothing any more.

    Raises:
        ProviderUnknown, UpstreamInvalid: the file names no such provider.
        NotLinked: they did not.
        LastWay: nobody could log in to the account; disable it.
    """
    settings = PassportSettings()  # type: ignore[call-arg,unused-ignore]
    persons, _ = people_of(house.database, house.trail, issuer, settings, time.time)
    identity = _identity(house, issuer, provider, subject)
    found = by_identity(house.database, identity)
    if found is None:
        raise NotLinked
    persons.detach(found[0], identity, OPERATOR)


def _identity(house: House, issuer: str, provider: str, subject: str) -> Identity:
    chosen = read_providers(path_in(house.folder), issuer).get(provider)
    if not 0 < len(subject) <= SUB_LONGEST or not subject.isprintable():
        raise Stop(f"a subject has 1 to {SUB_LONGEST} printable characters", Exit.REFUSED)
    return Identity(chosen.issuer, subject)


def _redirect_uri(provider: Provider) -> str | None:
    origin = origin_of(ServingSettings())
    return None if origin is None else redirect_uri(issuer_at(origin), provider)


def _read(data_dir: Path | None) -> tuple[Path, Providers]:
    path = path_in(site_settings(data_dir).data_dir.expanduser().absolute())
    origin = origin_of(ServingSettings())
    found = read_providers(path, None if origin is None else issuer_at(origin))
    if not found.provider:
        why = f"{path} names no provider, so people log in here only: docs/upstream.md has examples"
        raise Stop(why, Exit.REFUSED)
    return path, found
