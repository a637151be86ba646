"""The five calls: load, test, validate, diff and mock."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from clausewise.api.run import Changes, Run
from clausewise.api.settings import settings_of
from clausewise.config import Config
from clausewise.contract.contract import Contract
from clausewise.errors import UsageError
from clausewise.exchange import Exchange
from clausewise.options import GatePolicy, RunOptions, TargetSpec

if TYPE_CHECKING:
    from clausewise.mockserver.served import ServedMock
    from clausewise.runner.events import Event, StopRequest
    from clausewise.runner.run import Result
    from clausewise.runner.targets import Target


def load(
    spec: str | Path | Mapping[str, Any] | None = None,
    *,
    url: str | None = None,
    app: str | None = None,
    headers: Mapping[str, str] | None = None,
    spec_headers: Mapping[str, str] | None = None,
    allow_refs: Iterable[str | Path] = (),
    allow_remote_refs: bool = False,
    refs: Mapping[str, str | Path] | None = None,
    overlay: Iterable[str | Path] = (),
    nullable: Literal["meant", "letter"] = "meant",
) -> Contract:
    """The contract in an OpenAPI document (Swagger 2.0, OpenAPI 3.0 to 3.2; YAML or JSON).

    `spec` is a path, a URL, or the document itself as a mapping. Without it, the server at the base URL `url` or the
    `app` ("module:attribute") is asked for its document: by `openapi()` of FastAPI, the routes of the app, and the
    usual paths. `headers` go to the server at `url`, `spec_headers` to the one that a `spec` is on; a value "env:NAME"
    is read from that environment variable. References may lead to the folder of the document and the folders
    `allow_refs`, or to the server of the document; to other URLs where `allow_remote_refs` says so; `refs` gives files
    or folders that stand for what is at URLs with these beginnings. The files `overlay` (OpenAPI Overlay 1.0) are
    applied to the document, in this order. `nullable` says what `nullable: true` without a `type` means in OpenAPI 3.0:
    "meant" allows null, by the "letter" it has no effect.

    Raises SpecError, with file, line and column or a JSON Pointer, for a document that cannot be read or understood,
    and UsageError for an app that cannot be imported, and where there is nothing to read.

        >>> import clausewise
        >>> contract = clausewise.load("openapi/astro-create-cluster.yaml")
        >>> [operation.key for operation in contract.operations]
        ['createCluster']
        >>> clausewise.load({"openapi": "3.1.0", "paths": {}}).operations
        ()
    """
    from clausewise.retrieval.contracts import contract_in, open_contract

    target = _target_spec(url, app)
    config = Config(
        target=target,
        run=RunOptions(headers=tuple((headers or {}).items())),
        allow_refs=tuple(map(Path, allow_refs)),
        allow_remote_refs=allow_remote_refs,
        refs={prefix: Path(path) for prefix, path in (refs or {}).items()},
        overlay=tuple(map(Path, overlay)),
        spec_headers=tuple((spec_headers or {}).items()),
        nullable=nullable,
    )
    if isinstance(spec, Mapping):
        return contract_in(spec, config)
    return open_contract(str(spec) if spec is not None else None, config)


def test(contract: Contract, *, url: str | None = None, app: Any = None, mock: bool = False, **options: Any) -> Run:
    """Test every clause of a contract against a target, and check every response.

    The target is the server at the base URL `url`, an ASGI or WSGI `app` (the object, or "module:attribute"), or the
    contract's own `mock`. `options` are those of `clausewise test` and of its gate by the names that the configuration
    has, with `_` for `-`: `phases`, `operations`, `seed`, `headers`, `credentials`, `values`, `max_requests`,
    `max_time` and `timeout` (seconds), `allow_writes`, `min_coverage` (percent), `waivers` and all others. Headers and
    tables are mappings.

    Writes no files. In a notebook the run goes on in a thread, and ends when the cell is interrupted.

    Raises TargetError where the target cannot be reached or gives no token, UsageError for an option or a target that
    cannot be and where nothing was tested, ConfigError for credentials that do not fit the contract.

        >>> import clausewise
        >>> contract = clausewise.load("openapi/astro-create-cluster.yaml")
        >>> run = clausewise.test(contract, mock=True, phases=["baseline"], seed=7)
        >>> run.passed, run.findings
        (True, ())
    """
    from clausewise.results.gate import read_baseline
    from clausewise.runner.selection import narrowed, why_none
    from clausewise.runner.verdict import judged, nothing_tested

    run_options, policy = settings_of(options)
    narrow = narrowed(contract, run_options)
    if narrow is None:
        raise UsageError(f"{why_none(run_options)}: nothing to test")
    run_options = narrow
    target = _target(contract, run_options, url, app, mock)
    known = read_baseline(policy.baseline) if policy.baseline is not None else frozenset()
    result = _run(contract, target, run_options)
    if result.run.requests == 0 and result.stopped is not None:
        raise result.stopped
    untested = nothing_tested(result)
    if untested and not result.interrupted:
        raise UsageError(f"nothing was tested: {untested}")
    result = judged(result, policy, known, [operation.key for operation in contract.operations])
    return Run(result.run, result.exchanges)


def validate(
    contract: Contract,
    exchanges: str | Path | Exchange | Iterable[str | Path | Exchange] = (),
    *,
    examples: bool = False,
    operation: str | None = None,
    direction: Literal["request", "response"] = "request",
    status: int = 200,
    evidence: Literal["all", "sampled", "none"] = "all",
    jobs: int = 1,
) -> Run:
    """Check exchanges, payloads, documents and recorded traffic against a contract.

    `exchanges` are `Exchange`s, or names of files as `clausewise validate` takes them: HAR, NDJSON, VCR cassettes,
    documents with curl commands, and JSON or YAML payloads of an `operation` (its key; which body is said by
    `direction`, and by `status` for a response). With `examples` the examples in the contract itself are checked.
    `evidence` says which valid lines of NDJSON count for clauses, `jobs` by how many processes such files are read.

    Raises UsageError for a file that does not exist, a payload without an operation, and where there is nothing to
    check.

        >>> import clausewise
        >>> contract = clausewise.load("openapi/astro-create-cluster.yaml")
        >>> request = clausewise.Request("PUT", "/organizations/o/clusters", (("Authorization", "Bearer t"),))
        >>> run = clausewise.validate(contract, clausewise.Exchange("1", request, clausewise.Response(405)))
        >>> run.requests
        1
    """
    from clausewise.results import gate
    from clausewise.validation.scan import ScanOptions, scan
    from clausewise.validation.summary import record_scan

    given = [exchanges] if isinstance(exchanges, str | Path | Exchange) else list(exchanges)
    files = tuple(str(one) for one in given if not isinstance(one, Exchange))
    if not given and not examples:
        raise UsageError("there is nothing to check", remedy="give exchanges, names of files, or examples=True")
    if operation is not None:
        contract.operation(operation)
    options = ScanOptions(files, examples, operation, direction, status, evidence, jobs)
    concluded = record_scan(contract, scan(contract, options, exchanges=(x for x in given if isinstance(x, Exchange))))
    run = gate.apply_policy(concluded.run, GatePolicy(), baseline=frozenset(), today=datetime.now(UTC).date())
    return Run(run, concluded.exchanges)


def diff(old: Contract, new: Contract) -> Changes:
    """The changes from one version of a contract to the next, and which of them break clients.

    What rests on something that is not valid in one version has the level "not-compared". Raises SpecError for schemas
    that are too large.

        >>> import clausewise
        >>> def version(size):
        ...     name = {"name": "n", "in": "query", "schema": {"type": "string", "maxLength": size}}
        ...     answer = {"204": {"description": "done"}}
        ...     paths = {"/pets": {"get": {"parameters": [name], "responses": answer}}}
        ...     return clausewise.load({"openapi": "3.1.0", "paths": paths})
        >>> changes = clausewise.diff(version(9), version(5))
        >>> [(change.kind, change.breaking) for change in changes]
        [('tightened', True)]
    """
    from clausewise.comparison.compare import diff as compare

    return Changes(compare(old, new))


def mock(
    contract: Contract,
    *,
    seed: int = 1,
    stateless: bool = False,
    state: str | Path | None = None,
    validate_requests: bool = True,
    cors: bool = True,
    log: Callable[[str], None] | None = None,
) -> ServedMock:
    """The mock of a contract as an ASGI app, for any ASGI server or test client.

    It refuses requests that break the contract, unless it does not `validate_requests`, and its answers keep it. It
    keeps what it is given, beginning with the resources in the file `state`, by default with those of the contract's
    examples; if `stateless`, each answer is made anew. Pages of other origins may call it, unless `cors` is off. `log`
    is given a line for each request. Equal `seed`s give equal answers.

    Raises SpecError and UsageError for a file of resources that cannot be read or does not fit the contract.

        >>> import clausewise
        >>> app = clausewise.mock(clausewise.load("openapi/astro-create-cluster.yaml"))
        >>> callable(app)
        True
    """
    from clausewise.mockserver.app import MockApp
    from clausewise.mockserver.seeds import read_seeds
    from clausewise.mockserver.served import Manner, ServedMock

    if stateless and state is not None:
        raise UsageError("a mock that is stateless has no state", remedy="give one of stateless and state")
    held = None if stateless else {} if state is None else read_seeds(contract, Path(state))
    app = MockApp(contract, seed, state=held, enforces=validate_requests)
    return ServedMock(app, Manner(cors, validate_requests), log or (lambda _line: None))


#: pytest takes what is called `test` in a module for a test
test.__test__ = False  # type: ignore[attr-defined]


def _target_spec(url: str | None, app: str | None) -> TargetSpec | None:
    if url is None and app is None:
        return None
    try:
        return TargetSpec(url=url, app=app)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _target(contract: Contract, options: RunOptions, url: str | None, app: Any, mock: bool) -> Target:
    """What is tested. Raises UsageError unless exactly one is named."""
    from clausewise.runner.network import Network
    from clausewise.runner.targets import Target, open_target

    if sum((url is not None, app is not None, mock)) != 1:
        raise UsageError("name one target: url, app or mock=True")
    if app is None or isinstance(app, str):
        try:
            named = TargetSpec(url=url, app=app, mock=mock)
        except ValueError as error:
            raise UsageError(str(error)) from None
        return open_target(named, contract, options)
    if not callable(app):
        raise UsageError("the app is not an ASGI or WSGI app: it cannot be called")
    name = getattr(app, "__name__", type(app).__name__)
    return Target("app", name, options.connections, app, Network.of(options))


def _run(contract: Contract, target: Target, options: RunOptions) -> Result:
    from clausewise.runner.events import StopRequest
    from clausewise.runner.run import run
    from clausewise.runner.storage import storing_examples
    from clausewise.transport.base import without_loop

    ended = threading.Event()

    def stop(_event: Event) -> StopRequest | None:
        return StopRequest("the program was interrupted") if ended.is_set() else None

    with tempfile.TemporaryDirectory(prefix="clausewise-") as folder, storing_examples(Path(folder), options.phases):
        try:
            return without_loop(lambda: run(contract, target, options, (stop,)))
        except KeyboardInterrupt:
            # It runs in another thread, and must not send any more.
            ended.set()
            raise
