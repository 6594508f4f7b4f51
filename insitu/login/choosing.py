"""Which login is meant, and for whom a token has to be that is sent to an address."""

from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

from governance.errors import shown
from governance.keys.urls import origin, problem_with
from insitu.exits import Exit, Stop
from insitu.login.keeping import Keeping
from insitu.login.kept import Login
from insitu.login.metadata import OURS, issuers_at
from insitu.login.session import logins


def chosen(keeping: Keeping, broker: str | None) -> Login:
    """The login at that broker (its issuer, or its site), or the only one there is.

    Raises:
        Stop: there is none, or it has to be said which.
    """
    if broker is not None:
        found = [each for issuer in issuers_at(broker) if (each := keeping.of(issuer))]
        if not found:
            where = shown(broker, 200)
            raise Stop(f"there is no login at {where}: insitu login {where}", Exit.REFUSED)
        return found[0]
    listed = list(logins(keeping))
    if not listed:
        raise Stop("nobody is logged in: insitu login URL", Exit.REFUSED)
    if len(listed) > 1:
        names = ", ".join(shown(each.issuer, 200) for each in listed)
        raise Stop(f"there are several logins: say which by --broker ({names})", Exit.USAGE)
    return listed[0]


def login_for(keeping: Keeping, url: str, broker: str | None) -> Login | None:
    """The login whose tokens are for the server of an address; None where there is none.

    Raises:
        Stop: there are several, or none at the broker that is named.
    """
    if broker is not None:
        return chosen(keeping, broker)
    found = [] if problem_with(url) else [each for each in logins(keeping) if _audiences(each, url)]
    if len(found) > 1:
        names = ", ".join(shown(each.issuer, 200) for each in found)
        raise Stop(f"several logins are for {site_of(url)}: say which by --broker ({names})", Exit.USAGE)
    return found[0] if found else None


def audience_of(login: Login, url: str) -> str:
    """For whom a token has to be that is sent there: one of the login's own, else the server's address."""
    found = _audiences(login, url)
    return found[0] if found else site_of(url)


def site_of(url: str) -> str:
    """`https://host` of an address.

    Raises:
        Stop: it is none that may be called.
    """
    if problem := problem_with(url):
        raise Stop(f"{shown(url, 200)} {problem}", Exit.USAGE)
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "", "", ""))


def audiences_at(issuer: str, wanted: Sequence[str]) -> tuple[str, ...]:
    """Whom a login is for: the site whose broker it is, first, and all that are named.

    Raises:
        Stop: one is no address.
    """
    own = [issuer.removesuffix(OURS)] if issuer == site_of(issuer) + OURS else []
    for each in wanted:
        site_of(each)
    return tuple(dict.fromkeys([*own, *(bare(each) for each in wanted)]))


def bare(audience: str) -> str:
    """A site's address as tokens name it: `https://host` without a slash behind it."""
    return audience[:-1] if problem_with(audience) is None and urlsplit(audience).path == "/" else audience


def _audiences(login: Login, url: str) -> list[str]:
    """Of whom the login is for those on the address's server, the longest address that it is below first."""
    here = [
        each for each in login.audiences if problem_with(each) is None and origin(each) == origin(url)
    ]
    below = [each for each in here if url == each or url.startswith(each.rstrip("/") + "/")]
    return sorted(below, key=len, reverse=True) or here
