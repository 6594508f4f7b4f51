"""An end to a call's time that no drip of single bytes puts off."""

import contextlib
import socket
import threading
from collections.abc import Mapping
from typing import Any


class Watch:
    """Knows the connection of a call, and shuts it when asked to; `over` says that it was. For two threads.

    An HTTP client bounds each single read; a server that sends a byte now and then could go on for days.
    """

    def __init__(self) -> None:
        self.over = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def end(self) -> None:
        """Shuts the connection, or the one that comes about yet."""
        with self._lock:
            self.over = True
            self._shut()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Takes note of the connection, also after TLS has put another socket into its place."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
                if self.over:
                    self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it has ended by itself
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
