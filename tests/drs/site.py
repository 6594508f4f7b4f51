"""A site with files: DRS, its bytes, its admin API and htsget, governed for real."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

import drs.htsget.app
from database.engine import Database
from database.migrations import migrate
from drs.administration import BASE_PATH as ADMIN
from drs.administration import create_admin
from drs.app import BASE_PATH, BYTES_PATH, Ground, create_app
from drs.desk import Desk
from drs.domain.entries import Entry
from drs.domain.objects import Place
from drs.files import ObjectsAsFiles
from drs.htsget.app import BASE_PATH as HTSGET
from drs.opening import Opening
from drs.registering.registrar import Registrar
from drs.service import Objects
from drs.settings import DrsSettings
from drs.storage.local import LocalStore
from drs.storage.store import Stores
from drs.streaming.route import streaming_app
from drs.wire import error
from governance.datasets import Circle
from governance.register import DatasetRegister
from insitu.governing import Governing, governing
from insitu.house import ROOMS
from serving.app import App
from serving.front import compose
from serving.testing import Client, client
from serving.workers import Workers
from tests.drs.stores import Folder
from tests.issuer import Issuer, trust_text

GRANT, OTHER = "https://data.example/one", "https://data.example/another"
CREATED = datetime(2024, 2, 29, 12, tzinfo=UTC)
DATASETS: dict[str, dict[str, Any]] = {
    "open": {"download": Circle.ANONYMOUS},
    "controlled": {"download": Circle.CONTROLLED, "grants": (GRANT,)},
    "computed": {"compute": Circle.CONTROLLED, "grants": (GRANT,)},
    "registered": {"download": Circle.REGISTERED},
    "closed": {},
    "secret": {"download": Circle.CONTROLLED, "grants": (GRANT,), "confidential": True},
}
FILES = ("a.bam", "a.bam.bai", "calls.vcf.gz", "calls.vcf.gz.tbi", "sub/notes.txt")


@dataclass(frozen=True)
class Site:
    """What is asked, who may, what keeps the record, and the ids of what there is by `dataset/key`."""

    app: App
    http: Client
    issuer: Issuer
    governing: Governing
    objects: Objects
    registrar: Registrar
    root: Path
    ids: dict[str, str]
    whole: ASGIApp
    apps: tuple[App, ...]

    @property
    def database(self) -> Database:
        return self.governing.trail.database

    def token(self, who: str, *visas: str, **claims: Any) -> dict[str, str]:
        """The header of somebody who has these visas."""
        self.issuer.gives(who, visas)
        return {"Authorization": f"Bearer {self.issuer.access_token(who, **claims)}"}

    def granted(self, who: str = "ada") -> dict[str, str]:
        """The header of somebody who has the grant."""
        return self.token(who, self.issuer.visa(who, value=GRANT))

    def get(self, path: str, **options: Any) -> Any:
        return self.http.get(BASE_PATH + path, **options)

    def post(self, path: str, body: Any, **options: Any) -> Any:
        return self.http.post(BASE_PATH + path, json=body, **options)


def content(dataset: str, key: str) -> bytes:
    return f"{key} of {dataset}\n".encode() * 7


def entry(dataset: str, root: Path, key: str, store: str = "files", **more: Any) -> Entry:
    """A file as it lies there, with its checksums."""
    found = (LocalStore(store, root) if store == "files" else Folder(store, root)).stat(key)
    data = (root / key).read_bytes()
    sums = {"sha-256": hashlib.sha256(data).hexdigest(), "md5": hashlib.md5(data).hexdigest()}  # noqa: S324
    return Entry.of_file(dataset, Place(store, key, found.mark), found.size, sums, CREATED, **more)


@contextmanager
def opened(url: str, folder: Path, *, settings: DrsSettings | None = None, **serving: Any) -> Iterator[Site]:
    """The site, with every dataset's files registered."""
    database = Database(url)
    woken: list[object] = []
    root = folder / "files"
    ids: dict[str, str] = {}
    with Issuer() as issuer:
        (folder / "governance").mkdir(parents=True)
        (folder / "governance" / "trust.toml").write_text(trust_text([issuer], [issuer]))
        migrate(database, ROOMS)
        register, registrar = DatasetRegister(database), Registrar(database)
        for name, said in DATASETS.items():
            register.add(name, "GRCh37", **said)
            for key in FILES:
                path = root / name / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content(name, key))
                [made] = registrar.register([entry(name, root, f"{name}/{key}")])
                ids[f"{name}/{key}"] = made.id
        with governing(folder, database) as found:
            ground = Ground(
                database,
                register,
                found.gate,
                Stores([LocalStore("files", root), Folder("bucket", root, "s3")]),
                bytes(32),
                found.believed,
                lambda dataset: f"https://site.example/apply?dataset={dataset}",
            )
            objects = ground.objects(settings)
            app = create_app(objects, settings, identify=found.identify, **serving)
            desk = Desk(
                database, register, found.gate, found.trail, ground.stores, wake=lambda: woken.append(None)
            )
            admin = create_admin(desk, identify=found.identify, **serving)
            htsget = drs.htsget.app.create_app(
                files=ObjectsAsFiles(objects), identify=found.identify, **serving
            )
            workers = Workers(4, 100)
            opening = Opening(objects, found.clearinghouse.again)
            bytes_ = streaming_app(
                ground.links(), opening, base_path=BYTES_PATH, error_body=error, workers=workers
            )
            apps = {BASE_PATH: app, ADMIN: admin, HTSGET: htsget, BYTES_PATH: bytes_}
            whole = compose(apps)
            with client(whole) as http:
                yield Site(
                    app, http, issuer, found, objects, registrar, root, ids, whole, (app, admin, htsget)
                )
            workers.close()
    database.dispose()
