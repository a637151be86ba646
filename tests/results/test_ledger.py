"""The ledger: merging is a join, and a verdict follows from what was seen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clausewise.contract.clause import Clause, Condition, Direction
from clausewise.results.evidence import Evidence, Outcome, UntestedReason
from clausewise.results.ledger import OUTCOMES, UNDECIDING, Grounds, Ledger, tried, untested_reason, verdict_of
from clausewise.spec.pointer import Source


def clause(direction: Direction = "request", **fields: Any) -> Clause:
    """A clause of which a test names what matters."""
    given = {"where": f"{direction}.body.name", "part": "body" if direction == "request" else "200.body", **fields}
    return Clause(
        **{
            "id": "#/components/schemas/Name/maxLength",
            "operation": "make",
            "direction": direction,
            "keyword": "maxLength",
            "value": 5,
            "text": "`name` has at most 5 characters",
            "source": Source("", ("components", "schemas", "Name", "maxLength")),
            **given,
        }
    )


def ledger(*outcomes: Outcome, of: Clause, part: str = "run") -> Ledger:
    made = Ledger(part)
    made.add(Evidence(of.key, outcome) for outcome in outcomes)
    return made


_EVIDENCE = st.builds(Evidence, st.sampled_from(["a", "b", "c"]), st.sampled_from(OUTCOMES))
_HISTORY = st.lists(_EVIDENCE, max_size=8)


@st.composite
def replicas(draw: st.DrawFn, count: int = 3) -> list[Ledger]:
    """Ledgers of a run's parts, each with as much of every part as had reached it: prefixes of the same histories."""
    histories = {name: draw(_HISTORY) for name in ("one", "two")}
    made = []
    for _ in range(count):
        replica = Ledger("reader")
        for name, history in histories.items():
            part = Ledger(name)
            part.add(history[: draw(st.integers(0, len(history)))])
            replica = replica.merge(part)
        made.append(replica)
    return made


@given(replicas())
def test_the_order_of_merging_does_not_matter(parts: list[Ledger]) -> None:
    one, two, three = parts
    assert one.merge(two) == two.merge(one)
    assert one.merge(two).merge(three) == one.merge(two.merge(three))


@given(replicas(2))
def test_merging_twice_changes_nothing(parts: list[Ledger]) -> None:
    one, two = parts
    both = one.merge(two)
    assert one.merge(one) == one
    assert both.merge(two) == both


@given(_HISTORY, st.integers(0, 8))
def test_two_parts_of_a_run_count_like_the_whole(history: list[Evidence], cut: int) -> None:
    whole, first, second = Ledger("whole"), Ledger("first"), Ledger("second")
    whole.add(history)
    first.add(history[:cut])
    second.add(history[cut:])
    merged = first.merge(second)
    assert all(merged.counts(name) == whole.counts(name) for name in ("a", "b", "c"))


@given(_HISTORY)
def test_merging_leaves_what_was_merged_as_it_was(history: list[Evidence]) -> None:
    one, two, same = Ledger("one"), Ledger("two"), Ledger("one")
    one.add(history)
    same.add(history)
    one.merge(two).add(history)
    assert one == same


@pytest.mark.parametrize(
    ("direction", "outcomes", "verdict"),
    [
        ("request", ["refused"], "upheld"),
        ("request", ["refused", "kept"], "upheld"),
        ("request", ["refused", "denied"], "upheld"),
        *(("request", [outcome], "untested") for outcome in UNDECIDING),
        ("request", ["kept"], "untested"),
        # a request of the server itself: a callback
        ("request", ["held"], "upheld"),
        ("request", [], "untested"),
        ("request", ["accepted"], "violated"),
        ("request", ["refused", "accepted"], "violated"),
        ("request", ["refused", "rejected"], "violated"),
        ("request", ["refused", "crashed"], "violated"),
        ("response", ["held"], "upheld"),
        ("response", ["held", "broken"], "violated"),
        ("response", ["broken"], "violated"),
        ("response", ["kept"], "untested"),
        ("response", [], "untested"),
    ],
)
def test_verdict(direction: Direction, outcomes: list[Outcome], verdict: str) -> None:
    subject = clause(direction)
    seen = ledger(*outcomes, of=subject).counts(subject.key)
    assert verdict_of(seen) == verdict
    assert tried(seen) == sum(outcome != "unjudged" for outcome in outcomes)


_CONDITION = Condition("/if", (), holds=True)


@pytest.mark.parametrize(
    ("subject", "outcomes", "given", "answered", "message"),
    [
        (clause(), [], UntestedReason("unfinished", "a reason of its own"), [], "a reason of its own"),
        (clause(), [], None, [], "no request tested it"),
        (clause(), ["kept"], None, [], "no answer shows whether a request that breaks it is refused"),
        (clause(), ["kept", "denied", "put-off"], None, [], "requests that break it were denied (401, 403, 407) or put "
            "off (429): that is no refusal of the breach"),
        (clause(keyword="content", value="text/csv"), [], None, [],
            "bodies are sent as application/json, and not as text/csv"),
        (clause(keyword="content", value="application/json"), ["kept"], None, [],
            "bodies are sent as application/json, and no request has one that is something else"),
        (clause("response"), [], None, [], "no 200 response was seen"),
        (clause("response"), [], None, [("make", "200")], "no 200 response had the value it constrains"),
        (clause("response"), [], None, [("other", "200")], "no 200 response was seen"),
        (clause("response", conditions=(_CONDITION,)), [], None, [("make", "200")],
            "no 200 response met its condition"),
        (clause("response", keyword="content", value="text/csv"), [], None, [("make", "200")],
            "no 200 response had the media type text/csv"),
    ],
    ids=["given", "no request", "no telling answer", "answers to something else",
        "media type", "unbroken media type", "no response", "not held", "another operation",
        "condition", "response media type"],
)  # fmt: skip
def test_why_a_clause_is_untested(
    subject: Clause,
    outcomes: list[Outcome],
    given: UntestedReason | None,
    answered: list[tuple[str, str]],
    message: str,
) -> None:
    grounds = Grounds(frozenset(answered), {"make": "application/json"})
    reason = untested_reason(subject, ledger(*outcomes, of=subject).counts(subject.key), given, grounds)
    assert reason.message == message


@pytest.mark.parametrize(
    ("outcomes", "message"),
    [
        ([], "the run was interrupted"),
        (["kept"], "the run was interrupted"),
        (["denied"], "requests that break it were denied (401, 403, 407): that is no refusal of the breach"),
    ],
)
def test_a_run_that_did_not_come_to_a_clause_is_why_it_is_untested(outcomes: list[Outcome], message: str) -> None:
    grounds = Grounds(unfinished="the run was interrupted")
    seen = ledger(*outcomes, of=clause()).counts(clause().key)
    assert untested_reason(clause(), seen, None, grounds).message == message


def test_an_unfinished_run_may_have_had_another_media_type_to_come() -> None:
    body = clause(keyword="content", value="application/json")
    grounds = Grounds(sent_as={"make": "application/json"}, unfinished="the run was interrupted")
    assert untested_reason(body, {"kept": 1}, None, grounds).message == "the run was interrupted"
