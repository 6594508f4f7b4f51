"""The logs of a site: what is recorded is kept, or who asked is told; nobody reads or redirects them."""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.audit import entry, record_in_log
from governance.caller import ANONYMOUS
from governance.policy import Action
from insitu.logs import log_to
from processes.errors import CannotStart


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Gives the process its logging back."""
    loggers = [logging.getLogger(), logging.getLogger("insitu"), logging.getLogger("insitu.audit")]
    before = [(each, each.handlers, each.level, each.propagate) for each in loggers]
    yield
    for logger, handlers, level, propagate in before:
        for each in [each for each in logger.handlers if each not in handlers]:
            each.close()
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def record() -> None:
    record_in_log(entry(ANONYMOUS, Action.BEACON_COUNT, (), "answered"))


def test_an_entry_that_cannot_be_kept_is_an_error_and_not_a_line_on_the_terminal(tmp_path: Path) -> None:
    log_to(tmp_path, "web")
    record()
    record()  # from here on it looks whether the file is another
    (handler,) = logging.getLogger("insitu.audit").handlers
    assert isinstance(handler, logging.FileHandler)
    with Path("/dev/full").open("w", encoding="utf-8") as full, Path(os.devnull).open("w") as null:
        handler.setStream(full).close()
        with pytest.raises(OSError, match="No space"):
            record()
        os.dup2(null.fileno(), full.fileno())  # what it still holds back has to go somewhere
        handler.close()
    record()
    assert (tmp_path / "logs" / "audit.log").read_text().count("answered") == 3


def test_a_log_that_was_put_aside_is_begun_anew(tmp_path: Path) -> None:
    log_to(tmp_path, "web")
    logs = tmp_path / "logs"
    for name in ("audit.log", "web.log"):
        record()
        logging.getLogger("insitu").warning("said")
        (logs / name).rename(logs / f"{name}.1")
        record()
        logging.getLogger("insitu").warning("said again")
    assert "said again" in (logs / "web.log").read_text()
    for name in ("audit.log", "audit.log.1", "web.log", "web.log.1"):
        assert stat.S_IMODE((logs / name).stat().st_mode) == 0o600
        assert (logs / name).read_text()


def test_no_log_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "data" / "logs").mkdir(parents=True)
    (tmp_path / "victim").write_text("untouched")
    (tmp_path / "data" / "logs" / "audit.log").symlink_to(tmp_path / "victim")
    log_to(tmp_path / "data", "web")
    with pytest.raises(OSError, match="symbolic links"):
        record()
    assert (tmp_path / "victim").read_text() == "untouched"


def test_a_folder_of_logs_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "logs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotStart, match="not a folder of our own"):
        log_to(tmp_path, "web")
