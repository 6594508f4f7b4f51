"""Who is asking."""

from dataclasses import dataclass

from serving.reasons import Unauthenticated


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a question. `subject` is None for an anonymous caller."""

    subject: str | None = None

    @property
    def anonymous(self) -> bool:
        """True where nobody has said who they are."""
        return self.subject is None


ANONYMOUS = Caller()


def identify(authorization: str | None) -> Caller:
    """The caller behind an HTTP `Authorization` header; anonymous only where there is none.

    A token that cannot be verified is never taken for an anonymous call.

    Raises:
        Unauthenticated: a credential was sent that no issuer trusted by this site stands behind.
    """
    if authorization is None or not authorization.strip():
        return ANONYMOUS
    raise Unauthenticated(
        "This site trusts no token issuer yet and cannot check the credentials sent: ask again without them."
    )
