"""Acts upon the site, recorded under the operating system's user."""

import os
import platform
import pwd
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from governance.audit.entries import Act, Entry, moment
from governance.audit.reading import Wanted, newest
from governance.audit.trail import Trail
from governance.caller import Identity

RULES = "policy.changed"
TRUST = "trust.changed"


class NoticingRules:
    """Records through a trail; where other rules or another trust are in force than before, that first.

    `trust` gives the version of the trust file; rows say it beside that of the rules.
    """

    def __init__(self, trail: Trail, trust: Callable[[], str] = str) -> None:
        self._trail = trail
        self._trust = trust
        self._versions: tuple[str, str] = ("", "")
        self._lock = threading.Lock()

    def record(self, made: Entry) -> None:
        """As `Trail.record`."""
        trust = self._trust()
        if trust:
            made = replace(made, trust=trust)
        versions = (made.policy, trust)
        if versions != self._versions:
            with self._lock:
                self._notice(RULES, made.policy, self._versions[0])
                self._notice(TRUST, trust, self._versions[1])
                self._versions = versions
        self._trail.record(made)

    def _notice(self, what: str, version: str, known: str) -> None:
        """Where the trail does not say so yet; it may say so twice, for processes notice at the same time."""
        if version == known:
            return
        last = list(newest(self._trail.database, Wanted(action=what, kind="act"), 1))
        before = last[0]["details"]["version"] if last else None
        if before != version:
            details = {"version": version, "before": before}
            record_act(self._trail, what, details=details, by={"process": "gate"})


def operator() -> dict[str, Any]:
    """Who runs this process, on which machine; `sudo` is who says to stand behind root."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name  # not from the environment, which anybody can set
    except KeyError:
        user = None  # an id without a name, as in some containers
    who: dict[str, Any] = {"user": user, "uid": os.getuid(), "host": platform.node()}
    behind = os.environ.get("SUDO_USER")
    return {**who, "sudo": behind} if behind else who


def record_act(
    trail: Trail,
    what: str,
    *,
    dataset: str | None = None,
    subject: Identity | None = None,
    details: Mapping[str, Any] | None = None,
    outcome: str = "done",
    by: Mapping[str, Any] | None = None,
    actor: Identity | None = None,
) -> None:
    """Records one thing that was done or noticed; `by` is who did it, the process's user where not given.

    `actor` is the account that did it, where one did.

    `what` is in dotted words (`policy.changed`); `details` is anything JSON can hold. An account goes into
    `subject`, never into `details`: there its name could not be forgotten.

    Raises:
        CannotRecord: it could not be kept.
    """
    who = operator() if by is None else by
    trail.record(Act(moment(trail.clock()), what, who, outcome, dataset, subject, details or {}, actor))


@contextmanager
def acting(
    trail: Trail,
    what: str,
    *,
    dataset: str | None = None,
    subject: Identity | None = None,
    details: Mapping[str, Any] | None = None,
    by: Mapping[str, Any] | None = None,
    actor: Identity | None = None,
    settled: Callable[[], Mapping[str, Any] | None] = lambda: None,
) -> Iterator[dict[str, Any]]:
    """Records that something is begun, and after the block that it is `done` or how it `failed`.

    What cannot be recorded is not begun. The block may put what came of it into the dictionary it is given.
    A failure goes on as it is, also where it cannot be recorded (the log then says so): whoever acted has to
    learn why it failed, and the trail shows an act that was begun and never done.

    A block may fail when what counts is done: `settled` says so, with details, and then the act is `done`.

    Raises:
        CannotRecord: the beginning or the end could not be kept.
    """
    about: dict[str, Any] = {"dataset": dataset, "subject": subject, "by": by, "actor": actor}
    record_act(trail, what, **about, details=details, outcome="begun")
    came: dict[str, Any] = {}
    try:
        yield came
    except BaseException as error:
        failed = f"failed: {type(error).__name__}"
        with suppress(Exception):  # who cannot find out whether it is done, cannot say that it failed
            done = settled()
            if done is None:
                record_act(trail, what, **about, details=came, outcome=failed)
            else:
                record_act(trail, what, **about, details={**came, **done, "afterwards": failed})
        raise
    record_act(trail, what, **about, details=came, outcome="done")
