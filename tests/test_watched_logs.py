"""The watch over the suite's logs sees what it is there for."""

import logging
from pathlib import Path

import pytest

from serving.logs import masked
from tests.issuer import CLIENT, SECRET, Issuer
from tests.watched_logs import SECRETS, WatchedLogs, in_files, kinds

KINDS = list(SECRETS)


@pytest.fixture(scope="module")
def token() -> str:
    with Issuer() as issuer:
        return issuer.access_token()


def test_secrets_of_every_kind_are_seen(token: str, tmp_path: Path) -> None:
    lines = [
        f"refused {token}",
        "authorization: Bearer 0123456789abcdef0123",
        "-----BEGIN EC PRIVATE KEY-----",
        "cannot reach postgresql://insitu:hunter2@db.example/site",
        f"exchange as {CLIENT} with {SECRET}",
    ]
    assert [list(kinds(line)) for line in lines] == [[kind] for kind in KINDS]
    watched = WatchedLogs()
    for line in lines:
        watched.emit(logging.LogRecord("some", logging.INFO, __file__, 1, line, None, None))
    assert len(watched.found) == len(lines)
    masked_lines = [masked(line) for line in lines]
    for secret in (token, "0123456789abcdef0123", "hunter2"):
        assert secret not in "".join(masked_lines)
    assert masked_lines[3] == "cannot reach postgresql://insitu:***@db.example/site"
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "web.log").write_text("\n".join(lines))
    assert len(in_files(tmp_path)) == len(lines)
    (tmp_path / "logs" / "web.log").unlink()  # the run's own look would find it


def test_what_is_no_secret_is_none() -> None:
    watched = WatchedLogs()
    for line in ("a request's access token is refused: expired", "postgresql://insitu:***@db/site", "http://h:8080/"):
        watched.emit(logging.LogRecord("some", logging.INFO, __file__, 1, line, None, None))
    assert watched.found == []
    assert watched.seen == 3
