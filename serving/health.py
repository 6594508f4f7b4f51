"""Whether this process is up (`/healthz`) and whether its dependencies answer (`/readyz`)."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from serving.reasons import Reason
from serving.reply import Wire, encode, json_wire

log = logging.getLogger("insitu.serving")

Ping = Callable[[], object]

ASK_SECONDS = 5.0
"""How long a dependency may take to answer."""

KEEP_SECONDS = 1.0
"""How long an answer is believed, so that nobody can ping through us."""


@dataclass(frozen=True, slots=True)
class Check:
    """What came of one ping; `reason` says what is wrong without addresses or secrets."""

    name: str
    ok: bool
    reason: str | None = None


class Health:
    """The pings of a site: each returns, or raises where its dependency cannot be used."""

    def __init__(self, pings: Mapping[str, Ping]) -> None:
        self._pings = dict(pings)
        self._pool = ThreadPoolExecutor(max(1, len(self._pings)), thread_name_prefix="ping")
        self._known: tuple[float, list[Check]] | None = None
        self._asking: asyncio.Task[list[Check]] | None = None

    def up(self) -> Wire:
        """200: this process answers."""
        return json_wire(200, b'{"status":"up"}')

    async def ready(self) -> Wire:
        """200 where every dependency answers, else 503; each by name, with the reason where it does not."""
        checks = await self.checks()
        ready = all(each.ok for each in checks)
        body = {"status": "ready" if ready else "not ready", "checks": [_shown(each) for each in checks]}
        return json_wire(200 if ready else 503, encode(body), {} if ready else {"retry-after": "5"})

    async def checks(self) -> list[Check]:
        """The outcome of every ping, at most `KEEP_SECONDS` old.

        Pings run side by side, one round at a time.
        """
        if self._known is None or time.monotonic() - self._known[0] > KEEP_SECONDS:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.ensure_future(self._ask())
            self._known = (time.monotonic(), await asyncio.shield(self._asking))
        return self._known[1]

    def close(self) -> None:
        """Lets go of the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _ask(self) -> list[Check]:
        return list(await asyncio.gather(*(self._one(name, ping) for name, ping in self._pings.items())))

    async def _one(self, name: str, ping: Ping) -> Check:
        answering = asyncio.get_running_loop().run_in_executor(self._pool, ping)
        try:
            await asyncio.wait_for(answering, ASK_SECONDS)
        except TimeoutError:
            return Check(name, ok=False, reason=f"does not answer within {ASK_SECONDS:.0f} seconds")
        except Exception as error:
            log.warning("dependency=%s not ready", name, exc_info=error)
            return Check(name, ok=False, reason=_reason(error))
        return Check(name, ok=True)


def _reason(error: Exception) -> str:
    """What may be shown: a public sentence, else the error's kind, for its text may name hosts and users."""
    public = error.public if isinstance(error, Reason) else getattr(error, "public", None)
    return public if isinstance(public, str) else f"fails with {type(error).__name__}; see the log"


def _shown(check: Check) -> dict[str, object]:
    return {name: value for name, value in asdict(check).items() if value is not None}
