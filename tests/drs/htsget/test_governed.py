"""htsget over a site's objects: decided, on record with what was asked, fetched from signed addresses."""

import shutil
from pathlib import Path

import htsget
import pytest

from drs.htsget.app import BASE_PATH
from serving.testing import served
from tests.drs.htsget.tickets import ask, joined, reads, saved, variants
from tests.drs.site import Site, entry
from tests.governance.audit.trails import bodies

REGION = ("chr1", 1_000_000, 1_400_000)
ASKED = dict(zip(("referenceName", "start", "end"), REGION, strict=True))


@pytest.fixture(scope="module")
def identifiers(site: Site, bam: Path, variants_files) -> dict[str, str]:
    """The ids of reads and variants in datasets, registered with their indexes."""
    calls = variants_files["bgzip, tbi"][1]
    found = {}
    for dataset in ("open", "controlled", "secret"):
        sources = {"slice.bam": bam, "slice.bam.bai": Path(f"{bam}.bai"), "slice.vcf.gz": calls}
        sources["slice.vcf.gz.tbi"] = Path(f"{calls}.tbi")
        for name, source in sources.items():
            shutil.copy(source, site.root / dataset / name)
        made = site.registrar.register([entry(dataset, site.root, f"{dataset}/{name}") for name in sources])
        for name, each in zip(sources, made, strict=True):
            found[f"{dataset}/{name}"] = each.id
    return found


def get(site, kind, identifier, headers, **parameters):
    return site.http.get(f"{BASE_PATH}/{kind}/{identifier}", params=parameters or ASKED, headers=headers)


@pytest.mark.usefixtures("reads_files")
def test_who_may_gets_the_slice_and_the_record_says_which(site, identifiers, bam, tmp_path):
    before = len(bodies(site.database))
    answer = get(site, "reads", identifiers["controlled/slice.bam"], site.granted())
    assert answer.status_code == 200, answer.text
    told = answer.json()["htsget"]
    made = saved(tmp_path, joined(site.http, told), "BAM")
    assert reads(made, REGION) == reads(bam, REGION) != []
    rows = [each for each in bodies(site.database)[before:] if each["kind"] == "answer"]
    assert {each["action"] for each in rows} == {"drs:stream"}
    assert rows[0]["question"]["regions"] == [list(REGION)]
    assert len(rows) == 1 + sum("headers" in each for each in told["urls"])


@pytest.mark.usefixtures("reads_files")
def test_who_may_not_gets_no_byte_and_learns_nothing_of_secrets(site, identifiers):
    controlled, secret = identifiers["controlled/slice.bam"], identifiers["secret/slice.bam"]
    stranger = site.token("stranger")
    for headers, status, error in (({}, 401, "InvalidAuthentication"), (stranger, 403, "PermissionDenied")):
        answer = get(site, "reads", controlled, headers)
        assert (answer.status_code, answer.json()["htsget"]["error"]) == (status, error)
        hidden, absent = get(site, "reads", secret, headers), get(site, "reads", "absent", headers)
        assert hidden.status_code == absent.status_code
        assert hidden.content == absent.content
    assert get(site, "reads", secret, site.granted()).status_code == 200


@pytest.mark.usefixtures("reads_files")
def test_a_file_that_changed_since_it_was_registered_is_not_sliced(site, identifiers):
    path = site.root / "open" / "slice.vcf.gz"
    identifier = identifiers["open/slice.vcf.gz"]
    assert get(site, "variants", identifier, {}).status_code == 200
    kept = path.read_bytes()
    told = get(site, "variants", identifier, {}, format="VCF").json()["htsget"]  # the whole of it
    ranged = next(each for each in told["urls"] if "headers" in each)
    path.write_bytes(kept)
    refused = get(site, "variants", identifier, {})
    assert refused.status_code in (409, 410)
    assert set(refused.json()["htsget"]) >= {"error", "message"}
    assert site.http.get(ranged["url"], headers=ranged["headers"]).status_code >= 400


def test_the_client_of_others_is_governed_like_everybody(site, identifiers, variants_files, tmp_path):
    identifier = identifiers["controlled/slice.vcf.gz"]
    token = site.granted()["Authorization"].removeprefix("Bearer ")
    with served(site.whole) as url, (tmp_path / "fetched").open("wb") as out:
        place = f"{url}{BASE_PATH}/variants/{identifier}"
        with pytest.raises(htsget.exceptions.ClientError):
            htsget.get(place, out, reference_name="chr1", start=REGION[1], end=REGION[2], max_retries=0)
        htsget.get(
            place,
            out,
            reference_name="chr1",
            start=REGION[1],
            end=REGION[2],
            max_retries=0,
            bearer_token=token,
        )
    made = saved(tmp_path, (tmp_path / "fetched").read_bytes(), "VCF")
    assert variants(made, REGION) == variants(variants_files["bgzip, tbi"][1], REGION) != []


def test_an_object_of_the_other_kind_is_not_there(site, identifiers):
    assert ask(site.http, "variants", identifiers["open/slice.bam"]).status_code == 404
    assert ask(site.http, "reads", identifiers["open/slice.bam.bai"]).status_code == 404
