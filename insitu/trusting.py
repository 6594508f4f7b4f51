"""What `insitu trust` does, and the lines in which it says so."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from governance.caller import Caller
from governance.keys.fetching import Http
from governance.passport.checking import Checking, Finding
from governance.passport.claims import shown
from governance.passport.explaining import COUNTS, Explained, VisaLine
from governance.passport.opening import open_clearinghouse
from governance.passport.registered import missing
from governance.passport.trust import Trust, read_trust
from governance.passport.trustfile import path_in
from insitu.exits import Exit, Stop
from insitu.house import site_settings


def findings(data_dir: Path | None, *, offline: bool) -> list[Finding]:
    """What is well with the trust file and with the servers that it names, and what is not.

    Raises:
        Stop, TrustInvalid: there is no such file, or it cannot be understood.
    """
    path, trust = _read(data_dir)
    found = [Finding("file", ok=True, detail=f"{path}, version {trust.version}")]
    if not offline:
        http = Http()
        found += Checking(trust, http).findings()
        http.close()
    return found


def described(data_dir: Path | None) -> dict[str, Any]:
    """The trust file as JSON shows it, without secrets.

    Raises:
        Stop, TrustInvalid: as `findings`.
    """
    _, trust = _read(data_dir)
    return trust.model_dump(mode="json") | {"version": trust.version}


def trust_lines(data_dir: Path | None) -> Iterator[str]:
    """The trust file for people.

    Raises:
        Stop, TrustInvalid: as `findings`.
    """
    _, trust = _read(data_dir)
    yield f"this site is called: {', '.join(trust.audiences) or '-'}"
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
    path, _ = _read(data_dir)
    http = Http()
    try:
        return open_clearinghouse(path.parent.parent, http).explain(text.removeprefix("Bearer ").strip())
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


def _read(data_dir: Path | None) -> tuple[Path, Trust]:
    path = path_in(site_settings(data_dir).data_dir.expanduser().absolute())
    try:
        return path, read_trust(path)
    except FileNotFoundError as error:
        why = f"there is no {path}, so this site trusts no broker: docs/passports.md has an example"
        raise Stop(why, Exit.REFUSED) from error


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
