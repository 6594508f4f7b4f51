"""Files in folders, as tests want them."""

from pathlib import Path


def tree(root: Path, paths: list[str]) -> list[str]:
    """Makes a file at each path, where none of another's is in the way; gives those that there are."""
    made = []
    for each in paths:
        path = root / each
        if any(part in (".", "..") for part in each.split("/")) or path.exists():
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            continue
        path.write_text(each)
        made.append(each)
    return made
