"""What each rule means and what to do about it, for people who meet it in a report or a code scanning page."""

from __future__ import annotations

import msgspec

from clausewise.results.evidence import RULES, Rule


class Help(msgspec.Struct, frozen=True):
    """A rule, explained."""

    #: what was seen, and why it matters
    meaning: str
    #: what usually ends it
    remedy: str


_HELP: dict[str, Help] = {
    "server-error": Help(
        "The server answered with a 5xx status. Whatever a client sends, a server that works refuses it with a 4xx "
        "status and a reason; a crash tells that a case was not thought of.",
        "Send the request of the finding again, look for its trace in the server's log, and check the value that the "
        "finding names before it is used.",
    ),
    "transport-failure": Help(
        "No usable HTTP response came back: the connection broke, the time ran out, or what came was not HTTP.",
        "Send the request again. If it fails again, a worker died or hangs on it; if not, look for limits of a proxy "
        "between.",
    ),
    "malformed-body": Help(
        "The response says that it is of a media type, and its bytes are not: clients fail before they can look at it.",
        "Serialise the body with the library of its media type, in error handlers too, or correct Content-Type.",
    ),
    "response-schema": Help(
        "A value in a response breaks a clause of its schema. Clients that were generated from the contract, or that "
        "trust it, fail on this response.",
        "Make the server answer what the contract says, or correct the contract where the server is right.",
    ),
    "response-header": Help(
        "A documented header is missing or breaks its schema.",
        "Send the header with every such response, or correct what the contract says of it.",
    ),
    "auth-not-enforced": Help(
        "A request without credentials was accepted, where the contract demands them.",
        "Put the operation behind the check of credentials. If it is meant to be public, say so in the contract: "
        "`security: []`.",
    ),
    "invalid-request-accepted": Help(
        "A request that breaks just this clause was accepted. The server does not check what its contract promises "
        "to refuse, and bad values get into its data.",
        "Check the value and refuse the request with a 4xx status, or loosen the clause.",
    ),
    "request-schema": Help(
        "A request in a document, a payload or a recording breaks a clause of the contract. Who sends it as it stands "
        "is refused, or relies on something that nobody promised.",
        "Correct the request, or the contract where the request is right.",
    ),
    "valid-request-rejected": Help(
        "A request that keeps the whole contract was refused. Clients that do as they are told cannot use the server.",
        "Accept the request, or write the rule that refused it into the contract.",
    ),
    "undocumented-method-accepted": Help(
        "The path took a method that the contract does not offer.",
        "Answer 405 to that method, or document the operation.",
    ),
    "created-not-found": Help(
        "A create was accepted, and what it made cannot be read.",
        "Answer a create when its result can be read, or answer 202 and document how to wait for it.",
    ),
    "foreign-access": Help(
        "What one user made could be read with the credentials of another, or below another parent.",
        "Look a resource up together with its owner and its parent, and answer 404 or 403 where they do not match.",
    ),
    "use-after-delete": Help(
        "A delete was accepted, and what was deleted can still be read.",
        "Take it out of every place that reads look at, caches and replicas included.",
    ),
    "update-not-visible": Help(
        "A change was accepted, and reading the resource afterwards does not show it.",
        "Store every member that the contract lets change, or refuse the change of those that cannot.",
    ),
    "created-not-listed": Help(
        "What was just made is not in the list of its kind.",
        "Look at the list's filters, its pages and its cache. If lists lag behind by design, waive this and say so.",
    ),
    "undocumented-status": Help(
        "A status came back that the contract does not document: clients do not know what it means, nor what its body "
        "looks like.",
        "Document the response, or answer one of the documented statuses.",
    ),
    "undocumented-content-type": Help(
        "A response came in a media type that the contract does not document. Often it is the error page of a "
        "framework or of a proxy.",
        "Answer in a documented media type, error handlers included, or document this one.",
    ),
    "example-invalid": Help(
        "An example in the document breaks the schema that it stands beside. People copy examples.",
        "Correct the example, or the schema where the example is right.",
    ),
    "echo-mismatch": Help(
        "A field came back with another value than it was sent with. The contract does not say that it changes.",
        "Store the value as it came. Where it is normalised on purpose, say so in the contract and waive this.",
    ),
    "engine-disagreement": Help(
        "Two validators that should agree disagree about a value: one of them reads the schema differently.",
        "Look at the clause: a `pattern` or a `format` that validators read in different ways is best written anew.",
    ),
}


def rule_of(rule: str) -> Rule:
    """The rule of that slug; for one that only a newer clausewise knows a rule without a title of its own."""
    return RULES.get(rule) or Rule(rule, "error", rule, len(RULES))


def explained(rule: str) -> Help:
    """What `rule` means; its title where nothing more is known."""
    title = rule_of(rule).title
    return _HELP.get(rule) or Help(f"{title[:1].upper()}{title[1:]}.", "")


def waiver(rule: str) -> str:
    """How to let findings of `rule` pass for a while, as TOML for pyproject.toml."""
    return (
        f'[[tool.clausewise.waivers]]\nrule = "{rule}"\nreason = "why, and where it is tracked"\nexpires = 2027-06-30'
    )
