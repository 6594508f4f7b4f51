"""The clearinghouse of a site, over the trust file in its data folder."""

import time
from collections.abc import Callable
from pathlib import Path

from governance.keys.fetching import Http
from governance.passport.clearinghouse import Clearinghouse
from governance.passport.trustfile import TrustFile, path_in


def open_clearinghouse(
    folder: Path, http: Http, clock: Callable[[], float] = time.time
) -> Clearinghouse:
    """The clearinghouse of the site in that data folder, which follows its trust file.

    `http` is the caller's to close.

    Raises:
        TrustInvalid: the trust file cannot be understood.
    """
    return Clearinghouse(TrustFile(path_in(folder)).current, http, clock)
