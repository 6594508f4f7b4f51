"""Where rules are written: the packs that come with Insitu, the site's own file, and one for each dataset."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from governance.policy.problems import Problem

PACKS = ("base", "eu-gdpr", "uk-dpa", "us-hipaa", "sg-pdpa")
"""The packs in the order of reading: what the register means, then one for each jurisdiction."""
SITE = "site.cedar"
DATASETS = "datasets"
DISEASES = "diseases.tsv"

_HERE = Path(__file__).parent
_MOST = 1_000_000  # bytes of a rule file: 20,000 rules

Signature = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a rule file. `file` is its name in messages; `dataset` the only one it is about, if any."""

    file: str
    text: str
    dataset: str | None = None


def schema_text() -> str:
    """The Cedar schema that every rule is held against."""
    return (_HERE / "policy.cedarschema").read_text(encoding="utf-8")


def packs() -> list[Source]:
    """The rules that come with Insitu."""
    return [Source(f"{each}.cedar", (_HERE / "packs" / f"{each}.cedar").read_text("utf-8")) for each in PACKS]


def written(folder: Path, problems: list[Problem]) -> list[Source]:
    """The files that people of this site wrote; what cannot be read is added to `problems`."""
    found = []
    for path, name, dataset in _paths(folder):
        text = _text(path, name, problems)
        if text is not None:
            found.append(Source(name, text, dataset))
    return found


def signature(folder: Path) -> Signature:
    """What differs as soon as one of the site's files was changed, made or removed. Reads no file."""
    looked = [*((path, name) for path, name, _ in _paths(folder)), (folder / DISEASES, DISEASES)]
    signs = []
    for path, name in looked:
        try:
            seen = path.stat()
        except OSError:
            continue
        signs.append((name, seen.st_mtime_ns, seen.st_size, seen.st_ino))
    return tuple(signs)


def _paths(folder: Path) -> Iterator[tuple[Path, str, str | None]]:
    """Path, name in messages and dataset of each file, in the order of reading."""
    site = folder / SITE
    if site.exists() or site.is_symlink():  # a link that leads nowhere is a fault, not an absence
        yield site, SITE, None
    for path in sorted((folder / DATASETS).glob("*.cedar")):
        yield path, f"{DATASETS}/{path.name}", path.stem


def _text(path: Path, name: str, problems: list[Problem]) -> str | None:
    try:
        raw = path.read_bytes()
    except OSError as error:
        problems.append(Problem(name, 0, f"cannot be read: {error.strerror}"))
        return None
    if len(raw) > _MOST:
        problems.append(Problem(name, 0, f"is larger than {_MOST} bytes"))
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        problems.append(Problem(name, raw.count(b"\n", 0, error.start) + 1, "is not UTF-8 text"))
        return None
