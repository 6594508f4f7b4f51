"""The port that a server answers on."""

import contextlib
import errno
import ipaddress
import socket

from processes.errors import CannotStart

BACKLOG = 2048
"""Connections that may wait to be taken."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound and takes connections; port 0 is any that is free.

    Raises:
        CannotStart: one line that names the host or port and says what to do.
    """
    family, address = _resolved(host, port)
    # Without the protocol's number asyncio does not turn Nagle's algorithm off: 40 ms for each small answer.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
        bound.setblocking(False)
    except (OSError, OverflowError) as error:
        bound.close()
        raise CannotStart(_why(error, host, port)) from error
    return bound


def url_of(bound: socket.socket) -> str:
    """The URL of a bound socket, for somebody on this machine."""
    host, port = bound.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def is_loopback(bound: socket.socket) -> bool:
    """Whether only this machine can reach a bound socket."""
    return ipaddress.ip_address(bound.getsockname()[0]).is_loopback


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    found = []
    with contextlib.suppress(OSError, UnicodeError):
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    if not found:
        raise CannotStart(f"There is no host {host}: choose an address of this machine with --host.")
    family, _, _, _, address = found[0]
    return family, (str(address[0]), port)


def _why(error: Exception, host: str, port: int) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken by another program: stop it, or choose another with --port."
    if number in (errno.EACCES, errno.EPERM):
        return f"Port {port} needs rights that this account has not: choose one from 1024 up with --port."
    if number == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine: choose one with --host, 0.0.0.0 for all."
    return f"Port {port} of {host} cannot be used ({error}): choose another with --port."
