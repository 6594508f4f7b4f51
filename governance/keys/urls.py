"""Which addresses this site may call: https, or plain http to this very machine."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_LONGEST = 2000  # characters
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_PORTS = {"https": 443, "http": 80}


def problem_with(url: str) -> str | None:
    """What is wrong with an address that is to be called; None where nothing is."""
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        return f"is longer than {_LONGEST} characters, or has characters that no URL has"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in _PORTS or not host:
        return "is no URL that begins with https://"
    if not _is_host(host):
        return "names a host that no host can be called"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "may hold no user, password or fragment"
    if parts.scheme == "http" and not _loopback(host):
        return "must begin with https:// (plain http is for this machine only)"
    return None


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL that has been looked at."""
    parts: SplitResult = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]


def at_home(issuer: str, url: str) -> bool:
    """Whether an address may be called and is on the issuer's own server."""
    return problem_with(url) is None and origin(url) == origin(issuer)


def _is_host(host: str) -> bool:
    """Whether a name can be looked up at all: the libraries stumble over others in their own ways."""
    if ":" in host:  # an IPv6 address in brackets
        return _is_address(host)
    labels = host.removesuffix(".").split(".")
    try:
        return all(_LABEL.fullmatch(each) and each.encode().decode("idna") for each in labels)
    except UnicodeError:
        return False


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    return _is_address(host) and ipaddress.ip_address(host).is_loopback
