"""What happens beside recording: checkpoints at intervals, and a witness that nobody waits for."""

import contextlib
import json
import logging
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from governance.audit.beside import Beside
from governance.audit.chain import Head
from governance.audit.checking import verify_trail
from governance.audit.checkpoints import HEAD
from governance.audit.clerk import Clerk
from governance.audit.courier import Courier
from governance.audit.group import Group, NotCommitted
from governance.audit.signing import Standing
from governance.audit.witness import read_state, write_state
from governance.keys.site import BadSignature, verified
from tests.governance.audit.trails import NOW, Clock, entry, rows_of, trail
from tests.programs import eventually


class Site:
    """What a clerk sees of the database, and what it did."""

    def __init__(self, **settings):
        self.asked, self.fails, self.looks = [], 0, 0
        self.signed, self.last, self.since = 5, 5, None
        self.clock, self.ticks = Clock(1000.0), Clock(0.0)
        self.clerk = Clerk(
            standing=self.standing,
            sign=self.sign,
            **{"rows": 10, "seconds": 60.0, **settings},
            clock=self.clock,
            monotonic=self.ticks,
        )

    def standing(self):
        self.looks += 1
        return Standing(self.signed, self.last, self.since if self.last > self.signed else None)

    def sign(self):
        if self.fails:
            self.fails -= 1
            raise OSError("no disk")
        self.asked.append(self.last)
        self.signed = self.last
        return self.last

    def at(self, row):
        self.last, self.since = row, self.since or self.clock.now
        return self.clerk.work()

    def pass_(self, seconds):
        self.clock.now += seconds
        self.ticks.now += seconds


def test_the_end_is_signed_after_so_many_rows_or_so_long():
    site = Site()
    site.at(14)
    assert site.asked == []
    assert site.at(15) == 60.0
    assert site.asked == [15]
    site.since = None
    assert site.at(16) == 60.0
    site.pass_(59.0)
    assert site.clerk.work() == pytest.approx(1.0)
    assert site.asked == [15]
    site.pass_(1.0)
    site.clerk.work()
    assert site.asked == [15, 16]
    site.pass_(1000.0)
    assert site.clerk.work() == 60.0
    assert site.asked == [15, 16]


def test_rows_that_a_process_left_unsigned_long_ago_are_signed_at_the_first_look():
    site = Site()
    site.since = site.clock.now - 3600.0
    site.at(6)
    assert site.asked == [6]


def test_a_clock_that_is_put_back_does_not_put_off_signing():
    site = Site()
    site.at(6)
    site.clock.now -= 100_000.0
    site.ticks.now += 60.0
    site.clerk.work()
    assert site.asked == [6]


def test_a_head_that_goes_back_has_the_clerk_look_again_and_one_that_is_late_does_not(monkeypatch):
    site, woken = Site(), []
    site.at(5)
    monkeypatch.setattr(site.clerk._thread, "wake", lambda: woken.append(1))
    site.clerk.moved(Head(8, bytes(32)))
    assert woken == []
    site.clerk.moved(Head(7, bytes(32)))
    assert woken == []
    site.clerk.moved(Head(7, bytes(32)), back=True)
    assert woken == [1]


def test_the_witness_is_not_told_of_a_head_that_is_late_unless_the_trail_goes_back(monkeypatch):
    told = []
    courier = Courier(lambda head: told.append(head.sequence) or True)
    monkeypatch.setattr(courier._thread, "wake", courier.work)
    for sequence, back in ((11, False), (10, False), (9, True), (10, False)):
        courier.moved(Head(sequence, bytes([sequence]) * 32), back=back)
    assert told == [11, 9, 10]


def test_what_fails_beside_is_said_once_and_tried_later_and_later(caplog):
    failing = [True]

    def work():
        if failing[0]:
            raise SystemExit("not even this ends it")
        return 7.0

    beside = Beside("x", "it failed", work)
    assert [beside.round() for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert len([each for each in caplog.records if each.levelname == "ERROR"]) == 1
    failing[0] = False
    assert beside.round() == 0.0  # who woke it meanwhile was not heard
    assert beside.round() == 7.0
    assert "goes again" in caplog.text


def test_a_thread_that_died_is_started_anew_and_no_wake_is_lost():
    done, release = [], threading.Event()

    def work():
        done.append(1)
        if len(done) == 1:
            release.wait(20)

    beside = Beside("x", "it failed", work)
    beside._thread = threading.Thread(target=int)  # as a fork leaves it
    beside.wake()
    assert eventually(lambda: len(done) == 1)
    beside.wake()  # while a round is under way
    release.set()
    assert eventually(lambda: len(done) >= 2)
    beside.close()


def test_the_witness_is_told_of_the_newest_head_until_it_took_it():
    told, takes = [], [False, True, True]
    courier = Courier(lambda head: told.append(head.sequence) or takes.pop(0))
    for sequence in (1, 3, 3, 2):
        courier._head = Head(sequence, bytes([sequence]) * 32)
        courier.work()
    assert told == [1, 3, 2]


def test_a_witness_that_drips_is_left_in_time_and_holds_no_signature_up(kept, site_database, tmp_path):
    with dripping() as url:
        busy = trail(site_database, tmp_path, witness_url=url, witness_seconds=1, checkpoint_rows=1)
        busy.record(entry())
        assert eventually(lambda: verify_trail(kept).signed == 1)
        assert eventually(lambda: read_state(tmp_path).get("failing"), 10)
        busy.close()


@contextlib.contextmanager
def dripping():
    """A witness that sends one byte of a header now and then."""
    server = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve():
        with contextlib.suppress(OSError):
            while not stop.is_set():
                connection, _ = server.accept()
                with connection, contextlib.suppress(OSError):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                    while not stop.wait(0.3):
                        connection.sendall(b"x")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    finally:
        stop.set()
        server.close()


def test_what_another_process_left_unsigned_is_signed_by_one_that_only_watches(kept, site_database, tmp_path):
    kept.record(entry())
    watching = trail(site_database, tmp_path, Clock(NOW.timestamp() + 4000.0))
    watching.watch()
    assert eventually(lambda: verify_trail(kept).signed == 1)
    watching.close()


def test_no_planted_link_is_written_through(kept, tmp_path):
    kept.record(entry())
    other = tmp_path / "precious"
    other.write_text("mine")
    (tmp_path / "audit" / f".witness.{os.getpid()}").symlink_to(other)
    (tmp_path / "audit" / "witness.json").symlink_to(other)
    write_state(tmp_path, {"told": None})
    assert other.read_text() == "mine"
    assert (tmp_path / "audit" / "witness.json").stat().st_mode & 0o777 == 0o600


def test_a_running_clerk_signs_and_ends(kept, site_database, tmp_path):
    busy = trail(site_database, tmp_path, checkpoint_rows=5)
    for number in range(12):
        busy.record(entry(number))
    assert eventually(lambda: verify_trail(kept).signed >= 5)
    busy.close()
    assert not any(each.name == "audit-clerk" for each in threading.enumerate())


@contextlib.contextmanager
def witness(status):
    """A witness that keeps what it is told and answers with the status that `status` gives."""
    said = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            said.append((self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status())
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/heads", said
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_witness_is_told_of_heads_that_the_site_signed(kept, site_database, tmp_path):
    with witness(lambda: 204) as (url, said):
        seen = trail(site_database, tmp_path, witness_url=url)
        for number in range(3):
            seen.record(entry(number))
        seen.close()
    kind, token = said[-1]
    claims = verified(token.decode(), HEAD, {kept.key.kid: kept.key.public})
    assert kind == "application/jose"
    assert (claims["sequence"], claims["hash"]) == (3, rows_of(site_database)[-1].hash.hex())
    with pytest.raises(BadSignature):
        verified(token.decode()[:-4] + "AAAA", HEAD, {kept.key.kid: kept.key.public})
    assert any("told of row 3" in note for note in verify_trail(kept).notes)


@pytest.mark.parametrize("status", [500, 302])
def test_a_witness_that_fails_is_named_and_holds_nobody_up(kept, site_database, tmp_path, caplog, status):
    caplog.set_level(logging.WARNING, logger="insitu.trail")
    with witness(lambda: status) as (url, said):
        seen = trail(site_database, tmp_path, witness_url=url)
        seen.record(entry())
        assert eventually(lambda: said)
        seen.close()
    assert f"cannot be told: HTTP {status}" in caplog.text
    state = json.loads((tmp_path / "audit" / "witness.json").read_text())
    assert state["failing"]["why"] == f"HTTP {status}"
    assert any("cannot be told" in note for note in verify_trail(kept).notes)


def test_a_witness_that_is_not_there_holds_nobody_up(kept, site_database, tmp_path):
    seen = trail(site_database, tmp_path, witness_url="http://127.0.0.1:1/")
    seen.record(entry())
    seen.close()
    assert len(rows_of(site_database)) == 1
    assert verify_trail(kept).whole


def test_a_group_fails_together_and_the_next_goes_on():
    release, taken, fail = threading.Event(), [], [False, True, False]

    def commit(items):
        taken.append(list(items))
        if len(taken) == 1:
            release.wait(20)
        if fail[len(taken) - 1]:
            raise OSError("disk")
        return lambda: None

    group, errors = Group(commit), []

    def put(number):
        try:
            group.put(number)
        except NotCommitted as error:
            errors.append((number, str(error.__cause__)))

    threads = [threading.Thread(target=put, args=(number,)) for number in range(6)]
    threads[0].start()
    assert eventually(lambda: taken)
    for each in threads[1:]:
        each.start()
    assert eventually(lambda: len(group._waiting) == 5)
    release.set()
    for each in threads:
        each.join(20)
    assert taken[0] == [0]
    assert sorted(taken[1]) == [1, 2, 3, 4, 5]
    assert sorted(errors) == [(number, "disk") for number in range(1, 6)]
    group.put(6)
    assert taken[2] == [6]


def test_a_thread_that_was_interrupted_while_it_waits_leaves_the_lead_to_another():
    release, taken = threading.Event(), []

    def commit(items):
        taken.append(list(items))
        if len(taken) == 1:
            release.wait(20)
        return lambda: None

    group = Group(commit)

    class Interrupted:
        """A lock at which Ctrl-C arrives."""

        def acquire(self):
            raise KeyboardInterrupt

        def release(self):
            pass

    first = threading.Thread(target=group.put, args=(0,))
    first.start()
    assert eventually(lambda: taken)
    made = _interrupted_put(group, 1, Interrupted())
    last = threading.Thread(target=group.put, args=(2,))
    last.start()
    assert eventually(lambda: len(group._waiting) == 2)
    release.set()
    first.join(20)
    last.join(20)
    assert made
    assert sorted(taken[1]) == [1, 2]


def _interrupted_put(group, item, awake):
    from governance.audit import group as module

    class Waiting(module._Waiting):
        def __init__(self, item):
            super().__init__(item)
            self.awake = awake

    before, module._Waiting = module._Waiting, Waiting
    try:
        group.put(item)
    except KeyboardInterrupt:
        return True
    finally:
        module._Waiting = before
    return False


def test_what_comes_after_a_commit_is_done_before_anybody_is_told_and_holds_up_no_other_commit():
    release, taken, told = threading.Event(), [], []

    def commit(items):
        taken.append(list(items))
        return (lambda: release.wait(20)) if items == [0] else (lambda: None)

    group = Group(commit)

    def put(number):
        group.put(number)
        told.append(number)

    first = threading.Thread(target=put, args=(0,))
    first.start()
    assert eventually(lambda: taken)
    put(1)
    assert (taken, told) == ([[0], [1]], [1])
    release.set()
    first.join(20)
    assert told == [1, 0]


def test_what_fails_after_a_commit_fails_the_items():
    def commit(_items):
        return [].clear if not taken.append(1) and len(taken) > 1 else failing

    def failing():
        raise OSError("head")

    taken = []
    group = Group(commit)
    with pytest.raises(NotCommitted):
        group.put(0)
    group.put(1)
