"""Issued, signed, believed, revoked: the broker's visas, read by this project's own clearinghouse."""

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import exc, text

from governance.audit.reading import Wanted as Searched
from governance.audit.reading import newest
from governance.caller import Identity, Visa
from governance.passport.linked import link
from passport_broker.domain.actors import OPERATOR, Actor
from passport_broker.domain.visas import Assertion
from passport_broker.standing import Standing
from passport_broker.visas.errors import AccountUnknown, TooManyVisas, VisaInvalid, VisaRevoked, VisaUnknown
from passport_broker.visas.lifetimes import Lifetimes
from passport_broker.visas.signing import Signer
from serving.reasons import Reason
from tests.governance.passport.sites import Site
from tests.issuer import trust_text
from tests.passport_broker.access.conftest import NOBODY, Office
from tests.passport_broker.access.saying import DATA, NOW, SOURCE, YEAR, assertions, wanted

DAC = Actor(Identity("https://broker.example", "committee-member"))


def claims(token: str) -> dict[str, Any]:
    return decoded(token.split(".")[1])


def header(token: str) -> dict[str, Any]:
    return decoded(token.partition(".")[0])


def decoded(part: str) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def site_of(folder: Path, office: Office, **more: Any) -> Site:
    """A site that trusts the broker: its tokens by UserInfo, its visas, and the tests' source for all."""
    return Site(folder, trust_text([office.server], [office.server], **more), office.clock)


def acts(office: Office) -> list[dict[str, Any]]:
    return list(newest(office.database, Searched(kind="act"), 20))


def test_a_visa_is_signed_as_the_standard_writes_it(office: Office) -> None:
    asked = [[{"type": "AffiliationAndRole", "value": "pattern:faculty@*"}]]
    made = office.desk.issue(wanted(conditions=asked, asserted=NOW - 500), DAC)
    [token] = office.visas.of("ada")
    assert header(token) == {
        "alg": "ES256",
        "kid": "key-1",
        "typ": "vnd.ga4gh.visa+jwt",
        "jku": office.server.jku,
    }
    said = claims(token)
    jti = said.pop("jti")
    assert jti.startswith(made.id + ".")
    assert said == {
        "iss": office.issuer,
        "sub": "ada",
        "iat": NOW,
        "exp": NOW + 30,
        "ga4gh_visa_v1": {
            "type": "ControlledAccessGrants",
            "asserted": NOW - 500,
            "value": DATA,
            "source": SOURCE,
            "by": "dac",
            "conditions": asked,
        },
    }
    passport = office.visas.passport("ada", "https://site.example")
    assert header(passport) == {"alg": "ES256", "kid": "key-1", "typ": "vnd.ga4gh.passport+jwt"}
    said = claims(passport)
    assert said.pop("jti")
    assert said == {
        "iss": office.issuer,
        "sub": "ada",
        "iat": NOW,
        "exp": NOW + 30,
        "ga4gh_passport_v1": [token],
        "aud": "https://site.example",
    }
    assert claims(office.visas.passport("somebody else"))["ga4gh_passport_v1"] == []


@given(said=st.lists(assertions(), min_size=1, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
def test_our_own_clearinghouse_believes_whatever_is_issued(
    office: Office, said: list[Assertion], tmp_path: Path
) -> None:
    number = len(office.desk.listed(most=1000))
    subject = f"person-{number}"
    for each in said:
        office.desk.issue(
            wanted(
                subject,
                **{
                    name: getattr(each, name)
                    for name in ("type", "value", "source", "by", "asserted", "conditions")
                },
            ),
            OPERATOR,
        )
    sources = "".join(
        f'"{kind}" = {json.dumps(sorted({each.source for each in said if each.type == kind}))}\n'
        for kind in sorted({each.type for each in said})
    )
    trust = trust_text([office.server], [office.server], types=()) + sources
    with Site(tmp_path / str(number), trust, office.clock) as site:
        caller = site.house.identify(None, [office.visas.passport(subject, "https://site.example/beacon")])
    plain = [each for each in said if not each.conditions]
    assert {(each.type, each.value, each.source, each.by, each.asserted) for each in caller.visas} >= {
        (each.type, each.value, each.source, each.by, each.asserted) for each in plain
    }
    assert {each.rule for each in caller.turned} <= {"conditions-unmet", "conditional-link"}
    assert caller.identity == Identity(office.issuer, subject)


def test_a_visa_is_signed_once_while_it_has_enough_time_left(office: Office) -> None:
    office.desk.issue(wanted(), DAC)
    first = office.visas.of("ada")
    office.clock.now += 14
    assert office.visas.of("ada") == first
    assert office.keys.signed == 1
    office.clock.now += 1
    again = office.visas.of("ada")
    assert again != first
    assert claims(again[0])["exp"] == NOW + 45
    assert claims(again[0])["jti"] != claims(first[0])["jti"]


def test_the_longest_visa_that_may_be_is_signed_and_read(office: Office, tmp_path: Path) -> None:
    clause = {"type": "ResearcherStatus", "value": "pattern:" + "é" * 145}  # six bytes each, in JSON
    office.desk.issue(wanted(conditions=[[clause] * 9]), DAC)
    with site_of(tmp_path, office) as site:
        caller = site.house.identify(None, [office.visas.passport("ada", "https://site.example/beacon")])
    assert [each.rule for each in caller.turned] == ["conditions-unmet"]
    with pytest.raises(VisaInvalid, match="too much"):
        office.desk.issue(wanted(conditions=[[clause] * 10]), DAC)


def test_a_passport_is_not_longer_than_what_clearinghouses_read(office: Office, tmp_path: Path) -> None:
    clause = {"type": "ResearcherStatus", "value": "pattern:" + "x" * 900}
    with office.database.unit_of_work() as work:
        for number in range(100):
            asked = wanted("hoarder", value=f"{DATA}/{number}", conditions=[[clause] * 9])
            office.desk.insert(work.connection, office.desk.prepare(asked, DAC))
        work.commit()
    assert 50 < len(office.visas.of("hoarder")) < 100
    with site_of(tmp_path, office) as site:
        passport = office.visas.passport("hoarder", "https://site.example/beacon")
        assert {each.rule for each in site.house.identify(None, [passport]).turned} == {"conditions-unmet"}


def test_what_a_withdrawn_key_signed_is_signed_anew(office: Office) -> None:
    ticks = [0.0]
    signer = Signer(office.keys, office.issuer, Lifetimes(), office.clock, lambda: ticks[0])
    made = office.desk.issue(wanted(), DAC)
    first = signer.visa(made)
    assert signer.visa(made) == first
    office.server.rotate("key-2", 1, keep=True)
    ticks[0] += 1
    assert signer.visa(made) == first  # the key before is published still
    office.server.rotate("key-3", 2)
    ticks[0] += 1
    assert header(signer.visa(made).text)["kid"] == "key-3"


def test_nothing_that_is_signed_outlives_its_assertion(office: Office) -> None:
    office.desk.issue(wanted(ends=NOW + 20), DAC)
    office.desk.issue(wanted(begins=NOW + 10, value=DATA + "/later"), DAC)
    [token] = office.visas.of("ada")
    assert claims(token)["exp"] == claims(office.visas.passport("ada"))["exp"] == NOW + 20
    office.clock.now += 10
    assert len(office.visas.of("ada")) == 2
    office.clock.now += 10
    assert [claims(each)["ga4gh_visa_v1"]["value"] for each in office.visas.of("ada")] == [DATA + "/later"]


def test_what_is_revoked_is_given_out_by_no_process_any_more(office: Office) -> None:
    other = office.another()
    made = office.desk.issue(wanted(), DAC)
    assert len(office.visas.of("ada")) == len(other.visas.of("ada")) == 1
    gone = other.desk.revoke(made.id, "left the project", OPERATOR)
    assert office.visas.of("ada") == other.visas.of("ada") == []
    assert claims(office.visas.passport("ada"))["ga4gh_passport_v1"] == []
    assert gone.revocation is not None
    assert gone.revocation.why == "left the project"
    assert gone.standing(NOW) == "revoked"
    assert made.by == {"issuer": "https://broker.example", "subject": "committee-member"}
    assert "user" in gone.revocation.by
    with pytest.raises(VisaRevoked):
        office.desk.revoke(made.id, "again", DAC)
    with pytest.raises(VisaUnknown):
        office.desk.revoke("no-such-visa", "because", DAC)


def test_of_many_who_revoke_at_once_one_does(office: Office) -> None:
    made = office.desk.issue(wanted(), DAC)
    start = threading.Barrier(6)

    def revoke(number: int) -> str:
        start.wait()
        try:
            return office.desk.revoke(made.id, f"reason {number}", DAC).revocation.why  # type: ignore[union-attr]
        except VisaRevoked:
            return "too late"

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(revoke, range(6)))
    assert sorted(said)[1:] == ["too late"] * 5
    assert office.desk.get(made.id).revocation.why == min(said)  # type: ignore[union-attr]


def test_elsewhere_a_revoked_visa_is_believed_for_less_than_a_minute(office: Office, tmp_path: Path) -> None:
    """A clearinghouse that heeds `exp`, and lets clocks be off by half a minute as ours does."""
    made = office.desk.issue(wanted(), DAC)
    with site_of(tmp_path, office) as site:
        token = office.server.access_token("ada")
        office.server.gives("ada", office.visas.of("ada"))
        assert [each.value for each in site.identify(token).visas] == [DATA]
        passport = office.visas.passport("ada", "https://site.example/beacon")
        office.desk.revoke(made.id, "because", DAC)
        office.server.gives("ada", office.visas.of("ada"))
        office.clock.now += 59  # the worst: signed just before, and a clock that is half a minute slow
        assert [each.value for each in site.identify(token).visas] == [DATA]
        office.clock.now += 1
        assert site.identify(token).visas == ()
        with pytest.raises(Reason, match="expired"):
            site.house.identify(None, [passport])
        assert office.server.asked["/userinfo"] == 1  # within the hour it may not ask again with that token
        fresh = office.server.access_token("ada", jti="another")
        assert site.identify(fresh).visas == ()


def test_whoever_brings_a_new_token_has_new_visas(office: Office, tmp_path: Path) -> None:
    office.desk.issue(wanted(), DAC)
    with site_of(tmp_path, office) as site:
        for number in range(4):
            office.server.gives("ada", office.visas.of("ada"))
            caller = site.identify(office.server.access_token("ada", jti=str(number)))
            assert [each.value for each in caller.visas] == [DATA]
            office.clock.now += 60


def test_at_its_own_site_what_is_revoked_is_refused_at_once(office: Office, tmp_path: Path) -> None:
    """The clearinghouse of the broker's site looks: no waiting for an end, nothing over HTTP."""
    from governance.passport.clearinghouse import Clearinghouse

    revoked_tokens: set[str] = set()
    own = Standing(
        office.database, office.visas, office.revocations(), lambda token: token not in revoked_tokens
    )
    with site_of(tmp_path, office) as site:
        house = Clearinghouse(site.file.current, site.http, office.clock, broker=own)
        token = office.server.access_token("ada")
        first = office.desk.issue(wanted(), DAC)
        office.desk.issue(wanted(value=DATA + "/2"), DAC)

        def values() -> list[str]:
            return [each.value for each in house.identify(f"Bearer {token}").visas]

        assert values() == [DATA, DATA + "/2"]
        passport = office.visas.passport("ada", "https://site.example/beacon")
        office.another().desk.revoke(first.id, "because", DAC)
        assert values() == [DATA + "/2"]
        caller = house.identify(f"Bearer {token}")
        assert [each.rule for each in caller.turned] == ["revoked"]
        assert [each.value for each in house.identify(None, [passport]).visas] == [DATA + "/2"]
        office.desk.issue(wanted(value=DATA + "/3"), DAC)
        office.clock.now += 15
        assert values() == [DATA + "/2", DATA + "/3"]  # and what is new is seen with the same token
        for _ in range(30):  # one token, for longer than the visas: nobody has to log in anew
            office.clock.now += 20
            assert values() == [DATA + "/2", DATA + "/3"]
        assert office.server.asked["/userinfo"] == 0
        revoked_tokens.add(token)
        office.clock.now += 20
        with pytest.raises(Reason, match="revoked"):
            values()


def test_the_look_at_revocations_is_at_this_broker_s_visas_only(office: Office) -> None:
    made = office.desk.issue(wanted(), DAC)
    revocations = office.revocations()

    def visa(issuer: str, jti: str | None) -> Visa:
        return Visa("X", "v", SOURCE, "so", Identity(issuer, "ada"), NOW, NOW + 30, "ab", jti)

    mine = visa(office.issuer, f"{made.id}.abc")
    assert not revocations(mine)
    office.desk.revoke(made.id, "because", DAC)
    assert revocations(mine)
    assert not revocations(visa("https://other.example", f"{made.id}.abc"))
    assert not revocations(visa(office.issuer, None))
    assert not revocations(visa(office.issuer, "x" + made.id))


def test_the_database_is_asked_for_revocations_once_a_second(office: Office) -> None:
    from passport_broker.visas.looking import Revocations

    made, ticks = office.desk.issue(wanted(), DAC), [0.0]
    look = Revocations(office.database, office.issuer, ticks=lambda: ticks[0])
    mine = Visa("X", "v", SOURCE, "so", Identity(office.issuer, "ada"), NOW, NOW, "ab", f"{made.id}.abc")
    assert not look(mine)
    office.desk.revoke(made.id, "because", DAC)
    ticks[0] = 0.9
    assert not look(mine)
    ticks[0] = 1.0
    assert look(mine)


def test_linked_accounts_are_one_person_at_a_clearinghouse(office: Office, tmp_path: Path) -> None:
    home = Identity("https://lab.example", "ada, née;x")
    office.desk.issue(wanted(type="LinkedIdentities", value=link(home), by="system"), OPERATOR)
    with site_of(tmp_path, office) as site:
        office.server.gives("ada", office.visas.of("ada"))
        assert site.identify(office.server.access_token("ada")).person == min(
            home, Identity(office.issuer, "ada")
        )
    assert "née" not in json.dumps([each["details"] for each in acts(office)])


def test_what_is_done_is_on_record_and_names_nobody(office: Office) -> None:
    made = office.desk.issue(wanted(), DAC)
    office.desk.revoke(made.id, "because", OPERATOR)
    done = [each for each in acts(office) if each["outcome"] == "done"]
    begun = [each for each in acts(office) if each["outcome"] == "begun"]
    assert [each["what"] for each in done] == ["visa.revoked", "visa.issued"]
    assert begun[1]["details"] == {
        "visa": made.id,
        "type": "ControlledAccessGrants",
        "value": DATA,
        "source": SOURCE,
        "by": "dac",
        "ends": NOW + YEAR,
        "digest": made.digest(),
    }
    assert office.another().desk.get(made.id).digest() == made.digest()  # the trail proves the row
    assert begun[1]["actor"] != begun[1]["subject"] == begun[0]["subject"]
    assert begun[1]["by"] == {"process": "passport"}
    assert "user" in begun[0]["by"]
    assert '"ada"' not in json.dumps(acts(office))
    for each in ("committee-member", "because", "approved by"):
        assert each not in json.dumps(acts(office))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"type": "https://types.example/note", "value": "Ada is ill", "by": None}, ["custom"]),
        ({"type": "ResearcherStatus", "value": "https://status.example", "source": "https://orcid.example/ada"},
         ["ResearcherStatus", "https://status.example"]),
    ],
)  # fmt: skip
def test_the_trail_keeps_no_text_about_a_person(office: Office, said: dict, kept: list[str]) -> None:
    office.desk.issue(wanted(**said), DAC)
    written = json.dumps(acts(office))
    assert all(each in written for each in kept)
    assert not any(each in written for each in ("ill", "orcid", "types.example/note"))


def test_nobody_has_a_visa_who_has_no_account(office: Office) -> None:
    with pytest.raises(AccountUnknown):
        office.desk.issue(wanted(NOBODY), DAC)
    assert acts(office) == []


def test_an_account_has_no_more_visas_than_a_passport_carries(office: Office) -> None:
    with office.database.unit_of_work() as work:
        for number in range(200):
            made = office.desk.prepare(wanted("collector", value=f"{DATA}/{number}"), DAC)
            office.desk.insert(work.connection, made)
        work.commit()
    with pytest.raises(TooManyVisas):
        office.desk.issue(wanted("collector"), DAC)
    assert len(office.visas.of("collector")) == 200


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE passport_broker.visa SET ends = ends + 1",
        "DELETE FROM passport_broker.visa_revocation",
        "TRUNCATE passport_broker.visa CASCADE",
        "UPDATE passport_broker.visa_revocation SET why = ''",
    ],
)
def test_what_was_asserted_and_revoked_is_not_rewritten(office: Office, statement: str) -> None:
    made = office.desk.issue(wanted(), DAC)
    office.desk.revoke(made.id, "because", DAC)
    with (
        pytest.raises(exc.ProgrammingError, match="only ever added"),
        office.database.unit_of_work() as work,
    ):
        work.connection.execute(text(statement))


def test_what_was_asserted_is_listed_page_by_page_newest_first(office: Office) -> None:
    made = [office.desk.issue(wanted("pager", value=f"{DATA}/{number}"), DAC).id for number in range(5)]
    found: list[str] = []
    while page := office.desk.listed(subject="pager", before=found[-1] if found else None, most=2):
        found += [each.id for each in page]
    assert found == made[::-1]
    assert [each.id for each in office.desk.listed(most=3)] == made[:1:-1]
