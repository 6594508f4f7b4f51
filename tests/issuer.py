"""Issuers of our own for tests: brokers and visa issuers on real loopback servers, which sign anything.

    with Issuer() as broker, Issuer() as visas:
        trust = trust_text([broker], [visas], issuer_lines=f'subjects_of = "{broker.url}"')
        broker.gives("alice", [visas.visa("alice", "ControlledAccessGrants", "https://data.example/1")])
        token = broker.access_token("alice")

Every header and claim can be overridden, or left out with `ABSENT`, so that hostile tokens are one call away.
Each server counts what it is asked: `asked["/jwks"]`, `total`.
"""

import json
import ssl
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote

from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry, serialize_compact

ABSENT: Any = object()
"""The value of a header or claim that is to be left out."""

SITE = "https://site.example/beacon"
"""What the tests' site is called in `aud`."""

SOURCE = "https://dac.example/committee"
REGISTERED = "https://doi.org/10.1038/s41431-018-0219-y"
TYPES = ("AffiliationAndRole", "AcceptedTermsAndPolicies", "ResearcherStatus", "ControlledAccessGrants",
         "LinkedIdentities")  # fmt: skip
PASSPORT = "urn:ga4gh:params:oauth:token-type:passport"
CLIENT, SECRET = "insitu-site", "s3cret of the/site"


class _Anything(JWSRegistry):
    max_header_length = max_payload_length = max_signature_length = 10_000_000

    def check_header(self, header: Any) -> None:
        """Signs whatever it is given."""


@cache
def key_pair(kind: str, _number: int = 0, size: int = 2048) -> Any:
    """The key of that kind (RS256 or ES256) and number, made once for a test run."""
    return RSAKey.generate_key(size) if kind == "RS256" else ECKey.generate_key("P-256")


def sign(header: dict[str, Any], claims: Any, key: Any) -> str:
    """A compact JWS with whatever algorithm; ABSENT members are left out."""
    payload = json.dumps(_present(claims) if isinstance(claims, dict) else claims).encode()
    allowed = list(JWSRegistry.algorithms)
    return serialize_compact(_present(header), payload, key, allowed, registry=_Anything(algorithms=allowed))


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: str = "") -> str:
    """A token that nobody signed."""
    return f"{encoded(header)}.{encoded(claims)}.{signature}"


def encoded(part: Any) -> str:
    """A part of a token: JSON, or bytes as they are, in base64url."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not ABSENT}


class Issuer:
    """A broker and visa issuer: signs access tokens, passports and visas, and serves what OpenID wants.

    `kid` names the key it signs with; `published` are the keys in its JWKS. `clock` gives Unix time.
    `answers[path]` replaces an answer by a function of the handler, for servers that misbehave.
    """

    def __init__(self, algorithm: str = "ES256", number: int = 0, clock: Callable[[], float] = time.time):
        self.algorithm = algorithm
        self.clock = clock
        self.kid = "key-1"
        self.keys = {self.kid: key_pair(algorithm, number)}
        self.published = {self.kid}
        self.asked: Counter[str] = Counter()
        self.answers: dict[str, Callable[[Handler], None]] = {}
        self.configuration: dict[str, Any] = {}
        self.passports: dict[str, list[Any]] = {}
        self.revoked: set[str] = set()
        self.exchange_changes: dict[str, Any] = {}
        self.credentials: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.issuer = self  # type: ignore[attr-defined]
        self.lock = threading.Lock()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stops answering; connections are refused from now on."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def over_tls(self, context: ssl.SSLContext) -> None:
        """Has the server speak TLS from now on."""
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )

    @property
    def url(self) -> str:
        """The issuer's name, which is its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def jku(self) -> str:
        """Where its keys are."""
        return f"{self.url}/jwks"

    @property
    def total(self) -> int:
        """How many requests it got."""
        return sum(self.asked.values())

    # What it signs.

    def access_token(self, sub: str = "alice", *, header: Any = None, key: Any = None, **claims: Any) -> str:
        """A passport-scoped access token for the tests' site."""
        now = int(self.clock())
        made = {
            "iss": self.url, "sub": sub, "aud": SITE, "iat": now, "exp": now + 3600,
            "scope": "openid ga4gh_passport_v1", "client_id": "workbench",
        }  # fmt: skip
        return self.signed({"typ": "at+jwt"} | (header or {}), made | claims, key)

    def passport(
        self, sub: str, visas: Iterable[Any], *, header: Any = None, key: Any = None, **claims: Any
    ) -> str:
        """A passport with these visas."""
        now = int(self.clock())
        made = {
            "iss": self.url, "sub": sub, "aud": [SITE, CLIENT], "iat": now, "exp": now + 3600, "jti": "p-1",
            "ga4gh_passport_v1": list(visas),
        }  # fmt: skip
        return self.signed({"typ": "vnd.ga4gh.passport+jwt"} | (header or {}), made | claims, key)

    def visa(
        self,
        sub: str = "alice",
        type_: Any = "ControlledAccessGrants",
        value: Any = "https://data.example/1",
        *,
        header: Any = None,
        key: Any = None,
        said: Any = None,
        **claims: Any,
    ) -> str:
        """A visa; `said` overrides what is inside `ga4gh_visa_v1`."""
        now = int(self.clock())
        inside = {"type": type_, "asserted": now - 86_400, "value": value, "source": SOURCE, "by": "so"}
        made = {
            "iss": self.url, "sub": sub, "iat": now, "exp": now + 3600, "jti": "v-1",
            "ga4gh_visa_v1": _present(inside | (said or {})),
        }  # fmt: skip
        usual = {"typ": "vnd.ga4gh.visa+jwt", "jku": self.jku}
        return self.signed(usual | (header or {}), made | claims, key)

    def signed(self, header: dict[str, Any], claims: Any, key: Any = None) -> str:
        """Anything at all, signed with the key in use, or with another."""
        full = {"alg": self.algorithm, "kid": self.kid} | header
        return sign(full, claims, key or self.keys[self.kid])

    # What it holds.

    def gives(self, sub: str, visas: Iterable[Any]) -> None:
        """Has UserInfo and token exchange give these visas for that subject."""
        self.passports[sub] = list(visas)

    def rotate(self, kid: str, number: int, *, keep: bool = False) -> None:
        """Signs with another key from now on; the old one is published on where `keep` says so."""
        self.keys[kid] = key_pair(self.algorithm, number)
        self.published = (self.published if keep else set()) | {kid}
        self.kid = kid

    def jwks(self) -> dict[str, Any]:
        """The keys that it publishes."""
        return {
            "keys": [
                self.keys[kid].as_dict(private=False) | {"kid": kid, "use": "sig", "alg": self.algorithm}
                for kid in sorted(self.published)
            ]
        }

    def openid(self) -> dict[str, Any]:
        """Its OpenID configuration."""
        return {
            "issuer": self.url,
            "jwks_uri": self.jku,
            "userinfo_endpoint": f"{self.url}/userinfo",
            "token_endpoint": f"{self.url}/token",
        } | self.configuration


class Handler(BaseHTTPRequestHandler):
    """One request to an issuer."""

    protocol_version = "HTTP/1.1"

    @property
    def issuer(self) -> Issuer:
        """Whose server this is."""
        found: Issuer = self.server.issuer  # type: ignore[attr-defined]
        return found

    def do_GET(self) -> None:
        """Configuration, keys and UserInfo."""
        self._answer({
            "/.well-known/openid-configuration": lambda: self.says(self.issuer.openid()),
            "/jwks": lambda: self.says(self.issuer.jwks()),
            "/userinfo": self._userinfo,
        })  # fmt: skip

    def do_POST(self) -> None:
        """Token exchange."""
        self._answer({"/token": self._exchange})

    def says(self, value: Any, status: int = 200, media_type: str = "application/json") -> None:
        """Answers with JSON, or with bytes as they are."""
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        with suppress(OSError):  # who asked has left: tests of patience are full of that
            self.send_response(status)
            self.send_header("content-type", media_type)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    def claims_of(self, token: str) -> dict[str, Any]:
        """What a token of ours says; it signed it, so it need not look closer."""
        part = token.split(".")[1]
        found: dict[str, Any] = json.loads(b64decode(part + "=" * (-len(part) % 4), b"-_"))
        return found

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def _answer(self, known: dict[str, Callable[[], None]]) -> None:
        path = self.path.partition("?")[0]
        with self.issuer.lock:
            self.issuer.asked[path] += 1
        if path in self.issuer.answers:
            self.issuer.answers[path](self)
        else:
            known.get(path, lambda: self.says({"error": "unknown"}, 404))()

    def _userinfo(self) -> None:
        token = self.headers.get("authorization", "").removeprefix("Bearer ")
        if token in self.issuer.revoked:
            self.says({"error": "invalid_token"}, 401)
            return
        sub = self.claims_of(token)["sub"]
        self.says({"sub": sub, "ga4gh_passport_v1": self.issuer.passports.get(sub, [])})

    def _exchange(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        pair = b64decode(self.headers.get("authorization", "Basic ").removeprefix("Basic ")).decode()
        client, _, secret = pair.partition(":")
        self.issuer.credentials.append(pair)
        if (unquote(client), unquote(secret)) != (CLIENT, SECRET):
            self.says({"error": "invalid_client"}, 401)
            return
        wanted = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "requested_token_type": PASSPORT,
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        }
        token = form.get("subject_token", "")
        wrong = any(form.get(name) != value for name, value in wanted.items())
        if wrong or token in self.issuer.revoked or token.count(".") != 2:
            self.says({"error": "invalid_request"}, 400)
            return
        sub = self.claims_of(token)["sub"]
        passport = self.issuer.passport(sub, self.issuer.passports.get(sub, []))
        self.says({
            "access_token": passport, "issued_token_type": PASSPORT, "token_type": "N_A", "expires_in": 3600,
        } | self.issuer.exchange_changes)  # fmt: skip


def trust_text(
    brokers: Iterable[Issuer] = (),
    visas: Iterable[Issuer] = (),
    *,
    broker_lines: str = "",
    issuer_lines: str = "",
    types: Iterable[str] = TYPES,
    top: str = "",
) -> str:
    """A `trust.toml` that trusts these, and SOURCE for all types."""
    parts = [f'audiences = ["{SITE}"]\n{top}\n']
    parts += [f'[[broker]]\nissuer = "{each.url}"\n{broker_lines}\n' for each in brokers]
    parts += [
        f'[[visa_issuer]]\nissuer = "{each.url}"\njku = ["{each.jku}"]\n{issuer_lines}\n' for each in visas
    ]
    parts.append("[sources]\n" + "".join(f'"{each}" = ["{SOURCE}"]\n' for each in types))
    return "\n".join(parts)
