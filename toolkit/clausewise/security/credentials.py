"""The credentials of one user: the value for each security scheme, and the credentials of each operation's requests.

A security requirement is an OR of ANDs (OpenAPI 3.1 section 4.8.30): the first alternative whose every scheme is
configured is applied, alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from clausewise.exchange import Headers, Request, cookie_pairs
from clausewise.security.names import SECRET_HEADERS
from clausewise.security.oauth import Grant
from clausewise.security.redact import secrets_in
from clausewise.security.schemes import Slot, apply, kind_of, slot_of, strip, with_cookies
from clausewise.spec.operations import Operation, SecurityScheme

_Alternative = tuple[SecurityScheme, ...]


class Certificate(msgspec.Struct, frozen=True):
    """A client's certificate for mutual TLS, as PEM files."""

    cert: Path
    #: None where the certificate's file holds it
    key: Path | None = None


class OperationCredentials(msgspec.Struct, frozen=True):
    """The credentials for the requests of one operation."""

    #: plain headers, sent with every request
    headers: Headers = ()
    #: the schemes that are applied, each with what is written for it
    applied: tuple[tuple[SecurityScheme, str], ...] = ()
    #: every scheme of the operation's requirement
    schemes: tuple[SecurityScheme, ...] = ()
    #: whether the applied ones are a user's own: then others, and none, must be refused
    real: bool = False
    #: the credentials that a user must give; "" where those given suffice. Any that are applied meanwhile are made up
    missing: str = ""

    @property
    def can_call(self) -> bool:
        """Whether requests that keep the requirement can be sent."""
        return bool(self.applied) or not self.missing

    def apply(self, request: Request, without: Iterable[SecurityScheme] = ()) -> Request:
        """`request` with the credentials, and with nothing in the places of those it goes `without`."""
        left_out = tuple(without)
        for scheme in left_out:
            request = strip(scheme, request)
        for scheme, value in self.applied:
            if scheme not in left_out:
                request = apply(scheme, value, request)
        return request

    def added_to(self, request: Request) -> Request:
        """`request`, which has no credentials, with them and with the plain headers that it lacks."""
        return self.apply(with_further(request, self.headers))

    def strip(self, request: Request) -> Request:
        """`request` with nothing in the places of the applied credentials and of the operation's schemes."""
        for scheme in self.every_scheme:
            request = strip(scheme, request)
        return request

    @property
    def every_scheme(self) -> tuple[SecurityScheme, ...]:
        """The applied schemes and all others of the requirement."""
        return tuple(dict.fromkeys((*(scheme for scheme, _ in self.applied), *self.schemes)))

    @property
    def parts(self) -> tuple[SecurityScheme, ...]:
        """The applied schemes, where they are several that a request shows: each of them can be left out."""
        shown = tuple(scheme for scheme, _ in self.applied if slot_of(scheme) is not None)
        return shown if len(shown) > 1 else ()

    def occupies(self, location: str, name: str) -> bool:
        """Whether an applied credential stands where a parameter of this location and name would."""
        return _holds((scheme for scheme, _ in self.applied), location, name)

    def may_occupy(self, location: str, name: str) -> bool:
        """Whether a credential of any alternative would stand there."""
        return _holds(self.schemes, location, name)


class Credentials(msgspec.Struct, frozen=True):
    """All credentials and plain headers of one user, from `security.configure`. Never changed, only renewed."""

    #: headers that are no credentials, sent with every request
    headers: Headers = ()
    #: security scheme by name, of every scheme that an operation of the contract names
    schemes: Mapping[str, SecurityScheme] = {}
    #: scheme name -> what is written in its place in a request
    values: Mapping[str, str] = {}
    #: (operation key, scheme name) -> the same, for one operation alone
    own_values: Mapping[tuple[str, str], str] = {}
    #: names of the schemes whose values were given as headers: those go with operations that require nothing as well
    from_headers: frozenset[str] = frozenset()
    #: scheme name -> how to request its token
    grants: Mapping[str, Grant] = {}
    certificate: Certificate | None = None
    #: whether a TLS connection may be asked for a client's certificate
    over_tls: bool = False
    #: whether made-up credentials go where none are configured
    stand_ins: bool = False
    #: whether the target checks their values, which the mock does not
    are_checked: bool = True
    #: every secret that was ever held
    secrets: tuple[str, ...] = ()

    @property
    def are_given(self) -> bool:
        """Whether a user has given any, or a header in the place of one that is not of its scheme's form."""
        plain = Request("GET", "/", self.headers)
        in_place = any(slot.read(plain) is not None for slot in self.slots)
        return bool(self.values or self.own_values or self.grants or self.certificate or in_place)

    @property
    def given(self) -> dict[Slot, frozenset[str]]:
        """The places where a user's credentials stand in a request -> what may stand there: those of the contract's
        schemes, and of headers that hold credentials by their names, whether the contract declares them or not."""
        found: dict[Slot, frozenset[str]] = {}
        by_name = [(name, value) for name, value in self.values.items()]
        by_name += [(name, value) for (_, name), value in self.own_values.items()]
        places = [(slot_of(self.schemes[name]), value) for name, value in by_name]
        places += [(slot, value) for slot, value in _places(self.headers).items() if holds_credentials(slot)]
        for slot, value in places:
            if slot is not None:
                found[slot] = found.get(slot, frozenset()) | {value}
        return found

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every place in a request where a credential may stand."""
        return tuple(dict.fromkeys(slot for scheme in self.schemes.values() if (slot := slot_of(scheme))))

    def on_top_of(self, headers: Headers) -> Credentials:
        """These with further plain `headers`, but those whose names they have themselves."""
        return msgspec.structs.replace(self, headers=_on_top_of(headers, self.headers))

    def of(self, operation: Operation) -> OperationCredentials:
        """The credentials for the requests of `operation`."""
        security = operation.security
        if security is None:
            return OperationCredentials(self.headers, self._from_headers())
        every = tuple(dict.fromkeys(scheme for schemes in security.alternatives for scheme in schemes))
        schemes = every if security.required else ()
        configured = [each for each in security.alternatives if each and self._can(each, operation.key)]
        if configured:
            real = self.are_checked and any(self._value(each, operation.key) is not None for each in configured[0])
            return OperationCredentials(self.headers, self._of(configured[0], operation.key), schemes, real)
        if not security.required:
            return OperationCredentials(self.headers)
        made_up = next((each for each in security.alternatives if self._can_make_up(each)), None)
        if self.stand_ins and made_up is not None:
            applied = self._of(made_up, operation.key)
            missing = self.hint(operation) if self.are_checked else ""
            return OperationCredentials(self.headers, applied, schemes, missing=missing)
        return OperationCredentials(self.headers, (), schemes, missing=self.hint(operation))

    def renewed(self, headers: Headers = (), tokens: Mapping[str, str] | None = None) -> Credentials:
        """These with newer values: those that `headers` give, and a token for each scheme that `tokens` names.

        Of plain headers and cookies, those that there are take the value that `headers` give them. All values of
        `headers` are secrets.
        """
        tokens = tokens or {}
        given = given_by_headers(headers, self.schemes.values())
        fresh = {**given, **{name: self.written(name, token) for name, token in tokens.items()}}
        printed = [*(value for _, value in headers), *secrets_in(headers)]
        secrets = (*self.secrets, *fresh.values(), *tokens.values(), *printed)
        plain = Request("GET", "/", self.headers)
        for slot, value in _places(headers).items():
            plain = slot.write(plain, value) if slot.read(plain) is not None else plain
        return msgspec.structs.replace(
            self,
            headers=plain.headers,
            values={**self.values, **fresh},
            from_headers=self.from_headers | given.keys(),
            secrets=tuple(dict.fromkeys(secrets)),
        )

    def refresh(self, request: Request, older: Credentials) -> Request:
        """`request` with these credentials in the place of those that it has of `older`."""
        plain = _places(older.headers)
        places = [
            *((slot, plain.get(slot), now) for slot, now in _places(self.headers).items()),
            *(
                (slot_of(scheme), older.values.get(name), self.values.get(name))
                for name, scheme in self.schemes.items()
            ),
        ]
        for slot, before, now in places:
            if slot is not None and now is not None and before not in (None, now) and slot.read(request) == before:
                request = slot.write(request, now)
        return request

    def written(self, name: str, given: str) -> str:
        """What stands in a request for a token, a key or a whole value that is given for the scheme `name`."""
        return kind_of(self.schemes[name]).written(self.schemes[name], given)

    def hint(self, operation: Operation) -> str:
        """The credentials that a user must give so that `operation` can be called."""
        alternatives = operation.security.alternatives if operation.security is not None else ()
        names = operation.security.names if operation.security is not None else ""
        lacking = [
            [scheme for scheme in schemes if not self._can((scheme,), operation.key)]
            for schemes in alternatives
            if _go_together(schemes)
        ]
        possible = [schemes for schemes in lacking if schemes and not any(kind_of(s).unsupported for s in schemes)]
        if possible:
            wanted = " and ".join(how_to_give(scheme) for scheme in min(possible, key=len))
            return f"credentials are required ({names}): give {wanted}"
        unsupported = {kind_of(scheme).unsupported for schemes in lacking for scheme in schemes} - {""}
        because = "; ".join(sorted(unsupported)) or "two of its schemes need the same place in a request"
        return f"credentials are required ({names}): {because}"

    def _value(self, scheme: SecurityScheme, operation: str) -> str | None:
        if kind_of(scheme).unsupported:
            return None
        return self.own_values.get((operation, scheme.name), self.values.get(scheme.name))

    def _can(self, alternative: _Alternative, operation: str) -> bool:
        """Whether every scheme of an alternative is configured, and they go together."""
        return _go_together(alternative) and all(
            self._value(scheme, operation) is not None
            if slot_of(scheme) is not None
            else self.certificate is not None or not self.over_tls
            for scheme in alternative
        )

    def _can_make_up(self, alternative: _Alternative) -> bool:
        return _go_together(alternative) and all(slot_of(scheme) or not self.over_tls for scheme in alternative)

    def _of(self, alternative: _Alternative, operation: str) -> tuple[tuple[SecurityScheme, str], ...]:
        return tuple(
            (scheme, self._value(scheme, operation) or kind_of(scheme).stand_in(scheme))
            for scheme in alternative
            if slot_of(scheme) is not None
        )

    def _from_headers(self) -> tuple[tuple[SecurityScheme, str], ...]:
        """Credentials that were given as headers, one for each place."""
        found: dict[Slot, tuple[SecurityScheme, str]] = {}
        for name in sorted(self.from_headers):
            scheme = self.schemes[name]
            slot = slot_of(scheme)
            if slot is not None:
                found.setdefault(slot, (scheme, self.values[name]))
        return tuple(found.values())


def _places(headers: Headers) -> dict[Slot, str]:
    """The place of each header and of each cookie -> what stands there."""
    cookies = {Slot("cookie", name): value for name, value in cookie_pairs(headers)}
    return cookies | {Slot("header", name): value for name, value in headers if name.lower() != "cookie"}


def holds_credentials(slot: Slot) -> bool:
    """Whether a header or a cookie holds credentials by its name, whatever the contract says of it."""
    name = slot.name.lower()
    return slot.location == "cookie" or name in SECRET_HEADERS or _CREDENTIAL_NAME.search(name) is not None


def slots_of(operations: Iterable[Operation]) -> tuple[Slot, ...]:
    """Every place in the requests of `operations` where a credential may stand."""
    alternatives = (each for one in operations if one.security is not None for each in one.security.alternatives)
    return tuple(dict.fromkeys(slot for schemes in alternatives for one in schemes if (slot := slot_of(one))))


def given_by_headers(headers: Headers, schemes: Iterable[SecurityScheme]) -> dict[str, str]:
    """Scheme name -> what `headers` give for it, as it is written in a request; the last of several headers counts."""
    given = {}
    for name, value in headers:
        for scheme in schemes:
            kind, slot = kind_of(scheme), slot_of(scheme)
            found = slot.read(Request("GET", "/", ((name, value),))) if slot is not None else None
            if found and kind.fits(scheme, found) and not (slot == _AUTHORIZATION and _is_anothers(scheme, found)):
                given[scheme.name] = found
    return given


def without_credentials(headers: Headers, schemes: Iterable[SecurityScheme]) -> Headers:
    """`headers` without those, and without the cookies, that give credentials for one of the `schemes`."""
    known = tuple(schemes)
    slots = [slot for scheme in known if (slot := slot_of(scheme)) is not None and slot.location == "cookie"]
    cookies = [pair for pair in cookie_pairs(headers) if not any(slot.holds("cookie", pair[0]) for slot in slots)]
    plain = [pair for pair in headers if pair[0].lower() != "cookie" and not given_by_headers((pair,), known)]
    return with_cookies(tuple(plain), cookies)


def how_to_give(scheme: SecurityScheme) -> str:
    """How a person gives credentials for a scheme: by a header where one does, and in the configuration."""
    kind = kind_of(scheme)
    header = kind.as_header(scheme)
    table = f"[tool.clausewise.credentials] {scheme.name} = {kind.example}"
    return f"-H '{header}' or {table}" if header else table


#: ends of the names of headers that hold credentials: `X-Acme-Api-Key`, `Access-Token`; not `Idempotency-Key`
_CREDENTIAL_NAME = re.compile(
    r"(?:api|app|access|auth|client|private|secret|service|session|user)[_-]?(?:key|token|secret)$"
)

_AUTHORIZATION = Slot("header", "Authorization")

#: authentication schemes that are no way to present a token of OAuth 2.0 or OpenID Connect
_NO_TOKEN = frozenset({"basic", "digest"})


def _is_anothers(scheme: SecurityScheme, value: str) -> bool:
    return scheme.type in ("oauth2", "openIdConnect") and value.partition(" ")[0].lower() in _NO_TOKEN


def _holds(schemes: Iterable[SecurityScheme], location: str, name: str) -> bool:
    return any((slot := slot_of(scheme)) is not None and slot.holds(location, name) for scheme in schemes)


def _go_together(alternative: _Alternative) -> bool:
    """Whether no two schemes need the same place in a request."""
    places = [(slot.location, slot.name.lower()) for scheme in alternative if (slot := slot_of(scheme))]
    return len(places) == len(set(places))


def with_further(request: Request, headers: Headers) -> Request:
    """`request` with those of the `headers` whose names it lacks."""
    return msgspec.structs.replace(request, headers=_on_top_of(headers, request.headers))


def _on_top_of(headers: Headers, own: Headers) -> Headers:
    """Those of the `headers` whose names are not among its `own`, and these."""
    names = {name.lower() for name, _ in own}
    return (*(pair for pair in headers if pair[0].lower() not in names), *own)
