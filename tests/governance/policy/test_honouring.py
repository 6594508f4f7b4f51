"""What obligations make of records."""

from datetime import UTC, datetime

import pytest

from governance.policy.coarsening import SPARSE
from governance.policy.honouring import honoured
from governance.policy.obligations import parsed

RECORD = {
    "id": "I-1",
    "sex": {"id": "NCIT:C16576", "label": "female"},
    "diseases": [
        {"ageOfOnset": {"iso8601duration": "P91Y2M"}, "on": "1999-04-01"},
        {"ageOfOnset": {"iso8601duration": "P89Y11M"}, "on": "1999-04"},
        {"age": 90, "at": "2001-02-03T04:05:06Z"},
        {"age": 89, "note": "seen 2001-02-03", "count": 95},
    ],
    "address": {"postalCode": "02139-1234", "name": "Ada"},
}


def test_safe_harbor_coarsens_ages_dates_and_postal_codes_at_any_depth_and_nothing_else() -> None:
    made = honoured(RECORD, parsed("age-cap:89, date-year, zip3, drop-field:name, round:10"))
    assert made == {
        "id": "I-1",
        "sex": {"id": "NCIT:C16576", "label": "female"},
        "diseases": [
            {"ageOfOnset": {"iso8601duration": "P90Y"}, "on": "1999"},
            {"ageOfOnset": {"iso8601duration": "P89Y11M"}, "on": "1999"},
            {"age": 90, "at": "2001"},
            {"age": 89, "note": "seen 2001-02-03", "count": 95},
        ],
        "address": {"postalCode": "021"},
    }
    assert RECORD["diseases"][0]["on"] == "1999-04-01"  # type: ignore[index]


FIRST = datetime.now(UTC).year - 90  # who was born before is over 89

AGES = [
    ("age", 95, 90),
    ("age", 89, 89),
    ("age", "95", "90"),
    ("age", "95 years", "90"),
    ("age", "89", "89"),
    ("age", {"value": 95}, {"value": 90}),
    ("age", {"value": 95, "unit": "years"}, {"value": 90, "unit": "years"}),
    ("onsetAge", {"value": 1150, "unit": "months"}, {"value": 1080, "unit": "months"}),
    ("onsetAge", {"value": 95, "code": "mo"}, {"value": 95, "code": "mo"}),
    (
        "deceasedAge",
        {"low": {"value": 91}, "high": {"value": 99}},
        {"low": {"value": 90}, "high": {"value": 90}},
    ),
    ("iso8601duration", "P1150M", "P90Y"),
    ("iso8601duration", "P91Y2M", "P90Y"),
    ("iso8601duration", "P89Y12M", "P90Y"),
    ("iso8601duration", "P33000D", "P90Y"),
    ("iso8601duration", "P1000M", "P1000M"),
    ("birthDate", f"{FIRST - 5}-04-01", str(FIRST)),
    ("birthDate", str(FIRST - 5), str(FIRST)),
    ("yearOfBirth", FIRST - 5, FIRST),
    ("year_of_birth", FIRST, FIRST),
    ("birthDate", f"{FIRST + 1}-04-01", f"{FIRST + 1}-04-01"),
    ("recorded", "1901-01-01", str(FIRST)),
    ("dosage", 95, 95),
    ("percentage", 95, 95),
    ("position", 1901, 1901),
    ("agent", 95, 95),
]


@pytest.mark.parametrize(("name", "value", "told"), AGES)
def test_ages_over_the_cap_and_years_that_show_one_are_one_category(name, value, told) -> None:
    assert honoured({name: value}, parsed("age-cap:89")) == {name: told}
    assert honoured({"in": [{name: [value]}]}, parsed("age-cap:89")) == {"in": [{name: [told]}]}


DATES = [
    ("on", "2019-03-14Z", "2019"),
    ("on", "2019-03-14+02:00", "2019"),
    ("on", "2019-03-14T10:00:00.5Z", "2019"),
    ("on", " 2019-03-14 ", "2019"),
    ("on", "20190314", "2019"),
    ("on", "20190314101112", "2019"),
    ("visitDate", 20190314, "2019"),
    ("on", "14.03.2019", "2019"),
    ("on", "3/14/2019", "2019"),
    ("on", "2019", "2019"),
    ("individualId", "20190314", "20190314"),
    ("start", 20190314, 20190314),
    ("note", "20191399", "20191399"),
]


@pytest.mark.parametrize(("name", "value", "told"), DATES)
def test_of_a_date_the_year_is_told_however_it_is_written(name, value, told) -> None:
    assert honoured({name: value}, parsed("date-year")) == {name: told}


def test_a_birth_in_a_year_that_shows_an_age_over_89_is_told_by_neither_obligation_alone_nor_both() -> None:
    told = honoured({"birthDate": "1931-04-01", "onset": "2001-02-03"}, parsed("date-year, age-cap:89"))
    assert told == {"birthDate": str(FIRST), "onset": "2001"}


ZIPS = [
    ("02139-1234", "021"),
    ("02139", "021"),
    (" 02139", "021"),
    (2139, "021"),
    (21391234, "021"),
    ("03601", "000"),
    (3601, "000"),
    (3601.0, "000"),
    ("82101", "000"),
    ("893", "000"),
    ("2139", "000"),
    ("SW1A 1AA", "000"),
]


@pytest.mark.parametrize(("value", "told"), ZIPS)
def test_of_a_zip_code_three_digits_are_told_and_none_where_few_live(value, told) -> None:
    for name in ("postalCode", "zip_code", "ZIP"):
        assert honoured({name: value}, parsed("zip3")) == {name: told}
    assert honoured({"position": value}, parsed("zip3")) == {"position": value}


def test_the_sparse_areas_are_those_of_the_guidance() -> None:
    assert len(SPARSE) == 17


def test_of_other_postal_codes_as_many_characters_are_told_as_the_rule_says() -> None:
    for value, told in (("238801", "23"), (238801, "23"), (" SW1A 1AA", "SW")):
        assert honoured({"postalCode": value}, parsed("postcode:2")) == {"postalCode": told}


def test_a_field_is_dropped_with_all_that_is_in_it() -> None:
    assert honoured(RECORD, parsed("drop-field:diseases, drop-field:address")) == {
        "id": "I-1",
        "sex": {"id": "NCIT:C16576", "label": "female"},
    }
    assert honoured(RECORD, parsed("round:10, residency:eea")) is RECORD
