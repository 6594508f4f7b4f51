"""Whose budget a question is charged to."""

from governance.caller import Caller
from governance.disclosure.secret import Secret
from governance.policy.decision import Decision


def accounts_of(secret: Secret, caller: Caller, decision: Decision) -> tuple[bytes, ...]:
    """The keys of the accounts whose one budget is charged: that which asked, and all that are linked to it.

    Only somebody for whom a person answers has one. Everybody else shares one for each dataset with callers
    whom nobody knows: accounts that cost nothing to make would be budgets that cost nothing.
    """
    if caller.identity is None or not decision.vouched:
        return (secret.key("anonymous", decision.dataset.id),)
    linked = sorted(caller.accounts | {caller.person or caller.identity})
    accounts = dict.fromkeys((caller.identity, *linked))
    return tuple(secret.key("identity", each.issuer, each.subject) for each in accounts)
