"""The protocol: tickets, classes, errors by name and status, GET and POST, what the documents say."""

import os
import re
from pathlib import Path

import pysam.samtools
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from jsonschema import Draft4Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from drs.htsget.app import BASE_PATH
from openapi import document
from serving.testing import client
from tests.drs.htsget.local import LocalFiles, app_of
from tests.drs.htsget.tickets import ask, joined, reads, saved, ticket

REGION = {"referenceName": "chr1", "start": 100_000, "end": 200_000}
STATUS = {
    "InvalidInput": 400,
    "InvalidRange": 400,
    "UnsupportedFormat": 400,
    "InvalidAuthentication": 401,
    "PermissionDenied": 403,
    "NotFound": 404,
    "PayloadTooLarge": 413,
}
SCHEMA = schemathesis.openapi.from_dict(yaml.safe_load(document("htsget").read_text()))


@pytest.fixture(scope="module")
def bam_id(reads_files):
    return reads_files["bam, bai"][0]


@pytest.fixture(scope="module")
def vcf_id(variants_files):
    return variants_files["bgzip, tbi"][0]


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"format": "SAM"}, "UnsupportedFormat"),
        ({"format": "VCF"}, "UnsupportedFormat"),
        ({"format": "CRAM"}, "UnsupportedFormat"),
        ({"class": "body"}, "InvalidInput"),
        ({"class": "header", "referenceName": "chr1"}, "InvalidInput"),
        ({"class": "header", "tags": ""}, "InvalidInput"),
        ({"class": "header", "fields": "QNAME"}, "InvalidInput"),
        ({"referenceName": "20"}, "NotFound"),
        ({"referenceName": "1"}, "NotFound"),
        ({"referenceName": ""}, "InvalidInput"),
        ({"start": 1}, "InvalidInput"),
        ({"end": 1}, "InvalidInput"),
        ({"referenceName": "*", "start": 0}, "InvalidInput"),
        ({"referenceName": "*", "end": 9}, "InvalidInput"),
        ({**REGION, "end": 99_999}, "InvalidRange"),
        ({**REGION, "start": -1}, "InvalidInput"),
        ({**REGION, "start": "x"}, "InvalidInput"),
        ({**REGION, "end": 2**32}, "InvalidInput"),
        ({"fields": "QNAME,NAME"}, "InvalidInput"),
        ({"fields": "QNAME,"}, "InvalidInput"),
        ({"tags": "NM", "notags": "ZZ,NM"}, "InvalidInput"),
        ({"tags": "N-M"}, "InvalidInput"),
        ({"refrenceName": "chr1"}, "InvalidInput"),
        ([("referenceName", "chr1"), ("referenceName", "chr2")], "InvalidInput"),
    ],
)
def test_what_is_wrong_with_a_get_is_said_by_the_standards_name(http, bam_id, parameters, error):
    answer = http.get(f"{BASE_PATH}/reads/{bam_id}", params=parameters)
    refused(answer, error)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"regions": []}, "InvalidInput"),
        ({"regions": [{"start": 1, "end": 2}]}, "InvalidInput"),
        ({"regions": [{"referenceName": "chr1", "start": 5, "end": 5}]}, "InvalidRange"),
        ({"regions": [{"referenceName": "chr1", "start": 5, "end": 4}]}, "InvalidRange"),
        ({"regions": [{"referenceName": "chr1"}, {"referenceName": "no"}]}, "NotFound"),
        ({"regions": [{"referenceName": "*", "start": 5}]}, "InvalidInput"),
        ({"regions": [{"referenceName": "chr1", "start": "5"}]}, "InvalidInput"),
        ({"regions": [{"referenceName": "chr1", "begin": 5}]}, "InvalidInput"),
        ({"referenceName": "chr1"}, "InvalidInput"),
        ({"class": "header", "regions": [{"referenceName": "chr1"}]}, "InvalidInput"),
        ({"format": "cram"}, "UnsupportedFormat"),
        ({"fields": ["NAME"]}, "InvalidInput"),
        ({"tags": ["NM"], "notags": ["NM"]}, "InvalidInput"),
        ([], "InvalidInput"),
        (
            {"regions": [{"referenceName": "chr1", "start": n, "end": n + 1} for n in range(40_000)]},
            "PayloadTooLarge",
        ),
    ],
)
def test_what_is_wrong_with_a_post_is_said_by_the_standards_name(http, bam_id, body, error):
    refused(http.post(f"{BASE_PATH}/reads/{bam_id}", json=body), error)


def refused(answer, error):
    assert answer.status_code == STATUS[error], answer.text
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["htsget"]
    assert answer.json()["htsget"]["error"] == error, answer.text
    assert answer.json()["htsget"]["message"].endswith(".")


def test_a_post_takes_no_query_and_each_door_has_its_error(http, bam_id, vcf_id):
    refused(http.post(f"{BASE_PATH}/reads/{bam_id}?format=BAM", json={}), "InvalidInput")
    refused(ask(http, "reads", "absent"), "NotFound")
    refused(ask(http, "reads", vcf_id), "NotFound")
    refused(ask(http, "reads", "forbidden"), "PermissionDenied")
    broken = http.get(f"{BASE_PATH}/reads/{bam_id}", headers={"Authorization": "Bearer broken"})
    refused(broken, "InvalidAuthentication")
    assert broken.headers["www-authenticate"].startswith("Bearer")
    assert (
        http.request("DELETE", f"{BASE_PATH}/reads/{bam_id}").json()["htsget"]["error"] == "MethodNotAllowed"
    )


def test_an_unknown_reference_is_not_guessed_but_its_other_name_is_told(http, bam_id):
    told = ask(http, "reads", bam_id, referenceName="1").json()["htsget"]["message"]
    assert told == "This object has no reference sequence 1: here it is chr1."


@pytest.mark.parametrize(
    "parameters",
    [
        {**REGION, "start": 2**32 - 1, "end": 2**32 - 1},
        {**REGION, "start": 150_000, "end": 150_000},
        {"referenceName": "empty"},
    ],
)
def test_where_there_is_nothing_the_answer_is_a_header_and_an_end(http, bam_id, vcf_id, parameters):
    for kind, identifier in (("reads", bam_id), ("variants", vcf_id)):
        told = ticket(http, kind, identifier, **parameters)
        assert [each["class"] for each in told["urls"]] == ["header", "body"]
        assert told["urls"][1]["url"].endswith(";base64,H4sIBAAAAAAA/wYAQkMCABsAAwAAAAAAAAAAAA==")


def test_get_and_post_give_one_ticket_and_every_url_has_its_class(http, bam_id, reads_files):
    for identifier, format_ in ((bam_id, "BAM"), (reads_files["cram"][0], "cram")):
        got = ticket(http, "reads", identifier, format=format_, **REGION)
        assert got == ticket(http, "reads", identifier, {"format": format_, "regions": [REGION]})
        assert got["format"] == format_.upper()
        assert [each["class"] for each in got["urls"]] == ["header"] + ["body"] * (len(got["urls"]) - 1)
        ranged = [each for each in got["urls"] if "headers" in each]
        assert ranged
        assert all(re.fullmatch(r"bytes=\d+-\d+", each["headers"]["Range"]) for each in ranged)
        assert all(each["headers"]["X-Block"] == "granted" for each in ranged)
    assert ticket(http, "reads", bam_id, {}) == ticket(http, "reads", bam_id)


def test_fields_and_tags_are_taken_and_everything_is_given(http, bam_id, vcf_id):
    some = {"fields": "QNAME,POS", "tags": "", "notags": "NM,ZZ"}
    assert ticket(http, "reads", bam_id, **REGION, **some) == ticket(http, "reads", bam_id, **REGION)
    repeated = [*REGION.items(), ("tags", "NM"), ("tags", "ZZ")]  # as made from the official document
    assert http.get(f"{BASE_PATH}/reads/{bam_id}", params=repeated).json()["htsget"]["format"] == "BAM"
    said = {"tags": ["END", "GT"], "notags": ["T"], "regions": [REGION]}
    assert ticket(http, "variants", vcf_id, said) == ticket(http, "variants", vcf_id, **REGION)
    about = http.get(f"{BASE_PATH}/reads/service-info").json()["htsget"]
    assert (about["fieldsParameterEffective"], about["tagsParametersEffective"]) == (False, False)


def test_what_was_asked_is_handed_to_who_decides_and_records(http, files, bam_id):
    ticket(http, "reads", bam_id, {"regions": [REGION, {"referenceName": "*"}]})
    identifier, kind, _, request, asked = files.asked[-1]
    assert (identifier, kind) == (bam_id, "reads")
    assert request
    assert asked == {
        "kind": "reads",
        "format": "BAM",
        "regions": [["chr1", 100_000, 200_000], ["*", None, None]],
        "count": 2,
    }


def test_older_versions_may_be_named_in_accept(http, bam_id):
    path = f"{BASE_PATH}/reads/{bam_id}?class=header"
    for accepted in ("application/vnd.ga4gh.htsget.v1.0.0+json", "application/json", "*/*"):
        assert http.get(path, headers={"Accept": accepted}).status_code == 200
    assert http.get(path, headers={"Accept": "text/html"}).status_code == 406


def test_ids_with_slashes_are_sent_encoded_and_service_info_is_no_id(files, http, bam):
    files.add(bam, "BAM", f"{bam}.bai", identifier="study/one.bam")
    assert ask(http, "reads", "study%2Fone.bam").status_code == 200
    assert http.get(f"{BASE_PATH}/reads/service-info").json()["id"] == "org.insitu.htsget-reads"
    assert http.get(f"{BASE_PATH}/variants/service-info").json()["htsget"]["formats"] == ["VCF", "BCF"]


def test_an_object_without_index_is_had_whole_or_not_at_all(files, http, bam):
    bare = files.add(bam, "BAM")
    assert ask(http, "reads", bare).status_code == 200
    assert ask(http, "reads", bare, **{"class": "header"}).status_code == 200
    refused(ask(http, "reads", bare, **REGION), "InvalidRange")


@pytest.mark.shared
def test_answers_are_valid_by_the_official_document(http, shared, bam_id, vcf_id):
    official = yaml.safe_load((shared / "specs/hts-specs/pub/htsget-openapi.yaml").read_text())
    info = yaml.safe_load((shared / "specs/service-info/1.0.0/service-info.yaml").read_text())
    name = "https://raw.githubusercontent.com/ga4gh-discovery/ga4gh-service-info/v1.0.0/service-info.yaml"
    registry = Registry().with_resources(
        [("urn:htsget", DRAFT4.create_resource(official)), (name, DRAFT4.create_resource(info))]
    )

    def check(answer, schema):
        Draft4Validator({"$ref": f"urn:htsget#/components/schemas/{schema}"}, registry=registry).validate(
            answer.json()
        )

    check(ask(http, "reads", bam_id, **REGION), "htsgetResponseReads")
    check(ask(http, "variants", vcf_id, **REGION), "htsgetResponseVariants")
    check(ask(http, "variants", vcf_id, **{"class": "header"}), "htsgetResponseVariants")
    check(ask(http, "reads", "absent"), "NotFoundError")
    for kind in ("reads", "variants"):
        check(http.get(f"{BASE_PATH}/{kind}/service-info"), "htsgetServiceInfo")


@SCHEMA.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_request_that_the_document_describes_ends_in_a_server_error(case, bam_id, http):
    sent = case.as_transport_kwargs()
    path = re.sub(r"/(reads|variants)/(?!service-info).*", rf"/\1/{bam_id}", case.formatted_path)
    answer = http.request(case.method, BASE_PATH + path, params=sent.get("params"), json=sent.get("json"))
    assert answer.status_code < 500, answer.text


def test_every_test_that_the_conformance_page_names_exists():
    here = Path(__file__).parents[2]
    named = set(re.findall(r"`(test_\w+)`", (here.parent / "docs/conformance/htsget.md").read_text()))
    written = {
        name for file in here.rglob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    assert named
    assert named <= written, named - written


def test_nothing_that_was_opened_stays_open(bam):
    files = LocalFiles()
    files.add(bam, "BAM", f"{bam}.bai", identifier="a")
    with client(app_of(files)) as http:
        assert ask(http, "reads", "a", **REGION).status_code == 200
        refused(ask(http, "reads", "a", referenceName="no"), "NotFound")
        refused(ask(http, "reads", "a", format="CRAM"), "UnsupportedFormat")
    assert len(files.opened) == 6
    assert all(each.closed for each in files.opened)


def test_a_large_header_is_a_range_of_the_file(files, http, tmp_path):
    header = pysam.AlignmentHeader.from_dict(
        {
            "SQ": [{"SN": f"c{number}", "LN": 1_000, "M5": os.urandom(16).hex()} for number in range(12_000)],
        }
    )
    path = tmp_path / "large.bam"
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        read = pysam.AlignedSegment(header)
        read.query_name, read.reference_id, read.reference_start, read.cigartuples = "r", 9_999, 5, [(0, 4)]
        read.query_sequence = "ACGT"
        file.write(read)
    pysam.samtools.index(str(path))
    identifier = files.add(path, "BAM", f"{path}.bai")
    told = ticket(http, "reads", identifier, referenceName="c9999")
    assert told["urls"][0]["headers"]["Range"].startswith("bytes=0-")
    assert told["urls"][0]["class"] == "header"
    assert sum(len(each["url"]) for each in told["urls"]) < 200_000
    made = saved(tmp_path, joined(http, told), "BAM")
    assert len(reads(made, ("c9999", 0, 1_000))) == 1
