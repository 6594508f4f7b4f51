"""The file of stores: what it may say, and what is refused with words that say what to change."""

import logging
import traceback
from pathlib import Path

import pytest

from drs.storage.errors import Missing, Outside, StoresInvalid
from drs.storage.file_of_stores import read_stores
from drs.storage.location import Location
from drs.storage.opening import check_stores, open_stores, path_in

S3 = '[[store]]\nname = "b"\nurl = "s3://bucket/a"\n'
AZ = '[[store]]\nname = "b"\nurl = "az://container"\n'


def written(data: Path, text: str) -> Path:
    path = path_in(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[store]\n", "line 1"),
        ("stores = []\n", "nothing else"),
        ('[store]\nname = "a"\n', "nothing else"),
        ('[[store]]\nname = "A b"\nurl = "/x"\n', "store 1: name"),
        ('[[store]]\nname = "a"\n', "store 1: url: Field required"),
        ('[[store]]\nname = "a"\nurl = "relative"\n', "absolute path"),
        ('[[store]]\nname = "a"\nurl = "ftp://x/y"\n', "absolute path"),
        ('[[store]]\nname = "a"\nurl = "file://elsewhere/y"\n', "absolute path"),
        ('[[store]]\nname = "a"\nurl = "/x"\nregion = "r"\n', "region is for buckets"),
        ('[[store]]\nname = "a"\nurl = "/x"\n' * 2, "two stores are called a"),
        ('[[store]]\nname = "a"\nurl = "s3://bucket/../x"\n', "one of dots"),
        ('[[store]]\nname = "a"\nurl = "s3://user:pw@bucket/x"\n', "a bucket and a prefix"),
        (S3 + 'endpoint = "http://minio.hospital.org"\n', "must begin with https://"),
        (S3 + 'endpoint = "https://a:b@minio.hospital.org"\n', "no user"),
        (S3 + 'endpoint = "https://minio.hospital.org/path"\n', "without a path"),
        (S3 + 'secret_access_key = "x"\n', "secret_access_key"),
        (S3 + 'secrets = {a = "b"}\n', "no such field"),
        (S3 + 'anonymous = true\ncredentials_file = "x"\n', "say one of"),
        (S3 + 'credentials_file = "nothing.toml"\n', "cannot be read"),
        (S3 + 'credentials_environment = "NOTHING_THERE"\n', "NOTHING_THERE_ACCESS_KEY_ID"),
        (S3 + 'account = "abc"\n', "account must be given for az://"),
        (AZ, "account must be given for az://"),
        (AZ + 'account = "abc"\nregion = "x"\n', "for s3:// only"),
        (S3 + 'ca_file = "nothing.pem"\n', "cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_by_place_and_reason(tmp_path: Path, text: str, said: str):
    path = written(tmp_path, text)
    with pytest.raises(StoresInvalid, match=said) as refused:
        open_stores(tmp_path)
    assert str(path) in refused.value.public


def test_secrets_lie_in_private_files_and_are_never_shown(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    path = written(tmp_path, S3 + 'credentials_file = "key.toml"\n')
    secret = path.with_name("key.toml")
    secret.write_text('access_key_id = "ID-OF-KEY"\nsecret_access_key = "verysecret"\n')
    secret.chmod(0o640)
    with pytest.raises(StoresInvalid, match="chmod 600"):
        open_stores(tmp_path)
    secret.chmod(0o600)
    [entry], store = read_stores(path), open_stores(tmp_path).get("b")
    said = f"{entry} {entry.model_dump()} {store!r} {vars(store)} {caplog.text}"
    assert "verysecret" not in said
    for broken in (
        'access_key_id = "ID-OF-KEY"\nsecret_access_key = verysecret\n',
        'secret_access_key = "verysecret"',
    ):
        secret.write_text(broken)
        with pytest.raises(StoresInvalid) as refused:
            open_stores(tmp_path)
        assert "verysecret" not in "".join(traceback.format_exception(refused.value))


def test_secrets_may_be_in_the_environment_under_a_name_of_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = written(tmp_path, S3 + 'credentials_environment = "COHORT"\n')
    monkeypatch.setenv("COHORT_ACCESS_KEY_ID", "ID")
    with pytest.raises(StoresInvalid, match="must be access_key_id, secret_access_key"):
        read_stores(path)
    monkeypatch.setenv("COHORT_SECRET_ACCESS_KEY", "verysecret")
    [entry] = read_stores(path)
    assert entry.secrets["secret_access_key"].get_secret_value() == "verysecret"


@pytest.mark.parametrize("scheme", ["gs", "az"])
def test_the_other_clouds_are_stores_too(tmp_path: Path, scheme: str):
    """Nothing is asked of them until they are used; what they then cannot do is said by name."""
    more = 'account = "hospital"\n' if scheme == "az" else ""
    written(
        tmp_path,
        f'[[store]]\nname = "c"\nurl = "{scheme}://cohort/a"\nanonymous = true\n'
        f'endpoint = "http://127.0.0.1:9"\n{more}',
    )
    stores = open_stores(tmp_path)
    assert stores.get("c").scheme == scheme
    assert stores.locate(f"{scheme}://cohort/a/b.bam") == Location("c", "b.bam")
    assert stores.get("c").presigned("b.bam", 60) is None
    [found] = check_stores(tmp_path)
    assert not found.ok
    assert f"{scheme}://cohort/a does not answer" in found.detail


def test_a_store_is_no_way_to_the_keys_of_the_site(tmp_path: Path):
    data = tmp_path / "data"
    (data / "keys").mkdir(parents=True)
    (data / "objects").mkdir()
    (tmp_path / "link").symlink_to(data / "keys")
    for root in (data, data / "keys", tmp_path, Path("/"), tmp_path / "link", data / "storage"):
        written(data, f'[[store]]\nname = "f"\nurl = "{root}"\n')
        with pytest.raises(StoresInvalid, match="keys are"):
            open_stores(data)
    written(data, f'[[store]]\nname = "f"\nurl = "{data}/objects"\n')
    assert [each.ok for each in check_stores(data)] == [True]


def test_places_are_found_by_the_nearest_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    data, files = tmp_path / "data", tmp_path / "files"
    (files / "inner").mkdir(parents=True)
    (tmp_path / "alias").symlink_to(files)
    written(
        data,
        f'[[store]]\nname = "outer"\nurl = "{tmp_path}/alias"\n\n[[store]]\nname = "inner"\nurl = "file://{files}/inner"\n',
    )
    stores = open_stores(data)
    assert stores.locate(f"{files}/a/b") == Location("outer", "a/b")
    assert stores.locate(f"{tmp_path}/alias/a/b") == Location("outer", "a/b")
    assert stores.locate(f"{files}/inner/x") == Location("inner", "x")
    assert stores.locate(f"file://{files}/inner/x%20y") == Location("inner", "x y")
    assert stores.locate(f"{files}/inner/../z") == Location("outer", "z")
    monkeypatch.chdir(files)
    assert stores.locate("a/b") == Location("outer", "a/b")  # as a person types it
    with pytest.raises(Outside):
        stores.locate("s3://bucket/a")  # no path, wherever one stands
    monkeypatch.chdir(tmp_path)
    for outside in (
        f"{files}/../secret",
        f"{files}x",
        "s3://bucket/a",
        "/etc/passwd",
        "file://other/etc",
        "",
    ):
        with pytest.raises(Outside):
            stores.locate(outside)
    with pytest.raises(Missing):
        stores.get("none")


def test_no_file_is_no_store_and_a_missing_folder_is_said(tmp_path: Path):
    assert list(open_stores(tmp_path)) == []
    written(tmp_path, '[[store]]\nname = "f"\nurl = "/nothing/there"\n')
    [found] = check_stores(tmp_path)
    assert (found.ok, "/nothing/there" in found.detail) == (False, True)
