"""What may be said about the broker from outside."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class BrokerSettings(BaseSettings):
    """Settings of the message broker; without any, a Valkey of our own starts in the data folder."""

    model_config = SettingsConfigDict(env_prefix="INSITU_BROKER_", frozen=True)

    url: SecretStr | None = Field(None, description=(
        "An existing Redis or Valkey (redis://:password@host:port/0) or RabbitMQ "
        "(amqp://user:password@host//); without it an embedded Valkey starts in the data folder"))
    account: str | None = Field(None, description=(
        "Account that the embedded Valkey runs as when Insitu is started as root; "
        "without it the first of insitu, postgres, nobody that exists"))
