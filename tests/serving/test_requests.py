"""What reaches an operation, and what a request is told that does not fit."""

import json
import logging
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.app import build_app
from serving.limits import Limits
from serving.reply import Reply
from serving.testing import client
from tests.serving.small_interface import BASE, FUNCTIONS, SMALL, error_body, identify, small_app

THINGS = f"{BASE}/things"


def refused(answer, status):
    """The message of an error in the standard's own shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"beaconError", "id", "path"}
    assert body["beaconError"]["code"] == status
    message = body["beaconError"]["text"]
    assert 5 < len(message) <= 200
    assert message.isprintable()
    assert message.endswith(".")
    return message


def test_every_declared_parameter_reaches_the_function_typed_and_absent_ones_as_default_or_none(http):
    seen = http.get(THINGS).json()["seen"]
    assert seen["limit"] == 10
    assert [seen[each] for each in ("start_position", "id_", "frequency", "exact", "kind", "x_purpose")] == [
        None
    ] * 6
    seen = http.get(
        f"{THINGS}?limit=5&startPosition=1,2&id=a%20b%26c&frequency=1e-3&exact=true&kind=DEL",
        headers={"X-Purpose": "care"},
    ).json()["seen"]
    assert (seen["limit"], seen["start_position"], seen["id_"]) == (5, [1, 2], "a b&c")
    assert (seen["frequency"], seen["exact"], seen["kind"], seen["x_purpose"]) == (0.001, True, "DEL", "care")


@pytest.mark.parametrize(
    "query", ["startPosition=1,2", "startPosition=1&startPosition=2", "startPosition=1%2C2"]
)
def test_a_list_may_be_joined_or_repeated(http, query):
    assert http.get(f"{THINGS}?{query}").json()["seen"]["start_position"] == [1, 2]


def test_undeclared_parameters_are_left_to_the_function(http):
    seen = http.get(f"{THINGS}?limitt=5&kind=DEL&x").json()["seen"]
    assert seen["query"] == [["limitt", "5"], ["kind", "DEL"], ["x", ""]]
    assert seen["undeclared"] == ["limitt", "x"]


def test_a_strict_app_refuses_undeclared_parameters():
    with client(small_app(strict=True)) as http:
        assert "limitt" in refused(http.get(f"{THINGS}?limitt=5"), 400)
        assert http.get(f"{THINGS}?limit=5").status_code == 200


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("limit=ten", "limit must be an integer"),
        ("limit=1.0", "integer"),
        ("limit=", "integer"),
        ("limit=-1", "at least 0"),
        ("limit=101", "at most 100"),
        ("limit=1&limit=1", "twice"),
        ("limit=" + "9" * 30, "integer"),
        ("limit=٣", "integer"),
        ("startPosition=9223372036854775808", "integer"),
        ("limit=1_0", "integer"),
        ("limit=%201", "integer"),
        ("startPosition=1,,2", "integer"),
        ("startPosition=1,-2", "startPosition/1 must be at least 0"),
        ("startPosition=1,2,3", "at most 2 items"),
        ("frequency=nan", "number"),
        ("frequency=inf", "number"),
        ("frequency=1e999", "number"),
        ("exact=yes", "true or false"),
        ("kind=INS", "one of DEL, DUP"),
        ("id=a%00b", "NUL"),
        ("%00=1", "NUL"),
        ("id=%ff", "UTF-8"),
        ("id=%ed%a0%80", "UTF-8"),
        ("&".join(["a=1"] * 51), "more than 50"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named_with_what_must_hold(http, query, word):
    assert word in refused(http.get(f"{THINGS}?{query}"), 400)


def test_a_header_that_does_not_fit_is_a_400(http):
    assert "X-Purpose" in refused(http.get(THINGS, headers={"X-Purpose": "x" * 11}), 400)
    assert "X-Purpose" in refused(http.get(THINGS, headers=[(b"X-Purpose", b"\xff")]), 400)


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/things/a", "a"),
        ("/things/a%2Fb", "a/b"),
        ("/things/a%20%C3%A4", "a ä"),
        ("/things/a/", "a"),
        ("/things/new%65st", "newest"),
        ("/things/newest", "newest"),
        ("/things/..%2F..%2Fetc", "../../etc"),
    ],
)
def test_identifiers_may_hold_anything_but_a_slash_as_it_is(http, path, seen):
    assert http.get(BASE + path).json() == {"seen": seen}


def test_the_root_is_there_with_and_without_a_slash(http):
    assert http.get(BASE).json() == http.get(BASE + "/").json() == {"seen": "root"}


def test_templates_are_typed(http):
    assert http.get(f"{THINGS}/a/parts/7").json()["seen"] == {"id_": "a", "number": 7}
    assert "number" in refused(http.get(f"{THINGS}/a/parts/0"), 400)
    assert "number" in refused(http.get(f"{THINGS}/a/parts/x"), 400)


@pytest.mark.parametrize(
    "path", ["/nothing", "/things/a/b", "/things//parts/1", "/things/a/parts", "//things", "x"]
)
def test_other_paths_are_404_in_the_standards_shape(http, path):
    refused(http.get(BASE + path), 404)


@pytest.mark.parametrize("path", ["/things/%ff", "/things/%00"])
def test_a_path_that_is_no_text_is_a_400(http, path):
    refused(http.get(BASE + path), 400)


def test_another_method_is_405_and_says_which_are_allowed(http):
    answer = http.request("DELETE", THINGS)
    refused(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, POST, PUT"
    refused(http.request("B" * 100, THINGS), 405)


def test_head_is_get_without_its_body(http):
    answer = http.request("HEAD", f"{THINGS}/a")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == len(http.get(f"{THINGS}/a").content)


def test_a_body_reaches_the_function_and_may_be_absent_where_it_may(http):
    question = {
        "what": "x",
        "where": [1],
        "note": None,
        "exact": 1,
        "either": {"n": 2},
        "deep": [{"a": [None]}],
    }
    assert http.post(THINGS, json=question).json()["seen"]["body"] == question
    assert http.post(THINGS).json()["seen"]["body"] is None
    assert "required" in refused(http.request("PUT", THINGS), 400)


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=UTF-8", "", None])
def test_json_is_taken_under_its_name_or_none(http, content_type):
    headers = {} if content_type is None else {"content-type": content_type}
    assert http.post(THINGS, content=b'{"what":"x"}', headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/jsonp"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_a_body_of_another_kind_is_a_415(http, headers):
    refused(http.post(THINGS, content=b'{"what":"x"}', headers=headers), 415)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{} {}",
        b'{"what":NaN}',
        b'{"what":"\xff"}',
        b'{"what":"\\ud800"}',
        b"\xef\xbb\xbf{}",
        b'{"what":"a\\u0000"}',
        b'{"what":"x","deep":"a\\u0000b"}',
        b'{"what":"x","deep":{"\\u0000":1}}',
        b'{"what":"x","deep":18446744073709551615}',
        b'{"what":"x","exact":1e999}',
        b'{"what":"x","where":[99999999999999999999999]}',
        b'{"what":"x","where":[1.0]}',
        b'{"what":"x","deep":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"what":"x","deep":' + b"[" * 100 + b"]" * 100 + b"}",
        b"[" * 2000,
        b'{"what":"x","deep":' * 150,
        b'{"what":"x","nothing":1}',
        b'{"what":""}',
        b'{"what":1}',
        b'{"where":[1]}',
        b'{"what":"x","where":[1,2,3,4]}',
        b'{"what":"x","note":"medium"}',
        b'{"what":"x","either":{"n":"one"}}',
        b'{"what":"x","either":1}',
        b"'" * 4000,
    ],
)
def test_a_broken_or_unfitting_body_is_a_400_that_repeats_nothing_at_length(http, raw):
    message = refused(
        http.request("PUT", THINGS, content=raw, headers={"content-type": "application/json"}), 400
    )
    assert "'''" not in message


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"what": "x", "where": [0, -1]}, "at /where/1 must be at least 0"),
        ({"what": "x", "either": {"n": "one"}}, "at /either/n must be an integer"),
        ({"what": "<script>" * 2}, "at /what must match"),
        ({"what": "x", "a" * 300: 1}, "must not have aaaa"),
        ({}, "must have what"),
    ],
)
def test_what_is_wrong_with_a_body_is_one_place_and_one_reason(http, body, word):
    message = refused(http.post(THINGS, json=body), 400)
    assert word in message
    assert "script" not in message


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.sampled_from(["GET", "POST", "PUT"]), st.binary(max_size=80))
def test_no_request_whatever_is_a_500(http, query, method, body):
    raw = quote(query, safe="=&,+%;[]")
    answer = http.request(method, f"{THINGS}?{raw}", content=body)
    assert answer.status_code in (200, 400), answer.text
    json.loads(answer.content)


def chunks(total):
    sent = []

    async def stream():
        while sum(sent) < total:
            sent.append(1000)
            yield b"x" * 1000

    return stream(), sent


def test_a_body_over_the_limit_is_a_413_whose_rest_is_never_read(http):
    stream, sent = chunks(100_000_000)
    refused(http.post(THINGS, content=stream), 413)
    assert sum(sent) <= 4096 + 2000
    stream, sent = chunks(100_000_000)
    refused(http.post(THINGS, content=stream, headers={"content-length": "100000000"}), 413)
    assert sent == []


@pytest.mark.parametrize("length", ["-1", "x", "9" * 30, "1e3"])
def test_an_odd_length_does_no_harm(http, length):
    assert http.post(THINGS, content=b'{"what":"x"}', headers={"content-length": length}).status_code in (
        200,
        400,
    )


def test_a_body_within_the_limit_but_decoded_elsewhere_is_the_same():
    with client(small_app(limits=Limits(body=1_000_000))) as http:
        fits = {"what": "x", "deep": ["y" * 100] * 2000}
        assert http.post(THINGS, json=fits).json()["seen"]["body"] == fits
        refused(http.post(THINGS, json={**fits, "where": "z"}), 400)


def test_long_query_strings_and_headers_are_refused_in_the_standards_shape(http):
    refused(http.get(f"{THINGS}?id={'x' * 3000}"), 413)
    refused(http.get(THINGS, headers={"x-long": "y" * 5000}), 431)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("text/html,application/xhtml+xml,*/*;q=0.8", 200),
        ("application/*", 200),
        ("", 200),
        ("text/html", 406),
        ("application/json;q=0, text/html", 406),
        ("application/xml", 406),
        (";;;,,", 406),
    ],
)
def test_an_answer_the_caller_does_not_take_is_a_406(http, accept, status):
    answer = http.get(THINGS, headers={"accept": accept})
    assert answer.status_code == status
    if status == 406:
        assert "application/json" in refused(answer, 406)


@pytest.mark.parametrize("second", ["Bearer good", "Bearer bad", "", "Basic eA=="])
def test_two_authorization_headers_are_refused(http, second):
    sent = [("authorization", "Bearer good"), ("Authorization", second)]
    for call in (http.get, http.post):
        assert "Authorization" in refused(call(THINGS, headers=sent), 400)


def test_the_caller_is_asked_for_whatever_the_documents_security_says(http):
    assert http.post(THINGS).json()["seen"]["caller"] == "anybody"
    assert http.post(THINGS, headers={"authorization": "Bearer good"}).json()["seen"]["caller"] == "somebody"
    for path in (THINGS, BASE, f"{THINGS}/a"):
        answer = http.get(path, headers={"authorization": "Bearer bad"})
        refused(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("site.example:8443", "http://site.example:8443/ga4gh/small/v1"),
        ("evil/path?<x>", "http://testserver/ga4gh/small/v1"),
    ],
)
def test_the_base_url_is_the_callers_host_where_that_is_one(http, host, url):
    assert http.get(THINGS, headers={"host": host}).json()["seen"]["base_url"] == url


def test_a_public_url_replaces_the_host():
    with client(small_app(public_url="https://beacon.example/")) as http:
        assert http.get(THINGS).json()["seen"]["base_url"] == "https://beacon.example/ga4gh/small/v1"


@pytest.mark.parametrize(
    ("how", "status", "message"),
    [
        ("invalid", 400, "Say which."),
        ("derived", 400, "Say an older one."),
        ("unauthenticated", 401, "Say who you are."),
        ("refused", 403, "Not you."),
        ("missing", 404, "There is no such thing."),
        ("conflict", 409, "Not now."),
        ("large", 413, "Ask for less."),
        ("unavailable", 503, "Later."),
        ("down", 503, "The store is down; try again."),
    ],
)
def test_each_kind_of_reason_has_its_status_and_its_sentence(http, how, status, message):
    answer = http.get(f"{BASE}/ends/{how}")
    assert refused(answer, status) == message
    assert ("retry-after" in answer.headers) is (status == 503)


@pytest.mark.parametrize("how", ["mistake", "stop", "exit", "none", "unwritable"])
def test_a_mistake_of_ours_says_only_the_requests_id_and_is_logged_with_it(http, how, caplog):
    answer = http.get(f"{BASE}/ends/{how}")
    message = refused(answer, 500)
    assert answer.json()["id"] in message
    assert "secret" not in answer.text
    [record] = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert answer.json()["id"] in record.getMessage()
    assert record.exc_info is not None


def test_a_dependency_that_is_down_is_logged_without_what_it_said(http, caplog):
    http.get(f"{BASE}/ends/down")
    assert "hunter2" not in caplog.text
    assert "The store is down" in caplog.text


def test_replies_and_ready_bytes_go_out_as_they_are(http):
    made = http.get(f"{BASE}/ends/made")
    assert (made.status_code, made.headers["location"], made.json()) == (201, "/x", {"seen": "made"})
    empty = http.get(f"{BASE}/ends/empty")
    assert (empty.status_code, empty.content, "content-length" in empty.headers) == (204, b"", False)
    assert http.get(f"{THINGS}/newest").content == b'{"seen":"newest"}'


def test_no_answer_of_a_governed_operation_leaves_without_a_decision(http, caplog):
    assert http.get(f"{THINGS}/decided").status_code == 200
    answer = http.get(f"{THINGS}/undecided")
    refused(answer, 500)
    assert "without asking governance" in caplog.text
    assert '"undecided"' not in answer.text


@pytest.mark.parametrize("status", [200, 202, 301, 302, 303, 304, 307, 308])
def test_no_redirect_of_a_governed_operation_leaves_without_a_decision(status):
    """A redirect to where the bytes are is as good as the bytes."""
    elsewhere = {"getThing": lambda id_: Reply(status=status, headers={"Location": f"/secret/{id_}"})}
    with client(small_app({**FUNCTIONS, **elsewhere})) as http:
        answer = http.get(f"{THINGS}/a", follow_redirects=False)
        refused(answer, 500)
        assert "location" not in answer.headers


def test_a_governed_operation_may_refuse_without_a_decision():
    missing = {"getThing": lambda id_: Reply({"seen": id_}, status=404)}
    with client(small_app({**FUNCTIONS, **missing})) as http:
        assert http.get(f"{THINGS}/a").status_code == 404


def test_answers_that_break_their_schema_are_a_500_where_answers_are_checked():
    broken = {"getRoot": lambda: {"saw": "root"}}
    app = build_app(
        SMALL,
        {**FUNCTIONS, **broken},
        name="small",
        base_path=BASE,
        error_body=error_body,
        identify=identify,
        validate_responses=True,
    )
    with client(app) as http:
        assert http.get(f"{THINGS}/newest").status_code == 200
        refused(http.get(BASE), 500)
