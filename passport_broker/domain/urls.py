"""URL claims (GA4GH Passport 1.2.1, "URL Claims"): RFC 3986, at most 255 characters, never fetched."""

import re

LONGEST = 255  # characters

_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+", re.ASCII
)
_WEB = re.compile(r"https?://[^/?#@:]+(?::[0-9]{1,5})?(?:[/?#].*)?", re.ASCII)


def problem_with(text: str) -> str | None:
    """What keeps a text from being a URL claim; None where nothing does."""
    if len(text) > LONGEST:
        return f"has more than {LONGEST} characters"
    if not _URI.fullmatch(text):
        return "is no URL as RFC 3986 has them (other characters are written as %XX)"
    if text.lower().startswith(("http:", "https:")) and not is_web(text):
        return "names no server as a URL with http or https has to"
    return None


def is_web(text: str) -> bool:
    """Whether it begins with http or https and a server's name, in small letters, without a user."""
    return _WEB.fullmatch(text) is not None
