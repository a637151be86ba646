"""What an answer of a token endpoint gives, and what is said where it gives no token."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest

from clausewise.errors import TargetError
from clausewise.exchange import Response
from clausewise.security.oauth import Grant, read_token, token_request

GRANT = Grant("/token", "ci", "s3cret")


def answer(content: Any, status: int = 200) -> Response:
    return Response(status, body=content if isinstance(content, bytes) else msgspec.json.encode(content))


_CLIENT, _USER = {"client_id": "ci", "client_secret": "s3cret"}, {"username": "anna", "password": "pa ss"}
_BASIC = "Basic Y2k6czNjcmV0"


@pytest.mark.parametrize(
    ("grant", "in_body", "fields", "authorization"),
    [
        (_CLIENT, False, {"grant_type": "client_credentials"}, _BASIC),
        (_CLIENT, True, {"grant_type": "client_credentials", **_CLIENT}, None),
        (_USER, False, {"grant_type": "password", **_USER}, None),
        (
            {**_USER, **_CLIENT, "scopes": ("a", "b")},
            False,
            {"grant_type": "password", **_USER, "scope": "a b"},
            _BASIC,
        ),
        ({**_USER, "client_id": "ci"}, False, {"grant_type": "password", **_USER, "client_id": "ci"}, None),
    ],
    ids=["a client", "a client, in the body", "a user", "a user of a client", "a user of a client without a secret"],
)
def test_a_token_is_asked_for(
    grant: dict[str, Any], in_body: bool, fields: dict[str, str], authorization: str | None
) -> None:
    given = Grant("/token", **{"client_id": None, "client_secret": None, **grant})
    request = token_request(given, "/token", secret_in_body=in_body)
    assert (request.method, request.target) == ("POST", "/token")
    assert dict(parse_qsl((request.body or b"").decode())) == fields
    assert dict(request.headers).get("Authorization") == authorization


@pytest.mark.parametrize("kind", [{}, {"token_type": "bearer"}, {"token_type": "BearerToken"}, {"token_type": None}])
@pytest.mark.parametrize("token", ["t0ken", "Bearer t0ken", "a.b-c_d~e+f/g=="])
def test_a_token_is_read(kind: dict[str, Any], token: str) -> None:
    assert read_token(GRANT, answer({"access_token": token, **kind})) == token


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (answer({"error": "invalid_client", "error_description": "not s3cret"}, 401), "was 401 (invalid_client)"),
        (answer({"error": "s3cret and more"}, 400), "was 400"),
        (answer({"error": "no" * 40}, 400), "was 400"),
        (answer({"error": ["invalid_client"]}, 400), "was 400"),
        (answer({"access_token": "t0ken"}, 302), "was 302"),
        (answer(b"<html>log in</html>"), "200 has no access_token"),
        (answer(b"\xff\xfe"), "200 has no access_token"),
        (answer(b"[" * 100_000), "200 has no access_token"),
        (answer([]), "200 has no access_token"),
        (answer({"access_token": ""}), "200 has no access_token"),
        (answer({"access_token": 7}), "200 has no access_token"),
        (answer({"access_token": "a\r\nX-Other: s3cret"}), "200 has an access_token that a header cannot carry"),
        (answer({"access_token": "s3crét"}), "200 has an access_token that a header cannot carry"),
        (answer({"access_token": "s3cret\n"}), "200 has an access_token that a header cannot carry"),
        (answer({"access_token": "s3cret", "token_type": "DPoP"}), "200 has a token of the type DPoP, which is not"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_without_a_token_is_reported_and_shows_no_secret(given: Response, reason: str) -> None:
    with pytest.raises(TargetError) as error:
        read_token(GRANT, given)
    message = str(error.value)
    assert message.startswith(f"cannot get a token from /token: the answer {reason}") and "s3cr" not in message


def test_an_errors_code_that_is_a_secret_is_not_repeated() -> None:
    with pytest.raises(TargetError) as error:
        read_token(Grant("/token", "ci", "invalid_secret"), answer({"error": "invalid_secret"}, 400))
    assert "invalid_secret" not in str(error.value)
