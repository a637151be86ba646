"""The contract: an OpenAPI document compiled into operations, clauses and schemas.

A contract never changes. The parts of an operation are compiled when they are first used, so that a document of a
thousand operations costs no more than the operations that are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.operation import OperationContract
from clausewise.contract.shared import SharedSchemas
from clausewise.errors import Location, UsageError
from clausewise.spec.defects import Defect, merged
from clausewise.spec.dialects import Nullable
from clausewise.spec.document import Document
from clausewise.spec.operations import SecurityScheme
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Fetch, Sources, open_sources, read_overlays
from clausewise.spec.router import Router
from clausewise.spec.specification import Specification, read_specification

#: methods that are tried on a path that does not offer them; servers answer HEAD, OPTIONS, TRACE and CONNECT anyway
TRIED_METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")

#: characters of a glob
_GLOB = frozenset("*?[")


def load(
    path: str | Path,
    name: str | None = None,
    *,
    allow_refs: Iterable[Path] = (),
    nullable: Nullable = "meant",
    fetch: Fetch | None = None,
    overlays: Iterable[Path | Document] = (),
    refs: Mapping[str, Path] = MappingProxyType({}),
) -> Contract:
    """The contract in the OpenAPI document at `path`, which messages call `name`.

    Its references may lead to files at or below its own folder and the folders `allow_refs`, and to URLs where there is
    a function to `fetch` them; `refs` gives local files or folders for the beginnings of URLs. `overlays` are applied
    to the document, in this order. `nullable` says how that keyword of OpenAPI 3.0 is read. What is not valid in it
    closes only the operations that it leaves unknown (`Contract.defects`). Raises SpecError, with file, line and column
    where there are such, when nothing of it can be read.
    """
    sources = open_sources(Path(path), name or str(path), allow_refs, nullable, fetch, overlays, refs)
    return Contract(read_specification(sources))


def compile_document(
    document: Document,
    *,
    allow_refs: Iterable[Path] = (),
    nullable: Nullable = "meant",
    fetch: Fetch | None = None,
    overlays: Iterable[Path | Document] = (),
    refs: Mapping[str, Path] = MappingProxyType({}),
) -> Contract:
    """The contract in a document that was read from elsewhere. Raises SpecError like `load`."""
    return Contract(read_specification(Sources(document, allow_refs, nullable, fetch, read_overlays(overlays), refs)))


class Contract:
    """A compiled OpenAPI document."""

    def __init__(self, specification: Specification) -> None:
        self.specification = specification
        self.router = Router(specification.operations, specification.base_paths)
        closing: dict[str, Defect] = {}
        for defect in specification.defects:
            for key in defect.closes:
                closing.setdefault(key, defect)
        self.operations = tuple(
            OperationContract(specification, operation, self.router, closing.get(operation.key))
            for operation in specification.operations
        )
        self._by_key = {operation.key: operation for operation in self.operations}
        self.webhooks = tuple(
            OperationContract(specification, operation, self.router, closing.get(operation.key))
            for operation in specification.webhooks
        )

    @property
    def name(self) -> str:
        """The document's file, as its user named it."""
        return self.specification.sources.root.name

    @cached_property
    def received(self) -> tuple[OperationContract, ...]:
        """The operations whose requests the API sends: the webhooks, and the callbacks of all operations."""
        callbacks = (callback.operation for operation in self.operations for callback in operation.callbacks)
        return (*self.webhooks, *callbacks)

    @cached_property
    def _received_by_key(self) -> dict[str, OperationContract]:
        return {operation.key: operation for operation in self.received}

    def for_handler(self, paths: Mapping[str, str]) -> Contract:
        """The contract that a client's handler of the webhooks keeps: a webhook is an operation with one URL, below the
        path that `paths` has for its name, else below its own name."""
        webhooks = self.specification.webhooks
        operations = tuple(msgspec.structs.replace(each, path=paths.get(each.webhook, each.path)) for each in webhooks)
        bare = msgspec.structs.replace(
            self.specification, operations=operations, webhooks=(), base_paths=("",), server=None
        )
        return Contract(bare)

    def presenting(self, schemes: Mapping[str, SecurityScheme]) -> Contract:
        """The contract with other `schemes` in the place of those of their names."""
        operations = tuple(
            each if each.security is None else msgspec.structs.replace(each, security=each.security.presenting(schemes))
            for each in self.specification.operations
        )
        return Contract(msgspec.structs.replace(self.specification, operations=operations))

    def operation(self, key: str) -> OperationContract:
        """The operation, webhook or callback named `key`. Raises UsageError, which suggests the nearest name, when
        there is none."""
        found = self._by_key.get(key) or self._received_by_key.get(key)
        if found is None:
            import difflib

            near = difflib.get_close_matches(key, [*self._by_key, *self._received_by_key], n=1, cutoff=0.4)
            remedy = f'did you mean "{near[0]}"?' if near else "`clausewise clauses` lists them"
            raise UsageError(f'{self.name} has no operation "{key}"', remedy=remedy)
        return found

    def select(self, keys: Iterable[str]) -> tuple[OperationContract, ...]:
        """The operations named, by key or by a glob over keys, or all of them when none is: those that clients call.
        Raises UsageError for a name that no operation has, and for that of a webhook or callback."""
        chosen = dict.fromkeys(one for key in keys for one in self._named(key))
        for one in chosen:
            if one.key not in self._by_key:
                kind = one.operation.kind
                remedy = "--webhooks tests it" if kind == "webhook" else "name the operation that has it"
                raise UsageError(f'"{one.key}" is a {kind}: the API sends its requests', remedy=remedy)
        return tuple(chosen) or self.operations

    def _named(self, key: str) -> Iterable[OperationContract]:
        if key not in self._by_key and not _GLOB.isdisjoint(key):
            found = [self._by_key[each] for each in self._by_key if fnmatchcase(each, key)]
            if found:
                return found
        return (self.operation(key),)

    def each_clause_once(self, operations: Iterable[OperationContract]) -> Iterator[Clause]:
        """The clauses of `operations`, those of a component only where it is first used by a request, and by a
        response. Nothing is kept of an operation whose clauses have been given."""
        operations = tuple(operations)
        shared = SharedSchemas(self.specification.sources, (one.operation for one in operations))
        for one in operations:
            yield from OperationContract(self.specification, one.operation, self.router, shared=shared).clauses

    def defects(self, operations: Iterable[OperationContract]) -> tuple[Defect, ...]:
        """What is not valid in the document, but for what is only a part of other operations than these. Callbacks are
        parts of their operations; of webhooks, the schemas are looked at where they are among these."""
        operations = list(operations)
        operations += [callback.operation for operation in operations for callback in operation.callbacks]
        keys = {operation.key for operation in (*operations, *self.webhooks)}
        read = (one for one in self.specification.defects if not one.operations or keys.intersection(one.operations))
        return merged([*read, *(defect for operation in operations for defect in operation.defects)])

    @property
    def known_defects(self) -> tuple[Defect, ...]:
        """What is not valid in the document, as far as its schemas have been used."""
        compiled = (defect for operation in self.operations for defect in operation.known_defects)
        return merged([*self.specification.defects, *compiled])

    def locate(self, source: Source) -> Location:
        """File, line and column of a place in the document."""
        return self.specification.sources.locate(source)
