"""The demonstration's files as objects of DRS: indexed, in a store of the site, registered once."""

from pathlib import Path

import pysam

from drs.storage.opening import path_in
from drs.store.objects import page
from insitu.demonstration.making import files_of
from insitu.filing import THREADS, load_objects
from insitu.house import House

STORE = "demonstration"
"""The name of the store, and of the folder in the data folder that it is."""


def add_store(folder: Path) -> None:
    """Names the demonstration's folder as a store, where the site has no file of stores."""
    path = path_in(folder)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'[[store]]\nname = "{STORE}"\nurl = "{folder / STORE}"\n', encoding="utf-8")


def register(house: House, dataset_id: str) -> str | None:
    """Registers a dataset's files with their indexes; the id of a VCF, None where their store is gone."""
    if not any(each.name == STORE for each in house.stores):
        return None
    for file in files_of(house.folder / STORE, dataset_id):
        index = file.with_name(f"{file.name}.tbi")
        if not index.exists():
            pysam.tabix_index(str(file), preset="vcf", keep_original=True)
        for each in (file, index):
            load_objects(house, dataset_id, str(each), threads=THREADS, bundles=False)
    with house.database.reading() as connection:
        found = page(connection, dataset_id, "", 100)
    return next((each.id for each in found if (each.name or "").endswith(".vcf.gz")), None)
