"""The admin API of a site's broker (`openapi/passport.yaml`), called with the login's token."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from governance.errors import shown
from insitu.exits import Exit, Stop
from insitu.login.choosing import chosen, site_of
from insitu.login.keeping import Keeping
from insitu.login.metadata import OURS
from insitu.login.remote import Access, Remote

Json = dict[str, Any]

_API = f"{OURS}/api"


class Administration:
    """Visas and access applications at a site; what may be done there is for its policy to say.

    Each call raises Refused or Unreached as `Remote.json` does.
    """

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._base = remote.site + _API

    def visas(self, subject: str | None, most: int) -> list[Json]:
        """What was asserted, the newest first."""
        query = {"limit": most} | ({"subject": subject} if subject else {})
        return _listed(self._remote.json("GET", f"{self._base}/visas", query=query), "visas")

    def issue(self, wanted: Mapping[str, Any]) -> Json:
        """The new assertion."""
        return self._remote.json("POST", f"{self._base}/visas", body=wanted)

    def revoke(self, identifier: str, why: str) -> Json:
        """The assertion, revoked."""
        return self._remote.json(
            "POST", f"{self._base}/visas/{_segment(identifier)}/revocation", body={"why": why}
        )

    def offers(self) -> list[str]:
        """The datasets to apply for."""
        found = self._remote.json("GET", f"{self._base}/offers").get("datasets")
        return [str(each) for each in found] if isinstance(found, list) else []

    def applications(self, view: str) -> list[Json]:
        """One's own (`mine`), those that wait for one's decision (`waiting`), or `all` one may decide on."""
        found = self._remote.json("GET", f"{self._base}/applications", query={"view": view})
        return _listed(found, "applications")

    def application(self, identifier: str) -> Json:
        """An application with its history."""
        return self._remote.json("GET", self._one(identifier))

    def begin(self, wanted: Mapping[str, Any]) -> Json:
        """The new draft."""
        return self._remote.json("POST", f"{self._base}/applications", body=wanted)

    def edit(self, identifier: str, wanted: Mapping[str, Any]) -> Json:
        """The application, saying something else."""
        return self._remote.json("PUT", self._one(identifier), body=wanted)

    def move(self, identifier: str, step: str, **about: Any) -> Json:
        """The application after a step; what is None is not sent."""
        body = {"step": step} | {name: each for name, each in about.items() if each is not None}
        return self._remote.json("POST", f"{self._one(identifier)}/steps", body=body)

    def _one(self, identifier: str) -> str:
        return f"{self._base}/applications/{_segment(identifier)}"


def administration_at(at: str | None, broker: str | None) -> Administration:
    """As `insitu.login.opening.administration`."""
    if at is None:
        login = chosen(Keeping(), broker)
        if not login.audiences:
            raise Stop("the login is for no site: say which by --at", Exit.USAGE)
        at = login.audiences[0]
    site_of(at)
    if urlsplit(at).path.rstrip("/") not in ("", OURS, _API):
        raise Stop(f"{shown(at, 200)} is no site: name it as https://host", Exit.USAGE)
    return Administration(Remote(at, Access(broker)).known())


def _segment(identifier: str) -> str:
    """An id in a path; what could lead elsewhere in it cannot be one."""
    if not identifier or not identifier.replace("-", "").replace("_", "").isalnum():
        raise Stop(f"{shown(identifier)} is no id", Exit.USAGE)
    return quote(identifier, safe="")


def _listed(found: Json, name: str) -> list[Json]:
    listed = found.get(name)
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
