"""What the headers of an answer say of an object, whatever its name and type are."""

import hashlib
import re
from urllib.parse import quote

_WORD = r"[A-Za-z0-9!#$&^_.+-]{1,127}"
_MEDIA_TYPE = re.compile(rf"{_WORD}/{_WORD}(;[ \t]*{_WORD}={_WORD}){{0,4}}")
_TAG = re.compile(r"[\x21\x23-\x7e]{1,200}")
_NAME_LONGEST = 255
ANY = "application/octet-stream"


def media_type(stated: str) -> str:
    """The media type to send: what was stated, where it is one."""
    return stated if _MEDIA_TYPE.fullmatch(stated) else ANY


def entity_tag(stated: str) -> str:
    """A tag that stands for the stated text: itself where it can be one in ASCII, else its digest."""
    stated = stated.removeprefix('"').removesuffix('"')
    if _TAG.fullmatch(stated):
        return stated
    return hashlib.sha256(stated.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def disposition(filename: str) -> str:
    """`Content-Disposition` (RFC 6266): to be saved, under the name's last part, without what none may hold.

    Old clients read the first form, which is ASCII and has no quotes to end early; new ones the second.
    """
    name = re.split(r"[/\\]", filename)[-1]
    name = "".join(each for each in name if each.isprintable()).strip(" .")[:_NAME_LONGEST] or "object"
    plain = "".join(each if each.isascii() and each not in '"%;' else "_" for each in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
