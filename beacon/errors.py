"""Why the Beacon cannot answer. Each carries a sentence that says what to change."""

from serving.reasons import Invalid, Missing, Refused, Unauthenticated


class BadRequest(Invalid):
    """The question does not have the form of a Beacon question."""


class UnknownParameter(Invalid):
    """A parameter looks like a known one and is not: left out, it would widen the answer."""


class UnknownFilter(Invalid):
    """A filter that `/filtering_terms` does not list, or that cannot be used as asked."""


class UnknownSequence(Invalid):
    """No dataset asked has the assembly or the sequence in question."""


class NotAsked(Unauthenticated):
    """None of the datasets named exists for an unknown caller; the same words for absent and hidden."""


class NotGiven(Refused):
    """None of the datasets named exists for this caller; the same words for absent and hidden."""


class NoSuchCollection(Missing):
    """No dataset or cohort of that id, or none that this caller may know of."""
