"""The settings that there are, and names in the environment that only look like one of them."""

import difflib
import importlib
import os
import pkgutil
import re
from collections.abc import Iterator, Mapping

from pydantic_settings import BaseSettings

from insitu.exits import Exit, Stop

ROOMS = (
    "insitu",
    "serving",
    "database",
    "tasks",
    "governance",
    "variants",
    "drs",
    "drs.htsget",
    "passport_broker",
    "beacon",
)

_OURS = "INSITU_"
_ALIKE = 0.85
_KUBERNETES = re.compile(r"INSITU_(SERVICE_(HOST|PORT)|PORT)(_.*)?")  # what it sets for a service `insitu`


def settings_classes() -> Iterator[type[BaseSettings]]:
    """The settings class of each room that has one."""
    for room in ROOMS:
        package = importlib.import_module(room)
        if "settings" in {each.name for each in pkgutil.iter_modules(package.__path__)}:
            module = importlib.import_module(f"{room}.settings")
            yield from (each for each in vars(module).values() if _is_settings(each, module.__name__))


def names() -> list[str]:
    """The environment variable of every setting."""
    return [
        f"{each.model_config['env_prefix']}{name}".upper()
        for each in settings_classes()
        for name in each.model_fields
    ]


def refuse_misspelt(environment: Mapping[str, str] = os.environ) -> None:
    """Returns where no variable looks like a setting that it is not.

    A misspelt INSITU_DATABASE_URL would start the embedded database, and nobody would look there.

    Raises:
        Stop: one does; names the setting that may be meant.
    """
    given = [name for name in environment if name.startswith(_OURS) and not _KUBERNETES.fullmatch(name)]
    known = names() if given else []
    for name in sorted(set(given) - set(known)):
        meant = difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE)
        if meant:
            raise Stop(f"there is no setting {name}: mend it ({meant[0]}?) or take it away.", Exit.USAGE)


def _is_settings(each: object, module: str) -> bool:
    return isinstance(each, type) and issubclass(each, BaseSettings) and each.__module__ == module
