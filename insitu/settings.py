"""The site's own settings. The rooms have theirs; docs/settings.md lists them all."""

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_data_dir() -> Path:
    """Where a site keeps its things unless told otherwise: among the user's own data, wherever we stand."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base, "insitu")


class RegistrySettings(BaseSettings):
    """What the site's service registry says of itself."""

    model_config = SettingsConfigDict(env_prefix="INSITU_REGISTRY_", frozen=True, extra="ignore")

    id: str = Field(
        "org.insitu.registry", min_length=1, description="Identifier of the registry, a reversed domain name."
    )
    name: str = Field("Insitu service registry", min_length=1, description="Its name, for people.")
    organization_name: str = Field(
        "Insitu", min_length=1, description="Name of the organisation that runs it."
    )
    organization_url: str = Field(
        "https://www.ga4gh.org", min_length=1, description="Web address of the organisation that runs it."
    )


class SiteSettings(BaseSettings):
    """The site's settings; every field can be set by an environment variable `INSITU_<NAME>`."""

    model_config = SettingsConfigDict(
        env_prefix="INSITU_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Folder of everything the site keeps (~/.local/share/insitu); option --data-dir.",
    )
    workers: int = Field(
        2, ge=1, le=64, description="Processes that a load works in, unless --workers says otherwise."
    )
    free_megabytes: int = Field(
        256, ge=0, description="Free disk space under which a site does not start, in megabytes."
    )
    debug: bool = Field(False, description="Shows where an error arose, as a Python traceback.")
