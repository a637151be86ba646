"""Requests for tests that users write with Hypothesis: drawn from the contract, and proved to keep or break it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from clausewise.contract.branches import Branch
from clausewise.contract.clause import Clause
from clausewise.contract.operation import OperationContract
from clausewise.errors import UsageError
from clausewise.exchange import Request
from clausewise.generation.candidates import ValueSources, candidates
from clausewise.generation.prover import BaselineRequest, Prover, sendable
from clausewise.generation.request_strategies import Attempt, attempts, breaking, drafts
from clausewise.options import Values
from clausewise.security.credentials import Credentials

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

#: where a Hypothesis test keeps its settings
_SETTINGS = "_hypothesis_internal_use_settings"

#: requests that keep the contract, that break it, or either
Mode = Literal["positive", "negative", "any"]


class DrawnRequest(msgspec.Struct, frozen=True):
    """A request, and the clauses that it breaks."""

    request: Request
    #: the clauses that it breaks, the most specific first; () for a valid request
    breaks: tuple[Clause, ...] = ()


def requests(
    operation: OperationContract, mode: Mode, values: Values, credentials: Credentials
) -> SearchStrategy[DrawnRequest]:
    """Requests of `operation`, for every branch of its body where that is a `oneOf` or `anyOf`.

    Made-up credentials are used for the proof and are not sent. Raises UsageError when no valid request can be
    generated, and NoStrategyError when the schemas give no strategy.
    """
    from hypothesis import strategies as st

    prover = Prover(operation, credentials)
    made = []
    for branch in operation.branches or (None,):
        base = _base(prover, branch, values)
        if base is not None:
            made.append(_of_branch(prover.of(base.draft), base, branch, mode))
    if not made:
        raise UsageError(
            f"no valid request could be generated for {operation.key}",
            remedy="give the contract an example, or set values in [tool.clausewise.values]",
        )
    return st.one_of(made)


def map_drawn(drawn: SearchStrategy[DrawnRequest], make: Callable[[DrawnRequest], T]) -> SearchStrategy[T]:
    """A strategy for the results of `make`. For a plain `map`, Hypothesis prints the call and not the result."""
    from hypothesis import strategies as st

    @st.composite
    def made(draw: DrawFn) -> T:
        return make(draw(drawn))

    return made()


def property_test(test: F, cases: Callable[[], SearchStrategy[T]], again: Callable[[T], str]) -> F:
    """`test` as a Hypothesis test with the argument `case`. `cases` is called when the first case is drawn. For a case
    that fails, the text of `again` is printed. `without_hurry` knows it by its attribute `draws_cases`."""
    from hypothesis import given, note
    from hypothesis import strategies as st

    if inspect.iscoroutinefunction(test):

        @functools.wraps(test)
        async def awaited(*arguments: Any, case: T, **options: Any) -> Any:
            note(again(case))
            return await test(*arguments, case=case, **options)

        awaited.draws_cases = True  # type: ignore[attr-defined]
        return given(case=st.deferred(cases))(awaited)  # type: ignore[return-value]

    @functools.wraps(test)
    def called(*arguments: Any, case: T, **options: Any) -> Any:
        __tracebackhide__ = True
        note(again(case))
        return test(*arguments, case=case, **options)

    called.draws_cases = True  # type: ignore[attr-defined]
    return given(case=st.deferred(cases))(called)  # type: ignore[return-value]


def without_hurry(test: Any) -> None:
    """Let no health check of Hypothesis fail a test of `property_test` because drawing takes long.

    All that is drawn is ours, so whoever wrote the test cannot make it faster: on a machine with other work, a second
    for the first ten values is soon over. Hypothesis has no public way to add to the settings of a test.
    """
    from hypothesis import HealthCheck, settings

    before = getattr(test, _SETTINGS, None)
    if isinstance(before, settings) and HealthCheck.too_slow not in before.suppress_health_check:
        ignored = (*before.suppress_health_check, HealthCheck.too_slow)
        setattr(test, _SETTINGS, settings(before, suppress_health_check=ignored))


def classified(prover: Prover, request: Request) -> DrawnRequest:
    """`request` and the clauses that it breaks. Without configured credentials it is judged as if a user were logged
    in: the test's client adds them."""
    shown = prover.credentials.apply(request) if prover.credentials.missing else request
    broken = {one.clause.key: one.clause for one in prover.judge(shown).breaches if one.clause.severity == "error"}
    return DrawnRequest(request, tuple(broken.values()))


def _base(prover: Prover, branch: Branch | None, values: Values) -> BaselineRequest | None:
    """The first valid request; it gives the values that no schema knows, such as names in the path."""
    for candidate in candidates(prover.operation, branch, ValueSources(values), 1):
        request = prover.request(candidate.draft)
        base = prover.base(candidate.draft, request, branch.key if branch is not None else None)
        if base.judgement.conforms and sendable(request):
            return base
    return None


def _of_branch(
    prover: Prover, base: BaselineRequest, branch: Branch | None, mode: Mode
) -> SearchStrategy[DrawnRequest]:
    def proved(request: Request) -> DrawnRequest:
        return classified(prover, prover.credentials.strip(request) if prover.credentials.missing else request)

    def written(attempt: Attempt) -> Request:
        # Most values that a path parameter's schema allows name no existing resource.
        broken = {str(breach.place[0]) for breach in attempt.breaches}
        same = {key: value for key, value in in_path.items() if ".".join(key) not in broken}
        draft = attempt.draft
        return prover.request(msgspec.structs.replace(draft, parameters={**draft.parameters, **same}))

    in_path = {key: value for key, value in base.draft.parameters.items() if key[0] == "path"}
    kept = drafts(prover, base, branch)
    tried = {
        "positive": lambda: kept.map(Attempt),
        "negative": lambda: breaking(prover, kept),
        "any": lambda: attempts(prover, base, branch),
    }[mode]()
    drawn = tried.map(written).filter(prover.reaches).map(proved)
    return drawn if mode == "any" else drawn.filter(lambda one: bool(one.breaks) is (mode == "negative"))
