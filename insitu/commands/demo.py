"""`insitu demo`: a site with made-up data, from nothing, in one command."""

from pathlib import Path

import click

from governance.datasets import Dataset
from governance.register import Terms
from insitu import options
from insitu.commands.site import announce, serving_settings
from insitu.demonstration import accounts, making
from insitu.demonstration.objects import add_store, register
from insitu.demonstration.plan import ASSEMBLY, DATASETS, DemoDataset
from insitu.demonstration.questions import questions
from insitu.exits import Exit, Stop
from insitu.folder import open_folder
from insitu.house import House, opened, site_settings
from insitu.loading import How, load_genes_file, load_vcf
from insitu.origin import origin_of
from insitu.settings import default_data_dir
from insitu.supervision import Running, run_site
from insitu.terminal import bar, say
from insitu.web import SERVICES, servable
from passport_broker.app import issuer_at
from processes.locks import exclusive
from serving.listening import is_loopback, listen, url_of
from serving.settings import ServingSettings

_PATIENCE = 900.0  # seconds that the making of a demonstration may take


@click.command()
@options.host
@options.port
@options.processes
@options.data_dir
def demo(*, host: str | None, port: int | None, processes: int | None, data_dir: Path | None) -> None:
    """Run a site with demonstration data.

    The first start makes up a few hundred people with two stretches of chromosomes, loads them as three
    datasets (one open, one that gives counts, one closed), and then answers. It ends by printing three
    questions to try, and three people to log in as, which works while only this machine can reach the site.
    Ctrl-C stops it; the next start reuses what is there.

    \b
    Examples:
      insitu demo
      insitu demo --port 8081 --data-dir ./demo
    """  # noqa: D301
    serving = serving_settings(host, port, processes)
    settings = site_settings(data_dir or default_data_dir().with_name("insitu-demo"))
    folder = open_folder(settings.data_dir, settings.free_megabytes)
    with listen(serving.host, serving.port) as bound:  # a port that is taken is said before anything is made
        here = is_loopback(bound) and (origin_of(serving, url_of(bound)) or "").startswith("http://")
    files = folder / "demonstration"
    with opened(folder) as house:
        with exclusive(folder / "demonstration.lock", _PATIENCE):  # of two that start at once, one makes it
            _make(files)
            file = _fill(house, files)
        run_site(
            Running(folder, serving, servable(SERVICES, origin_of(serving)), workers=1),
            lambda url: _invite(house, files, url, serving, here=here, file=file),
        )
    say("Stopped. The next start reuses the data.")


def _make(files: Path) -> None:
    if making.made(files):
        return
    with bar("Making up people") as shown:
        making.make(files, lambda what, done, steps: shown.update(done, steps, what))


def _fill(house: House, files: Path) -> str | None:
    """Registers and loads what is not there yet; does little at a second start. The id of a file to fetch.

    Raises:
        Stop: it is a real site, which made-up data has no place in.
    """
    known = {each.id for each in house.register.all()}
    if others := known - {each.id for each in DATASETS}:
        raise Stop(
            f"this site has a dataset of its own, {min(others)}: give the demonstration a folder with "
            "--data-dir, and no INSITU_DATABASE_URL",
            Exit.REFUSED,
        )
    for dataset in DATASETS:
        if dataset.id not in known:
            _register(house, dataset)
        elif _is_of_before(house.register.get(dataset.id), dataset):
            house.register.change(dataset.id, **_terms(dataset), description=dataset.description)
    if not house.variants.gene_count(ASSEMBLY):
        load_genes_file(house, files / making.GENES, ASSEMBLY)
    for dataset in DATASETS:
        load_vcf(house, dataset.id, making.files_of(files, dataset.id), How(0), f"Loading {dataset.id}")
    add_store(house.folder)
    found = [register(house, dataset.id) for dataset in DATASETS]
    return found[0]


def _is_of_before(found: Dataset, dataset: DemoDataset) -> bool:
    return (found.controlled, found.download) != (dataset.controlled, dataset.download)


def _register(house: House, dataset: DemoDataset) -> None:
    house.register.add(
        dataset.id,
        ASSEMBLY,
        dataset.anonymous,
        name=dataset.name,
        description=dataset.description,
        **_terms(dataset),
    )


def _terms(dataset: DemoDataset) -> Terms:
    grants = () if dataset.grant is None else (dataset.grant,)
    return {
        "controlled": dataset.controlled,
        "grants": grants,
        "duo": dataset.duo,
        "download": dataset.download,
    }


def _invite(
    house: House, files: Path, url: str, serving: ServingSettings, *, here: bool, file: str | None
) -> None:
    """Prints the three questions to try, where a file is, and who there is to log in as."""
    say("\nThree questions to try:\n")
    for each in questions(files, url + SERVICES["beacon"].base_path):
        say(f"  {each.words}\n  {each.command()}\n")
    if file is not None:
        path = f"{SERVICES['drs'].base_path}/objects/{file}"
        say(f"A file of the open dataset, by DRS:\n  {url}{path}\n  {url}{path}/access/https\n")
    if here:
        issuer = issuer_at(origin_of(serving, url) or url)
        accounts.open_accounts(house, issuer)
        say("Three people to log in as, while only this machine can reach the site:\n")
        for line in accounts.lines(issuer):
            say(f"  {line}")
        say("")
    else:
        say("No demonstration accounts: they are for a site that only its own machine can reach.\n")
    announce(url, servable(SERVICES, origin_of(serving)))
