"""Who is somebody: the callers for whom a person answers, and not only an account that anybody can make."""

from collections.abc import Sequence
from dataclasses import replace

from governance.caller import Caller, Identity
from governance.policy.entities import GRANTORS, Asker
from governance.policy.holding import Held


def stranger(asker: Asker) -> Caller | None:
    """Any account of the same broker, with what its holder can say of themselves.

    None where the asker is no more than that, or nobody knows who.
    """
    identity = asker.caller.identity
    if identity is None:
        return None
    visas = tuple(each for each in asker.visas if each.by not in GRANTORS)
    made = Caller(identity=Identity(identity.issuer, ""), visas=visas, client=asker.caller.client)
    return None if made == asker.caller else made


def with_vouched(asker: Asker, mine: Sequence[Held], strangers: Sequence[Held] | None) -> list[Held]:
    """The answers to a caller, marked where somebody vouches for them; `strangers` are those to a stranger.

    A caller has the highest tier of a dataset, whatever was asked: who is known for its counts is the same
    person when asking for a yes that everybody may have.
    """
    if strangers is None:
        return list(mine)
    return [
        replace(held, vouched=asker.registered or _more(held, other))
        for held, other in zip(mine, strangers, strict=True)
    ]


def _more(mine: Held, other: Held) -> bool:
    return any(found.given > other.verdicts[action].given for action, found in mine.verdicts.items())
