"""What a row says of who asked, and what is left of it once they are forgotten."""

import json

import pytest
from sqlalchemy import text

from governance.audit import pruning
from governance.audit.pruning import prune
from governance.audit.reading import Wanted, newest
from governance.caller import Caller, Identity
from tests.governance.audit.trails import ANNA, NOW, bodies, caller, entry, rows_of, trail, verified, visa

BEN = Identity("https://idp.example", "ben")


def test_the_account_behind_a_pseudonym_is_found_with_the_sites_secret_until_it_is_forgotten(
    kept, site_database
):
    kept.record(entry(1, caller("anna")))
    kept.record(entry(2, caller("ben")))
    anna, ben = (each["subject"] for each in bodies(site_database))
    assert (kept.names.who(anna), kept.names.who(ben), kept.names.who("0" * 32)) == (ANNA, BEN, None)
    with site_database.unit_of_work() as work:
        stored = work.connection.execute(text("SELECT account FROM governance.audit_pseudonym")).scalars()
        assert all(b"anna" not in bytes(each) and b"ben" not in bytes(each) for each in stored)
    assert kept.names.forget(ANNA)
    assert kept.names.overwrite()
    assert (kept.names.who(anna), kept.names.who(ben)) == (None, BEN)


def test_an_account_of_before_accounts_were_kept_is_named_when_it_asks_again(kept, site_database):
    kept.record(entry(1, caller("anna")))
    with site_database.unit_of_work() as work:
        work.connection.execute(text("UPDATE governance.audit_pseudonym SET account = NULL"))
        work.commit()
    [row] = bodies(site_database)
    assert kept.names.who(row["subject"]) is None
    other = trail(site_database, kept.folder)
    other.record(entry(2, caller("anna")))
    other.close()
    assert kept.names.who(row["subject"]) == ANNA
    assert bodies(site_database)[1]["subject"] == row["subject"]


@pytest.mark.parametrize("type_", ["AffiliationAndRole", "LinkedIdentities", "https://ours.example/Employee"])
def test_a_visa_that_may_name_somebody_is_kept_keyed(kept, site_database, type_):
    who = caller("anna", visa(type_, "professor@anna-lab.example"))
    for _ in range(2):
        kept.record(entry(who=who))
    [[first], [second]] = [each["visas"] for each in bodies(site_database)]
    assert first == second
    assert first["value"].startswith("hmac:")
    assert first["source"].startswith("hmac:")
    assert "anna" not in rows_of(site_database)[0].body


@pytest.mark.parametrize("type_", ["ControlledAccessGrants", "AcceptedTermsAndPolicies", "ResearcherStatus"])
def test_a_visa_about_data_and_terms_is_kept_as_it_is(kept, site_database, type_):
    kept.record(entry(who=caller("anna", visa(type_, "https://data.example/1"))))
    [said] = bodies(site_database)[0]["visas"]
    assert (said["value"], said["source"]) == ("https://data.example/1", "https://source.example")


def test_nothing_that_a_caller_chooses_stands_in_a_row_in_clear(kept, site_database):
    kept.record(entry(who=Caller(ANNA, client="annas-laptop"), request="anna-was-here"))
    kept.record(entry(who=Caller(ANNA, client="annas-laptop"), request="0123456789abcdef" * 2))
    assert "anna" not in "".join(each.body for each in rows_of(site_database))
    first, second = bodies(site_database)
    assert first["client"] == second["client"]
    for sequence, seen in ((1, "anna-was-here"), (2, "0123456789abcdef" * 2)):  # what the caller was told
        wanted = Wanted(request=kept.names.request(seen))
        assert [each["sequence"] for each in newest(site_database, wanted, None)] == [sequence]


def test_keys_that_no_row_needs_any_more_go_with_the_rows(kept, site_database):
    kept.record(entry(1, caller("anna")))
    kept.record(entry(2, caller("ben")))
    kept.checkpoint()
    running = trail(site_database, kept.folder)
    running.record(entry(3, caller("ben"), when=NOW.replace(year=2027)))
    ben = bodies(site_database)[2]["subject"]
    prune(kept, NOW.replace(year=2027))
    assert (kept.names.known(ANNA), kept.names.known(BEN)) == (None, ben)
    running.record(entry(4, caller("anna"), when=NOW.replace(year=2027)))
    running.close()
    last = json.loads(rows_of(site_database)[-1].body)
    assert last["subject"] == kept.names.known(ANNA) is not None
    assert verified(kept).whole


def test_whoever_asks_while_keys_are_destroyed_keeps_a_key(kept, site_database, monkeypatch):
    """Anna has only old rows and asks again, ben asks for the first time, while rows are gone through."""
    kept.record(entry(1, caller("anna")))
    kept.checkpoint()
    kept.record(entry(2, when=NOW.replace(year=2027)))
    running, scan, asked = trail(site_database, kept.folder), pruning._named, []

    def named(*of, **between):
        found = scan(*of, **between)
        for each in ("anna", "ben") if not asked else ():
            running.record(entry(3, caller(each), when=NOW.replace(year=2027)))
        asked.append(1)
        return found

    monkeypatch.setattr(pruning, "_named", named)
    prune(kept, NOW.replace(year=2027))
    running.close()
    said = {each.get("subject") for each in bodies(site_database)}
    assert len(asked) == 2
    assert {kept.names.known(ANNA), kept.names.known(BEN)} <= said
