"""Reminders through a real SMTP server, and in the log where there is none."""

import asyncio
import logging
import ssl
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from governance.audit.reading import Wanted, newest
from passport_broker.domain.accounts import Account
from passport_broker.domain.applications import Step
from passport_broker.domain.mail import is_address, smtp_server
from passport_broker.reminding.mailing import Mailer, Unmailed
from passport_broker.reminding.opening import mailer_of
from passport_broker.reminding.service import Reminding
from passport_broker.settings import PassportSettings
from passport_broker.store import accounts
from tests.governance.passport.test_fetching import certificate  # noqa: F401 - a fixture
from tests.passport_broker.access.applying import Desks

DAY = 86_400
SENDER, PASSWORD = "insitu@hospital.example", "the mail password"
ADA, DORA = "ada@site.example", "dora@site.example"


class Box:
    """A mail server that keeps what it gets; `refuses` is what it answers to recipients."""

    def __init__(self, context: ssl.SSLContext, *, implicit: bool = False, tls: bool = True) -> None:
        self.mails: list[tuple[list[str], Any]] = []
        self.refuses = ""
        self.hold = threading.Event()
        self.hold.set()
        self.logins: list[bytes] = []
        options: dict[str, Any] = {"authenticator": self._authenticator}
        if tls and not implicit:
            options |= {"tls_context": context, "require_starttls": True}
        else:
            options |= {"auth_require_tls": False}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        made = self._loop.create_server(
            lambda: SMTP(self, loop=self._loop, **options), "127.0.0.1", 0, ssl=context if implicit else None
        )
        self._server = asyncio.run_coroutine_threadsafe(made, self._loop).result(30)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        async def end() -> None:
            self._server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for each in others:
                each.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await self._loop.shutdown_default_executor()

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def handle_RCPT(  # noqa: N802 - the library's
        self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Sequence[str]
    ) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        await asyncio.to_thread(self.hold.wait, 30)
        self.mails.append((list(envelope.rcpt_tos), message_from_bytes(envelope.content)))
        return "250 OK"

    def _authenticator(self, *call: Any) -> AuthResult:
        data = call[-1]
        self.logins.append(data.password)
        return AuthResult(success=data.password == PASSWORD.encode())


@pytest.fixture
def context(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:  # noqa: F811
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    return made


@pytest.fixture
def box(context: ssl.SSLContext) -> Iterator[Box]:
    made = Box(context)
    yield made
    made.stop()


@pytest.fixture
def waiting(desks: Desks) -> Desks:
    """Somebody's access ends in 30 days, and somebody else's application has waited for a week."""
    for subject, address in (("ada", ADA), ("dora", DORA), ("silent", None)):
        account = Account(subject, "Somebody", address, "local", disabled=False)
        accounts.insert(desks.office.database, account, subject, None)
    desks.approved(title="Hearts of gold", ends="2027-12-31")
    desks.office.clock.now = 1_800_000_000.0 + 330 * DAY
    desks.submitted(ends="2029-12-31")
    desks.office.clock.now += 8 * DAY
    return desks


def reminding(desks: Desks, mailer: Mailer | None = None, **changed: Any) -> Reminding:
    return Reminding(
        database=desks.office.database,
        issuer=desks.office.issuer,
        trail=desks.office.trail,
        committee=lambda: ["dora", "nobody", "silent"],
        mailer=mailer,
        clock=desks.office.clock,
        **changed,
    )


def levels(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What we said; the test's server has a log of its own."""
    return [each.levelname for each in caplog.records if each.name == "insitu.reminders"]


def mailer(url: str, port: int, folder: Path | None = None) -> Mailer:
    file = None
    if folder is not None:
        file = folder / "password"
        file.write_text(PASSWORD + "\n")
        file.chmod(0o600)
    return Mailer(smtp_server(f"{url}:{port}"), SENDER, file)


def test_each_reminder_is_mailed_once(waiting: Desks, box: Box, tmp_path: Path) -> None:
    found = reminding(waiting, mailer("smtp://insitu@localhost", box.port, tmp_path))
    assert [each["told"] for each in found.listed()] == [None, None]
    assert found.tell() == 2
    assert box.logins == [PASSWORD.encode()]
    mails = {tuple(to): mail for to, mail in box.mails}
    assert set(mails) == {(ADA,), (DORA,)}
    for mail, what in ((mails[(ADA,)], "ends in"), (mails[(DORA,)], "has waited for a decision for 8 days")):
        assert (mail["From"], mail["Auto-Submitted"]) == (SENDER, "auto-generated")
        assert what in mail["Subject"]
        text = mail.get_payload()
        assert "cohort-1" in text
        assert f"{waiting.office.issuer}/applications/" in text
        whole = mail.as_string()
        assert not any(each in whole for each in ("Hearts", "Somebody", "ben", PASSWORD))
    assert all(each["told"] for each in found.listed())
    assert (found.tell(), len(box.mails)) == (0, 2)
    acts = list(newest(waiting.office.database, Wanted(action="reminder.told", kind="act"), None))
    assert [each["outcome"] for each in acts] == ["done", "begun"] * 2
    assert {each["details"]["how"] for each in acts[::2]} == {"mail"}
    waiting.office.clock.now += 7 * DAY  # the next ones of the same applications
    assert (found.tell(), len(box.mails)) == (2, 4)


def test_those_who_come_at_once_tell_it_once(waiting: Desks, box: Box, tmp_path: Path) -> None:
    box.hold.clear()
    found = [reminding(waiting, mailer("smtp://insitu@localhost", box.port, tmp_path)) for _ in range(3)]
    told: list[int] = []
    threads = [threading.Thread(target=lambda each=each: told.append(each.tell())) for each in found]
    for each in threads:
        each.start()
    while len(box.logins) < 3:
        threading.Event().wait(0.01)
    box.hold.set()
    for each in threads:
        each.join(60)
    assert sum(told) == len(box.mails) == 2
    assert {tuple(to) for to, _ in box.mails} == {(ADA,), (DORA,)}


def test_a_server_that_is_down_is_said_once_and_tried_again(
    waiting: Desks, context: ssl.SSLContext, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gone = Box(context)
    gone.stop()
    found = reminding(waiting, mailer("smtp://insitu@localhost", gone.port, tmp_path))
    with caplog.at_level(logging.INFO, "insitu.reminders"):
        assert [found.tell() for _ in range(3)] == [0, 0, 0]
        assert levels(caplog) == ["WARNING"]
        assert "cannot be mailed" in caplog.text
        assert PASSWORD not in caplog.text
        back = Box(context)
        back.refuses = "451 later"
        again = reminding(waiting, mailer("smtp://insitu@localhost", back.port, tmp_path))
        assert again.tell() == 0
        assert levels(caplog) == ["WARNING"]
        back.refuses = ""
        assert again.tell() == 2
        assert "mailed again" in caplog.text
        waiting.office.clock.now += 7 * DAY
        back.stop()
        assert again.tell() == 0
        assert levels(caplog) == ["WARNING", "INFO", "WARNING"]


def test_what_nobody_can_be_mailed_is_a_line_of_the_log(
    waiting: Desks, box: Box, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    box.refuses = "550 nobody here"
    with caplog.at_level(logging.INFO, "insitu.reminders"):
        found = reminding(waiting, mailer("smtp://insitu@localhost", box.port, tmp_path))
        assert (found.tell(), found.tell(), box.mails) == (2, 0, [])
        said = [each.getMessage() for each in caplog.records if each.levelname == "INFO"]
        assert [each.startswith("for the ") and "/applications/" in each for each in said] == [True, True]
        caplog.clear()
        waiting.office.clock.now += 7 * DAY
        assert reminding(waiting).tell() == 2  # no server at all
        assert reminding(waiting).tell() == 0
    assert levels(caplog) == ["INFO", "INFO"]
    assert "Hearts" not in caplog.text


def test_the_committee_s_own_address_comes_first_and_several_do_not_see_each_other(
    waiting: Desks, box: Box, tmp_path: Path
) -> None:
    post = mailer("smtp://insitu@localhost", box.port, tmp_path)
    both = replace(reminding(waiting, post), committee=lambda: ["dora", "ada"])
    assert both.tell() == 2
    to, mail = next(each for each in box.mails if len(each[0]) == 2)
    assert (sorted(to), mail["To"]) == ([ADA, DORA], "undisclosed-recipients:;")
    waiting.office.clock.now += 7 * DAY
    assert reminding(waiting, post, committee_mail="dac@site.example").tell() == 2
    assert ["dac@site.example"] in [to for to, _ in box.mails]


@pytest.mark.parametrize("implicit", [True, False])
def test_only_to_whom_a_certificate_says_it_is(
    waiting: Desks,
    context: ssl.SSLContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    implicit: bool,
) -> None:
    box = Box(context, implicit=implicit)
    url = "smtps://insitu@" if implicit else "smtp://insitu@"
    try:
        assert reminding(waiting, mailer(url + "127.0.0.1", box.port, tmp_path)).tell() == 0  # another name
        monkeypatch.delenv("SSL_CERT_FILE")
        assert reminding(waiting, mailer(url + "localhost", box.port, tmp_path)).tell() == 0
        assert (box.logins, box.mails) == ([], [])
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        assert reminding(waiting, mailer(url + "localhost", box.port, tmp_path)).tell() == 2
    finally:
        box.stop()


def test_nothing_is_said_in_the_clear_but_to_this_machine(
    waiting: Desks, context: ssl.SSLContext, tmp_path: Path
) -> None:
    box = Box(context, tls=False)
    try:
        away = replace(smtp_server(f"smtp://localhost:{box.port}"), loopback=False)
        for found in (Mailer(away, SENDER), mailer("smtp://insitu@localhost", box.port, tmp_path)):
            with pytest.raises(Unmailed, match="no STARTTLS"), found.open():
                pass
        assert reminding(waiting, mailer("smtp://localhost", box.port)).tell() == 2
        assert box.logins == []
    finally:
        box.stop()


def test_a_password_that_others_can_read_is_not_used(box: Box, tmp_path: Path) -> None:
    made = mailer("smtp://insitu@localhost", box.port, tmp_path)
    (tmp_path / "password").chmod(0o644)
    with pytest.raises(Unmailed, match="chmod 600"), made.open():
        pass
    with pytest.raises(Unmailed, match="PASSWORD_FILE"), mailer("smtp://u@localhost", box.port).open():
        pass
    assert box.logins == []


@pytest.mark.parametrize(
    "url",
    [
        "mail.example", "http://mail.example", "smtps://user:password@mail.example", "smtp://", "smtps://a b",
        "smtps://mail.example/x", "smtps://mail.example:99999", "smtps://mail.example?a=b",
    ],
)  # fmt: skip
def test_urls_that_are_no_mail_servers(url: str) -> None:
    with pytest.raises(ValueError, match=r"write smtps://|PASSWORD_FILE"):
        smtp_server(url)


def test_mail_settings_fit_together() -> None:
    assert mailer_of(PassportSettings()) is None
    with pytest.raises(ValueError, match="MAIL_FROM"):
        PassportSettings(smtp_url="smtps://mail.example")
    with pytest.raises(ValueError, match="no email address"):
        PassportSettings(mail_from="a@b\nBcc: c@d")
    assert mailer_of(PassportSettings(smtp_url="smtps://u@mail.example", mail_from=SENDER)) is not None
    said = smtp_server("smtps://u%40site@mail.example")
    assert (said.port, said.user, said.loopback) == (465, "u@site", False)
    assert [smtp_server(each).port for each in ("smtp://mail.example", "smtp://localhost")] == [587, 25]
    assert not any(is_address(each) for each in ("a", "a@b@c", "a b@c", "a@b,c@d", "<a@b>", "a@b\r\nX: y"))


def test_a_rejected_application_is_nobody_s_business(waiting: Desks, box: Box, tmp_path: Path) -> None:
    found = reminding(waiting, mailer("smtp://insitu@localhost", box.port, tmp_path))
    [one] = [each for each in found.listed() if each["what"] == "waits"]
    waiting.decide(one["application"], Step.REJECT)
    assert (found.tell(), [to for to, _ in box.mails]) == (1, [[ADA]])
