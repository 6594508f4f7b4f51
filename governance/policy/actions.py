"""What somebody can want to do here, in the words of a site's policy."""

from enum import Enum

from governance.datasets import Tier


class Action(Enum):
    """An action: its name in policies, the tier of a dataset that covers it, and what it is done to.

    `tier` is None where an action is no more or less than another: files are given whole or not at all.
    Who asks a ladder's action for records and may have counts gets counts. An action on the site itself
    (`on_site`) is about no dataset.
    """

    BEACON_BOOLEAN = ("beacon:boolean", Tier.BOOLEAN)
    BEACON_COUNT = ("beacon:count", Tier.COUNT)
    BEACON_RECORD = ("beacon:record", Tier.RECORD)
    OMOP_COUNT = ("omop:count", Tier.COUNT)
    FHIR_READ = ("fhir:read", Tier.RECORD)
    FHIR_WRITE = ("fhir:write", None)
    DRS_DESCRIBE = ("drs:describe", None)
    DRS_ACCESS = ("drs:access", None)
    DRS_STREAM = ("drs:stream", None)
    WES_RUN = ("wes:run", None)
    WES_RAW_LOGS = ("wes:raw-logs", None)
    AIRLOCK_RELEASE = ("airlock:release", None)
    ACCESS_APPLY = ("access:apply", None)
    ACCESS_DECIDE = ("access:decide", None)
    DATASET_MANAGE = ("dataset:manage", None)
    AUDIT_READ = ("audit:read", None, True)
    POLICY_READ = ("policy:read", None, True)
    ROLE_MANAGE = ("role:manage", None, True)
    VISA_MANAGE = ("visa:manage", None, True)
    SITE_OPERATE = ("site:operate", None, True)

    def __init__(self, term: str, tier: Tier | None, on_site: bool = False) -> None:
        self.term = term
        self.tier = tier
        self.on_site = on_site

    @property
    def is_ladder(self) -> bool:
        """True where less than was asked can be given."""
        return self in _BEACON

    @property
    def ladder(self) -> tuple["Action", ...]:
        """The actions from the least telling up to this one, of which the highest permitted is given."""
        return _BEACON[: _BEACON.index(self) + 1] if self.is_ladder else (self,)

    @property
    def family(self) -> tuple["Action", ...]:
        """The actions that are decided together, the most telling last."""
        return _FAMILIES.get(self, (self,))


_BEACON = (Action.BEACON_BOOLEAN, Action.BEACON_COUNT, Action.BEACON_RECORD)
# Who is kept from knowing of files, or from their addresses, is kept from their bytes.
_FILES = (Action.DRS_DESCRIBE, Action.DRS_ACCESS, Action.DRS_STREAM)
_FAMILIES = {
    **dict.fromkeys(_BEACON, _BEACON),
    **dict.fromkeys(_FILES, _FILES),
    Action.OMOP_COUNT: (Action.OMOP_COUNT, Action.FHIR_READ),
}

BY_TERM = {each.term: each for each in Action}
