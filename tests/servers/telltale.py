"""A server that repeats every secret it has, in forty spellings, and issues new ones: nothing of ours, WSGI alone.

It takes credentials as a header, as a cookie and in the query. They are right whatever they are worth, but the first
bearer's token expires after a few requests.
"""

from __future__ import annotations

import base64
import html
import itertools
import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus

import yaml


def _bytes(text: str, each: str) -> str:
    return "".join(each.format(byte) for byte in text.encode())


def _base64(text: str, before: str) -> str:
    """The characters of Base64 that are the text's alone."""
    whole = base64.b64encode(f"{before}{text}".encode()).decode().rstrip("=")
    return whole[-(-8 * len(before) // 6) : 8 * len(before + text) // 6]


#: every way in which a text was seen to be written, and what another search must not find
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "swapped case": str.swapcase,
    "backwards": lambda text: text[::-1],
    "hexadecimal": lambda text: text.encode().hex(),
    "upper hexadecimal": lambda text: text.encode().hex().upper(),
    "hexadecimal with colons": lambda text: text.encode().hex(":"),
    "hexadecimal with blanks": lambda text: text.encode().hex(" ").upper(),
    "percent": lambda text: quote(text, safe=""),
    "lower percent": lambda text: "".join(c if c.isalnum() else f"%{ord(c):02x}" for c in text),
    "all percent": lambda text: _bytes(text, "%{:02X}"),
    "double percent": lambda text: quote(quote(text, safe=""), safe=""),
    "all double percent": lambda text: _bytes(text, "%25{:02x}"),
    "triple percent": lambda text: quote(quote(quote(text, safe=""), safe=""), safe=""),
    "percent u": lambda text: _bytes(text, "%u00{:02X}"),
    "a form": quote_plus,
    "a path": quote,
    "Base64": lambda text: _base64(text, ""),
    "Base64 behind one byte": lambda text: _base64(text, "x"),
    "Base64 behind two": lambda text: _base64(text, "xy"),
    "Base64 for URLs": lambda text: _base64(text, "").translate({43: 45, 47: 95}),
    "Base64 for URLs behind one byte": lambda text: _base64(text, "x").translate({43: 45, 47: 95}),
    "Base64 in a URL": lambda text: quote(_base64(text, ""), safe=""),
    "Base64 of upper case": lambda text: _base64(text.upper(), "xy") if text.isupper() else _base64(text, "xyz"),
    "Base32": lambda text: base64.b32encode(text.encode()).decode().rstrip("=")[: 8 * len(text) // 5],
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON with slashes": lambda text: text.replace("/", "\\/"),
    "JSON escapes": lambda text: _bytes(text, "\\u00{:02x}"),
    "upper JSON escapes": lambda text: _bytes(text, "\\u00{:02X}"),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "JSON escapes in JSON": lambda text: _bytes(text, "\\\\u00{:02x}"),
    "JSON in JSON in JSON": lambda text: json.dumps(json.dumps(json.dumps(text))),
    "Python escapes": lambda text: _bytes(text, "\\x{:02x}"),
    "octal escapes": lambda text: _bytes(text, "\\{:03o}"),
    "HTML": html.escape,
    "HTML numbers": lambda text: _bytes(text, "&#{};"),
    "HTML hexadecimal": lambda text: _bytes(text, "&#x{:x};"),
    "HTML in HTML": lambda text: html.escape(html.escape(_bytes(text, "&#{};"))),
    "the first twelve characters": lambda text: text[:12],
}

DOCUMENT = """\
openapi: 3.1.0
info: {title: Telltale, version: "1"}
servers: [{url: http://127.0.0.1}]
paths:
  /me/{name}:
    parameters:
    - {name: name, in: path, required: true, schema: {type: string, maxLength: 8, pattern: "^[a-z]+$"}, example: nobody}
    get:
      operationId: me
      security: [{bearer: [], cookie: [], query: []}]
      responses:
        "200": {$ref: "#/components/responses/Told"}
        "400": {$ref: "#/components/responses/Told"}
        "401": {$ref: "#/components/responses/Told"}
  /login:
    post:
      operationId: login
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [user, pass_code]
              properties:
                user: {type: string, minLength: 1, maxLength: 20}
                pass_code: {type: string, format: password, minLength: 8}
                recovery: {type: string, writeOnly: true, maxLength: 50}
            example: {user: somebody, pass_code: "EXAMPLEsecret-99/+="}
      responses:
        "200": {$ref: "#/components/responses/Told"}
        "400": {$ref: "#/components/responses/Told"}
components:
  responses:
    Told:
      description: Everything.
      content:
        application/json:
          schema:
            type: object
            required: [never]
            properties:
              told: {type: object, additionalProperties: {type: integer}}
              public: {type: string}
  securitySchemes:
    bearer: {type: http, scheme: bearer}
    cookie: {type: apiKey, in: cookie, name: sid}
    query: {type: apiKey, in: query, name: code}
"""

#: what it issues, by the place: two members of OAuth 2.0, two that the document declares, a cookie and a header
ISSUED = {
    "access_token": "ISSUEDaccess-11/+=",
    "refreshToken": "ISSUEDrefresh-22/+=",
    "pass_code": "ISSUEDcode-33/+=",
    "recovery": "ISSUEDrecovery-44/+=",
    "Set-Cookie": "ISSUEDcookie-55/+=",
    "X-New-Token": "ISSUEDheader-66/+=",
}
#: of the document's example, which the server repeats as well
EXAMPLE = "EXAMPLEsecret-99/+="
#: what each answer has that is no secret
PUBLIC = "a public text with 12345 and no-token"


def told(secrets: Iterable[str], part: int, parts: int = 5) -> dict[str, str]:
    """One in so many spellings of each secret."""
    spelled = list(SPELLINGS.items())[part % parts :: parts]
    return {f"{number} {name}": spell(secret) for number, secret in enumerate(secrets) for name, spell in spelled}


def body_of(secrets: Iterable[str], part: int) -> dict[str, Any]:
    """An answer."""
    secrets = list(dict.fromkeys(filter(None, secrets)))
    members = {name: value for name, value in ISSUED.items() if "-" not in name}
    return {"public": PUBLIC, **members, "told": told([*secrets, *ISSUED.values(), EXAMPLE], part)}


class Telltale:
    """The server."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """WSGI (PEP 3333)."""
        number = next(self._numbers)
        token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")[2]
        cookie = environ.get("HTTP_COOKIE", "").partition("=")[2]
        code = parse_qs(environ.get("QUERY_STRING", "")).get("code", [""])[0]
        status = "200 OK"
        if environ["PATH_INFO"] == "/login":
            try:
                given = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
                good = isinstance(given["user"], str) and given["user"] != "" and len(given["pass_code"]) >= 8
            except (ValueError, TypeError, KeyError):
                good = False
            status = "200 OK" if good and environ["REQUEST_METHOD"] == "POST" else "400 Bad Request"
        elif not (token and cookie and code) or (token.startswith("FIRST") and number > 8):
            status = f"401 not {token}"
        elif not environ["PATH_INFO"].removeprefix("/me/").isalpha():
            status = "400 Bad Request"
        seen = [token, cookie, code, environ.get("HTTP_X_INTERNAL", "")]
        headers = [
            ("Content-Type", "application/json"),
            ("Set-Cookie", f"sid={ISSUED['Set-Cookie']}; HttpOnly"),
            ("X-New-Token", ISSUED["X-New-Token"]),
            ("Location", f"https://user:{quote(code, safe='')}@example.com/?state={quote(token, safe='')}"),
            ("WWW-Authenticate", f'Bearer error="{token}"'),
        ]
        start_response(status, headers)
        return [json.dumps(body_of(seen, number)).encode()]


app = Telltale()
contract: dict[str, Any] = yaml.safe_load(DOCUMENT)
