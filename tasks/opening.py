"""From settings to a broker that answers."""

from collections.abc import Callable, Sequence
from pathlib import Path

from celery import Celery

from tasks.broker import create_celery, ping
from tasks.embedded import EmbeddedValkey
from tasks.settings import BrokerSettings


class Broker:
    """The site's Celery app and, when it is ours, the server behind it.

    `revive()` starts a server of ours again that has died, and says whether it had.
    """

    def __init__(self, app: Celery, on_dispose: Callable[[], object] = lambda: None,
                 revive: Callable[[], bool] = lambda: False) -> None:
        self.app = app
        self.revive = revive
        self._on_dispose = on_dispose

    def ping(self) -> None:
        """Returns when the broker takes a connection; raises BrokerUnavailable when not."""
        ping(self.app)

    def dispose(self) -> None:
        """Closes the connections; the last process to do so stops the embedded server. Idempotent."""
        self.app.close()
        done, self._on_dispose = self._on_dispose, lambda: None
        done()


def open_broker(settings: BrokerSettings, data_dir: Path, queues: Sequence[str] = ("work",)) -> Broker:
    """Gives the site's broker, answering: that of `settings.url`, else the embedded one in `data_dir/valkey`.

    Raises BrokerUnavailable when the given one cannot be reached and CannotStart when the embedded one cannot
    run here; both have a `public` sentence.
    """
    if settings.url is not None:
        broker = Broker(create_celery(settings.url.get_secret_value(), queues))
    else:
        server = EmbeddedValkey(data_dir / "valkey", account=settings.account)
        broker = Broker(create_celery(server.start(), queues), server.stop, server.revive)
    try:
        broker.ping()
    except BaseException:
        broker.dispose()
        raise
    return broker
