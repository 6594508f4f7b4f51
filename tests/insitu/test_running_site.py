"""A site starts, answers, and goes away, however it is ended."""

import signal
from pathlib import Path

import pytest

from tests import programs
from tests.insitu.running import PATIENCE, Sites, kill

SITE = ("site", "--port", "0")
SERVERS = {"postgres", "valkey-server"}
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything(tmp_path: Path, start: Sites, number: signal.Signals) -> None:
    site = start(tmp_path / "data", [*SITE, "--processes", "2"]).ready()
    assert site.get("/healthz") == (200, {"status": "up"})
    assert site.names() >= SERVERS
    assert site.end(number) == 0
    assert site.processes() == []
    assert site.get("/healthz")[0] == 0


def test_the_children_of_a_killed_site_end_with_it(tmp_path: Path, start: Sites) -> None:
    first = start(tmp_path / "data", [*SITE, "--processes", "2"]).ready()
    first.end(signal.SIGKILL)
    assert first.settled(SERVERS)

    second = start(tmp_path / "data", SITE).ready()
    assert second.end(signal.SIGTERM) == 0
    assert second.processes() == []


def test_servers_that_lost_all_their_users_are_adopted_by_the_next_start(
    tmp_path: Path, start: Sites
) -> None:
    first = start(tmp_path / "data", SITE).ready()
    first.process.kill()
    kill(first.named("serving.child") + first.named("worker"))
    first.end(signal.SIGKILL)
    assert first.settled(SERVERS)
    left = {each.pid for each in first.named("postgres") + first.named("valkey-server")}
    assert len(left) == len(SERVERS)

    second = start(tmp_path / "data", SITE).ready()
    assert {each.pid for each in second.processes()} >= left
    assert second.end(signal.SIGTERM) == 0
    assert second.processes() == []


def test_a_web_process_that_dies_is_replaced(tmp_path: Path, start: Sites) -> None:
    site = start(tmp_path / "data", SITE).ready()
    (web,) = site.named("serving.child")
    web.kill()
    web.wait(30)
    site.ready()
    assert web.pid not in {each.pid for each in site.processes()}
    assert site.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("name", sorted(SERVERS))
def test_a_server_of_ours_that_is_killed_under_the_site_is_started_again(
    tmp_path: Path, start: Sites, name: str
) -> None:
    site = start(tmp_path / "data", SITE).ready()
    (server,) = site.named(name)
    server.kill()
    assert programs.eventually(lambda: {each.pid for each in site.named(name)} - {server.pid}, PATIENCE)
    site.ready()
    assert site.end(signal.SIGTERM) == 0
    assert site.processes() == []


def test_everything_lies_in_the_data_folder_and_only_its_owner_looks_in(tmp_path: Path, start: Sites) -> None:
    site = start(tmp_path / "data", SITE).ready()
    site.get("/ga4gh/beacon/v2/info")
    assert site.end(signal.SIGTERM) == 0
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert "path=/ga4gh/beacon/v2/info status=200" in (tmp_path / "data" / "logs" / "web.log").read_text()
    assert {each.name for each in tmp_path.iterdir()} == {"data"}


def test_a_taken_port_is_one_line_that_names_the_option(tmp_path: Path, start: Sites) -> None:
    site = start(tmp_path / "one", SITE).ready()
    other = start(tmp_path / "two", ["site", "--port", site.url.rpartition(":")[2]])
    assert other.process.wait(PATIENCE) == 4
    other.end(signal.SIGTERM)
    reason = [each for each in other.said if each.startswith("insitu:")]
    assert len(reason) == 1
    assert "--port" in reason[0]
    assert site.end(signal.SIGTERM) == 0
