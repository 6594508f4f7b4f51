"""Re-encryption to a caller's key, against the crypt4gh tools' own library."""

import base64
import io
import random
from pathlib import Path

import pytest
from crypt4gh import header as theirs
from crypt4gh import lib
from crypt4gh.keys import get_private_key, get_public_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from drs.streaming.crypt4gh import BadKey, read_header
from drs.streaming.crypt4gh_keys import public_key, site_keys
from drs.streaming.reencrypting import Reencrypting
from processes.errors import CannotStart
from tests.drs.streaming.streamed import site

PLAIN = random.Random(9).randbytes(65_536 * 3 + 1234)


def pair() -> tuple[bytes, bytes]:
    """A private and a public key."""
    private = X25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def encrypted(plain: bytes, *recipients: bytes) -> bytes:
    """As somebody encrypts with the tools."""
    out = io.BytesIO()
    lib.encrypt([(0, pair()[0], each) for each in recipients], io.BytesIO(plain), out)
    return out.getvalue()


def decrypted(content: bytes, private: bytes) -> bytes:
    """As the recipient decrypts with the tools."""
    out = io.BytesIO()
    lib.decrypt([(0, private, None)], io.BytesIO(content), out)
    return out.getvalue()


def b64(key: bytes) -> str:
    return base64.b64encode(key).decode()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "files").mkdir()
    return tmp_path / "data"


def running(data: Path):
    return site(data.parent / "files", reencrypts=Reencrypting(site_keys(data)))


def put(data: Path, content: bytes, name: str = "file.c4gh") -> None:
    (data.parent / "files" / name).write_bytes(content)


def to(public: bytes) -> dict[str, str]:
    """What a link says for somebody's key."""
    return {"method": "crypt4gh", "key": b64(public)}


def test_what_was_given_to_the_site_is_read_by_the_caller(data: Path):
    put(data, encrypted(PLAIN, site_keys(data).public))
    stored = (data.parent / "files" / "file.c4gh").read_bytes()
    private, public = pair()
    with running(data) as served:
        answer = served.get("file.c4gh", **to(public))
        assert answer.status == 200
        assert decrypted(answer.body, private) == PLAIN
        with pytest.raises(ValueError, match="No supported"):
            decrypted(answer.body, pair()[0])
        assert answer.body[124:] == stored[124:]  # the blocks as they lie there, after a header of one packet
        plain = served.get("file.c4gh")
        assert plain.body == stored  # for whom no key was given, as it is
        assert plain.headers["etag"] != answer.headers["etag"]


def test_ranges_are_of_one_and_the_same_file(data: Path):
    put(data, encrypted(PLAIN, pair()[1], site_keys(data).public, pair()[1]))
    private, public = pair()
    with running(data) as served:
        whole = served.get("file.c4gh", **to(public))
        size = len(whole.body)
        assert size == (data.parent / "files" / "file.c4gh").stat().st_size - 2 * 108  # packets of others
        rng = random.Random(3)
        for start, stop in [(0, 1), (10, 130), (124, size), (size - 1, size), *_some(rng, size, 30)]:
            part = served.get("file.c4gh", {"Range": f"bytes={start}-{stop - 1}"}, **to(public))
            assert (part.status, part.body) == (206, whole.body[start:stop])
        joined = b"".join(
            served.get("file.c4gh", {"Range": f"bytes={at}-{at + 9_999}"}, **to(public)).body
            for at in range(0, size, 10_000)
        )
        assert decrypted(joined, private) == PLAIN
        other = served.get("file.c4gh", **to(pair()[1]))
        assert other.headers["etag"] != whole.headers["etag"]
        assert other.body[:124] != whole.body[:124]


def _some(rng: random.Random, size: int, count: int) -> list[tuple[int, int]]:
    return [tuple(sorted(rng.sample(range(size + 1), 2))) for _ in range(count)]  # type: ignore[misc]


def test_an_edit_list_goes_along(data: Path):
    """A part of a file that the tools cut out is that part for the caller, too."""
    private, public = pair()
    out = io.BytesIO()
    keys = [(0, pair()[0], site_keys(data).public)]
    mine = pair()
    lib.rearrange(
        [(0, mine[0], mine[1])], io.BytesIO(encrypted(PLAIN, mine[1])), out, offset=70_000, span=50_000
    )
    cut = io.BytesIO()
    lib.reencrypt([(0, mine[0], None)], keys, io.BytesIO(out.getvalue()), cut)
    put(data, cut.getvalue())
    with running(data) as served:
        assert decrypted(served.get("file.c4gh", **to(public)).body, private) == PLAIN[70_000:120_000]


def test_keys_are_those_of_the_tools_and_old_ones_still_open(data: Path, tmp_path: Path):
    first = site_keys(data)
    assert site_keys(data).public == first.public
    path = data / "keys" / "crypt4gh.sec"
    assert path.stat().st_mode & 0o777 == 0o600
    (tmp_path / "site.pub").write_text(first.public_text())
    assert get_public_key(str(tmp_path / "site.pub")) == first.public
    assert get_private_key(str(path), lambda: "") == first.private[0].private_bytes_raw()
    put(data, encrypted(PLAIN, first.public))
    path.rename(data / "keys" / "crypt4gh-2025.sec")
    assert site_keys(data).public != first.public
    private, public = pair()
    with running(data) as served:
        assert decrypted(served.get("file.c4gh", **to(public)).body, private) == PLAIN
    path.write_text(
        "-----BEGIN CRYPT4GH PRIVATE KEY-----\nYzRnaC12MQAGc2NyeXB0\n-----END CRYPT4GH PRIVATE KEY-----\n"
    )
    with pytest.raises(CannotStart, match="without a passphrase"):
        site_keys(data)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"crypt4gh", b"BAM\1" * 100, b"crypt4gh\2\0\0\0\1\0\0\0" + bytes(200)),
        *(b"crypt4gh\1\0\0\0\0\0\0\0", b"crypt4gh\1\0\0\0\xff\xff\xff\xff" + bytes(200)),
        *(b"crypt4gh\1\0\0\0\1\0\0\0" + bytes(200), b"crypt4gh\1\0\0\0\1\0\0\0\xff\xff\xff\x7f" + bytes(200)),
        *(b"crypt4gh\1\0\0\0\1\0\0\0\x6c\0\0\0", encrypted(PLAIN, pair()[1])),
    ],
)
def test_what_is_not_encrypted_to_the_site_is_not_given_as_if(data: Path, content: bytes):
    put(data, content)
    with running(data) as served:
        answer = served.get("file.c4gh", **to(pair()[1]))
        assert (answer.status, b"cannot be re-encrypted" in answer.body) == (409, True)


def test_an_altered_header_opens_nothing(data: Path):
    good = bytearray(encrypted(b"plain", site_keys(data).public))
    with running(data) as served:
        for place in (24, 40, 60, 100, 123):
            bad = bytearray(good)
            bad[place] ^= 1
            put(data, bytes(bad))
            assert served.get("file.c4gh", **to(pair()[1])).status == 409


@pytest.mark.parametrize(
    "key", ["", "AAAA", "not base64!", b64(bytes(32)), b64(b"\1" + bytes(31)), b64(bytes(33))]
)
def test_a_key_that_is_none_is_refused(data: Path, key: str):
    """Also points of small order: what is encrypted to them anybody can read."""
    with pytest.raises(BadKey):
        public_key(key)
    put(data, encrypted(PLAIN, site_keys(data).public))
    with running(data) as served:
        assert served.get("file.c4gh", method="crypt4gh", key=key).status == 400


def test_public_keys_are_taken_as_the_tools_write_them():
    _, public = pair()
    text = f"-----BEGIN CRYPT4GH PUBLIC KEY-----\n{b64(public)}\n-----END CRYPT4GH PUBLIC KEY-----\n"
    assert public_key(text) == public_key(b64(public)) == b64(public)


def test_the_header_is_read_as_the_tools_read_it():
    content = encrypted(PLAIN, *(pair()[1] for _ in range(5)))
    stream = io.BytesIO(content)
    packets = list(theirs.parse(stream))
    ours = read_header(lambda start, stop: content[start:stop], len(content))
    assert (list(ours.packets), ours.length) == (packets, stream.tell())
