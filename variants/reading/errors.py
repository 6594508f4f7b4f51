"""Why a variant file cannot be read."""

from serving.reasons import Invalid


class Unreadable(Invalid):
    """The file is not a VCF or BCF that this site reads, or its header contradicts itself."""


class Corrupt(Unreadable):
    """The file is damaged or cut short: nothing of it may be loaded."""


class BadRecord(Unreadable):
    """A record that breaks the format, met while reading strictly."""


class BadFieldError(ValueError):
    """One record breaks the format; the sentence says where. Counted, or raised on as BadRecord."""
