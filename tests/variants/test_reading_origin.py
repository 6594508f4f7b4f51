"""When a file was written and by what: read from whatever a header says, believed only where it is plain."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.variants.stores import Store
from tests.variants.vcf_files import as_bcf, vcf_text
from variants.domain.dataset import Sample
from variants.reading.origin import date_of, source_of
from variants.reading.source import read_header

LEAP = date(2024, 2, 29)


@pytest.mark.parametrize(
    "text",
    [
        "20240229",
        "2024-02-29",
        "2024/02/29",
        "2024.2.29",
        '"20240229"',
        " 2024-02-29T10:11:12Z",
        "2024_02_29",
        "20240229 10:11",
        "29.02.2024",
        "29/02/2024",
        "2/29/2024",
        "29-Feb-2024",
        "29 February 2024",
        "29Feb2024",
        "Feb 29, 2024",
        "Thu Feb 29 10:11:12 2024",
        "Thu Feb 29 10:11:12 UTC 2024",
        "Thursday, 29. Feb 2024",
    ],
)
def test_the_usual_spellings_of_a_day_are_read(text: str) -> None:
    assert date_of(text) == LEAP


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "03/04/2024",
        "20230229",
        "2024-13-01",
        "19991231",
        "99991231",
        "0000-00-00",
        "2024",
        "202402291",
        "1709164800",
        "20240229" * 10**6,
        "9" * 10**6,
        "\0",
        "31 Foo 2024",
        "Feb 2024",
    ],
)
def test_what_is_no_plain_day_is_none(text: str) -> None:
    assert date_of(text) is None


def test_a_day_that_has_not_come_is_none() -> None:
    today = datetime.now(UTC).date()
    assert date_of(today.isoformat()) == today
    assert date_of((today + timedelta(days=2)).isoformat()) is None


def test_what_wrote_a_file_is_printable_and_short() -> None:
    assert source_of(["GATK  HaplotypeCaller\t4.1", "x", "x"]) == "GATK HaplotypeCaller 4.1; x"
    assert source_of(['"Strelka"']) == "Strelka"
    assert source_of(["\x1b[31mred\0\r\n\u202eevil"]) == "[31mred evil"
    assert source_of(["", "  ", "\0"]) is None
    assert source_of([]) is None
    long = source_of(["a" * 10**6, "b" * 10**6])
    assert long is not None
    assert len(long) == 120


def written(folder: Path, name: str, samples: list[str], *lines: str) -> Path:
    path = folder / name
    text = vcf_text(["20 100 . A C . . . GT" + " 0|1" * len(samples)], samples)
    path.write_text(text.replace("##contig", "".join(f"{line}\n" for line in lines) + "##contig", 1))
    return path


def test_both_formats_tell(tmp_path: Path) -> None:
    path = written(tmp_path, "a.vcf", ["A"], "##filedate=junk", "##fileDate=20240229", "##source=caller 1")
    for each in (path, as_bcf(path)):
        header = read_header(each)
        assert (header.written, header.source) == (LEAP, "caller 1")


def test_a_sample_has_the_day_and_the_source_of_its_first_file(store: Store, tmp_path: Path) -> None:
    one = written(tmp_path, "one.vcf", ["A", "B"], "##fileDate=20240229", "##source=caller 1")
    two = written(tmp_path, "two.vcf", ["B", "C"], "##fileDate=20230101", "##source=caller 2")
    three = written(tmp_path, "three.vcf", ["C", "D"], "##fileDate=soon")

    def told() -> dict[str, tuple[str | None, str | None]]:
        release = store.variants.release("origins")
        everybody: list[Sample] = store.variants.samples(release, None, 0, 9)
        assert everybody == [store.variants.find_samples(release, sample=each.name)[0] for each in everybody]
        return {each.name: (each.written, each.source) for each in everybody}

    store.load("origins", one, two)
    first = {
        "A": ("2024-02-29", "caller 1"),
        "B": ("2024-02-29", "caller 1"),
        "C": ("2023-01-01", "caller 2"),
    }
    assert told() == first
    store.load("origins", three)
    assert told() == first | {"D": (None, None)}
