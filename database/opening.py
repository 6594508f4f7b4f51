"""From settings to a database that answers."""

from pathlib import Path

from database.embedded import EmbeddedPostgres
from database.engine import Database
from database.errors import DatabaseUnavailable
from database.settings import DatabaseSettings


def open_database(settings: DatabaseSettings, data_dir: Path) -> Database:
    """Gives the site's database, up: that of `settings.url`, else an embedded one in `data_dir/postgres`.

    `dispose()` it at the end: the last process to do so stops the embedded server. Raises DatabaseProblem
    when the given one cannot be used and CannotStart when the embedded one cannot run here; both have a
    `public` sentence.
    """
    if settings.url is not None:
        database = _database(settings, settings.url.get_secret_value(), None)
    else:
        server = EmbeddedPostgres(data_dir / "postgres", settings.max_connections, account=settings.account)
        database = _database(settings, server.start(), server)
    try:
        database.ping()
    except BaseException as error:
        database.dispose()
        if settings.url is not None and isinstance(error, DatabaseUnavailable):
            raise DatabaseUnavailable(f"INSITU_DATABASE_URL: {_said(error)}") from error
        raise
    return database


def _said(error: DatabaseUnavailable) -> str:
    """Gives what libpq or the server said, which names host, user and database and never the password."""
    lines = str(error.__cause__ or error.public).strip().splitlines()
    return lines[0].removeprefix("connection to server ")


def _database(settings: DatabaseSettings, url: str, server: EmbeddedPostgres | None) -> Database:
    return Database(url, pool_size=settings.pool_size, pool_wait_seconds=settings.pool_wait_seconds,
                    connect_timeout_seconds=settings.connect_timeout_seconds,
                    statement_timeout_seconds=settings.statement_timeout_seconds,
                    on_dispose=server.stop if server else lambda: None,
                    revive=server.revive if server else lambda: False)
