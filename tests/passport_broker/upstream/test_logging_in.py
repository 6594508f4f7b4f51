"""Accounts that a login elsewhere makes: whose they are, who gets one, and what goes on record."""

from urllib.parse import parse_qs, urlsplit

import pytest

from governance.audit.reading import Wanted, newest
from governance.caller import Identity
from passport_broker.domain.actors import OPERATOR
from passport_broker.domain.persons import Proof
from passport_broker.persons.errors import IdentityTaken, LastWay
from passport_broker.persons.service import Persons
from passport_broker.service import Identities
from tests.passport_broker.running import PASSWORD, ask
from tests.passport_broker.upstream.conftest import Town
from tests.passport_broker.upstream.idp import Idp
from tests.passport_broker.upstream.visiting import left


def persons_of(town: Town) -> Persons:
    parts = town.walk.access.parts
    return Persons(parts.database, town.walk.trail, parts.desk, parts.issuer)


def acts(town: Town, *what: str) -> list[tuple[str, dict[str, object]]]:
    found = newest(town.walk.trail.database, Wanted(kind="act"), 40)
    done = [(each["what"], each["details"]) for each in found if each["outcome"] == "done"]
    return [each for each in done if each[0] in what]


def test_the_first_login_makes_an_account_and_the_next_one_finds_it(town: Town, idp: Idp) -> None:
    first = town.visitor()
    page = first.enter("idp", idp, "ada")
    assert "<h1>The ada</h1>" in page.text
    assert "ada@there.example" in page.text
    made, login = acts(town, "account.added", "passport.login")[1::-1]
    assert made == ("account.added", {"kind": "upstream", "provider": "idp"})
    assert login == ("passport.login", {"provider": "idp"})
    idp.about = {"name": "Ada Married", "email": "new@there.example"}
    again = town.visitor()
    assert "<h1>Ada Married</h1>" in again.enter("idp", idp, "ada").text
    assert again.subject == first.subject
    assert len(acts(town, "account.added")) == 1
    text = str(list(newest(town.walk.trail.database, Wanted(), 40)))
    assert first.subject not in text
    assert "there.example" not in text


def test_the_same_email_is_not_the_same_person(town: Town, idp: Idp) -> None:
    """Neither that of an account of this site, nor that of somebody who logs in elsewhere."""
    email = "shared@there.example"
    local = Identities(town.walk.broker.database).add("shared", PASSWORD, email=email)
    seen = {local.subject}
    for name, provider, sub in (("idp", idp, "one"), ("idp", idp, "two"), ("other", town.other, "one")):
        provider.about = {"email": email, "email_verified": True, "preferred_username": "shared"}
        somebody = town.visitor()
        assert email in somebody.enter(name, provider, sub).text
        seen.add(somebody.subject)
        provider.well()
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("about", "shown"),
    [
        ({"name": None, "given_name": "Ada", "family_name": "Example"}, "Ada Example"),
        ({"name": "<b>Ada</b>"}, "&lt;b&gt;Ada&lt;/b&gt;"),
        ({"name": ["Ada"], "email": {"a": 1}}, None),
        ({"name": "A\u202eda", "email": "no address"}, None),
        ({"name": "x" * 500, "email": None}, None),
    ],
)
def test_what_cannot_be_shown_of_somebody_is_left_out(
    town: Town, idp: Idp, about: dict[str, object], shown: str | None
) -> None:
    idp.about = {"email": None} | about
    somebody = town.visitor()
    page = somebody.enter("idp", idp, f"shown {len(str(about))}")
    assert f"<h1>{shown or somebody.subject}</h1>" in page.text


def test_only_who_is_invited_gets_in_where_the_file_says_so(town: Town) -> None:
    stranger = town.visitor()
    page = stranger.enter("club", town.club, "invited-0001")
    assert page.status_code == 403
    assert "invited-0001" in page.text
    assert not stranger.logged_in
    persons, identity = persons_of(town), Identity(town.club.url, "invited-0001")
    made = persons.make(Proof("club", identity, "The Treasurer"), OPERATOR)
    with pytest.raises(IdentityTaken):
        persons.make(Proof("club", identity), OPERATOR)
    town.club.about = {"name": None}
    assert "<h1>The Treasurer</h1>" in stranger.enter("club", town.club, "invited-0001").text
    town.club.well()
    assert "<h1>The invited-0001</h1>" in stranger.enter("club", town.club, "invited-0001").text
    assert stranger.subject == made.subject
    with pytest.raises(LastWay):
        persons.detach(made, identity, OPERATOR)


def test_an_account_of_this_site_can_be_invited_to_log_in_elsewhere(town: Town) -> None:
    persons, (login, account) = persons_of(town), town.walk.broker.account()
    proof = Proof("club", Identity(town.club.url, "invited-0002"))
    persons.invite(account, proof, OPERATOR)
    somebody = town.visitor()
    assert "<h1>Ada Example</h1>" in somebody.enter("club", town.club, "invited-0002").text
    assert somebody.subject == account.subject
    _, other = town.walk.broker.account()
    with pytest.raises(IdentityTaken):
        persons.invite(other, proof, OPERATOR)
    persons.detach(account, proof.identity, OPERATOR)
    assert town.visitor().enter("club", town.club, "invited-0002").status_code == 403
    assert town.visitor(login).logged_in


def test_a_disabled_account_gets_nobody_in(town: Town, idp: Idp) -> None:
    somebody = town.visitor()
    somebody.enter("idp", idp, "disabled")
    identities, subject = Identities(town.walk.broker.database), somebody.subject
    identities.disable(subject)
    assert not somebody.logged_in
    page = somebody.enter("idp", idp, "disabled")
    assert (page.status_code, "closed" in page.text) == (403, True)
    identities.enable(subject)
    assert somebody.enter("idp", idp, "disabled").status_code == 200


def test_a_client_gets_tokens_of_somebody_who_logs_in_elsewhere(town: Town, idp: Idp) -> None:
    broker, somebody = town.walk.broker, town.visitor()
    asked = ask(broker, broker.client())
    page = somebody.open(asked.address)
    page = somebody.come("idp", idp.authorize(left(somebody.form(page, "/upstream/idp")), "client"))
    assert "Allow" in page.text
    assert "code" in somebody.allow(asked.address, "")


def test_when_somebody_has_logged_in_there_is_when_they_have_here(town: Town, idp: Idp) -> None:
    """`max_age` holds across the provider: who logged in there long ago is sent to do it once more."""
    broker, somebody = town.walk.broker, town.visitor()
    answer = idp.authorize(somebody.leave("idp"), "long")
    idp.codes[answer["code"]]["auth_time"] = "1700000000"
    assert somebody.come("idp", answer).status_code == 200
    page = somebody.open(ask(broker, broker.client(), max_age="3600").address)
    assert "Log in with The idp" in page.text
    address = left(somebody.form(page, "/upstream/idp"))
    assert parse_qs(urlsplit(address).query)["prompt"] == ["login"]
    waved = idp.authorize(address, "long")
    idp.codes[waved["code"]]["auth_time"] = "1700000000"
    assert "(auth-time)" in somebody.come("idp", waved).text
    page = somebody.open(ask(broker, broker.client(), max_age="3600").address)
    page = somebody.come("idp", idp.authorize(left(somebody.form(page, "/upstream/idp")), "long"))
    assert "Allow" in page.text


def test_who_leaves_too_often_waits(town: Town) -> None:
    from passport_broker.limiting import Rates, TooOften
    from passport_broker.settings import PassportSettings

    rates = Rates(town.walk.broker.database, PassportSettings(address_rate="2/minute"))
    rates.leaves("192.0.2.7")
    rates.leaves("192.0.2.7")
    with pytest.raises(TooOften):
        rates.leaves("192.0.2.7")
    rates.leaves("192.0.2.8")


def test_nothing_that_is_kept_of_a_login_is_a_secret(town: Town, idp: Idp) -> None:
    somebody = town.visitor()
    answer = idp.authorize(somebody.leave("idp"), "kept")
    asked = idp.codes[answer["code"]]
    with town.walk.broker.database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM passport_broker.errand")
        kept = str([[bytes(x) if isinstance(x, memoryview) else x for x in row] for row in cursor])
    cookie = next(iter(somebody.http.cookies.values()))
    for secret in (answer["state"], asked["nonce"], asked["code_challenge"], cookie):
        assert secret not in kept
    assert somebody.come("idp", answer).status_code == 200
    assert idp.forms[-1]["code_verifier"] not in kept
