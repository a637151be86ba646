"""Mutation testing of the gate: the mock with each clause broken in turn, and whether a run notices.

Each mutant is one run, in one of several processes. A run ends at the first fault that the intact mock does not show.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from time import perf_counter

import msgspec

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.contract.soundness import require_sound
from clausewise.mockserver.app import MockApp
from clausewise.mockserver.faults import Fault, FaultInjector, equivalent, faults_of
from clausewise.options import RunOptions, for_mock
from clausewise.phase_table import phase_row
from clausewise.results.evidence import Observation
from clausewise.results.faults import Identity, identity
from clausewise.results.proof import MutantOutcome, MutantResult, Proof
from clausewise.results.record import VERSION, Spec, Tool
from clausewise.runner.events import Event, ObservationMade, StopRequest
from clausewise.runner.run import Result, run
from clausewise.runner.targets import Target
from clausewise.security.configure import configure
from clausewise.security.declared import declared_in
from clausewise.security.redact import Redactor
from clausewise.version import __version__

#: mutants handed to a process at once
_CHUNK = 4


class _Reference(msgspec.Struct, frozen=True, eq=False):
    """What every mutant is compared with: the contract, and a run against the intact mock."""

    contract: Contract
    options: RunOptions
    #: the faults that the intact mock shows
    observed: frozenset[Identity]
    #: clause key -> why the run against the intact mock did not test it
    untested: dict[str, str]
    #: clause key -> sentences of the clauses that every probe of it breaks as well
    always_with: dict[str, list[str]]


def prove(
    contract: Contract, options: RunOptions, jobs: int, on_progress: Callable[[int, int, int], None] | None = None
) -> Proof:
    """Try every mutant of the mock of the contract, in `jobs` processes.

    An interruption from the keyboard ends it with what is known. `on_progress` hears of mutants tried, of all, and of
    those that survived. Raises UsageError for an operation that there is not.
    """
    start = perf_counter()
    operations = require_sound(contract, contract.select(options.operations))
    faults = [(operation.key, fault) for operation in operations for fault in faults_of(operation)]
    results: list[MutantResult] = []
    survived = 0
    with ProcessPoolExecutor(jobs, initializer=_initialize, initargs=(contract, options)) as pool:
        try:
            chunks = [range(len(faults))[first : first + _CHUNK] for first in range(0, len(faults), _CHUNK)]
            with _signals_held():
                outcomes = [pool.submit(_try_each, chunk) for chunk in chunks]
            for tried in outcomes:
                for result in tried.result():
                    results.append(result)
                    survived += result.outcome == "survived"
                    if on_progress is not None:
                        on_progress(len(results), len(faults), survived)
        except KeyboardInterrupt:
            for process in multiprocessing.active_children():
                # What it is at may take minutes, and nobody wants to know it any more.
                process.terminate()
    specification = contract.specification
    proof = Proof(
        version=VERSION,
        tool=Tool("clausewise", __version__),
        seconds=round(perf_counter() - start, 3),
        seed=options.seed,
        spec=Spec(contract.name, specification.title, specification.version, specification.sources.root.sha256),
        mutants=len(faults),
        results=tuple(results),
    )
    secrets = configure(specification, values=options.values).secrets
    return Redactor(secrets, declared=declared_in(specification)).record(proof)


#: set once in each process of the pool
_references: list[tuple[_Reference, list[tuple[OperationContract, Fault]]]] = []


@contextmanager
def _signals_held() -> Iterator[None]:
    """Holds back interruptions while processes are forked: Python loses those that come in the middle of it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _initialize(contract: Contract, options: RunOptions) -> None:
    # Ctrl-C goes to every process of a terminal; the one that collects the results decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        # It was held back in the process that this one is a fork of.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    phases = tuple(phase for phase in options.phases if phase_row(phase).runs_on_mutants)
    options = msgspec.structs.replace(for_mock(options), phases=phases)
    intact = run(contract, _mutant(contract, options, ()), options, receives=False)
    verdicts = {f"{v.operation} {v.where} {v.id} {v.keyword}": v.reason for v in intact.run.clauses}
    reference = _Reference(
        contract=contract,
        options=options,
        observed=frozenset(map(identity, _seen(intact))),
        untested={key: reason for key, reason in verdicts.items() if reason},
        always_with=_always_with(contract, intact),
    )
    operations = require_sound(contract, contract.select(options.operations))
    faults = [(operation, fault) for operation in operations for fault in faults_of(operation)]
    _references[:] = [(reference, faults)]


def _seen(result: Result) -> Iterator[Observation]:
    """The faults that a run saw."""
    return (seen for _, found in result.logbook.by_exchange() for seen in found)


def _always_with(contract: Contract, intact: Result) -> dict[str, list[str]]:
    """Clauses that no probe breaks alone, with the sentences of those that break with them every time."""
    together: dict[str, set[str]] = {}
    for exchange in intact.exchanges:
        if exchange.probe is not None and exchange.probe.breaks:
            first, *others = exchange.probe.breaks
            together[first] = together.get(first, set(others)) & set(others)
    sentences = {clause.key: clause.text for operation in contract.operations for clause in operation.clauses}
    return {key: [sentences[other] for other in sorted(others)] for key, others in together.items() if others}


def _mutant(contract: Contract, options: RunOptions, injectors: Iterable[FaultInjector]) -> Target:
    return Target(
        "mock", "mock", options.connections, MockApp(contract, options.seed, injectors, state={}, beyond_examples=True)
    )


def _try_each(chunk: range) -> list[MutantResult]:
    return [_try(index) for index in chunk]


def _try(index: int) -> MutantResult:
    reference, faults = _references[0]
    operation, fault = faults[index]
    reason = equivalent(fault, operation)
    if reason is not None:
        return _result(reference, fault, "equivalent", reason)
    injector = FaultInjector(fault)
    caught: list[Observation] = []

    def stop_at_a_new_fault(event: Event) -> StopRequest | None:
        if not isinstance(event, ObservationMade):
            return None
        if identity(event.observation) in reference.observed or event.observation.explained_by:
            return None
        caught.append(event.observation)
        return StopRequest("the mutant is killed")

    options = msgspec.structs.replace(reference.options, operations=(operation.key,))
    mutant = _mutant(reference.contract, options, [injector])
    result = run(reference.contract, mutant, options, [stop_at_a_new_fault], receives=False)
    if caught:
        return _result(reference, fault, "killed", "", caught[0], result.run.requests)
    # An observation that something else may explain is a finding where nothing else explains it.
    explained = [seen for seen in _seen(result) if seen.explained_by]
    if explained and result.run.findings:
        return _result(reference, fault, "killed", "", explained[0], result.run.requests)
    return _result(reference, fault, "survived", _survival(reference, fault, injector), requests=result.run.requests)


def _survival(reference: _Reference, fault: Fault, injector: FaultInjector) -> str:
    """Why nothing was noticed."""
    if injector.shown:
        return f"the fault occurred {injector.shown} times, and no rule covers it"
    if fault.kind == "crash":
        return "no accepted request has a value on the boundary"
    if fault.clause.key in reference.always_with:
        return f"every request that breaks the clause also breaks another: {reference.always_with[fault.clause.key][0]}"
    if fault.kind == "unenforced":
        return reference.untested.get(fault.clause.key, "no request breaks only this clause")
    return reference.untested.get(fault.clause.key, "the mock could not generate an answer that breaks it")


def _result(
    reference: _Reference,
    fault: Fault,
    outcome: MutantOutcome,
    reason: str,
    killer: Observation | None = None,
    requests: int = 0,
) -> MutantResult:
    clause = fault.clause
    return MutantResult(
        kind=fault.kind,
        clause=clause.id,
        operation=clause.operation,
        where=clause.where,
        text=clause.text,
        location=reference.contract.locate(clause.source),
        outcome=outcome,
        rule=killer.rule if killer else None,
        named=killer is not None and killer.assertion == clause.id,
        reason=reason,
        requests=requests,
    )
