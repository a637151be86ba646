"""Applies overlay documents (OpenAPI Overlay 1.0 and 1.1) to a document, and keeps where each part was written.

The document's own tree stays as it is: what an action changes is copied on the way to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

import msgspec

from clausewise.errors import Location, SpecError
from clausewise.spec.document import Document
from clausewise.spec.pointer import descend
from clausewise.spec.source_map import SourceMap

_FIELDS = frozenset({"target", "description", "update", "remove"})

#: those that version 1.1 has beside them
_FIELDS_11 = frozenset({"copy"})

Tokens = tuple[str, ...]


class Place(msgspec.Struct, frozen=True):
    """Where a value was written."""

    #: number of the overlay; None for the document itself
    overlay: int | None
    tokens: Tokens


class Overlaid(msgspec.Struct, frozen=True):
    """A document with overlays applied to it."""

    tree: Any
    #: where the values are written that no longer stand where the document has them; what is below a place, is below
    #: it there too
    places: dict[Tokens, Place]
    #: sentences about actions that change nothing, each with its place
    remarks: tuple[str, ...]

    def place(self, tokens: Tokens) -> Place:
        """Where the value is written that now stands at `tokens`."""
        for depth in range(len(tokens), 0, -1):
            found = self.places.get(tokens[:depth])
            if found is not None:
                return Place(found.overlay, (*found.tokens, *tokens[depth:]))
        return Place(None, tokens)


def apply_overlays(document: Document, overlays: Sequence[Document]) -> Overlaid:
    """`document` after the actions of each overlay, in their order.

    Raises SpecError, with its place in the overlay, for what is no overlay, for an action that is not valid, and for
    one that does not fit what it selects.
    """
    work = _Work(document.tree)
    remarks: list[str] = []
    for number, overlay in enumerate(overlays):
        positions = SourceMap(overlay)
        for action in _actions(overlay, positions):
            remarks += _apply(work, number, action, positions.locate)
    return Overlaid(work.root, dict(work.places()), tuple(remarks))


class _Action(msgspec.Struct, frozen=True):
    #: pointer of the action in its overlay
    at: Tokens
    target: str
    #: None where it has none
    update: Any
    remove: bool
    #: the JSONPath of the value that is merged or appended in place of an update (1.1); "" without one
    copied: str = ""
    #: whether it is of 1.1, in which arrays are concatenated and plain values replaced
    is_revised: bool = False


def _actions(overlay: Document, positions: SourceMap) -> Iterator[_Action]:
    tree = overlay.tree

    def error(at: Tokens, message: str, remedy: str) -> SpecError:
        return SpecError(message, location=positions.locate(at), remedy=remedy)

    if not isinstance(tree, dict) or "overlay" not in tree:
        raise error((), "is not an overlay: it has no 'overlay' field", "write 'overlay: 1.0.0'")
    if not f"{tree['overlay']}.".startswith("1."):
        raise error(("overlay",), f"Overlay {tree['overlay']} is not supported", "write 'overlay: 1.0.0'")
    actions = tree.get("actions")
    if not isinstance(actions, list) or not actions:
        raise error(("actions",), "an overlay must have actions", "write a list of them, each with a target")
    for index, action in enumerate(actions):
        at = ("actions", str(index))
        if not isinstance(action, dict) or not isinstance(action.get("target"), str):
            raise error(at, "an action must have a target", "write a JSONPath such as $.paths['/users'].get")
        version = "1.0" if f"{tree['overlay']}.".startswith("1.0.") else "1.1"
        known = _FIELDS if version == "1.0" else _FIELDS | _FIELDS_11
        unknown = [name for name in action if name not in known and not name.startswith("x-")]
        if unknown:
            remedy = f"an action has {', '.join(sorted(known))}"
            if unknown[0] in _FIELDS_11:
                remedy = "write 'overlay: 1.1.0'"
            raise error((*at, unknown[0]), f"Overlay {version} has no `{unknown[0]}`", remedy)
        remove = action.get("remove", False)
        if not isinstance(remove, bool):
            raise error((*at, "remove"), "remove must be true or false", "write true to remove what is selected")
        copied = action.get("copy", "")
        if not isinstance(copied, str):
            raise error((*at, "copy"), "copy must be a JSONPath", "write one that selects the value to copy")
        # Beside an update, a copy has no effect, nor has the update (1.1, Action Object).
        if copied and "update" in action and not remove:
            raise error((*at, "copy"), "an action has an update or a copy, and not both", "write two actions")
        yield _Action(at, action["target"], action.get("update"), remove, copied, version != "1.0")


def _apply(work: _Work, number: int, action: _Action, locate: Any) -> Iterator[str]:
    """Apply an action of the overlay `number`; gives a remark where it changes nothing."""
    error = partial(_error, locate, action)
    selected = _selected(work.root, action, error)
    if not selected:
        yield f"{locate((*action.at, 'target'))}: nothing is changed: the target {action.target} matches nothing"
        return
    if action.remove:
        if () in selected:
            raise error("target", "the whole document cannot be removed", "select what is in it")
        # From the end, so that no element moves before its turn.
        for tokens in sorted(selected, key=_in_order, reverse=True):
            work.remove(tokens)
        return
    field, update, brought = "update", action.update, Place(number, (*action.at, "update"))
    if action.copied:
        sources = _selected(work.root, action, error, "copy")
        if len(sources) != 1:
            found = "matches nothing" if not sources else f"selects {len(sources)} values"
            raise error("copy", f"the copy {action.copied} {found}", "select one value")
        # What is copied is as it was before the action, wherever it is put.
        field, update, brought = "copy", deepcopy(descend(work.root, sources[0])), work.place(sources[0])
    if update is None:
        known = "an update nor remove: true" if not action.copied else "a value to copy"
        yield f"{locate(action.at)}: nothing is changed: the action has neither {known}"
        return
    for tokens in selected:
        target = descend(work.root, tokens)
        if isinstance(target, list):
            added = update if action.is_revised and isinstance(update, list) else None
            for index, element in enumerate([update] if added is None else added):
                at = brought if added is None else Place(brought.overlay, (*brought.tokens, str(index)))
                work.append(tokens, element, at)
        elif isinstance(target, dict) and isinstance(update, dict):
            if not work.merge(tokens, update, brought):
                raise error(field, "what it merges is of another type than what the document has", "remove it first")
        elif isinstance(target, dict):
            raise error(field, "an object cannot be updated with another value", "write the members to merge")
        elif action.is_revised and tokens and not isinstance(update, dict | list):
            work.replace(tokens, update, brought)
        else:
            message = f"the target {action.target} selects a value that is no object or array"
            raise error("target", message, "select the object that has it, and update that")


def _in_order(tokens: Tokens) -> list[tuple[int, str]]:
    return [(int(token), "") if token.isdecimal() else (-1, token) for token in tokens]


def _error(locate: Any, action: _Action, field: str, message: str, remedy: str) -> SpecError:
    location: Location = locate((*action.at, field))
    return SpecError(message, location=location, remedy=remedy)


def _selected(root: Any, action: _Action, error: Any, field: str = "target") -> list[Tokens]:
    """The values that the target of an action selects, or its `copy`, each once (RFC 9535)."""
    # It takes 100 ms to import, and most documents have no overlay.
    import jsonpath

    path = action.target if field == "target" else action.copied
    try:
        matches = list(jsonpath.JSONPathEnvironment(strict=True).finditer(path, root))
    except jsonpath.JSONPathError as problem:
        reason = " ".join(str(problem.args[0] if problem.args else "").split())
        raise error(field, f"the JSONPath {path} cannot be read: {reason}", "see RFC 9535") from None
    except RecursionError:
        raise error(field, f"the JSONPath {path} leads too deep", "select less") from None
    return list(dict.fromkeys(tuple(map(str, match.parts)) for match in matches))


class _Work:
    """A tree that is changed: of each container that is no longer the document's own, where its members are from."""

    def __init__(self, root: Any) -> None:
        self.root = root
        #: identity of a container that was copied -> it, and where its members are written, by their key or index.
        #: A member that is in none of these is written where its container is
        self._own: dict[int, tuple[Any, dict[str, Place] | list[Place | None]]] = {}

    def merge(self, at: Tokens, update: dict[str, Any], brought: Place) -> bool:
        """Merge an object into the one at `at`: members of both are merged, arrays of both concatenated, and other
        values replaced. False where the two do not fit together."""
        target, places = self._opened(at)
        for name, value in update.items():
            place = Place(brought.overlay, (*brought.tokens, name))
            there = target.get(name)
            below = (*at, name)
            if name not in target or not isinstance(there, dict | list):
                if name in target and isinstance(value, dict | list) and there is not None:
                    return False
                target[name], places[name] = value, place
            elif isinstance(there, dict) and isinstance(value, dict):
                if not self.merge(below, value, place):
                    return False
            elif isinstance(there, list) and isinstance(value, list):
                for index, element in enumerate(value):
                    self.append(below, element, Place(place.overlay, (*place.tokens, str(index))))
            else:
                return False
        return True

    def place(self, at: Tokens) -> Place:
        """Where the value at `at` is written."""
        return Overlaid(self.root, dict(self.places()), ()).place(at)

    def append(self, at: Tokens, value: Any, brought: Place) -> None:
        """Append a value to the array at `at`."""
        target, places = self._opened(at)
        target.append(value)
        places.append(brought)

    def replace(self, at: Tokens, value: Any, brought: Place) -> None:
        """Put a plain value in the place of the one at `at`."""
        target, places = self._opened(at[:-1])
        key: Any = int(at[-1]) if isinstance(target, list) else at[-1]
        target[key], places[key] = value, brought

    def remove(self, at: Tokens) -> None:
        """Remove the value at `at` from the container around it."""
        target, places = self._opened(at[:-1])
        if isinstance(target, list):
            del target[int(at[-1])], places[int(at[-1])]
        else:
            del target[at[-1]]
            places.pop(at[-1], None)

    def _opened(self, at: Tokens) -> tuple[Any, Any]:
        """The container at `at` and where its members are written, both to be changed."""
        self.root, places = self._copied(self.root, Place(None, ()))
        container, place = self.root, Place(None, ())
        for token in at:
            key: Any = int(token) if isinstance(container, list) else token
            found = places[key] if isinstance(container, list) else places.get(key)
            place = found or Place(place.overlay, (*place.tokens, token))
            container[key], inner = self._copied(container[key], place)
            container, places = container[key], inner
        return container, places

    def _copied(self, container: Any, place: Place) -> tuple[Any, Any]:
        """The copy of a container that is written at `place`, made once: a YAML alias may have it elsewhere too."""
        known = self._own.get(id(container))
        if known is not None:
            return known
        if isinstance(container, list):
            elements: Any = [Place(place.overlay, (*place.tokens, str(index))) for index in range(len(container))]
            made: tuple[Any, Any] = (list(container), elements)
        else:
            made = (dict(container), {})
        self._own[id(made[0])] = made
        return made

    def places(self) -> Iterator[tuple[Tokens, Place]]:
        """Where the members of the copied containers are written, by where they stand now."""
        waiting: list[tuple[Tokens, Any]] = [((), self.root)]
        while waiting:
            at, container = waiting.pop()
            known = self._own.get(id(container))
            if known is None:
                continue
            _, places = known
            named = places.items() if isinstance(places, dict) else enumerate(places)
            yield from (((*at, str(token)), place) for token, place in named if place is not None)
            members = container.items() if isinstance(container, dict) else enumerate(container)
            waiting += [((*at, str(token)), member) for token, member in members if isinstance(member, dict | list)]
