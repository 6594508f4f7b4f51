"""A running site: its servers, web processes and worker, started, watched and stopped together."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from database.engine import Database
from database.migrations import migrate
from database.opening import open_database
from database.settings import DatabaseSettings
from insitu.house import ROOMS
from insitu.logs import log_to, put_aside
from insitu.origin import origin_of
from insitu.periodic import Periodic
from insitu.web import FACTORY
from processes.children import Children, Ended
from processes.errors import CannotStart
from processes.interpreter import module_command, module_environment
from processes.restarts import Restarts
from serving.listening import is_loopback, listen, url_of
from serving.running import LOOK_SECONDS, stop_asked
from serving.servers import Servers
from serving.settings import ServingSettings
from tasks.opening import open_broker
from tasks.settings import BrokerSettings

log = logging.getLogger("insitu.site")

_SPARE = 40  # database connections for commands, loads and administrators


@dataclass(frozen=True)
class Running:
    """What a site is to run: services by name, and background workers (none: no broker either)."""

    folder: Path
    serving: ServingSettings
    services: Sequence[str]
    workers: int


class Workers:
    """The background workers as children; one that dies is started again, after a pause that doubles."""

    def __init__(self, children: Children, folder: Path, count: int) -> None:
        self._children = children
        self._command = module_command("insitu", "worker", "--data-dir", str(folder))
        self._names = [f"worker-{number}" for number in range(1, count + 1)]
        self._restarts = Restarts()

    def start(self) -> None:
        """Starts all; they take their time to be ready."""
        for name in self._names:
            self._start(name)

    def tend(self, ended: Sequence[Ended]) -> None:
        """Starts anew what has ended, when its pause is over."""
        for each in ended:
            if each.name in self._names:
                log.warning("%s ended with status %d and is started again", each.name, each.status)
                self._restarts.died(each.name)
        for name in self._restarts.due():
            try:
                self._start(name)
            except (CannotStart, OSError) as error:  # no memory, no more processes: perhaps later
                log.warning("%s cannot be started now: %s", name, error)
                self._restarts.died(name)

    def _start(self, name: str) -> None:
        self._children.start(name, self._command, environment=module_environment())


class Foundations:
    """The servers under a site that are its own: one that dies while the site runs is started again."""

    def __init__(self, revive: Mapping[str, Callable[[], bool]]) -> None:
        self._revive = revive
        self._restarts = Restarts()

    def tend(self) -> None:
        """Starts anew what has died; what cannot be started now is tried again after a pause."""
        self._restarts.due()
        for name, revive in self._revive.items():
            if self._restarts.waiting(name):
                continue
            try:
                if revive():
                    log.warning("%s had died and was started again", name)
            except (CannotStart, OSError) as error:
                log.warning("%s has died and cannot be started again now: %s", name, error)
                self._restarts.died(name)


def run_site(running: Running, on_ready: Callable[[str], object] = lambda _: None) -> None:
    """Runs the site until SIGTERM or SIGINT; then lets requests end, stops everything and returns.

    `on_ready` is called with the site's URL once every web process answers. If this process is killed its
    children end too, and the embedded servers are adopted by the next start.

    Raises:
        CannotStart, DatabaseProblem, BrokerUnavailable: one line that says why and what to do.
    """
    serving = running.serving
    with listen(serving.host, serving.port) as bound, stop_asked() as stop, ExitStack() as site:
        database = site.enter_context(_database(running))
        migrate(database, ROOMS)
        revive = {"the database": database.revive}
        if running.workers:
            broker = open_broker(BrokerSettings(), running.folder)
            site.callback(broker.dispose)
            revive["the broker"] = broker.revive
        put_aside(running.folder)
        log_to(running.folder, "site")
        children = site.enter_context(Children(grace_seconds=serving.drain_seconds + 5.0))
        origin = origin_of(serving, url_of(bound))
        arguments = {
            "folder": str(running.folder), "services": list(running.services),
            "broker": bool(running.workers), "origin": origin, "loopback": is_loopback(bound),
        }  # fmt: skip
        servers = Servers(children, FACTORY, serving, bound, arguments)
        workers = Workers(children, running.folder, running.workers)
        foundations = Foundations(revive)
        periodic = [_reminders(children, running.folder, origin)] if "passport" in running.services else []
        if stop.is_set():
            return
        workers.start()
        servers.start()
        on_ready(url_of(bound))
        while not stop.wait(LOOK_SECONDS):
            foundations.tend()
            ended = children.poll()
            servers.tend(ended)
            workers.tend(ended)
            for each in periodic:
                each.tend(ended)


def _reminders(children: Children, folder: Path, origin: str | None) -> Periodic:
    """Tells people what is due, under the address that the site has."""
    command = module_command("insitu", "access", "reminders", "--send", "--data-dir", str(folder))
    address = {} if origin is None else {"INSITU_SERVING_PUBLIC_URL": origin}
    return Periodic(children, "reminders", command, {**module_environment(), **address})


@contextmanager
def _database(running: Running) -> Iterator[Database]:
    """The site's database; an embedded one takes as many connections as the site's processes may open."""
    settings = DatabaseSettings()
    needed = _SPARE + 3 * settings.pool_size * (running.serving.processes + running.workers + 1)
    settings = settings.model_copy(update={"max_connections": max(settings.max_connections, needed)})
    database = open_database(settings, running.folder)
    try:
        yield database
    finally:
        database.dispose()
