"""Compares the credentials of two versions of an operation: schemes, scopes, and how they are obtained (OpenAPI 3.1
sections 4.8.27 to 4.8.30)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from clausewise.comparison.change import Kind, Level
from clausewise.comparison.located import LocatedDifference
from clausewise.spec.accessors import resolved_object
from clausewise.spec.operations import Operation, SecurityScheme
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources


class _Credential(msgspec.Struct, frozen=True):
    """A scheme that an alternative needs, without its name: clients do not see that."""

    type: str
    scheme: str
    location: str
    parameter: str


#: one alternative: what it needs -> the scopes or roles of each
_Alternative = Mapping[_Credential, frozenset[str]]


class _Security:
    """The security requirement of an operation in one version."""

    def __init__(self, sources: Sources, operation: Operation) -> None:
        self._sources = sources
        security = operation.security
        alternatives = security.alternatives if security is not None else ()
        self.source = security.source if security is not None else None
        self.required = security is not None and security.required
        #: the alternatives that need credentials, with the names of their schemes
        self._named = [
            [(scheme, self._scopes(number, scheme.name)) for scheme in schemes]
            for number, schemes in enumerate(alternatives)
        ]
        self.alternatives: list[_Alternative] = [
            {_credential(scheme): scopes for scheme, scopes in schemes} for schemes in self._named
        ] or [{}]

    def __str__(self) -> str:
        """For a sentence: "`oauth` with read and write or `key`"."""
        return " or ".join(
            " and ".join(f"`{scheme.name}`{_with(scopes)}" for scheme, scopes in schemes) or "none"
            for schemes in self._named
        )

    def _scopes(self, number: int, name: str) -> frozenset[str]:
        assert self.source is not None
        requirement = self._sources.value(Source(self.source.file, (*self.source.tokens[:-1], str(number))))
        scopes = requirement.get(name) if isinstance(requirement, dict) else None
        return frozenset(map(str, scopes)) if isinstance(scopes, list) else frozenset()

    def schemes(self) -> dict[str, SecurityScheme]:
        """The schemes that it names."""
        return {scheme.name: scheme for schemes in self._named for scheme, _ in schemes}

    def described(self, name: str) -> tuple[Source, dict[str, Any]]:
        """The place of a scheme, and what the document describes there."""
        return resolved_object(self._sources, Source("", (*self._sources.dialect.shared_security_schemes, name)))


def compare_credentials(old: Operation, new: Operation, before: Sources, after: Sources) -> Iterator[LocatedDifference]:
    """The differences between the credentials that an operation needs."""
    one, two = _Security(before, old), _Security(after, new)
    if not (_covers(one.alternatives, two.alternatives) and _covers(two.alternatives, one.alternatives)):
        yield _requirement(one, two)
    earlier, later = one.schemes(), two.schemes()
    for name in earlier.keys() & later.keys():
        if _credential(earlier[name]) == _credential(later[name]):
            yield from _details(name, one.described(name), two.described(name))


def _requirement(one: _Security, two: _Security) -> LocatedDifference:
    kind: Kind
    if not one.required and two.required:
        kind, text = "added", f"credentials are required ({two}); before, they were not"
    elif one.required and not two.required:
        kind, text = "removed", f"credentials are no longer required ({one})"
    else:
        text = f"the credentials are {two}; before, {one}"
        looser, tighter = _covers(two.alternatives, one.alternatives), _covers(one.alternatives, two.alternatives)
        kind = "loosened" if looser else "tightened" if tighter else "changed"
    breaking = not _covers(two.alternatives, one.alternatives)
    reason = "requests with the old credentials are refused" if breaking else "valid requests stay valid"
    level: Level = "breaking" if breaking else "compatible"
    return LocatedDifference(level, kind, "request.security", text, reason, one.source, two.source)


def _covers(accepted: list[_Alternative], presented: list[_Alternative]) -> bool:
    """Whether the credentials of every alternative of `presented`, with their scopes, are enough for `accepted`."""

    def enough(wanted: _Alternative, given: _Alternative) -> bool:
        return all(each in given and scopes <= given[each] for each, scopes in wanted.items())

    return all(any(enough(wanted, given) for wanted in accepted) for given in presented)


def _details(
    name: str, old: tuple[Source, dict[str, Any]], new: tuple[Source, dict[str, Any]]
) -> Iterator[LocatedDifference]:
    """What differs in how the credentials of one scheme are obtained."""
    (one, before), (two, after) = old, new

    def difference(level: Level, kind: Kind, text: str, reason: str, *tokens: str) -> LocatedDifference:
        places = one.child(*tokens) if _has(before, tokens) else one, two.child(*tokens) if _has(after, tokens) else two
        return LocatedDifference(level, kind, "request.security", f"the scheme `{name}` {text}", reason, *places)

    for keyword in ("openIdConnectUrl", "oauth2MetadataUrl"):
        issuers = before.get(keyword), after.get(keyword)
        if keyword in before and keyword in after and issuers[0] != issuers[1]:
            text = f"has the {keyword} {issuers[1]}; before, {issuers[0]}"
            # The URL is made of the issuer's, which stands in its tokens (OpenID Connect Discovery 1.0 section 4.3,
            # RFC 8414 section 3.3).
            yield difference("breaking", "changed", text, "tokens of the old issuer are refused", keyword)
    if before.get("bearerFormat") != after.get("bearerFormat"):
        text = f"has the bearerFormat {after.get('bearerFormat')}; before, {before.get('bearerFormat')}"
        yield difference("editorial", "changed", text, "it is a hint for people", "bearerFormat")
    earlier, later = _flows(before), _flows(after)
    for flow in earlier.keys() - later.keys():
        reason = "clients that use this flow get no token"
        yield difference("breaking", "removed", f"no longer has the flow {flow}", reason, "flows", flow)
    for flow in later.keys() - earlier.keys():
        yield difference("compatible", "added", f"has the new flow {flow}", "the others are as before", "flows", flow)
    for flow in earlier.keys() & later.keys():
        for url in ("authorizationUrl", "tokenUrl", "refreshUrl"):
            if earlier[flow].get(url) != later[flow].get(url):
                text = f"has the {url} {later[flow].get(url)}; before, {earlier[flow].get(url)}"
                yield difference("risky", "changed", text, _ELSEWHERE, "flows", flow, url)
        scopes, now = (set(each.get("scopes") or ()) for each in (earlier[flow], later[flow]))
        for scope in sorted(scopes - now):
            reason = "clients that ask for it may get no token"
            yield difference("risky", "removed", f"no longer has the scope {scope}", reason, "flows", flow, "scopes")
        for scope in sorted(now - scopes):
            text = f"has the new scope {scope}"
            yield difference("compatible", "added", text, "clients need not ask for it", "flows", flow, "scopes", scope)


_ELSEWHERE = "clients get their tokens from another place"


def _flows(scheme: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The flows of an OAuth 2.0 scheme; that of Swagger 2.0 stands in the scheme itself, under an older name."""
    flow = scheme.get("flow")
    if isinstance(flow, str):
        return {{"accessCode": "authorizationCode", "application": "clientCredentials"}.get(flow, flow): scheme}
    flows = scheme.get("flows")
    return {name: each for name, each in flows.items() if isinstance(each, dict)} if isinstance(flows, dict) else {}


def _has(value: Any, tokens: tuple[str, ...]) -> bool:
    for token in tokens:
        if not isinstance(value, dict) or token not in value:
            return False
        value = value[token]
    return True


def _credential(scheme: SecurityScheme) -> _Credential:
    # The names of header fields are the same in small letters.
    parameter = scheme.parameter.lower() if scheme.location == "header" else scheme.parameter
    return _Credential(scheme.type, scheme.scheme, scheme.location, parameter)


def _with(scopes: frozenset[str]) -> str:
    return f" with {', '.join(sorted(scopes))}" if scopes else ""
