"""Schemas of messages that no value satisfies, alternatives that nothing reaches, and names that nothing describes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from clausewise.contract.contract import Contract
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.contract.remarks import messages_of
from clausewise.lint.inhabited import Inhabited
from clausewise.spec.defects import Defect
from clausewise.spec.pointer import descend, from_pointer
from clausewise.spec.subschemas import subschemas

_REMEDY = "loosen one of its keywords"


def untestable(contract: Contract, operation: OperationContract) -> Iterator[Defect]:
    """What no message of an operation can show."""
    for message in messages_of(operation):
        if isinstance(message.schema, dict):
            yield from _Lint(contract, operation, message, message.schema).run()


class _Lint:
    def __init__(
        self, contract: Contract, operation: OperationContract, message: Message, schema: dict[str, Any]
    ) -> None:
        self._contract = contract
        self._operation = operation
        self._message = message
        self._schema = schema

    def run(self) -> Iterator[Defect]:
        inhabited = Inhabited.of(self._schema)
        is_empty = not inhabited.types(self._schema)
        roots = ["", *(reference[1:] for reference in inhabited.definitions)]
        told = False
        for root in roots:
            for pointer in inhabited.empty_below(root):
                told = True
                yield self._empty(inhabited, pointer, is_whole=is_empty or pointer == "")
            yield from self._nodes(descend(self._schema, from_pointer(root)), root)
        if is_empty and not told:
            yield self._defect("", "no value satisfies this schema", _REMEDY, "error", "no-value")

    def _empty(self, inhabited: Inhabited, pointer: str, *, is_whole: bool) -> Defect:
        schema = descend(self._schema, from_pointer(pointer))
        above, _, last = pointer.rpartition("/")
        if above.endswith(("/anyOf", "/oneOf")) and not is_whole:
            message = f"no value satisfies alternative {last} of `{above.rpartition('/')[2]}`"
            return self._defect(pointer, message, "correct it, or leave it out", "warning", "no-value")
        why = inhabited.why_no_object(schema)
        message = "no value satisfies this schema" + (f": {why}" if why else "")
        # Where the message as a whole has values, it is a part that they leave out.
        return self._defect(pointer, message, _REMEDY, "error" if is_whole else "warning", "no-value")

    def _nodes(self, schema: Any, pointer: str) -> Iterator[Defect]:
        if not isinstance(schema, dict):
            return
        yield from self._alike(schema, pointer)
        yield from self._undescribed(schema, pointer)
        for child in subschemas(schema, pointer):
            if child.keyword != "$defs":
                yield from self._nodes(child.schema, child.pointer)

    def _alike(self, schema: dict[str, Any], pointer: str) -> Iterator[Defect]:
        """The alternatives of a `oneOf` that others include: what is valid against one is valid against both."""
        parts = schema.get("oneOf", ())
        for index, part in enumerate(parts):
            other = next((n for n, each in enumerate(parts) if n != index and _includes(each, part)), None)
            if other is not None:
                message = f"nothing reaches alternative {index} of `oneOf`: its values satisfy alternative {other} too"
                remedy = "write `anyOf`, or tell the alternatives apart"
                yield self._defect(f"{pointer}/oneOf/{index}", message, remedy, "warning", "unreachable")

    def _undescribed(self, schema: dict[str, Any], pointer: str) -> Iterator[Defect]:
        """The names that a schema requires, and that it has no property for."""
        properties = schema.get("properties")
        if not isinstance(properties, dict) or any(
            keyword in schema for keyword in ("allOf", "anyOf", "oneOf", "$ref")
        ):
            return
        closed = schema.get("additionalProperties") is False
        for index, name in enumerate(schema.get("required", ())):
            if name not in properties and "patternProperties" not in schema:
                message = f"`{name}` is required, and `properties` does not describe it"
                remedy = "describe it, or correct its name"
                severity: Literal["error", "warning"] = "error" if closed else "warning"
                yield self._defect(f"{pointer}/required/{index}", message, remedy, severity, "required-undescribed")

    def _defect(
        self, pointer: str, message: str, remedy: str, severity: Literal["error", "warning"], kind: str
    ) -> Defect:
        at = self._message.generated.origin(pointer)
        key = self._operation.key
        return Defect(str(at), self._contract.locate(at), message, remedy, (key,), severity=severity, kind=kind)


def _includes(wider: Any, narrower: Any) -> bool:
    """Whether every value of one schema is plainly one of the other: they are alike, the wider one is only a type, or
    it allows all."""
    if wider == narrower or wider in (True, {}):
        return True
    if not (isinstance(wider, dict) and isinstance(narrower, dict)):
        return False
    return wider.keys() == {"type"} and _types(narrower) <= _types(wider) and bool(_types(narrower))


def _types(schema: dict[str, Any]) -> set[str]:
    written = schema.get("type", [])
    types = {written} if isinstance(written, str) else set(written)
    return types | ({"integer"} if "number" in types else set())
