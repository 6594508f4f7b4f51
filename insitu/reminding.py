"""The reminders of a site: what `insitu access reminders` does, by hand and each hour."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from governance.caller import Role
from governance.roles import RoleRegister
from insitu.exits import Stop
from insitu.house import House, opened
from insitu.logs import log_to
from insitu.origin import MISSING, origin_of
from passport_broker.app import issuer_at
from passport_broker.service import Reminding, mailer_of
from passport_broker.settings import PassportSettings
from processes.following import LIFELINE
from serving.settings import ServingSettings


def listed(data_dir: Path | None) -> list[dict[str, Any]]:
    """What is due, with when it was told."""
    with opened(data_dir) as house:
        return _reminding(house, "").listed()


def send(data_dir: Path | None) -> int:
    """Tells what nobody was told yet; how many that were.

    Raises:
        Stop: nobody has said under which address the site is reached.
    """
    origin = origin_of(ServingSettings())
    if origin is None:
        raise Stop(MISSING)
    with opened(data_dir) as house:
        log_to(house.folder, "site", terminal=LIFELINE not in os.environ)
        return _reminding(house, issuer_at(origin)).tell()


def _reminding(house: House, issuer: str) -> Reminding:
    settings = PassportSettings()  # type: ignore[call-arg,unused-ignore]

    def committee() -> Iterable[str]:
        given = RoleRegister(house.database).all()
        return (
            each.identity.subject
            for each in given
            if each.role is Role.COMMITTEE and each.identity.issuer == issuer
        )

    return Reminding(
        database=house.database,
        issuer=issuer,
        trail=house.trail,
        committee=committee,
        committee_mail=settings.committee_mail,
        mailer=mailer_of(settings),
    )
