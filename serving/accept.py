"""Whether a caller takes what an operation gives (`Accept`)."""

from functools import lru_cache

from serving.errors import HttpFailure


def check_accept(header: bytes | None, produces: tuple[str, ...]) -> None:
    """Returns where one of the media types is acceptable, or the caller or the document names none.

    Raises:
        HttpFailure: 406, names what the operation gives.
    """
    if header and header != b"*/*" and produces and not _acceptable(header[:1000], produces):
        raise HttpFailure(406, f"This answer comes as {' or '.join(sorted(set(produces)))} only.")


@lru_cache(maxsize=256)
def _acceptable(header: bytes, produces: tuple[str, ...]) -> bool:
    refused = set()
    ranges = []
    for part in header.decode("latin-1").lower().split(","):
        media_range, *parameters = [each.strip() for each in part.split(";")]
        if any(each.startswith("q=") and not each[2:].strip("0.") for each in parameters):
            refused.add(media_range)
        else:
            ranges.append(media_range)
    return any(_matches(each, ranges) for each in produces if each not in refused)


def _matches(media_type: str, ranges: list[str]) -> bool:
    return any(each in ("*/*", media_type, media_type.partition("/")[0] + "/*") for each in ranges)
