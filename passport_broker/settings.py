"""What an operator may set of the passport broker."""

from pathlib import Path
from typing import Annotated, Self

from limits import parse_many
from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from passport_broker.domain.mail import is_address, smtp_server
from passport_broker.domain.urls import problem_with
from passport_broker.visas.lifetimes import Lifetimes


def _rate(value: str) -> str:
    parse_many(value)
    return value


def _source(value: str) -> str:
    if problem := problem_with(value):
        raise ValueError(problem)
    return value


def _smtp(value: str) -> str:
    smtp_server(value)
    return value


def _address(value: str) -> str:
    if not is_address(value):
        raise ValueError("is no email address")
    return value


Rate = Annotated[str, AfterValidator(_rate)]


class PassportSettings(BaseSettings):
    """How long what the broker issues holds, and how often it may be asked. Immutable."""

    model_config = SettingsConfigDict(
        env_prefix="INSITU_PASSPORT_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    name: str = Field(
        "Insitu", min_length=1, max_length=80, description="What the broker's pages call it, for people."
    )
    trusted: bool = Field(
        True, description="Whether this site believes its own broker, beside those in its trust file."
    )
    access_seconds: int = Field(
        900, ge=60, le=3600, description="How long an access token or ID token holds, in seconds."
    )
    refresh_days: int = Field(
        30, ge=1, le=365, description="Days after which somebody who stays signed in logs in again."
    )
    session_hours: int = Field(
        12, ge=1, le=168, description="Hours after which a browser's session ends; an hour unused does, too."
    )
    revocation_seconds: int = Field(
        60,
        ge=10,
        le=86_400,
        description="After how long at most a revoked visa is honoured nowhere: visas "
        "and passports are signed for that, less `CLOCK_SECONDS`.",
    )
    clock_seconds: int = Field(
        30, ge=0, le=120, description="By how much clearinghouses let a visa overrun for the sake of clocks."
    )
    source: Annotated[str, AfterValidator(_source)] | None = Field(
        None,
        description="URL of the organisation that grants access to datasets that name none; the "
        "broker's issuer if empty.",
    )
    code_seconds: int = Field(
        60, ge=10, le=600, description="How long a client may take to redeem an authorization code."
    )
    device_seconds: int = Field(
        600, ge=60, le=1800, description="How long a device's code may be typed in, in seconds."
    )
    login_rate: Rate = Field(
        "10/15 minutes", description="Failed logins to one account from one address; tenfold from anywhere."
    )
    address_rate: Rate = Field(
        "100/15 minutes", description="Failed logins, or guessed device codes, from one address."
    )
    token_rate: Rate = Field(
        "1200/minute", description="Requests for tokens, or about them, from one address."
    )
    client_rate: Rate = Field("30/minute", description="Failed authentications of clients from one address.")

    smtp_url: Annotated[str, AfterValidator(_smtp)] | None = Field(
        None,
        description="Where reminders are mailed: smtps://user@mail.example:465, or smtp://user@mail.example "
        "for STARTTLS at port 587. Empty: they are lines of the log.",
    )
    smtp_password_file: Path | None = Field(
        None, description="File of the password for it, readable by its owner only."
    )
    mail_from: Annotated[str, AfterValidator(_address)] | None = Field(
        None, description="The address that reminders are sent from; required with `SMTP_URL`."
    )
    committee_mail: Annotated[str, AfterValidator(_address)] | None = Field(
        None,
        description="The committee's address for reminders; its members' own (role data-access-committee) "
        "if empty.",
    )

    @model_validator(mode="after")
    def _sender(self) -> Self:
        if self.smtp_url is not None and self.mail_from is None:
            raise ValueError("with INSITU_PASSPORT_SMTP_URL, say with INSITU_PASSPORT_MAIL_FROM who sends")
        return self

    @model_validator(mode="after")
    def _time_to_sign_for(self) -> Self:
        _ = self.lifetimes
        return self

    @property
    def lifetimes(self) -> Lifetimes:
        """How long visas and passports are signed for."""
        return Lifetimes(self.revocation_seconds, self.clock_seconds)
