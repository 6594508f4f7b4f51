"""A site's clearinghouse over a trust file, for tests."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Self

from governance.caller import Caller
from governance.keys.fetching import Http
from governance.passport.clearinghouse import Clearinghouse
from governance.passport.trustfile import TrustFile, path_in


@cache
def shared_http() -> Http:
    """The usual bounds; shared, for it takes a while to read the certificate authorities."""
    return Http()


class Site:
    """A clearinghouse, the file it follows, and the time that both go by."""

    def __init__(self, folder: Path, text: str, clock: Callable[[], float], **bounds: Any) -> None:
        self.path = path_in(folder)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(text, encoding="utf-8")
        self.http = Http(**bounds) if bounds else shared_http()
        self.file = TrustFile(self.path, clock)
        self.house = Clearinghouse(self.file.current, self.http, clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.http is not shared_http():
            self.http.close()

    def identify(self, token: str) -> Caller:
        """The caller with that access token."""
        return self.house.identify(f"Bearer {token}")
