"""Which headers are credentials, and what stands in for them where nobody has any."""

from __future__ import annotations

from clausewise.contract.contract import OperationContract
from clausewise.exchange import Headers
from clausewise.spec.operations import SecurityScheme

#: sent where the contract asks for credentials and the user gave none, so that going without is a difference
_STAND_IN = "clausewise-stand-in"


def _schemes(operations: tuple[OperationContract, ...]) -> list[SecurityScheme]:
    """The schemes of the first alternative of each operation's security requirement."""
    found: dict[str, SecurityScheme] = {}
    for operation in operations:
        if operation.security is not None:
            for scheme in operation.security[0].alternatives[0]:
                found.setdefault(scheme.name, scheme)
    return list(found.values())


def _header_of(scheme: SecurityScheme) -> str:
    if scheme.type == "apiKey":
        return {"header": scheme.parameter, "cookie": "Cookie"}.get(scheme.location, "")
    return "Authorization"


def split(headers: Headers, operations: tuple[OperationContract, ...]) -> tuple[Headers, Headers]:
    """The headers that carry no credentials, and those that do."""
    names = {_header_of(scheme).lower() for scheme in _schemes(operations)}
    credentials = tuple(pair for pair in headers if pair[0].lower() in names)
    return tuple(pair for pair in headers if pair not in credentials), credentials


def stand_ins(operations: tuple[OperationContract, ...]) -> Headers:
    """Credentials of the right form and no worth, for mocks and servers that check their presence only."""
    made = []
    for scheme in _schemes(operations):
        name = _header_of(scheme)
        if scheme.type == "apiKey" and name:
            made.append((name, _STAND_IN if name != "Cookie" else f"{scheme.parameter}={_STAND_IN}"))
        elif name:
            kind = scheme.scheme.capitalize() if scheme.type == "http" else "Bearer"
            made.append((name, f"{kind} {_STAND_IN}"))
    return tuple(made)
