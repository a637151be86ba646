"""Compares two versions of an operation except for schemas: parameters, statuses, media types, headers, security."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import cast

import msgspec

from clausewise.comparison.change import Kind, Level
from clausewise.comparison.credentials import compare_credentials
from clausewise.comparison.encodings import compare_fields
from clausewise.comparison.lifecycle import announcements, removal
from clausewise.comparison.links import compare_links
from clausewise.comparison.located import LocatedDifference, by_direction
from clausewise.comparison.text_values import is_one_value, reading
from clausewise.comparison.unchanged import Unchanged
from clausewise.contract.clause import EACH_ITEM, Direction
from clausewise.contract.keywords import name_of
from clausewise.errors import SpecError
from clausewise.media.types import is_json, parameters
from clausewise.spec.accessors import object_at
from clausewise.spec.operations import Body, Form, Header, MediaType, Operation, Parameter
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources


class Versions(msgspec.Struct, frozen=True, eq=False):
    """The documents that are compared."""

    old: Sources
    new: Sources
    #: what has to stay until a later day cannot be removed yet
    today: date


class MessagePart(msgspec.Struct, frozen=True):
    """A part of a message in both versions, and its schemas."""

    #: "request" for what clients send: the request of an operation, the answer to a webhook
    direction: Direction
    #: the message that it is a part of
    message: Direction
    #: "body", "path.id", "200.body"
    name: str
    old: Source | Form | None
    new: Source | Form | None
    #: where in the part the schemas apply
    path: tuple[str, ...] = ()

    def schema_difference(self, *, never: bool) -> LocatedDifference:
        """The difference where only one version has a schema for it; `never` where the new one admits no value."""
        tighter = self.old is None
        one, two = (each.source if isinstance(each, Form) else each for each in (self.old, self.new))
        if never and self.direction == "response":
            text = f"{name_of(self.path, self.name)} is never sent any more"
            where = f"{self.message}.{self.name}"
            return LocatedDifference("breaking", "removed", where, text, "clients miss it", one, two)
        verb = "has a schema; before, it had none" if tighter else "no longer has a schema"
        text = f"{name_of(self.path, self.name)} {verb}"
        kind: Kind = "tightened" if tighter else "loosened"
        return by_direction(self.direction, self.message, kind, self.name, text, one, two)


def sent_by_clients(operation: Operation, message: Direction) -> Direction:
    """The direction of a message from the clients' side: "request" where they send it, which they do with the answers
    to webhooks and callbacks."""
    if operation.kind == "path":
        return message
    return "response" if message == "request" else "request"


def schemas_of(operation: Operation, direction: Direction) -> Iterator[Source | Form]:
    """The schemas that apply to an operation's messages of one direction, from the clients' side."""
    bound: list[Parameter | MediaType | Header] = []
    if sent_by_clients(operation, direction) == "request":
        bound += [*operation.parameters, *(operation.body.content if operation.body else ())]
    else:
        for response in operation.responses:
            bound += [*response.content, *response.headers]
    for each in bound:
        described = each.described if isinstance(each, MediaType) else each.schema
        if described is not None:
            yield described
        if isinstance(each, MediaType):
            headers = (header for encoding in each.encoding.values() for header in encoding.headers)
            yield from (schema for schema in (each.item_schema, *(one.schema for one in headers)) if schema is not None)


def followed(sources: Sources, schema: Source | Form) -> Source | Form:
    """The schema that a message has by a `$ref` alone: thousands of them have the same."""
    value = None if isinstance(schema, Form) else sources.value(schema)
    if isinstance(schema, Form) or not isinstance(value, dict) or value.keys() != {"$ref"}:
        return schema
    try:
        return sources.follow(schema)[0]
    except SpecError:
        return schema


def removed_operation(versions: Versions, old: Operation, moved: Operation | None) -> LocatedDifference:
    """The difference for a removed operation; `moved` is the one that has its operationId now."""
    text = f"{_title(old)} was removed"
    if moved is not None:
        text += f"; {moved.key} is now {moved.method} {moved.path}"
    announced = removal(object_at(versions.old, old.source), versions.today)
    level, reason = announced or ("breaking", "clients can no longer call it")
    return LocatedDifference(level, "removed", "", text, reason, old.source, None)


def added_operation(new: Operation) -> LocatedDifference:
    """The difference for an added operation."""
    return LocatedDifference("compatible", "added", "", f"{_title(new)} is new", _NEW, None, new.source)


def compare_operations(
    versions: Versions, old: Operation, new: Operation
) -> tuple[list[LocatedDifference], list[MessagePart]]:
    """The differences outside of schemas, and the parts whose schemas have to be compared."""
    comparison = _OperationComparison(versions, new)
    comparison.differences += compare_credentials(old, new, versions.old, versions.new)
    comparison.identity(old, new)
    comparison.announced("", _title(new), old.source, new.source)
    comparison.parameters(old, new)
    comparison.body(old, new)
    comparison.responses(old, new)
    return comparison.differences, comparison.parts


def compare_schemas_of(
    versions: Versions, operation: Operation, unchanged: Unchanged
) -> tuple[list[LocatedDifference], list[MessagePart]]:
    """The same for an operation that is the same in both documents, but for schemas that it refers to."""
    comparison = _OperationComparison(versions, operation)
    # The schema of a parameter decides how its text is read.
    if not all(one.schema is None or unchanged.stays(one.schema) for one in operation.parameters):
        comparison.parameters(operation, operation)
    comparison.body(operation, operation)
    comparison.responses(operation, operation)
    return comparison.differences, comparison.parts


#: why additions do not break clients
_NEW = "clients do not depend on it yet"
_VALID = "valid requests stay valid"


class _OperationComparison:
    def __init__(self, versions: Versions, operation: Operation) -> None:
        self._versions = versions
        self._operation = operation
        self.differences: list[LocatedDifference] = []
        self.parts: list[MessagePart] = []

    def _effect(self, message: Direction, kind: Kind, part: str, text: str, *places: Source | None) -> None:
        """Add a difference whose effect depends on who sends the message."""
        direction = sent_by_clients(self._operation, message)
        self.differences.append(by_direction(direction, message, kind, part, text, *places))

    def _compare(
        self,
        message: Direction,
        part: str,
        old: Source | Form | None,
        new: Source | Form | None,
        path: tuple[str, ...] = (),
    ) -> None:
        """Leave the schemas of a part to be compared."""
        direction = sent_by_clients(self._operation, message)
        self.parts.append(MessagePart(direction, message, part, old, new, path))

    def _added(self, message: Direction, part: str, name: str, source: Source, *, required: bool) -> None:
        """Add the difference of a part of a message that is new."""
        sent = sent_by_clients(self._operation, message) == "request"
        breaking = required and sent
        text = f"{name} is new{', and required' if breaking else ''}"
        reason = "messages without it are refused" if breaking else _VALID if sent else _NEW
        level: Level = "breaking" if breaking else "compatible"
        self.differences.append(LocatedDifference(level, "added", f"{message}.{part}", text, reason, None, source))

    def identity(self, old: Operation, new: Operation) -> None:
        """The operationId, which generated clients have as the name of a function."""
        one, two = (
            object_at(sources, operation.source).get("operationId") for sources, operation in self._sides(old, new)
        )
        if one is None or one == two:
            return
        text = f'the operationId is "{two}"; before, "{one}"' if two is not None else f'the operationId "{one}" is gone'
        places = old.source.child("operationId"), new.source.child("operationId") if two is not None else new.source
        reason = "generated clients have another name for it"
        self.differences.append(LocatedDifference("risky", "changed", "", text, reason, *places))

    def _sides(self, old: Operation, new: Operation) -> tuple[tuple[Sources, Operation], tuple[Sources, Operation]]:
        return (self._versions.old, old), (self._versions.new, new)

    def announced(self, where: str, name: str, old: Source, new: Source) -> None:
        """What the document announces of the part `name` of an operation."""
        one, two = object_at(self._versions.old, old), object_at(self._versions.new, new)
        for each in announcements(one, two, self._versions.today):
            before, after = (
                at.child(each.keyword) if each.keyword in owner else at for at, owner in ((old, one), (new, two))
            )
            text = f"{name} {each.text}"
            self.differences.append(LocatedDifference(each.level, "changed", where, text, each.reason, before, after))

    def parameters(self, old: Operation, new: Operation) -> None:
        before, after = _parameters(old), _parameters(new)
        for key, one in before.items():
            two = after.get(key)
            part = f"{one.location}.{one.name}"
            if two is None:
                text = f"{name_of((), part)} is no longer documented"
                announced = removal(object_at(self._versions.old, one.source), self._versions.today)
                level, reason = announced or ("breaking", "requests with it are no longer documented")
                self.differences.append(
                    LocatedDifference(level, "removed", f"request.{part}", text, reason, one.source, None)
                )
                continue
            part = f"{two.location}.{two.name}"
            if _is_written(one, old) and _is_written(two, new):
                self.announced(f"request.{part}", name_of((), part), one.source, two.source)
            self._required("request", part, name_of((), part), one, two)
            as_text = reading(self._versions.old, one, self._versions.new, two)
            if as_text is not None:
                self.differences.append(as_text.difference)
                if as_text.schema is not None:
                    self._compare("request", part, one.schema, as_text.schema)
                continue
            self._serialized(part, one, two)
            self._compare("request", part, one.schema, two.schema)
        for key, two in after.items():
            if key not in before:
                part = f"{two.location}.{two.name}"
                self._added("request", part, name_of((), part), two.source, required=two.required)

    def _serialized(self, part: str, old: Parameter, new: Parameter) -> None:
        """How the value of a parameter is written."""
        versions = (self._versions.old, old), (self._versions.new, new)
        several = not any(is_one_value(sources, parameter.schema) for sources, parameter in versions)
        one, two = (_serialization(parameter, several=several) for parameter in (old, new))
        if one != two:
            text = f"{name_of((), part)} is serialized as {two}; before, as {one}"
            self._effect("request", "changed", part, text, old.source, new.source)
        if old.allows_reserved != new.allows_reserved:
            kind: Kind = "loosened" if new.allows_reserved else "tightened"
            now = "may" if new.allows_reserved else "may no longer"
            text = f"{name_of((), part)} {now} have characters that URLs reserve without percent-encoding"
            self._effect("request", kind, part, text, old.source, new.source)

    def body(self, old: Operation, new: Operation) -> None:
        one, two = old.body, new.body
        if one is None or two is None:
            if one is not None:
                reason = "requests with it are no longer documented"
                difference = LocatedDifference(
                    "breaking", "removed", "request.body", "a body is no longer documented", reason, one.source, None
                )
                self.differences.append(difference)
            elif two is not None:
                self._added("request", "body", "the body", two.source, required=two.required)
            return
        self._required("request", "body", "a body", one, two)
        self._content("request", "body", "the body may", one.content, two.content)

    def responses(self, old: Operation, new: Operation) -> None:
        before, after = ({response.status: response for response in each.responses} for each in (old, new))
        for status, one in before.items():
            two = after.get(status)
            if two is None:
                breaking = status[0] in "23"
                reason = "clients may rely on it" if breaking else "clients need not expect it"
                text = f"{_status(status)} is no longer documented"
                self.differences.append(
                    LocatedDifference(
                        "breaking" if breaking else "compatible",
                        "removed",
                        f"response.{status}",
                        text,
                        reason,
                        one.entry,
                        None,
                    )
                )
                continue
            self._content("response", f"{status}.body", f"a {status} response may", one.content, two.content)
            self._headers(status, one.headers, two.headers)
            if one is not two:
                links = compare_links(status, self._versions.old, one.source, self._versions.new, two.source)
                self.differences += links
        for status, two in after.items():
            if status not in before:
                text = f"{_status(status)} is newly documented"
                self.differences.append(
                    LocatedDifference("compatible", "added", f"response.{status}", text, _NEW, None, two.entry)
                )

    def _headers(self, status: str, old: tuple[Header, ...], new: tuple[Header, ...]) -> None:
        before, after = ({header.name.lower(): header for header in each} for each in (old, new))
        for key, one in before.items():
            two = after.get(key)
            part = f"{status}.header.{one.name}"
            if two is None:
                text = f"{name_of((), part)} is no longer documented"
                difference = LocatedDifference(
                    "breaking", "removed", f"response.{part}", text, "clients may rely on it", one.source, None
                )
                self.differences.append(difference)
                continue
            part = f"{status}.header.{two.name}"
            self._required("response", part, name_of((), part), one, two)
            self._compare("response", part, one.schema, two.schema)
        for key, two in after.items():
            if key not in before:
                part = f"{status}.header.{two.name}"
                self._added("response", part, name_of((), part), two.source, required=two.required)

    def _content(
        self,
        direction: Direction,
        part: str,
        who: str,
        old: tuple[MediaType, ...],
        new: tuple[MediaType, ...],
    ) -> None:
        before, after = ({_normalized(media.name): media for media in each} for each in (old, new))
        for key, one in before.items():
            two = after.get(key)
            if two is None:
                reason = "requests of that type are refused" if direction == "request" else "clients may rely on it"
                text = f"{who} no longer be {one.name}"
                self.differences.append(
                    LocatedDifference("breaking", "removed", f"{direction}.{part}", text, reason, one.source, None)
                )
            else:
                self._charset(direction, part, one, two)
                self._compare(direction, part, one.described, two.described)
                self._items(direction, part, one, two)
                self._fields(direction, part, one, two)
        for key, two in after.items():
            if key not in before:
                text = f"{who} also be {two.name}"
                reason = _VALID if direction == "request" else _NEW
                self.differences.append(
                    LocatedDifference("compatible", "added", f"{direction}.{part}", text, reason, None, two.source)
                )

    def _charset(self, direction: Direction, part: str, old: MediaType, new: MediaType) -> None:
        """The charset that both versions name. JSON is UTF-8 whatever the document says (RFC 8259 section 8.1)."""
        one, two = _charset(old.name), _charset(new.name)
        if one and two and one != two and not is_json(new.name):
            text = f"{name_of((), part)} is in the charset {two}; before, {one}"
            # Every text in US-ASCII is the same in UTF-8.
            alike = {("us-ascii", "utf-8"): "loosened", ("utf-8", "us-ascii"): "tightened"}
            kind = cast("Kind", alike.get((one, two), "changed"))
            self._effect(direction, kind, part, text, old.source, new.source)

    def _items(self, direction: Direction, part: str, old: MediaType, new: MediaType) -> None:
        """`itemSchema`, of each item of a sequence."""
        if old.item_schema is not None or new.item_schema is not None:
            self._compare(direction, part, old.item_schema, new.item_schema, (EACH_ITEM,))

    def _fields(self, direction: Direction, part: str, old: MediaType, new: MediaType) -> None:
        """`encoding`: how the fields of a form are written, and the header fields of their parts."""
        self.differences += compare_fields(
            sent_by_clients(self._operation, direction),
            direction,
            part,
            (self._versions.old, old),
            (self._versions.new, new),
        )
        for name in (name for name in old.encoding if name in new.encoding):
            before, after = ({one.name.lower(): one for one in each.encoding[name].headers} for each in (old, new))
            owner = f"{part}.{name}"
            for key, two in after.items():
                header = f"{owner}.header.{two.name}"
                one = before.get(key)
                if one is not None:
                    self._required(direction, header, f"{name_of((), header)} of the part `{name}`", one, two)
                    self._compare(direction, header, one.schema, two.schema)
                else:
                    text = (
                        f"{name_of((), header)} of the part `{name}` is new{', and required' if two.required else ''}"
                    )
                    kind: Kind = "tightened" if two.required else "loosened"
                    self._effect(direction, kind, header, text, None, two.source)
            for key, one in before.items():
                if key not in after:
                    header = f"{owner}.header.{one.name}"
                    text = f"{name_of((), header)} of the part `{name}` is no longer documented"
                    kind = "loosened" if one.required else "changed"
                    self._effect(direction, kind, header, text, one.source, None)

    def _required(self, direction: Direction, part: str, name: str, old: _CanBeRequired, new: _CanBeRequired) -> None:
        if old.required == new.required:
            return
        now, then = ("required", "optional") if new.required else ("optional", "required")
        text = f"{name} is {now}; before, it was {then}"
        one, two = (each.source.child("required") for each in (old, new))
        self._effect(direction, "tightened" if new.required else "loosened", part, text, one, two)


_CanBeRequired = Parameter | Body | Header


def _parameters(operation: Operation) -> dict[tuple[str, str | int], Parameter]:
    """Parameters by location and name; those of the path by their position, since their names can change."""
    numbers = {name: number for number, name in enumerate(re.findall(r"\{([^{}]+)\}", operation.path))}
    differences: dict[tuple[str, str | int], Parameter] = {}
    for parameter in operation.parameters:
        name = parameter.name.lower() if parameter.location == "header" else parameter.name
        number = numbers.get(name) if parameter.location == "path" else None
        differences[(parameter.location, name if number is None else number)] = parameter
    return differences


def _serialization(parameter: Parameter, *, several: bool) -> str:
    """The serialization of a parameter's value, as text; `several` where it may be a list or an object."""
    exploded = ", exploded" if parameter.explode and several else ""
    return parameter.media_type or f"{parameter.style}{exploded}"


def _normalized(media_type: str) -> str:
    """A media type in the form that is compared: a charset is not part of what a body is."""
    name, *parameters = "".join(media_type.lower().split()).split(";")
    return ";".join([name, *sorted(each for each in parameters if not each.startswith("charset="))])


def _charset(media_type: str) -> str:
    """The charset that a media type names; "" where it names none."""
    return parameters(media_type).get("charset", "").lower()


def _is_written(parameter: Parameter, operation: Operation) -> bool:
    """Whether the document describes a parameter, and not only its name in the path."""
    return parameter.source != operation.source


def _status(status: str) -> str:
    return "any other status" if status == "default" else f"the status {status}"


def _title(operation: Operation) -> str:
    name = f"{operation.method} {operation.path}"
    return name if operation.key == name else f"{name} ({operation.key})"
