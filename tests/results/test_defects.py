"""Defects of a document become findings: one for each place, and one for all that leads elsewhere."""

from __future__ import annotations

from typing import Any

from clausewise.errors import Location
from clausewise.results.defects import defect_findings, fold_defects
from clausewise.spec.defects import Defect


def defect(at: str, message: str = "is wrong", **fields: Any) -> Defect:
    return Defect(f"#/{at}", Location("api.yaml", len(at), 1), message, **fields)


def elsewhere(at: str, **fields: Any) -> Defect:
    return defect(at, f"{at} is not fetched", kind="not-fetched", **fields)


def test_two_defects_of_one_place_are_one_finding() -> None:
    one, other = defect_findings([defect("a"), defect("bb", operations=("make",)), defect("a", "is odd", remedy="no")])
    assert (one.message, one.where, one.operations) == ("is wrong; is odd (no)", "#/a", ())
    assert (other.message, other.where, other.operations) == ("is wrong", "#/bb", ("make",))


def test_operations_that_are_not_tested_for_it_are_named() -> None:
    (one,) = defect_findings([defect("a", operations=tuple("abcde"), closes=tuple("abcde"))])
    assert one.message == "is wrong; not tested for it: a, b, c and 2 more"
    assert [place.operation for place in one.places] == ["a", "b", "c", "d", "e"]


def test_what_leads_elsewhere_is_one_finding_with_an_example() -> None:
    (one,) = defect_findings([elsewhere("a", operations=("list",)), elsewhere("bb", operations=("make",))])
    assert one.message == ("2 `$ref`s lead elsewhere: for example, a is not fetched; what stands there is not judged")
    assert (one.where, one.location, one.severity, one.count) == ("#/a", Location("api.yaml", 1, 1), "warning", 2)
    assert one.operations == ("list", "make")


def test_the_example_of_what_leads_elsewhere_is_why_an_operation_is_not_tested() -> None:
    closing = elsewhere("bb", operations=("make",), closes=("make",), remedy="give --refs")
    (one,) = defect_findings([elsewhere("a", operations=("list",)), closing, elsewhere("ccc", operations=("see",))])
    assert one.message == (
        "3 `$ref`s lead elsewhere: for example, bb is not fetched (give --refs); not tested for it: make"
    )
    assert (one.where, one.severity) == ("#/bb", "error")


def test_what_is_wrong_in_the_same_way_in_many_places_is_one_finding() -> None:
    alike = [defect(at, 'the security scheme "key" is not defined', operations=(at,)) for at in ("a", "bb", "ccc")]
    folded = fold_defects([*alike, defect("dddd", 'the security scheme "card" is not defined', operations=("d",))])
    one, other = sorted(folded.findings, key=lambda finding: -finding.count)
    assert one.message == (
        'the contract has the same fault in 3 places; for example, the security scheme "key" is not defined'
    )
    assert (one.operations, one.count, [place.where for place in one.places]) == (
        ("a", "bb", "ccc"),
        3,
        ["#/a", "#/bb", "#/ccc"],
    )
    assert other.message == 'the security scheme "card" is not defined'
    assert {part.id for part in folded.parts} == {place.fault for place in one.places}


def test_what_is_wrong_without_a_name_for_it_is_a_finding_for_each_place() -> None:
    folded = fold_defects([defect("a", "no value is valid", operations=("a",)), defect("bb", "no value is valid")])
    assert [finding.message for finding in folded.findings] == ["no value is valid", "no value is valid"]


def test_references_to_many_names_in_a_part_that_is_not_there_are_one_finding() -> None:
    lost = [
        defect(name, f'"#/$defs/{name}" cannot be resolved', remedy='# has no "$defs"', operations=(name,))
        for name in ("One", "Other")
    ]
    (finding,) = fold_defects(lost).findings
    assert finding.operations == ("One", "Other")
