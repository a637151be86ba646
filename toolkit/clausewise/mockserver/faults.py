"""Faults of a mock, each a clause that it breaks on purpose, and that a gate must notice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec

from clausewise.contract.bodies import read_body, write_body
from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY, Clause
from clausewise.contract.contract import Contract
from clausewise.contract.keywords import binds
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import decode_header, encode_header
from clausewise.contract.parts import MediaContract
from clausewise.contract.request import RequestJudgement
from clausewise.contract.unbreakable import unbreakable, unbreakable_in_answer
from clausewise.errors import UsageError
from clausewise.exchange import Response, header
from clausewise.media.codec import Malformed
from clausewise.media.json import JSON
from clausewise.values.deviation import ValueSite
from clausewise.values.deviations import beyond
from clausewise.values.edit import get, locate, put
from clausewise.values.places import location_of
from clausewise.values.shape import shape_at, shape_of

#: `unenforced`: requests that break the clause are accepted; `broken`: responses break it; `crash`: 500 on its boundary
Kind = Literal["unenforced", "broken", "crash"]

#: keywords with a boundary to crash on -> the type of the values that have it
_BOUNDARIES = {
    **dict.fromkeys(("minLength", "maxLength"), str),
    **dict.fromkeys(("minItems", "maxItems"), list),
    **dict.fromkeys(("minimum", "maximum"), float),
}

#: a media type that no contract documents
_NO_TYPE = "application/x-clausewise-fault"


class Fault(msgspec.Struct, frozen=True):
    """One clause that the mock breaks, and how."""

    kind: Kind
    clause: Clause

    @property
    def name(self) -> str:
        """The fault as an argument of `clausewise mock --fault`: "unenforced #/components/schemas/Name/maxLength"."""
        return f"{self.kind} {self.clause.key}"


def faults_of(operation: OperationContract) -> Iterator[Fault]:
    """Every fault of an operation: each of its clauses, advisory ones aside, broken alone."""
    for clause in operation.clauses:
        if clause.severity != "error" or clause.governed_by is not None or clause.unjudged:
            continue
        if clause.direction == "response":
            yield Fault("broken", clause)
            continue
        yield Fault("unenforced", clause)
        if clause.keyword in _BOUNDARIES and not clause.part.startswith("body."):
            yield Fault("crash", clause)


def named_faults(contract: Contract, name: str) -> tuple[Fault, ...]:
    """The faults that `name` stands for: a clause's id or key, with or without the kind before it.

    Raises UsageError, which suggests the nearest name, when there is none.
    """
    kind, _, rest = name.partition(" ")
    every = [fault for operation in contract.operations for fault in faults_of(operation)]
    chosen = tuple(fault for fault in every if fault.kind == kind and rest in (fault.clause.id, fault.clause.key))
    # A crash must be named with its kind.
    chosen = chosen or tuple(
        fault for fault in every if fault.kind != "crash" and name in (fault.clause.id, fault.clause.key)
    )
    if not chosen:
        import difflib

        near = difflib.get_close_matches(name, {fault.clause.id for fault in every}, n=1)
        remedy = f'did you mean "{near[0]}"?' if near else "`clausewise clauses` lists them"
        raise UsageError(f'{contract.name} has no clause "{name}" that a fault can break', remedy=remedy)
    return chosen


def equivalent(fault: Fault, operation: OperationContract) -> str | None:
    """Why no HTTP message can show the fault; None where one can."""
    clause = fault.clause
    why = unbreakable(operation, clause) if fault.kind == "unenforced" else unbreakable_in_answer(operation, clause)
    if why:
        return f"untestable: {why}"
    implying = _implying(operation, clause) if fault.kind == "unenforced" and clause.keyword == "type" else None
    if implying is not None:
        return f"untestable: a value that breaks it also breaks another clause: {implying.text}"
    if clause.keyword == "status" and _other_status(operation, clause.value) is None:
        return "untestable: every status of its class is documented"
    if clause.keyword == "content" and "*/*" in (clause.value, *_documented(operation, clause)):
        return "untestable: every media type is documented"
    return None


def _implying(operation: OperationContract, clause: Clause) -> Clause | None:
    """The enumeration at the same place whose values are all of the type that a `type` clause demands."""
    types = {clause.value} if isinstance(clause.value, str) else set(clause.value)
    for other in operation.clauses:
        if (other.part, other.path, other.branch) == (clause.part, clause.path, clause.branch):
            allowed = {"enum": other.value, "const": [other.value]}.get(other.keyword)
            if (
                allowed
                and not clause.conditions
                and not other.conditions
                and all(_is_of(value, types) for value in allowed)
            ):
                return other
    return None


def _is_of(value: Any, types: set[str]) -> bool:
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    name = names.get(type(value), "null")
    return name in types or (name == "integer" and "number" in types)


def _documented(operation: OperationContract, clause: Clause) -> list[str]:
    if clause.direction == "request":
        return list(operation.body.content) if operation.body else []
    return list(operation.responses[clause.part.partition(".")[0]].content)


def _other_status(operation: OperationContract, documented: str) -> int | None:
    """A status of the same class that the contract does not document; None when it documents them all."""
    first = documented[0] if documented[0].isdigit() else "2"
    return next(
        (int(first) * 100 + n for n in range(98, 20, -1) if operation.response_for(int(first) * 100 + n) is None), None
    )


class FaultInjector:
    """Makes a mock break one clause, and nothing else."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        #: how many responses showed the fault
        self.shown = 0
        self._corrupted: dict[Response, Response | None] = {}

    def lets_pass(self, clause: Clause) -> bool:
        """Whether a breach of `clause` is accepted."""
        return self.fault.kind == "unenforced" and clause.key == self.fault.clause.key

    def crashes(self, operation: OperationContract, judgement: RequestJudgement) -> bool:
        """Whether a request that keeps the contract has the boundary value on which the mock crashes."""
        clause = self.fault.clause
        if self.fault.kind != "crash" or clause.operation != operation.key:
            return False
        location, _, name = clause.part.partition(".")
        root = judgement.body if location == "body" else judgement.parameters.get((location, name))
        hit = any(
            _measure(value) == clause.value
            for value in _values_at(root, clause.path)
            if _kind(value) is _BOUNDARIES[clause.keyword]
        )
        if hit and clause.part == "body":
            entry = operation.body_entry(clause)
            hit = entry is not None and entry.message is judgement.message
        if hit and clause.branch:
            message = judgement.message if clause.part == "body" else _request_message(operation, clause.part)
            hit = message is not None and any(other.key == clause.key for other in message.judge(root).upheld)
        self.shown += hit
        return hit

    def corrupt(self, operation: OperationContract, response: Response) -> Response:
        """`response` with the clause broken in it, where the clause constrains it."""
        clause = self.fault.clause
        documented = operation.response_for(response.status)
        if self.fault.kind != "broken" or clause.operation != operation.key or documented is None:
            return response
        status, _, part = clause.part.partition(".")
        if documented.documented.status != status:
            return response
        corrupted = self._corrupt(operation, response, status, part)
        if corrupted is None:
            return response
        self.shown += 1
        return corrupted

    def _corrupt(self, operation: OperationContract, response: Response, status: str, part: str) -> Response | None:
        clause = self.fault.clause
        documented = operation.responses[status]
        if clause.keyword == "status":
            other = _other_status(operation, status)
            return msgspec.structs.replace(response, status=other) if other is not None else None
        if part == "content":
            entry = documented.content_for(header(response.headers, "Content-Type") or "")
            is_meant = entry is not None and entry.clause.key == clause.key
            return _with_header(response, "Content-Type", _NO_TYPE) if is_meant else None
        if part.startswith("header."):
            return self._corrupt_header(operation, response, status, part.removeprefix("header."))
        entry = documented.content_for(header(response.headers, "Content-Type") or "")
        message = entry.message_of(header(response.headers, "Content-Type") or "") if entry is not None else None
        if entry is None or message is None:
            return None
        if response not in self._corrupted:
            self._corrupted[response] = _break_body(entry, message, clause, response)
        return self._corrupted[response]

    def _corrupt_header(
        self, operation: OperationContract, response: Response, status: str, name: str
    ) -> Response | None:
        clause, written = self.fault.clause, header(response.headers, name)
        if written is None:
            return None
        if clause.keyword == "required" and not clause.path:
            return _with_header(response, name, None)
        documented = next(each for each in operation.responses[status].headers if each.header.name == name)
        message = documented.message
        if message is None:
            return None
        value = decode_header(documented.header, message, [written])
        location = locate(value, clause.instance_path)
        if location is None:
            return None
        for deviation in beyond(clause, _site(message, clause, get(value, location))):
            sent = encode_header(documented.header, put(value, location, deviation.value))
            read = decode_header(documented.header, message, [sent])
            if sent.isprintable() and any(breach.clause.key == clause.key for breach in message.breaches(read)):
                return _with_header(response, name, sent)
        return None


def _break_body(entry: MediaContract, message: Message, clause: Clause, response: Response) -> Response | None:
    """`response` with `clause` broken in its body; None where the clause does not constrain it."""
    content_type = header(response.headers, "Content-Type") or entry.sent_as
    value = read_body(entry, response.body, content_type)

    def carried(candidate: Any) -> Any:
        """What a reader of the body finds: a text has no types."""
        if entry.codec is JSON:
            return candidate
        sent = write_body(entry, candidate, content_type)
        return read_body(entry, sent.content, sent.content_type) if sent is not None else Malformed("", "")

    broken = break_value(message, clause, value, carried) if not isinstance(value, Malformed) else msgspec.UNSET
    written = write_body(entry, broken, content_type) if broken is not msgspec.UNSET else None
    if written is None:
        return None
    changed = msgspec.structs.replace(response, body=written.content)
    return (
        changed if written.content_type == content_type else _with_header(changed, "Content-Type", written.content_type)
    )


def break_value(message: Message, clause: Clause, value: Any, carried: Callable[[Any], Any]) -> Any:
    """`value` with `clause` broken, alone if possible; `msgspec.UNSET` where the clause does not constrain it.

    `carried` gives a value as the body that holds it carries it.
    """
    if clause.keyword != "false" and not any(other.key == clause.key for other in message.judge(value).upheld):
        return msgspec.UNSET
    location = location_of(message, value, clause)
    if location is None:
        return msgspec.UNSET
    site = _site(message, clause, get(value, location))
    together = msgspec.UNSET
    for deviation in beyond(clause, site):
        candidate = put(value, location, deviation.value)
        shown = carried(candidate)
        if isinstance(shown, Malformed):
            continue
        keys = [breach.clause.key for breach in message.breaches(shown, clause.key)]
        if keys == [clause.key]:
            return candidate
        if clause.key in keys and together is msgspec.UNSET:
            together = candidate
    return together


def _site(message: Message, clause: Clause, value: Any) -> ValueSite:
    shape = shape_of(shape_at(message, clause.instance_path), message.schema)
    return ValueSite(value, shape, message.schema, random.Random(clause.key), lambda _: True)


def _with_header(response: Response, name: str, value: str | None) -> Response:
    kept = tuple(pair for pair in response.headers if pair[0].lower() != name.lower())
    return msgspec.structs.replace(response, headers=kept if value is None else (*kept, (name, value)))


def _request_message(operation: OperationContract, part: str) -> Message | None:
    location, _, name = part.partition(".")
    found = (
        contract.message
        for contract in operation.parameters
        if (contract.parameter.location, contract.parameter.name) == (location, name)
    )
    return next(found, None)


def _values_at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Every value that a clause's `path` leads to."""
    if not path:
        yield value
    elif path[0] == EACH_ITEM and isinstance(value, list):
        for item in value:
            yield from _values_at(item, path[1:])
    elif path[0] == EACH_PROPERTY and isinstance(value, dict):
        for member in value.values():
            yield from _values_at(member, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from _values_at(value[path[0]], path[1:])
    elif isinstance(value, list) and path[0].isdecimal():
        yield from _values_at(value[int(path[0])], path[1:]) if int(path[0]) < len(value) else ()


def _kind(value: Any) -> type | None:
    if isinstance(value, str | list):
        return type(value)
    return float if binds("minimum", value) else None


def _measure(value: Any) -> Any:
    return len(value) if isinstance(value, str | list) else value
