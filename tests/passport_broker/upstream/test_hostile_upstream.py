"""Providers that lie, and answers that are nobody's: none makes a session, none has us call anybody else."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc.jwk import OctKey

from database.engine import Database
from governance.keys.fetching import Http
from passport_broker.upstream.errors import NotBegun, ProofRefused, ProviderAway
from passport_broker.upstream.providers import Provider, Providers
from passport_broker.upstream.service import Going, Upstream
from tests.issuer import ABSENT, Handler, Issuer, key_pair, sign, unsigned
from tests.passport_broker.upstream.conftest import Town
from tests.passport_broker.upstream.idp import CLIENT, SECRET, Idp

NOW = int(time.time())


@pytest.fixture
def elsewhere() -> Iterator[Issuer]:
    """A server that nobody has to call."""
    with Issuer(number=7) as found:
        yield found
        assert found.total == 0


def refused(town: Town, rule: str, status: int = 403, **also: str) -> str:
    """What somebody is told who logs in at the misbehaving provider; they are not logged in."""
    somebody = town.visitor()
    page = somebody.come("idp", town.idp.authorize(somebody.leave("idp"), "eve", **also))
    assert (page.status_code, f"({rule})" in page.text) == (status, True), page.text
    assert 'name="password"' in page.text  # the other ways to log in are there
    assert not somebody.logged_in
    return page.text


ID_TOKENS: dict[str, tuple[str, dict[str, Any]]] = {
    "of another issuer": ("iss", {"iss": "https://evil.example"}),
    "of an issuer that looks alike": ("iss", {"iss": ABSENT}),
    "for another client": ("aud", {"aud": "somebody else"}),
    "for us and another client": ("aud", {"aud": [CLIENT, "somebody else"], "azp": CLIENT}),
    "for nobody": ("aud", {"aud": ABSENT}),
    "for ids that begin as ours": ("aud", {"aud": CLIENT + "2"}),
    "issued to another client": ("azp", {"azp": "somebody else"}),
    "of another login": ("nonce", {"nonce": "x" * 43}),
    "of no login": ("nonce", {"nonce": ABSENT}),
    "whose nonce is no text": ("nonce", {"nonce": ["x"]}),
    "whose nonce is no character": ("nonce", {"nonce": "\ud800"}),
    "that has ended": ("expired", {"iat": NOW - 900, "exp": NOW - 600}),
    "that never ends": ("exp", {"exp": ABSENT}),
    "of tomorrow": ("from-the-future", {"iat": NOW + 86_400, "exp": NOW + 90_000}),
    "that begins tomorrow": ("not-yet", {"nbf": NOW + 86_400, "exp": NOW + 90_000}),
    "of nobody": ("sub", {"sub": ABSENT}),
    "of a number": ("sub", {"sub": 7}),
    "of an endless name": ("sub", {"sub": "x" * 256}),
    "of a name with a line break": ("sub", {"sub": "eve\nadmin"}),
    "of another access token": ("at-hash", {"at_hash": "x" * 22}),
    "of a login in the future": ("auth-time", {"auth_time": NOW + 86_400}),
}


@pytest.mark.parametrize("what", ID_TOKENS)
def test_an_id_token_is_refused(town: Town, idp: Idp, what: str) -> None:
    rule, idp.said = ID_TOKENS[what]
    asked = idp.asked["/userinfo"]
    refused(town, rule)
    assert idp.asked["/userinfo"] == asked


HEADERS: dict[str, tuple[str, dict[str, Any]]] = {
    "an algorithm of another kind": ("alg", {"alg": "EdDSA"}),
    "a key that is not there": ("unknown-key", {"kid": "another"}),
    "an access token's type": ("typ", {"typ": "at+jwt"}),
    "a visa's type": ("typ", {"typ": "vnd.ga4gh.visa+jwt"}),
    "an extension": ("crit", {"crit": ["b64"]}),
}


@pytest.mark.parametrize("what", HEADERS)
def test_an_id_token_with_another_header_is_refused(town: Town, idp: Idp, what: str) -> None:
    rule, header = HEADERS[what]
    if "alg" in header:
        idp.answer = {"id_token": unsigned(header | {"kid": idp.kid}, _claims(idp), "c2ln")}
    else:
        idp.header = header
    refused(town, rule)


def _claims(idp: Idp) -> dict[str, Any]:
    return {"iss": idp.url, "sub": "eve", "aud": CLIENT, "iat": NOW, "exp": NOW + 900, "nonce": "n"}


@pytest.mark.parametrize("how", ["none", "HS256", "HS256 by our secret", "another's key", "its own key"])
def test_what_the_provider_has_not_signed_is_refused(
    town: Town, idp: Idp, elsewhere: Issuer, how: str
) -> None:
    rule = "alg"
    if how == "none":
        idp.answer = {"id_token": unsigned({"alg": "none", "kid": idp.kid}, _claims(idp), "c2ln")}
    elif how.startswith("HS256"):
        public = json.dumps(idp.jwks()["keys"][0])
        key = OctKey.import_key(SECRET if "ours" in how or "our" in how else public)
        idp.answer = {"id_token": sign({"alg": "HS256", "kid": idp.kid}, _claims(idp), key)}
    elif how == "another's key":  # under the name of the provider's
        rule, idp.key = "signature", key_pair("ES256", 9)
    else:  # a key that the token brings along, and an address where it is published
        rule, idp.key = "signature", elsewhere.keys["key-1"]
        public = elsewhere.keys["key-1"].as_dict(private=False)
        idp.header = {"jku": elsewhere.jku, "jwk": public, "x5u": elsewhere.jku}
    refused(town, rule)


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ({"id_token": ABSENT}, "no-string"),
        ({"id_token": {"sub": "eve"}}, "no-string"),
        ({"id_token": "x" * 20_000}, "too-large"),
        ({"id_token": "a.b"}, "malformed"),
        ({"access_token": ABSENT}, "answer"),
        ({"access_token": "line\r\nx: y"}, "answer"),
    ],
)
def test_a_token_answer_that_is_none_is_refused(
    town: Town, idp: Idp, answer: dict[str, Any], rule: str
) -> None:
    broken = {name: value for name, value in answer.items() if value is not ABSENT}
    given = idp._given

    def less(asked: dict[str, str]) -> dict[str, Any]:
        made = given(asked) | broken
        return {name: value for name, value in made.items() if answer.get(name) is not ABSENT}

    idp._given = less  # type: ignore[method-assign]
    try:
        if "access_token" in broken:
            idp.said = {"at_hash": ABSENT}
            somebody = town.visitor()
            page = somebody.come("idp", idp.authorize(somebody.leave("idp"), "eve"))
            assert page.status_code in (403, 503)
            assert not somebody.logged_in
        else:
            refused(town, rule)
    finally:
        del idp._given  # type: ignore[method-assign]


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"[" * 100_000, b""])
def test_a_token_answer_that_is_no_json_is_refused(town: Town, idp: Idp, body: bytes) -> None:
    idp.answers["/token"] = lambda handler: handler.says(body)
    refused(town, "answer")


def test_userinfo_of_somebody_else_is_refused(town: Town, idp: Idp) -> None:
    idp.about = {"sub": "admin"}
    refused(town, "userinfo")
    idp.about = {"sub": None}
    refused(town, "userinfo")


@pytest.mark.parametrize("path", ["/token", "/userinfo"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_endpoint_sends_us_elsewhere(
    town: Town, idp: Idp, elsewhere: Issuer, path: str, status: int
) -> None:
    idp.answers[path] = lambda handler: _redirect(handler, status, elsewhere.url + path)
    assert "sends us elsewhere" in refused(town, "answer")


def _redirect(handler: Handler, status: int, target: str) -> None:
    handler.send_response(status)
    handler.send_header("location", target)
    handler.send_header("content-length", "0")
    handler.end_headers()


# States, codes and browsers.


def test_an_answer_is_looked_at_once(town: Town, idp: Idp) -> None:
    somebody = town.visitor()
    answer = idp.authorize(somebody.leave("idp"), "replayed")
    assert "The replayed" in somebody.come("idp", answer).text
    asked = idp.asked["/token"]
    for again in (answer, answer | {"code": "another"}):
        assert "not begun in this browser" in somebody.come("idp", again).text
    other = town.visitor()
    other.open("login")
    assert other.come("idp", answer).status_code == 403
    assert not other.logged_in
    assert idp.asked["/token"] == asked


def test_the_state_of_another_browser_is_worth_nothing(town: Town, idp: Idp) -> None:
    """Login CSRF: an attacker who logs in as themselves sends the victim the answer."""
    attacker, victim = town.visitor(), town.visitor()
    answer = idp.authorize(attacker.leave("idp"), "attacker")
    victim.leave("idp")
    asked = idp.asked["/token"]
    for each in (victim, town.visitor()):
        assert each.come("idp", answer).status_code == 403
        assert not each.logged_in
    assert idp.asked["/token"] == asked
    assert "The attacker" in attacker.come("idp", answer).text  # and nobody has used it up


@pytest.mark.parametrize("pkce", [True, False])
def test_an_injected_code_is_worth_nothing(town: Town, idp: Idp, pkce: bool) -> None:
    """RFC 9700, 4.5: the code of somebody else, with a state of one's own; also where nobody checks PKCE."""
    idp.pkce = pkce
    victim, attacker = town.visitor(), town.visitor()
    stolen = idp.authorize(victim.leave("idp"), "victim")["code"]
    own = idp.authorize(attacker.leave("idp"), "attacker")
    page = attacker.come("idp", own | {"code": stolen})
    assert page.status_code == 403
    assert ("(answer)" if pkce else "(nonce)") in page.text
    assert not attacker.logged_in


def test_answers_of_one_provider_are_none_of_another(town: Town, idp: Idp) -> None:
    """Mix-up (RFC 9700, 4.4): by the address that is come back to, and by `iss` (RFC 9207)."""
    somebody = town.visitor()
    answer = idp.authorize(somebody.leave("idp"), "eve")
    asked = town.other.asked["/token"]
    assert "not begun" in somebody.come("other", answer).text
    refused(town, "iss", iss=town.other.url)
    refused(town, "iss", iss=idp.url + "/")
    refused(town, "iss", iss="")
    assert town.other.asked["/token"] == asked
    assert not somebody.logged_in


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"state": "x" * 43}, {"state": ""}, {"code": "x"}, {"state": "\ud800".encode("utf-8", "ignore")},
        {"error": "access_denied"}, {"state": "x" * 5000},
    ],
)  # fmt: skip
def test_an_answer_that_nobody_asked_for_is_nothing(town: Town, idp: Idp, answer: dict[str, str]) -> None:
    somebody, asked = town.visitor(), idp.total
    somebody.open("login")
    assert somebody.come("idp", answer).status_code == 403
    assert idp.total == asked


def test_what_is_there_twice_is_refused(town: Town, idp: Idp) -> None:
    somebody = town.visitor()
    answer = idp.authorize(somebody.leave("idp"), "eve")
    for name in ("state", "code", "iss"):
        twice = [*answer.items(), (name, answer[name])]
        assert somebody.come("idp", twice).status_code == 403
    assert not somebody.logged_in
    assert "The eve" in somebody.come("idp", answer).text


def test_an_error_of_the_provider_is_said_and_nothing_else_of_its_words(town: Town, idp: Idp) -> None:
    for code, shown in (("access_denied", "it says access_denied"), ("<b>pay here</b>", "it says an error")):
        somebody = town.visitor()
        state = idp.authorize(somebody.leave("idp"), "eve")["state"]
        answer = {"state": state, "error": code, "error_description": "pay here", "iss": idp.url}
        page = somebody.come("idp", answer)
        assert page.status_code == 403
        assert shown in page.text
        assert "pay here" not in page.text
        assert not somebody.logged_in


def test_the_onward_way_leads_to_our_own_pages_only(town: Town, idp: Idp) -> None:
    for onward in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        page = town.visitor().enter("idp", idp, "onward", onward)
        assert str(page.url) == f"{town.walk.broker.issuer}/account"
    page = town.visitor().enter("idp", idp, "onward", "/applications")
    assert str(page.url) == f"{town.walk.broker.issuer}/applications"


def test_nobody_is_sent_away_without_a_form_of_ours(town: Town) -> None:
    somebody = town.visitor()
    somebody.open("login")
    where = f"{town.walk.broker.issuer}/upstream/idp"
    assert somebody.http.post(where, data={"next": ""}).status_code == 403
    assert somebody.http.get(where).status_code == 405


# Metadata.


def alone(
    issuer: str, database: Database, *, clock: Callable[[], float] = time.time, **bounds: Any
) -> tuple[Upstream, Provider, Http]:
    """A relying party of one provider, with nothing in its memory."""
    from pydantic import SecretStr

    chosen = Provider(id="idp", name="The idp", issuer=issuer, client_id=CLIENT,
                      client_secret_file="x", secret=SecretStr(SECRET))  # fmt: skip
    http = Http(**({"seconds": 2.0} | bounds))
    own = "https://site.example/passport"
    providers = Providers(provider=(chosen,))
    made = Upstream(providers, database, http, secret=bytes(32), issuer=own, clock=clock)
    return made, chosen, http


def begun(issuer: str, database: Database, **bounds: Any) -> str:
    made, chosen, http = alone(issuer, database, **bounds)
    try:
        return made.begin(chosen, Going(b"browser", ""))
    finally:
        http.close()


def came(made: Upstream, chosen: Provider, answer: dict[str, str]) -> str:
    """As whom somebody comes back."""
    return made.proof(made.back(chosen, b"browser", answer), answer).identity.subject


def test_the_answer_may_come_to_another_process(site_database: Database) -> None:
    with Idp() as idp:
        first, chosen, http = alone(idp.url, site_database)
        answer = idp.authorize(first.begin(chosen, Going(b"browser", "")), "ada")
        second, again, other = alone(idp.url, site_database)
        assert came(second, again, answer) == "ada"
        with pytest.raises(NotBegun):
            first.back(chosen, b"browser", answer)
        for each in (http, other):
            each.close()


def test_an_answer_says_whose_it_is_where_all_do(site_database: Database) -> None:
    """RFC 9207, 2.4: what a provider's metadata promises has to be there."""
    with Idp() as idp:
        idp.configuration = {"authorization_response_iss_parameter_supported": True}
        made, chosen, http = alone(idp.url, site_database)
        for named in (True, False):
            answer = idp.authorize(made.begin(chosen, Going(b"browser", "")), "ada")
            if named:
                assert came(made, chosen, answer) == "ada"
            else:
                del answer["iss"]
                with pytest.raises(ProofRefused, match="iss"):
                    came(made, chosen, answer)
        http.close()


def test_a_token_that_names_no_key_is_taken_where_there_is_one(site_database: Database) -> None:
    """Also when that is replaced by another; of two it could be either's, and is refused."""
    with Idp() as idp:
        idp.header, passed = {"kid": ABSENT}, [0.0]
        made, chosen, http = alone(idp.url, site_database, clock=lambda: time.time() + passed[0])

        def ada() -> str:
            return came(made, chosen, idp.authorize(made.begin(chosen, Going(b"browser", "")), "ada"))

        assert ada() == "ada"
        idp.rotate("key-2", 5)
        passed[0] = 60.0
        assert ada() == "ada"
        idp.rotate("key-3", 6, keep=True)
        passed[0] = 120.0
        with pytest.raises(ProofRefused):
            ada()
        http.close()


INTERNAL = (
    "http://169.254.169.254/latest", "http://10.0.0.1/x", "https://localhost.evil.example/x",
    "file:///etc/passwd", "https://user@127.0.0.1/x", "ftp://127.0.0.1/x", "//127.0.0.1/x", 7, None,
)  # fmt: skip


@pytest.mark.parametrize("target", INTERNAL)
def test_metadata_points_nowhere_but_to_the_provider(site_database: Database, target: Any) -> None:
    with Idp() as idp:
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
            idp.configuration = {name: target}
            made, chosen, http = alone(idp.url, site_database)
            with pytest.raises(ProofRefused):
                made._asking.find(chosen, name)
            http.close()
        assert set(idp.asked) == {"/.well-known/openid-configuration"}


def test_metadata_of_another_server_is_not_called(site_database: Database, elsewhere: Issuer) -> None:
    with Idp() as idp:
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
            idp.configuration = {name: f"{elsewhere.url}/x"}
            made, chosen, http = alone(idp.url, site_database)
            with pytest.raises(ProofRefused, match=r"another server.*upstream\.toml"):
                made._asking.find(chosen, name)
            http.close()


@pytest.mark.parametrize("named", ["https://evil.example", "", None, 7, ABSENT])
def test_metadata_of_another_issuer_is_refused(site_database: Database, named: Any) -> None:
    with Idp() as idp:
        idp.answers["/.well-known/openid-configuration"] = lambda handler: handler.says(
            {name: value for name, value in {**idp.openid(), "issuer": named}.items() if value is not ABSENT}
        )
        with pytest.raises(ProofRefused, match="another issuer"):
            begun(idp.url, site_database)
        with pytest.raises(ProofRefused, match="another issuer"):
            begun(idp.url + "/", site_database)  # one slash makes another issuer


def test_metadata_elsewhere_is_not_followed(site_database: Database, elsewhere: Issuer) -> None:
    with Idp() as idp:
        idp.answers["/.well-known/openid-configuration"] = lambda handler: _redirect(
            handler, 302, f"{elsewhere.url}/.well-known/openid-configuration"
        )
        with pytest.raises(ProofRefused, match="sends us elsewhere"):
            begun(idp.url, site_database)


def _drip(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        return


def _flood(handler: Handler) -> None:
    handler.says(b'{"issuer": "' + b"x" * 3_000_000)


@pytest.mark.parametrize(("answer", "problem"), [(_drip, ProviderAway), (_flood, ProofRefused)])
def test_slow_and_huge_documents_end(
    site_database: Database, answer: Callable[[Handler], None], problem: type[Exception]
) -> None:
    with Idp() as idp:
        idp.answers["/.well-known/openid-configuration"] = answer
        with pytest.raises(problem):
            begun(idp.url, site_database, seconds=0.5)


def test_plain_http_is_for_this_machine_only() -> None:
    with pytest.raises(ValueError, match="https"):
        Provider(id="x", name="x", issuer="http://idp.example", client_id="x", authentication="none")
