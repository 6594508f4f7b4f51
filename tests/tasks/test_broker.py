import os
import re
import sys
import uuid

import pytest

from database.engine import Database
from processes.children import Children
from tasks.broker import create_celery, ping, send_after_commit
from tasks.errors import BrokerUnavailable
from tests import programs
from tests.tasks.worker_program import made


@pytest.fixture
def database(fresh_database_url):
    found = Database(fresh_database_url)
    yield found
    found.dispose()


@pytest.fixture
def queue():
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def workers():
    with Children(grace_seconds=60) as children:
        yield children


def start_worker(workers, name, *arguments):
    return workers.start(name, [sys.executable, "-m", "tests.tasks.worker_program", *map(str, arguments)],
                         environment={"PYTHONPATH": str(programs.ROOT)})


def waiting(app, queue):
    with app.connection_for_write() as connection:
        return connection.default_channel.queue_declare(queue, durable=True, auto_delete=False).message_count


def test_a_task_is_sent_when_the_work_is_committed_and_not_before_and_never_without(
        valkey_url, database, queue, tmp_path):
    app, tasks = made(valkey_url, tmp_path, queue)
    with database.unit_of_work() as work:
        send_after_commit(work, tasks["note"], "never")
    assert waiting(app, queue) == 0
    with database.unit_of_work() as work:
        send_after_commit(work, tasks["note"], name="one")
        assert waiting(app, queue) == 0
        work.commit()
    assert waiting(app, queue) == 1


def test_a_broker_that_is_gone_is_a_reason_and_the_work_stays_committed(database, tmp_path):
    app, tasks = made(f"redis+socket://{tmp_path}/nobody.sock", tmp_path, "work")
    with pytest.raises(BrokerUnavailable, match="cannot be reached"):
        ping(app)
    with database.unit_of_work() as work:
        work.connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS committed (n int)")
        send_after_commit(work, tasks["note"], "one")
        with pytest.raises(BrokerUnavailable):
            work.commit()
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('committed') IS NOT NULL")
        assert cursor.fetchone() == (True,)


@pytest.mark.parametrize("url", ["redis://:hid:den@host/0", "redis://127.0.0.1:1/hidden", "redis://h:hidden/0"])
def test_a_url_that_cannot_be_read_is_said_without_repeating_it(url):
    with pytest.raises(BrokerUnavailable, match="INSITU_BROKER_URL") as refusal:
        ping(create_celery(url))
    assert "hid" not in refusal.value.public


def test_a_password_that_does_not_fit_is_not_taken_for_a_broker_that_is_gone(valkey_url):
    url = re.sub("//:.*@", "//:hidden@", valkey_url)
    with pytest.raises(BrokerUnavailable, match=r"password.*INSITU_BROKER_URL") as refusal:
        ping(create_celery(url))
    assert "hidden" not in refusal.value.public


@pytest.mark.services
@pytest.mark.parametrize("foreign", ["amqp"], indirect=True)
def test_a_login_that_rabbitmq_refuses_is_one_line(foreign):
    with pytest.raises(BrokerUnavailable, match=r"ACCESS_REFUSED.*INSITU_BROKER_URL") as refusal:
        ping(create_celery(re.sub("//.*@", "//guest:hidden@", foreign)))
    assert "hidden" not in refusal.value.public


def test_a_url_of_another_kind_of_broker_is_refused():
    with pytest.raises(BrokerUnavailable, match="redis://"):
        create_celery("sqs://somewhere")


def test_nothing_but_json_is_taken_and_no_result_is_kept(valkey_url):
    conf = create_celery(valkey_url).conf
    assert (conf.task_serializer, conf.accept_content, conf.result_backend) == ("json", ["json"], None)
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1


def test_a_worker_told_to_end_finishes_what_it_has_begun(valkey_url, queue, workers, tmp_path):
    app, tasks = made(valkey_url, tmp_path, queue)
    tasks["note"].delay("one")
    tasks["slow"].delay("two")
    pid = start_worker(workers, "worker", valkey_url, tmp_path, queue)
    assert programs.eventually((tmp_path / "two.begun").exists)
    assert (tmp_path / "one").read_text() == "done\n"
    workers.stop()
    assert (tmp_path / "two").exists(), "it was let finish"
    assert not programs.lives(pid)
    assert waiting(app, queue) == 0


SITE = """
import sys, time
from processes.children import Children
children = Children()
command = [sys.executable, "-m", "tests.tasks.worker_program", *sys.argv[1:]]
print(children.start("worker", command), flush=True)
time.sleep(600)
"""


def test_a_worker_ends_when_the_site_is_killed(valkey_url, queue, tmp_path):
    _, tasks = made(valkey_url, tmp_path, queue)
    with programs.running(SITE, valkey_url, tmp_path, queue) as site:
        worker = int(site.stdout.readline())
        tasks["note"].delay("up")
        assert programs.eventually((tmp_path / "up").exists)
        site.kill()
        assert programs.eventually(lambda: not programs.lives(worker))


@pytest.fixture(params=["redis", "amqp"])
def foreign(request):
    """A broker of this machine that is not ours."""
    url = {"redis": os.environ.get("INSITU_TEST_REDIS_URL", "redis://127.0.0.1:6379/0"),
           "amqp": os.environ.get("INSITU_TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")}[request.param]
    try:
        ping(create_celery(url))
    except BrokerUnavailable:
        pytest.skip(f"needs a broker at {url}, and nobody answers there")
    return url


@pytest.mark.services
def test_the_same_work_is_done_over_a_broker_of_somebody_else(foreign, queue, workers, tmp_path):
    app, tasks = made(foreign, tmp_path, queue)
    try:
        tasks["note"].delay("one")
        tasks["slow"].delay("two")
        start_worker(workers, "worker", foreign, tmp_path, queue)
        assert programs.eventually((tmp_path / "two").exists)
        assert (tmp_path / "one").read_text() == "done\n"
        workers.stop()
        assert waiting(app, queue) == 0
    finally:
        forget(app, queue)


@pytest.mark.services
@pytest.mark.parametrize("foreign", ["amqp"], indirect=True)  # Redis waits for tasks.broker.HIDDEN_SECONDS
def test_what_a_killed_worker_had_begun_is_given_to_another(foreign, queue, workers, tmp_path):
    app, tasks = made(foreign, tmp_path, queue)
    try:
        tasks["die_once"].delay("one")
        start_worker(workers, "first", foreign, tmp_path, queue)
        ended = []
        assert programs.eventually(lambda: ended.extend(workers.poll()) or ended)
        start_worker(workers, "second", foreign, tmp_path, queue)
        assert programs.eventually(lambda: (tmp_path / "one").read_text().count("begun") == 2)
        workers.stop()
    finally:
        forget(app, queue)


def forget(app, queue):
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        channel.queue_delete(queue)
        if hasattr(channel, "client"):  # Redis keeps the bindings
            channel.client.delete(f"_kombu.binding.{queue}", f"_kombu.binding_permanent.{queue}")
