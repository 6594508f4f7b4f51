"""A login that a client wants to be new is one, whichever page is sent."""

import re
from urllib.parse import urlencode, urlsplit

import pytest

from passport_broker.store.asking import done
from tests.passport_broker.running import PASSWORD, Broker, Person, ask, form_of, redeem, returned


def aged(broker: Broker, subject: str, hours: int) -> None:
    """The person has been logged in for so long."""
    statement = """
UPDATE passport_broker.session SET authenticated_at = now() - %s * interval '1 hour' WHERE subject = %s
"""
    done(broker.database, statement, hours, subject)


def login_time(broker: Broker, answer: object) -> int:
    return int(broker.signing.verify(answer.json()["access_token"], "at+jwt")["auth_time"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "more", [{"max_age": "60"}, {"prompt": "login"}, {"max_age": "60", "prompt": "login"}, {"max_age": "0"}]
)
@pytest.mark.parametrize("forged", ["", "&login_since=1.1.00", "&login_since=x"])
def test_consent_that_is_posted_is_as_fresh_as_the_client_wants(
    broker: Broker, more: dict[str, str], forged: str
) -> None:
    login, account = broker.account()
    person = Person(broker, login)
    asked = ask(broker, broker.client())
    token = form_of(person.open(asked.address))[1]["csrf_token"]
    aged(broker, account.subject, 3)
    query = f"{urlsplit(asked.address).query}&{urlencode(more)}{forged}"
    url = f"{broker.issuer}/consent?{query}"
    answer = person.http.post(url, data={"csrf_token": token, "decision": "allow"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/passport/login?"), answer.headers["location"]
    page = person.send(person._follow(answer), login=login, password=PASSWORD)
    back = returned(person.send(page, decision="allow"))
    made = redeem(broker, asked, back["code"])
    assert login_time(broker, made) > broker.signing._clock() - 600


def test_who_reads_the_page_for_long_is_not_sent_to_log_in_again(broker: Broker) -> None:
    """What the client wants holds for when it asked, and is good for this one request."""
    login, account = broker.account()
    person, client = Person(broker, login), broker.client()
    asked = ask(broker, client, max_age="7200")
    page = person.open(asked.address)
    aged(broker, account.subject, 1)
    assert "code" in returned(person.send(page, decision="allow"))
    said = re.search(r"login_since=([0-9a-f.]+)", page.text)
    assert said is not None
    aged(broker, account.subject, 3)
    assert 'name="password"' in person.send(page, decision="allow").text
    other = ask(broker, client, max_age="60")
    assert 'name="password"' in person.open(f"{other.address}&login_since={said[1]}").text
