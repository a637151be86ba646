"""What an exchange shows of the contract: the rules, their severities, and what checking hands to the ledger."""

from __future__ import annotations

from typing import Literal

import msgspec

from clausewise.contract.clause import Clause
from clausewise.exchange import Exchange

Severity = Literal["error", "warning", "note"]

#: worst first
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Rule(msgspec.Struct, frozen=True):
    """One kind of finding. `slug` is stable: waivers, SARIF and `clausewise explain` use it."""

    slug: str
    severity: Severity
    #: one line, for lists
    title: str
    #: order in which findings of different rules are shown; lowest first
    rank: int


#: every rule there is, in the order findings are shown: crashes, broken responses, accepted breaches, then the rest
RULES: dict[str, Rule] = {
    rule.slug: rule
    for rule in (
        Rule("server-error", "error", "the server answered with a 5xx status", 0),
        Rule("transport-failure", "error", "no usable HTTP response came back", 1),
        Rule("malformed-body", "error", "a response body is not what its media type says", 2),
        Rule("response-schema", "error", "a response body breaks a clause of its schema", 3),
        Rule("response-header", "error", "a response header is missing or breaks its schema", 4),
        Rule("auth-not-enforced", "error", "a request without credentials was accepted", 5),
        Rule("invalid-request-accepted", "error", "a request that breaks a clause was accepted", 6),
        Rule("request-schema", "error", "a written or recorded request breaks a clause", 7),
        Rule("valid-request-rejected", "error", "a valid request was refused", 8),
        Rule("undocumented-method-accepted", "error", "an undocumented method was accepted", 9),
        Rule("created-not-found", "error", "a created resource cannot be read", 10),
        Rule("foreign-access", "error", "a resource of another user or parent can be read", 11),
        Rule("use-after-delete", "error", "a deleted resource can still be read", 12),
        Rule("update-not-visible", "error", "an accepted change cannot be read", 13),
        Rule("created-not-listed", "warning", "a created resource is not in the list", 14),
        Rule("undocumented-status", "error", "the server answered with an undocumented status", 15),
        Rule("undocumented-content-type", "error", "the server answered with an undocumented media type", 16),
        Rule("example-invalid", "error", "an example in the document breaks its own schema", 17),
        Rule("echo-mismatch", "warning", "a response changed a field of the request", 18),
        Rule("engine-disagreement", "warning", "two schema validators disagree about a value", 19),
    )
}

#: how one exchange bears on one clause.
#: Responses: `held`, `broken`. Requests: `kept` (accepted, as it should be), `rejected` (refused, though it keeps the
#: clause), `refused` (a breach, refused as it should be), `accepted` (a breach, accepted), `crashed` (a 5xx status).
Outcome = Literal["held", "broken", "kept", "rejected", "refused", "accepted", "crashed"]


#: what a telling text may hold that is a matter of its characters: a server that refuses several of them has one rule
#: that its contract does not tell
CHARACTERS = frozenset(
    (
        *("non-ASCII text", "an emoji", "a combining mark", "a right-to-left mark"),
        *("a quote", "a double quote", "a backslash", "a percent sign", "a percent escape", "a slash", "a path token"),
        *("a template token", "an expression token", "markup", "a leading blank", "a trailing blank"),
        *("a line break", "a control character", "a NUL"),
    )
)

#: what a value holds -> what it holds as well, more plainly: a fault that shows with that is the same one
WIDER = {
    "an emoji": "non-ASCII text",
    "a combining mark": "non-ASCII text",
    "a right-to-left mark": "non-ASCII text",
    "a NUL": "a control character",
    "a line break": "a control character",
    "a percent escape": "a percent sign",
    "a path token": "a slash",
    "the edge of 64 bits": "the edge of 32 bits",
    "the lower edge of 64 bits": "the lower edge of 32 bits",
}


#: starts what was seen where clauses fail only together; their ids follow
TOGETHER = "together with "


class Evidence(msgspec.Struct, frozen=True):
    """One exchange's word on one clause."""

    #: key of the clause
    clause: str
    outcome: Outcome


class Observation(msgspec.Struct, frozen=True):
    """One fault seen in one exchange; observations with the same identity fold into one finding.

    `assertion` is the source pointer of the broken clause. Where a rule has no clause, `seen` says what was seen
    ("status 422") and, with the operation, identifies the fault.
    """

    rule: str
    severity: Severity
    operation: str
    #: id of the exchange that shows it
    exchange: str
    #: one sentence: what was expected, what came
    message: str
    #: key of the clause, when there is one
    clause: str | None = None
    #: source pointer of the assertion, when there is one
    assertion: str | None = None
    #: message place, for people: "response.200.body.status"
    where: str = ""
    #: what was seen, where the rule has no clause
    seen: str = ""
    #: member names and indexes that lead to the broken value in the response's body
    at: tuple[str, ...] = ()
    #: keys of clauses any of which, found violated elsewhere, explains this observation
    explained_by: tuple[str, ...] = ()
    #: where in the exchange the fault stands: ("response", "body", "nodePools", "0"); () where that is not known
    in_exchange: tuple[str, ...] = ()

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
        severity: Severity | None = None,
        where: str = "",
        seen: str = "",
        at: tuple[str, ...] = (),
        explained_by: tuple[str, ...] = (),
        in_exchange: tuple[str, ...] = (),
    ) -> Observation:
        """A fault of the operation with this key, seen in `exchange`.

        With a `clause` it is that clause's, whatever `assertion` and `where` say. Its severity is the rule's, or the
        clause's where that one is advisory, unless `severity` says otherwise.
        """
        return cls(
            rule=rule,
            severity=severity or _severity(rule, clause),
            operation=operation,
            exchange=exchange.id,
            message=message,
            clause=clause.key if clause else None,
            assertion=clause.id if clause else assertion,
            where=clause.where if clause else where,
            seen=seen,
            at=at,
            explained_by=explained_by,
            in_exchange=in_exchange,
        )


def _severity(rule: str, clause: Clause | None) -> Severity:
    """The milder one of a rule's and a clause's severity."""
    own = RULES[rule].severity
    return max(own, clause.severity, key=SEVERITIES.index) if clause else own


#: `never-accepted`: the operation, or the branch, accepted no request; `unreachable`: no accepted request holds what
#: it speaks of; `untestable`: nothing that can be sent breaks it; `unfinished`: no request was made; `undecided`: no
#: answer tells; `unseen`: no response shows it
UntestedKind = Literal["never-accepted", "unreachable", "untestable", "unfinished", "undecided", "unseen"]


class UntestedReason(msgspec.Struct, frozen=True):
    """Why a clause is untested. What hangs on it hangs on its kind; the message is for people."""

    kind: UntestedKind
    message: str


class Checked(msgspec.Struct, frozen=True):
    """What one exchange shows."""

    observations: tuple[Observation, ...]
    evidence: tuple[Evidence, ...]
