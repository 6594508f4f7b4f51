"""Who does something: an account, or whoever may run commands on the site's machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance.audit.acts import operator
from governance.caller import Identity

_HERE = {"process": "passport"}


@dataclass(frozen=True, slots=True)
class Actor:
    """`identity` is the account that acts; None for the operating system's user."""

    identity: Identity | None = None

    def kept(self) -> Mapping[str, Any]:
        """How rows of this room name them."""
        if self.identity is None:
            who = operator()
            return {name: who[name] for name in ("user", "host", "sudo") if name in who}
        return {"issuer": self.identity.issuer, "subject": self.identity.subject}

    def recorded(self) -> dict[str, Any]:
        """How the audit trail names them: arguments of `governance.audit.acts`."""
        if self.identity is None:
            return {"by": operator()}
        return {"by": _HERE, "actor": self.identity}


OPERATOR = Actor()
"""Whoever may run commands on the site's machine."""
