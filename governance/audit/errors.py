"""Why the trail says no."""

from serving.reasons import Conflict, Invalid, Unavailable


class CannotRecord(Unavailable):
    """The record of an answer could not be kept, so there is no answer. The log says why."""

    def __init__(self) -> None:
        super().__init__(
            "This site cannot keep its record of questions just now, and answers none without: try again "
            "in a moment."
        )


class TrailBroken(Conflict):
    """The database's trail is not the one that this site has written so far."""


class HeadUnreadable(TrailBroken):
    """A file that says how far the trail was is there and says nothing."""


class KeyLost(Conflict):
    """A secret of the data folder is gone, or is not the one that the trail was written under."""


class CannotPrune(Invalid):
    """Nothing can be pruned as it was asked for."""


class CannotResume(Conflict):
    """The trail cannot be gone on with as it is."""


class NotAnExport(Invalid):
    """A file is no export of a trail."""


class NotAWitness(Invalid):
    """A file is nothing that a trail can be held against."""
