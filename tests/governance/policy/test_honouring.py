"""What obligations make of records."""

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


def test_a_field_is_dropped_with_all_that_is_in_it() -> None:
    assert honoured(RECORD, parsed("drop-field:diseases, drop-field:address")) == {
        "id": "I-1",
        "sex": {"id": "NCIT:C16576", "label": "female"},
    }
    assert honoured(RECORD, parsed("round:10, residency:eea")) is RECORD
