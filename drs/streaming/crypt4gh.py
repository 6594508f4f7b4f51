"""Crypt4GH 1.0, as far as a site needs it: reading a header with its own keys, writing one for somebody else.

The data blocks of a file are encrypted under a data key, and the header holds that key once for each
recipient. So a file goes to a new recipient with a new header before the same blocks.
"""

import hashlib
import struct
from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from serving.reasons import Conflict, Invalid

MAGIC = b"crypt4gh"
_VERSION = 1
_START = struct.Struct("<8sII")
_NUMBER = struct.Struct("<I")
_KEY = 32
_NONCE = 12
_TAG = 16
_X25519_CHACHA20 = b"\0\0\0\0"
_DATA_KEY = 0
_PACKETS_MOST = 1000
_HEADER_LONGEST = 4_194_304  # bytes: an edit list is in it, too

Reads = Callable[[int, int], bytes]
"""Gives the bytes of a file from an offset up to another."""


class NotEncrypted(Conflict):
    """The object is no Crypt4GH file that this site can open."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This object cannot be re-encrypted: {why}.")


class BadKey(Invalid):
    """What should be somebody's public key is none."""

    def __init__(self) -> None:
        super().__init__("The public key must be that of a Crypt4GH key pair: 32 bytes, in base64.")


class Header:
    """A header: its length in the file, and its packets as they are sent, for whom ever they are."""

    def __init__(self, length: int, packets: Sequence[bytes]) -> None:
        self.length = length
        self.packets = packets

    def digest(self) -> bytes:
        """What tells it from every other."""
        return hashlib.sha256(b"".join(_NUMBER.pack(len(each)) + each for each in self.packets)).digest()

    def opened(self, keys: Sequence[X25519PrivateKey]) -> list[bytes]:
        """What the packets say that are for one of the keys; others are passed over, as the standard has it.

        Raises:
            NotEncrypted: no data key is among them.
        """
        found = [text for each in self.packets for text in [_first(each, keys)] if text is not None]
        if not any(each[:4] == _NUMBER.pack(_DATA_KEY) for each in found):
            raise NotEncrypted("it is not encrypted to a key of this site")
        return found


def read_header(read: Reads, size: int) -> Header:
    """The header of a file of `size` bytes.

    Raises:
        NotEncrypted: it has none, or one that is broken, of another version, or larger than 4 MiB.
    """
    if size < _START.size:
        raise NotEncrypted("it is no Crypt4GH file")
    magic, version, count = _START.unpack(read(0, _START.size))
    if magic != MAGIC:
        raise NotEncrypted("it is no Crypt4GH file")
    if version != _VERSION or count > _PACKETS_MOST:
        raise NotEncrypted("its header is of a version or length that this site does not know")
    packets, at = [], _START.size
    for _ in range(count):
        length = _NUMBER.unpack(read(at, at + 4))[0] if at + 4 <= size else 0
        if length < 8 + _KEY + _NONCE + _TAG or at + length > min(size, _HEADER_LONGEST):
            raise NotEncrypted("its header is broken")
        packets.append(read(at + 4, at + length))
        at += length
    return Header(at, packets)


def written(texts: Sequence[bytes], recipient: bytes, secret: bytes) -> bytes:
    """A header that says these texts to the recipient, a public key.

    The writer's key pair and the nonces come from `secret`, which must be of this recipient and these texts
    alone: whoever asks for a file in ranges gets the same header each time, and no nonce serves two texts.

    Raises:
        BadKey: the recipient's is no key that anything may be encrypted to.
    """
    drawn = HKDF(SHA256(), _KEY + _NONCE * len(texts), None, b"insitu crypt4gh header").derive(secret)
    writer = X25519PrivateKey.from_private_bytes(drawn[:_KEY])
    own = writer.public_key().public_bytes_raw()
    shared = _shared(writer, recipient, reader=recipient, writing=own)
    packets = b""
    for number, text in enumerate(texts):
        nonce = drawn[_KEY + _NONCE * number :][:_NONCE]
        packet = _X25519_CHACHA20 + own + nonce + ChaCha20Poly1305(shared).encrypt(nonce, text, None)
        packets += _NUMBER.pack(len(packet) + 4) + packet
    return _START.pack(MAGIC, _VERSION, len(texts)) + packets


def _first(packet: bytes, keys: Sequence[X25519PrivateKey]) -> bytes | None:
    """What a packet says to one of the keys; None where it is for none of them."""
    if packet[:4] != _X25519_CHACHA20:
        return None
    writer, nonce = packet[4 : 4 + _KEY], packet[4 + _KEY : 4 + _KEY + _NONCE]
    for key in keys:
        try:
            shared = _shared(key, writer, reader=key.public_key().public_bytes_raw(), writing=writer)
            return ChaCha20Poly1305(shared).decrypt(nonce, packet[4 + _KEY + _NONCE :], None)
        except (InvalidTag, BadKey):
            continue
    return None


def _shared(own: X25519PrivateKey, other: bytes, *, reader: bytes, writing: bytes) -> bytes:
    """The key of a packet, the same on both sides (the standard's 2.2, which is libsodium's key exchange)."""
    try:
        exchanged = own.exchange(X25519PublicKey.from_public_bytes(other))
    except ValueError:  # of a wrong length, or a point of small order, whose secret everybody knows
        raise BadKey from None
    return hashlib.blake2b(exchanged + reader + writing, digest_size=64).digest()[:_KEY]
