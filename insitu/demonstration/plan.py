"""What the demonstration shows, as data: regions, genes, populations, datasets and planted effects."""

from dataclasses import dataclass

from governance.caller import Role
from governance.datasets import Circle, Tier

ASSEMBLY = "GRCh38"
SEED = 20_261
VERSION = 1  # of the generator: files of another version are made again
POPULATIONS = ("HIL", "CST", "ISL")
SHARES = (0.45, 0.35, 0.20)


@dataclass(frozen=True, slots=True)
class Region:
    """A window of a chromosome (0-based start), with how much happens in it."""

    chromosome: str
    start: int
    length: int
    founders: int
    young: int
    structural: int
    genes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoDataset:
    """A dataset of the demonstration site. `phased` says how its genotypes are written.

    Who has the visa `grant` may have `controlled`; for what, the DUO terms say. `download` is who may have
    its files.
    """

    id: str
    name: str
    description: str
    anonymous: Tier
    people: int
    phased: bool
    controlled: Tier = Tier.NONE
    grant: str | None = None
    duo: tuple[str, ...] = ()
    download: Circle = Circle.NONE


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody to log in as; `does` says what there is to do for them, at which page."""

    login: str
    name: str
    role: Role | None
    does: str
    page: str


@dataclass(frozen=True, slots=True)
class Trait:
    """A quantity of a person: the mean by sex, the noise, and the size of each planted effect (per copy)."""

    name: str
    unit: str
    mean: dict[str, float]
    noise: float
    effects: tuple[float, ...]


REGIONS = (
    Region("20", 35_000_000, 3_000_000, 48, 10_000, 14,
           ("DEMA1", "DEMA2", "DEMB1", "DEMC7", "DEMD4", "DEME1", "DEMF3", "DEMG2", "DEMH5", "DEMK1")),
    Region("X", 50_000_000, 900_000, 40, 2_500, 4, ("DEMX1", "DEMX2", "DEMX3")),
)  # fmt: skip

DATASETS = (
    DemoDataset(
        "demo-open", "Open demonstration cohort",
        "Made-up people whose variants anybody may read: open at record level, so it answers exactly.",
        Tier.RECORD, 240, True, download=Circle.ANONYMOUS,
    ),
    DemoDataset(
        "demo-hospital", "Hospital demonstration cohort",
        "Made-up people of whom anybody may have counts; records are for whom its committee lets in.",
        Tier.COUNT, 160, False,
        Tier.RECORD, "https://insitu.example/demonstration/hospital", ("DUO:0000006",), Circle.CONTROLLED,
    ),
    DemoDataset(
        "demo-registry", "Closed demonstration registry",
        "Made-up people of whom an anonymous caller learns nothing, not even that the dataset is here.",
        Tier.NONE, 60, False,
    ),
)  # fmt: skip

ACCOUNTS = (
    DemoAccount("researcher", "Robin Researcher", None, "applies for access to demo-hospital",
                "applications/new"),
    DemoAccount("committee", "Chris Committee", Role.COMMITTEE, "decides on that, and the visa is there",
                "review"),
    DemoAccount("custodian", "Cass Custodian", Role.CUSTODIAN, "may do at this site whatever can be done",
                "account"),
)  # fmt: skip
PASSWORD = "made-up people only"  # noqa: S105 - everybody may know it, on this machine
"""The password of each; these accounts can be used while only this machine can reach the site."""

TRAITS = (
    Trait("height", "cm", {"female": 166.0, "male": 179.0}, 6.0, (1.8, -1.4, 2.6)),
    Trait("LDL cholesterol", "mmol/L", {"female": 3.0, "male": 3.1}, 0.7, (0.45, -0.35)),
)
