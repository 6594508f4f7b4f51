"""A server that speaks S3's protocol over HTTP or HTTPS, in a process of its own."""

import datetime as dt
import ipaddress
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from serving.listening import listen

SECRET = "bucketsecret0123456789ABCDEFabcdef"
CREDENTIALS = f'access_key_id = "SITE"\nsecret_access_key = "{SECRET}"\n'
SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=x/x/us-east-1/s3/x"}
"""What the server wants to see, and does not look at."""


@contextmanager
def s3_server(folder: Path, certificate: Path | None = None) -> Iterator[str]:
    """The URL of an empty one."""
    with listen("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    if certificate is not None:
        command += ["-s", "-c", str(certificate), "-k", str(certificate)]
    with (folder / "moto.txt").open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output)
    url = f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
    try:
        _await(url)
        yield url
    finally:
        server.terminate()
        server.wait()


def _await(url: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            httpx.get(url, verify=False, timeout=5)  # noqa: S501 - is it there?
        except httpx.HTTPError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def put(url: str, bucket: str, objects: dict[str, bytes], *, versioned: bool = False) -> None:
    """Makes a bucket with these objects, by plain HTTP and not through the library that we read with."""
    with httpx.Client(verify=False, headers=SIGNED) as http:  # noqa: S501 - what is verified is our side
        http.put(f"{url}/{bucket}").raise_for_status()
        if versioned:
            enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
            http.put(f"{url}/{bucket}?versioning", content=enabled).raise_for_status()
        for key, content in objects.items():
            http.put(f"{url}/{bucket}/{quote(key)}", content=content).raise_for_status()


def stores_file(
    data: Path, url: str, bucket: str, *, more: str = "", prefix: str = "", name: str = "b"
) -> None:
    """A file of stores that names the bucket, with credentials in a private file."""
    folder = data / "storage"
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "bucket.toml"
    secret.write_text(CREDENTIALS)
    secret.chmod(0o600)
    with (folder / "stores.toml").open("a") as file:
        file.write(
            f'[[store]]\nname = "{name}"\nurl = "s3://{bucket}{prefix}"\nendpoint = "{url}"\n'
            f'region = "us-east-1"\ncredentials_file = "bucket.toml"\n{more}\n'
        )


def certificates(folder: Path) -> tuple[Path, Path]:
    """An authority's certificate, and one of this machine's address that it signed, with its key."""
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    above, name = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, each)]) for each in ("authority", "server")
    )
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    top = _certificate(above, above, authority).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), True
    )
    own = _certificate(above, name, key).add_extension(here, False)
    files = folder / "authority.pem", folder / "own.pem"
    files[0].write_bytes(top.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    signed = own.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    files[1].write_bytes(key.private_bytes(*form) + signed)
    return files


def _certificate(
    issuer: x509.Name, name: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder(issuer, name, key.public_key(), serial_number=x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )
