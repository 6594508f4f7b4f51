"""Amino-acid changes in one spelling: `p.Val600Glu`, `p.(V600E)` and `V600E` are all `V600E`."""

import re

_ONE_LETTER = {
    "ALA": "A", "ARG": "R", "ASN": "N", "ASP": "D", "CYS": "C", "GLN": "Q", "GLU": "E", "GLY": "G",
    "HIS": "H", "ILE": "I", "LEU": "L", "LYS": "K", "MET": "M", "PHE": "F", "PRO": "P", "SER": "S",
    "THR": "T", "TRP": "W", "TYR": "Y", "VAL": "V", "SEC": "U", "PYL": "O", "ASX": "B", "GLX": "Z",
    "XAA": "X", "TER": "*", "STP": "*",
}  # fmt: skip
_THREE = re.compile("|".join(_ONE_LETTER), re.IGNORECASE)
_CHANGE = re.compile(
    r"^(?P<first>[A-Z*])(?P<place>\d+)(?P<rest>"
    r"[A-Z*=?]"  # one residue for another, unchanged, or unknown
    r"|[A-Z]?FS(\*?\d+|\*\?)?"  # frame shift
    r"|(_[A-Z*]\d+)?(DEL(INS[A-Z*]+)?|DUP|INS[A-Z*]+)"
    r"|EXT\*?-?(\d+|\?)"
    r")$"
)
_WORDS = re.compile(r"FS|DELINS|DEL|DUP|INS|EXT")


def amino_acid_change(text: str) -> str | None:
    """The change in one-letter form, words in lower case (`K23fs*4`, `E746_A750del`); None where it is none.

    Takes one- and three-letter codes with or without reference sequence, `p.` and parentheses. `Ter`, `X`
    after the position and `*` are a stop.
    """
    word = text.strip().rpartition(":")[2]
    word = word.removeprefix("p.").removeprefix("P.").strip("()").replace("%3D", "=")
    short = _THREE.sub(lambda found: _ONE_LETTER[found[0].upper()], word) if _is_three_letter(word) else word
    found = _CHANGE.match(short.upper())
    if not found:
        return None
    rest = found["rest"]
    if rest == "X":
        rest = "*"
    return found["first"] + found["place"] + _WORDS.sub(lambda part: part[0].lower(), rest)


def _is_three_letter(word: str) -> bool:
    return bool(re.match(r"[A-Za-z]{3}\d", word))


_THREE_LETTER = {code: name.capitalize() for name, code in reversed(_ONE_LETTER.items()) if name != "STP"}
_RESIDUE = re.compile(r"(?<![A-Za-z])([A-Z*])(?=\d)|(?<=\d)([A-Z*])(?![a-z])|(?<=ins)([A-Z*]+)(?![a-z])")


def three_letter(change: str) -> str:
    """The change with three-letter codes, stops as `Ter`: `V600E` and `Val600Glu` are `Val600Glu`."""
    if _is_three_letter(change):
        word = change.replace("*", "Ter")
    else:
        word = _RESIDUE.sub(_longer, re.sub(r"(?<=\d)X$", "*", change))
    # A stop written alone after a frame shift, as in `fs*4`.
    return word.replace("fs*", "fsTer")


def _longer(found: re.Match[str]) -> str:
    return "".join(_THREE_LETTER.get(residue, residue) for residue in found[0])
