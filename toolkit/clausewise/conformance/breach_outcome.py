"""Which refusals can be the refusal of a clause's breach, and which say something else about the server."""

from __future__ import annotations

from clausewise.contract.clause import Clause
from clausewise.contract.operation import OperationContract
from clausewise.results.evidence import Outcome
from clausewise.security.credentials import holds_credentials
from clausewise.security.schemes import Slot

#: statuses of refusals because of the request itself; any other 4xx may depend on who sends it and what exists
ABOUT_FORM = frozenset({400, 405, 406, 411, 413, 414, 415, 416, 422, 431})

#: statuses of refusals because of who sends the request (RFC 9110 sections 15.5.2, 15.5.4 and 15.5.8)
DENIALS = frozenset({401, 403, 407})

#: further statuses that refuse a header: 412 and 428 the conditional ones, 417 `Expect`
_ABOUT_HEADERS = frozenset({412, 417, 428})


def outcome_of_breach(operation: OperationContract, clause: Clause | None, status: int) -> Outcome:
    """What an answer with `status`, from 300 on, shows of the clause that its request breaks: "refused" where it can be
    the refusal of that breach, else what the server speaks of instead."""
    return "refused" if clause is not None and status in _refusing(operation, clause) else unrelated(status)


def unrelated(status: int) -> Outcome:
    """What an answer with `status`, from 300 on, speaks of that is no refusal of a breach."""
    if status < 400:
        return "redirected"
    if status in DENIALS:
        return "denied"
    if status in (404, 410):
        return "missing"
    return "put-off" if status == 429 else "otherwise"


def _refusing(operation: OperationContract, clause: Clause) -> frozenset[int]:
    """The statuses by which a server can refuse a breach of `clause`."""
    location, _, name = clause.part.partition(".")
    if clause.keyword == "security":
        return ABOUT_FORM | DENIALS
    if location == "path" or (location == "method" and "{" not in operation.operation.path):
        # No resource has a name that breaks the contract. To a method that a path does not have, a router may answer
        # 404 too; where the path names a resource, this may be missing.
        return ABOUT_FORM | {404}
    denials = DENIALS if location == "cookie" or _is_credential(location, name) else frozenset()
    return ABOUT_FORM | denials | (_ABOUT_HEADERS if location == "header" else frozenset())


def _is_credential(location: str, name: str) -> bool:
    """Whether a header or a query parameter is a credential by its name, such as an API key."""
    return location in ("header", "query") and holds_credentials(Slot("header", name))
