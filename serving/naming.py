"""The names that an operation's function sees."""

import builtins
import keyword
import re

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^0-9a-zA-Z]+")


def pythonic(name: str) -> str:
    """`includeResultsetResponses` as `include_resultset_responses`; `id` as `id_`, for it is a builtin.

    Humps and anything that is no letter or digit become underscores.
    """
    words = _OTHER.sub("_", _HUMP.sub("_", name)).strip("_").lower()
    if not words or words[0].isdigit():
        words = f"_{words}"
    return f"{words}_" if keyword.iskeyword(words) or hasattr(builtins, words) else words
