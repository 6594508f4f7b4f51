"""`insitu migrate`: brings the database's tables up to date."""

from pathlib import Path

import click

from database.migrations import migrate as run_migrations
from insitu import options
from insitu.house import ROOMS, opened
from insitu.terminal import say, show


@click.command()
@options.data_dir
@options.as_json
def migrate(*, data_dir: Path | None, as_json: bool) -> None:
    """Bring the database's tables up to date.

    Every other command does this by itself when it starts; run it alone to see what changes, or where a
    database administrator wants it as a step of its own. A running site goes on answering meanwhile.

    \b
    Examples:
      insitu migrate
      INSITU_DATABASE_URL=postgresql://insitu@db/insitu insitu migrate
    """  # noqa: D301
    with opened(data_dir, migrated=False) as house:
        changes = run_migrations(house.database, ROOMS)
    if as_json:
        show({"changes": changes})
    for change in changes if not as_json else ():
        click.echo(change)
    if not changes:
        say("Everything is up to date.")
