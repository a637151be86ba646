"""What there is one of in its place, under a path that names none of several: /settings, /me, /things/{id}/settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Response
from clausewise.mockserver.act import Act
from clausewise.mockserver.collection import Key
from clausewise.mockserver.patch import changed_by
from clausewise.mockserver.refusal import Reason
from clausewise.mockserver.respond import Responder, place_for
from clausewise.resources.types import ResourceType, erased
from clausewise.values.edit import get

#: stands for what a client has removed
_GONE: Final = object()


class Singletons:
    """The single resources of one contract: a GET shows each, and a PUT, a PATCH or a POST of the same path changes it.

    Until a client has changed one, it is what its GET shows of itself.
    """

    def __init__(
        self, contract: Contract, types: Mapping[str, ResourceType], responders: Mapping[str, Responder]
    ) -> None:
        by_path: dict[str, dict[str, OperationContract]] = {}
        for operation in contract.operations:
            by_path.setdefault(erased(operation.operation.path), {})[operation.operation.method] = operation
        #: path -> what answers the GET that shows the resource
        self._shown_by = {
            path: responders[methods["GET"].key]
            for path, methods in by_path.items()
            if _is_single(path, methods, types)
        }
        #: what clients have made of each, by its path and the key of what it is in
        self._kept: dict[tuple[str, Key], Any] = {}

    def answer(self, act: Act) -> Response | None:
        """The answer to a request about a single resource; None where it is about none, and where its answer shows
        nothing that a client has set."""
        path = erased(act.operation.operation.path)
        shower = self._shown_by.get(path)
        if shower is None:
            return None
        if act.method == "GET":
            return self._read(act, (path, act.key))
        if act.method == "DELETE":
            self._kept[path, act.key] = _GONE
        elif act.method in ("PUT", "PATCH") or (act.method == "POST" and act.responder.answers_like(shower)):
            return self._change(act, (path, act.key), shower)
        return None

    def forget(self, path: str, key: Key) -> None:
        """Forget what is in a resource."""
        for inner, outer in list(self._kept):
            if inner.startswith(f"{path}/") and outer[: len(key)] == key:
                del self._kept[inner, outer]

    def take_over(self, other: Singletons) -> None:
        """Hold what others are, of those that there are here."""
        self._kept |= {at: value for at, value in other._kept.items() if at[0] in self._shown_by}

    def _read(self, act: Act, at: tuple[str, Key]) -> Response | None:
        if at not in self._kept:
            return None
        kept = self._kept[at]
        if kept is _GONE:
            return act.responder.missing(Reason(f"`{at[0].rpartition('/')[2]}` was removed"), act.accept)
        answer = act.responder.begin(act.responder.success(), act.accept)
        return act.responder.finish(answer, act.responder.showing(answer, kept))

    def _change(self, act: Act, at: tuple[str, Key], shower: Responder) -> Response | None:
        sent, before = act.responder.sent(act.judgement), self._kept.get(at)
        if before is None or before is _GONE:
            before = _first(shower, sent)
        if isinstance(before, dict):
            kept = changed_by(before, act.sent_like(before), act.method, act.content_type)
        elif sent is not None:
            kept = sent
        else:
            return None
        created = ("201",) if self._kept.get(at) is _GONE else ()
        self._kept[at] = kept
        answer = act.responder.begin(act.responder.success(*created, "200", "204"), act.accept)
        # An answer of another kind says something else about it.
        if answer.entry is not None and not act.responder.answers_like(shower):
            return None
        return act.responder.finish(answer, act.responder.showing(answer, kept))


def _first(shower: Responder, sent: Any) -> Any:
    """What a resource is that nobody has changed, without the envelope in which its GET shows it."""
    templates = shower.begin(shower.success()).templates
    body = templates[0] if templates else {}
    return get(body, place_for(body, sent)) if isinstance(body, dict) and isinstance(sent, dict) else body


def _is_single(path: str, methods: Mapping[str, OperationContract], types: Mapping[str, ResourceType]) -> bool:
    """Whether a path is that of a single resource: not of one of several, nor of all of them."""
    if not path or path.endswith("{}") or "GET" not in methods or methods.keys().isdisjoint({"PUT", "PATCH", "POST"}):
        return False
    shown = methods["GET"]
    return f"{path}/{{}}" not in types and all(shown not in (one.get, one.list) for one in types.values())
