"""Operations that work on a resource in one state only, use something up, or name what another path has made."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from clausewise.runner.run import Result
from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, not_offered, paths

#: paths, ids left out -> their methods
_OFFERED = {
    ("orders",): ("POST",),
    ("orders", "*"): ("GET", "DELETE"),
    ("orders", "*", "receipt"): ("GET",),
    ("orders", "*", "pay"): ("POST",),
    ("orders", "*", "send"): ("POST",),
    ("orders", "*", "lines"): ("POST",),
    ("orders", "*", "lines", "*"): ("DELETE",),
    ("books",): ("POST",),
    ("books", "*"): ("GET", "DELETE"),
    ("books", "*", "copies"): ("POST",),
    ("loans",): ("POST",),
    ("loans", "*"): ("GET",),
    ("devices",): ("POST",),
    ("devices", "*"): ("GET",),
    ("devices", "*", "commands"): ("POST",),
    ("commands", "*"): ("GET",),
    ("commands", "*", "cancel"): ("POST",),
}


class Orders:
    """Orders are sent, then paid, and have a receipt from then on; their lines are shown with them alone. A copy is
    lent once. Devices take commands, which stand in a collection of their own and are cancelled once.

    Who asks needs a token; the operation with a path that ends in `open_` needs none.
    """

    def __init__(self, open_: str = "") -> None:
        self.open_ = open_
        self.orders: dict[str, dict[str, Any]] = {}
        self.books: dict[str, dict[str, Any]] = {}
        self.copies: dict[int, bool] = {}
        self.loans: dict[str, dict[str, Any]] = {}
        self.commands: dict[str, str] = {}
        self.devices: set[str] = set()
        self.numbers = itertools.count(1)

    def __call__(self, call: Call) -> Answer:
        """The answer to one request."""
        is_open = bool(self.open_) and call.path.endswith(self.open_)
        if call.headers.get("authorization") != "Bearer good" and not is_open:
            return 401, {"message": "who are you"}
        steps = call.path.strip("/").split("/")
        methods = _OFFERED.get(tuple("*" if number % 2 else step for number, step in enumerate(steps)))
        if methods is None:
            return 404, {"message": "no such path"}
        if call.method not in methods:
            return not_offered(*methods)
        if call.content and call.headers.get("content-type") != "application/json":
            return 400, {"message": "JSON is wanted"}
        handler: Callable[..., Answer] = getattr(self, f"_{steps[0]}")
        return handler(call, steps[1:])

    def _orders(self, call: Call, steps: list[str]) -> Answer:
        if not steps:
            return self._made(call, self.orders, {"state": "draft", "lines": []})
        order = self.orders.get(steps[0])
        if order is None:
            return 404, {"message": "no such order"}
        if steps[1:] == ["lines"]:
            if not _is_named(call.body):
                return 422, {"message": "`name` is a text"}
            order["lines"].append({"id": f"l{next(self.numbers)}", "name": call.body["name"]})
            return 201, order
        if steps[1:2] == ["lines"]:
            left = [line for line in order["lines"] if line["id"] != steps[2]]
            if len(left) == len(order["lines"]):
                return 404, {"message": "no such line"}
            order["lines"] = left
            return 204, None
        return self._moved(call, steps, order)

    def _moved(self, call: Call, steps: list[str], order: dict[str, Any]) -> Answer:
        if steps[1:] == ["receipt"]:
            return (200, {"of": order["id"]}) if order["state"] == "paid" else (404, {"message": "not paid"})
        for verb, before, after in (("send", "draft", "sent"), ("pay", "sent", "paid")):
            if steps[1:] == [verb]:
                if order["state"] != before:
                    return 409, {"message": f"only an order that is {before} can be {after}"}
                order["state"] = after
                return 200, order
        if call.method == "DELETE":
            del self.orders[steps[0]]
            return 204, None
        return 200, order

    def _books(self, call: Call, steps: list[str]) -> Answer:
        if not steps:
            return self._made(call, self.books, {})
        if steps[0] not in self.books:
            return 404, {"message": "no such book"}
        if steps[1:] == ["copies"]:
            number = next(self.numbers)
            self.copies[number] = False
            return 201, {"id": number}
        if call.method == "DELETE":
            del self.books[steps[0]]
            return 204, None
        return 200, self.books[steps[0]]

    def _loans(self, call: Call, steps: list[str]) -> Answer:
        if steps:
            loan = self.loans.get(steps[0])
            return (200, loan) if loan is not None else (404, {"message": "no such loan"})
        body = call.body if isinstance(call.body, dict) else {}
        copy, days = body.get("copyId"), body.get("days", 7)
        if type(copy) is not int or type(days) is not int or not 1 <= days <= 60:
            return 422, {"message": "a copy, for 1 to 60 days"}
        if self.copies.get(copy) is not False:
            return (409, {"message": "it is lent"}) if copy in self.copies else (422, {"message": "no such copy"})
        self.copies[copy] = True
        loan = {"id": f"loan{next(self.numbers)}", "copyId": copy, "days": days}
        self.loans[loan["id"]] = loan
        return 201, loan

    def _devices(self, call: Call, steps: list[str]) -> Answer:
        if not steps:
            number = f"d{next(self.numbers)}"
            self.devices.add(number)
            return 201, {"id": number}
        if steps[0] not in self.devices:
            return 404, {"message": "no such device"}
        if steps[1:] == ["commands"]:
            number = f"c{next(self.numbers)}"
            self.commands[number] = "queued"
            return 201, {"id": number, "state": "queued"}, {"location": f"/commands/{number}"}
        return 200, {"id": steps[0]}

    def _commands(self, call: Call, steps: list[str]) -> Answer:
        if not steps or steps[0] not in self.commands:
            return 404, {"message": "no such command"}
        if steps[1:] == ["cancel"]:
            if self.commands[steps[0]] == "cancelled":
                return 409, {"message": "it is cancelled"}
            self.commands[steps[0]] = "cancelled"
        return 200, {"id": steps[0], "state": self.commands[steps[0]]}

    def _made(self, call: Call, kept: dict[str, dict[str, Any]], more: dict[str, Any]) -> Answer:
        if not _is_named(call.body):
            return 422, {"message": "`name` is a text"}
        number = f"n{next(self.numbers)}"
        kept[number] = {**call.body, "id": number, **more}
        return 201, kept[number]


def _is_named(body: Any) -> bool:
    name = body.get("name") if isinstance(body, dict) else None
    return isinstance(name, str) and len(name) <= 40


_ORDERS = (
    "POST /orders",
    "GET /orders/{id}",
    "DELETE /orders/{id}",
    # Before what they need, as in many a document.
    "GET /orders/{id}/receipt",
    "POST /orders/{id}/pay",
    "POST /orders/{id}/send",
    "POST /orders/{id}/lines",
    "DELETE /orders/{id}/lines/{line}",
)
_LOANS = ("POST /books", "GET /books/{id}", "DELETE /books/{id}", "POST /books/{id}/copies", "GET /loans/{id}")
_COMMANDS = (
    "POST /devices",
    "GET /devices/{id}",
    "POST /devices/{id}/commands",
    "GET /commands/{id}",
    "POST /commands/{id}/cancel",
)

_COPY = "POST /books/{id}/copies"

#: what a loan is made by
_LOAN = {
    "type": "object",
    "required": ["copyId"],
    "properties": {"copyId": {"type": "integer"}, "days": {"type": "integer", "minimum": 1, "maximum": 60}},
}


def _document(*entries: str) -> dict[str, Any]:
    """`entries`, with a token; what does something to a resource, or makes one without values, takes no body."""
    found = paths(*entries)
    for path, operations in found.items():
        last = path.rpartition("/")[2]
        for method, operation in operations.items():
            if method == "post" and last in ("send", "pay", "cancel", "commands", "copies", "devices"):
                operation.pop("requestBody")
    if "/loans/{id}" in found:
        found |= paths("POST /loans", body=_LOAN)
    scheme = {"token": {"type": "http", "scheme": "bearer"}}
    return {"paths": found, "security": [{"token": []}], "components": {"securitySchemes": scheme}}


def _run(compiled: Compile, server: Orders, *entries: str) -> Result:
    return drive(compiled(_document(*entries)), server, headers=(("Authorization", "Bearer good"),))


@pytest.mark.parametrize("entries", [_ORDERS, _LOANS, _COMMANDS], ids=["orders", "loans", "commands"])
def test_every_operation_is_accepted_and_nobody_is_blamed(compiled: Compile, entries: tuple[str, ...]) -> None:
    result = _run(compiled, Orders(), *entries)
    assert [finding.message for finding in result.run.findings if finding.severity == "error"] == []
    assert result.run.unaccepted == ()
    assert not [note for note in result.notes if "now answers" in note]


@pytest.mark.parametrize(
    ("entries", "key"),
    [
        (_ORDERS, "GET /orders/{id}/receipt"),
        (_ORDERS, "POST /orders/{id}/pay"),
        (_ORDERS, "POST /orders/{id}/send"),
        (_ORDERS, "DELETE /orders/{id}/lines/{line}"),
        (_COMMANDS, "POST /commands/{id}/cancel"),
    ],
    ids=["in the last state", "in the second", "once", "what an answer shows inside", "made by another path"],
)
def test_credentials_are_asked_for_where_the_request_would_be_accepted(
    compiled: Compile, entries: tuple[str, ...], key: str
) -> None:
    last = key.rpartition("/")[2]
    server = _Open() if last == "{line}" else Orders(last)
    found = {(finding.rule, *finding.operations) for finding in _run(compiled, server, *entries).run.findings}
    assert ("auth-not-enforced", key) in found


class _Open(Orders):
    """Lets everybody delete lines."""

    def __call__(self, call: Call) -> Answer:
        if call.method == "DELETE" and "/lines/" in call.path:
            return self._orders(call, call.path.strip("/").split("/")[1:])
        return super().__call__(call)


def test_what_is_used_up_is_made_anew_for_each_request(compiled: Compile) -> None:
    class Careless(Orders):
        """Lends for any number of days."""

        def _loans(self, call: Call, steps: list[str]) -> Answer:
            if isinstance(call.body, dict) and type(call.body.get("days")) is int and call.body["days"] > 60:
                call = Call(call.method, call.path, {**call.body, "days": 60}, call.headers, call.content, call.query)
            return super()._loans(call, steps)

    result = _run(compiled, Careless(), *_LOANS)
    assert "POST /loans accepted (201) a request where `days` is 61; the contract says `days` is at most 60" in [
        finding.message for finding in result.run.findings
    ]
    asked = [e for e in result.exchanges if e.request.method == "POST" and e.request.target == "/loans"]
    made = [e for e in result.exchanges if e.probe and (e.probe.phase, e.probe.operation) == ("setup", _COPY)]
    # What names another copy, as a breach does, needs none.
    assert 0 < len(made) < len(asked)


def test_an_example_of_the_document_is_no_name_for_something_new(compiled: Compile) -> None:
    class Books(Orders):
        """Books are called by the number that their maker gives them."""

        def _books(self, call: Call, steps: list[str]) -> Answer:
            number = call.body.get("number") if isinstance(call.body, dict) else None
            if not steps and call.method == "POST":
                if not isinstance(number, str) or len(number) != 10 or not number.isdecimal():
                    return 422, {"message": "ten digits"}
                if number in self.books:
                    return 409, {"message": "it is there"}
                self.books[number] = {"number": number}
                return 201, self.books[number]
            return super()._books(call, steps)

    number = {"type": "string", "pattern": "^[0-9]{10}$", "example": "0123456789"}
    document = paths(
        *("POST /books", "GET /books/{number}", "DELETE /books/{number}"),
        body={"type": "object", "required": ["number"], "properties": {"number": number}},
    )
    for operation in document["/books/{number}"].values():
        operation["parameters"][0]["schema"] = number
    result = drive(compiled({"paths": document}), Books("books"), headers=(("Authorization", "Bearer good"),))
    assert not [note for note in result.notes if "every id alike" in note or "now answers" in note]
    assert result.run.unaccepted == () and result.run.coverage.operations.accepted == 3


@pytest.mark.parametrize("member", ["status", "orderState"])
def test_a_state_that_an_update_sets_is_reached(compiled: Compile, member: str) -> None:
    class Parcels(Shelves):
        """Parcels are moved on by updates, and returned once they were delivered."""

        def answer(self, call: Call) -> Answer:
            parcel = self.kept.get(call.path.removesuffix("/return"))
            if parcel is not None and call.path.endswith("/return"):
                if call.method != "POST":
                    return not_offered("POST")
                is_there = parcel.get(member) == "delivered"
                return (200, parcel) if is_there else (409, {"message": "it is not there yet"})
            body = call.body if isinstance(call.body, dict) else {}
            if call.method == "PATCH" and body.get(member, "new") not in ("new", "sent", "delivered"):
                return 400, {"message": "no such state"}
            return super().answer(call)

    document = paths("POST /parcels", "GET /parcels/{id}", "POST /parcels/{id}/return", "DELETE /parcels/{id}")
    states = {"type": "object", "properties": {member: {"type": "string", "enum": ["new", "sent", "delivered"]}}}
    document["/parcels/{id}"] |= paths("PATCH /parcels/{id}", body=states)["/parcels/{id}"]
    document["/parcels/{id}/return"]["post"].pop("requestBody")
    assert drive(compiled({"paths": document}), Parcels(), phases=("baseline",)).run.unaccepted == ()
