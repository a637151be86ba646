"""The phase `baseline`: finds, for each operation, requests that the server accepts, and how to send them again.

All later probes are changes to these requests. An operation whose path names a resource gets a resource of its own, so
that the requests of other operations cannot remove it.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Generator, Iterable
from typing import Any

import msgspec

from clausewise.contract.branches import Branch
from clausewise.contract.clause import Clause
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Expectation, Probe, Request
from clausewise.feedback.repair import repairs
from clausewise.generation.candidates import Candidate, ValueSources, candidates, why_none, without_body
from clausewise.generation.prover import BaselineRequest, Case, Prover
from clausewise.options import value_for
from clausewise.phases.base import ABOUT_VALUES, Baseline, PhaseResult, Steps, Task, request_clauses, status_of
from clausewise.phases.naming import MISSING, notes_on_name
from clausewise.phases.prior_actions import refused_for_state, untried_actions
from clausewise.phases.repeatable import own_name, repetition, try_put
from clausewise.resources.factory import Recipe, ResourceFactory, make, recipe_for
from clausewise.resources.identity import Resource, values_in_path
from clausewise.resources.naming import by_member, is_named_by, other_names, placed
from clausewise.resources.types import parameter_names
from clausewise.resources.uniqueness import candidates as unique_candidates
from clausewise.resources.uniqueness import moved_to, renewable, renewed
from clausewise.results.evidence import Observation, UntestedReason
from clausewise.transport.budget import SAFE_METHODS

#: characters of a refusal quoted in a reason
_QUOTED = 160

#: requests refused in an earlier baseline that are repaired once more
_AGAIN = 2

#: statuses of refusals that do not depend on the values sent: who sends them, how often, and by which method
_NOT_ABOUT_VALUES = frozenset({401, 403, 405, 407, 429})

#: words by which a 400 or 422 says that a name is already in use
_TAKEN = re.compile(rb"exist|unique|duplicate|taken|in use|conflict", re.IGNORECASE)


def run(task: Task) -> Steps:
    """Find the baseline of an operation. A second attempt does not repeat requests that were refused before."""
    assert task.operation is not None
    search = _Baseline(task, task.operation)
    found = yield from search.steps()
    untested: dict[str, UntestedReason] = {}
    for branch, reason in search.refusals:
        for clause in _of_branch(task.operation, branch) if found.bases else task.operation.clauses:
            untested.setdefault(clause.key, reason)
    return PhaseResult(baseline=found, untested=untested, observations=tuple(search.observations))


def _of_branch(operation: OperationContract, branch: Branch | None) -> list[Clause]:
    """The clauses that only requests of a branch show."""
    clauses = request_clauses(operation, branch)
    entry = operation.body_of(branch.media) if branch is not None and branch.media else None
    return [*clauses, entry.clause] if entry is not None else clauses


def untried(operation: OperationContract, factory: ResourceFactory, refused: Iterable[Request]) -> dict[str, Any]:
    """Path values of a resource that the server listed and no `refused` request named. {} where there is none, or where
    the operation would change a resource that may belong to somebody."""
    if not factory.local and _changes(operation, factory):
        return {}
    listed = factory.inventory.listed(operation)
    wanted = tuple(listed.values())
    tried = any(values_in_path(operation, request)[: len(wanted)] == wanted for request in refused)
    return {} if tried else listed


def _may_change(
    operation: OperationContract, factory: ResourceFactory, sources: ValueSources, recipe: Recipe | None
) -> bool:
    """Whether the operation may be tried. On a remote server a run changes and removes only resources that it
    created or that the user named."""
    names = [c.parameter.name for c in operation.parameters if c.parameter.location == "path"]
    if factory.local or not _changes(operation, factory) or not names or recipe is not None:
        return True
    made = factory.inventory.type_created_by(operation)
    named = all(value_for(sources.values, operation.key, name)[0] for name in names)
    return named or made is not None


def _changes(operation: OperationContract, factory: ResourceFactory) -> bool:
    """Whether a request of the operation may change what its path names: every write but what only adds to that."""
    method = operation.operation.method
    creates = factory.inventory.type_created_by(operation) is not None or operation.key in factory.creating
    return method not in SAFE_METHODS and not (method == "POST" and creates)


class _Baseline:
    """The search for the accepted requests of one operation."""

    def __init__(self, task: Task, operation: OperationContract) -> None:
        context = task.context
        self._operation = operation
        self._factory = task.context.factory
        self._seed = context.options.seed
        self._earlier = task.baseline
        self._prover = Prover(operation, context.credentials)
        # What an earlier attempt has made is there: another one draws other names.
        first = random.Random(f"{context.options.seed}:{operation.key}:opening")
        self._rng = first if task.baseline is None else task.rng
        #: the type of resource that the operation creates
        self._creates = self._factory.inventory.type_created_by(operation)
        self._refused: dict[Request, Exchange] = dict(task.baseline.refused) if task.baseline else {}
        #: label of a branch -> the first of its requests whose refusal says that something is wrong with it
        self._unaccepted: dict[str | None, BaselineRequest] = {}
        self._without_segment: BaselineRequest | None = None
        #: names of the actions that a new resource went through, in vain
        self._tried: frozenset[str] = task.baseline.tried if task.baseline else frozenset()
        #: branches without an accepted request (None: an operation without branches), and why they have none
        self.refusals: list[tuple[Branch | None, UntestedReason]] = []
        self.observations: list[Observation] = []

    def steps(self) -> Generator[Iterable[Case], list[Exchange], Baseline]:
        prover, operation = self._prover, self._operation
        if not prover.credentials.can_call:
            self.refusals = [(None, _never_accepted(prover.credentials.missing))]
            return Baseline(prover, (), self._refused)
        sources, recipe = yield from self._value_sources()
        if not _may_change(operation, self._factory, sources, recipe):
            why = "the run could not create a resource for it, and it does not change the resources of others"
            self.refusals = [(None, UntestedReason("never-accepted", why))]
            return Baseline(prover, (), self._refused)
        bases, first = yield from self._of_branches(sources)
        if not bases and recipe is not None and self._is_missing(recipe):
            bases, first, recipe = yield from self._named_otherwise(sources, recipe)
        prefers = first is not None and _reads_preferences(first)
        found = Baseline(
            prover,
            tuple(bases),
            self._refused,
            tuple(self._unaccepted.values()),
            recipe=recipe or (self._earlier.recipe if self._earlier and not bases else None),
            tried=self._tried,
            prefers=prefers,
        )
        if first is None and not self._refused:
            found = msgspec.structs.replace(found, without_segment=self._without_segment)
        if first is None and operation.body_message is not None and not self._refused:
            draft = without_body(operation, sources, self._seed)
            request = prover.request(draft)
            if "{" not in request.target and prover.reaches(request):
                return msgspec.structs.replace(found, without_body=prover.base(draft, request, None))
        if first is None or operation.operation.method in SAFE_METHODS:
            return found
        if operation.operation.method == "DELETE":
            return msgspec.structs.replace(found, spends=recipe is not None or not self._was_made)
        again = yield from repetition(prover, self._factory, bases[0], first, self._is_accepted, self._rng)
        # Only the answer shows whether the request named what it made, or what that is in.
        self._creates = self._factory.inventory.type_created_by(operation)
        put = self._factory.inventory.type_put_by(operation)
        if put is not None and put.path not in self._factory.recipes:
            yield from try_put(put, prover, self._factory, bases[0], self._rng)
        if self._creates is not None:
            self._factory.recipes[self._creates.path] = Recipe(
                self._creates, prover, bases[0].draft, again.places, supply=again.supply
            )
        spends = again.spends and (recipe is not None or not self._was_made)
        return msgspec.structs.replace(found, places=again.places, spends=spends, supply=again.supply)

    def _of_branches(
        self, sources: ValueSources
    ) -> Generator[Iterable[Case], list[Exchange], tuple[list[BaselineRequest], Exchange | None]]:
        """The accepted requests, one of each branch that has one, and the exchange of the first."""
        bases: list[BaselineRequest] = []
        first: Exchange | None = None
        self.refusals = []
        for branch in self._operation.branches or (None,):
            base, outcome = yield from self._of_branch(branch, sources)
            if isinstance(outcome, UntestedReason):
                self.refusals.append((branch, outcome))
            elif base is not None:
                self._unaccepted.pop(base.branch, None)
                bases.append(base)
                first = first or outcome
        return bases, first

    def _named_otherwise(
        self, sources: ValueSources, recipe: Recipe
    ) -> Generator[Iterable[Case], list[Exchange], tuple[list[BaselineRequest], Exchange | None, Recipe]]:
        """The same for a path that names what the `recipe` makes by another member than its id, and the recipe then."""
        made = yield from make(self._factory, recipe, self._rng)
        for member in other_names(made[0]) if made and not recipe.called else ():
            named = {**sources.in_path, **placed(self._operation, by_member(made[0], member))}
            bases, first = yield from self._of_branches(msgspec.structs.replace(sources, in_path=named))
            if first is not None and not is_named_by(self._operation, first.request, made[0], member):
                # It took the server a while to know it by its id.
                return bases, first, recipe
            if first is not None:
                self._factory.inventory.called[self._operation.key] = member
                refusal = next(each for each in self._refused.values() if status_of(each) in MISSING)
                self.observations += notes_on_name(self._operation, recipe, member, refusal)
                return bases, first, msgspec.structs.replace(recipe, called=member)
        return [], None, recipe

    def _is_missing(self, recipe: Recipe) -> bool:
        """Whether what was made for the whole path was not found by its id."""
        is_whole = len(parameter_names(self._operation)) == recipe.resource_type.path.count("{}")
        return is_whole and any(status_of(exchange) in MISSING for exchange in self._refused.values())

    @property
    def _was_made(self) -> bool:
        """Whether earlier requests named a resource that was made for them; the server refused them."""
        return self._earlier is not None and self._earlier.recipe is not None

    def _value_sources(self) -> Generator[Iterable[Case], list[Exchange], tuple[ValueSources, Recipe | None]]:
        """Values for the operation's parameters, and the recipe of the resource that was created for its path."""
        operation, factory = self._operation, self._factory
        in_state = (yield from self._in_another_state()) if self._was_made else None
        recipe = in_state or recipe_for(factory, operation)
        in_path, guessed = factory.inventory.in_path(operation), factory.inventory.guessed(operation)
        linked = factory.inventory.linked_to(operation)
        if self._creates is not None and self._creates.named_by_caller and not self._refused:
            # A known name is already in use. If a new name was refused, the server may want an existing one.
            in_path.pop(parameter_names(operation)[-1], None)
        # What a document names may be what other operations need: it is not deleted.
        any_path = operation.operation.method in SAFE_METHODS or (
            factory.local and operation.operation.method != "DELETE"
        )
        # The value in the answer of a create request may not be the one that belongs in the path.
        looks_in_lists = bool(self._refused) and (recipe is None or (self._was_made and in_state is None))
        listed = untried(operation, factory, self._refused) if looks_in_lists else {}
        sources = ValueSources(factory.values, in_path, guessed, any_path, factory.inventory, linked)
        if listed:
            known = msgspec.structs.replace(sources, in_path=in_path | listed, guessed=guessed - listed.keys())
            return known, None
        made = (yield from make(factory, recipe, self._rng)) if recipe is not None else []
        if made:
            own = placed(operation, made[0])
            assumed = frozenset(list(own)[-1:]) if factory.inventory.is_guess(made[0]) else frozenset()
            sources = msgspec.structs.replace(sources, in_path=in_path | own, guessed=guessed - own.keys() | assumed)
        return sources, recipe if made else None

    def _is_taken_for(
        self, resource: Resource, base: BaselineRequest, note: str
    ) -> Generator[Iterable[Case], list[Exchange], bool]:
        """Whether the server takes the request `base` for another resource."""
        prover, draft = self._prover, moved_to(base.draft, placed(self._operation, resource))
        request = prover.of(draft).request(draft)
        candidate = Candidate(draft, note, generated=True)
        (exchange,) = yield [_case(prover, prover.base(draft, request, base.branch), request, candidate)]
        if not self._is_accepted(exchange):
            self._refused[request] = exchange
        return self._is_accepted(exchange)

    def _in_another_state(self) -> Generator[Iterable[Case], list[Exchange], Recipe | None]:
        """The recipe of a resource in a state in which the server takes what it refused before; None where no known
        action leads to one."""
        operation, earlier = self._operation, self._earlier
        assert earlier is not None and earlier.recipe is not None
        base = refused_for_state(operation, earlier, earlier.recipe)
        for key, action in untried_actions(operation, self._factory, earlier).items():
            assert base is not None
            self._tried |= {key}
            recipe = msgspec.structs.replace(earlier.recipe, then=(*action.before, action))
            made = yield from make(self._factory, recipe, self._rng)
            if not made:
                continue
            if (yield from self._is_taken_for(made[0], base, f"what was refused before, after {key}")):
                return recipe
        return None

    def _of_branch(
        self, branch: Branch | None, sources: ValueSources
    ) -> Generator[Iterable[Case], list[Exchange], tuple[BaselineRequest | None, Exchange | UntestedReason]]:
        """The first accepted candidate and its exchange; None and the reason when no candidate is accepted."""
        prover, refused = self._prover, self._refused
        refusal: UntestedReason | None = None
        answer: UntestedReason | None = None
        label = branch.key if branch else None
        before: list[tuple[BaselineRequest, Exchange]] = []
        for candidate in candidates(prover.operation, branch, sources, self._seed):
            request = prover.request(candidate.draft)
            base = prover.base(candidate.draft, request, label)
            if request in refused:
                answer = answer or _reason(prover, refused[request], label)
                if _lacks_credentials(prover, refused[request]):
                    return None, answer
                before.append((base, refused[request]))
                self._keep(base, refused[request])
                continue
            breach = next((breach for breach in base.judgement.breaches if breach.clause.severity == "error"), None)
            if breach is not None:
                refusal = _not_generated(breach.clause.text)
                continue
            empty = next((name for name, text in prover.operation.match(request.target).items() if not text), None)
            if empty is not None:
                why = f"the path parameter `{empty}` would be empty, and an empty path segment makes another path"
                refusal, self._without_segment = _not_generated(why), base
                continue
            if prover.operation.is_elsewhere(request.target):
                refusal = _not_generated("with the values of its path parameters it would be that of another operation")
                continue
            (exchange,) = yield [_case(prover, base, request, candidate)]
            if not self._is_accepted(exchange) and _is_taken(exchange):
                # A resource of an earlier run has this name, and the same seed would choose it again.
                rng = random.Random(time.time_ns())
                places = [*own_name(prover, self._creates), *unique_candidates(candidate.draft, self._creates)]
                fresh = renewed(prover, candidate.draft, renewable(prover, candidate.draft, places), rng)
                if fresh is not None:
                    request = prover.request(fresh)
                    base = prover.base(fresh, request, label)
                    (exchange,) = yield [_case(prover, base, request, candidate)]
            if self._is_accepted(exchange):
                return base, exchange
            refused[request] = exchange
            self._keep(base, exchange)
            # The first candidate is the most promising: its refusal is the one to report.
            answer = answer or _reason(prover, exchange, label)
            if _lacks_credentials(prover, exchange):
                # The server would refuse every other request with made-up credentials as well.
                return None, answer
            if hangs(exchange):
                # Other parameters do not end an endless stream.
                break
            mended = yield from self._repaired(base, exchange, sources)
            if mended is not None:
                return mended
        for base, exchange in before[:_AGAIN]:
            # The value that a refusal asked for may be known by now.
            mended = yield from self._repaired(base, exchange, sources)
            if mended is not None:
                return mended
        return None, answer or refusal or _not_generated(why_none(prover.operation, branch))

    def _is_accepted(self, exchange: Exchange) -> bool:
        """Whether the server took the request. Where the contract documents no 2xx, a redirect may be all there is."""
        return exchange.response is not None and exchange.response.status < 400 and self._operation.accepted(exchange)

    def _keep(self, base: BaselineRequest, refusal: Exchange) -> None:
        """Keep the first request of a branch whose refusal may be about its values."""
        status = refusal.response.status if refusal.response is not None else 0
        if 400 <= status < 500 and status not in _NOT_ABOUT_VALUES and not base.judgement.breaches:
            self._unaccepted.setdefault(base.branch, base)

    def _repaired(
        self, base: BaselineRequest, refusal: Exchange, sources: ValueSources
    ) -> Generator[Iterable[Case], list[Exchange], tuple[BaselineRequest, Exchange] | None]:
        """A refused request, changed as its refusal asks until the server accepts it, and its exchange; else None."""
        prover = self._prover
        steps = repairs(prover.of(base.draft), base.draft, refusal, sources.references, self._refused)
        changed = next(steps, None)
        while changed is not None:
            draft, request = changed
            mended = prover.base(draft, request, base.branch)
            note = (
                "a generated request, changed as its refusal asks" if draft is not base.draft else "the refused request"
            )
            candidate = Candidate(draft, note, generated=True)
            (exchange,) = yield [_case(prover, mended, request, candidate)]
            if self._is_accepted(exchange):
                return mended, exchange
            self._refused[request] = exchange
            try:
                changed = steps.send(exchange)
            except StopIteration:
                break
        return None


def _reads_preferences(accepted: Exchange) -> bool:
    """Whether an answer names `Prefer` (RFC 7240 sections 2 and 3)."""
    assert accepted.response is not None
    names = {name.lower(): value.lower() for name, value in accepted.response.headers}
    return "preference-applied" in names or "prefer" in re.split(r"[,\s]+", names.get("vary", ""))


def _not_generated(why: str) -> UntestedReason:
    return UntestedReason("never-accepted", "no valid request could be generated" + (f": {why}" if why else ""))


def _never_accepted(why: str, label: str | None = None) -> UntestedReason:
    which = f" for {label}" if label else ""
    return UntestedReason("never-accepted", f"no request{which} was accepted: {why}")


def _reason(prover: Prover, refusal: Exchange, label: str | None) -> UntestedReason:
    missing = f"{prover.credentials.missing}; " if _lacks_credentials(prover, refusal) else ""
    return _never_accepted(f"{missing}{_outcome(refusal)}", label)


def _lacks_credentials(prover: Prover, refusal: Exchange) -> bool:
    """Whether the user gave no credentials, and the server refused the made-up ones."""
    status = refusal.response.status if refusal.response is not None else None
    return bool(prover.credentials.missing) and status in (401, 403)


def hangs(exchange: Exchange) -> bool:
    """Whether no complete answer arrived in time."""
    return exchange.failure is not None and exchange.failure.kind in ("timeout", "endless")


def _case(prover: Prover, base: BaselineRequest, request: Request, candidate: Candidate) -> Case:
    # Generated values may break rules that are not in the contract; the contract's own examples may not.
    expect: Expectation = "any" if candidate.generated else "accept"
    probe = Probe(
        operation=prover.operation.key,
        phase="baseline",
        note=f"{candidate.note} and made-up credentials" if prover.credentials.missing else candidate.note,
        expect=expect,
        keeps=tuple(sorted(base.upheld)),
        branch=base.branch,
        aspect=" ".join(["with", *sorted(map(".".join, candidate.draft.parameters)), base.branch or ""]).rstrip(),
    )
    return Case(request, probe, lasting=True)


def _is_taken(exchange: Exchange) -> bool:
    response = exchange.response
    if response is None:
        return False
    return response.status == 409 or (response.status in ABOUT_VALUES and _TAKEN.search(response.body) is not None)


def _outcome(exchange: Exchange) -> str:
    if exchange.response is None:
        return exchange.failure.message if exchange.failure else "there was no answer"
    text = " ".join(exchange.response.body.decode("utf-8", "replace").split())
    return f"the answer was {exchange.response.status} {text[:_QUOTED]}".rstrip()
