"""The room's Celery tasks.

A message only says that there may be work; what is to be done stands in PostgreSQL.
"""

from typing import Any

from celery import Celery

from database.engine import Database
from variants.loading.parts import PartWorker
from variants.settings import VariantsSettings

LOAD_PART = "variants.load_part"


def register(app: Celery, database: Database, settings: VariantsSettings | None = None) -> Any:
    """Adds the tasks to an app; gives `variants.load_part(load)`.

    It does one part of a load, if one is left that nobody does.
    """
    worker = PartWorker(database, (settings or VariantsSettings()).part_attempts)

    @app.task(name=LOAD_PART)
    def load_part(load: int) -> None:
        worker.work(load)

    return load_part
