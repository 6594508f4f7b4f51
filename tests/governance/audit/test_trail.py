"""Recording: what a row holds, that it is there before the answer, and that nothing is answered without."""

import hashlib
import json
import threading

import psycopg2
import pytest
from sqlalchemy import exc, text

from database.pool import ended
from governance.audit.acts import NoticingRules, acting, operator
from governance.audit.chain import GENESIS
from governance.audit.errors import CannotRecord
from governance.caller import Caller, Identity
from governance.gate import Gate
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.engine import Policy
from governance.policy.obligations import Kind, Obligation
from tests.governance.audit.trails import (
    ANNA,
    DATASET,
    NOW,
    bodies,
    caller,
    entry,
    rows_of,
    trail,
    verified,
    visa,
)
from tests.programs import eventually


def test_an_entry_becomes_one_row_of_the_chain(kept, site_database):
    kept.record(entry(1))
    kept.record(entry(2))
    first, second = rows_of(site_database)
    assert (first.sequence, first.previous, second.sequence) == (1, GENESIS, 2)
    assert second.previous == first.hash
    made_of = f"insitu-audit-1\n1\n{'0' * 64}\n{first.body}"
    assert first.hash == hashlib.sha256(made_of.encode()).digest()
    assert kept.head_file.read().hash == second.hash
    assert verified(kept).whole


def test_a_row_says_who_asked_what_was_decided_and_what_was_told(kept, site_database):
    made = entry(7, caller("anna", visa()), context=Context(("DUO:0000007",), "net-1", 1.0))
    decision = made.decisions[0]
    obliged = type(decision)(
        decision.dataset,
        decision.asked,
        decision.given,
        decision.rule,
        (Obligation(Kind.ROUND, "10"),),
    )
    kept.record(entry(7, made.caller, context=made.context, decisions=(obliged,)))
    [body] = bodies(site_database)
    assert {key: body[key] for key in ("kind", "at", "request", "action", "outcome", "policy")} == {
        "kind": "answer",
        "at": "2026-11-21T22:00:00.000005Z",
        "request": kept.names.request("request-7"),
        "action": "beacon:count",
        "outcome": "answered",
        "policy": "v1",
    }
    assert body["decisions"] == [
        {
            "dataset": "cohort-1",
            "given": "count",
            "outcome": "permit",
            "rule": "site.cedar#open-count",
            "obligations": ["round:10"],
            "exempt": False,
            "results": 7,
            "adjusted": None,
        }
    ]
    assert (body["registered"], body["roles"]) == (True, [])
    assert (body["purpose"], body["network"]) == (["DUO:0000007"], "net-1")
    [seen] = body["visas"]
    assert (seen["type"], seen["value"], seen["source"], seen["by"], seen["issuer"]) == (
        "ResearcherStatus",
        "https://doi.org/x",
        "https://source.example",
        "so",
        "https://idp.example",
    )


def test_a_question_is_kept_with_its_digest_unless_it_is_long(site_database, kept, tmp_path):
    question = {"referenceName": "20", "start": [1]}
    text_ = b'{"referenceName":"20","start":[1]}'
    kept.record(entry(question=question))
    short = trail(site_database, tmp_path, question_bytes=len(text_) - 1)
    short.record(entry(question=question))
    short.close()
    first, second = bodies(site_database)
    digest = hashlib.sha256(text_).hexdigest()
    assert (first["questionDigest"], first["questionBytes"], first["question"]) == (digest, 34, question)
    assert (second["questionDigest"], second["questionBytes"]) == (digest, 34)
    assert "question" not in second


def test_nothing_in_a_row_names_who_asked(kept, site_database):
    linked = visa("LinkedIdentities", "anna,https%3A%2F%2Fidp.example;zoe,https%3A%2F%2Fother.example")
    person = Identity("https://other.example", "zoe")
    who = Caller(ANNA, person=person, visas=(linked,))
    kept.record(entry(who=who))
    kept.record(entry(who=who))
    kept.record(entry(who=Caller(person)))
    everything = "".join(row.body for row in rows_of(site_database))
    assert "anna" not in everything
    assert "zoe" not in everything
    assert linked.digest not in everything
    first, second, third = bodies(site_database)
    assert first["subject"] == second["subject"] == kept.names.known(ANNA)
    assert first["person"] == third["subject"] == kept.names.known(person) != first["subject"]


@pytest.mark.parametrize("hostile", ["\0", "'; DROP TABLE audit; --", "%s %(x)s", "\\", "😀\n\x1b"])
def test_whatever_is_asked_is_kept_as_it_was(kept, site_database, hostile):
    kept.record(entry(question={hostile: hostile}))
    assert bodies(site_database)[0]["question"] == {hostile: hostile}
    assert verified(kept).whole


def test_what_cannot_be_written_is_not_answered(kept, site_database):
    with pytest.raises(CannotRecord, match="answers none without"):
        kept.record(entry(question=object()))
    assert rows_of(site_database) == []


def test_nothing_is_answered_while_the_database_is_away_and_all_is_well_afterwards(kept, site_database):
    gate = Gate(Policy(), kept)

    def ask():
        return gate.answer(caller(), Action.BEACON_COUNT, [DATASET], lambda _: "an answer")

    assert ask() == "an answer"
    with site_database.unit_of_work() as work:
        work.connection.execute(text("ALTER TABLE governance.audit RENAME TO away"))
        work.commit()
    try:
        with pytest.raises(CannotRecord):
            ask()
    finally:
        with site_database.unit_of_work() as work:
            work.connection.execute(text("ALTER TABLE governance.away RENAME TO audit"))
            work.commit()
    assert ask() == "an answer"
    assert [row.sequence for row in rows_of(site_database)] == [1, 2]


def test_a_connection_that_the_server_ended_is_replaced(kept, site_database):
    kept.record(entry(1))
    with site_database.unit_of_work() as work:
        work.connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                 "AND datname = current_database()")
        )
    assert eventually(lambda: ended(kept._scribe.appender._connection))
    kept.record(entry(2))
    assert len(rows_of(site_database)) == 2


def test_a_head_that_cannot_be_written_outside_stops_the_answer(kept, tmp_path):
    (tmp_path / "audit").write_text("a file where the folder should be")
    with pytest.raises(CannotRecord):
        kept.record(entry())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE governance.audit SET body = '{}'",
        "DELETE FROM governance.audit",
        "TRUNCATE governance.audit",
        "UPDATE governance.audit_checkpoint SET token = ''",
        "DELETE FROM governance.audit_checkpoint",
        "TRUNCATE governance.audit_pruned",
    ],
)
def test_the_database_itself_refuses_to_change_the_trail(kept, site_database, statement):
    kept.record(entry())
    kept.checkpoint()
    with site_database.unit_of_work() as work, pytest.raises(exc.ProgrammingError) as refused:
        work.connection.execute(text(statement))
    assert isinstance(refused.value.orig, psycopg2.errors.InsufficientPrivilege)
    assert len(rows_of(site_database)) == 1


def test_acts_are_recorded_before_and_after_under_the_systems_user(kept, site_database):
    with acting(kept, "dataset.added", dataset="d", subject=ANNA, details={"assembly": "GRCh38"}) as came:
        assert bodies(site_database)[0]["outcome"] == "begun"
        came["samples"] = 3
    with pytest.raises(LookupError), acting(kept, "dataset.removed", dataset="d"):
        raise LookupError
    begun, done, _, failed = bodies(site_database)
    assert (begun["what"], begun["by"], begun["dataset"]) == ("dataset.added", operator(), "d")
    assert begun["details"] == {"assembly": "GRCh38"}
    assert begun["subject"] == kept.names.known(ANNA)
    assert (done["outcome"], done["details"]) == ("done", {"samples": 3})
    assert (failed["what"], failed["outcome"]) == ("dataset.removed", "failed: LookupError")


def test_who_acts_upon_an_account_is_a_pseudonym_like_the_account(kept, site_database):
    mira = Identity(ANNA.issuer, "mira")
    with acting(kept, "visa.issued", subject=ANNA, actor=mira, by={"process": "passport"}):
        pass
    for each in bodies(site_database):
        assert each["by"] == {"process": "passport"}
        assert (each["subject"], each["actor"]) == (kept.names.known(ANNA), kept.names.known(mira))
        assert each["actor"] != each["subject"]
        assert "mira" not in str(each)


def test_an_act_that_cannot_be_recorded_is_not_begun(kept):
    done = []
    with pytest.raises(CannotRecord), acting(kept, "x", details={"not": object()}):
        done.append(True)
    assert done == []


def test_a_failure_that_cannot_be_recorded_goes_on_as_what_it_is(kept, site_database, caplog):
    def act():
        with acting(kept, "x") as came:
            came["not"] = object()
            raise LookupError

    with pytest.raises(LookupError):
        act()
    assert [each["outcome"] for each in bodies(site_database)] == ["begun"]
    assert "an entry of the audit trail cannot be written" in caplog.text


def test_threads_that_record_at_once_share_transactions_and_leave_no_gap(kept, site_database):
    threads = [threading.Thread(target=kept.record, args=(entry(number),)) for number in range(60)]
    with site_database.unit_of_work() as work:  # holds the end of the chain until all are waiting
        work.connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": 0x696E_7361_7564})
        for each in threads:
            each.start()
    for each in threads:
        each.join()
    assert [row.sequence for row in rows_of(site_database)] == list(range(1, 61))
    with site_database.unit_of_work() as work:
        query = text("SELECT count(DISTINCT xmin::text) FROM governance.audit")
        assert work.connection.execute(query).scalar_one() <= 10
    assert {json.loads(row.body)["request"] for row in rows_of(site_database)} == {
        kept.names.request(f"request-{number}") for number in range(60)
    }
    assert verified(kept).whole
    assert rows_of(site_database)[0].at == NOW


def test_rules_that_change_are_on_record_before_the_first_answer_by_them(kept, site_database, tmp_path):
    seen = NoticingRules(kept)
    for version in ("v1", "v1", "v2"):
        seen.record(entry(policy=version))
    other = trail(site_database, tmp_path)
    NoticingRules(other).record(entry(policy="v2"))  # another process, later
    other.close()
    found = bodies(site_database)
    assert [each["kind"] for each in found] == ["act", "answer", "answer", "act", "answer", "answer"]
    said = [each["details"]["version"] if each["kind"] == "act" else each["policy"] for each in found]
    assert said == ["v1", "v1", "v1", "v2", "v2", "v2"]


def test_whom_the_site_trusts_is_in_each_row_and_a_change_of_it_is_on_record_first(kept, site_database):
    versions = ["t1", "t1", "t2"]
    seen = NoticingRules(kept, lambda: versions[0])
    for _ in (1, 2, 3):
        seen.record(entry())
        versions.pop(0)
        versions.append("t2")
    found = bodies(site_database)
    assert [each.get("what") for each in found] == [
        "policy.changed", "trust.changed", None, None, "trust.changed", None,
    ]  # fmt: skip
    assert [each["details"] for each in found if each.get("what") == "trust.changed"] == [
        {"version": "t1", "before": None},
        {"version": "t2", "before": "t1"},
    ]
    assert [each["trust"] for each in found if each["kind"] == "answer"] == ["t1", "t1", "t2"]


def test_a_database_that_hashes_otherwise_shuts_the_trail_after_one_row(kept, site_database):
    for number in range(2):
        kept.record(entry(number))
    query = "SELECT pg_get_functiondef('governance.audit_append'::regproc)"
    with site_database.unit_of_work() as work:
        written = work.connection.execute(text(query)).scalar_one()
        work.raw.cursor().execute(written.replace("insitu-audit-1", "insitu-audit-x"))
        work.commit()
    try:
        for _ in range(3):
            with pytest.raises(CannotRecord):
                kept.record(entry(3))
        assert len(rows_of(site_database)) == 3
        assert [(each.what, each.first) for each in verified(kept).findings] == [("changed", 3)]
        other = trail(site_database, kept.folder)
        with pytest.raises(CannotRecord):
            other.record(entry(3))
        other.close()
    finally:
        with site_database.unit_of_work() as work:
            work.raw.cursor().execute(written)
            work.commit()


def test_the_sites_keys_are_closed_to_everybody_else(kept):
    kept.record(entry())
    kept.checkpoint()
    folder = kept.folder / "keys"
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {each.name: each.stat().st_mode & 0o777 for each in folder.iterdir()}
    assert modes == {"site.pem": 0o600, "trail": 0o600, "pseudonyms": 0o600}
