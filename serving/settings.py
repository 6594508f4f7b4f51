"""What may be said about serving from outside."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from serving.limits import Limits


class ServingSettings(BaseSettings):
    """Settings of the HTTP server; without any, it answers on this machine only."""

    model_config = SettingsConfigDict(env_prefix="INSITU_SERVING_", frozen=True)

    host: str = Field(
        default="127.0.0.1", description="Address to listen on; 0.0.0.0 for every network of this machine"
    )
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on; 0 takes any that is free")
    processes: int = Field(default=1, ge=1, le=256, description="Server processes that share the port")
    threads: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="Questions that one process works on at a time; at most the "
        "database's pool_size, or some wait for a connection",
    )
    waiting: int = Field(
        default=1000,
        ge=0,
        description="Questions that may wait in one process; the next is told to come back later (503)",
    )
    retry_after_seconds: int = Field(
        default=5, ge=1, description="When a caller who was told to come back should do so"
    )
    body_bytes: int = Field(default=1_048_576, ge=1024, description="Largest request body (413 beyond it)")
    query_bytes: int = Field(default=32_768, ge=1024, description="Longest query string (413 beyond it)")
    header_bytes: int = Field(
        default=32_768, ge=1024, description="Largest set of request headers (431 beyond it)"
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/?#]+/?$",
        description="https://name under which callers reach this server, where a "
        "proxy in front of it changes the Host header",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins whose web pages may ask, separated by commas; * for all; none by default",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses, separated by commas, of the proxies whose "
        "X-Forwarded-For and X-Forwarded-Proto are believed",
    )
    drain_seconds: int = Field(
        default=10, ge=0, description="How long requests in work may take to end when the server stops"
    )
    access_log: bool = Field(default=True, description="Write one line to the log for each request")

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(each.strip() for each in value.split(",") if each.strip())
            if isinstance(value, str)
            else value
        )

    @property
    def limits(self) -> Limits:
        """The bounds that each app gets."""
        return Limits(
            body=self.body_bytes,
            query=self.query_bytes,
            headers=self.header_bytes,
            threads=self.threads,
            waiting=self.waiting,
            retry_after=self.retry_after_seconds,
        )
