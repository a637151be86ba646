"""A Run and the gate's policy in, the Run with its verdict out.

The baseline is a file of findings that are already known; only new ones count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from difflib import get_close_matches
from fnmatch import fnmatchcase
from math import ceil
from pathlib import Path

import msgspec

from clausewise.errors import ConfigError, UsageError
from clausewise.near_file import near_file
from clausewise.options import GatePolicy, Waiver
from clausewise.results.order import worst_first
from clausewise.results.record import Finding, Gate, Run, Scan, State
from clausewise.results.rules import RULES, SEVERITIES, Severity
from clausewise.results.unaccepted import unaccepted_sentences
from clausewise.wording import counted

BASELINE_VERSION = 1


class BaselineFinding(msgspec.Struct, frozen=True):
    """One finding that is already known. Only its id counts; the rest describes it for people."""

    id: str
    rule: str
    #: source pointer of the broken assertion; None where the rule has none
    clause: str | None
    message: str


class Baseline(msgspec.Struct, frozen=True):
    """The content of a baseline file."""

    version: int
    findings: tuple[BaselineFinding, ...]
    #: of a run record: the faults that its findings were made of
    faults: tuple[BaselineFinding, ...] = ()


def apply_policy(
    run: Run, policy: GatePolicy, *, baseline: frozenset[str], today: date, operations: Collection[str] = ()
) -> Run:
    """The run with the state of each finding and the verdict of the gate. A run that is incomplete fails.

    `operations` are the keys of all operations of the contract, where they are known.
    """
    findings = worst_first(_judged(finding, policy, baseline, today) for finding in run.findings)
    run = _with_known_unaccepted(run, policy)
    refusing = unaccepted_sentences(run)
    warnings = [
        *(refusing if policy.unaccepted == "warn" else ()),
        *_stale(run, policy, operations),
        *_idle(run, policy, operations),
    ]
    reasons = [
        *(run.incomplete or ()),
        *(refusing if policy.unaccepted == "fail" else ()),
        *_too_many(findings, policy, today),
        *_too_little_coverage(run, policy),
    ]
    if run.scan is not None:
        reasons += _unchecked(run.scan)
        if not (reasons or run.scan.checked):
            reasons.append("nothing was checked")
    verdict = Gate(passed=not reasons, reasons=tuple(reasons), warnings=tuple(warnings))
    return msgspec.structs.replace(run, findings=findings, gate=verdict)


def check_waivers(policy: GatePolicy) -> None:
    """Raises ConfigError for a waiver with an unknown rule, which would waive nothing without a word."""
    for waiver in policy.waivers:
        if waiver.rule is not None and waiver.rule not in RULES:
            near = get_close_matches(waiver.rule, RULES, n=1)
            raise ConfigError(
                f'a waiver names the rule "{waiver.rule}", which does not exist',
                location=waiver.location,
                remedy=f'did you mean "{near[0]}"?' if near else "`clausewise explain` lists the rules",
            )


def read_baseline(path: Path) -> frozenset[str]:
    """The ids of the findings in a baseline file, or in the run record (run.json) of another run.

    Raises ConfigError when the file is missing or neither.
    """
    try:
        baseline = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except FileNotFoundError:
        near = near_file(path)
        # Only another file of findings can have been meant.
        remedy = near if near and near.endswith(".json?") else "write it with --update-baseline"
        raise ConfigError(f"the baseline {path} does not exist", remedy=remedy) from None
    except OSError as error:
        raise ConfigError(f"cannot read the baseline {path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not a baseline: {error}", remedy="write it with --update-baseline") from None
    if baseline.version != BASELINE_VERSION:
        raise ConfigError(
            f"{path} is a baseline of version {baseline.version}; this clausewise reads version {BASELINE_VERSION}"
        )
    return frozenset(finding.id for finding in (*baseline.findings, *baseline.faults))


def gone(run: Run, baseline: frozenset[str]) -> frozenset[str]:
    """The ids of the baseline that the run did not see: as no finding, in none of its places, and behind no other."""
    seen = {id for finding in run.findings for id in (finding.id, *_faults(finding))}
    return baseline - seen - {fault.id for fault in run.faults or ()}


def save_baseline(path: Path, found: Iterable[BaselineFinding]) -> list[BaselineFinding]:
    """Write what was found as the baseline, and return it as it is written. Raises UsageError when the file cannot be
    written."""
    findings = sorted(found, key=lambda finding: (finding.rule, finding.clause or "", finding.id))
    content = msgspec.json.encode(Baseline(BASELINE_VERSION, tuple(findings)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(content, indent=2) + b"\n")
    except OSError as error:
        raise UsageError(f"cannot write the baseline {path}: {error.strerror}") from None
    return findings


def write_baseline(path: Path, run: Run) -> str:
    """Write the run's findings as the baseline, except waived ones, which come back when the waiver expires.

    Returns what was written, for people. Raises UsageError when the file cannot be written.
    """
    known = [finding for finding in run.findings if finding.state != "waived"]
    by_id = {
        id: BaselineFinding(id, finding.rule, clause, finding.message)
        for finding in known
        for id, clause in _faults(finding).items()
    }
    findings = save_baseline(path, by_id.values())
    # Each place of a finding has an entry of its own.
    places = f" in {counted(len(findings), 'place')}" if len(findings) != len(known) else ""
    return f"{counted(len(known), 'finding')}{places}"


def _faults(finding: Finding) -> dict[str, str | None]:
    """Id and clause of each fault that the finding was made of: of itself, where it has one place."""
    return {place.fault: place.clause for place in finding.places} or {finding.id: finding.clause}


def _judged(finding: Finding, policy: GatePolicy, baseline: frozenset[str], today: date) -> Finding:
    """The finding with its state: it is new where one of its places is, waived where a waiver covers every place."""
    valid = [waiver for waiver in policy.waivers if not _expired(waiver, today)]
    waivers = {
        id: next((waiver for waiver in valid if _covers(waiver, finding, id, clause)), None)
        for id, clause in _faults(finding).items()
    }
    if all(waivers.values()):
        reasons = dict.fromkeys(f"{each.reason} (until {each.expires})" for each in waivers.values() if each)
        return msgspec.structs.replace(finding, state="waived", waiver="; ".join(reasons))
    state: State = "known" if all(id in baseline or waiver for id, waiver in waivers.items()) else "new"
    return msgspec.structs.replace(finding, state=state, waiver="")


def _covers(waiver: Waiver, finding: Finding, id: str, clause: str | None) -> bool:
    """Whether the waiver covers a fault of the finding, with this `id` and `clause`."""
    if waiver.rule is not None and waiver.rule != finding.rule:
        return False
    if waiver.finding is not None and waiver.finding not in (finding.id, id):
        return False
    if waiver.clause is None:
        return True
    # Equality first: a pointer may contain brackets, which are a set of characters in a glob.
    return clause is not None and (clause == waiver.clause or fnmatchcase(clause, waiver.clause))


def _expired(waiver: Waiver, today: date) -> bool:
    return waiver.expires <= today


def _with_known_unaccepted(run: Run, policy: GatePolicy) -> Run:
    if not run.unaccepted:
        return run
    known = frozenset(policy.known_unaccepted)
    judged = (
        one
        if one.state == "excluded"
        else msgspec.structs.replace(one, state="known" if one.operation in known else "new")
        for one in run.unaccepted
    )
    return msgspec.structs.replace(run, unaccepted=tuple(judged))


def _stale(run: Run, policy: GatePolicy, operations: Collection[str]) -> Iterator[str]:
    """What `known-unaccepted` names in vain: operations that accept requests, or that there are not."""
    if run.unaccepted is msgspec.UNSET:
        return
    refusing = {one.operation for one in run.unaccepted}
    tested = {clause.operation for clause in run.clauses}
    for name in dict.fromkeys(policy.known_unaccepted):
        if name in tested - refusing:
            yield f"{name} accepts requests now: take it out of known-unaccepted"
        elif operations and name not in operations:
            yield f'known-unaccepted names "{name}", and the contract has no such operation: take it out'


def _idle(run: Run, policy: GatePolicy, operations: Collection[str]) -> Iterator[str]:
    """The waivers that cover no finding, where every operation was tested to the end."""
    tested = {clause.operation for clause in run.clauses}
    if run.incomplete or run.target.kind == "recording" or not tested or not tested.issuperset(operations):
        return
    for waiver in policy.waivers:
        if not any(
            _covers(waiver, finding, id, clause) for finding in run.findings for id, clause in _faults(finding).items()
        ):
            place = f" ({waiver.location.file}:{waiver.location.line})" if waiver.location else ""
            yield f"the waiver for {_name(waiver)}{place} matches no finding: take it out"


def _too_many(findings: tuple[Finding, ...], policy: GatePolicy, today: date) -> Iterator[str]:
    limits = {severity: getattr(policy.max_findings, severity) for severity in SEVERITIES}
    found = {
        severity: [finding for finding in findings if finding.severity == severity and finding.state == "new"]
        for severity in SEVERITIES
    }
    over = [severity for severity, limit in limits.items() if limit is not None and len(found[severity]) > limit]
    if not over:
        return
    new = [finding for severity in over for finding in found[severity]]
    counts = " and ".join(_count(len(found[severity]), severity, findings) for severity in over)
    allowed = " and ".join(counted(limits[severity], severity) for severity in over)
    if len(over) == 1:
        allowed = str(limits[over[0]])
    them = "it" if len(new) == 1 else "them"
    yield f"{counts}, and the gate allows {allowed}: fix {them}, or waive {them} with a reason and an expiry date"
    for waiver in policy.waivers:
        if _expired(waiver, today) and any(
            _covers(waiver, finding, id, clause) for finding in new for id, clause in _faults(finding).items()
        ):
            yield f"the waiver for {_name(waiver)} expired on {waiver.expires}: fix what it covered, or renew it"


def _count(new: int, severity: Severity, findings: tuple[Finding, ...]) -> str:
    in_baseline = sum(finding.severity == severity and finding.state == "known" for finding in findings)
    return counted(new, f"new {severity}") + (f" ({in_baseline} more in the baseline)" if in_baseline else "")


def _name(waiver: Waiver) -> str:
    return " ".join(part for part in (waiver.rule, waiver.clause, waiver.finding) if part)


def _too_little_coverage(run: Run, policy: GatePolicy) -> Iterator[str]:
    if policy.min_coverage is None or (run.scan is not None and run.target.kind == "recording"):
        # How much of the contract recorded traffic happens to reach decides nothing.
        return
    from fractions import Fraction

    counts = run.coverage.clauses
    # A Fraction of the decimal digits: the float 99.9 is a little less than the 99.9 in the file.
    needed = ceil(Fraction(str(policy.min_coverage)) * counts.total / 100)
    if counts.upheld < needed:
        upheld = f"{counts.upheld} of {counted(counts.total, 'clause')} {'is' if counts.upheld == 1 else 'are'} upheld"
        yield (
            f"{upheld}, and min-coverage {policy.min_coverage:g} needs {needed}: fix the violated ones; the report "
            "says why others are untested"
        )


def _unchecked(scan: Scan) -> Iterator[str]:
    if scan.unreadable_entries:
        entries = "entry" if scan.unreadable_entries == 1 else "entries"
        yield f"{scan.unreadable_entries} {entries} could not be read"
    if scan.failed:
        yield f"{counted(len(scan.failed), 'part')} of the recordings could not be checked"
