"""`insitu check`: is everything there that a site needs?"""

import shutil
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import click

from database.opening import open_database
from database.settings import DatabaseSettings
from insitu import options, version
from insitu.exits import ending
from insitu.findings import Finding, report
from insitu.folder import MEGABYTE, open_folder
from insitu.house import site_settings
from insitu.known import settings_classes
from insitu.settings import SiteSettings
from serving.listening import listen
from serving.settings import ServingSettings
from tasks.opening import open_broker
from tasks.settings import BrokerSettings

UP = b'{"status":"up"}'
"""What `/healthz` says."""


@click.command()
@options.data_dir
@options.as_json
@click.pass_context
def check(ctx: click.Context, *, data_dir: Path | None, as_json: bool) -> None:
    """Check settings, folder, port, rules, trust, passport broker, stores, database and queue.

    The embedded servers are started for the check where they are not running, and stopped again. Ends with
    code 0 when everything is well, and with 4 when anything is not; each line says what to do.

    \b
    Examples:
      insitu check
      insitu check --json | jq '.[] | select(.ok | not)'
    """  # noqa: D301
    findings = list(_findings(data_dir))
    report(ctx, findings, as_json=as_json)


def _findings(data_dir: Path | None) -> Iterator[Finding]:
    """The checks in order; what needs a folder is left out where there is none."""
    settings = _tried("settings", lambda: _settings(data_dir))
    yield settings
    if not settings.ok:
        return
    site = site_settings(data_dir)
    folder = _tried("data folder", lambda: str(open_folder(site.data_dir)))
    yield folder
    if not folder.ok:
        return
    yield _tried("disk", lambda: _disk(site))
    yield _tried("port", _port)
    yield _tried("governance", lambda: _governance(Path(folder.detail)))
    yield from _stores(Path(folder.detail))
    yield _tried("passport", lambda: _passport(Path(folder.detail)))
    yield _tried("database", lambda: _database(Path(folder.detail)))
    yield _tried("broker", lambda: _broker(Path(folder.detail)))


def _tried(name: str, look: Callable[[], str]) -> Finding:
    """A finding for what `look` returned or raised."""
    try:
        return Finding(name, ok=True, detail=look())
    except Exception as error:
        found = ending(error)
        if found is None:
            raise
        return Finding(name, ok=False, detail=found[1])


def _settings(data_dir: Path | None) -> str:
    site_settings(data_dir)
    given = [
        f"{each.model_config['env_prefix']}{name.upper()}"
        for each in settings_classes()
        for name in each().model_fields_set
    ]
    return f"Insitu {version()}; set here: {', '.join(sorted(given)) or 'none, all defaults'}"


def _disk(site: SiteSettings) -> str:
    folder = open_folder(site.data_dir, site.free_megabytes)
    return f"{shutil.disk_usage(folder).free // MEGABYTE:,} MB free"


def _governance(folder: Path) -> str:
    """The files that people write. Whether others answer is for `insitu trust check` and `upstream check`."""
    from governance.passport.trustfile import TrustFile, path_in  # noqa: PLC0415  (slow to import)
    from governance.policy.rulebook import load  # noqa: PLC0415
    from passport_broker.upstream.providers import path_in as upstream_in  # noqa: PLC0415
    from passport_broker.upstream.providers import read_providers  # noqa: PLC0415

    elsewhere = len(read_providers(upstream_in(folder)).provider)
    book, trust = load(folder / "governance"), TrustFile(path_in(folder)).current()
    trusted = f"{len(trust.broker)} brokers and {len(trust.visa_issuer)} visa issuers"
    return f"{len(book.rules)} rules; {trusted} trusted; {elsewhere} providers to log in at"


def _passport(folder: Path) -> str:
    """The site's own passport broker: a site without one starts all the same, and says so."""
    from governance.passport.trustfile import path_in  # noqa: PLC0415  (slow to import)
    from insitu.standing import own_broker, own_keys, trust_or_none  # noqa: PLC0415

    own = own_broker(trust_or_none(path_in(folder))[0])
    return own.sentence if own.issuer is None else f"{own.sentence}; {own_keys(folder, own)}"


def _stores(folder: Path) -> Iterator[Finding]:
    """Where the bytes of objects lie: the file that says so, and each place, asked whether it can be used."""
    from drs.storage.opening import check_stores, open_stores  # noqa: PLC0415  (slow to import)

    named = _tried("stores", lambda: f"{len(list(open_stores(folder)))} named in storage/stores.toml")
    yield named
    for each in check_stores(folder) if named.ok else ():
        yield Finding(f"store {each.name}", each.ok, each.detail)


def _port() -> str:
    serving = ServingSettings()
    if _site_answers(serving):
        return f"a site answers on {serving.host}:{serving.port}"
    listen(serving.host, serving.port).close()
    return f"{serving.host}:{serving.port} is free"


def _site_answers(serving: ServingSettings) -> bool:
    """True where something says on our port that it is up, in our words."""
    connection = HTTPConnection(serving.host, serving.port, timeout=3)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().read() == UP
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _database(folder: Path) -> str:
    settings = DatabaseSettings()
    database = open_database(settings, folder)
    try:
        with database.reading() as connection:
            number = connection.server_version // 10_000
    finally:
        database.dispose()
    where = "embedded" if settings.url is None else "given by INSITU_DATABASE_URL"
    return f"PostgreSQL {number} ({where}) answers"


def _broker(folder: Path) -> str:
    settings = BrokerSettings()
    open_broker(settings, folder).dispose()
    return f"{'embedded Valkey' if settings.url is None else 'INSITU_BROKER_URL'} answers"
