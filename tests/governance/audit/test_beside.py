"""What happens beside recording: checkpoints at intervals, and a witness that nobody waits for."""

import contextlib
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from governance.audit.chain import Head
from governance.audit.checking import verify_trail
from governance.audit.checkpoints import HEAD
from governance.audit.clerk import Clerk
from governance.audit.group import Group, NotCommitted
from governance.keys.site import BadSignature, verified
from tests.governance.audit.trails import Clock, entry, rows_of, trail
from tests.programs import eventually


class Asked(list):
    """What a clerk did."""

    def clerk(self, clock, *, tell=None, fails=0, signed=0, rows=10, seconds=60.0):
        left = [fails]

        def sign(head):
            if left[0]:
                left[0] -= 1
                raise OSError("no disk")
            self.append(head.sequence)

        return Clerk(
            signed=lambda: signed, sign=sign, tell=tell, rows=rows, seconds=seconds, clock=clock
        )


def at(sequence):
    return Head(sequence, bytes([sequence]) * 32)


def moved(clerk, sequence):
    """A new head, and a round of the clerk without its thread."""
    clerk._head = at(sequence)
    clerk.work()


def test_the_end_is_signed_after_so_many_rows_or_so_long():
    asked, clock = Asked(), Clock(0.0)
    clerk = asked.clerk(clock, signed=5)
    moved(clerk, 14)
    assert asked == []
    moved(clerk, 15)
    assert asked == [15]
    moved(clerk, 16)
    clock.now += 59.0
    clerk.work()
    assert asked == [15]
    clock.now += 1.0
    clerk.work()
    assert asked == [15, 16]
    clock.now += 1000.0
    clerk.work()
    assert asked == [15, 16]


def test_a_checkpoint_that_failed_is_tried_again(caplog):
    asked = Asked()
    clerk = asked.clerk(Clock(), fails=1)
    moved(clerk, 12)
    assert asked == []
    assert "could not be made" in caplog.text
    clerk.work()
    assert asked == [12]


def test_the_witness_is_told_of_the_newest_head_until_it_took_it():
    told, takes = [], [False, True]
    clerk = Asked().clerk(Clock(), tell=lambda head: told.append(head.sequence) or takes.pop(0))
    moved(clerk, 1)
    moved(clerk, 3)
    clerk.work()
    assert told == [1, 3]


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
