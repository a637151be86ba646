"""The options of the plugin: command line, ini file and project configuration as one value."""

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
from clausewise.results.gate import check_waivers

#: option of the plugin -> `Option.name` of the option that it sets
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

#: options that only the plugin's own options set; those in the project configuration are for the gate
_OWN = ("target", "min_coverage", "reports", "output_dir")


class PluginOptions(msgspec.Struct, frozen=True):
    """The options of the plugin."""

    #: folder that relative paths of the ini file and of markers start from
    root: Path
    #: how documents are read, and which one, where a test names none
    project: config.Config
    #: target that documents are tested against; None where documents are not tested
    target: TargetSpec | None
    #: how documents are tested
    run: RunOptions
    #: policy that decides whether a session fails
    policy: GatePolicy
    #: reports of the session
    output: ReportOptions


def read_options(given: Mapping[str, Any], configured: Mapping[str, Any], root: Path) -> PluginOptions:
    """The options `given` on the command line and `configured` in the ini file, by name without prefix; None: not set.

    Options of runs can also come from the environment, which goes before the ini file, and from the project
    configuration, which is searched from `root` upwards. Raises UsageError and ConfigError for invalid values.
    """
    project = config.load(None, root)
    check_waivers(project.policy)
    flags, ini = _values(given), _values(configured)
    environ = {name: value for name, value in os.environ.items() if name not in _own_variables()}
    project = msgspec.structs.replace(
        project,
        target=None,
        policy=msgspec.structs.replace(project.policy, min_coverage=None),
        output=ReportOptions(output_dir=root / ReportOptions().output_dir, reports=()),
    )
    chosen = overlay(overlay(project, ini, {}), flags, environ)
    return PluginOptions(
        root,
        chosen,
        chosen.target,
        chosen.run,
        chosen.policy,
        chosen.output,
    )


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
