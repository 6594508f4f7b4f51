"""Several processes, many threads, and a kill in the middle."""

import signal
import threading

import pytest
from sqlalchemy import text

from governance.audit.headfile import HeadFile
from tests.governance.audit.trails import bodies, rows_of, trail, verified
from tests.programs import end, eventually, heard, running

RECORD = """
import os, sys, threading
from pathlib import Path
from database.engine import Database
from governance.audit.trail import Trail
from governance.gate import Gate
from governance.policy.actions import Action
from governance.policy.engine import Policy
from serving.access import in_own_context
from tests.governance.audit.trails import DATASET, caller

url, folder, name, threads, each = sys.argv[1:]
database = Database(url)
gate = Gate(Policy(), Trail(database, Path(folder)))

def ask(thread):
    for number in range(int(each)):
        request = f"{name}-{thread}-{number}"
        work = lambda: gate.answer(caller(name), Action.BEACON_COUNT, [DATASET], lambda permitted: request)
        os.write(1, (in_own_context(request, work) + "\\n").encode())

asking = [threading.Thread(target=ask, args=(number,)) for number in range(int(threads))]
os.write(1, b"up\\n")
sys.stdin.readline()
for one in asking:
    one.start()
for one in asking:
    one.join()
"""


def started(process):
    heard(process, "up")
    return process


def go(process):
    process.stdin.write("go\n")
    process.stdin.flush()


def connections(database):
    """How many PostgreSQL has to this database."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    with database.unit_of_work() as work:
        return work.connection.execute(text(query)).scalar_one()


def requests(database):
    return [body["request"] for body in bodies(database)]


def test_two_hundred_requests_at_once_in_two_processes_leave_one_whole_chain(
    kept, site_database, fresh_database_url
):
    arguments = (fresh_database_url, kept.folder)
    with running(RECORD, *arguments, "a", 50, 2) as one, running(RECORD, *arguments, "b", 50, 2) as other:
        for each in (started(one), started(other)):
            go(each)
        said = one.stdout.read().split() + other.stdout.read().split()
        assert (end(one), end(other)) == (0, 0)
    assert len(said) == 200
    assert [row.sequence for row in rows_of(site_database)] == list(range(1, 201))
    assert sorted(requests(site_database)) == sorted(map(kept.names.request, said))
    found = verified(kept)
    assert (found.whole, found.rows) == (True, 200)
    assert HeadFile(kept.folder).read().sequence == 200
    names = {body["subject"] for body in bodies(site_database)}
    assert len(names) == 2  # both processes agree on who is who


@pytest.mark.slow
@pytest.mark.parametrize("after", [20, 150, 400])
def test_a_process_killed_while_it_records_loses_nothing_that_was_answered(
    kept, site_database, fresh_database_url, after
):
    said, before = [], connections(site_database)
    with running(RECORD, fresh_database_url, kept.folder, "a", 16, 10_000) as process:
        go(started(process))
        for line in process.stdout:
            said.append(line.strip())
            if len(said) == after:
                process.send_signal(signal.SIGKILL)
        process.wait(60)
    assert eventually(lambda: connections(site_database) <= before)  # PostgreSQL commits what was sent
    written = requests(site_database)
    complete = said[:-1]  # the kill may have cut the last line
    assert len(complete) >= after - 1
    assert set(map(kept.names.request, complete)) <= set(written)
    found = verified(kept)
    assert (found.whole, found.rows) == (True, len(written))
    after_all = trail(site_database, kept.folder)
    threads = [threading.Thread(target=after_all.checkpoint) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    after_all.close()
    assert verified(kept).signed == len(written)
