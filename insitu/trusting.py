"""What `insitu trust` does, and the lines in which it says so."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from governance.caller import Caller
from governance.keys.fetching import Http
from governance.passport.checking import Checking, Finding
from governance.passport.claims import shown
from governance.passport.clearinghouse import Clearinghouse
from governance.passport.explaining import COUNTS, Explained, VisaLine
from governance.passport.opening import open_clearinghouse
from governance.passport.registered import missing
from governance.passport.trust import Trust
from governance.passport.trustfile import TrustFile, path_in
from insitu.exits import Exit, Stop
from insitu.house import House, opened, site_settings
from insitu.origin import MISSING
from insitu.own import ground_of
from insitu.standing import OwnBroker, own_broker, own_keys, trust_or_none
from passport_broker.own import OwnHttp, OwnTrust
from passport_broker.service import own_site
from passport_broker.settings import PassportSettings
from processes.errors import CannotStart


def findings(data_dir: Path | None, *, offline: bool) -> list[Finding]:
    """What is well with the trust file and with the servers that it names, and what is not.

    Raises:
        Stop, TrustInvalid: there is no such file, or it cannot be understood.
    """
    path, trust, own, there = _read(data_dir)
    said = f"{path}, version {trust.version}" if there else f"there is no {path}: nobody else is believed"
    found = [Finding("file", ok=True, detail=said), _own_finding(path.parent.parent, own)]
    if not offline and there:
        http = Http()
        checked = Checking(trust, http).findings()
        found += (each for each in checked if not (own.added and each.check == "brokers"))
        http.close()
    return found


def described(data_dir: Path | None) -> dict[str, Any]:
    """The trust file as JSON shows it, without secrets.

    Raises:
        Stop, TrustInvalid: as `findings`.
    """
    _, trust, own, _ = _read(data_dir)
    about = {"issuer": own.issuer, "audience": own.site, "believed": own.believed and own.issuer is not None}
    return trust.model_dump(mode="json") | {"version": trust.version, "own_broker": about}


def trust_lines(data_dir: Path | None) -> Iterator[str]:
    """The trust file for people.

    Raises:
        Stop, TrustInvalid: as `findings`.
    """
    _, trust, own, _ = _read(data_dir)
    names = trust.audiences if own.site is None or not own.believed else (*trust.audiences, own.site)
    yield f"this site is called: {', '.join(dict.fromkeys(names)) or '-'}"
    yield f"own broker:  {own.sentence}"
    for broker in trust.broker:
        required = broker.requires_audience or broker.way == "none"
        audience = "required" if required else "may be absent"
        yield f"broker:      {broker.issuer} (visas by {broker.way}, audience {audience})"
        if broker.clients is not None:
            yield f"             only of the programs: {', '.join(broker.clients) or 'none'}"
    for issuer in trust.visa_issuer:
        yield f"visa issuer: {issuer.issuer} (keys at {', '.join(issuer.jku)})"
        for what, listed in (("types", issuer.types), ("sources", issuer.sources)):
            if listed is not None:
                yield f"             only {what}: {', '.join(listed) or 'none'}"
    for kind, sources in trust.sources.items():
        yield f"{kind}: believed of {', '.join(sources) or 'nobody'}"


def explained(data_dir: Path | None, text: str) -> Explained:
    """What a token, passport or visa comes to at this site.

    Raises:
        Stop, TrustInvalid: as `findings`.
        TokenRefused, Unavailable: as `Clearinghouse.identify`.
    """
    path, _, own, _ = _read(data_dir)
    token = text.removeprefix("Bearer ").strip()
    if own.issuer is not None and own.believed:
        with opened(data_dir) as house:
            return _of_whole_site(house, own.site, token)
    http = Http()
    try:
        return open_clearinghouse(path.parent.parent, http).explain(token)
    finally:
        http.close()


def explained_lines(found: Explained) -> Iterator[str]:
    """An explanation for people."""
    if found.caller is None:
        yield "a visa by itself: whose it is, and its conditions, show with the passport it comes in"
    else:
        yield from _caller_lines(found.kind, found.caller)
    yield from (_line(each) for each in found.visas)
    if not found.visas:
        yield f"no visas{found.note and ': '}{found.note}"


def explained_json(found: Explained) -> dict[str, Any]:
    """An explanation for programs."""
    caller = found.caller
    return {
        "kind": found.kind,
        "caller": caller and {
            "identity": caller.identity and asdict(caller.identity),
            "person": caller.person and asdict(caller.person),
            "registered": caller.registered,
            "registered_lacks": missing(caller.visas),
            "client": caller.client,
            "expires": caller.expires,
        },
        "visas": [asdict(each) for each in found.visas],
        "note": found.note,
    }  # fmt: skip


def _read(data_dir: Path | None) -> tuple[Path, Trust, OwnBroker, bool]:
    """The trust file's path and trust, the site's own broker, and whether there is such a file."""
    path = path_in(site_settings(data_dir).data_dir.expanduser().absolute())
    trust, there = trust_or_none(path)
    own = own_broker(trust)
    if not there and not own.added:
        why = f"there is no {path}, so this site trusts no broker: docs/passports.md has an example"
        raise Stop(why, Exit.REFUSED)
    return path, trust, own, there


def _own_finding(folder: Path, own: OwnBroker) -> Finding:
    try:
        keys = f"; {own_keys(folder, own)}" if own.added else ""
    except CannotStart as error:
        return Finding("own broker", ok=False, detail=error.public)
    return Finding("own broker", ok=True, detail=own.sentence + keys)


def _of_whole_site(house: House, origin: str | None, token: str) -> Explained:
    """As a running site sees it, with its own broker's tokens, visas and revocations."""
    ground = ground_of(house.folder, house.database, origin)
    if ground is None:
        raise Stop(MISSING)
    settings = PassportSettings()  # type: ignore[call-arg,unused-ignore]
    http = OwnHttp(ground)
    try:
        trust = OwnTrust(ground, TrustFile(path_in(house.folder)).current).current
        own = own_site(settings, house.database, ground.signing)
        return Clearinghouse(trust, http, broker=own).explain(token)
    finally:
        http.close()


def _caller_lines(kind: str, caller: Caller) -> Iterator[str]:
    identity, person = caller.identity, caller.person
    if identity is not None:
        yield f"{kind} of: {identity.subject} at {identity.issuer}"
    if person is not None and person != identity:
        yield f"one person with: {person.subject} at {person.issuer}"
    lacking = missing(caller.visas)
    yield "registered access: " + ("yes" if lacking is None else f"no, {lacking}")
    if caller.expires is not None:
        yield f"holds until: {shown(caller.expires)}"


def _line(each: VisaLine) -> str:
    said = f"{each.type or 'visa'} {each.value}".rstrip()
    of = f", of {each.source}" if each.source else ""
    by = f" (by {each.by})" if each.by else ""
    if each.rule == COUNTS:
        return f"counts   {said}{of}{by}, until {shown(each.expires or 0)}"
    named = {"iss": each.issuer, "sub": each.subject, "jku": each.jku, "kid": each.kid}
    signed = "".join(f", {name} {value}" for name, value in named.items() if value)
    return f"ignored  {said}{of}{by}: {each.reason} [{each.rule}] sha256 {each.digest[:12]}{signed}"
