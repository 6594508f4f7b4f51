"""What an operator may set of the Beacon."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from beacon.domain.asking import Granularity


class BeaconSettings(BaseSettings):
    """Who this Beacon is, what it answers when not told, and how much it takes. Immutable."""

    model_config = SettingsConfigDict(env_prefix="INSITU_BEACON_", frozen=True, extra="ignore")

    id: str = Field(
        "org.insitu.beacon", min_length=1, description="Identifier of this Beacon, a reversed domain name."
    )
    name: str = Field("Insitu Beacon", min_length=1, description="Name of this Beacon, for people.")
    description: str = Field(
        "Answers questions about the variants of this site's datasets, as far as each dataset allows.",
        description="What the Beacon is about, for people.",
    )
    environment: Literal["prod", "test", "dev", "staging"] = Field(
        "prod", description="What the installation is for; `/configuration` reports its maturity from it."
    )
    organization_id: str = Field(
        "org.insitu", min_length=1, description="Identifier of the organisation that runs it."
    )
    organization_name: str = Field(
        "Insitu", min_length=1, description="Name of the organisation that runs it."
    )
    organization_url: str = Field(
        "https://beacon-project.io", min_length=1, description="Web address of the organisation that runs it."
    )
    welcome_url: str | None = Field(
        None, description="Web page that introduces the Beacon; left out where empty."
    )
    contact_url: str | None = Field(
        None, description="Where to write to: a web page, or `mailto:` and an address."
    )
    default_granularity: Granularity = Field(
        Granularity.BOOLEAN, description="What a question is told that does not say `requestedGranularity`."
    )
    default_limit: int = Field(
        10, ge=1, description="Records on a page for a question that does not say `limit`."
    )
    max_limit: int = Field(1_000, ge=1, description="Most records on a page; what `limit=0` means.")
    max_filters: int = Field(100, ge=0, description="Most filters in one question.")
    max_datasets: int = Field(100, ge=1, description="Most `datasetIds` in one question.")
    case_level_limit: int = Field(
        100_000,
        ge=0,
        description="Most carriers listed (`caseLevelData`) in one answer, over all its variants.",
    )
