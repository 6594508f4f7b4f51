"""The site's stores, opened as its file of stores says.

At start `open_stores` refuses a file that cannot be understood; `insitu check` shows `check_stores`, which
asks each store as well.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from drs.storage.errors import Missing, StoresInvalid, Unreachable
from drs.storage.file_of_stores import NAME, StoreEntry, read_stores
from drs.storage.local import LocalStore
from drs.storage.store import Store, Stores

OURS = ("objects", "demonstration")
"""Folders of the data folder that a store may be in; what else is there are keys, tables and logs."""


class Checked(NamedTuple):
    """What was found of a store: `detail` says what is there, or what to do."""

    name: str
    ok: bool
    detail: str


def path_in(folder: Path) -> Path:
    """Where the file of stores lies in a data folder."""
    return folder / NAME


def open_stores(folder: Path) -> Stores:
    """The stores of the site with this data folder; none is asked anything yet.

    Raises:
        StoresInvalid: the file cannot be understood, or names a place that nobody may be served from.
    """
    path = path_in(folder)
    return Stores([_opened(path, folder, each) for each in read_stores(path)])


def check_stores(folder: Path) -> Iterator[Checked]:
    """Each store of the site, asked whether it can be used.

    Raises:
        StoresInvalid: as `open_stores`.
    """
    for each in open_stores(folder):
        try:
            yield Checked(each.name, True, each.check())
        except (Missing, Unreachable) as error:
            yield Checked(each.name, False, error.detail)


def _opened(path: Path, folder: Path, entry: StoreEntry) -> Store:
    if entry.scheme == "file":
        _refuse_private(path, folder, entry)
        return LocalStore(entry.name, Path(entry.url))
    from drs.storage.clouds import cloud_store  # noqa: PLC0415 - a site without clouds does not wait for it

    return cloud_store(path, entry)


def _refuse_private(path: Path, folder: Path, entry: StoreEntry) -> None:
    root, ours = (Path(os.path.realpath(each)) for each in (entry.url, folder))
    allowed = any(root.is_relative_to(ours / each) for each in OURS)
    if ours.is_relative_to(root) or (root.is_relative_to(ours) and not allowed):
        raise StoresInvalid(
            f"{path}: store {entry.name}: {entry.url} holds or is part of the site's data folder, where its "
            "keys are: put objects somewhere else, or into its folder objects"
        )
