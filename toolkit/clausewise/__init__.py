"""Every clause of your API contract, tried and accounted for.

What a program may use of clausewise is in `__all__`; all else may change at any time. Each name is loaded when it is
first used, so that `import clausewise` costs next to nothing.

    >>> import clausewise
    >>> contract = clausewise.load("openapi/astro-create-cluster.yaml")
    >>> run = clausewise.test(contract, mock=True, phases=["baseline"])
    >>> run.findings
    ()
"""

from __future__ import annotations

#: true for type checkers alone; that of `typing` would cost 5 ms
TYPE_CHECKING = False

if TYPE_CHECKING:
    from clausewise.api.calls import diff, load, mock, test, validate
    from clausewise.api.run import Changes, Run
    from clausewise.comparison.change import Change
    from clausewise.contract.clause import Clause
    from clausewise.contract.contract import Contract
    from clausewise.contract.operation import OperationContract
    from clausewise.errors import ClausewiseError, ConfigError, Location, SpecError, TargetError, UsageError
    from clausewise.exchange import Exchange, Failure, Request, Response
    from clausewise.results.record import ClauseVerdict, Coverage, Finding, Gate
    from clausewise.version import __version__
#: public name -> the module that has it
_HOME = {
    **dict.fromkeys(("diff", "load", "mock", "test", "validate"), "clausewise.api.calls"),
    **dict.fromkeys(("Changes", "Run"), "clausewise.api.run"),
    "Change": "clausewise.comparison.change",
    "Clause": "clausewise.contract.clause",
    **dict.fromkeys(("Contract", "OperationContract"), "clausewise.contract.contract"),
    **dict.fromkeys(
        ("ClausewiseError", "ConfigError", "Location", "SpecError", "TargetError", "UsageError"), "clausewise.errors"
    ),
    **dict.fromkeys(("Exchange", "Failure", "Request", "Response"), "clausewise.exchange"),
    **dict.fromkeys(("ClauseVerdict", "Coverage", "Finding", "Gate"), "clausewise.results.record"),
    "__version__": "clausewise.version",
}

__all__ = [
    "Change",
    "Changes",
    "Clause",
    "ClauseVerdict",
    "ClausewiseError",
    "ConfigError",
    "Contract",
    "Coverage",
    "Exchange",
    "Failure",
    "Finding",
    "Gate",
    "Location",
    "OperationContract",
    "Request",
    "Response",
    "Run",
    "SpecError",
    "TargetError",
    "UsageError",
    "__version__",
    "diff",
    "load",
    "mock",
    "test",
    "validate",
]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """A public name, loaded when it is first used (PEP 562)."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_HOME[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
