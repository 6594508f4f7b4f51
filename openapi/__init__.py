"""The contracts that the service rooms read at start, one OpenAPI document each."""

from pathlib import Path


def document(name: str) -> Path:
    """The path of the OpenAPI document `name` (for example `"beacon"`).

    Raises:
        FileNotFoundError: there is no such document.
    """
    path = Path(__file__).parent / f"{name}.yaml"
    if not path.is_file():
        raise FileNotFoundError(path)
    return path
