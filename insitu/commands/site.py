"""`insitu site` and `insitu serve`: the site, whole or one service of it."""

from pathlib import Path

import click

from insitu import options
from insitu.exits import Stop
from insitu.folder import open_folder
from insitu.house import site_settings
from insitu.origin import MISSING, origin_of
from insitu.supervision import Running, run_site
from insitu.terminal import say
from insitu.web import SERVICES, servable
from serving.settings import ServingSettings


@click.command()
@options.host
@options.port
@options.processes
@options.data_dir
def site(*, host: str | None, port: int | None, processes: int | None, data_dir: Path | None) -> None:
    """Run the site: every service, the database and the queue.

    Ctrl-C or SIGTERM stops it cleanly. Data is loaded with `insitu load`, before or meanwhile.
    /healthz and /readyz say whether it is up and whether its parts answer.

    \b
    Examples:
      insitu site
      insitu site --host 0.0.0.0 --port 80 --processes 4
      insitu site --data-dir /srv/insitu
    """  # noqa: D301
    serving = serving_settings(host, port, processes)
    _run(serving, servable(SERVICES, origin_of(serving)), workers=1, data_dir=data_dir)


@click.command()
@click.argument("service", metavar="SERVICE", type=click.Choice(list(SERVICES)))
@options.host
@options.port
@options.processes
@options.data_dir
def serve(
    *, service: str, host: str | None, port: int | None, processes: int | None, data_dir: Path | None
) -> None:
    """Run one SERVICE alone: beacon, drs, passport or registry.

    It opens the same data folder, so it can run beside a site, on another port.

    \b
    Example:
      insitu serve beacon --port 8081
    """  # noqa: D301
    serving = serving_settings(host, port, processes)
    if not servable([service], origin_of(serving)):
        raise Stop(MISSING)
    _run(serving, [service], workers=0, data_dir=data_dir)


def serving_settings(host: str | None, port: int | None, processes: int | None) -> ServingSettings:
    """The settings of the HTTP server, with what the command line says where it says something."""
    given = {"host": host, "port": port, "processes": processes}
    return ServingSettings().model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )


def _run(serving: ServingSettings, services: list[str], *, workers: int, data_dir: Path | None) -> None:
    settings = site_settings(data_dir)
    folder = open_folder(settings.data_dir, settings.free_megabytes)
    say(f"Starting with the data in {folder}")
    if origin_of(serving) is None:
        say(MISSING)
    run_site(Running(folder, serving, services, workers), on_ready=lambda url: announce(url, services))
    say("Stopped.")


def announce(url: str, services: list[str]) -> None:
    """Says where the site answers."""
    for name in services:
        say(f"{name} answers on {url}{SERVICES[name].base_path}")
    say("Ctrl-C stops it.")
