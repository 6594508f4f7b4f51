"""The file `storage/stores.toml` of the data folder: which places the site may serve bytes from, and how.

Written by people (docs/storage.md). No secret stands in it: it names files and variables that hold them.
"""

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from drs.storage.errors import StoresInvalid

SECRET_LONGEST = 20_000  # bytes; a service account's key of Google has about 2,300
NAME = "storage/stores.toml"
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")

Scheme = Literal["file", "s3", "gs", "az"]
_S3 = frozenset({"access_key_id", "secret_access_key"})
SECRETS: dict[str, tuple[frozenset[str], ...]] = {
    "s3": (_S3, _S3 | {"session_token"}),
    "gs": (frozenset({"service_account_key"}),),
    "az": (frozenset({"account_key"}), frozenset({"sas_token"})),
}
"""Which secrets a cloud takes together."""


def _endpoint(value: str) -> str:
    from governance.keys.urls import problem_with  # noqa: PLC0415

    if problem := problem_with(value):
        raise ValueError(problem)
    if urlsplit(value).path not in ("", "/") or "?" in value:
        raise ValueError("must be a server only, without a path")
    return value.rstrip("/")


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme in ("s3", "gs", "az"):
        return _bucket_url(value)
    path = unquote(parts.path) if parts.scheme == "file" and parts.netloc in ("", "localhost") else value
    if not path.startswith("/") or "\0" in path:
        raise ValueError("must be an absolute path, or begin with s3://, gs:// or az://")
    return os.path.normpath(path)


def _bucket_url(value: str) -> str:
    parts = urlsplit(value)
    prefix = parts.path.strip("/")
    if not _BUCKET.fullmatch(parts.netloc) or parts.query or parts.fragment:
        raise ValueError("must be a bucket and a prefix in it, as in s3://bucket/prefix")
    if prefix and any(each in ("", ".", "..") for each in prefix.split("/")):
        raise ValueError("has a prefix with an empty part or one of dots")
    return f"{parts.scheme}://{parts.netloc}" + (f"/{prefix}" if prefix else "")


class StoreEntry(BaseModel):
    """One store, as the file has it. `secrets` are what it names."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    url: Annotated[str, AfterValidator(_url)]
    endpoint: Annotated[str, AfterValidator(_endpoint)] | None = None
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")] | None = None
    account: Annotated[str, Field(pattern=r"^[a-z0-9]{3,24}$")] | None = None
    virtual_hosted: bool = False
    anonymous: bool = False
    credentials_file: Annotated[str, Field(min_length=1)] | None = None
    credentials_environment: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,60}$")] | None = None
    ca_file: Annotated[str, Field(min_length=1)] | None = None
    presigned: bool = True
    secrets: Annotated[dict[str, SecretStr], Field(exclude=True)] = {}

    @property
    def scheme(self) -> str:
        """What kind of store it is."""
        return "file" if self.url.startswith("/") else urlsplit(self.url).scheme

    @model_validator(mode="after")
    def _fits(self) -> Self:
        given = self.model_fields_set - {"name", "url"}
        if self.scheme == "file" and given:
            raise ValueError(f"{min(given)} is for buckets, and this is a folder")
        if self.scheme != "s3" and given & {"region", "virtual_hosted"}:
            raise ValueError("region and virtual_hosted are for s3:// only")
        if (self.scheme == "az") != (self.account is not None):
            raise ValueError("account must be given for az://, and for nothing else")
        if self.anonymous + bool(self.credentials_file) + bool(self.credentials_environment) > 1:
            raise ValueError("say one of anonymous, credentials_file and credentials_environment")
        return self


def read_stores(path: Path) -> list[StoreEntry]:
    """The stores that the file states, with their secrets; none where there is no such file.

    Raises:
        StoresInvalid: it cannot be read or understood; says which store and field, and what to change.
    """
    try:
        stated = tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        return []
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StoresInvalid(f"{path}: {error}") from error
    listed = stated.pop("store", [])
    if stated or not isinstance(listed, list):
        raise StoresInvalid(f"{path}: holds [[store]] tables and nothing else")
    entries = [_entry(path, number, each) for number, each in enumerate(listed, 1)]
    names = [each.name for each in entries]
    if twice := {each for each in names if names.count(each) > 1}:
        raise StoresInvalid(f"{path}: two stores are called {min(twice)}")
    return [_with_secrets(path, each) for each in entries]


def _entry(path: Path, number: int, stated: object) -> StoreEntry:
    if isinstance(stated, dict) and "secrets" in stated:
        raise StoresInvalid(f"{path}: store {number}: secrets: there is no such field here")
    try:
        return StoreEntry.model_validate(stated)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = "".join(f"{each}: " for each in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise StoresInvalid(f"{path}: store {number}: {place}{said}") from None


def _with_secrets(path: Path, entry: StoreEntry) -> StoreEntry:
    if entry.credentials_file:
        found = _from_file(path, entry, path.parent / entry.credentials_file)
    elif entry.credentials_environment:
        found = _from_environment(path, entry, entry.credentials_environment)
    else:
        return entry
    if frozenset(found) not in SECRETS[entry.scheme]:
        wanted = " or ".join(", ".join(sorted(each)) for each in SECRETS[entry.scheme])
        raise StoresInvalid(f"{path}: store {entry.name}: its credentials must be {wanted}, and nothing else")
    return entry.model_copy(update={"secrets": {name: SecretStr(value) for name, value in found.items()}})


def _from_file(path: Path, entry: StoreEntry, place: Path) -> dict[str, str]:
    where = f"{path}: store {entry.name}: credentials_file: {place}"
    text = read_private(place, where)
    if entry.scheme == "gs":
        return {"service_account_key": text}
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # whose message may quote a line of it
        raise StoresInvalid(f'{where} must hold lines as access_key_id = "..."') from None
    if not all(isinstance(each, str) and each for each in found.values()):
        raise StoresInvalid(f"{where}: every value must be a text in quotes")
    return found


def _from_environment(path: Path, entry: StoreEntry, prefix: str) -> dict[str, str]:
    names = {name for each in SECRETS[entry.scheme] for name in each}
    found = {name: os.environ.get(f"{prefix}_{name.upper()}", "") for name in names}
    given = {name: value for name, value in found.items() if value}
    if not given:
        wanted = ", ".join(sorted(f"{prefix}_{name.upper()}" for name in names))
        raise StoresInvalid(f"{path}: store {entry.name}: none of {wanted} is set in the environment")
    return given


def read_private(place: Path, where: str) -> str:
    """The text of a file that nobody but its owner can read.

    Raises:
        StoresInvalid: others can, or nobody.
    """
    try:
        with place.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise StoresInvalid(f"{where} can be read by others: chmod 600 {place}")
            text = file.read(SECRET_LONGEST + 1).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoresInvalid(f"{where} cannot be read") from error
    if not text or len(text) > SECRET_LONGEST:
        raise StoresInvalid(f"{where} must hold 1 to {SECRET_LONGEST} characters")
    return text
