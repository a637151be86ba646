"""The rules: every kind of finding, with its severity, and what it means to the people who read a report."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warning", "note"]

#: worst first
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Rule(msgspec.Struct, frozen=True):
    """One kind of finding. `slug` never changes: waivers and SARIF use it."""

    slug: str
    severity: Severity
    #: one line, for lists
    title: str
    #: what was observed
    meaning: str
    #: why it matters to those who use the API
    why: str
    #: a case of it: what the contract says, what was sent and what came back
    example: str
    #: what usually solves it
    remedy: str
    #: what the server should have done; "" where that depends on the clause
    expected: str = ""


#: slug -> rule, in the order in which findings are shown: crashes, broken responses, accepted breaches, then the rest
RULES: dict[str, Rule] = {
    rule.slug: rule
    for rule in (
        Rule(
            "server-error",
            "error",
            "the server answered with a 5xx status",
            expected="any status but 5xx",
            meaning=(
                "The server answered with a 5xx status. A server should refuse a request that it cannot serve with a "
                "4xx status and a reason. It is a note where the contract documents the status, by itself or as `5XX`: "
                "the server may answer so on purpose. `default` documents what errors look like, and no crash."
            ),
            why=(
                "A 5xx status means that the server crashed on the request. Clients cannot tell what they did wrong, "
                "work may be left half done, and whoever finds the request can repeat it."
            ),
            example=(
                'The contract allows `quantity` to be 0. `POST /orders` with `{"quantity": 0}` answers 500, because '
                "the server divides by it."
            ),
            remedy=(
                "Send the request again, find its trace in the server's log, and check the value that the finding "
                "names before it is used."
            ),
        ),
        Rule(
            "transport-failure",
            "error",
            "no usable HTTP response came back",
            expected="an HTTP response",
            meaning=(
                "The server sent no usable HTTP response: the connection broke, the request timed out, or the response "
                "was not HTTP."
            ),
            why=(
                "A client cannot know whether the request had an effect, so it can neither go on nor safely send it "
                "again."
            ),
            example="`GET /reports/7` is accepted, and after 10 seconds no answer has come.",
            remedy=(
                "Send the request again. If it fails again, look for a worker that crashes or hangs on it; if it does "
                "not, check the limits of proxies in front of the server."
            ),
        ),
        Rule(
            "flaky",
            "error",
            "the server fails at random",
            expected="the same answer to the same request",
            meaning=(
                "The server answered with a 5xx status or not at all, and served the same request when it was sent "
                "again; nothing else of the run was under way. No value is to blame. It is a warning where it occurred "
                "once or twice, or in less than one of a hundred requests (of those to one operation, where only that "
                "fails)."
            ),
            why="Clients see failures that nobody can reproduce, and tests of the API fail for no reason of their own.",
            example="Of 200 requests to `GET /orders`, 9 answer 502; each of them answers 200 when it is sent again.",
            remedy=(
                "Look for what the failures have in common besides the request: a worker that dies, one replica of "
                "several, a time limit, a dependency that fails."
            ),
        ),
        Rule(
            "malformed-framing",
            "error",
            "a response does not end where it says",
            expected="a response that ends where its status and headers say (RFC 9112 section 6.3)",
            meaning=(
                "The server sent more bytes than belong to the response: more than its `Content-Length` says, or a "
                "body after a status that has none."
            ),
            why="Clients cut the body off, or read the rest as the answer to another request.",
            example='`DELETE /orders/7` answers 204, which has no body, and then sends `{"deleted": true}`.',
            remedy=(
                "Let the server's library write `Content-Length`, and send no body with 204, with 304, or in answer to "
                "HEAD."
            ),
        ),
        Rule(
            "malformed-body",
            "error",
            "a response body is not what its media type says",
            expected="a body of the media type in Content-Type",
            meaning="The body of a response is not of the media type in its `Content-Type`.",
            why="Clients fail to parse the response.",
            example=(
                "`GET /orders/7` answers with `Content-Type: application/json` and the body `{'id': 7}`, whose quotes "
                "are not those of JSON."
            ),
            remedy=(
                "Serialize the body with a library for its media type, in error handlers too, or correct "
                "`Content-Type`."
            ),
        ),
        Rule(
            "response-schema",
            "error",
            "a response body breaks a clause of its schema",
            meaning="A value in a response breaks a clause of its schema.",
            why="Clients that are generated from the contract, or that rely on it, fail on this response.",
            example=(
                'The contract says that `status` is one of "open" and "paid". `GET /orders/7` answers with `"status": '
                '"OPEN"`.'
            ),
            remedy="Correct the response, or correct the contract if the server is right.",
        ),
        Rule(
            "write-only-leaked",
            "error",
            "a response has the value of a write-only member",
            expected="a response without the value of the write-only member",
            meaning=(
                "A response has a value for a member that is `writeOnly`, such as a password. Such a value is never in "
                "a response (JSON Schema 2020-12 Validation section 9.4). Null, an empty value and a mask such as "
                "`****` are no value."
            ),
            why="Whoever reads, stores or logs the response learns the value.",
            example=(
                'The contract marks `password` as `writeOnly`. `GET /users/7` answers with `"password": "hunter2"`.'
            ),
            remedy=(
                "Leave the member out of responses, in lists and in answers to the request that sets it too, or remove "
                "`writeOnly` if clients may see it."
            ),
        ),
        Rule(
            "response-header",
            "error",
            "a response header is missing or breaks its schema",
            meaning="A documented response header is missing or breaks its schema.",
            why=(
                "Clients that read the header, to go to the next page or to wait, find nothing in it or something else."
            ),
            example=(
                "The contract documents the header `X-Total-Count`, a required integer, and `GET /orders` answers "
                "without it."
            ),
            remedy="Send the header with every such response, or correct its description in the contract.",
        ),
        Rule(
            "callback-mismatch",
            "error",
            "a callback breaks the contract",
            meaning=(
                "A request that the server sent to a callback URL is not as the contract describes it: its method, "
                "what stands behind the URL, its headers, its media type or its body."
            ),
            why="Clients that are written by the contract refuse the callback, or misread it.",
            example=(
                'The contract says that the callback `done` of `POST /jobs` has a `status` of "done" or "failed". The '
                'server sends `{"status": "DONE"}` to the URL that it got.'
            ),
            remedy="Correct what the server sends, or correct the callback in the contract if the server is right.",
        ),
        Rule(
            "callback-missing",
            "warning",
            "a callback did not come",
            expected="a request to the callback URL",
            meaning=(
                "The server accepted requests with a callback URL, and sent nothing there before the run ended. It is "
                "a warning, because the contract does not say when a callback is sent."
            ),
            why="Clients wait for a message that never comes.",
            example="`POST /jobs` accepts `callbackUrl` and answers 202. Five seconds later, nothing has come there.",
            remedy=(
                "Check that the server can reach the URL (for a server elsewhere `--callback-url` names one), look for "
                "errors in its log, and describe in the contract what the callback waits for."
            ),
        ),
        Rule(
            "auth-not-enforced",
            "error",
            "a request without credentials was accepted",
            expected="401 or 403 for a request without credentials",
            meaning="The server accepted a request without credentials, although the contract requires them.",
            why="Anybody can call the operation.",
            example=(
                "The contract requires a bearer token for `DELETE /orders/{id}`. Without `Authorization`, the server "
                "answers 204."
            ),
            remedy=(
                "Check credentials for this operation. If it is public, write `security: []` for it in the contract."
            ),
        ),
        Rule(
            "invalid-request-accepted",
            "error",
            "a request that breaks a clause was accepted",
            meaning=(
                "The server accepted a request that breaks exactly this clause: it does not check what its contract "
                "promises to refuse."
            ),
            why="Invalid values reach the server's data and everything that reads them later.",
            example=(
                'The contract says that `quantity` is at least 1. `POST /orders` with `{"quantity": 0}` answers 201.'
            ),
            remedy="Check the value and refuse the request with a 4xx status, or loosen the clause.",
        ),
        Rule(
            "request-schema",
            "error",
            "a written or recorded request breaks a clause",
            meaning="A request in a document, a payload or a recording breaks a clause of the contract.",
            why="A server that enforces the contract refuses the request.",
            example=(
                'The contract says that `quantity` is an integer. A README shows `curl -d \'{"quantity": "two"}\'`.'
            ),
            remedy="Correct the request, or correct the contract if the request is right.",
        ),
        Rule(
            "valid-request-rejected",
            "error",
            "a valid request was refused",
            expected="2xx: the request is valid",
            meaning=(
                "The server refused a request that is valid under the contract. It is a note where a documented 400 or "
                "422 refuses a text whose form the contract leaves open, and where members are refused together of "
                "which each is accepted alone, or which the refusal says exclude each other. A refusal that speaks of "
                "a missing resource or an earlier state, or that compares two values of the request, is no finding."
            ),
            why="Clients that follow the contract cannot use the operation.",
            example=(
                "The contract says that `name` has at most 50 characters. `POST /users` with a name of 50 characters "
                "answers 422."
            ),
            remedy="Accept the request, or document the rule that refused it in the contract.",
        ),
        Rule(
            "undocumented-method-accepted",
            "error",
            "an undocumented method was accepted",
            expected="405 for a method that the contract does not document",
            meaning="The server accepted a method that the contract does not document for this path.",
            why="Nobody reviews, tests or limits what is not documented, and some methods delete.",
            example="The contract documents only `GET` for `/orders/{id}`. `DELETE /orders/7` answers 204.",
            remedy="Answer that method with 405, or document the operation.",
        ),
        Rule(
            "created-not-found",
            "error",
            "a created resource cannot be read",
            expected="the created resource can be read",
            meaning="The server accepted a request that creates a resource, and the resource cannot be read.",
            why="A client that creates something and then uses it fails, or creates it twice.",
            example='`POST /orders` answers 201 with `"id": 7`. `GET /orders/7` answers 404.',
            remedy="Answer only when the resource can be read, or answer 202 and document how clients wait for it.",
        ),
        Rule(
            "wrong-location",
            "error",
            "`Location` does not lead to what was created",
            expected="the address of what the request created, in `Location`",
            meaning=(
                "The server created a resource, and the header `Location` of its 201 answer leads to nothing, or to "
                "another resource (RFC 9110 sections 10.2.2 and 15.3.2); for two resources one after the other. It is "
                "a warning where a relative address is no path of the contract, and where the address in a 202 answer "
                "leads to nothing (section 15.3.3)."
            ),
            why="A client that follows the header reads, changes or deletes something else, or believes it failed.",
            example='`POST /orders` answers 201 with `"id": 7` and `Location: /orders/8`. `GET /orders/8` answers 404.',
            remedy="Build the address from the id that was stored, and from the path under which clients see it.",
        ),
        Rule(
            "foreign-access",
            "error",
            "a resource of another user or parent can be read",
            expected="403 or 404 for a resource of another user or parent",
            meaning=(
                "A resource of one user could be read with the credentials of another user, or below another parent."
            ),
            why="Users see the data of others.",
            example="Anna creates `/orders/7`. With the token of Ben, `GET /orders/7` answers 200.",
            remedy=(
                "Look a resource up together with its owner and its parent, and answer 404 or 403 where they do not "
                "match."
            ),
        ),
        Rule(
            "unknown-id-accepted",
            "error",
            "an id that was never made is accepted",
            expected="404 for what is not there",
            meaning=(
                "An operation answered with a 2xx status for an id that was never made, for two such ids, although the "
                "contract documents 404 for it. It is a warning for DELETE, which many servers accept for what is gone "
                "already, and for a collection below what is not there, where only the operation that reads the owner "
                "documents 404. It is a note, one for the whole server, where the server takes a known id with an "
                "ending for the known one, and knows of any other that it was never made."
            ),
            why=(
                "A client takes a spelling mistake for success: it shows an empty thing, or believes that it has "
                "changed or removed something."
            ),
            example='`GET /orders/982451653`, an id that no order ever had, answers 200 with `{"items": []}`.',
            remedy="Look the resource up before everything else, and answer 404 where there is none.",
        ),
        Rule(
            "not-implemented",
            "error",
            "an operation answers 404 to everything",
            expected="an answer to a documented operation on a resource that is there",
            meaning=(
                "A documented operation answered 404 to every request, also about a resource that another operation "
                "showed before and after. The server seems to have no route for it."
            ),
            why="The contract promises what nobody can use, and clients that are built on it fail.",
            example=(
                "`POST /orders/7/cancel` answers 404 whatever it is sent, while `GET /orders/7` answers 200. The route "
                "is called `/orders/{id}/cancellation`."
            ),
            remedy="Add the route, or correct the path or the method in the contract.",
        ),
        Rule(
            "role-not-enforced",
            "error",
            "an operation accepts a user without the right to it",
            expected="403, or 404, for a user without the right to the operation",
            meaning=(
                "A request that the operation accepts from one user was sent with the credentials of another, whose "
                "table of `[[tool.clausewise.roles]]` names the operation as forbidden, and it was accepted as well."
            ),
            why="Every user of that role can do what the operation does: read, change or delete what is not theirs.",
            example='`forbidden = ["deleteUser"]` for the role `viewer`, and its `DELETE /users/7` answers 204.',
            remedy="Check the right of the user in the operation itself, not only in the pages that lead to it.",
        ),
        Rule(
            "use-after-delete",
            "error",
            "a deleted resource can still be read",
            expected="404 or 410 for a deleted resource",
            meaning="The server accepted a request that deletes a resource, and the resource can still be read.",
            why="What a user has deleted is still there, and clients go on working with it.",
            example="`DELETE /orders/7` answers 204. `GET /orders/7` answers 200.",
            remedy="Delete the resource everywhere that reads look for it, caches and replicas included.",
        ),
        Rule(
            "gone-without-delete",
            "error",
            "a resource is gone that nobody deleted",
            expected="a resource that can be read until it is deleted",
            meaning=(
                "A resource could be read, one or more actions were accepted, and it cannot be read any more although "
                "none of them removes it. A second resource showed it again, or the same one after the action was "
                "taken back."
            ),
            why="Whoever locks, approves or closes something expects to find it again.",
            example=(
                '`POST /volumes/v1/mark` with `{"readonly": true}` answers 200. `GET /files/a`, a file on that volume, '
                "answers 404 from then on."
            ),
            remedy="Look for the resource in every state when it is read, or document that the action removes it.",
        ),
        Rule(
            "update-not-visible",
            "error",
            "an accepted change cannot be read",
            expected="a read shows the change",
            meaning=(
                "The server accepted a change, and a later read of the resource does not show it, or shows an array "
                "with the items that it had before as well. Resources that there is one of, such as `/settings`, are "
                "changed too. It is a warning where a PATCH of unknown meaning adds to an array."
            ),
            why="The user was promised a change that was lost.",
            example=(
                '`PATCH /orders/7` with `{"note": "fragile"}` answers 200. `GET /orders/7` answers with `"note": ""`.'
            ),
            remedy="Store every property that the contract allows to change, or refuse changes of the others.",
        ),
        Rule(
            "update-loses-others",
            "error",
            "an update of one member loses others",
            expected="members that an update does not speak of stay as they were",
            meaning=(
                "An update had one member, and others that it did not have are gone or null afterwards. A PATCH "
                "changes what it is sent and leaves the rest (RFC 5789 section 2; RFC 7396 for members of objects). It "
                "is a note where only members of one object are lost and the contract does not say that objects are "
                "merged, and a warning where the others have another value."
            ),
            why="Whoever changes a name does not expect that the address is deleted, and mostly notices too late.",
            example=(
                '`PATCH /orders/7` with `{"note": "fragile"}` answers 200. `GET /orders/7` had `"gift": "yes"` before '
                'and has `"gift": null` now.'
            ),
            remedy=(
                "Change the members that the request has, and no others; in objects of a merge patch too. If the "
                "update replaces the whole, document it as a PUT, or say so in its description."
            ),
        ),
        Rule(
            "put-keeps-omitted",
            "note",
            "PUT keeps what it was not sent",
            expected="members that a PUT does not have are as in a resource without them",
            meaning=(
                "A PUT without an optional member was accepted, and the resource still shows the value that an earlier "
                "request gave the member; twice, with other values. PUT replaces a resource by what is sent (RFC 9110 "
                "section 9.3.4), and many servers merge it instead. PUTs whose description says so are not judged."
            ),
            why="A client cannot remove the member, and one that sends the whole resource keeps what it left out.",
            example=(
                '`PUT /orders/7` with `{"item": "cup"}` answers 200. `GET /orders/7` had `"note": "fragile"` before '
                "and still has it."
            ),
            remedy="Replace the whole, offer a PATCH, or say in the description that what is left out stays.",
        ),
        Rule(
            "not-idempotent",
            "error",
            "the same PUT or DELETE has another effect the second time",
            expected="no further effect of the same PUT or DELETE (RFC 9110 section 9.2.2)",
            meaning=(
                "The same PUT was sent twice, and the second changed the resource once more; or the same DELETE was "
                "sent twice, and another resource is gone. PUT and DELETE are idempotent (RFC 9110 section 9.2.2)."
            ),
            why="Clients, proxies and libraries send such requests again by themselves when a connection breaks.",
            example=(
                '`PUT /orders/7` with `{"items": ["a"]}` is sent twice. `GET /orders/7` answers with '
                '`"items": ["a", "a"]`.'
            ),
            remedy="Set what a PUT has instead of adding to it, and delete by id; use POST for what is to add up.",
        ),
        Rule(
            "idempotency-key-ignored",
            "error",
            "two requests with one Idempotency-Key make two resources",
            expected="one resource for all requests with the same Idempotency-Key",
            meaning=(
                "The contract documents the header `Idempotency-Key`. The same request was sent twice with the same "
                "key, and made two resources."
            ),
            why="The header is there so that a payment or an order that is sent again after a time-out is made once.",
            example="`POST /payments` with `Idempotency-Key: a1` is sent twice, and answers with the ids 7 and 8.",
            remedy=(
                "Store the key together with what it made, for every variant of the request, and answer the second "
                "request with the first one's answer."
            ),
        ),
        Rule(
            "condition-ignored",
            "error",
            "the condition of a request is ignored",
            expected="304 for a matching If-None-Match, 412 for an If-Match that does not match",
            meaning=(
                "The contract documents conditional requests, and the server ignored a condition: it answered 200 to "
                "`If-None-Match` with the ETag that it had just given, or accepted an update with `If-Match` and an "
                "ETag from before another change (RFC 9110 sections 13.1.1 and 13.1.2)."
            ),
            why="Two people who edit the same thing overwrite each other's changes without noticing.",
            example='`PUT /orders/7` with `If-Match: "1"` answers 200, although the ETag was `"2"` by then.',
            remedy="Compare the header with the current ETag before anything else: 304 for reads, 412 for changes.",
        ),
        Rule(
            "stale-etag",
            "error",
            "an ETag does not change with what it stands for",
            expected="a new ETag after a change, in the answer to it as well",
            meaning=(
                "An update changed a resource, and its strong ETag stayed, or the answer to the update had the ETag "
                "from before (RFC 9110 sections 8.8.1 and 8.8.3); for two resources one after the other."
            ),
            why="Caches go on showing what is no more, and `If-Match` lets two people overwrite each other's changes.",
            example='`PATCH /orders/7` changes `note`. `GET /orders/7` has `ETag: "a1"` before and after.',
            remedy="Derive the ETag from all that is shown, or from a version, after the change has been stored.",
        ),
        Rule(
            "read-only-writable",
            "error",
            "a client can set a read-only member",
            expected="the server's own value of a read-only member",
            meaning=(
                "The server stored what a client sent for a member that is `readOnly`: it accepted a request with a "
                "value for it, and later showed that value, for two values one after the other. Such attempts are "
                "expected to be ignored or refused (JSON Schema 2020-12 Validation section 9.4)."
            ),
            why="Whoever may write the resource can then set what is the server's to say: an owner, a state, a role.",
            example=(
                'The contract marks `owner` as `readOnly`. After `PUT /orders/7` with `"owner": "ben"`, `GET '
                '/orders/7` answers with `"owner": "ben"`.'
            ),
            remedy=(
                "Take from requests only the members that clients may set, or remove `readOnly` if they may set this "
                "one."
            ),
        ),
        Rule(
            "views-differ",
            "error",
            "two answers show the same thing differently",
            expected="the same values in a list and in what is read by id",
            meaning=(
                "A list and the operation that reads one resource show the same resource with different values, or a "
                "resource shows fewer of its parts, or another number of them, than the collection of these parts. Two "
                "resources showed it, some time after they were made. It is a warning where one of the two only leaves "
                "a documented member out."
            ),
            why="What a user sees depends on the page that shows it, and counts on the two do not add up.",
            example='`GET /orders` shows order 7 with `"customer": null`, and `GET /orders/7` with `"customer": 12`.',
            remedy="Read both from the same place, and write them with the same code.",
        ),
        Rule(
            "created-not-listed",
            "error",
            "a created resource is not in the list",
            expected="the created resource is in the list",
            meaning="A resource that was just created is not in the list of its collection.",
            why="Users believe that their work is lost, and create it again.",
            example='`POST /orders` answers 201 with `"id": 7`. `GET /orders` lists the orders 1 to 6.',
            remedy=(
                "Check the filters, pages and cache of the list. If lists are delayed by design, add a waiver with "
                "that reason."
            ),
        ),
        Rule(
            "filter-mismatch",
            "error",
            "a filter does not decide what is listed",
            expected="a list of the items that have the value which the filter asks for, and of no others",
            meaning=(
                "A list was asked for items with one value, by a parameter of the query that is named like a member of "
                "the items. It lists items with other values, or leaves out an item that has the value. Both show for "
                "a second request, while the whole list stays the same. A text may be part of the item's text, in "
                "either case. Where a number may ask for a range, two numbers show it from both sides."
            ),
            why=(
                "Clients act on what they asked for: they show, count, bill or delete items that do not belong there, "
                "and miss those that do."
            ),
            example=(
                "Two orders are made, in the rooms 1 and 2. `GET /orders?room=1` lists both: the parameter is read "
                "and never used."
            ),
            remedy=(
                "Apply the parameter where the items are looked up. If it means something else than the member of its "
                "name, say so in its description, or give it another name."
            ),
        ),
        Rule(
            "page-mismatch",
            "error",
            "the pages of a list are not the list",
            expected="pages of the size asked for, which together are the whole list",
            meaning=(
                "A page of a list has more items than its limit, starts at another item than its offset says, names a "
                "total that is smaller than the list, or the pages together repeat or lose items. The whole list stays "
                "the same and in the same order meanwhile."
            ),
            why="Clients that read page by page miss items, count others twice, or never come to an end.",
            example="`GET /orders?offset=3&limit=2` begins with the first item: offsets are rounded down to pages.",
            remedy=(
                "Sort by something that is different in every item before cutting pages, and check the arithmetic of "
                "limit and offset at pages that are not full."
            ),
        ),
        Rule(
            "sort-mismatch",
            "error",
            "a list does not stand in the order asked for",
            expected="a list in the order that the query asks for",
            meaning=(
                "A list was asked for in the order of one of its members, and does not stand in that order, or not in "
                "the direction asked for. Only whole numbers and plain texts are compared, and texts in either case."
            ),
            why="Clients that show the first items, or stop at the first that is too old, show the wrong ones.",
            example="`GET /orders?sort=total&order=desc` lists totals 3, 9, 4.",
            remedy="Sort by the member that the query names, numbers as numbers, and read the direction.",
        ),
        Rule(
            "undocumented-status",
            "error",
            "the server answered with an undocumented status",
            meaning="The server answered with a status that the contract does not document.",
            why="Clients know neither its meaning nor the schema of its body.",
            example="The contract documents 200 and 404 for `GET /orders/{id}`. The server answers 403.",
            remedy="Document the response, or answer with a documented status.",
        ),
        Rule(
            "undocumented-content-type",
            "error",
            "the server answered with an undocumented media type",
            meaning=(
                "The server answered with a media type that the contract does not document. Often it is the error page "
                "of a framework or a proxy."
            ),
            why="Clients parse the body as what the contract documents, and fail.",
            example=(
                "The contract documents `application/json` for 404. The server answers 404 with `Content-Type: "
                "text/html`."
            ),
            remedy="Answer with a documented media type, in error handlers too, or document this one.",
        ),
        Rule(
            "slow-response",
            "error",
            "the server takes too long to answer",
            expected="an answer within the time that `max-response-time` allows",
            meaning=(
                "The answer took longer than `max-response-time` allows, also when the request was sent again while "
                "nothing else was under way. Without that setting it is a note on a request that takes ten times as "
                "long as others of its operation that are as large."
            ),
            why=(
                "Clients and gateways give up on slow answers and try again, which makes the server slower still. One "
                "request that takes much longer than others like it lets whoever finds it keep the server busy."
            ),
            example=(
                "`max-response-time = 1`, and `GET /orders?sort=total` takes 3.2 s or more each time: the database has "
                "no index for that order."
            ),
            remedy=(
                "Send the request again and look at where the time goes: a query without an index, a query for each "
                "item of a list, a regular expression that tries every way to match. If the operation takes its time "
                "on purpose, answer 202 and let clients ask for the result."
            ),
        ),
        Rule(
            "spec-invalid",
            "error",
            "the contract itself is not valid",
            expected="a document that OpenAPI and JSON Schema allow, and that some message can keep",
            meaning=(
                "The document breaks a rule of OpenAPI or JSON Schema, or says something that cannot be tested. An "
                "operation is not tested where its requests are not known for it; of a response, what is not valid is "
                "not judged, and the rest is. It is a warning where the document is valid and yet cannot mean what it "
                "says."
            ),
            why=(
                "Generated clients, servers and documentation read such a place in different ways, or not at all, and "
                "no test shows which of them is right."
            ),
            example='A schema has `"minimum": "1"`, and a minimum is a number.',
            remedy=(
                "Correct the document at the place that the finding names. `clausewise validate SPEC` lists all such "
                "places without a server; `--strict` refuses to test a document with any."
            ),
        ),
        Rule(
            "ref-not-fetched",
            "error",
            "a part of the contract is elsewhere and was not read",
            expected="a contract whose parts are all at hand",
            meaning=(
                "A `$ref` leads to a URL, and clausewise fetches none without being allowed to. The document may well "
                "be valid. All such references are one finding. It is a warning where every operation is tested: then "
                "only what stands behind the URLs, of responses, is not judged."
            ),
            why="What is not read is not tested, and nobody should take it for tested.",
            example='`GET /orders` answers with `$ref: "https://example.com/common.yaml#/Order"`.',
            remedy=(
                "Give `--allow-remote-refs` (`allow-remote-refs = true`), or keep a copy and name it in "
                "`[tool.clausewise.refs]`."
            ),
        ),
        Rule(
            "example-invalid",
            "error",
            "an example in the document breaks its own schema",
            meaning="An example in the document breaks its own schema.",
            why="People copy examples, and mocks answer with them.",
            example='The contract says that `currency` has three letters, and its example is `"Euro"`.',
            remedy="Correct the example, or correct the schema if the example is right.",
        ),
        Rule(
            "default-not-applied",
            "warning",
            "what was left out does not have its default",
            expected="the documented default of a member or a query parameter that the request left out",
            meaning=(
                "A resource was created without a member for which the contract documents a `default`, and the member "
                "is not shown, null, or has another value. Two resources showed it, some time after they were made. Or "
                "a list without a query parameter was another one than with its `default`, twice, while the list "
                "stayed as it was."
            ),
            why="Clients leave out what has the right default, and get something else.",
            example=(
                'The contract says that `currency` is "EUR" by default. `POST /orders` is sent no `currency`, and '
                '`GET /orders/7` shows `"currency": null`.'
            ),
            remedy="Set the default when the resource is stored, or take `default` out of the contract.",
        ),
        Rule(
            "echo-mismatch",
            "warning",
            "a response changed a field of the request",
            meaning=(
                "A response has another value for a field than the request had, and the contract does not document "
                "that the server changes it; or a file that was uploaded comes back cut or changed."
            ),
            why="A client that compares what it sent with what came back, or that searches for it, fails.",
            example='`POST /users` with `{"email": "Anna@Example.com"}` answers with `"email": "anna@example.com"`.',
            remedy=(
                "Store the value as it was sent. If the server normalizes it on purpose, document that in the contract "
                "and add a waiver."
            ),
        ),
        Rule(
            "accept-ignored",
            "warning",
            "an answer has another media type than the one that was asked for",
            expected="the documented media type that `Accept` names",
            meaning=(
                "A request named one media type in `Accept`, which the contract documents for the answer, and got "
                "another documented one (RFC 9110 section 12.5.1). All such answers of a server are one finding."
            ),
            why="Clients that can read only what they ask for cannot use the answer.",
            example="`GET /report` with `Accept: text/csv` answers 200 with `application/json`.",
            remedy="Choose the media type by `Accept`, or take the one that is never sent out of the contract.",
        ),
        Rule(
            "problem-status",
            "warning",
            "a problem tells another status than the answer",
            expected="the status of the answer, in `status` of a problem",
            meaning=(
                "An answer is a problem (`application/problem+json`), and its member `status` is not the status of the "
                "answer (RFC 9457 section 3.1.2). All such answers of a server are one finding."
            ),
            why="Clients that read the body, as behind a proxy that changes statuses, take one failure for another.",
            example='`GET /orders/7` answers 404 with `{"title": "Not Found", "status": 400}`.',
            remedy="Set the status of the answer and that of the problem in one place.",
        ),
        Rule(
            "leaked-internals",
            "warning",
            "an answer shows the words of an exception",
            expected="an answer without the words of an exception inside the server",
            meaning=(
                "An answer shows what failed inside the server: a stack trace, the message of an exception, the name "
                "of a class of its program or library, or a statement or table of its database. All answers with words "
                "of one language are one finding. What the request had, and what an example of the answer in the "
                "document shows, is none."
            ),
            why=(
                "It tells attackers what the server is made of, and clients nothing that they can act on. Often a "
                "failure that nobody expected is answered as if the client were to blame."
            ),
            example=(
                'The contract allows `title` to be null. `POST /notes` with `{"title": null}` answers 400 with '
                '`{"message": "Cannot read properties of null (reading \'trim\')"}`.'
            ),
            remedy=(
                "Catch the exception where it is raised, log it, and answer with a text written for clients. Check the "
                "value that the request had before it is used."
            ),
        ),
        Rule(
            "allow-header",
            "note",
            "`Allow` in a 405 answer is missing or wrong",
            expected="405 with an `Allow` header that names the methods of the path",
            meaning=(
                "The server refused a method with 405, and `Allow` is missing, names the refused method, or leaves out "
                "a documented one. A 405 answer must say which methods the path offers (RFC 9110 section 15.5.6)."
            ),
            why="Clients and gateways that ask which methods they may use get no answer, or a wrong one.",
            example="`PUT /orders` answers 405 without `Allow`; the contract documents `GET` and `POST`.",
            remedy="List the methods of the path in `Allow`; most frameworks do so when their router refuses a method.",
        ),
        Rule(
            "engine-disagreement",
            "warning",
            "two schema validators disagree about a value",
            meaning="Two JSON Schema validators disagree about a value: one of them reads the schema differently.",
            why="Clients and servers that validate with different libraries accept and refuse different values.",
            example=(
                "The contract has `pattern: '^\\d+$'`. One validator takes `\\d` for the digits 0 to 9, the other for "
                'every digit of Unicode, and the value is `"٣"`.'
            ),
            remedy="Look at the clause. If validators read its `pattern` or `format` differently, rewrite it.",
        ),
    )
}

_POSITIONS = {slug: position for position, slug in enumerate(RULES)}


def position(slug: str) -> int:
    """Where the findings of a rule stand among those of other rules, the first at 0."""
    return _POSITIONS.get(slug, len(RULES))


def rule_of(slug: str) -> Rule:
    """The rule with this slug; for the slug of a newer version, a rule whose title is the slug."""
    return RULES.get(slug) or Rule(slug, "error", slug, f"{slug[:1].upper()}{slug[1:]}.", "", "", "")
