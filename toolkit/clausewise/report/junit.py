"""The Run as JUnit XML for GitLab, Jenkins and GitHub: one test case for each clause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import itemgetter
from xml.etree import ElementTree

from clausewise.exchange import Exchange
from clausewise.report.places import places
from clausewise.report.text import one_line, printable
from clausewise.results.order import worst_first
from clausewise.results.record import ClauseVerdict, Finding, Run, Unaccepted, Unlisted
from clausewise.results.unaccepted import failing_sentences, unaccepted_sentence
from clausewise.wording import counted


def render(run: Run, _exchanges: Sequence[Exchange] = (), /) -> bytes:
    """The content of junit.xml: a suite for each operation. Known and waived findings count as skipped.

    Suites, and the cases of each, are in the order of their worst findings; then come those without any, as the
    contract has them.
    """
    root = ElementTree.Element("testsuites", name=f"clausewise {one_line(run.spec.title)}")
    violated = {(clause.operation, clause.id) for clause in run.clauses if clause.verdict == "violated"}
    of_clauses: dict[tuple[str, str], list[Finding]] = {}
    others: dict[str, list[Finding]] = {}
    findings = worst_first(run.findings)
    ranks = {finding.id: rank for rank, finding in enumerate(findings)}
    for finding in findings:
        named = [(place.operation, place.clause or "") for place in finding.places]
        named = named or [(name, finding.clause or "") for name in finding.operations]
        broken = [key for key in dict.fromkeys(named) if key in violated]
        for key in broken:
            of_clauses.setdefault(key, []).append(finding)
        if not broken:
            # A finding in forty operations fails once, in the first of them.
            others.setdefault(next(iter(finding.operations), run.spec.title), []).append(finding)
    fails = bool(failing_sentences(run))
    cases: dict[str, list[tuple[int, ClauseVerdict | Finding | Unlisted]]] = {}
    for clause in run.clauses:
        found = of_clauses.get((clause.operation, clause.id))
        cases.setdefault(clause.operation, []).append((ranks[found[0].id] if found else len(ranks), clause))
    for group in run.unlisted or ():
        cases.setdefault(group.operation, []).append((len(ranks), group))
    for operation, beyond in others.items():
        cases.setdefault(operation, []).extend((ranks[finding.id], finding) for finding in beyond)
    for of_one in cases.values():
        of_one.sort(key=itemgetter(0))
    refusing: dict[str, list[Unaccepted]] = {}
    for one in run.unaccepted or ():
        refusing.setdefault(one.operation, []).append(one)
    listed: set[str] = set()
    for operation in sorted(cases, key=lambda operation: cases[operation][0][0]):
        suite = ElementTree.SubElement(root, "testsuite", name=printable(operation), timestamp=run.started.rstrip("Z"))
        names: Counter[str] = Counter()
        for _, of in cases[operation]:
            if isinstance(of, Finding):
                _finding_case(suite, of, names, listed)
            elif isinstance(of, Unlisted):
                _unlisted_case(suite, of, run.spec.file, names)
            else:
                _clause_case(suite, of, of_clauses.get((operation, of.id), []), names, listed)
        for one in refusing.get(operation, ()):
            _unaccepted_case(suite, one, run.spec.file, names, fails=fails)
        _count(suite)
    _count(root)
    root.set("time", f"{run.seconds:.3f}")
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'.encode()


def _case(suite: ElementTree.Element, name: str, file: str, line: int, names: Counter[str]) -> ElementTree.Element:
    names[name] += 1
    unique = name if names[name] == 1 else f"{name} ({names[name]})"
    attributes = {"classname": suite.get("name", ""), "file": printable(file), "line": str(line), "time": "0"}
    return ElementTree.SubElement(suite, "testcase", {"name": unique, **attributes})


def _clause_case(
    suite: ElementTree.Element, clause: ClauseVerdict, findings: list[Finding], names: Counter[str], listed: set[str]
) -> None:
    name = printable(f"{clause.where} {clause.keyword}")
    case = _case(suite, name, clause.location.file, clause.location.line, names)
    if clause.verdict in ("untested", "unbreakable"):
        ElementTree.SubElement(case, "skipped", message=one_line(f"{clause.verdict}: {clause.reason}"))
    elif clause.verdict == "violated":
        _add_outcome(case, findings, clause.text, listed)


def _finding_case(suite: ElementTree.Element, finding: Finding, names: Counter[str], listed: set[str]) -> None:
    location = finding.location
    case = _case(suite, finding.rule, location.file if location else "", location.line if location else 0, names)
    _add_outcome(case, [finding], finding.message, listed)


def _unlisted_case(suite: ElementTree.Element, group: Unlisted, file: str, names: Counter[str]) -> None:
    """One case that stands for all the clauses that are counted and not listed."""
    count = counted(group.clauses, "further clause")
    case = _case(suite, printable(f"{group.where}: {count}"), file, 0, names)
    ElementTree.SubElement(case, "skipped", message=one_line(f"{group.verdict}: {group.reason}"))


def _unaccepted_case(
    suite: ElementTree.Element, one: Unaccepted, file: str, names: Counter[str], *, fails: bool
) -> None:
    """A case that fails where the gate does because of such operations, and is skipped where it is tolerated."""
    message = one_line(unaccepted_sentence([one]))
    case = _case(suite, "a request is accepted", file, 0, names)
    if fails and one.state == "new":
        ElementTree.SubElement(case, "failure", message=message, type="unaccepted")
    else:
        ElementTree.SubElement(case, "skipped", message=f"{one.state}: {message}")


def _add_outcome(case: ElementTree.Element, findings: list[Finding], text: str, listed: set[str]) -> None:
    """The outcome of a broken clause; `listed` are the ids of the findings whose places another case lists already."""
    if findings and all(finding.state != "new" for finding in findings):
        states = ", ".join(f"{finding.state}: {finding.message}" for finding in findings)
        ElementTree.SubElement(case, "skipped", message=one_line(states))
        return
    first = findings[0] if findings else None
    message = one_line(first.message if first else f"violated: {text}")
    failure = ElementTree.SubElement(case, "failure", message=message, type=first.rule if first else "violated")
    failure.text = printable("\n\n".join(_described(finding, listed) for finding in findings))


def _described(finding: Finding, listed: set[str]) -> str:
    place = f"{finding.location}: " if finding.location else ""
    lines = [f"{place}{finding.severity}: {one_line(finding.message)} [{finding.rule}]"]
    if finding.id not in listed:
        listed.add(finding.id)
        lines += places(finding)
    elif len(finding.places) > 1:
        # Listed with each of its clauses, a fault of a thousand operations would have a million lines.
        lines.append("in several places, which the first case of this failure lists")
    if finding.trace:
        lines.append(f"trace {finding.trace}")
    return "\n".join([*lines, finding.curl or ""])


def _count(element: ElementTree.Element) -> None:
    element.set("tests", str(len(element.findall(".//testcase"))))
    element.set("failures", str(len(element.findall(".//failure"))))
    element.set("skipped", str(len(element.findall(".//skipped"))))
    element.set("errors", "0")
