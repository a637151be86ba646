"""The plugin's options, read: what the command line, the ini file and the project's configuration say, in one value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from clausewise import config
from clausewise.errors import UsageError
from clausewise.option_table import options_of, overlay, parse
from clausewise.options import GatePolicy, ReportOptions, RunOptions, TargetSpec

#: option of the plugin -> `Option.name` of what it sets
NAMES = {
    "spec": "spec",
    "target": "target",
    "header": "headers",
    "phase": "phases",
    "seed": "seed",
    "fail-under": "min_coverage",
    "report": "reports",
    "output-dir": "output_dir",
}

#: what only the plugin's own options set: the gate's are for the gate
_OWN = ("target", "min_coverage", "reports", "output_dir")


class PluginOptions(msgspec.Struct, frozen=True):
    """What the plugin is to do."""

    #: what relative paths of the ini file and of markers start from
    root: Path
    spec: Path | None
    #: what documents are tested against; None where they are no tests
    target: TargetSpec | None
    #: how documents are tested
    run: RunOptions
    #: what decides whether a session fails
    policy: GatePolicy
    #: reports on all tests; none where none are asked for
    output: ReportOptions


def read_options(given: Mapping[str, Any], written: Mapping[str, Any], root: Path) -> PluginOptions:
    """The options that are `given` on the command line and `written` in the ini file, by their names without prefix;
    those that are None are not there.

    What says how documents are tested may also come from the environment, which goes before the ini file, and from the
    project's configuration, which is looked for from `root` upwards. Raises UsageError and ConfigError for what cannot
    be.
    """
    project = config.load(None, root)
    flags, ini = _values(given), _values(written)
    environ = {name: value for name, value in os.environ.items() if name not in _own_variables()}
    project = msgspec.structs.replace(
        project,
        target=None,
        policy=msgspec.structs.replace(project.policy, min_coverage=None),
        output=ReportOptions(output_dir=root / ReportOptions().output_dir, reports=()),
    )
    chosen = overlay(overlay(project, ini, {}), flags, environ)
    return PluginOptions(root, chosen.spec, chosen.target, chosen.run, chosen.policy, chosen.output)


def _values(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the plugin as values by `Option.name`."""
    table = {option.name: option for option in options_of(config.Config)}
    values = {}
    for name, text in texts.items():
        if text is None:
            continue
        try:
            values[NAMES[name]] = parse(table[NAMES[name]], text if isinstance(text, list) else [str(text)])
        except ValueError as error:
            raise UsageError(f"clausewise_{name.replace('-', '_')}: {error}") from None
    return values


def _own_variables() -> frozenset[str]:
    return frozenset(option.variable for option in options_of(config.Config) if option.name in _OWN)
