"""An API that was found: its contract, where that is from, and what is to be tested."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urljoin, urlsplit

import msgspec

from clausewise import config, toml_table
from clausewise.config import OWN_FILE, Config, is_url
from clausewise.contract.contract import Contract
from clausewise.errors import ClausewiseError, SpecError
from clausewise.options import TargetSpec
from clausewise.retrieval.contracts import open_contract
from clausewise.runner.targets import app_target
from clausewise.scaffold.surroundings import apps_below, servers_here
from clausewise.transport.proxy import is_loopback

PYPROJECT = "pyproject.toml"

#: the table of the configuration in it
PREFIX = "tool.clausewise"

#: where a server is expected of which nothing is known
_USUAL = "http://127.0.0.1:8000"


class Found(msgspec.Struct, frozen=True, eq=False):
    """An API. What finds one reads documents as `reading` says: a configuration of nothing else."""

    contract: Contract
    #: path or URL of its document; None where the target is asked for it
    spec: str | None
    target: TargetSpec
    #: what a reader of the configuration has to know of the target; "" for nothing
    remark: str = ""


def configured_in(folder: Path) -> str | None:
    """The file in a folder that has a configuration; None where there is none. Raises ConfigError for broken TOML."""
    if (folder / OWN_FILE).exists():
        return OWN_FILE
    file = folder / PYPROJECT
    if not file.is_file():
        return None
    document = toml_table.parse(PYPROJECT, file.read_bytes())
    return PYPROJECT if document.table(tuple(PREFIX.split("."))) is not None else None


def as_configured(folder: Path) -> Found:
    """The API of the configuration in a folder. Raises ConfigError, and what `open_contract` raises."""
    there = config.load(None, folder)
    return Found(open_contract(None, there), there.spec, there.target or TargetSpec(mock=True))


def of_target(target: TargetSpec, reading: Config) -> Found:
    """The API of a target that is asked for its document. Raises what `open_contract` raises."""
    contract = open_contract(None, msgspec.structs.replace(reading, target=target))
    # Where a server has it is written down; an app is asked each time.
    return Found(contract, contract.name if target.url is not None else None, target)


def at_url(url: str, reading: Config) -> Found:
    """The API whose document is at a URL, or below a server's base URL. Raises SpecError."""
    try:
        contract = open_contract(url, reading)
    except SpecError as error:
        try:
            return of_target(TargetSpec(url=url.rstrip("/")), reading)
        except (SpecError, ValueError):
            raise error from None
    server = urlsplit(contract.specification.server or "/")
    if is_loopback(urlsplit(url).hostname or ""):
        # A document of a server on this machine often names the server in production.
        server = server._replace(scheme="", netloc="")
    # A relative URL of a server is relative to the document (OpenAPI 3.1 section 4.8.5).
    return Found(contract, url, TargetSpec(url=urljoin(url, server.geturl() or "/").rstrip("/")))


def in_file(file: str, folder: Path, reading: Config) -> Found:
    """The API of a document in a file, with what it likely describes: an app in the folder, a server on this machine,
    or that of the document. Raises SpecError."""
    contract = open_contract(file, reading)
    for app in apps_below(folder):
        try:
            app_target(app.name, 1)
        except ClausewiseError:
            continue
        return Found(contract, file, TargetSpec(app=app.name))
    here = servers_here()
    if here:
        return Found(contract, file, TargetSpec(url=here[0]))
    server = contract.specification.server or ""
    if is_url(server):
        return Found(contract, file, TargetSpec(url=server.rstrip("/")))
    return Found(contract, file, TargetSpec(url=_USUAL), "Start the server there, or name another.")
