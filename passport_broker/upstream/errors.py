"""Why somebody could not log in at another provider, and what is wrong with the file that names these."""

from passport_broker.upstream.naming import Named
from serving.reasons import Invalid, Missing, Refused, Unavailable


class UpstreamInvalid(Invalid):
    """The file does not say who logs people in, in a way that can be understood; says what to change."""


class ProviderUnknown(Missing):
    """There is no such provider in this site's file."""

    def __init__(self, identifier: str) -> None:
        super().__init__(f"There is no provider {identifier!r} here: `insitu upstream show` lists them.")


class ProviderAway(Unavailable):
    """A provider cannot be asked just now. What it says is shown to people: it has no secret."""

    def __init__(self, provider: Named, what: str, why: str) -> None:
        super().__init__(f"{provider.name} cannot be asked just now: its {what} {why}.")
        self.rule = "away"


class ProofRefused(Refused):
    """What a provider sent does not prove who somebody is; `rule` is a constant name."""

    def __init__(self, provider: Named, rule: str, reason: str) -> None:
        super().__init__(f"The login with {provider.name} is not accepted ({rule}): {reason}.")
        self.rule = rule


class NotBegun(Refused):
    """Somebody comes back from a provider to whom this browser was not sent, or not just now."""

    def __init__(self) -> None:
        super().__init__(
            "This login was not begun in this browser, is over already, or took too long. Please begin again."
        )
        self.rule = "state"
