"""Matching as conditions of visas have it (GA4GH Passport 1.2.1, "Pattern Matching").

`?` is any one character, `*` any number of them, nothing escapes, and the whole text has to fit.
"""

from collections import defaultdict


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern, in one pass over the text, whatever the pattern is.

    The bits of a number are the places in the pattern that the text so far may have reached; each character
    moves all of them at once.
    """
    letters, stars = _compiled(pattern)
    anything = letters.pop("?", 0)
    reached = 1
    for each in text:
        reached = ((reached & (letters.get(each, 0) | anything)) << 1) | (reached & stars)
        if not reached:
            return False
    return bool(reached >> (len(pattern) - pattern.count("*")) & 1)


def _compiled(pattern: str) -> tuple[dict[str, int], int]:
    """For each character the places that it moves on from, and the places with a star, as bits."""
    letters: dict[str, int] = defaultdict(int)
    place, stars = 0, 0
    for each in pattern:
        if each == "*":
            stars |= 1 << place
        else:
            letters[each] |= 1 << place
            place += 1
    return dict(letters), stars
