"""What an operator may set of governance."""

from pydantic import Field, HttpUrl
from pydantic_settings import BaseSettings, SettingsConfigDict


class AuditSettings(BaseSettings):
    """How the audit trail is kept. Immutable."""

    model_config = SettingsConfigDict(
        env_prefix="INSITU_AUDIT_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    question_bytes: int = Field(
        4000,
        ge=0,
        description="Longest question, in bytes of JSON, that a row keeps word for word; of longer ones it "
        "keeps the digest and the length. 0 keeps digests only.",
    )
    checkpoint_rows: int = Field(
        1000, ge=1, description="Rows after which a signed checkpoint is made; pruning ends at one."
    )
    checkpoint_seconds: float = Field(
        3600.0, gt=0, description="Seconds after which new rows are signed, however few they are."
    )
    witness_url: HttpUrl | None = Field(
        None,
        description="Where each new head of the trail is posted (application/jose, signed), so that somebody "
        "else knows how long the trail was; none if empty.",
    )
    witness_seconds: float = Field(
        10.0, gt=0, description="How long the witness may take to answer; nobody's question waits for it."
    )
