"""What can go wrong between us and the broker."""


class BrokerUnavailable(Exception):  # noqa: N818  (reads as what happened)
    """The broker cannot be reached; `public` is one sentence for people."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public
