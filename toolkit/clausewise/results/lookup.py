"""What a person names, found: a rule, a finding or clauses of a run, in each way in which output shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import PurePath

from clausewise.results.record import ClauseVerdict, Finding, Run
from clausewise.results.rules import RULES, Rule
from clausewise.wording import item_name

#: a place as findings show it: file, line and perhaps column
_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?::\d+)?")

#: characters of an id from which it is recognised
_LEAST = 4


def rule_in(text: str) -> Rule | None:
    """The rule that is named by its slug, with or without what output puts around it: `[server-error]`."""
    return RULES.get(re.sub(r"^.*\[|\]$", "", text.strip()))


def finding_in(run: Run, text: str) -> Finding | None:
    """The finding with this id, or with this beginning of an id, or with this id of a place of it."""
    named = [
        finding
        for finding in run.findings
        for id in dict.fromkeys((finding.id, *(place.fault for place in finding.places)))
        if id == text or (len(text) >= _LEAST and id.startswith(text))
    ]
    return named[0] if named and all(finding is named[0] for finding in named) else None


def clauses_in(clauses: Iterable[ClauseVerdict], text: str) -> tuple[ClauseVerdict, ...]:
    """The clauses that are named by a JSON Pointer, a line of the document (`api.yaml:12`), a place in a message with
    or without the operation before it (`createThing request.body.name.maxLength`), or an id of pytest.

    Where a pointer or a place is that of no clause, the clauses below it.
    """
    clauses = tuple(clauses)
    text = text.strip()
    if "#/" in text and not re.search(r"\s", text):
        exact = tuple(clause for clause in clauses if clause.id == text)
        return exact or tuple(clause for clause in clauses if clause.id.startswith(f"{text.rstrip('/')}/"))
    if place := _PLACE.fullmatch(text):
        return tuple(clause for clause in clauses if _is_at(clause, place["file"], int(place["line"])))
    if exact := tuple(clause for clause in clauses if _key(clause) == text):
        return exact
    *before, name = re.split(r"::|\s+(?=(?:request|response)\.)", text)
    operation = item_name(before[-1]) if before else ""
    name = item_name(name)
    of = tuple(clause for clause in clauses if not operation or item_name(clause.operation) == operation)
    exact = tuple(clause for clause in of if name in _names(clause))
    return exact or tuple(clause for clause in of if item_name(clause.where).startswith(f"{name}."))


def near(text: str, clauses: Iterable[ClauseVerdict]) -> list[str]:
    """Rules and clauses that may have been meant, the likeliest first."""
    words = [*RULES, *map(clause_name, clauses)]
    return get_close_matches(text.strip("[]"), dict.fromkeys(words), n=3)


def clause_name(clause: ClauseVerdict) -> str:
    """Its place in a message with its keyword: `request.body.name.maxLength`."""
    return f"{clause.where}.{clause.keyword}"


def _names(clause: ClauseVerdict) -> Iterator[str]:
    yield item_name(clause_name(clause))
    yield item_name(clause.where)


def _key(clause: ClauseVerdict) -> str:
    """What recorded exchanges call it."""
    return f"{clause.operation} {clause.where} {clause.id} {clause.keyword}"


def _is_at(clause: ClauseVerdict, file: str, line: int) -> bool:
    location = clause.location
    return location.line == line and (location.file == file or PurePath(location.file).name == file)
