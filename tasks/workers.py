"""Workers: one process each, one task at a time."""

import os
import warnings
from collections.abc import Sequence

from celery import Celery

from processes.following import follow_parent


def run_worker(app: Celery, queues: Sequence[str] | None = None, *, log_level: str = "WARNING") -> int:
    """Works in this process, in its main thread, until SIGTERM or SIGINT; gives the exit status.

    The task at hand is finished first. Tasks run one after another in this very process: no pool whose
    children could be left behind, and a task that is killed with it is given to another worker.
    """
    follow_parent(grace_seconds=60.0)
    with warnings.catch_warnings():
        # Celery warns root of pickled messages; ours are JSON.
        warnings.filterwarnings("ignore", "You're running the worker with superuser privileges")
        worker = app.Worker(pool="solo", concurrency=1, queues=list(queues) if queues else None,
                            loglevel=log_level, hostname=f"insitu-{os.getpid()}@%h", without_gossip=True,
                            without_mingle=True, without_heartbeat=True, quiet=True)
        worker.start()
    return int(worker.exitcode or 0)

