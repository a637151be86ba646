"""The contract of a command: in a file, at a URL, or asked of the target.

Files need nothing else of this package, and commands that read one import nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import urlsplit

from clausewise.config import Config, is_url
from clausewise.contract.contract import Contract, compile_document
from clausewise.contract.soundness import refuse_defects
from clausewise.errors import SpecError, UsageError
from clausewise.spec.dialects import Nullable
from clausewise.spec.document import Document, parse
from clausewise.spec.resolve import Fetch, Sources, open_sources, read_overlays
from clausewise.spec.specification import read_specification


class Reading(TypedDict):
    """How a document is read, as arguments of `contract.load`."""

    allow_refs: tuple[Path, ...]
    nullable: Nullable
    overlays: tuple[Path | Document, ...]
    refs: dict[str, Path]


#: takes a sentence for the user
Announce = Callable[[str], None]


def reading_of(config: Config) -> Reading:
    """How a configuration has documents read."""
    return Reading(allow_refs=config.allow_refs, nullable=config.nullable, overlays=config.overlay, refs=config.refs)


def contract_in(document: Mapping[str, Any], config: Config) -> Contract:
    """The contract in a document that a program holds. Raises SpecError for one that JSON cannot write, and like
    `open_contract`."""
    import json

    try:
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise SpecError(f"the document cannot be written as JSON: {error}") from None
    parsed = parse(text.encode("utf-8", "surrogatepass"), None, "document")
    contract = compile_document(parsed, **reading_of(config))
    if config.strict:
        refuse_defects(contract)
    return contract


def open_contract(spec: str | None, config: Config, announce: Announce | None = None) -> Contract:
    """The contract in the document `spec`, a path or a URL; without it in that of the configuration, else in the one
    that the target serves. Which one that is goes to `announce`.

    Raises UsageError where there is nothing to read, and for a target that is none; SpecError, with its place, for a
    document that cannot be read or understood, and for every defect of one that is to be read strictly.
    """
    contract = Contract(read_specification(_opened(spec or config.spec, config, announce)))
    if config.strict:
        refuse_defects(contract)
    return contract


def open_documents(spec: str | None, config: Config, announce: Announce | None = None) -> Sources:
    """The files of the contract that `open_contract` gives, without its operations, which are read only where it is to
    be read strictly. Raises like `open_contract`, but for what only the operations show."""
    if config.strict:
        return open_contract(spec, config, announce).specification.sources
    return _opened(spec or config.spec, config, announce)


def _path_of(url: str) -> str:
    """The path of a `file://` URL."""
    # It brings an HTTP client along.
    from urllib.request import url2pathname

    return url2pathname(urlsplit(url).path)


def _opened(spec: str | None, config: Config, announce: Announce | None) -> Sources:
    if spec is not None and not is_url(spec):
        path = _path_of(spec) if spec.startswith("file://") else spec
        fetch: Fetch | None = None
        if config.allow_remote_refs:
            from clausewise.retrieval.fetch import Fetcher

            fetch = Fetcher(config).references()
        return open_sources(Path(path), path, config.allow_refs, config.nullable, fetch, config.overlay, config.refs)
    if spec is None and (config.target is None or config.target.mock):
        raise UsageError(
            "no OpenAPI document is named",
            remedy="give its path or URL, or set spec in [tool.clausewise]",
        )
    from clausewise.retrieval.fetch import Fetcher

    fetcher = Fetcher(config)
    if spec is not None:
        document = fetcher.document(spec)
    else:
        from clausewise.retrieval.discovery import discover

        document, how = discover(config, fetcher)
        if announce is not None:
            announce(f"no OpenAPI document is named: {how}")
    fetch, overlays = fetcher.references(document), read_overlays(config.overlay)
    return Sources(document, config.allow_refs, config.nullable, fetch, overlays, config.refs)
