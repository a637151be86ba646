"""Credentials of another form than the contract describes: it says HTTP basic authentication, and the server wants
`Authorization: Token ...`."""

from __future__ import annotations

import os
from collections.abc import Iterable

import msgspec

from clausewise.contract.contract import Contract
from clausewise.environment import resolve_headers
from clausewise.exchange import header
from clausewise.options import RunOptions
from clausewise.security.credentials import given_by_headers
from clausewise.security.schemes import kind_of, slot_of
from clausewise.spec.operations import Operation, SecurityScheme

_NAME = "Authorization"


def as_presented(contract: Contract, options: RunOptions) -> tuple[Contract, tuple[str, ...]]:
    """The contract, and nothing to say; where a header of `options` is an `Authorization` that fits none of its schemes
    there, with these schemes as any value of that header, and a sentence on it for the run's notes.

    A user who also gives credentials for one of these schemes by its name means the scheme. Raises ConfigError for a
    header whose environment variable is not set.
    """
    headers, there = resolve_headers(options.headers, os.environ), _in_place(contract.specification.operations)
    by_name = [options.credentials, options.other_credentials, *(role.credentials for role in options.roles)]
    is_named = any(not there.keys().isdisjoint(each) for each in by_name)
    if not there or is_named or not header(headers, _NAME) or given_by_headers(headers, there.values()):
        return contract, ()
    named = {name: _as_key(scheme) for name, scheme in there.items()}
    describes = f"{' and '.join(f'`{name}`' for name in named)} {'describe' if len(named) > 1 else 'describes'}"
    note = (
        f"the header `{_NAME}` that is given is not of the form that {describes}: it is sent as it is, and the "
        "contract is tested as if it described that"
    )
    return contract.presenting(named), (note,)


def _in_place(operations: Iterable[Operation]) -> dict[str, SecurityScheme]:
    """The schemes of `operations`, by name, whose credentials stand in `Authorization`."""
    alternatives = (each for one in operations if one.security is not None for each in one.security.alternatives)
    schemes = {scheme.name: scheme for each in alternatives for scheme in each if not kind_of(scheme).unsupported}
    places = {name: slot_of(scheme) for name, scheme in schemes.items()}
    return {name: schemes[name] for name, slot in places.items() if slot is not None and slot.holds("header", _NAME)}


def _as_key(scheme: SecurityScheme) -> SecurityScheme:
    """A scheme as it would be of a key in that header, which may be any text."""
    return msgspec.structs.replace(scheme, type="apiKey", scheme="", location="header", parameter=_NAME, token_urls=())
