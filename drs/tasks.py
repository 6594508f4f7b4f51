"""The room's Celery task. A message only says that there may be work; what is to be done is in PostgreSQL."""

from typing import Any

from celery import Celery

from database.engine import Database
from drs.registering.preparing import Preparing
from drs.storage.store import Stores

PREPARE = "drs.prepare"


def register(app: Celery, database: Database, stores: Stores) -> Any:
    """Adds the task to an app: it prepares whatever objects wait for it."""
    preparing = Preparing(database, stores)

    @app.task(name=PREPARE)
    def prepare() -> None:
        preparing.work()

    return prepare
