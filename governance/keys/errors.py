"""Why a document of another server's is not there."""


class Unfetched(Exception):  # noqa: N818 - named for what happened
    """A document could not be had; `down` where the same call may succeed later.

    `status` is HTTP's, and `body` the beginning of what came with it, where something did.
    """

    def __init__(self, why: str, *, down: bool, status: int | None = None, body: bytes = b"") -> None:
        super().__init__(why)
        self.why = why
        self.down = down
        self.status = status
        self.body = body
