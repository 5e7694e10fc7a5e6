"""Servers that sign people in, for tests: an OpenID Connect provider, a portal with plain OAuth 2, a CAS server.

Each follows its specification from the server's side and can be told to misbehave in one way (`fault`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "cityvitals", "client-secret"

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class IdentityServer:
    """What a provider knows. `address` is its issuer; `person` whoever sits at the browser."""

    address: str = ""
    person: str = "8f3c-li"
    fault: str = ""
    now_s: int = 0
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    other_key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))

    def browse(self, address: str) -> dict[str, str]:
        """What a browser does there: sign in, and come back with a query."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        if "service" in asked:
            ticket = f"ST-{len(self.codes)}"
            self.codes[ticket] = asked
            return {"ticket": ticket, **dict(parse_qsl(urlsplit(asked["service"]).query))}
        assert asked["client_id"] == CLIENT and asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def answer(self, path: str, query: dict[str, str], form: dict[str, str], headers: dict[str, str]) -> Answer:
        """One request of ours."""
        if self.fault == "broken":
            return 500, {}, b"oops"
        routes: dict[str, Callable[[], Answer]] = {
            "/.well-known/openid-configuration": self._discovery,
            "/keys": lambda: _json(KeySet([self.key]).as_dict(private=False)),
            "/token": lambda: self._token(form, headers),
            "/profile": lambda: self._profile(headers),
            "/serviceValidate": lambda: self._validated(query),
        }
        return routes[path]()

    def _discovery(self) -> Answer:
        issuer = "https://somebody.else" if self.fault == "issuer" else self.address
        ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return _json({"issuer": issuer} | {name: self.address + path for name, path in ends.items()})

    def _token(self, form: dict[str, str], headers: dict[str, str]) -> Answer:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(form.get("code", ""), None)  # a code counts once
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proved = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if headers.get("authorization") != f"Basic {basic}" or asked is None or asked["code_challenge"] != proved:
            return _json({"error": "invalid_grant"}, 400)
        token = {"access_token": f"token-of-{self.person}", "token_type": "Bearer", "expires_in": 60}
        return _json(token | ({"id_token": self._id_token(asked)} if "openid" in asked.get("scope", "") else {}))

    def _id_token(self, asked: dict[str, str]) -> str:
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "sub": self.person,
            "nonce": asked["nonce"],
            "iat": self.now_s,
            "exp": self.now_s + 300,
        }
        wrong = {
            "aud": {"aud": "another-client"},
            "iss": {"iss": "https://somebody.else"},
            "nonce": {"nonce": "of another journey"},
            "old": {"iat": self.now_s - 9000, "exp": self.now_s - 8000},
        }
        claims |= wrong.get(self.fault, {})
        if self.fault == "nobody":
            del claims["sub"]
        if self.fault == "unsigned":
            parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
            return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
        key = self.other_key if self.fault == "signature" else self.key
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)

    def _profile(self, headers: dict[str, str]) -> Answer:
        if headers.get("authorization") != f"Bearer token-of-{self.person}":
            return _json({"error": "invalid_token"}, 401)
        return _json({"data": {"account": "" if self.fault == "nobody" else self.person}})

    def _validated(self, query: dict[str, str]) -> Answer:
        asked = self.codes.pop(query.get("ticket", ""), None)
        if self.fault == "bomb":
            body = '<!DOCTYPE b [<!ENTITY a "aaaa">]><b>&a;</b>'
        elif asked is None or asked["service"] != query.get("service"):
            body = '<cas:authenticationFailure code="INVALID_TICKET">no</cas:authenticationFailure>'
        else:
            body = f"<cas:authenticationSuccess><cas:user>{self.person}</cas:user></cas:authenticationSuccess>"
        if self.fault != "bomb":
            body = f'<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">{body}</cas:serviceResponse>'
        return 200, {"content-type": "application/xml"}, body.encode()


def _json(content: object, status: int = 200) -> Answer:
    return status, {"content-type": "application/json"}, json.dumps(content).encode()


@contextmanager
def serving(known: IdentityServer) -> Iterator[IdentityServer]:
    """The server on a free port, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._handle({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            self._handle({name: values[0] for name, values in parse_qs(body).items()})

        def _handle(self, form: dict[str, str]) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, told, body = known.answer(parts.path, query, form, headers)
            self.send_response(status)
            for name, value in told.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
