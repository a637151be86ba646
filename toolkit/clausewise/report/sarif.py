"""The Run as SARIF 2.1.0 (OASIS, with errata 01), for code scanning: each finding at its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from clausewise.exchange import Exchange
from clausewise.report import rule_page
from clausewise.report.places import has_several
from clausewise.report.region import Region, Regions
from clausewise.report.text import one_line, printable
from clausewise.results.order import worst_first
from clausewise.results.record import Finding, Run
from clausewise.results.rules import position, rule_of
from clausewise.wording import counted, times

#: results in one file, which is the limit of GitHub; new findings go first, the worst before the others
MAX_RESULTS = 5000

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

#: `baselineState` (sections 3.27.10 and 3.27.24): known and waived findings count as unchanged
_BASELINE = {"new": "new", "known": "unchanged", "waived": "unchanged"}

#: the start of an embedded link (section 3.11.6)
_LINK = re.compile(r"\[(?=[^\]]*\]\()")


def render(run: Run, _exchanges: Sequence[Exchange] = (), /) -> bytes:
    """The content of clausewise.sarif."""
    shown = worst_first(run.findings)[:MAX_RESULTS]
    rules = sorted({finding.rule for finding in shown}, key=lambda slug: (position(slug), slug))
    regions = Regions(run)
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": run.tool.name,
                        "version": run.tool.version,
                        "informationUri": f"pkg:generic/{quote(run.tool.name)}@{quote(run.tool.version)}",
                        "rules": [_rule(slug) for slug in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The working directory of the run."}}},
                "invocations": [_invocation(run, len(run.findings) - len(shown))],
                "results": [_result(finding, rules.index(finding.rule), regions) for finding in shown],
            }
        ],
    }
    return msgspec.json.format(msgspec.json.encode(log), indent=1) + b"\n"


def _invocation(run: Run, left_out: int) -> dict[str, Any]:
    """The run itself (section 3.20): successful if it tested anything, even with findings."""
    invocation: dict[str, Any] = {"executionSuccessful": run.requests > 0 or run.target.kind == "recording"}
    if run.started:
        invocation["startTimeUtc"] = run.started
    notifications = []
    if run.gate is not None:
        notifications += [_notification("error", reason) for reason in run.gate.reasons]
        notifications += [_notification("warning", warning) for warning in run.gate.warnings]
    if left_out:
        message = f"{counted(left_out, 'further finding')} in run.json: this file has at most {MAX_RESULTS}."
        notifications.append(_notification("warning", message))
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    return invocation


def _notification(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": _LINK.sub(r"\\[", one_line(text))}}


def _rule(slug: str) -> dict[str, Any]:
    rule = rule_of(slug)
    sentence = f"{rule.title[:1].upper()}{rule.title[1:]}."
    return {
        "id": slug,
        "name": "".join(word.capitalize() for word in slug.split("-")),
        "shortDescription": {"text": sentence},
        "fullDescription": {"text": f"{rule.meaning} {rule.why}".strip()},
        "help": {"text": rule_page.plain(rule), "markdown": rule_page.markdown(rule)},
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"tags": ["api", "contract"]},
    }


def _physical(region: Region) -> dict[str, Any]:
    described = {"startLine": region.line, "startColumn": region.column, "endLine": region.line}
    if region.end_column is not None:
        described["endColumn"] = region.end_column
    place = {"uri": region.uri}
    if not region.is_remote:
        # Not beside an absolute URI (SARIF 2.1.0 section 3.4.4).
        place["uriBaseId"] = "%SRCROOT%"
    return {"artifactLocation": place, "region": described}


def _result(finding: Finding, rule_index: int, regions: Regions) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": finding.severity,
        "message": {"text": _message(finding)},
        "locations": [
            {
                "physicalLocation": _physical(regions.of(finding)),
                "logicalLocations": [
                    {"fullyQualifiedName": printable(operation), "kind": "function"} for operation in finding.operations
                ],
            }
        ],
        # GitHub identifies alerts by the first one: with the id of the finding they survive a reformatted document.
        "partialFingerprints": {"primaryLocationLineHash": finding.id, "clausewiseFinding/v1": finding.id},
        "baselineState": _BASELINE[finding.state],
        "occurrenceCount": max(finding.count, 1),
        "properties": {"clause": finding.clause, "where": printable(finding.where), "exchange": finding.exchange},
    }
    related = list(_related(finding, regions))
    if related:
        result["relatedLocations"] = [{"id": number, **each} for number, each in enumerate(related, 1)]
    if finding.state == "waived":
        suppression = {"kind": "external", "status": "accepted", "justification": one_line(finding.waiver)}
        result["suppressions"] = [suppression]
    else:
        result["suppressions"] = []
    return result


def _related(finding: Finding, regions: Regions) -> Iterator[dict[str, Any]]:
    """The clause in the contract, for a finding in another file, and the places of one with several."""
    clause = regions.contract_of(finding)
    if clause is not None:
        yield {"physicalLocation": _physical(clause), "message": {"text": "the clause in the contract"}}
    for place in finding.places if has_several(finding) else ():
        where = f" ({place.where})" if place.where else ""
        described: dict[str, Any] = {"message": {"text": printable(f"in {place.operation}{where}")}}
        if place.location is not None:
            described["physicalLocation"] = _physical(regions.at(place.location))
        yield described


def _message(finding: Finding) -> str:
    """The text of an alert: the sentence, the operations and the count, and the curl command."""
    operations = ", ".join(finding.operations[:5])
    more = f" and {len(finding.operations) - 5} more" if len(finding.operations) > 5 else ""
    text = f"{one_line(finding.message)}\n\nIn {one_line(operations)}{more}, {times(finding.count)}."
    if finding.trace:
        text += f"\n\nTrace {printable(finding.trace)}."
    if finding.curl:
        text += f"\n\nTo reproduce it:\n{printable(finding.curl)}"
    return _LINK.sub(r"\\[", text)
