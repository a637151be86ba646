"""What an exchange shows of the contract: observations of faults, and evidence on clauses."""

from __future__ import annotations

from typing import Literal

import msgspec

from clausewise.contract.clause import Clause
from clausewise.exchange import Exchange, Probe
from clausewise.results.causes import Causes
from clausewise.results.rules import RULES, SEVERITIES, Severity

#: what one exchange shows of one clause.
#: Responses: `held`, `broken`. Requests that keep it: `kept` (accepted, rightly), `rejected` (refused, wrongly).
#: Requests that break it: `refused` (rightly), `accepted` (wrongly). Either: `crashed` (a 5xx status).
#: Requests that break it, with an answer that does not tell: `denied` (who sends it), `missing` (what does not exist),
#: `put-off` (too many requests), `redirected`, `otherwise` (refused, with a status for something else), `unanswered`.
#: `unjudged`: a body of the media type that the clause names has a schema, and none judges it. It says nothing else.
Outcome = Literal[
    "held",
    "broken",
    "kept",
    "rejected",
    "refused",
    "accepted",
    "crashed",
    "denied",
    "missing",
    "put-off",
    "redirected",
    "otherwise",
    "unanswered",
    "unjudged",
]


#: aspects of a text that are about its characters: a server that refuses several of them has one undocumented rule
CHARACTERS = frozenset(
    (
        *("non-ascii", "emoji", "combining-mark", "right-to-left-mark"),
        *("quote", "double-quote", "backslash", "percent-sign", "percent-escape", "slash", "path-token"),
        *("template-token", "expression-token", "markup", "leading-blank", "trailing-blank"),
        *("line-break", "control-character", "nul"),
    )
)

#: aspect of a text that nothing sets apart, and aspects that say nothing where such a text fails as well
OTHER_TEXT = "other-text"
TEXTS = CHARACTERS | {"long-string"}

#: aspect of a request about an id that was never made, before its place: " at path.id"
UNKNOWN_ID = "unknown-id"

#: aspects of a value of a wrong type that a server may take on purpose; "" stands for any other wrong type
WRONG_TYPES = ("null", "quoted", "number", "boolean", "fraction", "array")

#: aspect of a value -> a wider aspect that it implies: a fault that both show is the same one
WIDER = {
    "emoji": "non-ascii",
    "combining-mark": "non-ascii",
    "right-to-left-mark": "non-ascii",
    "nul": "control-character",
    "line-break": "control-character",
    "percent-escape": "percent-sign",
    "path-token": "slash",
    "minus-zero": "zero",
    "64-bit-edge": "32-bit-edge",
    "lower-64-bit-edge": "lower-32-bit-edge",
    "final-line-break": "",
    **dict.fromkeys(WRONG_TYPES, ""),
    "made-up credentials": "",
}


#: aspect of credentials in a form that nobody issues
ODD_CREDENTIALS = "odd-credentials"

#: prefix of the aspect of a body that leaves out a member, whose place follows; and the aspect of one that leaves out
#: all that it may
WITHOUT = "without "
SMALLEST = "the smallest body"

#: prefix of an aspect where clauses fail only together; their ids follow
TOGETHER = "together "

#: prefix of `seen` where members are refused together that are accepted alone; the ids of the others' clauses follow
BESIDE = "beside "


#: aspect of a request that was accepted before, and is sent as it was
ACCEPTED_BEFORE = "accepted-before"

#: aspect of a request with many values at once that were not accepted before: any of them may be to blame
OTHER_VALUES = "other-values"

#: aspect of a body with a member that the contract allows and does not name
UNDOCUMENTED_MEMBER = "undocumented-member"


#: prefix of the digest of a value that servers also show for reasons of their own, such as null
COMMON = "~"


def may_be_accepted(probe: Probe) -> bool:
    """Whether the answer to a probe says what an operation answers to a request with nothing wrong."""
    # What asks for a refusal in another media type breaks what the refused request broke.
    is_sound = probe.expect != "refuse" and not probe.breaks
    return is_sound and probe.asks_for is None and probe.aspect != ODD_CREDENTIALS


class Evidence(msgspec.Struct, frozen=True):
    """What one exchange shows of one clause."""

    #: key of the clause
    clause: str
    outcome: Outcome


class Observation(msgspec.Struct, frozen=True):
    """One fault seen in one exchange; observations with the same identity fold into one finding.

    `assertion` is the source pointer of the broken clause. Where a rule has no clause, the operation and `seen`
    ("status 422") identify the fault. Both are stable: no sentence is part of an identity.
    """

    rule: str
    severity: Severity
    operation: str
    #: id of the exchange that shows it
    exchange: str
    #: one sentence: the fault, and the clause or the documented values
    message: str
    #: key of the clause, when there is one
    clause: str | None = None
    #: source pointer of the assertion, when there is one
    assertion: str | None = None
    #: source pointer of what the document says about it, where there is no clause; "" for the operation
    documented_at: str = ""
    #: the place in the message, for people: "response.200.body.status"
    where: str = ""
    #: stable code of what was seen beside the clause, or where the rule has none
    seen: str = ""
    #: member names and indexes that lead to the broken value in the response's body
    at: tuple[str, ...] = ()
    #: keys of clauses, each of which explains this observation where it is violated elsewhere
    explained_by: tuple[str, ...] = ()
    #: of a value that is none, or several, of the alternatives of a union: each by name, and why the value is none
    alternatives: tuple[tuple[str, str], ...] = ()
    #: where in the exchange the fault stands: ("response", "body", "nodePools", "0"); () where that is not known
    in_exchange: tuple[str, ...] = ()
    #: of a crash: what it looks like, without what the answer repeats of the request
    symptom: str = ""
    #: of a crash: whether its text says why, which tells it from crashes of other operations on the same clause
    own: bool = False
    #: what may cause it, and faults in other places as well
    causes: Causes = Causes()
    #: a short digest of the member that broke a clause and was accepted, or that an answer shows; "" for none
    value: str = ""

    @classmethod
    def of(
        cls,
        rule: str,
        operation: str,
        exchange: Exchange,
        message: str,
        *,
        clause: Clause | None = None,
        assertion: str | None = None,
        documented_at: str = "",
        severity: Severity | None = None,
        where: str = "",
        seen: str = "",
        at: tuple[str, ...] = (),
        explained_by: tuple[str, ...] = (),
        alternatives: tuple[tuple[str, str], ...] = (),
        in_exchange: tuple[str, ...] = (),
    ) -> Observation:
        """A fault of the operation with this key, seen in `exchange`.

        A `clause` overrides `assertion` and `where`. The severity is that of the rule, or the milder one of an advisory
        clause, unless `severity` is given.
        """
        return cls(
            rule=rule,
            severity=severity or _severity(rule, clause),
            operation=operation,
            exchange=exchange.id,
            message=message,
            clause=clause.key if clause else None,
            assertion=clause.id if clause else assertion,
            documented_at=documented_at,
            where=clause.where if clause else where,
            seen=seen,
            at=at,
            explained_by=explained_by,
            alternatives=alternatives,
            in_exchange=in_exchange,
        )


def _severity(rule: str, clause: Clause | None) -> Severity:
    """The milder one of a rule's and a clause's severity."""
    own = RULES[rule].severity
    return max(own, clause.severity, key=SEVERITIES.index) if clause else own


#: `never-accepted`: the operation, or the branch, accepted no request; `unreachable`: no accepted request has the value
#: it constrains; `untestable`: no request can break it; `unfinished`: no request tested it; `undecided`: no answer was
#: conclusive; `unseen`: no response has the value it constrains; `not-allowed`: a request that tests it may change what
#: the run may not change; `partly`: it is tested, but not with all its values
UntestedKind = Literal[
    "never-accepted", "unreachable", "untestable", "unfinished", "undecided", "unseen", "not-allowed", "partly"
]


class UntestedReason(msgspec.Struct, frozen=True):
    """Why a clause is untested. Code depends on the kind alone; the message is for people."""

    kind: UntestedKind
    message: str


class Checked(msgspec.Struct, frozen=True):
    """Everything that one exchange shows."""

    observations: tuple[Observation, ...]
    evidence: tuple[Evidence, ...]
