"""A user's headers, credential tables and values in, `Credentials` out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from clausewise.environment import resolve_headers, resolve_secret
from clausewise.errors import ConfigError
from clausewise.exchange import Headers
from clausewise.options import SchemeCredentials, Values, value_for
from clausewise.security.credentials import Certificate, Credentials, given_by_headers, without_credentials
from clausewise.security.names import is_secret_parameter
from clausewise.security.oauth import Grant
from clausewise.security.redact import secrets_in
from clausewise.security.schemes import basic, kind_of, slot_of
from clausewise.spec.operations import SecurityScheme
from clausewise.spec.specification import Specification

#: the OAuth 2.0 flows that need no browser, as OpenAPI names them
_PASSWORD, _CLIENT = "password", "clientCredentials"


def configure(
    specification: Specification,
    *,
    headers: Headers = (),
    tables: Mapping[str, SchemeCredentials] | None = None,
    values: Values | None = None,
    environ: Mapping[str, str] | None = None,
    over_tls: bool = False,
) -> Credentials:
    """The credentials of one user, for the operations of a contract.

    `tables` are `[tool.clausewise.credentials]`, `values` `[tool.clausewise.values]`, where the key of an `apiKey`
    scheme may stand by its parameter's name. A header goes before a table, and a table before a value. Headers and
    tables may name variables of `environ`; what a header has from there is a secret, whatever its name.
    Raises ConfigError, with the place, for a table that names no scheme or gives what its scheme cannot use, and like
    `resolve_headers`.
    """
    environ = environ or {}
    named, headers = headers, resolve_headers(headers, environ)
    secrets = [now for (_, written), (_, now) in zip(named, headers, strict=True) if now != written]
    every = specification.operations
    schemes = {
        scheme.name: scheme
        for operation in every
        if operation.security is not None
        for alternative in operation.security.alternatives
        for scheme in alternative
    }
    written: dict[str, str] = {}
    grants: dict[str, Grant] = {}
    certificate: Certificate | None = None
    for name, table in (tables or {}).items():
        if name not in specification.defined_schemes:
            known = ", ".join(specification.defined_schemes)
            raise ConfigError(
                f'the contract has no security scheme "{name}"',
                location=table.location,
                remedy=f"it has {known}" if known else "it has none",
            )
        if name not in schemes:
            # Defined, and no operation asks for it.
            continue
        scheme = schemes[name]
        given = _given(scheme, table, environ)
        if isinstance(given, Grant):
            grants[name] = given
            secrets += given.secrets
        elif isinstance(given, Certificate):
            certificate = given
        else:
            written[name] = given
    by_header = given_by_headers(headers, schemes.values())
    written |= by_header
    own = {
        (operation.key, scheme.name): _checked(scheme, str(value), _wrong_value(scheme))
        for operation in every
        if operation.security is not None
        for alternative in operation.security.alternatives
        for scheme in alternative
        if scheme.type == "apiKey" and scheme.name not in written
        for found, value in [value_for(values or {}, operation.key, scheme.parameter)]
        if found and isinstance(value, str | int | float) and value != ""
    }
    plain = without_credentials(headers, schemes.values())
    secrets += [*written.values(), *own.values(), *secrets_in(headers), *_secret_values(values or {})]
    return Credentials(
        headers=plain,
        schemes=schemes,
        values=written,
        own_values=own,
        from_headers=frozenset(by_header),
        grants={name: grant for name, grant in grants.items() if name not in written},
        certificate=certificate,
        over_tls=over_tls,
        secrets=tuple(dict.fromkeys(secrets)),
    )


def _secret_values(values: Values) -> Iterator[str]:
    """The values of parameters and members that are secret by their names."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _secret_values(value)
        elif is_secret_parameter(name) and isinstance(value, str | int):
            yield str(value)


def _given(scheme: SecurityScheme, table: SchemeCredentials, environ: Mapping[str, str]) -> str | Grant | Certificate:
    """What a table gives for its scheme. Raises ConfigError where the scheme can do nothing with it."""
    kind, name = kind_of(scheme), f'the credentials for "{scheme.name}"'

    def secret(value: str) -> str:
        return resolve_secret(value, f'a credential for "{scheme.name}"', environ, table.location)

    def wrong(what: str) -> ConfigError:
        return ConfigError(f"{name} {what}", location=table.location, remedy=_remedy(scheme))

    if kind.unsupported:
        raise ConfigError(f"{name} cannot be used: {kind.unsupported}", location=table.location)
    filled = {
        key
        for key in ("username", "password", "token-url", "client-id", "client-secret", "scopes", "cert", "key")
        if getattr(table, key.replace("-", "_")) not in (None, ())
    }
    if table.value is not None:
        if not table.value.strip():
            raise wrong("are empty")
        if not kind.takes_string:
            raise wrong("must be a table")
        return _checked(scheme, kind.written(scheme, secret(table.value)), wrong)
    if not filled or filled - {*kind.keys}:
        takes = f"a table with {', '.join(kind.keys)}" if kind.keys else "a string"
        raise wrong(f"must be {takes}{' or a string' if kind.keys and kind.takes_string else ''}")
    if table.cert is not None or table.key is not None:
        for path in (table.cert, table.key):
            if path is not None and not path.is_file():
                raise wrong(f"name a file that does not exist: {path}")
        if table.cert is None:
            raise wrong("lack the certificate")
        return Certificate(table.cert, table.key)
    username = secret(table.username) if table.username is not None else None
    password = secret(table.password) if table.password is not None else None
    if (username is None) is not (password is None):
        raise wrong("must give username and password together")
    if scheme.type == "http":
        assert username is not None and password is not None
        if ":" in username:
            raise wrong("have a colon in the username, which HTTP basic authentication cannot carry (RFC 7617)")
        return basic(username, password)
    if username is None and table.client_id is None:
        raise wrong("must give client-id and client-secret, or username and password")
    urls = dict(scheme.token_urls)
    flow = _PASSWORD if username is not None else _CLIENT
    url = secret(table.token_url) if table.token_url is not None else urls.get(flow)
    if url is None:
        raise wrong(f"must give token-url: the contract has none for the flow {flow}")
    return Grant(
        url=url,
        client_id=secret(table.client_id) if table.client_id is not None else None,
        client_secret=secret(table.client_secret) if table.client_secret is not None else None,
        username=username,
        password=password,
        scopes=table.scopes,
    )


def _checked(scheme: SecurityScheme, value: str, wrong: Callable[[str], ConfigError]) -> str:
    """`value`, which must be something that its place in a request can carry."""
    slot = slot_of(scheme)
    if slot is not None and slot.location != "query":
        if not (value.isascii() and value.isprintable() and value == value.strip()):
            raise wrong("have a character that a header cannot carry")
        if slot.location == "cookie" and set(value) & set(' ",;\\'):
            raise wrong("have a character that a cookie cannot carry (RFC 6265 section 4.1.1)")
    return value


def _wrong_value(scheme: SecurityScheme) -> Callable[[str], ConfigError]:
    return lambda what: ConfigError(f'the values of "{scheme.parameter}" {what}')


def _remedy(scheme: SecurityScheme) -> str:
    return f"write {scheme.name} = {kind_of(scheme).example}"
