"""Matching as conditions of visas have it (GA4GH Passport 1.2.1, "Pattern Matching").

`?` is any one character, `*` any number of them, nothing escapes, and the whole text has to fit.
"""

from collections import defaultdict


class Pattern:
    """A pattern, made ready once. The bits of a number are the places in it that a text may have reached."""

    __slots__ = ("_anything", "_letters", "_places", "_stars", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._letters, self._stars = _compiled(text)
        self._anything = self._letters.pop("?", 0)
        self._places = len(text) - text.count("*")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def fits(self, text: str) -> bool:
        """Whether the whole text fits, in one pass over it, whatever the pattern is."""
        letters, anything, stars = self._letters, self._anything, self._stars
        reached = 1
        for each in text:  # each character moves all places at once
            reached = ((reached & (letters.get(each, 0) | anything)) << 1) | (reached & stars)
            if not reached:
                return False
        return bool(reached >> self._places & 1)


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
