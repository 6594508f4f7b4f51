import os
import pwd
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2
import pytest

from database.embedded import EmbeddedPostgres
from database.engine import Database
from processes.errors import CannotStart
from processes.locks import is_held
from tests import programs

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture(scope="module")
def made():
    """The folder of a PostgreSQL that was started, used and stopped once; copy it."""
    folder = Path(tempfile.mkdtemp(prefix="insitu-test-"))
    server = EmbeddedPostgres(folder / "postgres")
    database = Database(server.start())
    with database.unit_of_work() as work:
        work.connection.exec_driver_sql("CREATE TABLE kept (n int)")
        work.connection.exec_driver_sql("INSERT INTO kept VALUES (42)")
        work.commit()
    database.dispose()
    server.stop()
    yield folder / "postgres"
    programs.remove(folder)


@pytest.fixture
def folder(made):
    """A data folder of one test's own, with the table `kept` in its database; nothing is left running."""
    base = Path(tempfile.mkdtemp(prefix="insitu-test-"))
    subprocess.run(["cp", "-a", made, base / "postgres"], check=True)
    yield base / "postgres"
    server = EmbeddedPostgres(base / "postgres")
    server._share.take()
    server.stop()
    programs.remove(base)


def kept(url):
    database = Database(url)
    try:
        with database.reading() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT n FROM kept")
            return cursor.fetchall()
    finally:
        database.dispose()


def postmaster(folder):
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def up(folder):
    return is_held(folder / "alive.lock")


def test_it_is_made_closed_to_everybody_else(folder):
    server = EmbeddedPostgres(folder)
    url = server.start()
    for secret in ("secret", "admin-secret"):
        assert stat.S_IMODE((folder / secret).stat().st_mode) == 0o600
        assert len((folder / secret).read_text()) > 40
    assert stat.S_IMODE((folder / "run").stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o700
    database = Database(url)
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('listen_addresses'), current_setting('synchronous_commit'), "
                       "current_setting('server_encoding'), datcollate, rolsuper FROM pg_database, pg_roles "
                       "WHERE datname = current_database() AND rolname = current_user")
        assert cursor.fetchone() == ("", "on", "UTF8", "C", False)
    database.dispose()
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(user="insitu", dbname="insitu", host=str(folder / "run"), password="guessed")
    server.stop()
    assert not up(folder)


def test_what_was_committed_is_there_at_the_next_start_and_starting_twice_changes_nothing(folder):
    server = EmbeddedPostgres(folder)
    url = server.start()
    first = postmaster(folder)
    assert server.start() == url
    assert postmaster(folder) == first
    assert kept(url) == [(42,)]
    server.stop()
    server.stop()
    assert not up(folder)


def test_the_last_one_out_stops_it(folder):
    here = EmbeddedPostgres(folder)
    url = here.start()
    with programs.running(programs.HOLD_POSTGRES, folder) as there:
        programs.heard(there, "up")
        first = postmaster(folder)
        here.stop()
        assert up(folder), "the other process still uses it"
        assert kept(url) == [(42,)]
        assert programs.end(there) == 0
    assert not up(folder)
    assert not programs.lives(first)


@pytest.mark.parametrize("made_before", [True, False])
def test_two_processes_that_start_at_once_get_one_server(folder, made_before):
    if not made_before:
        programs.remove(folder)
    with programs.running(programs.HOLD_POSTGRES, folder) as one, \
            programs.running(programs.HOLD_POSTGRES, folder) as other:
        programs.heard(one, "up")
        programs.heard(other, "up")
        assert (folder / "server.log").read_text().count("listening on") == 1 + made_before
        assert programs.end(one) == 0
        assert up(folder)
        assert programs.end(other) == 0
    assert not up(folder)


def test_the_orphan_of_a_killed_process_is_adopted_and_then_stopped(folder):
    with programs.running(programs.HOLD_POSTGRES, folder) as parent:
        programs.heard(parent, "up")
        parent.kill()
        parent.wait()
        orphan = postmaster(folder)
        assert programs.lives(orphan)
    server = EmbeddedPostgres(folder)
    assert kept(server.start()) == [(42,)]
    assert postmaster(folder) == orphan
    server.stop()
    assert not programs.lives(orphan)


@pytest.mark.parametrize("user_is_there", [True, False])
def test_a_killed_server_recovers_at_the_next_start(folder, user_is_there):
    killed = EmbeddedPostgres(folder)
    database = Database(killed.start())
    with database.unit_of_work() as work:
        work.connection.exec_driver_sql("INSERT INTO kept VALUES (43)")
        work.commit()
    os.kill(postmaster(folder), signal.SIGKILL)
    assert programs.eventually(lambda: not up(folder))
    server = killed if user_is_there else EmbeddedPostgres(folder)
    assert kept(server.start()) == [(42,), (43,)]
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kept")
        assert cursor.fetchone() == (2,), "a pool of before the crash goes on"
    database.dispose()
    server.stop()
    killed.stop()
    assert not up(folder)


def test_a_first_start_that_was_killed_half_way_is_begun_again(folder):
    shutil.move(folder / "data", folder / "data.new")
    (folder / "data.new" / "PG_VERSION").unlink()
    server = EmbeddedPostgres(folder)
    server.start()
    assert not (folder / "data.new").exists()
    server.stop()


def test_a_process_id_that_is_somebody_elses_by_now_is_left_alone(folder):
    with programs.running("import sys; sys.stdin.read()") as stranger:
        (folder / "data" / "postmaster.pid").write_text(f"{stranger.pid}\n{folder}/data\n")
        (folder / "server.json").write_text(f'{{"pid": {stranger.pid}}}')
        server = EmbeddedPostgres(folder)
        assert kept(server.start()) == [(42,)]
        server.stop()
        assert stranger.poll() is None


def test_a_path_too_long_for_a_socket_gets_a_private_folder_elsewhere(folder):
    deep = folder.parent / ("long" * 30)
    folder.rename(deep)
    try:
        server = EmbeddedPostgres(deep)
        assert kept(server.start()) == [(42,)]
        sockets = server._sockets()
        assert stat.S_IMODE(sockets.lstat().st_mode) == 0o700
        assert len(str(sockets)) < 90
        server.stop()
        assert not sockets.exists()
    finally:
        deep.rename(folder)


def test_another_version_of_postgresql_is_named(folder):
    (folder / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(CannotStart, match=r"made by PostgreSQL 17 and this Insitu brings 18"):
        EmbeddedPostgres(folder).start()
    (folder / "data" / "PG_VERSION").write_text("18\n")


def test_a_secret_that_does_not_fit_is_said_at_once(folder):
    (folder / "secret").write_text("another")
    with pytest.raises(CannotStart, match="do not fit together"):
        EmbeddedPostgres(folder).start()
    assert not up(folder), "it was started for us alone"


def test_a_server_that_cannot_start_says_why_in_one_line(folder):
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.write("shared_buffers = lots\n")
    with pytest.raises(CannotStart, match="did not start") as refusal:
        EmbeddedPostgres(folder).start()
    assert "\n" not in refusal.value.public


def test_a_folder_that_cannot_be_made_is_a_one_line_reason(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="a part of the path is a file"):
        EmbeddedPostgres(tmp_path / "file" / "postgres").start()


def test_a_platform_without_binaries_is_told_to_bring_a_database(folder, monkeypatch):
    monkeypatch.setattr("database.binaries.find_spec", lambda _: None)
    with pytest.raises(CannotStart, match="INSITU_DATABASE_URL"):
        EmbeddedPostgres(folder).start()


@AS_ROOT
def test_started_by_root_it_runs_as_somebody_else_and_leaves_the_modes_of_parents_alone(folder):
    before = stat.S_IMODE(folder.parent.stat().st_mode)
    assert before == 0o700, "closed to the server's account"
    server = EmbeddedPostgres(folder)
    server.start()
    status = Path(f"/proc/{postmaster(folder)}/status").read_text()
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert "0" not in facts["Uid"].split()
    assert int(facts["CapEff"], 16) == 1 << 2, "the right to pass through folders, and no other"
    assert stat.S_IMODE(folder.parent.stat().st_mode) == before
    server.stop()


@AS_ROOT
def test_an_account_that_can_reach_everything_keeps_no_right_of_roots(folder):
    open_folder = Path(tempfile.mkdtemp(prefix="insitu-test-", dir="/var/tmp"))
    open_folder.chmod(0o755)
    shutil.move(folder, open_folder / "postgres")
    try:
        server = EmbeddedPostgres(open_folder / "postgres")
        server.start()
        status = Path(f"/proc/{postmaster(open_folder / 'postgres')}/status").read_text()
        assert f"CapEff:\t{0:016x}" in status
        server.stop()
    finally:
        shutil.move(open_folder / "postgres", folder)
        open_folder.rmdir()


@AS_ROOT
def test_a_machine_without_the_account_is_told_how_to_make_one(tmp_path):
    with pytest.raises(CannotStart, match="useradd --system"):
        EmbeddedPostgres(tmp_path / "postgres", account="nobody-of-that-name").start()


ORDINARY = """
import os, sys
from pathlib import Path
sys.dont_write_bytecode = True
from database.embedded import EmbeddedPostgres
from database.engine import Database
from processes.errors import CannotStart
server = EmbeddedPostgres(Path(sys.argv[1]))
try:
    database = Database(server.start())
except CannotStart as reason:
    print(reason.public)
    sys.exit(3)
with database.reading() as connection, connection.cursor() as cursor:
    cursor.execute("SELECT 6 * 7")
    print(cursor.fetchone()[0])
database.dispose()
server.stop()
"""


def ordinary_user(folder):
    """What a user without any rights gets from starting a server in the folder: exit status and words."""
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if python is None:
        pytest.skip("needs a Python that every user may run")
    user = pwd.getpwnam("nobody")
    paths = os.pathsep.join([str(programs.ROOT), str(Path(psycopg2.__file__).parents[1])])
    done = subprocess.run([python, "-c", ORDINARY, str(folder)], user=user.pw_uid, group=user.pw_gid,
                          extra_groups=[], cwd="/", env={"PYTHONPATH": paths, "PATH": os.environ["PATH"]},
                          capture_output=True, text=True, check=False)
    if "No module named" in done.stderr or "Permission" in done.stderr:
        pytest.skip("needs a checkout and a Python of the same version that every user may read")
    return done.returncode, done.stdout.strip()


@AS_ROOT
def test_an_ordinary_user_needs_nothing_of_roots():
    home = Path(tempfile.mkdtemp(prefix="insitu-test-"))
    shutil.chown(home, "nobody")
    try:
        assert ordinary_user(home / "postgres") == (0, "42")
    finally:
        programs.remove(home)


@AS_ROOT
def test_a_second_user_is_told_whose_folder_it_is(folder):
    folder.parent.chmod(0o755)
    status, said = ordinary_user(folder)
    assert status == 3
    assert "belongs to user root" in said
    assert "\n" not in said


@AS_ROOT
def test_root_runs_an_ordinary_users_server_as_that_user_and_leaves_nothing_of_roots():
    home = Path(tempfile.mkdtemp(prefix="insitu-test-"))
    shutil.chown(home, "nobody")
    try:
        assert ordinary_user(home / "postgres") == (0, "42")
        server = EmbeddedPostgres(home / "postgres")
        server.start()
        server.stop()
        assert {path.owner() for path in (home / "postgres").rglob("*")} == {"nobody"}
        assert ordinary_user(home / "postgres") == (0, "42")
    finally:
        programs.remove(home)


HELD_BACK = """
import sys
from pathlib import Path
from database.embedded import EmbeddedPostgres
from processes.errors import CannotStart
try:
    EmbeddedPostgres(Path(sys.argv[1])).start()
except CannotStart as reason:
    print(reason.public)
"""


@AS_ROOT
@pytest.mark.parametrize(("right", "words"), [("setpcap", "account postgres|nobody|insitu cannot reach"),
                                              ("setuid", "start as an ordinary user")])
def test_a_root_that_may_not_do_what_it_takes_is_told_what_to_do(folder, right, words):
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("needs setpriv to take rights away from root")
    done = subprocess.run([setpriv, f"--bounding-set=-{right}", sys.executable, "-c", HELD_BACK, folder],
                          cwd=programs.ROOT, capture_output=True, text=True, check=True)
    assert re.search(words, done.stdout), done.stdout
    assert done.stdout.count("\n") == 1


@pytest.fixture
def small_disk():
    """A file system of 30 MB, too small for a PostgreSQL."""
    base = Path(tempfile.mkdtemp(prefix="insitu-test-"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=30m", "none", base], check=False).returncode:
        base.rmdir()
        pytest.skip("needs the right to mount a small file system")
    yield base
    subprocess.run(["umount", base], check=True)
    base.rmdir()


@AS_ROOT
@pytest.mark.slow
def test_a_full_disk_and_a_read_only_one_are_one_line_reasons(small_disk):
    with pytest.raises(CannotStart, match="no disk space is left"):
        EmbeddedPostgres(small_disk / "postgres").start()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    for folder in (small_disk / "postgres", small_disk / "other"):
        with pytest.raises(CannotStart, match="file system is read-only"):
            EmbeddedPostgres(folder).start()


@pytest.mark.slow
def test_killed_at_any_moment_of_its_first_start_the_next_start_works():
    chance = random.Random(6)
    for _ in range(8):
        base = Path(tempfile.mkdtemp(prefix="insitu-test-"))
        with programs.running(programs.HOLD_POSTGRES, base / "postgres") as parent:
            time.sleep(chance.uniform(0.2, 2.0))
            parent.kill()
        server = EmbeddedPostgres(base / "postgres")
        database = Database(server.start())
        database.ping()
        database.dispose()
        server.stop()
        assert not up(base / "postgres")
        programs.remove(base)
