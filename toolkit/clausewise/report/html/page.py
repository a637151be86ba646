"""The page: its parts in one document, with style and script and their hashes for the Content-Security-Policy."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from clausewise.exchange import Exchange
from clausewise.report.html import body
from clausewise.report.html.charts import charts
from clausewise.report.html.contract import SIGNS, AnnotatedContract, source
from clausewise.report.html.findings import FindingViews, facts, grouped
from clausewise.report.html.matrix import matrix
from clausewise.report.html.timeline import timeline
from clausewise.report.rule_page import sections
from clausewise.report.text import visible
from clausewise.report.untested import unjudged, unlisted, untested
from clausewise.results.record import ClauseVerdict, Finding, Run, percent
from clausewise.results.rules import SEVERITIES, rule_of
from clausewise.wording import counted, times

if TYPE_CHECKING:
    from jinja2 import Environment

#: findings whose details are in the page from the start; the details of others are built when they are opened
_AT_ONCE = 50
#: what a browser may run in the page: our style and our script, and nothing else
_POLICY = "default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
#: untested clauses that are listed for each reason
_LISTED = 200


def render(run: Run, exchanges: Sequence[Exchange] = (), /) -> bytes:
    """The content of report.html; without `exchanges` it has no requests, responses and charts."""
    environment = _environment()
    annotated = AnnotatedContract(run)
    views = FindingViews(run, exchanges, annotated)
    summary, detail = environment.get_template("head.html.j2"), environment.get_template("finding.html.j2")

    def parts(finding: Finding) -> str:
        return detail.render(view=views.of(finding), run=run)

    def head(finding: Finding, open: bool = False, complete: bool = False) -> str:
        return summary.render(finding=finding, facts=facts(finding), open=open, complete=complete, parts=parts)

    style, script = _file("style.css"), _file("page.js")
    page = environment.get_template("page.html.j2").render(
        run=run,
        verdict=_verdict(run),
        unjudged=unjudged(run),
        passed=run.gate.passed if run.gate else not run.findings,
        policy=_POLICY.format(style=_hash(style), script=_hash(script)),
        style=style,
        script=script,
        share=percent(run.coverage.clauses.upheld, run.coverage.clauses.total),
        groups=grouped(run),
        parts=parts,
        head=head,
        at_once=_AT_ONCE,
        severities=[name for name in SEVERITIES if any(finding.severity == name for finding in run.findings)],
        states=[name for name in ("new", "known", "waived") if any(finding.state == name for finding in run.findings)],
        rules=sorted({finding.rule for finding in run.findings}),
        rule_of=rule_of,
        sections=sections,
        files=annotated.files(),
        markup=annotated.markup,
        evidence=annotated.evidence(),
        anchor=annotated.anchor,
        matrix=matrix(run, exchanges),
        charts=charts(exchanges) if exchanges else None,
        timeline=timeline(exchanges),
        untested=_untested(run),
        unlisted=unlisted(run),
        listed=_LISTED,
    )
    return page.encode("utf-8", "replace")


def _verdict(run: Run) -> str:
    """The outcome in one line."""
    if run.gate is not None and not run.gate.passed:
        return run.gate.reasons[0] if run.gate.reasons else "the gate did not pass"
    if run.gate is None and run.findings:
        return counted(len(run.findings), "finding")
    clauses = run.coverage.clauses
    known = sum(finding.state != "new" for finding in run.findings)
    tolerated = len(run.findings) - known
    outcome = f"{clauses.upheld:,} of {clauses.total:,} clauses upheld"
    if tolerated:
        outcome += f", {counted(tolerated, 'new finding')} within the limits"
    if known:
        outcome += f", {counted(known, 'finding')} known or waived"
    if not run.findings:
        outcome += ", no findings"
    refusing = run.coverage.operations.total - run.coverage.operations.accepted
    if refusing:
        outcome += f"; {refusing} of {counted(run.coverage.operations.total, 'operation')} never accepted a request"
    return outcome


def _untested(run: Run) -> list[tuple[str, str, int, list[ClauseVerdict]]]:
    """Untested clauses by reason: the operation or "", the reason, how many, and those that are listed."""
    by_reason: dict[tuple[str, str], list[ClauseVerdict]] = {}
    for clause in run.clauses:
        if clause.verdict == "untested":
            operation = clause.operation if clause.never_accepted else ""
            by_reason.setdefault((operation, clause.reason or "unknown reason"), []).append(clause)
    groups = ((group, group.operation or "", group.reason) for group in untested(run))
    return [(operation, why, group.clauses, by_reason.get((operation, why), [])) for group, operation, why in groups]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        return value if isinstance(value, Markup) else visible(str(value))

    environment = Environment(
        loader=PackageLoader("clausewise.report.html", "."),
        autoescape=True,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        # each escapes for its context
        "json": lambda value: Markup(_in_script(value)),
        "parked": lambda markup: Markup(_parked(markup)),
        "counted": counted,
        "times": times,
        "lines": lambda lines: Markup(body.markup(lines)),
        "source": lambda line: Markup(source(line)),
        "prose": lambda text: Markup(_prose(text)),
        "exactly": lambda text: Markup(_exactly(text)),
    }
    environment.globals["signs"] = SIGNS
    return environment


def _in_script(value: Any) -> str:
    """JSON for a script element: nothing in it ends the element or starts a comment (HTML 13.1.2.6)."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _parked(markup: str) -> str:
    """Escaped markup for a script element, where it waits until it is needed (HTML 4.12.1.3)."""
    assert "</script" not in markup and "<!--" not in markup and "<script" not in markup
    return markup


def _prose(text: str) -> str:
    """A sentence as HTML, with text in backticks as code."""
    from markupsafe import escape

    parts = re.split(r"`([^`]+)`", visible(text))
    return "".join(f"<code>{escape(part)}</code>" if odd % 2 else str(escape(part)) for odd, part in enumerate(parts))


def _exactly(text: str) -> str:
    """Text for an attribute whose value is copied: escaped, and otherwise unchanged."""
    from markupsafe import escape

    return str(escape(text)).replace("\n", "&#10;").replace("\r", "&#13;")


@cache
def _file(name: str) -> str:
    return files("clausewise.report.html").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
