"""What an operator may set of htsget."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class HtsgetSettings(BaseSettings):
    """What htsget says of itself, and how much memory indexes may take. Immutable."""

    model_config = SettingsConfigDict(env_prefix="INSITU_DRS_HTSGET_", frozen=True, extra="ignore")

    id: str = Field(
        "org.insitu.htsget",
        min_length=1,
        description="Identifier of this service, a reversed domain name; `-reads` and `-variants` are added.",
    )
    name: str = Field("Insitu htsget", min_length=1, description="Name of this service, for people.")
    description: str | None = Field(None, description="What is served here, for people.")
    environment: Literal["prod", "test", "dev", "staging"] = Field(
        "prod", description="What the installation is for."
    )
    organization_name: str = Field(
        "Insitu", min_length=1, description="Name of the organisation that runs it."
    )
    organization_url: str = Field(
        "https://www.ga4gh.org", min_length=1, description="Web address of the organisation that runs it."
    )
    contact_url: str | None = Field(
        None, description="Where to write to: a web page, or `mailto:` and an address."
    )
    index_bytes: int = Field(
        268_435_456, ge=1_048_576, description="Largest index that is read, in bytes when decompressed."
    )
    cache_bytes: int = Field(
        134_217_728,
        ge=0,
        description="Memory of one process for indexes and headers that were read, in bytes.",
    )
