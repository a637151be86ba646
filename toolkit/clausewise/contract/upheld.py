"""From a validator's output to the clauses that were evaluated and kept: the evidence that one value gives."""

from __future__ import annotations

from typing import Any

from clausewise.contract.breaches import Choices
from clausewise.contract.clause import Clause
from clausewise.contract.clauses import WalkedSchema
from clausewise.contract.keywords import binds
from clausewise.spec.pointer import descend, from_pointer
from clausewise.spec.subschemas import UNIONS


def read_upheld(walked: WalkedSchema, value: Any, choices: Choices, output: dict[str, Any]) -> list[Clause]:
    """The clauses that some place in `value` keeps, by `output` (hierarchical, JSON Schema 2020-12 section 12.4.4).

    Where no branch of a union is valid, the one in `choices` counts.
    """
    reader = _Reader(walked, value, choices)
    reader.read(output)
    return reader.upheld


class _Reader:
    def __init__(self, walked: WalkedSchema, value: Any, choices: Choices) -> None:
        self._walked = walked
        self._value = value
        self._choices = choices
        #: instance location -> the value there, which many units share
        self._values: dict[str, Any] = {}
        self.upheld: list[Clause] = []

    def read(self, unit: dict[str, Any], above: str = "") -> None:
        """Read a unit of the output, whose parent unit has the schema location `above`."""
        path, location = unit["evaluationPath"], unit["schemaLocation"]
        details = unit.get("details", ())
        clause = self._walked.by_path.get(path) or self._walked.by_location.get(location)
        if self._read_names(unit, path, location):
            self._read_beside(details, path)
        elif clause is not None and clause.keyword in UNIONS:
            self._read_union(clause, unit, details)
        elif clause is not None:
            self._read_leaf(clause, unit)
            self._read_beside(details, path)
        elif location in self._walked.questions:
            self._read_beside(details, path)
        else:
            for detail in details:
                self.read(detail, location)
            # The unit of `items` itself has the schema location of its subschema, but is no evaluation of it.
            if location == above or location not in self._walked.of_each:
                self._read_silent(unit, path, details)

    def _at(self, location: str) -> Any:
        try:
            return self._values[location]
        except KeyError:
            value = self._values[location] = descend(self._value, from_pointer(location))
            return value

    def _read_beside(self, details: Any, path: str) -> None:
        """Read the keywords beside the one at `path` that the validator reports below it: a `then` below its `if`, a
        `maxLength` below its `minLength`. Keywords that really are below it belong to its clause or question."""
        for detail in details:
            if not f"{detail['evaluationPath']}/".startswith(f"{path}/"):
                self.read(detail)

    def _read_leaf(self, clause: Clause, unit: dict[str, Any]) -> None:
        # Where only the `maxLength` beside it is broken, a `minLength` is reported as invalid, but without an error.
        if unit["valid"] or (clause.keyword == "minLength" and "errors" not in unit):
            value = self._at(unit["instanceLocation"])
            if binds(clause.keyword, value):
                self.upheld.append(clause)

    def _read_names(self, unit: dict[str, Any], path: str, location: str) -> bool:
        """`required` and its like: one keyword, a clause for each name. False when `path` has no such keyword."""
        names_below = self._walked.names_below
        clauses = names_below.get(path) or names_below.get(location)
        if clauses is None:
            return False
        value = self._at(unit["instanceLocation"])
        if isinstance(value, dict):
            self.upheld += (
                clause
                for clause in clauses
                if clause.path[-1] in value and (clause.keyword == "required" or clause.value in value)
            )
        return True

    def _read_silent(self, unit: dict[str, Any], path: str, details: Any) -> None:
        """Read the keywords that the validator checks together with another and reports only when they are broken.

        These are `required` beside `properties`, `maxLength` beside `minLength`, and that members are absent.
        """
        reported = {detail["evaluationPath"] for detail in details}
        below = f"{path}/required"
        if below in self._walked.names_below and below not in reported:
            self._read_names(unit, below, "")
        by_place, properties = self._walked.absent_below, (f"{path}/properties", f"{unit['schemaLocation']}/properties")
        absent = by_place.get(properties[0]) or by_place.get(properties[1])
        if absent is not None and isinstance(self._at(unit["instanceLocation"]), dict):
            # The broken ones are left out later, like those of any other keyword.
            self.upheld += absent
        longest = self._walked.by_path.get(f"{path}/maxLength")
        if longest is not None and f"{path}/minLength" in reported and f"{path}/maxLength" not in reported:
            value = self._at(unit["instanceLocation"])
            if isinstance(value, str) and len(value) <= longest.value:
                self.upheld.append(longest)

    def _read_union(self, clause: Clause, unit: dict[str, Any], branches: Any) -> None:
        if unit["valid"]:
            self.upheld.append(clause)
            for branch in branches:
                if branch["valid"]:
                    self.read(branch)
            return
        chosen = self._choices.get((unit["evaluationPath"], unit["instanceLocation"]))
        if chosen is not None:
            self.read(branches[chosen])
