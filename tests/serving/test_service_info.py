"""GA4GH service-info 1.0.0."""

from datetime import UTC, datetime, timedelta, timezone

from serving.service_info import Organization, ServiceInfo, ServiceType, service_info

LEAST = ServiceInfo(
    "org.example.beacon",
    "Example",
    ServiceType("org.ga4gh", "beacon", "2.1.1"),
    Organization("Example", "https://example.org"),
    "0.1.0",
)


def test_what_is_not_known_is_left_out():
    assert service_info(LEAST) == {
        "id": "org.example.beacon",
        "name": "Example",
        "type": {"group": "org.ga4gh", "artifact": "beacon", "version": "2.1.1"},
        "organization": {"name": "Example", "url": "https://example.org"},
        "version": "0.1.0",
    }


def test_times_are_in_utc():
    east = datetime(2026, 11, 21, 1, 2, 3, 456, tzinfo=timezone(timedelta(hours=2)))
    said = service_info(
        ServiceInfo(
            **{
                **{name: getattr(LEAST, name) for name in LEAST.__slots__},
                "created": east,
                "updated": datetime(2026, 1, 1, tzinfo=UTC),
            }
        )
    )
    assert (said["createdAt"], said["updatedAt"]) == ("2026-11-20T23:02:03Z", "2026-01-01T00:00:00Z")
