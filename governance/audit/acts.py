"""Acts upon the site, recorded under the operating system's user."""

import os
import platform
import pwd
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from governance.audit.entries import Act, Entry, moment
from governance.audit.reading import Wanted, newest
from governance.audit.trail import Trail
from governance.caller import Identity

RULES = "policy.changed"


class NoticingRules:
    """Records through a trail; where other rules are in force than before, that first."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail
        self._version: str | None = None
        self._lock = threading.Lock()

    def record(self, made: Entry) -> None:
        """As `Trail.record`."""
        if made.policy != self._version:
            with self._lock:
                if made.policy != self._version:
                    self._notice(made.policy)
                    self._version = made.policy
        self._trail.record(made)

    def _notice(self, version: str) -> None:
        """Where the trail does not say so yet; it may say so twice, for processes notice at the same time."""
        last = list(newest(self._trail.database, Wanted(action=RULES, kind="act"), 1))
        before = last[0]["details"]["version"] if last else None
        if before != version:
            details = {"version": version, "before": before}
            record_act(self._trail, RULES, details=details, by={"process": "gate"})


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
) -> None:
    """Records one thing that was done or noticed; `by` is who did it, the process's user where not given.

    `what` is in dotted words (`policy.changed`); `details` is anything JSON can hold. An account goes into
    `subject`, never into `details`: there its name could not be forgotten.

    Raises:
        CannotRecord: it could not be kept.
    """
    who = operator() if by is None else by
    trail.record(Act(moment(trail.clock()), what, who, outcome, dataset, subject, details or {}))


@contextmanager
def acting(
    trail: Trail,
    what: str,
    *,
    dataset: str | None = None,
    subject: Identity | None = None,
    details: Mapping[str, Any] | None = None,
) -> Iterator[dict[str, Any]]:
    """Records that something is begun, and after the block that it is `done` or how it `failed`.

    What cannot be recorded is not begun. The block may put what came of it into the dictionary it is given.

    Raises:
        CannotRecord: the beginning or the end could not be kept.
    """
    about: dict[str, Any] = {"dataset": dataset, "subject": subject}
    record_act(trail, what, **about, details=details, outcome="begun")
    came: dict[str, Any] = {}
    try:
        yield came
    except BaseException as error:
        record_act(trail, what, **about, details=came, outcome=f"failed: {type(error).__name__}")
        raise
    record_act(trail, what, **about, details=came, outcome="done")
