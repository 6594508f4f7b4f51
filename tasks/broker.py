"""The Celery app of a site, and messages that are sent only when the work they announce is really there."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import kombu.exceptions
from celery import Celery
from kombu import Queue

from tasks.errors import BrokerUnavailable

SCHEMES = ("redis", "rediss", "redis+socket", "amqp", "amqps", "pyamqp")
Lost = tuple[type[BaseException], ...]
HIDDEN_SECONDS = 600  # after which Redis gives a message that nobody confirmed to another worker


class Committing(Protocol):
    """A unit of work, as far as this room has to know it."""

    def after_commit(self, action: Callable[[], object]) -> None:
        """Has `action` called once the work is committed."""


def create_celery(url: str, queues: Sequence[str] = ("work",)) -> Celery:
    """Gives a Celery app without tasks for the broker at `url`: redis+socket://, redis:// or amqp://.

    Messages are JSON, taken one at a time, confirmed after the work and given again when their worker dies.
    There are no results: a message wakes somebody up, what there is to do stands in PostgreSQL, and a message
    that comes twice does no harm. The first of `queues` is the usual one. Raises BrokerUnavailable for
    another kind of URL.
    """
    scheme = url.partition("://")[0]
    if scheme not in SCHEMES:
        raise BrokerUnavailable("the broker URL is of a kind that Insitu does not know; "
                                "write redis://host:6379/0 or amqp://user:password@host//")
    app = Celery("insitu", broker=url, set_as_current=False)
    app.conf.update(
        task_serializer="json", accept_content=["json"], task_ignore_result=True, result_backend=None,
        task_acks_late=True, task_reject_on_worker_lost=True, task_acks_on_failure_or_timeout=True,
        task_queues=[Queue(name, durable=True) for name in queues], task_default_queue=queues[0],
        task_create_missing_queues=False,
        worker_prefetch_multiplier=1, worker_hijack_root_logger=False, worker_redirect_stdouts=False,
        worker_enable_remote_control=False, worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True, broker_connection_timeout=10,
        # A worker of ours runs a task in its main thread, where no heartbeat can be sent meanwhile.
        broker_heartbeat=0,
        broker_transport_options=_transport_options(scheme), broker_connection_max_retries=None,
        enable_utc=True, timezone="UTC",
    )
    return app


def _transport_options(scheme: str) -> dict[str, float]:
    """Gives how often a sender tries to reach the broker (a worker tries for ever), and what Redis needs."""
    options = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}
    return options if "amqp" in scheme else {**options, "visibility_timeout": HIDDEN_SECONDS}


def ping(app: Celery) -> None:
    """Returns when the broker takes a connection; raises BrokerUnavailable, which says why, when not."""
    try:
        with app.connection_for_write(connect_timeout=5) as connection:
            _ensure(connection)
    except ValueError:  # whose text repeats what may be a part of the password
        raise BrokerUnavailable("INSITU_BROKER_URL cannot be read; write redis://:password@host:6379/0 or "
                                "amqp://user:password@host:5672//, with signs such as @ / : # in a password "
                                "as %40 %2F %3A %23") from None


def _ensure(connection: Any) -> None:
    errors: Lost = (kombu.exceptions.OperationalError, OSError, *connection.connection_errors,
                    *connection.channel_errors)  # a login that is refused is one of these
    try:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=5)
    except errors as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise BrokerUnavailable(f"the message broker cannot be reached ({said}); start it or correct "
                                "INSITU_BROKER_URL") from error


def send_after_commit(work: Committing, task: Any, *arguments: object, **named: object) -> None:
    """Sends the task when `work` is committed, and never when it is not.

    Arguments must be JSON. When the broker cannot be reached `commit()` raises BrokerUnavailable; the
    transaction is committed all the same.
    """
    work.after_commit(lambda: _send(task, arguments, named))


def _send(task: Any, arguments: tuple[object, ...], named: dict[str, object]) -> None:
    try:
        task.apply_async(args=arguments, kwargs=named, retry=False)
    except (kombu.exceptions.OperationalError, OSError) as error:
        raise BrokerUnavailable("the message broker cannot be reached; "
                                "the work waits until it is woken") from error
