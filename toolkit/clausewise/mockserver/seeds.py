"""The resources that a file gives a mock at the beginning: an object of lists, by the paths of their collections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from clausewise.contract.breaches import Breach
from clausewise.contract.contract import Contract
from clausewise.errors import UsageError
from clausewise.mockserver.collection import Document, Documents, Key
from clausewise.mockserver.respond import Responder
from clausewise.resources.identity import name_in, named_in
from clausewise.resources.types import ResourceType, resource_types
from clausewise.spec.document import read
from clausewise.values.edit import put
from clausewise.wording import path_text

_REMEDY = 'write an object of lists, by the paths of the collections: {"/things": [{"id": 1}]}'


def read_seeds(contract: Contract, path: Path) -> dict[tuple[str, Key], Documents]:
    """The resources in a JSON or YAML file, by the path of their type and the key of what they are in.

    Raises SpecError where it cannot be read, and UsageError where it does not fit the contract.
    """
    name = str(path)
    tree = read(path, name).tree
    if not isinstance(tree, dict):
        raise UsageError(f"{name} is not an object", remedy=_REMEDY)
    types = resource_types(contract.operations)
    found: dict[tuple[str, Key], Documents] = {}
    for collection, documents in tree.items():
        of_type, outer = _type_at(types, collection, name)
        if not isinstance(documents, list):
            raise UsageError(f'{name}: "{collection}" is not a list', remedy=_REMEDY)
        found[of_type.path, outer] = dict(_named(of_type, documents, f"{name}: {collection}"))
    return found


def _type_at(types: dict[str, ResourceType], collection: str, name: str) -> tuple[ResourceType, Key]:
    """The type of the resources in a collection, and the key of what it is in."""
    segments = collection.rstrip("/").split("/")
    for of_type in types.values():
        template = of_type.collection.split("/")
        pairs = list(zip(template, segments, strict=False))
        if len(template) == len(segments) and all(word in ("{}", segment) for word, segment in pairs):
            return of_type, tuple(unquote(segment) for word, segment in pairs if word == "{}")
    listed = ", ".join(sorted(of_type.collection for of_type in types.values())) or "none"
    raise UsageError(f'{name}: the contract has no collection "{collection}"', remedy=f"its collections are {listed}")


def _named(of_type: ResourceType, documents: list[Any], place: str) -> Iterator[tuple[str, Document]]:
    for index, document in enumerate(documents):
        own = named_in(document, of_type.parameter, of_type.noun)
        if not isinstance(document, dict) or own is None:
            parameter = of_type.parameter.parameter.name
            message = f"{place}: item {index} has no member that names it"
            raise UsageError(message, remedy=f"give each an id that is valid for the path parameter `{parameter}`")
        for breach in _breaches(of_type, document):
            message = f"{place}: item {index} breaks the contract at {path_text(breach.location)}: {breach.clause.text}"
            raise UsageError(message, remedy="the mock shows only what the contract allows")
        yield str(own), document


def _breaches(of_type: ResourceType, document: Document) -> tuple[Breach, ...]:
    """What the answer that shows one resource breaks with this one."""
    if of_type.get is None:
        return ()
    responder = Responder(of_type.get, seed=0)
    answer = responder.begin(responder.success())
    if answer.entry is None or answer.entry.message is None:
        return ()
    body = answer.templates[0]
    at = name_in(body, of_type.parameter, of_type.noun) or ("",)
    return answer.entry.message.breaches(put(body, at[:-1], document))
