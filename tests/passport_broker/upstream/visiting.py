"""People with browsers who log in at providers of others, and files that name these."""

import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.passport_broker.access.walking import Reader, Walk
from tests.passport_broker.upstream.idp import CLIENT, SECRET, Idp


def provider(identifier: str, issuer: str, client: str = CLIENT, **also: Any) -> str:
    """A [[provider]] of the file; its secret is beside it."""
    said = {
        "id": identifier, "name": f"The {identifier}", "issuer": issuer, "client_id": client,
        "client_secret_file": f"{identifier}.secret", "accounts": "open",
    } | also  # fmt: skip
    lines = [f"{name} = {_toml(value)}" for name, value in said.items() if value is not None]
    return "\n".join(["[[provider]]", *lines, ""])


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')


def write(folder: Path, *providers: str, secrets: Mapping[str, str]) -> Path:
    """The file in a data folder, and the secrets beside it."""
    path = folder / "passport" / "upstream.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(providers))
    for name, secret in secrets.items():
        place = path.parent / f"{name}.secret"
        place.touch(0o600)
        place.write_text(secret + "\n")
    return path


class Visitor(Reader):
    """Somebody with a browser, who goes to a provider and comes back."""

    def __init__(self, walk: Walk, login: str = "") -> None:
        super().__init__(walk.broker, login)
        self.walk = walk

    def leave(self, name: str, onward: str = "") -> str:
        """The address of the provider to which the login page leads."""
        page = self.open(f"login?next={onward}")
        return left(self.form(page, f"/upstream/{name}"))

    def leave_to_link(self, name: str) -> httpx.Response:
        """The page that leads to a provider whose identity is to be linked."""
        return self.form(self.open("account/linked"), "/account/linked/provider", provider=name)

    def come(self, name: str, answer: Mapping[str, str] | list[tuple[str, str]]) -> httpx.Response:
        """The page after coming back with what the provider sent along."""
        return self._follow(self.http.get(f"{self.broker.issuer}/upstream/{name}/callback", params=answer))

    def enter(self, name: str, idp: Idp, sub: str, onward: str = "") -> httpx.Response:
        """The page after a login at the provider."""
        return self.come(name, idp.authorize(self.leave(name, onward), sub))

    def link(self, name: str, idp: Idp, sub: str) -> httpx.Response:
        """The page after linking an identity at the provider."""
        return self.come(name, idp.authorize(left(self.leave_to_link(name)), sub))

    @property
    def logged_in(self) -> bool:
        return 'name="password"' not in self.open("account").text

    @property
    def subject(self) -> str:
        """The account's."""
        found = re.search(r"<code>([^<]+)</code> of <code>", self.open("account").text)
        assert found is not None
        return found[1]


def left(page: httpx.Response) -> str:
    """Where a page leads that leads on by itself; its link and its header say the same."""
    assert page.status_code == 200, page.text
    found = re.search(r'<a href="([^"]*)">go on', page.text)
    assert found is not None, page.text
    address = html.unescape(found[1])
    assert page.headers["refresh"] == f"0; url={address}"
    return address


def walk_file(folder: Path, first: Idp, second: Idp, third: Idp) -> None:
    """`idp` and `other` let everybody in, `club` those who were invited."""
    write(
        folder,
        provider("idp", first.url),
        provider("other", second.url),
        provider("club", third.url, accounts="invited"),
        secrets=dict.fromkeys(("idp", "other", "club"), SECRET),
    )
