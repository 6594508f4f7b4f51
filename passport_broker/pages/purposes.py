"""DUO's terms in words for people: what a form offers, and how pages show what was said."""

from collections.abc import Iterable, Mapping, Sequence

from governance.policy.duo_terms import shortened

USES: Mapping[str, str] = {
    "GRU": "General research",
    "HMB": "Health, medical or biomedical research",
    "POA": "Research of populations, origins or ancestry",
    "MDS": "Development of methods or software",
    "GENETIC": "Genetic research",
    "DRUG": "Development of drugs",
    "CTRL": "As a control group",
    "AGE": "Research of an age group",
    "GENDER": "Research of a gender",
    "CC": "Clinical care",
}
PROMISES: Mapping[str, str] = {
    "NPU": "We are a not-for-profit organisation",
    "NCU": "Our use is not commercial",
    "PUB": "We will publish what we find",
    "COL": "We will work together with those who collected the data",
    "RTN": "We will give back what we derive from the data",
    "MOR": "We will not publish before the date that the terms name",
    "GSO": "We do genetic studies only",
}
_WORDS = {**USES, **PROMISES, "DS": "Research of a disease", "DISEASE": "Research of a disease"}


def in_words(term: str) -> str:
    """A term as pages show it: `Research of a disease: MONDO:0005148 (DS)`."""
    short = shortened(term)
    name, _, about = short.partition("=")
    words = _WORDS.get(name)
    if words is None:
        return short
    return f"{words}{': ' if about else ''}{about} ({name})"


def chosen(terms: Iterable[str]) -> tuple[set[str], str, str]:
    """Of terms, those that the form has boxes for, the disease, and the others as text."""
    boxes, diseases, others = set(), [], []
    for short in map(shortened, terms):
        name, _, about = short.partition("=")
        if not about and name in (*USES, *PROMISES):
            boxes.add(name)
        elif name == "DS" and about:
            diseases.append(about)
        else:
            others.append(short)
    return boxes, " ".join(diseases), " ".join(others)


def said(boxes: Sequence[str], diseases: str, others: str) -> list[str]:
    """The terms that a form says."""
    return [*boxes, *(f"DS={each}" for each in _split(diseases)), *_split(others)]


def _split(text: str) -> list[str]:
    return text.replace(",", " ").split()
