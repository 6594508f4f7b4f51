"""An OpenID provider for tests: it does all that it should, until a test has it misbehave."""

import hashlib
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.issuer import Handler, Issuer

CLIENT, SECRET = "the site", "s3cret/of the client"


class Idp(Issuer):
    """Gives codes to whoever a test says is logged in, and tokens for codes with the right verifier.

    `said` changes claims of ID tokens (ABSENT leaves one out), `header` their header, `key` what signs them;
    `about` changes what UserInfo says, `pkce` is false for a provider that does not look at the verifier.
    """

    def __init__(self, number: int = 0, algorithm: str = "ES256") -> None:
        super().__init__(algorithm, number)
        self.codes: dict[str, dict[str, str]] = {}
        self.forms: list[dict[str, str]] = []
        self.answers |= {"/token": self._token, "/userinfo": self._info}
        self.well()

    def well(self) -> None:
        """Does from now on all that it should."""
        self.said: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.key: Any = None
        self.about: dict[str, Any] = {}
        self.answer: dict[str, Any] = {}
        self.pkce = True
        self.answers |= {"/token": self._token, "/userinfo": self._info}

    def openid(self) -> dict[str, Any]:
        return super().openid() | {"authorization_endpoint": f"{self.url}/authorize"} | self.configuration

    def authorize(self, address: str, sub: str, **also: str) -> dict[str, str]:
        """What the browser brings back, after somebody has logged in at that address."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/authorize", address
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked | {"sub": sub, "auth_time": str(int(time.time()))}
        return {"code": code, "state": asked["state"], "iss": self.url} | also

    def _token(self, handler: Handler) -> None:
        length = int(handler.headers.get("content-length", "0"))
        body = parse_qs(handler.rfile.read(length).decode())
        form = {name: values[0] for name, values in body.items()}
        self.forms.append(form)
        pair = b64decode(handler.headers.get("authorization", "Basic ").removeprefix("Basic ")).decode()
        client, _, secret = pair.partition(":")
        if (unquote(client), unquote(secret)) != (CLIENT, SECRET):
            handler.says({"error": "invalid_client"}, 401)
            return
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or (self.pkce and _challenge(form["code_verifier"]) != asked["code_challenge"]):
            handler.says({"error": "invalid_grant"}, 400)
            return
        handler.says(self._given(asked))

    def _given(self, asked: dict[str, str]) -> dict[str, Any]:
        access, now = f"access {asked['sub']}", int(time.time())
        claims = {
            "iss": self.url, "sub": asked["sub"], "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], "at_hash": half(access), "auth_time": int(asked["auth_time"]),
        }  # fmt: skip
        token = self.signed({"typ": "JWT"} | self.header, claims | self.said, self.key)
        return {"access_token": access, "token_type": "Bearer", "id_token": token} | self.answer

    def _info(self, handler: Handler) -> None:
        sub = handler.headers.get("authorization", "").removeprefix("Bearer access ")
        handler.says({"sub": sub, "name": f"The {sub}", "email": f"{sub}@there.example"} | self.about)


def half(token: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
