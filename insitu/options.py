"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]

data_dir: Callable[[Command], Command] = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    envvar="INSITU_DATA_DIR",
    show_envvar=True,
    help="Folder of everything the site keeps.  [default: ~/.local/share/insitu]",
)

host: Callable[[Command], Command] = click.option(
    "--host",
    envvar="INSITU_SERVING_HOST",
    show_envvar=True,
    help="Address to listen on.  [default: 127.0.0.1]",
)

port: Callable[[Command], Command] = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    envvar="INSITU_SERVING_PORT",
    show_envvar=True,
    help="Port to listen on; 0 picks a free one.  [default: 8080]",
)

processes: Callable[[Command], Command] = click.option(
    "--processes",
    type=click.IntRange(1, 64),
    envvar="INSITU_SERVING_PROCESSES",
    show_envvar=True,
    help="Web processes that share the port.  [default: 1]",
)

as_json: Callable[[Command], Command] = click.option(
    "--json", "as_json", is_flag=True, help="Write the result as JSON."
)

broker: Callable[[Command], Command] = click.option(
    "--broker",
    metavar="URL",
    help="The login at this broker, or at this site's.  [default: the one that fits]",
)

at: Callable[[Command], Command] = click.option(
    "--at", metavar="URL", help="The site, asked over HTTP with your login's token (insitu login)."
)
