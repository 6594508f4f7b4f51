"""What a site makes of its own broker, in a sentence: for whoever looks at its trust."""

from dataclasses import dataclass
from pathlib import Path

from governance.passport.trust import NO_TRUST, Trust, read_trust
from insitu.origin import MISSING, origin_of
from passport_broker.app import issuer_at, signing_of
from passport_broker.settings import PassportSettings
from serving.settings import ServingSettings


@dataclass(frozen=True, slots=True)
class OwnBroker:
    """`issuer` is None where nobody knows the site's address; `file`: the trust file names the broker."""

    issuer: str | None
    site: str | None
    believed: bool
    file: bool

    @property
    def added(self) -> bool:
        """Whether it is believed beside what the trust file says."""
        return self.issuer is not None and self.believed and not self.file

    @property
    def sentence(self) -> str:
        """What it is."""
        if self.issuer is None:
            return f"careful: {MISSING}"
        if not self.believed:
            return f"{self.issuer} is not believed here (INSITU_PASSPORT_TRUSTED=false)"
        if self.file:
            return f"{self.issuer} is believed as the trust file says"
        return f"{self.issuer} is believed without a word in the trust file, for tokens to {self.site}"


def own_broker(trust: Trust) -> OwnBroker:
    """The site's own broker beside that trust, by the settings."""
    origin = origin_of(ServingSettings())
    issuer = None if origin is None else issuer_at(origin)
    named = issuer is not None and trust.find_broker(issuer) is not None
    believed = PassportSettings().trusted  # type: ignore[call-arg,unused-ignore]
    return OwnBroker(issuer, origin, believed, named)


def own_keys(folder: Path, own: OwnBroker) -> str:
    """The names of the keys that it has; none are made for it.

    Raises:
        CannotStart: one cannot be read.
    """
    if own.site is None or not (folder / "keys" / "passport").is_dir():
        return "no keys yet: the first start makes them"
    keys = signing_of(folder, own.site).states()
    return "keys " + ", ".join(f"{each.key.algorithm} {each.key.kid}" for each in keys)


def trust_or_none(path: Path) -> tuple[Trust, bool]:
    """What the trust file says, and whether there is one.

    Raises:
        TrustInvalid: it cannot be understood.
    """
    try:
        return read_trust(path), True
    except FileNotFoundError:
        return NO_TRUST, False
