"""Buckets as the file of stores states them: where, with whose credentials, and always over verified TLS."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store

from drs.storage.cloud import Bucket, CloudStore
from drs.storage.errors import StoresInvalid
from drs.storage.file_of_stores import StoreEntry

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_RETRY: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}


def cloud_store(path: Path, entry: StoreEntry) -> CloudStore:
    """The store of an entry of the file at `path`.

    Raises:
        StoresInvalid: what it says cannot be together.
    """
    parts = urlsplit(entry.url)
    prefix = parts.path.strip("/") or None
    try:
        bucket = _MAKERS[entry.scheme](parts.netloc, prefix, entry, _client(path, entry))
    except (BaseError, ValueError, TypeError, OSError):  # whose text may hold what they were given
        raise StoresInvalid(f"{path}: store {entry.name}: its credentials or settings do not hold") from None
    return CloudStore(entry.name, entry.url, bucket, presigns=entry.presigned and not entry.anonymous)


def _client(path: Path, entry: StoreEntry) -> "ClientConfig":
    client: ClientConfig = {
        # Plain http is for this very machine: the file was checked for that.
        "allow_http": (entry.endpoint or "").startswith("http://"),
        "allow_invalid_certificates": False,  # whatever the environment says
        "connect_timeout": "5s",
        "read_timeout": "30s",
        "timeout": "1day",  # of a whole object, on its way to somebody with a slow line
        "user_agent": "insitu",
    }
    if entry.ca_file:
        place = path.parent / entry.ca_file
        try:
            client["root_certificate"] = place.read_bytes()
        except OSError as error:
            raise StoresInvalid(f"{path}: store {entry.name}: ca_file: {place} cannot be read") from error
    return client


def _s3(bucket: str, prefix: str | None, entry: StoreEntry, client: "ClientConfig") -> Bucket:
    config: dict[str, Any] = {"virtual_hosted_style_request": entry.virtual_hosted}
    if entry.region:
        config["region"] = entry.region
    if entry.endpoint:
        # Both, for the environment may name another one under either name.
        config |= {"endpoint": entry.endpoint, "aws_endpoint_url_s3": entry.endpoint}
    if entry.secrets:
        secret = {name: each.get_secret_value() for name, each in entry.secrets.items()}
        given = {
            "access_key_id": secret["access_key_id"],
            "secret_access_key": secret["secret_access_key"],
            "token": secret.get("session_token"),
            "expires_at": None,
        }
        # As settings they would be mixed with what the environment says, a session's token above all.
        config["credential_provider"] = lambda: given
    return S3Store(
        bucket, prefix=prefix, client_options=client, retry_config=_RETRY, **_anonymous(config, entry)
    )


def _gs(bucket: str, prefix: str | None, entry: StoreEntry, client: "ClientConfig") -> Bucket:
    config: dict[str, Any] = {}
    if entry.endpoint:
        config["base_url"] = entry.endpoint
    if entry.secrets:
        config["service_account_key"] = entry.secrets["service_account_key"].get_secret_value()
    return GCSStore(
        bucket, prefix=prefix, client_options=client, retry_config=_RETRY, **_anonymous(config, entry)
    )


def _az(bucket: str, prefix: str | None, entry: StoreEntry, client: "ClientConfig") -> Bucket:
    config: dict[str, Any] = {"account_name": entry.account}
    if entry.endpoint:
        config["endpoint"] = entry.endpoint
    if entry.secrets:
        [(name, secret)] = entry.secrets.items()
        taken = {"account_key": "access_key", "sas_token": "sas_token"}[name]
        given = {taken: secret.get_secret_value(), "expires_at": None}
        config["credential_provider"] = lambda: given
    return AzureStore(
        bucket, prefix=prefix, client_options=client, retry_config=_RETRY, **_anonymous(config, entry)
    )


def _anonymous(config: dict[str, Any], entry: StoreEntry) -> dict[str, Any]:
    return config | ({"skip_signature": True} if entry.anonymous else {})


_MAKERS = {"s3": _s3, "gs": _gs, "az": _az}
