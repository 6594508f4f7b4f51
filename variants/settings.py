"""How variants are stored, asked and loaded."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class VariantsSettings(BaseSettings):
    """The variants room's settings, each to be set by an environment variable `INSITU_VARIANTS_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="INSITU_VARIANTS_", frozen=True, extra="ignore")

    part_bytes: int = Field(
        default=8 << 20,
        ge=1 << 10,
        description="Bytes of a file that one loading task reads; smaller resumes finer.",
    )
    scan_rows: int = Field(
        default=2000,
        ge=1,
        description="Rows held in memory at once while alleles are matched with their carriers.",
    )
    grace_seconds: float = Field(
        default=2.0,
        ge=0,
        description="How long a replaced release stays readable for answers under way, in seconds.",
    )
    part_attempts: int = Field(
        default=5,
        ge=1,
        description="How often a part is begun, its worker dying each time, before the load is given up.",
    )
    patience_seconds: float = Field(
        default=15.0,
        gt=0,
        description="How long loading waits for a database that is gone to come back, in seconds.",
    )
    stall_seconds: float = Field(
        default=5.0,
        gt=0,
        description="Without progress for so long, loading wakes its workers again, in seconds.",
    )
