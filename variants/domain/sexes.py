"""The sex of a person, in the words and codes that files and questions use for it."""

from enum import StrEnum


class Sex(StrEnum):
    """What is known of a person's sex, with the term of the NCI Thesaurus each stands for (`Sex.term`)."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"

    @property
    def term(self) -> str:
        """The NCI Thesaurus' id: of the General Qualifiers (NCIT:C27993) that Beacon's model names."""
        return _TERMS[self]


_TERMS = {
    Sex.FEMALE: "NCIT:C16576",
    Sex.MALE: "NCIT:C20197",
    Sex.OTHER: "NCIT:C17649",
    Sex.UNKNOWN: "NCIT:C17998",
}
_CODES = {"1": Sex.MALE, "2": Sex.FEMALE, "0": Sex.UNKNOWN}  # as the fifth column of a PED file has them
_WORDS = {spelling: sex for sex in Sex for spelling in (sex.value, sex.term.lower())} | _CODES

SPELLINGS = "female, male, other or unknown, the codes 2, 1 or 0 of PED files, or a term such as NCIT:C16576"
"""How a sex may be written, for whoever has to write it anew."""


def sex_of(word: str) -> Sex | None:
    """The sex that a word, code or term stands for, in any case; None where it stands for none."""
    return _WORDS.get(word.strip().lower())
