"""The processes of one server, as children of whoever supervises them."""

import json
import logging
import os
import select
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any

from processes.children import Children, Ended
from processes.errors import CannotStart
from processes.interpreter import module_command, module_environment
from processes.restarts import Restarts
from serving.settings import ServingSettings

log = logging.getLogger("insitu.serving")

START_SECONDS = 120.0
"""How long processes may take to start: the first may have to start a database."""


class Servers:
    """`settings.processes` children that share a socket.

    `start()` once, then `tend()` with what `Children.poll()` says. A child that dies is started anew, after a
    pause that doubles while it keeps dying.
    """

    def __init__(
        self,
        children: Children,
        factory: str,
        settings: ServingSettings,
        bound: socket.socket,
        arguments: Mapping[str, Any],
    ) -> None:
        self._children = children
        self._order = {
            "factory": factory,
            "arguments": dict(arguments),
            "settings": settings.model_dump(mode="json"),
            "socket": bound.fileno(),
        }
        self._socket = bound.fileno()
        self._names = [f"server-{number}" for number in range(1, settings.processes + 1)]
        self._restarts = Restarts()

    def start(self) -> None:
        """Returns when every child answers.

        Raises:
            CannotStart: one of them could not; says why.
        """
        reader, writer = os.pipe()
        try:
            for name in self._names:
                self._start_one(name, writer)
            os.close(writer)
            writer = -1
            self._await_ready(reader)
        finally:
            for each in (reader, writer):
                if each >= 0:
                    os.close(each)

    def tend(self, ended: Sequence[Ended]) -> None:
        """Starts anew what has ended, when its pause is over."""
        for each in ended:
            if each.name in self._names:
                self._restarts.died(each.name)
        for name in self._restarts.due():
            try:
                self._start_one(name, None)
            except (CannotStart, OSError) as error:  # no memory, no more processes: perhaps later
                log.warning("%s cannot be started now: %s", name, error)
                self._restarts.died(name)

    def _start_one(self, name: str, tell: int | None) -> None:
        descriptors = (self._socket,) if tell is None else (self._socket, tell)
        order = json.dumps({**self._order, "tell": tell})
        command = module_command("serving.child", order)
        self._children.start(name, command, environment=module_environment(), pass_fds=descriptors)

    def _await_ready(self, reader: int) -> None:
        """Reads a line from each child; the pipe's end before that means that one is gone."""
        until = time.monotonic() + START_SECONDS
        said, ready = b"", 0
        while ready < len(self._names):
            readable, _, _ = select.select([reader], [], [], max(0.0, until - time.monotonic()))
            more = os.read(reader, 4096) if readable else b""
            if not more:
                raise CannotStart("the server's processes do not start; the log says why")
            *lines, said = (said + more).split(b"\n")
            for line in lines:
                if (reason := json.loads(line)["failed"]) is not None:
                    raise CannotStart(reason)
            ready += len(lines)

