"""Runs that did not reach their end: their record so far, and how they go on.

A run goes on by being planned again from its first request, with the same seed. Where an earlier process asked the
same, its answer is taken from the record, and nothing is sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from clausewise.conformance.second_opinion import disagreement
from clausewise.contract.contract import Contract, compile_document, load
from clausewise.contract.operation import OperationContract
from clausewise.errors import ConfigError, SpecError, UsageError
from clausewise.exchange import Exchange
from clausewise.options import RunOptions
from clausewise.recordings.exchange_file import Ordered
from clausewise.results import record
from clausewise.results.collector import RunInfo, to_run
from clausewise.results.coverage import TOOL
from clausewise.results.logbook import VERSION, Beginning, KeptDocument, Logbook, beginning_of
from clausewise.runner.targets import Target
from clausewise.security.declared import declared_in
from clausewise.security.redact import Redactor
from clausewise.spec.dialects import Nullable
from clausewise.spec.document import Document, parse

_UNFINISHED = "the run did not reach its end: it was killed, or still goes on"


def beginning_of_run(
    contract: Contract, operations: Sequence[OperationContract], target: Target, options: RunOptions, started: datetime
) -> Beginning:
    """What the logbook of a run begins with."""
    sources = contract.specification.sources
    return Beginning(
        version=VERSION,
        tool=TOOL,
        started=started,
        seed=options.seed,
        spec=contract.name,
        sources=_digests(contract, (operation.key for operation in operations)),
        folders=tuple(str(file.path.parent.resolve()) for file in sources.documents if file.path is not None),
        target=target.recorded,
        base_url=target.base_url,
        operations=tuple(operation.key for operation in operations),
        options={
            "nullable": sources.nullable,
            "webhooks": _handler_paths(contract),
            "--phase": " ".join(options.phases),
            "--max-examples": str(options.max_examples),
            # Of what may be secret, only names are written down.
            "--header": " ".join(sorted(name.lower() for name, _ in options.headers)),
            "--other-header": " ".join(sorted(name.lower() for name, _ in options.other_headers)),
            "credentials": " ".join(sorted(options.credentials)),
            "other-credentials": " ".join(sorted(options.other_credentials)),
            "credentials-command": str(options.credentials_command is not None),
            "values": hashlib.sha256(msgspec.json.encode(options.values, order="deterministic")).hexdigest(),
        },
        overlays=tuple(overlay.name for overlay in sources.overlays),
        refs={prefix: str(path) for prefix, path in sources.mapped.items()},
        documents=tuple(
            KeptDocument(document.name, urls, document.content.decode()) for document, urls in sources.remote
        ),
    )


def _handler_paths(contract: Contract) -> str:
    """The path of each webhook by its key, as JSON, where the contract is that of their handler; else ""."""
    paths = {one.key: one.operation.path for one in contract.operations if one.operation.kind == "webhook"}
    return msgspec.json.encode(paths, order="deterministic").decode() if paths else ""


def _digests(contract: Contract, operations: Iterable[str]) -> tuple[str, ...]:
    """Of each file that the contract has for these `operations`: references lead to some as schemas are compiled."""
    keys = frozenset(operations)
    for operation in contract.operations:
        _ = operation.clauses if operation.key in keys else ()
    return tuple(file.sha256 for file in contract.specification.sources.documents)


def required_beginning(folder: Path) -> Beginning:
    """The beginning of the run in `folder` that did not reach its end. Raises UsageError where there is none."""
    beginning = beginning_of(folder)
    if beginning is None:
        raise UsageError(f"{folder} holds no run that stopped before its end", remedy="name the --output-dir of one")
    return beginning


def read_again(folder: Path, operations: Sequence[OperationContract], wanted: Beginning) -> Logbook:
    """The logbook in `folder`, for the run to go on that would begin as `wanted`.

    Raises UsageError where that is another run, and ConfigError where the record cannot be read.
    """
    beginning = required_beginning(folder)
    reason = next(_differences(beginning, wanted), "")
    if reason:
        raise UsageError(f"the run in {folder} cannot go on: {reason}", remedy="begin a new one in another folder")
    try:
        return Logbook.read(folder, operations, beginning, "append")
    except OSError as error:
        raise ConfigError(f"cannot read the record of the run in {folder}: {error.strerror or error}") from None


def _differences(then: Beginning, now: Beginning) -> Iterator[str]:
    if then.tool != now.tool:
        yield f"it was begun by {then.tool.name} {then.tool.version}, and this is {now.tool.version}"
    if then.sources != now.sources:
        yield f"the contract {now.spec} is not the one that it tested"
    if then.target != now.target:
        yield f"it tested {then.target.name}, and not {now.target.name}"
    if then.operations != now.operations:
        yield "it tested other operations"
    for name, value in now.options.items():
        if then.options.get(name) != value:
            yield f"{name} is not what it was"
    if then.seed != now.seed:
        yield f"its seed is {then.seed}, and not {now.seed}"


def _contract_of(beginning: Beginning) -> Contract:
    """The contract of a run, from its files and from the documents that the logbook keeps. Raises SpecError."""
    contract = _document_of(beginning)
    paths = msgspec.json.decode(beginning.options.get("webhooks") or "{}", type=dict[str, str])
    if not paths:
        return contract
    return contract.for_handler({one.operation.webhook: paths[one.key] for one in contract.webhooks})


def _document_of(beginning: Beginning) -> Contract:
    nullable: Nullable = "letter" if beginning.options.get("nullable") == "letter" else "meant"
    kept = {
        url: parse(one.text.encode(), None, one.name, url=one.urls[0])
        for one in beginning.documents
        for url in one.urls
    }

    def fetch(url: str) -> Document:
        if url not in kept:
            raise SpecError(f"the run did not read {url}")
        return kept[url]

    folders = tuple(map(Path, beginning.folders))
    overlays, refs = tuple(map(Path, beginning.overlays)), {url: Path(path) for url, path in beginning.refs.items()}
    read = partial(load, beginning.spec)
    root = next(iter(kept.values()), None)
    if root is not None and root.name == beginning.spec:
        read = partial(compile_document, root)
    return read(allow_refs=folders, nullable=nullable, fetch=fetch if kept else None, overlays=overlays, refs=refs)


def unfinished_run(folder: Path) -> tuple[record.Run, Sequence[Exchange]] | None:
    """The record so far of the run in `folder` that did not reach its end, and its exchanges; None where there is none.

    Its verdicts follow from what was written down as the answers came. Raises ConfigError where that cannot be read,
    and where the contract has changed since; SpecError where the contract cannot be read.
    """
    beginning = beginning_of(folder)
    if beginning is None:
        return None
    if beginning.tool != TOOL:
        made = f"{beginning.tool.name} {beginning.tool.version}"
        raise ConfigError(f"the run in {folder} was made by {made}, and this is {TOOL.version}")
    contract = _contract_of(beginning)
    if _digests(contract, beginning.operations) != beginning.sources:
        raise ConfigError(f"the contract {beginning.spec} has changed since the run in {folder}")
    operations = contract.select(beginning.operations)
    try:
        logbook = Logbook.read(folder, operations, beginning, "read")
    except OSError as error:
        raise ConfigError(f"cannot read the record of the run in {folder}: {error.strerror or error}") from None
    ended = max((each.started for each in logbook.exchanges.values() if each.started), default=beginning.started)
    info = RunInfo(
        started=beginning.started,
        seconds=(ended - beginning.started).total_seconds(),
        seed=beginning.seed,
        target=beginning.target,
        base_url=beginning.base_url,
        requests=len(logbook.exchanges),
        unfinished=_UNFINISHED,
    )
    run = msgspec.structs.replace(to_run(contract, operations, logbook, info, disagreement), incomplete=(_UNFINISHED,))
    # What was observed is masked; the contract's examples are not.
    redactor = Redactor((), declared=declared_in(contract.specification), own_requests=True)
    return redactor.record(run), Ordered(logbook.exchanges)
