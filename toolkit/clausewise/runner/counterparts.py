"""The ids that the first build of a server made in a recorded run, and those that the second one makes instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from clausewise.conformance.comparison import Known
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Request
from clausewise.media.json import json_text, values_in
from clausewise.resources.identity import json_of, members_sent
from clausewise.resources.inventory import Inventory
from clausewise.resources.types import erased, resource_paths
from clausewise.values.words import end_alike, plain

#: characters from which on a value is an id wherever it stands
_LONG = 8


class Counterparts:
    """The ids that the first build made -> those that the second one made in answer to the same requests."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        #: path of a type, and the id as text -> the other id
        self._by_type: dict[tuple[str, str], Any] = {}
        self._made: set[str] = set()
        #: names of members, and the texts of the values that were sent for them
        self._sent: set[tuple[str, str]] = set()
        self.known = Known(self._counterpart, self._is_made, self._is_sent)

    def learn(self, operation: OperationContract, before: Exchange, after: Exchange) -> None:
        """Take note of what a request has made in both builds, and of what was sent."""
        for value in values_in(members_sent(after.request)):
            if isinstance(value, dict):
                self._sent |= {(plain(name), _text(each)) for name, each in value.items()}
        made = self._inventory.type_created_by(operation)
        if made is None or not (before.accepted and after.accepted):
            return
        old, new = self._inventory.made(made, before), self._inventory.made(made, after)
        if old is not None and new is not None:
            self._by_type[made.path, str(old.values[-1])] = new.values[-1]
            self._made.add(str(new.values[-1]))

    def applied(self, operation: OperationContract, request: Request) -> Request:
        """`request` with the ids of the second build in the place of those of the first."""
        path, _, query = request.target.partition("?")
        changed = self._in_path(operation, path) + (f"?{self._in_query(query)}" if query else "")
        body, document = request.body, json_of(request.body or b"")
        if isinstance(document, dict | list) and (moved := self._in_json("", document)) != document:
            body = json_text(moved)
        return msgspec.structs.replace(request, target=changed, body=body)

    def knows_path(self, operation: OperationContract, request: Request) -> bool:
        """Whether every id in the path of a recorded request was made by the run."""
        return all(key in self._by_type for key, _ in self._places(operation, request.target.partition("?")[0]))

    def _places(self, operation: OperationContract, path: str) -> Iterator[tuple[tuple[str, str], int]]:
        """The type and the value of each id in a path, and the number of its segment."""
        template, segments = erased(operation.operation.path).split("/"), path.rstrip("/").split("/")
        shift = len(segments) - len(template)
        if shift < 0:
            return
        ends = [len(outer.split("/")) - 1 for outer in resource_paths("/".join(template))]
        for outer, end in zip(resource_paths("/".join(template)), ends, strict=True):
            yield (outer, unquote(segments[end + shift])), end + shift

    def _in_path(self, operation: OperationContract, path: str) -> str:
        segments = path.split("/")
        for key, at in self._places(operation, path):
            if key in self._by_type:
                segments[at] = quote(str(self._by_type[key]), safe="")
        return "/".join(segments)

    def _in_query(self, query: str) -> str:
        def replaced(part: str) -> str:
            name, equals, value = part.partition("=")
            other = self._counterpart(unquote(name), unquote(value))
            return f"{name}{equals}{quote(str(other), safe='')}" if other is not None else part

        return "&".join(map(replaced, query.split("&")))

    def _in_json(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._in_json(key, member) for key, member in value.items()}
        if isinstance(value, list):
            return [self._in_json(name, item) for item in value]
        other = self._counterpart(name, value)
        return value if other is None or isinstance(value, bool) else other

    def _is_made(self, own: Any) -> bool:
        return str(own) in self._made

    def _is_sent(self, name: str, value: Any) -> bool:
        return (plain(name), _text(value)) in self._sent

    def _counterpart(self, name: str, value: Any) -> Any:
        """The other id for a value that stands at a member of this name; None where it is no id that is known."""
        if value is None or isinstance(value, bool | float | dict | list):
            return None
        for (path, own), other in self._by_type.items():
            if own == str(value) and (len(own) >= _LONG or _names(name, path)):
                return type(value)(other) if isinstance(value, str) or str(other).isdecimal() else other
        return None


def _names(name: str, path: str) -> bool:
    """Whether a member of this name may hold the id of a resource of the type with this path."""
    noun = re.sub(r"\{\}", "", path).rstrip("/").rpartition("/")[2]
    return name.lower() in ("id", "_id", "uuid") or end_alike(name, f"{noun.rstrip('s')}_id") or end_alike(name, noun)


def _text(value: Any) -> str:
    """A value as its text, numbers and booleans as a query has them."""
    return str(value).lower() if isinstance(value, bool) else str(value)
