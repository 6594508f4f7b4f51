"""Why variants cannot be asked, loaded or given. Each carries a sentence that says what to change."""

from serving.reasons import Conflict, Invalid, Missing, Unavailable


class UnknownAssembly(Invalid):
    """No dataset here is on the assembly that was asked."""


class UnknownReference(Invalid):
    """The assembly has no sequence of that name."""


class UnknownGene(Invalid):
    """Neither gene coordinates nor annotations know the gene."""


class NotAnnotated(Invalid):
    """The question needs annotations that no dataset asked has."""


class UnknownVariantType(Invalid):
    """The word or term names no kind of variant."""


class MixedQuestion(Invalid):
    """Parameters of two kinds of question stand together."""


class IncompleteQuestion(Invalid):
    """A parameter stands alone that needs another one."""


class BadPosition(Invalid):
    """A position is negative, reversed, or beyond the end of its sequence."""


class BadBases(Invalid):
    """Reference or alternate bases hold something that is not a base."""


class BadLength(Invalid):
    """A variant length is negative, or the longest is shorter than the shortest."""


class BadShortForm(Invalid):
    """An HGVS expression or an amino-acid change that cannot be read."""


class BadText(Invalid):
    """Text with characters that cannot be stored or compared."""


class ReleaseGone(Unavailable):
    """The release was replaced while it was being asked; the same call finds the new one."""


class NoSuchContent(Missing):
    """The dataset holds no variants yet."""


class CannotLoad(Invalid):
    """A file, or the set of files, does not fit the dataset or cannot be read."""


class LoadFailed(Invalid):
    """A load stopped: corrupt file, or a bad line under `strict`. Nothing of it is visible."""


class LoadConflict(Conflict):
    """Another load of the dataset is running, or a loaded file has changed since."""
