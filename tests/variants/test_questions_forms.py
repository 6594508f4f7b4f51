"""Which parameters may stand together, and what kind of question they make."""

import pytest

from variants.domain.asking import Form, form_of
from variants.domain.question import Question
from variants.errors import BadLength, BadPosition, BadText, IncompleteQuestion, MixedQuestion

PLACE = {"reference": "20", "start": (10,)}
RANGE = {"reference": "20", "start": (10,), "end": (20,)}
BRACKET = {"reference": "20", "start": (10, 20), "end": (30, 40)}


@pytest.mark.parametrize(
    ("given", "form"),
    [
        ({}, Form.EVERYTHING),
        ({"assembly": "GRCh37"}, Form.EVERYTHING),
        ({"carried_by": frozenset({1})}, Form.EVERYTHING),
        (PLACE | {"alternate_bases": ""}, Form.SEQUENCE),
        (PLACE | {"alternate_bases": "A", "reference_bases": "", "variant_type": "INS"}, Form.SEQUENCE),
        (RANGE, Form.RANGE),
        (
            RANGE | {"variant_type": "DEL", "alternate_bases": "A", "min_length": 1, "max_length": 1},
            Form.RANGE,
        ),
        (RANGE | {"aminoacid_change": "V600E", "mate": "9"}, Form.RANGE),
        (BRACKET | {"variant_type": "EFO:0030067"}, Form.BRACKET),
        ({"gene": "BRAF", "aminoacid_change": "V600E"}, Form.GENE),
        ({"gene": "BRAF", "reference": "7", "max_length": 10, "alternate_bases": "A"}, Form.GENE),
        ({"aminoacid_change": "V600E"}, Form.PROTEIN),
        ({"short_form": "NC_000020.10:g.5A>T", "assembly": "GRCh37"}, Form.SHORT_FORM),
        ({"variant_id": "GRCh37-20-5-A-T"}, Form.IDENTIFIER),
        ({"variant_type": "DEL", "reference": "20"}, Form.FEATURES),
        ({"mate": "9"}, Form.FEATURES),
    ],
)
def test_parameters_that_belong_together_make_one_kind_of_question(given: dict, form: Form) -> None:
    assert form_of(Question(**given)) is form


@pytest.mark.parametrize(
    "given",
    [
        RANGE | {"gene": "BRAF"},
        PLACE | {"alternate_bases": "A", "gene": "BRAF"},
        PLACE | {"alternate_bases": "A", "aminoacid_change": "V600E"},
        PLACE | {"alternate_bases": "A", "mate": "9"},
        BRACKET | {"alternate_bases": "A"},
        BRACKET | {"aminoacid_change": "V600E"},
        {"reference": "20", "start": (1, 2), "end": (3,)},
        {"reference": "20", "start": (1,), "end": (3, 4)},
        {"reference": "20", "start": (1, 2)},
        {"reference": "20", "start": (1, 2, 3), "end": (4, 5, 6)},
        {"short_form": "NC_000020.10:g.5A>T", "gene": "BRAF"},
        {"short_form": "NC_000020.10:g.5A>T", "reference": "20"},
        {"short_form": "NC_000020.10:g.5A>T", "variant_type": "SNV"},
        {"variant_id": "GRCh37-20-5-A-T", "start": (1,), "reference": "20"},
    ],
)
def test_parameters_of_two_kinds_are_refused(given: dict) -> None:
    with pytest.raises(MixedQuestion):
        form_of(Question(**given))


@pytest.mark.parametrize(
    "given",
    [
        PLACE,
        PLACE | {"variant_type": "DEL"},
        PLACE | {"reference_bases": "A"},
        {"start": (1,), "alternate_bases": "A"},
        {"start": (1,), "end": (2,)},
        {"reference": "20", "end": (2,)},
        {"alternate_bases": "A"},
        {"reference": "20", "reference_bases": "A"},
    ],
)
def test_a_parameter_that_needs_another_says_so(given: dict) -> None:
    with pytest.raises(IncompleteQuestion):
        form_of(Question(**given))


@pytest.mark.parametrize(
    "given",
    [
        {"start": (-1,), "end": (5,)},
        {"start": (5,), "end": (4,)},
        {"start": (5,), "end": (5,)},
        {"start": (1 << 40,), "end": (1 << 41,)},
        {"start": (20, 10), "end": (30, 40)},
        {"start": (10, 20), "end": (40, 40)},
    ],
)
def test_positions_that_are_negative_reversed_or_too_large_are_refused(given: dict) -> None:
    with pytest.raises(BadPosition):
        form_of(Question(reference="20", **given))


def test_lengths_are_neither_negative_nor_reversed() -> None:
    for lengths in ({"min_length": -1}, {"max_length": -1}, {"min_length": 5, "max_length": 4}):
        with pytest.raises(BadLength):
            form_of(Question(**lengths))
    assert form_of(Question(min_length=4, max_length=4)) is Form.FEATURES


@pytest.mark.parametrize(
    "given", [{"gene": "A\0"}, {"classes": ("DEL\0",)}, {"consequences": ("\0",)}, {"variant_id": "\0"}]
)
def test_text_that_no_database_keeps_is_refused(given: dict) -> None:
    with pytest.raises(BadText):
        form_of(Question(**given))
