"""A configuration for one API: what is tested, and how to log in as its security schemes want it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import msgspec

from clausewise.config import Config
from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.options import TargetSpec
from clausewise.security.schemes import kind_of
from clausewise.spec.operations import SecurityScheme

_PLAIN = Config()


class Login(msgspec.Struct, frozen=True):
    """How to log in by one security scheme."""

    scheme: str
    #: what stands behind the name of the scheme in the configuration; "" where nothing can be given
    value: str
    #: the environment variables that hold the secrets
    variables: tuple[str, ...] = ()
    #: what a reader has to know, as a sentence; "" for nothing
    remark: str = ""
    #: URL of the token endpoint as the document writes it; "" where there is none
    token_url: str = ""


class Recipe(msgspec.Struct, frozen=True):
    """What a configuration says."""

    #: path or URL of the document; None where the target is asked
    spec: str | None
    target: TargetSpec
    logins: tuple[Login, ...] = ()
    #: operation that gives tokens -> field -> environment variable
    values: dict[str, dict[str, str]] = {}
    #: what a reader has to know of the target, as a sentence; "" for nothing
    remark: str = ""
    #: how the document is read; all else in it is left alone
    reading: Config = _PLAIN

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that have to be set."""
        return tuple(dict.fromkeys(name for login in self.logins for name in login.variables))


def recipe_for(
    contract: Contract, spec: str | None, target: TargetSpec, remark: str = "", reading: Config = _PLAIN
) -> Recipe:
    """The configuration for a contract and a target. Of headers for the document only those are written down whose
    values are in the environment."""
    logins = tuple(_logins(contract))
    values = {}
    for login in logins:
        operation = _token_operation(contract, login.token_url)
        if operation is not None and len(login.variables) == 2:
            fields = ("username", "password") if "username" in login.value else ("client_id", "client_secret")
            values[operation.key] = dict(zip(fields, login.variables, strict=True))
    return Recipe(spec, target, logins, values, remark, reading)


def render(recipe: Recipe, prefix: str) -> str:
    """The configuration as TOML, its tables below `prefix`: "tool.clausewise", or "" for a file of its own."""
    lines = [f"[{prefix}]"] if prefix else []
    if recipe.spec is None:
        lines.append("# The OpenAPI document is asked of the target; to name one: spec = a path or a URL")
    else:
        lines.append(f"spec = {_string(recipe.spec)}")
    lines += [f"# {recipe.remark}"] if recipe.remark else []
    lines.append(f"target = {_target(recipe.target)}")
    folders = ", ".join(_string(str(folder)) for folder in recipe.reading.allow_refs)
    lines += [f"allow-refs = [{folders}]"] if folders else []
    lines += ["allow-remote-refs = true"] if recipe.reading.allow_remote_refs else []
    overlays = ", ".join(_string(str(file)) for file in recipe.reading.overlay)
    lines += [f"overlay = [{overlays}]"] if overlays else []
    below = f"{prefix}." if prefix else ""
    if recipe.logins:
        lines += ["", '# How to log in: "env:NAME" is read from that environment variable.', f"[{below}credentials]"]
        for login in recipe.logins:
            lines += [f"# {login.remark}"] if login.remark else []
            lines += [f"{_key(login.scheme)} = {login.value}"] if login.value else []
    headers = [pair for pair in recipe.reading.spec_headers if pair[1].startswith("env:")]
    if headers:
        lines += ["", "# Sent where the document is read.", f"[{below}spec-headers]"]
        lines += [f"{_key(name)} = {_string(value)}" for name, value in headers]
    for operation, fields in recipe.values.items():
        lines += ["", "# The operation that gives tokens wants the same.", f"[{below}values.{_key(operation)}]"]
        lines += [f'{_key(field)} = "env:{variable}"' for field, variable in fields.items()]
    return "\n".join(lines) + "\n"


def _logins(contract: Contract) -> Iterator[Login]:
    """A login for each scheme that operations need: those of the first alternative that can be given."""
    wanted: dict[str, SecurityScheme] = {}
    for operation in contract.operations:
        security = operation.operation.security
        if security is None or not security.required:
            continue
        usable = [one for one in security.alternatives if not any(kind_of(scheme).unsupported for scheme in one)]
        chosen = next(iter(usable), security.alternatives[0])
        wanted.update({scheme.name: scheme for scheme in chosen})
    used: set[str] = set()
    for scheme in wanted.values():
        login = _login(scheme, "")
        if used & {*login.variables}:
            login = _login(scheme, "_" + re.sub(r"\W+", "_", scheme.name).strip("_").upper())
        used |= {*login.variables}
        yield login


def _login(scheme: SecurityScheme, suffix: str) -> Login:
    kind, urls = kind_of(scheme), dict(scheme.token_urls)
    if kind.unsupported:
        return Login(scheme.name, "", remark=f"{scheme.name}: {kind.unsupported}")
    if scheme.type == "mutualTLS":
        example = '{ cert = "client.pem", key = "client.key" }'
        return Login(scheme.name, "", remark=f"{scheme.name}: name the files of a certificate and its key: {example}")
    if (scheme.type, scheme.scheme) == ("http", "basic") or (scheme.type == "oauth2" and "password" in urls):
        user, password = f"API_USERNAME{suffix}", f"API_PASSWORD{suffix}"
        value = f'{{ username = "env:{user}", password = "env:{password}" }}'
        return Login(scheme.name, value, (user, password), token_url=urls.get("password", ""))
    if scheme.type == "oauth2" and "clientCredentials" in urls:
        client, secret = f"API_CLIENT_ID{suffix}", f"API_CLIENT_SECRET{suffix}"
        value = f'{{ client-id = "env:{client}", client-secret = "env:{secret}" }}'
        return Login(scheme.name, value, (client, secret), token_url=urls["clientCredentials"])
    name = f"API_KEY{suffix}" if scheme.type == "apiKey" else f"API_TOKEN{suffix}"
    by_command = 'or, above, a program that prints `Authorization: Bearer ...`: credentials-command = ["./login.sh"]'
    remark = "" if scheme.type == "apiKey" else f"A token; {by_command}"
    return Login(scheme.name, f'"env:{name}"', (name,), remark)


def _token_operation(contract: Contract, url: str) -> OperationContract | None:
    """The operation of the contract that is at the URL of a token endpoint; None where it is not one of them."""
    if not url:
        return None
    base = contract.specification.base_paths[0]
    path = urlsplit(urljoin(f"http://host{base}/", url)).path
    for operation in contract.operations:
        if operation.operation.method == "POST" and operation.operation.path in (path, path.removeprefix(base)):
            return operation
    return None


def _target(target: TargetSpec) -> str:
    if target.mock:
        return "{ mock = true }"
    name, value = ("url", target.url) if target.url is not None else ("app", target.app)
    return f"{{ {name} = {_string(value or '')} }}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _string(name)


def _string(text: str) -> str:
    """A basic string of TOML: JSON's escapes are among its own, except for that of DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
