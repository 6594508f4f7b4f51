"""The order of a walk, and what it leaves out."""

from drs.storage.store import Skipped

_TEMPORARY = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".filepart", ".swp", "~")


def left_out(name: str, skipped: Skipped) -> bool:
    """Whether a file or folder of that name is passed over, as hidden or as not yet whole; counts it."""
    if name.startswith("."):
        skipped.hidden += 1
        return True
    if name.lower().endswith(_TEMPORARY):
        skipped.temporary += 1
        return True
    return False


def is_over(folder: str, after: str) -> bool:
    """Whether every key in the folder comes before `after`, or is it."""
    inside = f"{folder}/".encode()
    return inside < after.encode() and not after.encode().startswith(inside)
