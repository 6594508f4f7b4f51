"""Reading the file that says whose the samples of a dataset are: TSV or CSV with a header line."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from variants.domain.sexes import SPELLINGS, Sex, sex_of
from variants.errors import CannotLoad

_COLUMNS = ("sample", "biosample", "individual", "sex")
_LONGEST = 200  # characters of a name; identifiers stand in URLs
_SHOWN = 40  # characters of what a file says that a reason repeats


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says of a sample; None where the file has no such column."""

    line: int
    sample: str
    biosample: str | None = None
    person: str | None = None
    sex: Sex | None = None


def read_manifest(path: Path) -> Iterator[Said]:
    """Each line of the file.

    Raises:
        CannotLoad: no such file, or a line that is none of such a file; names file and line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline(_LONGEST)
            file.seek(0)
            lines = csv.reader(file, delimiter="\t" if "\t" in header else ",", strict=True)
            yield from _said(path, lines)
    except OSError as error:
        raise CannotLoad(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise CannotLoad(f"{path} is no text in UTF-8: save it as TSV or CSV in UTF-8") from error


def _said(path: Path, lines: Any) -> Iterator[Said]:
    columns: list[str] = []
    try:
        for fields in lines:
            if not columns:
                columns = _columns(fields)
            elif fields:
                yield _line(lines.line_num, columns, fields)
    except UnicodeDecodeError:
        raise
    except (csv.Error, ValueError) as error:
        raise CannotLoad(f"{path}, line {lines.line_num or 1}: {error}") from error
    if not columns:
        raise CannotLoad(f"{path} is empty: its first line names the columns, {', '.join(_COLUMNS)}")


def _columns(fields: list[str]) -> list[str]:
    names = [field.strip().lower() for field in fields]
    for name in names:
        if name not in _COLUMNS:
            raise ValueError(
                f"column {name[:_SHOWN]!r} is not known: take it out; there are {', '.join(_COLUMNS)}"
            )
        if names.count(name) > 1:
            raise ValueError(f"column {name!r} stands there twice")
    if "sample" not in names:
        raise ValueError("there is no column 'sample'")
    if len(names) == 1:
        raise ValueError("beside 'sample' there is no column: add biosample, individual or sex")
    return names


def _line(number: int, columns: list[str], fields: list[str]) -> Said:
    if len(fields) != len(columns):
        raise ValueError(f"it has {len(fields)} fields where the first line has {len(columns)}")
    said = dict(zip(columns, (field.strip() for field in fields), strict=True))
    names = {column: _name(column, value) for column, value in said.items() if column != "sex"}
    sex = None if "sex" not in said else _sex(said["sex"])
    return Said(number, names["sample"], names.get("biosample"), names.get("individual"), sex)


def _name(column: str, value: str) -> str:
    if not value:
        raise ValueError(f"the {column} is empty: fill it in, or leave the column out of the file")
    if len(value) > _LONGEST:
        raise ValueError(f"the {column} has {len(value)} characters, more than the {_LONGEST} of a name")
    if not value.isprintable():
        raise ValueError(f"the {column} holds a character that cannot be printed: take it out")
    return value


def _sex(value: str) -> Sex:
    found = sex_of(value)
    if found is None:
        raise ValueError(f"sex {value[:_SHOWN]!r} is not known: write {SPELLINGS}")
    return found
