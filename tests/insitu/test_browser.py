"""From nothing to data as people do it: with a browser that runs no script, at a desk and on a phone.

An operator makes accounts by command, a researcher applies, a committee asks back and approves, a portal
gets a token by code and PKCE, a question for records is answered; the access is ended, and it is refused.
"""

import json
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.beacon.files import vcf
from tests.browser import DESK, PHONE, Window, programs, window
from tests.insitu.running import ROOT, Site, Sites

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that it would rather have another HTTP library
    from authlib.integrations.httpx_client import OAuth2Client

pytestmark = pytest.mark.slow
GRANT = "https://data.example/cohort-1"
PASSWORD = "correct horse battery staple"
SCOPE = "openid profile ga4gh_passport_v1"
QUESTION = {
    "assemblyId": "GRCh37", "referenceName": "20", "start": 999_999, "referenceBases": "A",
    "alternateBases": "T", "requestedGranularity": "record", "datasetIds": "cohort-1",
}  # fmt: skip
UNLABELLED = """[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
    .filter(each => !each.labels.length).map(each => each.name)"""


class _Portal(BaseHTTPRequestHandler):
    """Where the portal's people come back to."""

    def do_GET(self) -> None:
        if self.path.startswith("/callback?"):
            self.server.back.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>The portal</title><p>Welcome to the portal.")

    def log_message(self, *_: Any) -> None:
        """Nothing: the address holds a code."""


@contextmanager
def portal() -> Iterator[tuple[str, list[str]]]:
    """A program that people log in to: its redirect URI, and the addresses that browsers came to it with."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Portal)
    server.back = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/callback", server.back  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


class Operator:
    """Somebody with a shell on the site's machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, typed: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "insitu", *arguments, "--data-dir", str(self.folder)],
            cwd=ROOT, input=typed, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


class Seen:
    """A person's window, each page of which is looked at on a phone and at a desk."""

    def __init__(self, shown: Window, site: Site) -> None:
        self.shown = shown
        self.issuer = f"{site.url}/passport"
        self.pages: set[str] = set()

    def open(self, path: str) -> None:
        self.shown.open(f"{self.issuer}/{path}")
        self.look()

    def press(self, words: str) -> None:
        self.shown.press(words)
        if self.shown.address.startswith(self.issuer):
            self.look()

    def look(self) -> None:
        """Fails where a page is wider than the window, or leaves out what people with screen readers need."""
        for size in (DESK, PHONE):
            self.shown.resize(size)
            wide = self.shown.measure("document.documentElement.scrollWidth")
            room = self.shown.measure("document.documentElement.clientWidth")
            assert self.shown.measure("window.innerWidth") == size[0]
            assert wide <= room, (self.shown.address, wide, room)
        assert self.shown.measure("document.querySelectorAll('h1').length") == 1, self.shown.address
        assert self.shown.measure("document.documentElement.lang") == "en"
        assert self.shown.measure(UNLABELLED) == [], self.shown.address
        assert self.shown.measure("document.scripts.length") == 0
        self.pages.add(self.shown.title)

    def log_in(self, login: str) -> None:
        self.open("login")
        self.shown.fill(Login=login, Password=PASSWORD)
        self.press("Log in")
        assert "Log out" in self.shown.text


def asked(site: Site, token: str | None) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    address = f"{site.url}/ga4gh/beacon/v2/g_variants"
    return httpx.get(address, params=QUESTION, headers=headers | {"connection": "close"}, timeout=60)


def logged_in(ada: Seen, client: OAuth2Client, back: list[str], found: dict[str, Any]) -> str:
    """The access token that the portal gets when Ada logs in to it, by code and PKCE."""
    verifier = "v" * 64
    address, state = client.create_authorization_url(
        found["authorization_endpoint"], code_verifier=verifier, nonce="a nonce"
    )
    ada.shown.open(address)
    ada.look()
    assert "Allow The portal?" in ada.shown.text
    ada.press("Allow")
    assert "Welcome to the portal" in ada.shown.text
    said = parse_qs(urlsplit(back[-1]).query)
    assert (said["state"], said["iss"]) == ([state], [found["issuer"]])
    token = client.fetch_token(
        found["token_endpoint"], grant_type="authorization_code", code=said["code"][0], code_verifier=verifier
    )
    return str(token["access_token"])


def applied(ada: Seen) -> None:
    """Ada applies, forgetting the title at first."""
    ada.open("applications")
    ada.press("Apply for access to a dataset")
    ada.shown.fill(What_you_want="We look at hearts.")
    ada.shown.tick("Health, medical")
    ada.press("Submit to the committee")
    assert "Say something under title" in ada.shown.text
    ada.press("Go to where it is missing or wrong")
    assert ada.shown.address.endswith("#title")
    ada.shown.fill(Title_of_your_project="Hearts")
    ada.press("Submit to the committee")
    assert "Access to cohort-1: submitted" in ada.shown.text


def decided(dora: Seen, button: str, why: str) -> None:
    """The committee picks the application that waits, and decides."""
    dora.open("review")
    dora.press("Hearts")
    assert "Ada Example" in dora.shown.text
    dora.shown.fill(Why=why)
    dora.press(button)


def answered(ada: Seen) -> None:
    """Ada reads what the committee asks, and says more."""
    ada.open("applications")
    ada.press("Hearts")
    assert "The committee asks\nWhich hearts?" in ada.shown.text
    ada.press("Change it")
    assert "Which hearts?" in ada.shown.text
    ada.shown.fill(What_you_want="We look at hearts of mice and men.")
    ada.press("Submit to the committee")
    assert "Access to cohort-1: submitted" in ada.shown.text


def set_up(insitu: Operator, records: Path, redirect: str) -> tuple[dict[str, str], str]:
    """The operator's part: data, two accounts and the portal. The subjects, and the portal's secret."""
    records.write_text(vcf(("ANNE", "BEN", "CARL", "DORA", "EVE")))
    insitu("dataset", "add", "cohort-1", "--assembly", "GRCh37", "--controlled", "record", "--grant", GRANT,
           "--duo", "HMB")  # fmt: skip
    insitu("load", "vcf", str(records), "--dataset", "cohort-1")
    subjects = {
        name: insitu("account", "add", name.lower(), "--name", f"{name} Example", "--password-file", "-",
                     typed=f"{PASSWORD}\n")
        for name in ("Ada", "Dora")
    }  # fmt: skip
    added = insitu("client", "add", "portal", "--name", "The portal", "--redirect", redirect, "--json")
    return subjects, str(json.loads(added)["client_secret"])


def refused_after(site: Site, token: str) -> float:
    """Seconds until the question was answered for the last time, by whichever process."""
    begun = time.monotonic()
    last, refused = 0.0, 0
    while refused < 10:
        assert time.monotonic() - begun < 60, "still answered after a minute"
        if asked(site, token).status_code == 403:
            refused += 1
        else:
            last, refused = time.monotonic() - begun, 0
        time.sleep(0.2)
    return last


def test_a_researcher_comes_from_nothing_to_data_in_a_browser_and_is_refused_within_a_minute(
    tmp_path: Path, start: Sites, record_property: Any
) -> None:
    programs()
    folder = tmp_path / "data"
    site = start(folder, ["site", "--port", "0", "--processes", "2"]).ready()
    insitu = Operator(folder)
    with ExitStack() as closing:
        redirect, back = closing.enter_context(portal())
        one, other = (closing.enter_context(window(tmp_path, each)) for each in (PHONE, DESK))
        subjects, secret = set_up(insitu, tmp_path / "cohort.vcf", redirect)
        insitu("role", "add", f"{site.url}/passport", subjects["Dora"], "data-access-committee")
        ada, dora = Seen(one, site), Seen(other, site)
        found = httpx.get(f"{site.url}/passport/.well-known/openid-configuration").json()
        client = closing.enter_context(OAuth2Client(
            client_id="portal", client_secret=secret, redirect_uri=redirect, scope=SCOPE,
            code_challenge_method="S256",
        ))  # fmt: skip
        ada.log_in("ada")
        before = logged_in(ada, client, back, found)
        assert [asked(site, each).status_code for each in (None, before)] == [401, 403]

        applied(ada)
        dora.log_in("dora")
        decided(dora, "Ask back", "Which hearts?")
        answered(ada)
        decided(dora, "Approve", "A fine question.")
        assert "Access to cohort-1: active" in dora.shown.text

        token = logged_in(ada, client, back, found)
        answer = asked(site, token)
        assert answer.status_code == 200, answer.text
        [part] = answer.json()["response"]["resultSets"]
        assert part["results"]

        dora.press("End this access")
        dora.shown.fill(Why="She has left.")
        dora.press("End it")
        assert "Access to cohort-1: ended" in dora.shown.text
        took = refused_after(site, token)
        record_property("seconds_until_refused", round(took, 2))
        print(f"answered for the last time {took:.2f} seconds after the committee ended the access")
        ada.open("applications")
        ada.press("Hearts")
        assert "Why it was ended\nShe has left." in ada.shown.text
        ada.open("account")
        ada.press("Take this back")
        assert "Nothing." in ada.shown.text
        ada.press("Log out")
        assert len(ada.pages | dora.pages) >= 8
    insitu("visa", "verify")
    insitu("audit", "verify")
    assert site.end(signal.SIGTERM) == 0


def test_the_browser_of_these_tests_runs_no_script_of_a_page(tmp_path: Path) -> None:
    with window(tmp_path) as shown:
        shown.open("data:text/html,<title>as it was</title><p>Hello<script>document.title='other'</script>")
        assert (shown.title, shown.text) == ("as it was", "Hello")
