"""`insitu access reminders`: what is due at a site, and telling it."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from database.engine import Database
from database.migrations import migrate
from governance.audit.trail import Trail
from governance.gate import Gate
from governance.policy.engine import Policy
from governance.register import DatasetRegister
from insitu.house import ROOMS
from passport_broker.applications.service import Applications
from passport_broker.service import desk_of
from tests.passport_broker.access.applying import registered
from tests.test_environment import ROOT


def test_what_is_due_is_listed_and_told_once(fresh_database_url: str, tmp_path: Path) -> None:
    site, database = tmp_path / "data", Database(fresh_database_url)
    migrate(database, ROOMS)
    site.mkdir(mode=0o700)
    made = submitted(database, site, days=9)

    def insitu(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        environment = {"INSITU_DATABASE_URL": fresh_database_url} | changed
        return subprocess.run(
            [sys.executable, "-m", "insitu", "access", "reminders", *arguments, "--data-dir", str(site)],
            cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    listed = json.loads(insitu("--json").stdout)
    assert [(each["application"], each["what"], each["who"], each["days"]) for each in listed] == [
        (made, "waits", "committee", 9)
    ]
    assert listed[0]["told"] is None
    refused = insitu("--send", INSITU_SERVING_HOST="0.0.0.0")  # noqa: S104 - nobody listens
    assert (refused.returncode, "INSITU_SERVING_PUBLIC_URL" in refused.stderr) == (4, True)
    for _ in range(2):
        sent = insitu("--send", INSITU_SERVING_PUBLIC_URL="https://hospital.example")
        assert (sent.returncode, sent.stdout, sent.stderr) == (0, "", "")
    log = (site / "logs" / "site.log").read_text()
    assert log.count(f"https://hospital.example/passport/applications/{made}") == 1
    assert json.loads(insitu("--json").stdout)[0]["told"]
    database.dispose()


def submitted(database: Database, site: Path, days: int) -> str:
    """The id of an application that has waited for so many days."""
    from governance.caller import Caller, Identity
    from passport_broker.applications.parts import Parts
    from tests.passport_broker.access.applying import content

    def clock() -> float:
        return time.time() - days * 86_400

    register = DatasetRegister(database)
    registered(register)
    trail = Trail(database, site)
    issuer = "https://hospital.example/passport"
    parts: Any = Parts(
        database=database, trail=trail, gate=Gate(Policy(), trail), register=register,
        desk=desk_of(database, trail, issuer, clock), exists=lambda _: True, source=issuer, clock=clock,
    )  # fmt: skip
    ada = Identity(issuer, "ada")
    caller = Caller(identity=ada, person=ada)
    applications = Applications(parts)
    today = datetime.now(UTC).date()
    period = {"begins": today.isoformat(), "ends": (today + timedelta(days=90)).isoformat()}
    made = applications.begin(caller, "cohort-1", content(members=[], **period))
    applications.submit(caller, made.id)
    trail.close()
    return made.id
