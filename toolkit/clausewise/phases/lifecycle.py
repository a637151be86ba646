"""The phase `lifecycle`: a resource is created, found, listed, hidden from others, acted on, deleted, and then gone.
Then the oracles of `phases/state/` ask what else has to hold: that what was sent is what is read, for example.

Each answer is judged by the requests before it. No clause of the contract describes this, and no single exchange shows
it: it follows from what the methods of HTTP mean.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from clausewise.conformance.kept import is_same
from clausewise.conformance.sequel import lists
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Sequel
from clausewise.generation.draft import Draft
from clausewise.media.json import digest
from clausewise.phases.base import PhaseInterrupted, PhaseResult, Steps, Task, status_of
from clausewise.phases.naming import MISSING, notes_on_name
from clausewise.phases.read_only import read_only_members, try_to_set
from clausewise.phases.state import files, updates
from clausewise.phases.state import kind as kinds
from clausewise.phases.state.bodies import leaves, shown_at
from clausewise.phases.state.kind import Kind, case_of, is_done
from clausewise.phases.state.listed import lists_elsewhere, page_with
from clausewise.phases.state.oracle import ask
from clausewise.phases.state.round_trip import made
from clausewise.phases.state.states import switched_back
from clausewise.phases.state.table import ORACLES
from clausewise.resources.distance import distant, roots
from clausewise.resources.factory import Recipe
from clausewise.resources.identity import (
    Resource,
    items_at,
    items_in,
    listed_by,
    names_of,
    resource_posted_by,
    shown_in,
)
from clausewise.resources.naming import by_member, is_named_by, other_names
from clausewise.resources.types import ResourceType, erased, parameter_names
from clausewise.resources.uniqueness import renewed
from clausewise.results.evidence import UNKNOWN_ID
from clausewise.values.edit import get

#: characters from which on an id is that of one resource: a shorter one may be counted in each parent anew
_OWN = 6

#: what belongs to one resource that is read after its deletion, at most
_PARTS = 3


def run(task: Task) -> Steps:
    """Follow the life of one resource of the task's type, which the run can create, and ask the oracles about it."""
    assert task.resource_type is not None
    if task.resource_type.path not in task.context.factory.recipes:
        return (yield from _singleton(task, task.resource_type))
    kind = Kind(task.context, task.resource_type, task.rng)
    asked = [kind]
    try:
        remembers = yield from _until_it_fails(_Lifecycle(kind).steps())
        for oracle in ORACLES if remembers is not False else ():
            asked.append(kind.asked_by(oracle.name))
            yield from ask(oracle, asked[-1])
    except PhaseInterrupted:
        pass
    return _result(asked)


def _singleton(task: Task, resource_type: ResourceType) -> Steps:
    """Ask what an update changes of that which there is one of, and which nobody makes, and what an upload gives it."""
    update = resource_type.update
    baseline = task.context.baselines.get(update.key) if update is not None else None
    if baseline is None or not task.context.remembers:
        return PhaseResult()
    recipe = Recipe(resource_type, baseline.prover, baseline.bases[0].draft, ())
    kind = Kind(task.context, resource_type, task.rng, recipe)
    with suppress(PhaseInterrupted):
        for oracle in (updates.ORACLE, files.ORACLE):
            yield from ask(oracle, kind)
    return _result([kind])


def _result(asked: Iterable[Kind]) -> PhaseResult:
    """What was found of kinds, and what could not be done."""
    kinds = list(asked)
    return PhaseResult(
        notes=tuple(note for each in kinds for note in each.notes),
        observations=tuple(found for each in kinds for found in each.findings),
    )


def _until_it_fails(steps: kinds.Steps) -> kinds.Steps:
    """Follow `steps` until the server fails: later answers would only show the same crash again."""
    batch = next(steps, None)
    while batch is not None:
        exchanges = yield batch
        if any(status_of(exchange) >= 500 for exchange in exchanges):
            return None
        try:
            batch = steps.send(exchanges)
        except StopIteration as end:
            return end.value
    return None


class _Lifecycle:
    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._type = kind.type
        self._factory = kind.context.factory
        self._context = kind.context
        self._rng = kind.rng

    def steps(self) -> kinds.Steps:
        """Follow it; gives False where the server keeps nothing, so that there is no state to ask about."""
        resource_type, recipe = self._type, self._kind.recipe
        create = recipe.resource_type.create
        assert create is not None
        if (yield from self._keeps_nothing()):
            return False
        outer = self._kind.outer
        parent = (yield from self._kind.create_by(outer)) if outer is not None else None
        one = yield from self._kind.create_by(recipe, parent)
        if one is None:
            yield from switched_back(self._kind)
            one = yield from self._kind.create_by(recipe, parent)
        if one is None:
            if self._kind.refusal is not None:
                what = f"now answers {self._kind.refusal} to what it accepted before"
                self._kind.leave(f"{create.key}: {what}, so nothing was tested of the state of {self._type.path}")
            return False
        if resource_type.answers_otherwise and not one.assumed:
            one = (yield from self._as_listed(one)) or one
        before = f"{create.key} had made it"
        if one.assumed and resource_type.get is None:
            return
        if resource_type.get is not None:
            yield from self._named(resource_type.get, one)
            # Where no answer named it, it may be known by another name.
            found = None if one.assumed else Sequel("created-not-found", before, "found")
            shown = yield from self._kind.send(resource_type.get, one, found)
            if not shown.accepted:
                return
        if resource_type.list is not None and not one.assumed:
            looked_for = yield from self._to_look_for(resource_type.list, one, parent)
            if looked_for is not None and not (yield from lists_elsewhere(self._kind, resource_type.list, looked_for)):
                listed = Sequel("created-not-listed", before, "holds", looked_for.values[-1])
                yield from self._kind.send(resource_type.list, looked_for, listed)
        if outer is not None and parent is not None:
            yield from self._under_another(one, outer)
        yield from self._hidden(one)
        yield from self._acted_on(one)
        yield from self._deleted(one)
        yield from self._set_by_client(recipe, parent)

    def _as_listed(self, one: Resource) -> kinds.Steps:
        """The resource that the list shows by the name that was sent to make `one`, where it shows none by its id: that
        may be the id of something else. None where the list shows no such resource."""
        every, creation = self._type.list, self._kind.creation
        sent = resource_posted_by(self._kind.recipe.resource_type, creation) if creation is not None else None
        exchange = (yield from self._kind.send(every, one)) if every is not None and sent is not None else None
        if sent is None or exchange is None or not exchange.accepted:
            return None
        listed = listed_by(self._type, exchange)
        if any(str(each.values[-1]) == str(one.values[-1]) for each in listed):
            return None
        named = (each for each in listed if isinstance(each.shown, dict) and sent.values[-1] in each.shown.values())
        return next(named, None)

    def _to_look_for(self, listing: OperationContract, one: Resource, parent: Resource | None) -> kinds.Steps:
        """What the list has to show: `one`, or another one where the caller named it and the list shows only the id
        that its name varies, for which the server may have taken it. None where it makes nothing by another name."""
        recipe = self._kind.recipe
        if not recipe.resource_type.named_by_caller or not any(roots(one.values[-1])):
            return one
        exchange = yield from self._kind.send(listing, one, note="what is made by a name of its own is looked for")
        shown = shown_in(listing, exchange) if exchange.accepted else None
        if lists(shown, one.values[-1]) or not any(lists(shown, root) for root in roots(one.values[-1])):
            return one
        name = parameter_names(recipe.prover.operation)[one.type_path.count("{}") - 1]
        fresh = renewed(recipe.prover, recipe.draft, recipe.places, self._rng) or recipe.draft
        draft = distant(recipe.prover, fresh, name, self._rng)
        return None if draft is None else (yield from self._kind.create_by(recipe, parent, draft, "it has another id"))

    def _named(self, get: OperationContract, one: Resource) -> kinds.Steps:
        """Find out by which member of its answer the paths of the type name `one`, where `get` has found nothing before
        it accepted a request: that may have been the id."""
        baseline, known = self._context.baselines.get(get.key), self._factory.inventory.called
        refused = baseline.refused.values() if baseline is not None else ()
        if get.key in known or one.assumed or not any(status_of(exchange) in MISSING for exchange in refused):
            return
        refusal = yield from self._kind.send(get, one)
        for member in other_names(one) if status_of(refusal) in MISSING else ():
            exchange = yield from self._kind.send(get, by_member(one, member))
            if exchange.accepted and is_named_by(get, exchange.request, one, member):
                on_one = (get, self._type.update, self._type.delete)
                known.update({operation.key: member for operation in on_one if operation is not None})
                self._kind.findings += notes_on_name(get, self._kind.recipe, member, refusal)
                return

    def _keeps_nothing(self) -> kinds.Steps:
        """Whether the server shows a resource that was never created, and not what was sent to create one: so does a
        mock. A server that shows both is judged."""
        get, recipe = self._type.get, self._kind.recipe
        if get is None:
            return False
        prover, draft = self._kind.draft(get, Resource(self._type.path, _values(recipe)))
        name = parameter_names(get)[-1]
        nowhere = distant(prover, draft, name, self._rng)
        if nowhere is None:
            return False
        (exchange,) = yield [case_of(prover, nowhere, "its id was never made", aspect=f"{UNKNOWN_ID} at path.{name}")]
        if not exchange.accepted or exchange.response is None:
            return False
        one, sent = yield from made(self._kind)
        names = sent.body if one is not None and isinstance(sent.body, dict) else ()
        sight = (yield from self._kind.look(one, "it was made", names)) if one is not None else None
        if sight is not None and _shows_more(sight.shown, shown_in(get, exchange), sent.body):
            return False
        self._kind.leave(
            f"{get.key}: shows every id alike, also one that was never made, and not what was sent to make one: the "
            f"server seems to keep nothing, so nothing was tested of the state of {self._type.path}"
        )
        return True

    def _set_by_client(self, recipe: Recipe, parent: Resource | None) -> kinds.Steps:
        """Send values for read-only members, to create resources and to update one."""
        create, update, get = recipe.prover.operation, self._type.update, self._type.get

        def shown(one: Resource, sequel: Sequel | None) -> kinds.Steps:
            read = yield from self._kind.send(get, one, sequel) if get is not None else ()
            return shown_in(get, read) if get is not None and read is not None and read.accepted else None

        def made(draft: Draft, note: str, sequel: Sequel | None) -> kinds.Steps:
            fresh = renewed(recipe.prover, draft, recipe.places, self._rng) or draft
            case = self._kind.inside(
                recipe, case_of(recipe.prover, fresh, note, sequel if get is None else None), parent
            )
            (exchange,) = yield [case]
            one = self._factory.inventory.made(recipe.resource_type, exchange) if is_done(exchange) else None
            if one is None:
                return exchange, None
            return exchange, (one.shown if get is None else (yield from shown(one, sequel)))

        members = read_only_members(recipe.prover, recipe.draft)
        one = (yield from self._kind.create_by(recipe, parent)) if members or update is not None else None
        if one is None:
            return
        yield from try_to_set(create, recipe.draft, members, one.shown, made, self._rng)
        if update is None or update.key not in self._context.baselines or get is None:
            return
        prover, own = self._kind.draft(update, one)
        before = yield from shown(one, None)

        def changed(draft: Draft, note: str, sequel: Sequel | None) -> kinds.Steps:
            (exchange,) = yield [case_of(prover, draft, note, None)]
            return exchange, ((yield from shown(one, sequel)) if is_done(exchange) else None)

        # An update does not rename a resource.
        members = [each for each in read_only_members(prover, own) if shown_at(before, each.location) not in one.values]
        yield from try_to_set(update, own, members, before, changed, self._rng)

    def _under_another(self, one: Resource, outer: Recipe) -> kinds.Steps:
        """Ask for `one` under a resource other than its own parent."""
        get = self._type.get
        other = (yield from self._kind.create_by(outer)) if get is not None else None
        if get is None or other is None or len(other.values) != len(one.values) - 1:
            return
        if other.values == one.values[:-1]:
            # It was there already: some servers answer so to whoever makes it again.
            return
        made = f"it had been made in another {outer.resource_type.noun}"
        sequel = Sequel("foreign-access", made, "lacks", one.values[-1], names_of(self._type))
        elsewhere = Resource(one.type_path, (*other.values, one.values[-1]))
        yield from self._kind.send(get, elsewhere, sequel)
        if self._type.list is not None and len(str(one.values[-1])) >= _OWN:
            yield from self._kind.send(self._type.list, elsewhere, sequel)

    def _hidden(self, one: Resource) -> kinds.Steps:
        """Ask for `one` as another user, where there is one that the server can tell from the first."""
        get, others = self._type.get, self._context.other_credentials
        if get is None or others is None:
            return
        mine, theirs = self._context.credentials.of(get.operation), others.of(get.operation)
        if not theirs.can_call:
            reason = "the other user has none of the credentials that it requires"
        elif (mine.headers, mine.applied) == (theirs.headers, theirs.applied):
            reason = "both users send the same credentials, or none"
        else:
            others_own = "it had been made by another user"
            sequel = Sequel("foreign-access", others_own, "lacks", one.values[-1], names_of(self._type))
            exchange = yield from self._kind.send(get, one, sequel, credentials=others)
            if exchange.response is None or exchange.response.status != 401:
                return
            reason = "the credentials of the other user are refused (401)"
        self._kind.leave(f"{get.key}: not tested whether another user can read what was created: {reason}")

    def _acted_on(self, one: Resource) -> kinds.Steps:
        """Ask for `one` after each operation that changes what belongs to it, such as `POST /jobs/{id}/reset`: it may
        show values then that it did not have when it was new."""
        get = self._type.get
        if get is None:
            return
        after = ""
        for operation in self._kind.actions:
            exchange = yield from self._kind.send(operation, one, note=after)
            if exchange.accepted:
                after = f"{operation.key} had been accepted"
                yield from self._kind.send(get, one, note=after)

    def _deleted(self, one: Resource) -> kinds.Steps:
        delete, get = self._type.delete, self._type.get
        if delete is None:
            return
        before = (yield from self._kind.send(get, one)) if get is not None else None
        page = (yield from page_with(self._kind, one)) if self._type.list is not None else None
        parts = yield from self._parts(one)
        exchange = yield from self._kind.send(delete, one)
        if not is_done(exchange):
            return
        removed = f"{delete.key} had removed it"
        if get is not None and before is not None and before.accepted:
            # A server may still show a deleted resource, as long as it marks it as deleted.
            sequel = Sequel("use-after-delete", removed, "gone", digest(shown_in(get, before)))
            shown = yield from self._kind.send(get, one, sequel)
            # Where it is shown itself, so is all of it.
            for operation, content in parts if status_of(shown) in (404, 410) else ():
                owner = f"{delete.key} had removed the {self._type.noun or 'resource'} that it is about"
                yield from self._kind.send(operation, one, Sequel("use-after-delete", owner, "gone", content))
        if self._type.list is not None:
            unlisted = Sequel("use-after-delete", removed, "lacks", one.values[-1], names_of(self._type))
            yield from self._kind.send(self._type.list, one, unlisted, query=page)
        yield from self._gone(one)

    def _parts(self, one: Resource) -> kinds.Steps:
        """What reads something that belongs to `one`, such as its lines, and the digest of what it shows; each after
        something was put there."""
        found: list[tuple[OperationContract, str]] = []
        for operation in self._context.operations:
            path = erased(operation.operation.path)
            below = path.removeprefix(f"{self._type.path}/")
            is_below = below != path and "{" not in below and len(found) < _PARTS
            if not is_below or operation.operation.method != "GET" or self._kind.baseline(operation) is None:
                continue
            for action in self._factory.actions.get(self._type.path, {}).values():
                if erased(action.prover.operation.operation.path) == path:
                    yield [action.case(one, self._rng)]
            exchange = yield from self._kind.send(operation, one)
            shown = shown_in(operation, exchange) if exchange.accepted else None
            # Nothing is nothing, whoever owned it.
            if items_in(shown) or (isinstance(shown, dict) and shown and items_at(shown) is None):
                found.append((operation, digest(shown)))
        return found

    def _gone(self, one: Resource) -> kinds.Steps:
        """Change and delete `one` once more: what is said of a missing resource has to be documented as well."""
        for operation in (self._type.update, self._type.delete):
            if operation is not None:
                prover, draft = self._kind.draft(operation, one)
                yield [case_of(prover, draft, f"`{one.values[-1]}` is gone", None)]


def _values(recipe: Recipe) -> tuple[Any, ...]:
    """Values for every parameter of a path; the last is made up, so that the path leads to no resource."""
    outer = [
        value
        for name in parameter_names(recipe.prover.operation)
        for (place, named), value in recipe.draft.parameters.items()
        if (place, named) == ("path", name)
    ]
    return tuple(outer) if recipe.resource_type.named_by_caller else (*outer, "1")


def _shows_more(shown: Any, other: Any, sent: Any) -> bool:
    """Whether a value that was sent is shown, and not in the same place of `other`; without values whether they
    differ."""
    if not isinstance(sent, dict):
        return bool(shown != other)
    values = ((shown_at(shown, at), shown_at(other, at), get(sent, at)) for at in leaves(sent))
    return any(is_same(own, own_sent) and not is_same(another, own_sent) for own, another, own_sent in values)
