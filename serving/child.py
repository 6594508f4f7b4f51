"""One process of a server: `python -m serving.child ORDER`, started by `serving.servers`."""

import json
import logging
import os
import socket
import sys
from typing import Any

from processes.errors import CannotStart
from processes.following import follow_parent
from serving.logs import to_stderr
from serving.running import made, serve
from serving.settings import ServingSettings

log = logging.getLogger("insitu.serving")


def main(order: dict[str, Any]) -> int:
    """Serves until told to stop, or the parent is gone; gives the exit code.

    The parent is told once whether this process answers.
    """
    settings = ServingSettings(**order["settings"])
    follow_parent(grace_seconds=settings.drain_seconds + 5.0)
    to_stderr()
    tell: int | None = order["tell"]

    def say(failed: str | None) -> None:
        nonlocal tell
        if tell is not None:
            os.write(tell, json.dumps({"failed": failed}).encode() + b"\n")
            os.close(tell)
            tell = None

    try:
        app = made(order["factory"], order["arguments"])
        serve(app, socket.socket(fileno=order["socket"]), settings, lambda _: say(None))
    except CannotStart as error:
        say(error.public)
        return 1
    except Exception as error:
        log.exception("the app could not start")
        say(
            str(
                getattr(
                    error, "public", f"the app could not start ({type(error).__name__}); the log says why"
                )
            )
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
