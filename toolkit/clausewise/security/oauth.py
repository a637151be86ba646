"""OAuth 2.0: a grant in, the request for its token out; an answer in, the token out. Nothing is sent here."""

from __future__ import annotations

import json
import re
from urllib.parse import quote_plus, urlencode

import msgspec

from clausewise.errors import TargetError
from clausewise.exchange import Failure, Request, Response
from clausewise.security.schemes import basic

#: token types that are not sent as bearer tokens, in lower case (IANA: OAuth Access Token Types). Any other type is
#: treated as Bearer, for which servers use various names
_NO_BEARER = frozenset({"dpop", "mac", "n_a", "pop"})


class Grant(msgspec.Struct, frozen=True):
    """How to request a token without a browser: by client credentials or a password (RFC 6749 sections 4.4 and 4.3)."""

    #: the token endpoint, absolute or relative to the server
    url: str
    client_id: str | None = None
    client_secret: str | None = None
    #: of the password flow; None for client credentials
    username: str | None = None
    password: str | None = None
    scopes: tuple[str, ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that must not be written to any file."""
        return tuple(secret for secret in (self.client_secret, self.password) if secret)


def token_request(grant: Grant, target: str, *, secret_in_body: bool = False) -> Request:
    """The request for a token, sent to `target` of the token endpoint's server.

    A client's secret is sent in `Authorization`, or in the body where the server expects it there (RFC 6749 2.3.1).
    """
    fields: dict[str, str] = {"grant_type": "client_credentials"}
    if grant.username is not None:
        fields = {"grant_type": "password", "username": grant.username, "password": grant.password or ""}
    if grant.scopes:
        fields["scope"] = " ".join(grant.scopes)
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
    if grant.client_id is not None and grant.client_secret is not None and not secret_in_body:
        headers.append(("Authorization", basic(quote_plus(grant.client_id), quote_plus(grant.client_secret))))
    elif grant.client_id is not None:
        fields["client_id"] = grant.client_id
        if grant.client_secret is not None:
            fields["client_secret"] = grant.client_secret
    return Request("POST", target, tuple(headers), urlencode(fields).encode())


def wants_secret_in_body(grant: Grant, answer: Response | Failure) -> bool:
    """Whether `answer` may refuse the client because it expects the secret in the body."""
    return isinstance(answer, Response) and answer.status in (400, 401) and grant.client_secret is not None


def read_token(grant: Grant, answer: Response | Failure) -> str:
    """The access token in an answer (RFC 6749 5.1). Raises TargetError, which shows no secret, where there is none."""
    if isinstance(answer, Failure):
        raise TargetError(f"cannot get a token from {grant.url}: {answer.message}")
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        content = None
    content = content if isinstance(content, dict) else {}
    token, kind = content.get("access_token"), content.get("token_type")
    if not 200 <= answer.status < 300:
        # Of what a server says only the error's code is repeated (RFC 6749 5.2): its text may repeat what it was sent.
        code = content.get("error")
        shown = isinstance(code, str) and re.fullmatch(r"[A-Za-z_]{1,40}", code) and code not in grant.secrets
        reason = f"was {answer.status}{f' ({code})' if shown else ''}"
    elif not isinstance(token, str) or not token:
        reason = f"{answer.status} has no access_token"
    elif not (token.isascii() and token.isprintable() and token == token.strip()):
        reason = f"{answer.status} has an access_token that a header cannot carry"
    elif isinstance(kind, str) and kind.lower() in _NO_BEARER:
        reason = f"{answer.status} has a token of the type {kind}, which is not supported"
    else:
        return token
    raise TargetError(
        f"cannot get a token from {grant.url}: the answer {reason}",
        remedy="check token-url, client-id, client-secret, username, password and scopes",
    )
