"""What the answers of operations show, by the names of their schemas: what makes a thing may show another.

A `POST /prompts` that answers with the first version of a new prompt names that version, and not the prompt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.errors import SpecError
from clausewise.resources.types import ResourceType, erased, resource_paths
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources
from clausewise.values.words import noun_of, plain

#: members that hold what an answer shows, as `plain` writes them, and those by which it is no envelope itself
_ENVELOPES = ("data", "result", "item")
_OWN = frozenset({"id", "pk", "uuid", "guid", "key", "slug", "name"})

#: references, alternatives and envelopes that are followed, one after the other
_STEPS = 12

#: letters of a word that may stand for a type of resource
_WORD = 3


def with_answers(contract: Contract, types: Mapping[str, ResourceType]) -> dict[str, ResourceType]:
    """The resource `types` of a contract by their paths, each with what the answer of its `create` shows where that is
    no resource of the type."""
    sources, shown = contract.specification.sources, dict[str, set[str]]()
    for operation in contract.operations:
        if operation.operation.method == "GET":
            path = erased(operation.operation.path)
            noun = noun_of(path)
            name = shown_by(sources, operation, noun, is_list=not path.endswith("{}"))
            if name and len(noun) >= _WORD:
                shown.setdefault(name, set()).add(noun)
    return {path: _with_answer(sources, of_type, shown) for path, of_type in types.items()}


def _with_answer(sources: Sources, of_type: ResourceType, shown: Mapping[str, set[str]]) -> ResourceType:
    create, every, noun = of_type.create, of_type.list, of_type.noun
    if create is None or of_type.has_own_path:
        return of_type
    made = shown_by(sources, create, noun)
    own = {shown_by(sources, one, noun) for one in (of_type.get, of_type.update) if one is not None}
    own |= {shown_by(sources, every, noun, is_list=True)} if every is not None else set()
    own.discard("")
    if not made or not own or made in own:
        return of_type
    called = plain(made)
    # The answer may show what the new one is in, and the new one there.
    around = {noun_of(outer) for outer in resource_paths(of_type.path)}
    others = sorted((each for each in shown.get(made, ()) if each in called and each not in around), key=len)
    # A `NewThing` or a `UserThing` may be a thing, and answers about things may have schemas of their own.
    is_other = bool(others) and not called.endswith(noun)
    return msgspec.structs.replace(of_type, answers_with=others[-1] if is_other else "", answers_otherwise=True)


def shown_by(sources: Sources, operation: OperationContract, noun: str, *, is_list: bool = False) -> str:
    """The name of the schema of the thing that the 2xx answers of an operation show, or of the items of their list; ""
    where it has none. The member called like the `noun` may hold the thing."""
    documented = (each for each in operation.operation.responses if each.status.startswith("2"))
    schemas = (media.schema for each in documented for media in each.content)
    at = next((schema for schema in schemas if schema is not None), None)
    if at is None:
        return ""
    try:
        return _name_at(sources, at, noun, is_list=is_list)
    except (KeyError, SpecError):
        # What is wrong with the document is told elsewhere.
        return ""


def _name_at(sources: Sources, at: Source, noun: str, *, is_list: bool) -> str:
    name, in_items = "", False
    for _ in range(_STEPS):
        schema = sources.value(at)
        if not isinstance(schema, dict):
            return ""
        if isinstance(schema.get("$ref"), str):
            at = sources.target(at, schema["$ref"])
            name = at.tokens[-1] if at.tokens else ""
            continue
        only = _only_alternative(schema)
        if only is not None:
            at = at.child(*only)
            continue
        if isinstance(schema.get("items"), dict):
            at, name, in_items = at.child("items"), "", True
            continue
        members = schema.get("properties")
        if not isinstance(members, dict):
            # One of several may be of any type.
            return "" if "anyOf" in schema or "oneOf" in schema else name
        title = schema.get("title")
        name = name or (title if isinstance(title, str) else "")
        inner = None if in_items else _member_that_holds(members, noun, is_list=is_list)
        if inner is None:
            return name if in_items or not is_list else ""
        at, name = at.child("properties", inner), ""
    return ""


def _only_alternative(schema: dict[str, Any]) -> tuple[str, int] | None:
    """The keyword and the number of the only schema that a value has to keep, `null` aside; None where there is none,
    or more than one."""
    for keyword in ("allOf", "anyOf", "oneOf"):
        each = schema.get(keyword)
        if isinstance(each, list) and "properties" not in schema:
            found = [index for index, one in enumerate(each) if one != {"type": "null"}]
            return (keyword, found[0]) if len(found) == 1 else None
    return None


def _member_that_holds(members: dict[str, Any], noun: str, *, is_list: bool) -> str | None:
    """The member that holds what an answer with these `members` shows; None where it is the thing itself."""
    if is_list:
        arrays = (name for name, one in members.items() if isinstance(one, dict) and "items" in one)
        return next(arrays, next((name for name in members if plain(name) in _ENVELOPES), None))
    if any(plain(name) in _OWN or plain(name) == f"{noun}id" for name in members):
        return None
    return next((name for name in members if plain(name) in _ENVELOPES or plain(name) == noun), None)
