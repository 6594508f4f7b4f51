"""What an operator may set of DRS."""

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from drs.domain.identifiers import is_prefix


class DrsSettings(BaseSettings):
    """Who this service is, how it names objects, and how long it opens them. Immutable."""

    model_config = SettingsConfigDict(env_prefix="INSITU_DRS_", frozen=True, extra="ignore")

    id: str = Field(
        "org.insitu.drs", min_length=1, description="Identifier of this service, a reversed domain name."
    )
    name: str = Field("Insitu DRS", min_length=1, description="Name of this service, for people.")
    description: str = Field(
        "The files of this site's datasets, for whom each dataset opens them.",
        description="What the service is about, for people.",
    )
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
    prefix: str | None = Field(
        None,
        description="Prefix of compact ids (`drs://PREFIX:ID`) that is registered for this site at "
        "identifiers.org or n2t.net; ids may be asked with it, and name objects where the site is not at "
        "the https port.",
    )
    max_bulk: int = Field(1_000, ge=1, le=100_000, description="Most objects in one request (413 beyond it).")
    max_contents: int = Field(
        100_000, ge=1, description="Most members of bundles in one answer (413 beyond it)."
    )
    url_seconds: int = Field(
        900,
        ge=10,
        le=86_400,
        description="How long an address of bytes is good. Streams in work may end later.",
    )
    presigned: bool = Field(
        True,
        description="Gives addresses of a cloud store's own for what lies there. Bytes then go past this "
        "site: "
        "nothing is decided or recorded any more when they are fetched. `false` streams them through it.",
    )
    residency: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Places, separated by commas (eea, uk, us, sg), in which whoever gets files keeps them "
        "by what they agreed to. Files whose rules oblige to a place that is not here are not given.",
    )
    retry_seconds: int = Field(
        10, ge=1, description="When to ask again for an object that is being prepared."
    )

    @field_validator("residency", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(each.strip() for each in value.split(",") if each.strip())

    @field_validator("prefix")
    @classmethod
    def _prefix(cls, value: str | None) -> str | None:
        if value is not None and not is_prefix(value):
            raise ValueError("a prefix is letters, digits, dots and underscores, with one slash at most")
        return value
