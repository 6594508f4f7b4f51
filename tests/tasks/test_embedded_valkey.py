import os
import signal
import stat
import tempfile
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from processes.errors import CannotStart
from processes.locks import is_held
from tasks.broker import create_celery, ping
from tasks.embedded import EmbeddedValkey
from tasks.errors import BrokerUnavailable
from tasks.opening import open_broker
from tasks.settings import BrokerSettings
from tests import programs

HOLD = """
import sys
from pathlib import Path
from tasks.embedded import EmbeddedValkey
server = EmbeddedValkey(Path(sys.argv[1]))
server.start()
print("up", flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def folder():
    base = Path(tempfile.mkdtemp(prefix="insitu-test-"))
    yield base / "valkey"
    server = EmbeddedValkey(base / "valkey")
    if (base / "valkey").exists():
        server._share.take()
        server.stop()
    programs.remove(base)


def up(folder):
    return is_held(folder / "alive.lock")


def process(server):
    return server._record()["pid"]


def test_it_answers_only_who_knows_the_secret_on_a_socket_nobody_else_can_reach(folder):
    server = EmbeddedValkey(folder)
    url = server.start()
    ping(create_celery(url))
    socket = folder / "run" / "valkey.sock"
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "data" / "valkey.conf").stat().st_mode) == 0o600
    with redis.Redis(unix_socket_path=str(socket)) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    secret = (folder / "secret").read_text()
    with redis.Redis(unix_socket_path=str(socket), password=secret) as ours:
        assert ours.config_get("port", "save", "appendonly") == {"port": "0", "save": "", "appendonly": "no"}
    assert secret not in " ".join(programs.command_of(process(server)))
    server.stop()
    assert not up(folder)
    server.stop()


def test_an_orphan_is_adopted_and_the_last_one_out_stops_it(folder):
    with programs.running(HOLD, folder) as parent:
        programs.heard(parent, "up")
        parent.kill()
        parent.wait()
    one, other = EmbeddedValkey(folder), EmbeddedValkey(folder)
    orphan = process(one)
    assert one.start() == other.start()
    assert process(one) == orphan
    one.stop()
    assert up(folder)
    other.stop()
    assert not programs.lives(orphan)


def test_a_killed_server_is_replaced(folder):
    server = EmbeddedValkey(folder)
    first = server.start()
    os.kill(process(server), signal.SIGKILL)
    assert programs.eventually(lambda: not up(folder))
    assert server.start() == first
    ping(create_celery(first))
    os.kill(process(server), signal.SIGKILL)
    assert programs.eventually(lambda: not up(folder))
    assert server.revive()
    assert not server.revive(), "it lives"
    ping(create_celery(first))
    server.stop()
    assert not server.revive(), "nobody uses it"
    assert not up(folder)


def test_a_deep_folder_gets_its_socket_elsewhere(folder):
    server = EmbeddedValkey(folder.parent / ("long" * 30))
    url = server.start()
    ping(create_celery(url))
    server.stop()
    assert not server._sockets().exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_started_by_root_it_runs_as_somebody_else(folder):
    server = EmbeddedValkey(folder)
    server.start()
    assert Path(f"/proc/{process(server)}").stat().st_uid != 0
    server.stop()


def test_a_platform_without_a_binary_is_told_to_bring_a_broker(folder, monkeypatch):
    monkeypatch.setattr("tasks.embedded.find_spec", lambda _: None)
    with pytest.raises(CannotStart, match="INSITU_BROKER_URL"):
        EmbeddedValkey(folder).start()


def test_without_any_setting_a_broker_starts_in_the_data_folder(folder):
    broker = open_broker(BrokerSettings(), folder.parent)
    broker.ping()
    broker.dispose()
    broker.dispose()
    assert not up(folder)


def test_a_given_broker_that_is_not_there_is_a_reason_and_nothing_is_started(folder):
    with pytest.raises(BrokerUnavailable, match="INSITU_BROKER_URL"):
        open_broker(BrokerSettings(url=SecretStr("redis://127.0.0.1:1/0")), folder.parent)
    assert not folder.exists()
