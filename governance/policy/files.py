"""Where rules are written: the packs that come with Insitu, the site's own file, and one for each dataset."""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from governance.policy.problems import PolicyInvalid, Problem

PACKS = ("base", "eu-gdpr", "uk-dpa", "us-hipaa", "sg-pdpa")
"""The packs in the order of reading: what the register means, then one for each jurisdiction."""
SITE = "site.cedar"
DATASETS = "datasets"
DISEASES = "diseases.tsv"

_HERE = Path(__file__).parent
_ENDING = ".cedar"
_MOST = 1_000_000  # bytes of a rule file: 20,000 rules


@dataclass(frozen=True, slots=True)
class Signature:
    """What differs when files differ: each file's name and marks, and which folders they lie in."""

    files: tuple[tuple[str, int, int, int, int], ...]
    folders: tuple[tuple[int, ...], ...] = ()


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
    for path, name, dataset in _paths(folder, problems):
        text = _text(path, name, problems)
        if text is not None:
            found.append(Source(name, text, dataset))
    return found


def signature(folder: Path) -> Signature:
    """What differs as soon as one of the site's files was changed, made or removed. Reads no file.

    Raises:
        PolicyInvalid: a folder cannot be read; what lies in it is not known then.
    """
    problems: list[Problem] = []
    looked = [(path, name) for path, name, _ in _paths(folder, problems)]
    if DISEASES in names_in(folder, folder.name, problems):
        looked.append((folder / DISEASES, DISEASES))
    folders = tuple(_sign(each)[2:] for each in (folder, folder / DATASETS))
    if problems:
        raise PolicyInvalid(list(dict.fromkeys(problems)))
    return Signature(tuple((name, *_sign(path)) for path, name in looked), folders)


def lost(before: Signature, now: Signature) -> list[str]:
    """The files that went with their folder, which is gone or another one now: nobody deleted these.

    A network's folder that is not mounted any more leaves an empty one behind.
    """
    left = {each[0] for each in now.files}
    same = [one == other for one, other in zip(before.folders, now.folders, strict=True)]
    gone = (each[0] for each in before.files if each[0] not in left)
    return [each for each in gone if not same[each.startswith(f"{DATASETS}/")]]


def unasked(folder: Path, registered: Collection[str]) -> list[Problem]:
    """The files that are written like rules and asked about nothing, where these datasets are registered."""
    found: list[Problem] = []
    beside = filter(_looks_like_rules, names_in(folder, folder.name, found))
    reason = f"is never read: the site's own rules are in {SITE}"
    found.extend(Problem(each, 0, reason) for each in beside if each != SITE)
    for name in names_in(folder / DATASETS, DATASETS, found):
        identifier, ending = name[: -len(_ENDING)], name[-len(_ENDING) :]
        if _looks_like_rules(name) and (ending != _ENDING or identifier not in registered):
            near = [each for each in registered if each.lower() == identifier.lower()]
            reason = f"is asked about nothing: no dataset is registered as {identifier[:64]}"
            reason += f", but there is {near[0]}: call the file {near[0]}{_ENDING}" if near else ""
            found.append(Problem(f"{DATASETS}/{name}", 0, reason))
    return found


def names_in(folder: Path, called: str, problems: list[Problem]) -> list[str]:
    """What lies in a folder, by name; nothing where nobody made one. Anything else is added to `problems`."""
    try:
        with os.scandir(folder) as found:
            return sorted(each.name for each in found)
    except FileNotFoundError:
        if not folder.is_symlink():
            return []
        reason = "it is a link that leads nowhere"
    except OSError as error:
        reason = str(error.strerror)
    problems.append(Problem(called, 0, f"cannot be read: {reason}"))
    return []


def _looks_like_rules(name: str) -> bool:
    return name.lower().endswith(_ENDING) and not name.startswith(".")  # editors keep files with dots


def _paths(folder: Path, problems: list[Problem]) -> Iterator[tuple[Path, str, str | None]]:
    """Path, name in messages and dataset of each file, in the order of reading."""
    if SITE in names_in(folder, folder.name, problems):
        yield folder / SITE, SITE, None
    for name in names_in(folder / DATASETS, DATASETS, problems):
        if _looks_like_rules(name) and name.endswith(_ENDING):
            yield folder / DATASETS / name, f"{DATASETS}/{name}", name.removesuffix(_ENDING)


def _sign(path: Path) -> tuple[int, int, int, int]:
    """When it changed, how large it is, and which one it is; zeros where that cannot be seen."""
    try:
        seen = path.stat()
    except OSError:
        return (0, 0, 0, 0)
    return (seen.st_mtime_ns, seen.st_size, seen.st_dev, seen.st_ino)


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
