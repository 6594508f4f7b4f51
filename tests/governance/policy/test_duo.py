"""Purposes against terms of use: after DUOS' published rules; what nobody knows is never permitted."""

from pathlib import Path

import pytest

from governance.caller import ANONYMOUS
from governance.datasets import Circle, Tier
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.diseases import Diseases
from governance.policy.duo import match
from governance.policy.duo_terms import PURPOSES, SYMBOLS, shortened, spelled
from governance.policy.engine import Policy
from tests.governance.policy.making import NOW, Clock, controlled, dataset, person, visa

CANCER, LUNG, ASTHMA, UNKNOWN = "MONDO:0004992", "MONDO:0008903", "MONDO:0004979", "MONDO:9999999"
TREE = Diseases(
    {
        CANCER: frozenset({"MONDO:0000001"}),
        LUNG: frozenset({CANCER, "MONDO:0000001"}),
        ASTHMA: frozenset({"MONDO:0000001"}),
        "MONDO:0000001": frozenset(),
    }
)


def fit(terms: str, purpose: str) -> str:
    data, aims = (tuple(spelled(each) for each in said.split()) for said in (terms, purpose))
    return match(data, aims, TREE, NOW).fit


TABLE = """
# terms of the dataset          purpose                          fits
-                               HMB                              none
NRES                            -                                permit
NRES                            CTRL                             permit
GRU                             -                                unstated
# general research use permits every use but care (DUOS: approve where the dataset is GRU)
GRU                             GRU                              permit
GRU                             HMB                              permit
GRU                             DS=MONDO:0008903                 permit
GRU                             POA                              permit
GRU                             MDS                              permit
GRU                             CC                               deny
GRU CC                          CC                               permit
# health, medical, biomedical (DUOS HMB_F1, POA_F1)
HMB                             GRU                              deny
HMB                             HMB                              permit
HMB                             BIOMEDICAL                       permit
HMB                             DRUG                             permit
HMB                             DS=MONDO:0008903                 permit
HMB                             DISEASE                          permit
HMB                             POA                              deny
HMB                             ANCESTRY                         deny
HMB                             MDS                              permit
# disease specific (DUOS HMB_F2, DS_F2, MDS_F1): itself or a kind of it
DS=MONDO:0004992                DS=MONDO:0004992                 permit
DS=MONDO:0004992                DS=MONDO:0008903                 permit
DS=MONDO:0008903                DS=MONDO:0004992                 deny
DS=MONDO:0004992                DS=MONDO:0004979                 deny
DS=MONDO:0004992 DS=MONDO:0004979  DS=MONDO:0004979              permit
DS=MONDO:0004992                DS=MONDO:0008903 DS=MONDO:0004979  deny
DS=MONDO:0004992                DISEASE=MONDO:0008903            permit
DS=MONDO:0004992                DS=MONDO:9999999                 refer
DS=MONDO:9999999                DS=MONDO:9999999                 permit
DS=MONDO:0004992                DS                               refer
# a disease alone is research of it
DS=MONDO:0004992                MONDO:0008903                    permit
DS=MONDO:0004992                DS MONDO:0008903                 permit
DS=MONDO:0004992                MONDO:0004979                    deny
DS=MONDO:0004992                MONDO:9999999                    refer
DS=DOID:1612                    DOID:1612                        permit
HMB                             MONDO:0008903                    permit
POA                             MONDO:0008903                    deny
DS=MONDO:0004992                HMB                              deny
DS=MONDO:0004992                GRU                              deny
DS=MONDO:0004992                GENETIC                          deny
DS=MONDO:0004992                MDS                              deny
DS=MONDO:0004992                MDS DS=MONDO:0008903             permit
DS=MONDO:0004992                MDS DS=MONDO:0004979             deny
CC                              MDS                              deny
# populations, origins, ancestry (DUOS HMB_F3)
POA                             POA                              permit
POA                             HMB                              deny
POA                             DS=MONDO:0008903                 deny
POA                             MDS                              permit
GRU NPOA                        ANCESTRY                         deny
GRU NPOA                        HMB                              permit
# where DUOS abstains, a person decides
GRU                             CTRL                             refer
GRU                             POPULATION                       refer
POA                             POPULATION                       refer
HMB                             GENDER HMB                       refer
HMB                             AGE POA                          refer
# not for profit, non-commercial (DUOS NCU_F1)
GRU NPU                         GRU                              deny
GRU NPU                         GRU NPU                          permit
GRU NCU                         GRU NPU                          deny
GRU NCU                         GRU NCU                          permit
GRU NPUNCU                      GRU NPU                          deny
GRU NPUNCU                      GRU NPU NCU                      permit
GRU NPUNCU                      GRU NPUNCU                       permit
GRU                             GRU NPU                          permit
# other modifiers: promises, evidence, places, dates
GRU NMDS                        MDS                              deny
GRU NMDS                        HMB                              permit
GRU RU                          GRU                              permit
GRU CC RU                       CC                               deny
GRU GSO                         HMB                              refer
GRU GSO                         GENETIC                          permit
GRU PUB                         GRU                              refer
GRU PUB COL RTN                 GRU PUB COL RTN                  permit
GRU PUB COL                     GRU PUB                          refer
GRU IRB                         GRU IRB                          refer
GRU US                          GRU US                           refer
GRU PS                          GRU                              refer
GRU IS=X                        GRU IS=X                         refer
GRU RS=X                        GRU                              refer
GRU GS=SG                       GRU GS=SG                        permit
GRU GS=SG GS=MY                 GRU GS=MY                        permit
GRU GS=SG                       GRU GS=US                        deny
GRU GS=SG                       GRU GS=SG GS=US                  deny
GRU GS=SG                       GRU                              refer
GRU TS=2099-01-01               GRU                              permit
GRU TS=2020-01-01               GRU                              deny
GRU TS=2020-01-01               -                                deny
GRU TS                          GRU                              refer
GRU MOR=2099-01-01              GRU                              refer
GRU MOR=2099-01-01              GRU MOR                          permit
GRU MOR=2020-01-01              GRU                              permit
# strangers
GRU DUO:0009999                 GRU                              refer
DUO:0009999                     GRU                              refer
IRB                             HMB                              refer
GRU                             DUO:0009999                      refer
GRU                             NPU                              refer
# a prohibition is one, whatever else needs a person
GRU NPU IRB                     GRU                              deny
"""
ROWS = [
    [cell.strip() for cell in line.replace("  ", "\t").split("\t") if cell.strip()]
    for line in TABLE.splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("terms", "purpose", "expected"), ROWS)
def test_purposes_fit_terms_as_duos_says(terms: str, purpose: str, expected: str) -> None:
    said = [each.replace("-", "") if each == "-" else each for each in (terms, purpose)]
    assert fit(*said) == expected


def test_a_refusal_of_methods_says_what_the_dataset_permits() -> None:
    found = match((SYMBOLS["CC"],), (PURPOSES["MDS"],), TREE, NOW)
    assert found.reasons == ("CC does not permit the development of methods",)
    found = match((f"{SYMBOLS['DS']}={CANCER}",), (PURPOSES["MDS"],), TREE, NOW)
    assert found.reasons == ("DS permits the development of methods for its disease alone",)


def test_without_an_ontology_no_kind_of_a_disease_is_ever_permitted() -> None:
    aims, terms = (f"{SYMBOLS['DS']}={LUNG}",), (f"{SYMBOLS['DS']}={CANCER}",)
    assert match(terms, aims, Diseases(), NOW).fit == "refer"
    assert match(terms, (f"{SYMBOLS['DS']}={CANCER}",), Diseases(), NOW).fit == "permit"


def test_no_purpose_whatever_beats_a_prohibition() -> None:
    """Adding what fits to a purpose that does not fit never makes it fit."""
    everything = [*SYMBOLS, *PURPOSES]
    for other in everything:
        assert fit("HMB", f"POA {other}") in ("deny", "refer")
        assert fit("DS=MONDO:0004992", f"DS=MONDO:0004979 {other}") in ("deny", "refer")


def test_diseases_are_read_from_a_file_of_the_site(tmp_path: Path) -> None:
    path = tmp_path / "diseases.tsv"
    path.write_text(
        f"# from MONDO\n{LUNG}\t{CANCER}\n{CANCER}\tMONDO:0000001\nMONDO:1\tMONDO:2\nMONDO:2\tMONDO:1\n"
    )
    problems = []
    found = Diseases.read(path, problems)
    assert problems == []
    assert found.above(LUNG) == {LUNG, CANCER, "MONDO:0000001"}
    assert found.above("MONDO:0000001") == {"MONDO:0000001"}
    assert found.above("MONDO:1") == {"MONDO:1", "MONDO:2"}  # a ring ends
    assert found.above(UNKNOWN) is None


def test_terms_have_short_names_both_ways() -> None:
    for name, term in (SYMBOLS | PURPOSES).items():
        assert spelled(name.lower()) == term
        assert shortened(f"{term}=x") == f"{name}=x"
    assert spelled("MONDO:1") == shortened("MONDO:1") == "MONDO:1"


@pytest.mark.parametrize(
    ("purpose", "granted", "given", "outcome"),
    [
        ((), False, {"count": "permit", "files": "refer", "run": "deny"}, Tier.COUNT),
        (("HMB",), False, {"count": "permit", "files": "permit", "run": "deny"}, Tier.RECORD),
        (("POA",), False, {"count": "deny", "files": "deny", "run": "deny"}, Tier.NONE),
        (("CTRL",), False, {"count": "permit", "files": "refer", "run": "deny"}, Tier.COUNT),
        ((), True, {"count": "permit", "files": "permit", "run": "permit"}, Tier.RECORD),
        (("CTRL",), True, {"count": "permit", "files": "permit", "run": "permit"}, Tier.RECORD),
        (("POA",), True, {"count": "deny", "files": "deny", "run": "deny"}, Tier.NONE),
    ],
)
def test_discovery_needs_no_purpose_and_records_do_unless_a_grant_says_it(
    purpose: tuple[str, ...], granted: bool, given: dict[str, str], outcome: Tier
) -> None:
    policy = Policy(clock=Clock())
    found = controlled(
        anonymous=Tier.RECORD,
        duo=(SYMBOLS["HMB"],),
        compute=Circle.CONTROLLED,
        download=Circle.ANONYMOUS,
    )
    caller = person(visa()) if granted else ANONYMOUS
    context = Context(tuple(map(spelled, purpose)))
    actions = {"count": Action.OMOP_COUNT, "files": Action.DRS_ACCESS, "run": Action.WES_RUN}
    said = {
        name: policy.decide(caller, action, [found], context)[0].outcome for name, action in actions.items()
    }
    assert said == given
    assert policy.decide(caller, Action.BEACON_RECORD, [found], context)[0].given is outcome


def test_terms_open_nothing_that_tiers_do_not() -> None:
    policy = Policy(clock=Clock())
    shut = dataset(duo=(SYMBOLS["NRES"],))
    for action in (each for each in Action if not each.on_site):
        decision = policy.decide(person(), action, [shut], Context((SYMBOLS["GRU"],)))[0]
        assert decision.outcome == "deny"
