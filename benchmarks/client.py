"""A cheap HTTP client for load: one selector, kept-alive sockets, requests made before the clock starts.

It shares the cores with what it measures, so per answer it finds the end and notes the time, no more.
"""

import selectors
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from urllib.parse import urlencode

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


class BadAnswerError(Exception):
    """The site answered with something other than 200: nothing is measured on errors."""


@dataclass(slots=True)
class Timings:
    """Seconds that each answer took, and how long all of it took."""

    seconds: list[float] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def median(self) -> float:
        """Half of the answers took less."""
        return self.share(0.5)

    @property
    def p95(self) -> float:
        """One in twenty took longer."""
        return self.share(0.95)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.elapsed if self.elapsed else 0.0

    def share(self, part: float) -> float:
        """The time within which this part of the answers came."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def request(host: str, path: str, parameters: dict[str, object]) -> bytes:
    """A GET as bytes."""
    target = f"{path}?{urlencode(parameters)}"
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n\r\n".encode()


def post(host: str, path: str, form: Mapping[str, object]) -> bytes:
    """A form as bytes."""
    body = urlencode(form).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + body


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    buffer: bytearray = field(default_factory=bytearray)
    sent: float = 0.0
    due: int | None = None

    def ask(self, message: bytes) -> None:
        self.buffer.clear()
        self.due = None
        self.sent = time.perf_counter()
        self.socket.sendall(message)

    def receive(self) -> bool:
        """True once the whole answer is here."""
        piece = self.socket.recv(262_144)
        if not piece:
            raise BadAnswerError("the site closed the connection")
        self.buffer += piece
        if self.due is None:
            self._read_head()
        return self.due is not None and len(self.buffer) >= self.due

    def _read_head(self) -> None:
        end = self.buffer.find(_END_OF_HEAD)
        if end < 0:
            return
        head = bytes(self.buffer[:end]).lower()
        if not head.startswith(b"http/1.1 200"):
            raise BadAnswerError(bytes(self.buffer[:2000]).decode(errors="replace"))
        length = head.partition(_LENGTH)[2].partition(b"\r")[0]
        self.due = end + len(_END_OF_HEAD) + int(length)


def drive(address: tuple[str, int], messages: Sequence[bytes], connections: int, seconds: float) -> Timings:
    """So many connections asking one question after the other for so long; unfinished answers do not count.

    Raises:
        BadAnswerError: any answer was not a 200.
    """
    timings = Timings()
    coming = cycle(messages)
    with selectors.DefaultSelector() as selector:
        started = time.perf_counter()
        for connection in _connect(address, connections):
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.ask(next(coming))
        while (now := time.perf_counter()) - started < seconds or not timings.seconds:
            for key, _ in selector.select(timeout=max(0.05, seconds - (now - started))):
                connection = key.data
                if connection.receive():
                    timings.seconds.append(time.perf_counter() - connection.sent)
                    connection.ask(next(coming))
        timings.elapsed = time.perf_counter() - started
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    return timings


def _connect(address: tuple[str, int], number: int) -> Iterator[_Connection]:
    for _ in range(number):
        made = socket.create_connection(address, timeout=30)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield _Connection(made)
