"""What each rule means, and what to do about its findings: the help texts of reports and code scanning."""

from __future__ import annotations

import msgspec

from clausewise.results.evidence import RULES, Rule


class Help(msgspec.Struct, frozen=True):
    """The explanation of a rule."""

    #: what was observed, and why it matters
    meaning: str
    #: what usually solves it
    remedy: str


_HELP: dict[str, Help] = {
    "server-error": Help(
        "The server answered with a 5xx status. A server should refuse a request that it cannot serve with a 4xx "
        "status and a reason; a 5xx status means that it crashed on the request.",
        "Send the request again, find its trace in the server's log, and check the value that the finding names "
        "before it is used.",
    ),
    "transport-failure": Help(
        "The server sent no usable HTTP response: the connection broke, the request timed out, or the response was "
        "not HTTP.",
        "Send the request again. If it fails again, look for a worker that crashes or hangs on it; if it does not, "
        "check the limits of proxies in front of the server.",
    ),
    "malformed-body": Help(
        "The body of a response is not of the media type in its `Content-Type`, so clients fail to parse it.",
        "Serialize the body with a library for its media type, in error handlers too, or correct `Content-Type`.",
    ),
    "response-schema": Help(
        "A value in a response breaks a clause of its schema. Clients that are generated from the contract, or that "
        "rely on it, fail on this response.",
        "Correct the response, or correct the contract if the server is right.",
    ),
    "response-header": Help(
        "A documented response header is missing or breaks its schema.",
        "Send the header with every such response, or correct its description in the contract.",
    ),
    "auth-not-enforced": Help(
        "The server accepted a request without credentials, although the contract requires them.",
        "Check credentials for this operation. If it is public, write `security: []` for it in the contract.",
    ),
    "invalid-request-accepted": Help(
        "The server accepted a request that breaks exactly this clause. It does not check what its contract promises "
        "to refuse, so invalid values reach its data.",
        "Check the value and refuse the request with a 4xx status, or loosen the clause.",
    ),
    "request-schema": Help(
        "A request in a document, a payload or a recording breaks a clause of the contract. A server that enforces "
        "the contract refuses it.",
        "Correct the request, or correct the contract if the request is right.",
    ),
    "valid-request-rejected": Help(
        "The server refused a request that is valid under the contract. Clients that follow the contract cannot use "
        "it.",
        "Accept the request, or document the rule that refused it in the contract.",
    ),
    "undocumented-method-accepted": Help(
        "The server accepted a method that the contract does not document for this path.",
        "Answer that method with 405, or document the operation.",
    ),
    "created-not-found": Help(
        "The server accepted a request that creates a resource, and the resource cannot be read.",
        "Answer only when the resource can be read, or answer 202 and document how clients wait for it.",
    ),
    "foreign-access": Help(
        "A resource of one user could be read with the credentials of another user, or below another parent.",
        "Look a resource up together with its owner and its parent, and answer 404 or 403 where they do not match.",
    ),
    "use-after-delete": Help(
        "The server accepted a request that deletes a resource, and the resource can still be read.",
        "Delete the resource everywhere that reads look for it, caches and replicas included.",
    ),
    "update-not-visible": Help(
        "The server accepted a change, and a later read of the resource does not show it.",
        "Store every property that the contract allows to change, or refuse changes of the others.",
    ),
    "created-not-listed": Help(
        "A resource that was just created is not in the list of its collection.",
        "Check the filters, pages and cache of the list. If lists are delayed by design, add a waiver with that "
        "reason.",
    ),
    "undocumented-status": Help(
        "The server answered with a status that the contract does not document. Clients know neither its meaning nor "
        "the schema of its body.",
        "Document the response, or answer with a documented status.",
    ),
    "undocumented-content-type": Help(
        "The server answered with a media type that the contract does not document. Often it is the error page of a "
        "framework or a proxy.",
        "Answer with a documented media type, in error handlers too, or document this one.",
    ),
    "example-invalid": Help(
        "An example in the document breaks its own schema. People copy examples.",
        "Correct the example, or correct the schema if the example is right.",
    ),
    "echo-mismatch": Help(
        "A response has another value for a field than the request had, and the contract does not document that the "
        "server changes it.",
        "Store the value as it was sent. If the server normalizes it on purpose, document that in the contract and "
        "add a waiver.",
    ),
    "engine-disagreement": Help(
        "Two JSON Schema validators disagree about a value: one of them reads the schema differently.",
        "Look at the clause. If validators read its `pattern` or `format` differently, rewrite it.",
    ),
}


def rule_of(rule: str) -> Rule:
    """The rule with the slug `rule`; for the slug of a newer version, a rule whose title is the slug."""
    return RULES.get(rule) or Rule(rule, "error", rule, len(RULES))


def explained(rule: str) -> Help:
    """The explanation of `rule`; its title for the slug of a newer version."""
    title = rule_of(rule).title
    return _HELP.get(rule) or Help(f"{title[:1].upper()}{title[1:]}.", "")


def waiver(rule: str) -> str:
    """A waiver for findings of `rule`, as TOML for pyproject.toml."""
    return (
        f'[[tool.clausewise.waivers]]\nrule = "{rule}"\nreason = "why, and where it is tracked"\nexpires = 2027-06-30'
    )
