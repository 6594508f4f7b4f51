"""A committee and people who apply, over the office of conftest."""

from dataclasses import dataclass
from typing import Any

from governance.caller import Caller, Identity, Role
from governance.datasets import Tier
from governance.gate import Gate
from governance.policy.engine import Policy
from governance.register import DatasetRegister
from passport_broker.applications.committee import Committee, Decision
from passport_broker.applications.members import Members
from passport_broker.applications.parts import Parts
from passport_broker.applications.service import Applications
from passport_broker.domain.applications import Application, Step
from passport_broker.domain.content import Content, said
from passport_broker.store import applications as store
from tests.passport_broker.access.conftest import Office
from tests.passport_broker.access.saying import DATA

GRU, HMB, NCU = "DUO:0000042", "DUO:0000006", "DUO:0000046"
DAC = Identity("https://idp.example", "dora")
OTHER_DAC = Identity("https://idp.example", "dan")


def content(**changed: Any) -> Content:
    """Something that the committee could approve, from the day at which the clock of tests stands."""
    usual: dict[str, Any] = {
        "title": "Hearts",
        "project": "We look at hearts.",
        "purpose": ["HMB", "NCU"],
        "members": ["ben"],
        "begins": "2027-01-15",
        "ends": "2027-12-31",
    }
    return said(**(usual | changed))


@dataclass(frozen=True)
class Desks:
    """Both sides of applications."""

    office: Office
    parts: Parts
    applications: Applications
    committee: Committee
    members: Members

    def caller(self, subject: str) -> Caller:
        """The holder of an account of this broker."""
        identity = Identity(self.office.issuer, subject)
        return Caller(identity=identity, person=identity)

    @property
    def ada(self) -> Caller:
        return self.caller("ada")

    @property
    def dora(self) -> Caller:
        """Who decides."""
        return Caller(identity=DAC, person=DAC)

    @property
    def dan(self) -> Caller:
        """Who decides, too."""
        return Caller(identity=OTHER_DAC, person=OTHER_DAC)

    def submitted(self, **changed: Any) -> Application:
        """In the committee's hands, and no member has answered."""
        made = self.applications.begin(self.ada, "cohort-1", content(**changed))
        return self.applications.submit(self.ada, made.id)

    def joined(self, **changed: Any) -> Application:
        """The same, and every member has accepted."""
        made = self.submitted(**changed)
        for each in made.content.members:
            made = self.members.accept(self.caller(each), made.id)
        return made

    def number(self, identifier: str) -> int:
        """Of the last step of an application, as somebody sees it who looks at it now."""
        with self.office.database.unit_of_work() as work:
            found = store.find(work.connection, identifier)
        return 1 if found is None else found.last.number

    def decide(self, identifier: str, step: Step, why: str = "because", **also: Any) -> Application:
        """What dora decides, who has just looked."""
        number = also.pop("number", self.number(identifier))
        return self.committee.decide(self.dora, identifier, Decision(step, why, number, **also))

    def approved(self, **changed: Any) -> Application:
        return self.decide(self.joined(**changed).id, Step.APPROVE)

    def values(self, subject: str) -> list[str]:
        """What that account's visas are about now."""
        from tests.passport_broker.access.test_visas import claims

        return [claims(each)["ga4gh_visa_v1"]["value"] for each in self.office.visas.of(subject)]


def desks_of(office: Office, register: DatasetRegister) -> Desks:
    roles = {DAC: frozenset({Role.COMMITTEE}), OTHER_DAC: frozenset({Role.COMMITTEE})}
    gate = Gate(
        Policy(clock=office.clock),
        office.trail,
        office.clock,
        roles=lambda identity, _: roles.get(identity, frozenset()) if identity else frozenset(),
    )
    parts = Parts(
        database=office.database,
        trail=office.trail,
        gate=gate,
        register=register,
        desk=office.desk,
        exists=lambda subject: not subject.startswith("nobody"),
        source=office.issuer,
        clock=office.clock,
    )
    return Desks(office, parts, Applications(parts), Committee(parts), Members(parts))


def registered(register: DatasetRegister) -> None:
    """Datasets as a custodian leaves them."""
    for each in register.all():
        register.remove(each.id)
    register.add(
        "cohort-1",
        "GRCh38",
        controlled=Tier.RECORD,
        grants=(DATA,),
        duo=(HMB, NCU),
        sources=("https://dac.example/committee",),
    )
    register.add("secret", "GRCh38", controlled=Tier.RECORD, grants=(DATA + "/s",), confidential=True)
    register.add("free", "GRCh38", Tier.RECORD)
    register.add("no-grant", "GRCh38", controlled=Tier.COUNT)
    register.add("plain", "GRCh38", controlled=Tier.COUNT, grants=(DATA + "/p",))
