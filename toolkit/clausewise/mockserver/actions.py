"""Actions on a resource: requests to a path below that of one, whose last word is no further resource.

`POST /tasks/{id}/start` starts a task, `POST /tasks/{id}/assign` with a body and `PUT /tasks/{id}/status` set members
of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.mockserver.act import Act
from clausewise.mockserver.collection import Document
from clausewise.mockserver.patch import changed_by
from clausewise.mockserver.respond import Responder, place_for
from clausewise.resources.types import ResourceType, erased
from clausewise.values.shape import Shape, shape_at, shape_of
from clausewise.values.words import plain, singular, words

#: words of actions whose answer is another resource
_MAKING = frozenset({"copy", "clone", "duplicate", "fork"})

#: the beginning of a word -> that of its opposite: unlock and lock, deactivate and activate, disable and enable
_OPPOSITES = {"un": "", "de": "", "dis": "en"}

#: participles that do not begin as their verbs do
_PARTICIPLES = {"pay": "paid", "send": "sent", "sell": "sold"}

#: letters that the verb and the participle have at least in common
_SHORTEST = 3


class Action(msgspec.Struct, frozen=True, eq=False):
    """What an operation does with a resource."""

    type: ResourceType
    #: the last word of its path
    word: str
    #: whether its answer shows the resource
    shows: bool


def action_of(
    operation: OperationContract, types: Mapping[str, ResourceType], responders: Mapping[str, Responder]
) -> Action | None:
    """The action that an operation is; None where it is none.

    What it answers with 201, or by a word in the plural, is a further resource, with which it leaves the other alone.
    """
    path, _, word = erased(operation.operation.path).rpartition("/")
    of_type, responder = types.get(path), responders[operation.key]
    if of_type is None or of_type.get is None or operation.operation.method not in ("POST", "PUT", "PATCH"):
        return None
    if word == "{}" or f"{path}/{word}/{{}}" in types or not _MAKING.isdisjoint(words(word)):
        return None
    shows = responder.answers_like(responders[of_type.get.key])
    if operation.operation.method == "POST" and shows:
        shows = responder.success() != 201 and singular(plain(word)) == plain(word)
    return Action(of_type, word, shows)


def acted_on(document: Document, action: Action, act: Act, shower: Responder) -> Document:
    """`document` after an action, as far as the contract says what that does: it has the members that were sent, and
    the state that the action is called after. `shower` answers the GET that shows it."""
    shape, root = _shape_shown(shower, document)
    if shape is None:
        return document
    sent = act.sent_like(document)
    has_own_answer = not action.shows and act.responder.begin(act.responder.success()).entry is not None
    if sent is not None and not isinstance(sent, dict | list):
        # PUT /tasks/{id}/status with "done"
        sent = {name: sent for name in shape.properties if plain(name) == plain(action.word)}
    if isinstance(sent, dict) and not has_own_answer:
        named = {name: value for name, value in sent.items() if name in shape.properties}
        document = changed_by(document, named, "PATCH", act.content_type)
    return {**document, **dict(_states(action.word, shape, root))}


def _shape_shown(shower: Responder, document: Document) -> tuple[Shape | None, Any]:
    """The shape in which a GET shows a resource, and the schema that it is in; None where no schema has one."""
    answer = shower.begin(shower.success())
    message = answer.entry.message if answer.entry is not None else None
    body = answer.templates[0] if answer.templates else None
    if message is None or not isinstance(body, dict):
        return None, None
    at = place_for(body, document)
    schemas = shape_at(message, tuple(map(str, at))) if at else [message.schema]
    return shape_of(schemas, message.schema), message.schema


def _states(word: str, shape: Shape, root: Any) -> Iterator[tuple[str, Any]]:
    """Members of a resource that say that it was started, archived or published, as the action is called."""
    for name, schemas in shape.properties.items():
        member = shape_of(schemas, root)
        for verb in words(word):
            if member.types == {"boolean"}:
                called = plain(name).removeprefix("is")
                if _is_done(verb, called):
                    yield name, True
                for prefix, opposite in _OPPOSITES.items():
                    if verb.startswith(prefix) and _is_done(opposite + verb.removeprefix(prefix), called):
                        yield name, False
            for value in member.enum or ():
                if isinstance(value, str) and _is_done(verb, plain(value)):
                    yield name, value
                    break


def _is_done(verb: str, state: str) -> bool:
    """Whether a state is what a verb leads to: archive and archived, deny and DENIED."""
    stem = _PARTICIPLES.get(verb) or verb.rstrip("ey")
    return len(stem) >= _SHORTEST and state.startswith(stem)
