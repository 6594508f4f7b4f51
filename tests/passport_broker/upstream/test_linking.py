"""Accounts and identities of one person: linked with proof of both, unlinked, and one budget in any case."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from database.engine import Database
from governance.audit.checking import verify_trail
from governance.caller import Caller, Identity
from governance.datasets import Tier
from governance.gate import Gate
from governance.passport.linked import links_of
from governance.policy.engine import Policy
from governance.register import DatasetRegister
from passport_broker.domain.actors import OPERATOR
from passport_broker.domain.visas import Assertion, Span
from passport_broker.service import Identities, faults
from passport_broker.store.asking import done
from passport_broker.visas.desk import Wanted
from serving.testing import Client, client
from tests.beacon.site import site_of
from tests.beacon.test_disclosure import at, load, vcf
from tests.passport_broker.access.applying import content
from tests.passport_broker.access.saying import DATA
from tests.passport_broker.running import PASSWORD, ask, redeem
from tests.passport_broker.upstream.conftest import Town
from tests.passport_broker.upstream.idp import Idp
from tests.passport_broker.upstream.visiting import Visitor, left
from tests.recorders import Kept


def links(town: Town, subject: str) -> set[Identity]:
    """What the visas of an account link it with."""
    found = town.walk.access.desk.lasting(subject)
    values = [each.assertion.value for each in found if each.assertion.type == "LinkedIdentities"]
    assert len(values) <= 1
    return {identity for value in values for identity in links_of(value)}


def here(town: Town, subject: str) -> Identity:
    return Identity(town.walk.broker.issuer, subject)


def token(somebody: Visitor) -> str:
    """An access token of somebody who is logged in, however they did that."""
    broker = somebody.broker
    asked = ask(broker, broker.client())
    answer = redeem(broker, asked, somebody.allow(asked.address, "")["code"])
    return str(answer.json()["access_token"])


def caller(somebody: Visitor) -> Caller:
    """As whom the site's clearinghouse knows them."""
    return somebody.walk.house.identify(f"Bearer {token(somebody)}")


def local(town: Town) -> tuple[Visitor, str, str]:
    """Somebody with an account of this site: logged in, their login and subject."""
    login, account = town.walk.broker.account()
    return town.visitor(login), login, account.subject


def test_an_identity_that_logs_somebody_in_is_named_in_their_visas(town: Town, idp: Idp) -> None:
    somebody = town.visitor()
    somebody.enter("idp", idp, "sub, with;all kinds/of %characters")
    there = Identity(idp.url, "sub, with;all kinds/of %characters")
    assert links(town, somebody.subject) == {there}
    assert caller(somebody).accounts == {there, here(town, somebody.subject)}


def test_another_way_to_log_in_is_linked_and_unlinked(town: Town, idp: Idp) -> None:
    somebody, login, subject = local(town)
    assert links(town, subject) == set()
    page = somebody.link("idp", idp, "linked")
    assert str(page.url).endswith("/account/linked")
    assert "The idp: <code>linked</code>" in page.text
    by_idp = town.visitor()
    by_idp.enter("idp", idp, "linked")
    assert by_idp.subject == subject
    somebody.link("other", town.other, "linked too")
    both = {Identity(idp.url, "linked"), Identity(town.other.url, "linked too")}
    assert links(town, subject) == both
    first = town.walk.access.desk.listed(subject=subject)
    assert sorted(each.standing(2e9) for each in first) == ["revoked", "standing"]
    page = somebody.form(
        somebody.open("account/linked"), "/account/linked/detach", issuer=idp.url, subject="linked"
    )
    assert "linked too" in page.text
    assert links(town, subject) == {Identity(town.other.url, "linked too")}
    by_idp = town.visitor()
    by_idp.enter("idp", idp, "linked")
    assert by_idp.subject != subject
    assert town.visitor(login).logged_in


def test_two_accounts_become_one_person_by_proof_of_both(town: Town, idp: Idp) -> None:
    somebody, login, subject = local(town)
    other = town.visitor()
    other.enter("idp", idp, "two accounts")
    there, second = Identity(idp.url, "two accounts"), other.subject
    wrong = somebody.form(
        somebody.open("account/linked"), "/account/linked/account", login=login, password="x" * 12
    )
    assert (wrong.status_code, "do not fit" in wrong.text) == (403, True)
    assert links(town, subject) == set()
    somebody.link("idp", idp, "two accounts")
    assert links(town, subject) == {there, here(town, second)}
    assert links(town, second) == {there, here(town, subject)}
    everybody = {there, here(town, subject), here(town, second)}
    assert caller(somebody).accounts == caller(other).accounts == everybody
    assert caller(somebody).person == caller(other).person == min(everybody)
    third, third_login, third_subject = local(town)
    page = other.form(
        other.open("account/linked"), "/account/linked/account", login=third_login, password=PASSWORD
    )
    assert page.status_code == 200, page.text
    everybody |= {here(town, third_subject)}
    assert {each for one in (somebody, other, third) for each in caller(one).accounts} == everybody
    assert caller(third).accounts == everybody
    again = somebody.form(
        somebody.open("account/linked"), "/account/linked/account", login=third_login, password=PASSWORD
    )
    assert (again.status_code, "linked with this account already" in again.text) == (409, True)
    page = somebody.open("account/linked")
    forms = re.findall(r'name="account" value="([^"]*)"', page.text)
    assert set(forms) == {second, third_subject}
    done_ = somebody.form(page, "/account/linked/part", account=third_subject)
    assert third_subject not in done_.text
    assert links(town, third_subject) == set()
    assert links(town, subject) == {there, here(town, second)}
    assert caller(third).accounts == {here(town, third_subject)}


def test_the_only_way_to_log_in_stays(town: Town, idp: Idp) -> None:
    somebody = town.visitor()
    somebody.enter("idp", idp, "only way")
    page = somebody.form(somebody.open("account/linked"), "/account/linked/detach")
    assert (page.status_code, "only way to log in" in page.text) == (409, True)
    again = town.visitor()
    again.enter("idp", idp, "only way")
    assert again.subject == somebody.subject


def test_nothing_is_changed_by_who_logged_in_long_ago(town: Town, idp: Idp) -> None:
    somebody, login, subject = local(town)
    page = somebody.open("account/linked")
    long_ago = "SET authenticated_at = now() - interval '11 minutes'"
    old = f"UPDATE passport_broker.session {long_ago} WHERE subject = %s"
    done(town.walk.broker.database, old, subject)
    assert "/account/linked/" not in somebody.open("account/linked").text
    _, other, _ = local(town)
    for to, fields in (
        ("provider", {"provider": "idp"}), ("account", {"login": other, "password": PASSWORD}),
    ):  # fmt: skip
        answer = somebody.form(page, f"/account/linked/{to}", **fields)
        assert 'name="password"' in answer.text
    assert links(town, subject) == set()
    action = somebody.open("login?next=/account/linked")
    page = somebody.send(action, login=login, password=PASSWORD)
    assert "/account/linked/account" in page.text
    assert "linked" in somebody.link("idp", idp, "fresh").text


@pytest.mark.parametrize("how", ["none", "of somebody else"])
def test_no_form_is_taken_that_was_not_ours(town: Town, idp: Idp, how: str) -> None:
    somebody, _, subject = local(town)
    somebody.link("idp", idp, f"forged {how}")
    before = links(town, subject)
    other, other_login, other_subject = local(town)
    page = other.open("account/linked").text
    stolen = re.search(r'name="csrf_token" value="([^"]*)"', page)
    data = {"csrf_token": stolen[1]} if how != "none" and stolen else {}
    for path, fields in (
        ("linked/provider", {"provider": "idp"}), ("linked/part", {"account": other_subject}),
        ("linked/account", {"login": other_login, "password": PASSWORD}),
        ("linked/detach", {"issuer": idp.url, "subject": f"forged {how}"}),
        ("password", {"current": PASSWORD, "fresh": "x" * 20, "again": "x" * 20}),
    ):  # fmt: skip
        answer = somebody.http.post(f"{somebody.broker.issuer}/account/{path}", data=data | fields)
        assert answer.status_code == 403, path
        assert "This form was not sent from a page of ours" in answer.text
    assert links(town, subject) == before


def test_a_login_is_no_link_and_a_link_is_for_whom_it_was_begun(town: Town, idp: Idp) -> None:
    """What was begun by one account does not end with another one that logs in meanwhile."""
    somebody, login, subject = local(town)
    _, other_login, other_subject = local(town)
    address = left(somebody.leave_to_link("idp"))
    somebody.log_in(other_login)  # another session, and so another browser
    page = somebody.come("idp", idp.authorize(address, "switched"))
    assert page.status_code == 403
    assert links(town, subject) == links(town, other_subject) == set()
    waved = town.visitor(login)
    answer = idp.authorize(left(waved.leave_to_link("idp")), "waved")
    idp.codes[answer["code"]]["auth_time"] = "1700000000"
    page = waved.come("idp", answer)
    assert "(auth-time)" in page.text
    assert links(town, subject) == set()


def test_foreign_links_are_not_ours_to_undo(town: Town, idp: Idp) -> None:
    somebody, _, subject = local(town)
    other, _, other_subject = local(town)
    other.link("idp", idp, "foreign")
    page = somebody.open("account/linked")
    token_ = re.search(r'name="csrf_token" value="([^"]*)"', page.text)
    assert token_ is not None
    for path, fields in (
        ("detach", {"issuer": idp.url, "subject": "foreign"}), ("part", {"account": other_subject}),
        ("part", {"account": subject}), ("provider", {"provider": "nobody"}),
    ):  # fmt: skip
        where = f"{somebody.broker.issuer}/account/linked/{path}"
        answer = somebody.http.post(where, data={"csrf_token": token_[1]} | fields)
        assert answer.status_code == 404, (path, answer.text)
    assert links(town, other_subject) == {Identity(idp.url, "foreign")}


def test_a_disabled_account_is_linked_with_nobody(town: Town, idp: Idp) -> None:
    other = town.visitor()
    other.enter("idp", idp, "closed")
    subject = other.subject
    Identities(town.walk.broker.database).disable(subject)
    somebody, _, own = local(town)
    page = somebody.link("idp", idp, "closed")
    assert (page.status_code, "closed" in page.text) == (403, True)
    assert links(town, own) == set()


def test_what_was_linked_is_on_record_and_proven(town: Town, idp: Idp) -> None:
    somebody, _, subject = local(town)
    somebody.link("idp", idp, "recorded")
    assert list(faults(town.walk.broker.database)) == []
    assert verify_trail(town.walk.trail).whole
    from governance.audit.reading import Wanted, newest

    rows = list(newest(town.walk.trail.database, Wanted(kind="act"), 10))
    recorded = [each["what"] for each in rows if each["outcome"] == "done"]
    assert recorded[:2] == ["account.linked", "visa.issued"]
    assert "recorded" not in str(rows)
    assert subject not in str(rows)


def test_nobody_decides_for_themselves_by_another_account(town: Town) -> None:
    """Robin applies, and is on the committee by an account that is linked."""
    from governance.caller import Role
    from tests.passport_broker.access.applying import registered

    parts = town.walk.access.parts
    registered(DatasetRegister(town.walk.broker.database))
    robin, _, subject = local(town)
    chair, chair_login, chair_subject = local(town)
    town.walk.roles.give(here(town, chair_subject), Role.COMMITTEE)
    applicant = Caller(identity=here(town, subject), person=here(town, subject))
    from datetime import UTC, datetime, timedelta

    today = datetime.now(UTC).date()
    made = town.walk.access.applications.begin(
        applicant, "cohort-1",
        content(members=[], begins=today.isoformat(), ends=(today + timedelta(days=9)).isoformat()),
    )  # fmt: skip
    town.walk.access.applications.submit(applicant, made.id)
    where = f"applications/{made.id}"
    assert "/decision" in chair.open(where).text
    page = chair.open(where)
    robin.form(robin.open("account/linked"), "/account/linked/account", login=chair_login, password=PASSWORD)
    assert "somebody else has to approve" in chair.open(where).text
    answer = chair.form(page, "/decision", step="approve", why="I am fine.")
    assert answer.status_code == 403
    assert parts.clock() > 0


# One budget.


@pytest.fixture(scope="module")
def beacon(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    database = town.walk.broker.database
    register = DatasetRegister(database)
    dataset = register.add("bool", "GRCh37", Tier.BOOLEAN, controlled=Tier.COUNT, grants=(DATA + "/bool",))
    load(database, dataset, tmp_path_factory.mktemp("bool") / "bool.vcf", vcf())
    gate = Gate(Policy(), Kept())
    with client(site_of(database, register).app(gate=gate, identify=town.walk.house.identify)) as http:
        yield http


def granted(town: Town, somebody: Visitor) -> Callable[[Client, int], bool]:
    """Somebody for whom a committee answers, with a grant of their own; asks of an allele."""
    since, until, source = 1_700_000_000, 2_000_000_000, "https://dac.example/committee"
    said = Assertion("ControlledAccessGrants", DATA + "/bool", source, "dac", since)
    wanted = Wanted(somebody.subject, said, Span(since, until), "for the test")
    town.walk.access.desk.issue(wanted, OPERATOR)

    def told(http: Client, place: int) -> bool:
        asked: dict[str, Any] = {"requestedGranularity": "boolean", "datasetIds": "bool"}
        headers = {"Authorization": f"Bearer {token(somebody)}"}
        answer = http.get("/ga4gh/beacon/v2/g_variants", params=asked | at(place), headers=headers)
        assert answer.status_code == 200, answer.text
        return bool(answer.json()["responseSummary"]["exists"])

    return told


# The alleles at places 3, 4 and 5 share five of their eight carriers, whose budget is two such answers.
def test_one_person_has_one_budget_whichever_way_they_log_in(town: Town, idp: Idp, beacon: Client) -> None:
    by_password, _, _ = local(town)
    by_idp, by_other = town.visitor(), town.visitor()
    by_idp.enter("idp", idp, "budget")
    by_password.link("idp", idp, "budget")  # an account of its own: two accounts, one person
    by_password.link("other", town.other, "budget")  # nobody's yet: another way to the same account
    by_other.enter("other", town.other, "budget")
    assert by_other.subject == by_password.subject != by_idp.subject
    one, two = granted(town, by_password), granted(town, by_idp)
    assert [one(beacon, 3), one(beacon, 4), one(beacon, 5)] == [True, True, False]
    assert [two(beacon, 3), two(beacon, 5), two(beacon, 4)] == [True, False, True]
    stranger = town.visitor()
    stranger.enter("idp", idp, "no relation")
    assert granted(town, stranger)(beacon, 5)


def test_accounts_that_were_not_linked_had_two_and_from_then_on_have_one(
    town: Town, idp: Idp, beacon: Client
) -> None:
    first, _, _ = local(town)
    second = town.visitor()
    second.enter("idp", idp, "later")
    one, two = granted(town, first), granted(town, second)
    assert one(beacon, 3)
    assert two(beacon, 4)
    first.link("idp", idp, "later")
    assert not one(beacon, 5)
    assert not two(beacon, 5)


def test_to_unlink_gives_nobody_another_budget(town: Town, idp: Idp, beacon: Client) -> None:
    """Who takes their identity away and comes back as somebody new is known by it all the same."""
    somebody, _, subject = local(town)
    somebody.link("idp", idp, "hides")
    one = granted(town, somebody)
    assert [one(beacon, 3), one(beacon, 4)] == [True, True]
    somebody.form(somebody.open("account/linked"), "/account/linked/detach")
    fresh = town.visitor()
    fresh.enter("idp", idp, "hides")
    assert fresh.subject != subject
    assert not granted(town, fresh)(beacon, 5)


def test_two_who_link_at_once_are_linked_once(town: Town, site_database: Database) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from passport_broker.domain.persons import Proof
    from passport_broker.persons.errors import IdentityTaken
    from tests.passport_broker.upstream.test_logging_in import persons_of

    persons = persons_of(town)
    proof = Proof("idp", Identity(town.idp.url, "at once"))

    def make(_: int) -> str | None:
        try:
            return persons.make(proof).subject
        except IdentityTaken:
            return None

    with ThreadPoolExecutor(4) as pool:
        made = [each for each in pool.map(make, range(8)) if each]
    assert len(made) == 1
    accounts = [town.walk.broker.account()[1] for _ in range(4)]

    def link(number: int) -> None:
        persons.join(accounts[number], accounts[(number + 1) % 4])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: _quietly(link, number), range(4)))
    everybody = {here(town, each.subject) for each in accounts}
    for each in accounts:
        assert links(town, each.subject) == everybody - {here(town, each.subject)}
    assert list(faults(site_database)) == []


def _quietly(link: Callable[[int], None], number: int) -> None:
    from passport_broker.persons.errors import AlreadyLinked

    try:
        link(number)
    except AlreadyLinked:
        return
