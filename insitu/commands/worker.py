"""`insitu worker`: works on what is queued."""

import os
from pathlib import Path

import click

import drs.tasks
import variants.tasks
from insitu import options
from insitu.exits import Stop
from insitu.folder import open_folder
from insitu.house import opened, site_settings
from insitu.logs import log_to
from processes.following import LIFELINE
from tasks.opening import open_broker
from tasks.settings import BrokerSettings
from tasks.workers import run_worker
from variants.settings import VariantsSettings


@click.command()
@options.data_dir
def worker(*, data_dir: Path | None) -> None:
    """Run one worker: it reads files for loads, one part after another, and prepares objects.

    `insitu site` and `insitu load` start workers by themselves. Run more on other machines that share the
    database (INSITU_DATABASE_URL), the broker (INSITU_BROKER_URL) and the files. SIGTERM lets the part at
    hand end; killing a worker loses nothing.

    \b
    Example:
      INSITU_DATABASE_URL=... INSITU_BROKER_URL=... insitu worker
    """  # noqa: D301
    folder = open_folder(site_settings(data_dir).data_dir)
    log_to(folder, "worker", terminal=LIFELINE not in os.environ)  # of a child, the terminal is its parent's
    with opened(data_dir, migrated=False) as house:
        broker = open_broker(BrokerSettings(), house.folder)
        try:
            variants.tasks.register(broker.app, house.database, VariantsSettings())
            drs.tasks.register(broker.app, house.database, house.stores)
            status = run_worker(broker.app)
        finally:
            broker.dispose()
    if status:
        raise Stop(f"the worker ended with status {status}; {house.folder / 'logs' / 'worker.log'} says why")
