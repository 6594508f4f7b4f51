"""What a provider is called."""

from typing import Protocol


class Named(Protocol):
    """A provider as messages name it."""

    @property
    def name(self) -> str:
        """For people."""
