"""What may be said about the database from outside."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class DatabaseSettings(BaseSettings):
    """Settings of the database; without any, a PostgreSQL of our own starts in the data folder."""

    model_config = SettingsConfigDict(env_prefix="INSITU_DATABASE_", frozen=True)

    url: SecretStr | None = Field(None, description=(
        "An existing PostgreSQL 15 or newer, postgresql://user:password@host:port/name; "
        "without it an embedded one starts in the data folder"))
    pool_size: int = Field(10, ge=1, le=1000, description=(
        "Most connections of one process for questions, and as many again for changes"))
    pool_wait_seconds: float = Field(5.0, gt=0, description=(
        "How long a question waits for a free connection before the caller is told to come back later"))
    connect_timeout_seconds: int = Field(10, ge=1, description=(
        "How long to wait for the database to take a new connection"))
    statement_timeout_seconds: float = Field(60.0, ge=0, description=(
        "How long one question may run in the database; 0 is without end"))
    max_connections: int = Field(120, ge=20, le=10_000, description=(
        "Connections that the embedded PostgreSQL takes from all processes together"))
    account: str | None = Field(None, description=(
        "Account that the embedded PostgreSQL runs as when Insitu is started as root; "
        "without it the first of insitu, postgres, nobody that exists"))
