"""The front: the command line, the composition of the rooms into a site, and the demonstration site."""

from importlib import metadata


def version() -> str:
    """The version of the installed package; of a checkout that was never installed only that."""
    try:
        return metadata.version("insitu")
    except metadata.PackageNotFoundError:
        return "0.checkout"
