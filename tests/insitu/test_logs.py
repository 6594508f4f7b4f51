"""The logs of a site: nobody reads or redirects them."""

import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from insitu.logs import log_to
from processes.errors import CannotStart
from tests.insitu.own_logging import logging_given_back


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Gives the process its logging back."""
    with logging_given_back():
        yield


def test_a_log_that_was_put_aside_is_begun_anew(tmp_path: Path) -> None:
    log_to(tmp_path, "web")
    logs = tmp_path / "logs"
    logging.getLogger("insitu").warning("said")
    (logs / "web.log").rename(logs / "web.log.1")
    logging.getLogger("insitu").warning("said again")
    assert "said again" in (logs / "web.log").read_text()
    for name in ("web.log", "web.log.1"):
        assert stat.S_IMODE((logs / name).stat().st_mode) == 0o600
        assert (logs / name).read_text()


def test_no_log_is_written_through_a_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data" / "logs").mkdir(parents=True)
    (tmp_path / "victim").write_text("untouched")
    (tmp_path / "data" / "logs" / "web.log").symlink_to(tmp_path / "victim")
    log_to(tmp_path / "data", "web")
    logging.getLogger("insitu").warning("said")
    assert (tmp_path / "victim").read_text() == "untouched"
    assert "symbolic links" in capsys.readouterr().err


def test_a_folder_of_logs_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "logs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotStart, match="not a folder of our own"):
        log_to(tmp_path, "web")
