"""The trust file: what it may say, what is said of one that cannot be understood, and how it is followed."""

import logging
import os
import re
from pathlib import Path

import pytest

from governance.passport.refusal import Rule
from governance.passport.trust import Broker, Trust, TrustInvalid, VisaIssuer, read_trust
from governance.passport.trustfile import TrustFile
from tests.governance.passport.conftest import Clock

GOOD = """
audiences = ["https://site.example"]
skew = 60

[[broker]]
issuer = "https://login.example/oidc/"

[[broker]]
issuer = "https://other.example"
jwks_uri = "https://keys.other.example/jwks"
visas = "exchange"
client_id = "site"
client_secret_file = "other.secret"
requires_audience = false

[[visa_issuer]]
issuer = "https://visas.example"
jku = ["https://visas.example/jwks", "https://visas.example/old"]
types = ["ControlledAccessGrants"]

[sources]
ControlledAccessGrants = ["https://dac.example"]
"https://custom.example/type" = ["https://dac.example"]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    secret = tmp_path / "other.secret"
    secret.write_text(" hush\n")
    secret.chmod(0o600)
    made = tmp_path / "trust.toml"
    made.write_text(GOOD)
    return made


def test_a_file_says_whom_to_trust(path: Path) -> None:
    trust = read_trust(path)
    assert (trust.skew, trust.lifetime, len(trust.version)) == (60, 3600, 16)
    other = trust.find_broker("https://other.example")
    assert other is not None
    assert other.secret is not None
    assert (other.way, other.secret.get_secret_value()) == ("exchange", "hush")
    assert trust.names_at(other) == {"https://site.example", "site"}
    assert trust.find_broker("https://other.example/") is None
    assert trust.find_broker("https://login.example/oidc/").way == "userinfo"  # type: ignore[union-attr]
    assert "hush" not in repr(trust) + str(trust.model_dump())


BROKER = "[[broker]]\nissuer = 'https://x.example'\n"
ISSUER = BROKER.replace("broker", "visa_issuer")

WRONG = {
    "no TOML": ("skew = = 3", "line 1"),
    "no text": (b"\xff", "utf-8"),
    "unknown field": ("skwe = 3", "skwe: there is no such field"),
    "skew too large": ("skew = 121", "skew: .*120"),
    "skew negative": ("skew = -1", "skew"),
    "skew as text": ('skew = "3"', "skew"),
    "lifetime of a day": ("lifetime = 86400", "lifetime: .*3600"),
    "broker no list": ('broker = "https://x.example"', "broker: must be a list"),
    "broker without issuer": ("[[broker]]\nvisas = 'none'", "broker 1: issuer: must be given"),
    "broker over http": ("[[broker]]\nissuer = 'http://x.example'", "broker 1: issuer: must begin"),
    "broker with query": ("[[broker]]\nissuer = 'https://x.example?a'", "broker 1: issuer: may have no"),
    "broker field": (BROKER + "jku = 'x'", "broker 1: jku: there is no such"),
    "broker way": (BROKER + "visas = 'all'", "broker 1: visas: "),
    "broker twice": ("audiences = ['a']\n" + BROKER * 2, "twice"),
    "nobody to be for": (BROKER, "`audiences` must name this site"),
    "client without secret": (
        BROKER + "client_id = 'c'", "broker 1: needs client_id and client_secret"
    ),
    "exchange without client": (
        BROKER + "visas = 'exchange'", "broker 1: needs client_id"
    ),
    "secret not there": (
        BROKER + "client_id = 'c'\nclient_secret_file = 'no'",
        "broker 1: client_secret_file: .*no cannot be read",
    ),
    "hidden secret": (BROKER + "secret = 's'", "`secret` is no field"),
    "hidden version": ("version = 's'", "`version` is no field"),
    "issuer without keys": (ISSUER + "jku = []", "visa_issuer 1: jku: "),
    "jku over http": (
        ISSUER + "jku = ['https://x.example', 'http://x.example']",
        "visa_issuer 1: jku 2: must begin with https",
    ),
    "subjects of nobody": (ISSUER + "jku = ['https://x.example']\nsubjects_of = 'https://b.example'",
                           "visa_issuer 1: subjects_of: must be the issuer of a"),
    "a broker with another's subjects": (
        "audiences = ['a']\n" + BROKER + BROKER.replace("x.", "b.") + ISSUER
        + "jku = ['https://x.example']\nsubjects_of = 'https://b.example'",
        "visa_issuer 1: subjects_of: a broker has",
    ),
    "unknown type": ("[sources]\nControlledAccess = ['https://x.example']", "ControlledAccess: is none of"),
    "source no list": ("[sources]\nResearcherStatus = 'https://x.example'", "ResearcherStatus: must be"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_understood_is_named(path: Path, name: str) -> None:
    text, said = WRONG[name]
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(TrustInvalid, match=said) as wrong:
        TrustFile(path)
    assert str(path) in wrong.value.public


@pytest.mark.parametrize(
    ("mode", "content"), [(0o640, "hush"), (0o604, "hush"), (0o600, ""), (0o600, "x" * 1001)]
)
def test_a_secret_is_secret_and_there(path: Path, mode: int, content: str) -> None:
    secret = path.parent / "other.secret"
    secret.write_text(content)
    secret.chmod(mode)
    with pytest.raises(TrustInvalid, match=r"broker 2: client_secret_file: .*other\.secret") as wrong:
        read_trust(path)
    assert "hush" not in wrong.value.public


def test_the_file_is_followed(path: Path, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    file = TrustFile(path, clock)
    first = file.current()
    path.write_text(GOOD.replace("skew = 60", "skew = 61"))
    assert file.current() is first  # looked at no more than once a second
    clock.now += 1
    assert file.current().skew == 61
    path.write_text("skew = = 1")
    for _ in range(5):
        clock.now += 1
        assert file.current().skew == 61
    assert [each.levelname for each in caplog.records].count("ERROR") == 1
    assert "line 1" in caplog.text
    path.write_text(GOOD)
    clock.now += 1
    assert file.current() == first


def test_a_change_that_only_the_inode_tells_is_seen(path: Path, clock: Clock) -> None:
    file = TrustFile(path, clock)
    before = path.stat()
    other = path.with_suffix(".new")
    other.write_text(GOOD.replace("skew = 60", "skew = 59"))
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)
    clock.now += 1
    assert file.current().skew == 59


def test_a_secret_that_changes_is_taken(path: Path, clock: Clock) -> None:
    file = TrustFile(path, clock)
    version = file.current().version
    (path.parent / "other.secret").write_text("new")
    clock.now += 2
    assert file.current().broker[1].secret.get_secret_value() == "new"  # type: ignore[union-attr]
    assert file.current().version != version


def test_a_broken_secret_is_taken_when_it_is_mended(path: Path, clock: Clock) -> None:
    file = TrustFile(path, clock)
    path.write_text(GOOD.replace("other.secret", "third.secret").replace("60", "33"))
    clock.now += 1
    assert file.current().skew == 60
    (path.parent / "third.secret").write_text("mended")
    (path.parent / "third.secret").chmod(0o600)
    clock.now += 1
    assert file.current().skew == 33


def test_a_file_that_is_away_for_a_moment_revokes_nobody(path: Path, clock: Clock) -> None:
    file = TrustFile(path, clock)
    for _ in range(3):
        path.unlink()
        clock.now += 1
        assert file.current().broker
        path.write_text(GOOD)
        clock.now += 1
        assert file.current().broker
    path.unlink()
    clock.now += 1
    assert file.current().broker
    clock.now += 1
    assert not file.current().broker


def test_the_version_is_of_what_the_file_says(path: Path) -> None:
    version = read_trust(path).version
    path.write_text("# a comment" + GOOD.replace(" = ", "="))
    assert read_trust(path).version == version
    path.write_text(GOOD.replace("skew = 60", "skew = 61"))
    assert read_trust(path).version != version


def test_without_the_file_nobody_is_trusted(path: Path, clock: Clock) -> None:
    path.unlink()
    file = TrustFile(path, clock)
    assert (file.current().broker, file.current().visa_issuer) == ((), ())
    path.write_text(GOOD)
    clock.now += 1
    assert file.current().broker


DOCS = Path(__file__).parents[3] / "docs" / "passports.md"


def test_the_example_of_the_docs_is_sound(tmp_path: Path) -> None:
    example = DOCS.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    secret = tmp_path / "university.secret"
    secret.write_text("hush")
    secret.chmod(0o600)
    (tmp_path / "trust.toml").write_text(example)
    trust = read_trust(tmp_path / "trust.toml")
    assert [each.way for each in trust.broker] == ["userinfo", "exchange"]
    assert len(trust.visa_issuer) == 2


def test_the_docs_name_every_rule_and_every_field() -> None:
    rows = [line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    named = {name for line in rows for name in re.findall(r"`([^`]+)`", line.split("|")[1])}
    fields = {name for table in (Trust, Broker, VisaIssuer) for name in table.model_fields}
    tables = {"broker", "visa_issuer", "sources", "secret", "version"}
    assert {each.value for each in Rule} <= named
    assert fields - tables <= named
