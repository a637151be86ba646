"""The cases of oasdiff's own tests: nearly all get its verdict, and the documentation has the reason for the others."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from clausewise.comparison.compare import diff
from tests.comparison.peer.composition import composition_cases
from tests.comparison.peer.documents import Case
from tests.comparison.peer.keywords import keyword_cases
from tests.comparison.peer.messages import message_cases
from tests.comparison.peer.requests import request_cases
from tests.conftest import Compile

_PAGE = (Path(__file__).resolve().parents[3] / "docs" / "explanation" / "changes.md").read_text(encoding="utf-8")

CASES = [*keyword_cases(), *composition_cases(), *request_cases(), *message_cases()]

#: what a case is of, and where it matters the way back -> the row of the page that says why we judge otherwise
REASONS = {
    "a limit beside an allOf of objects": "keyword without effect",
    "exclusive without a limit": "keyword without effect",
    "format of a number": "keyword without effect",
    "format of an object": "keyword without effect",
    "limits of an object": "keyword without effect",
    "maxContains": "keyword without effect",
    "minContains": "keyword without effect",
    "no further items": "items became false",
    "dependent required, one more": "dependent required changed",
    "dependent schema": "dependent schema",
    "if, then and else": "dependent schema",
    "pattern, wider by its values": "pattern changed",
    "anyOf, one of three alike": "alternatives that are alike",
    "oneOf, one of three alike": "alternatives that are alike",
    "allOf, one of three alike": "alternatives that are alike",
    "required by one part of two": "required twice",
    "a member required by one part of two": "required twice",
    "nothing admitted": "schema that admits nothing",
    "new, optional": "optional member removed",
    "a name that is no member, required": "required without property",
    "read-only, with another type": "became read-only",
    "optional, read-only": "became read-only",
    "required, read-only": "became read-only",
    "required, read-only, back": "no longer read-only",
    "optional, write-only": "became write-only",
    "required, write-only": "became write-only",
    "required, write-only, back": "no longer write-only",
    "discriminator": "discriminator",
    "mapping of a discriminator": "discriminator",
    "name of a discriminator": "discriminator",
    "fewer items in a parameter of a path": "parameter of a path",
    "sunset was no date": "sunset was no date",
    "stability that was none": "stability was unknown",
    "media type more special": "special media type",
    "charset of JSON gone": "charset",
    "charset of JSON, another": "charset",
    "server, another": "server",
}


@pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])
def test_case(compiled: Compile, case: Case) -> None:
    changes = diff(compiled(case.old), compiled(case.new))
    assert any(change.breaking for change in changes) is (case.mark in "Bo"), changes


def test_the_page_has_the_share_that_agrees() -> None:
    agree = sum(case.mark in "B-" for case in CASES)
    assert agree >= 0.92 * len(CASES)
    assert f"{agree} of {len(CASES)} pairs ({100 * agree / len(CASES):.1f} %)" in " ".join(_PAGE.split())


def test_the_page_says_why_the_others_are_judged_otherwise() -> None:
    reasons = [_reason(case) for case in CASES if case.mark in "bo"]
    assert set(reasons) == REASONS.keys()
    for row, number in Counter(REASONS[reason] for reason in reasons).items():
        assert f"\n| {row} | {number} |" in _PAGE


def _reason(case: Case) -> str:
    """The reason for a case that we judge otherwise, as REASONS has it."""
    title = case.title.partition(" (")[0]
    back = f"{title}, back"
    return back if case.title.endswith(", back)") and back in REASONS else title
