"""Users in a file of Web Fuzzing Commons: its content in, the request that logs a user in, and headers out.

The format is that of https://github.com/WebFuzzing/Commons (`auth.yaml`), which tools for testing web APIs share.
Nothing is sent here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import msgspec

from clausewise.errors import SpecError, TargetError, UsageError
from clausewise.exchange import HEADER_NAME, NOT_IN_HEADER, Failure, Headers, Request, Response, header
from clausewise.spec.document import read
from clausewise.spec.pointer import descend, from_pointer

_TOKEN = "{token}"


class _Header(msgspec.Struct, frozen=True):
    name: str
    value: str

    def __post_init__(self) -> None:
        if not re.fullmatch(HEADER_NAME, self.name) or re.search(NOT_IN_HEADER, self.value):
            raise ValueError("a header has a name or a value that HTTP does not allow (RFC 9110 section 5)")


class _Password(msgspec.Struct, frozen=True, rename="camel"):
    """A user and a password, with the members of the body in which they stand."""

    username: str
    password: str
    username_field: str
    password_field: str


class _Token(msgspec.Struct, frozen=True, rename="camel"):
    """Where an answer has a token, and how that is sent."""

    extract_from: Literal["body", "header"]
    #: a JSON Pointer into the body, or the name of the header
    extract_selector: str
    send_in: Literal["header", "query"]
    send_name: str
    send_template: str = _TOKEN

    def __post_init__(self) -> None:
        _Header(self.send_name, self.send_template)


class Login(msgspec.Struct, frozen=True, rename="camel"):
    """How a user logs in with one request."""

    verb: Literal["POST", "GET", "PATCH", "DELETE", "PUT"]
    endpoint: str | None = None
    external: str | None = msgspec.field(default=None, name="externalEndpointURL")
    payload_raw: str | None = None
    payload_user_pwd: _Password | None = None
    headers: tuple[_Header, ...] = ()
    content_type: str | None = None
    token: _Token | None = None
    expect_cookies: bool = False

    def __post_init__(self) -> None:
        if (self.endpoint is None) is (self.external is None):
            raise ValueError("expected one of endpoint and externalEndpointURL")
        if "@" in urlsplit(self.url).netloc:
            raise ValueError("its URL holds credentials: give them in headers or in the payload")
        if (self.token is not None) is self.expect_cookies:
            raise ValueError("expected one of token and expectCookies = true")
        if self.token is not None and self.token.send_in == "query":
            raise ValueError("a token in the query is no header: give it by the name of its security scheme instead")

    @property
    def url(self) -> str:
        """Where the request goes: a URL, or a path on the server under test."""
        return self.external or self.endpoint or ""


class User(msgspec.Struct, frozen=True, rename="camel"):
    """One user of the file."""

    name: str
    fixed_headers: tuple[_Header, ...] = ()
    #: None for one whose headers never change
    login: Login | None = msgspec.field(default=None, name="loginEndpointAuth")

    @property
    def headers(self) -> Headers:
        """The headers that need no login."""
        return tuple((each.name, each.value) for each in self.fixed_headers)


def users_in(path: Path) -> tuple[User, ...]:
    """The users of a file, in its order. What `authTemplate` has is that of each user who does not say otherwise.

    Raises UsageError for a file that cannot be read, or is none of this format.
    """
    try:
        content = read(path, str(path)).tree
    except SpecError as error:
        # Its remedy is about OpenAPI documents.
        raise UsageError(error.message, location=error.location) from None
    try:
        found = msgspec.convert(content, dict[str, Any])
        template, given = found.get("authTemplate") or {}, msgspec.convert(found.get("auth"), list[dict[str, Any]])
        users = msgspec.convert([_together(template, each) for each in given], tuple[User, ...])
    except msgspec.ValidationError as error:
        raise UsageError(
            f"{path} is no file of users: {error}", remedy="see auth.yaml of Web Fuzzing Commons"
        ) from None
    if not users:
        raise UsageError(f"{path} has no users")
    twice = next((name for name, number in Counter(user.name for user in users).items() if number > 1), None)
    if twice is not None:
        raise UsageError(f'{path} has two users "{twice}"', remedy="give each a name of its own")
    if any("createUsers" in _together(template, each) for each in given):
        raise UsageError(f"{path} wants users to be created (createUsers), which is not supported")
    return users


def _together(template: Any, own: Any) -> Any:
    if isinstance(template, Mapping) and isinstance(own, Mapping):
        return {**template, **{name: _together(template.get(name), value) for name, value in own.items()}}
    return own


def login_request(login: Login, target: str) -> Request:
    """The request that logs in, to `target` of its server. Raises UsageError for a content type without a form."""
    body = login.payload_raw.encode() if login.payload_raw is not None else None
    media_type = login.content_type
    if login.payload_user_pwd is not None:
        given = login.payload_user_pwd
        fields = {given.username_field: given.username, given.password_field: given.password}
        media_type = media_type or "application/json"
        if "json" in media_type:
            body = json.dumps(fields).encode()
        elif media_type.startswith("application/x-www-form-urlencoded"):
            body = urlencode(fields).encode()
        else:
            raise UsageError(f"no password is written as {media_type}", remedy="give payloadRaw instead")
    headers = tuple((each.name, each.value) for each in login.headers)
    if body is not None and media_type is not None and header(headers, "Content-Type") is None:
        headers = (("Content-Type", media_type), *headers)
    return Request(login.verb, target, headers, body)


def headers_from(login: Login, answer: Response | Failure) -> Headers:
    """What the answer to a login gives. Raises TargetError, which shows no secret, where it gives nothing."""
    if isinstance(answer, Failure):
        raise TargetError(f"cannot log in at {login.url}: {answer.message}")
    if answer.status >= 400:
        raise TargetError(f"cannot log in at {login.url}: the answer was {answer.status}")
    if login.token is None:
        written = [value.partition(";")[0].strip() for name, value in answer.headers if name.lower() == "set-cookie"]
        if not written:
            raise TargetError(f"cannot log in at {login.url}: the answer sets no cookie")
        return (("Cookie", "; ".join(written)),)
    token = _token(login.token, answer)
    if not token or not (token.isascii() and token.isprintable()):
        where = f"{login.token.extract_from} ({login.token.extract_selector})"
        raise TargetError(f"cannot log in at {login.url}: the answer has no token in its {where}")
    return ((login.token.send_name, login.token.send_template.replace(_TOKEN, token)),)


def _token(wanted: _Token, answer: Response) -> str:
    if wanted.extract_from == "header":
        return header(answer.headers, wanted.extract_selector) or ""
    try:
        found = descend(json.loads(answer.body), from_pointer(wanted.extract_selector))
    except (ValueError, LookupError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""
