"""Python modules of ours as programs, whatever folder somebody is in."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def module_command(module: str, *arguments: str) -> list[str]:
    """Gives the command that runs a module of ours. Nothing is imported from the working directory (-P)."""
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment() -> Mapping[str, str]:
    """Gives what `module_command` needs in its environment to find us, also in a checkout not installed."""
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    # An empty entry means the working directory.
    return {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, given)])}
