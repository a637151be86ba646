"""The Run as a GitLab Code Quality report: findings at their lines in a merge request."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from clausewise.exchange import Exchange
from clausewise.report.region import Regions
from clausewise.report.text import one_line
from clausewise.results.order import worst_first
from clausewise.results.record import Run
from clausewise.wording import times

#: our severity -> GitLab's
_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def render(run: Run, _exchanges: Sequence[Exchange] = (), /) -> bytes:
    """The content of gl-code-quality-report.json, without waived findings. GitLab compares two branches."""
    regions = Regions(run)
    issues = []
    for finding in worst_first(run.findings):
        if finding.state == "waived":
            continue
        region = regions.of(finding)
        # A crash is worse than a response that breaks the contract.
        severity = (
            "critical"
            if (finding.rule, finding.severity) == ("server-error", "error")
            else _SEVERITIES[finding.severity]
        )
        issues.append(
            {
                "description": f"{one_line(finding.message)} ({times(finding.count)})",
                "check_name": finding.rule,
                "fingerprint": finding.id,
                "severity": severity,
                "location": {"path": region.path, "lines": {"begin": region.line}},
            }
        )
    return msgspec.json.format(msgspec.json.encode(issues), indent=1) + b"\n"
