"""The attacked site: an embedded PostgreSQL with the memberships in it, and web processes in front.

It ends with the process that attacks it, however that ends.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.attack import web
from benchmarks.attack.loading import load
from benchmarks.attack.measure import Note
from benchmarks.attack.people import Mask, Pool
from processes.children import Children
from serving.listening import listen, url_of
from serving.servers import Servers
from serving.settings import ServingSettings

PROCESSES = 2


@dataclass(frozen=True)
class Site:
    """Where each of its web processes answers, and how many alleles all its datasets have together."""

    urls: tuple[str, ...]
    alleles: int


@contextmanager
def standing(pool: Pool, inside: Mask, presets: Sequence[str], folder: Path, note: Note) -> Iterator[Site]:
    """The site while it runs, with the memberships `inside`. The folder is gone afterwards."""
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        database = web.opened(folder)
        stack.callback(database.dispose)
        alleles = load(database, pool, inside, presets, folder=folder, note=note)
        yield Site(tuple(stack.enter_context(_process(folder)) for _ in range(PROCESSES)), alleles)


@contextmanager
def _process(folder: Path) -> Iterator[str]:
    """The URL of a web process. Each has a port of its own, so that none gets all of a few connections."""
    settings = ServingSettings(processes=1, access_log=False)
    with listen("127.0.0.1", 0) as bound, Children() as children:
        Servers(children, web.FACTORY, settings, bound, {"folder": str(folder)}).start()
        yield url_of(bound)
