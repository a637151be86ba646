"""Queries: what a list is asked for is what it lists, on a catalogue with one fault, and on those without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest

from clausewise.runner.run import Result
from tests.conftest import Compile
from tests.servers.catalogue import Catalogue, document
from tests.servers.small import Answer, Call, drive

_FILTERS = ("kind", "title", "weight", "sold")
_PHASES = ("baseline", "queries")
_RULES = ("filter-mismatch", "page-mismatch", "sort-mismatch", "server-error")


def _asked(compiled: Compile, server: Catalogue, *names: str, **described: Any) -> Result:
    return drive(compiled(document(*names, **described)), server, phases=("baseline", "queries"))


def _found(result: Result) -> list[tuple[str, str]]:
    return [(finding.rule, finding.message) for finding in result.run.findings if finding.rule in _RULES]


@pytest.mark.parametrize("makes", [True, False], ids=["that can be made", "that are there"])
@pytest.mark.parametrize(
    ("fault", "names", "rule", "message"),
    [
        ("ignores kind", _FILTERS, "filter-mismatch", "listThings ignores the query parameter `kind`: asked for "),
        ("ignores title", _FILTERS, "filter-mismatch", "listThings ignores the query parameter `title`: asked for "),
        ("ignores weight", _FILTERS, "filter-mismatch", "listThings ignores the query parameter `weight`: asked for "),
        ("ignores sold", _FILTERS, "filter-mismatch", "listThings ignores the query parameter `sold`: asked for "),
        (
            "ignores kind", ("filters",), "filter-mismatch",
            "listThings ignores `kind` in the query parameter `filters`: asked for ",
        ),
        ("one more", ("limit",), "page-mismatch", "listThings lists 2 items where `limit` is 1"),
        ("one more", ("limit", "offset"), "page-mismatch", "listThings lists 2 items where `limit` is 1"),
        (
            "rounds", ("limit", "offset"), "page-mismatch",
            "listThings does not start where `offset` = 1 says: it begins with item 1 of the list, and not with item 2",
        ),
        (
            "rounds", ("offset",), "page-mismatch",
            "listThings does not start where `offset` = 1 says: it begins with item 1 of the list, and not with item 2",
        ),
        (
            "overlaps", ("limit", "page"), "page-mismatch",
            "the pages of listThings, 2 items each by `page`, are not the list together: item f1 is on two of them",
        ),
        (
            "loses", ("limit", "page"), "page-mismatch",
            "the pages of listThings, 2 items each by `page`, are not the list together: item b2 is on none of them",
        ),
        (
            "loses by cursor", ("limit", "cursor"), "page-mismatch",
            "the pages of listThings, 2 items each by `cursor`, are not the list together: item b2 is on none of them",
        ),
        ("unsorted", ("sort",), "sort-mismatch", "listThings does not sort by `weight` where `sort` = weight asks for"),
        ("as texts", ("sort",), "sort-mismatch", "listThings does not sort by `title` where `sort` = title asks for"),
        (
            "one direction", ("sort", "order"), "sort-mismatch",
            "listThings does not sort by `weight` where `sort` = weight and `order` = desc asks for it",
        ),
    ],
)  # fmt: skip
def test_a_query_that_is_not_answered_as_asked_is_one_finding(
    compiled: Compile, fault: str, names: tuple[str, ...], rule: str, message: str, makes: bool
) -> None:
    ((found, said),) = _found(_asked(compiled, Catalogue(fault), *names, makes=makes))
    assert found == rule and said.startswith(message)


@pytest.mark.parametrize(
    ("fault", "names"),
    [("one more", ("limit",)), ("rounds", ("limit", "offset")), ("overlaps", ("limit", "page"))],
)
def test_two_lists_that_are_cut_wrongly_in_one_way_are_one_finding(
    compiled: Compile, fault: str, names: tuple[str, ...]
) -> None:
    written = document(*names, makes=False)
    things = written["paths"]["/things"]["get"]
    written["paths"]["/parts"] = {"get": {**things, "operationId": "listParts"}}
    (finding,) = drive(compiled(written), Catalogue(fault), phases=("baseline", "queries")).run.findings
    assert finding.operations == ("listParts", "listThings")


_COUNTS: dict[str, Callable[[int, int], int]] = {
    "of all": lambda _, of_all: of_all,
    "of a page": lambda on_page, _: on_page,
    "one more": lambda _, of_all: of_all + 1,
}


@pytest.mark.parametrize("in_body", [True, False], ids=["in the body", "in a header"])
@pytest.mark.parametrize(
    ("counts", "names", "words"),
    [
        ("of all", ("limit", "page"), ""),
        ("of all", ("limit", "offset"), ""),
        ("of a page", ("limit", "page"), "as 2 where `limit` is 2"),
        ("one more", ("limit", "page"), "lists 7 items, and none where its query asks for what follows"),
        ("one more", ("limit", "offset"), "lists 7 items, and none where its query asks for what follows"),
        ("one more", ("offset",), "lists 7 items, and none where its query asks for what follows"),
        ("one more", ("limit",), ""),
    ],
)
def test_what_is_counted_is_what_there_is(
    compiled: Compile, counts: str, names: tuple[str, ...], words: str, in_body: bool
) -> None:
    server = Catalogue()
    server.counts, server.in_body = _COUNTS[counts], in_body
    found = [message for rule, message in _found(_asked(compiled, server, *names, makes=False))]
    name = "total" if in_body else "x-total-count"
    assert len(found) == bool(words) and all(words in message and f"shows `{name}`" in message for message in found)


def test_a_count_may_be_of_a_page_where_the_document_says_so(compiled: Compile) -> None:
    server = Catalogue()
    server.counts, server.in_body = _COUNTS["of a page"], False
    assert _found(_asked(compiled, server, "limit", "page", makes=False, header="Things on this page.")) == []


def test_an_item_that_a_filter_leaves_out_is_a_finding(compiled: Compile) -> None:
    found = _found(_asked(compiled, Catalogue("misses"), "title"))
    assert len(found) == 1 and found[0][1].startswith("listThings does not list the item whose `title` is ")


@pytest.mark.parametrize("makes", [True, False], ids=["that can be made", "that are there"])
@pytest.mark.parametrize(
    "names",
    [_FILTERS, ("filters",), ("limit", "offset"), ("offset",), ("limit", "page"), ("limit", "cursor"), ("sort",),
     ("sort", "order"), (*_FILTERS, "limit", "offset", "sort", "order")],
    ids=" ".join,
)  # fmt: skip
@pytest.mark.parametrize(
    "habit", ["", "default limit", "without case", "search", "unstable order", "written by others"]
)
def test_queries_that_are_answered_as_asked_are_none(
    compiled: Compile, habit: str, names: tuple[str, ...], makes: bool
) -> None:
    if habit == "unstable order" and "sort" in names:
        # What is asked to be sorted has an order.
        names = tuple(name for name in names if name not in ("sort", "order")) or ("limit",)
    assert _found(_asked(compiled, Catalogue(habit=habit), *names, makes=makes)) == []


def test_nothing_is_found_where_there_is_nothing(compiled: Compile) -> None:
    names = (*_FILTERS, "limit", "page", "sort", "order")
    assert _found(_asked(compiled, Catalogue(empty=True), *names, makes=False)) == []


@pytest.mark.parametrize("fault", ["ignores kind", "ignores weight"])
def test_two_things_are_made_where_the_list_is_empty(compiled: Compile, fault: str) -> None:
    assert len(_found(_asked(compiled, Catalogue(fault, empty=True), *_FILTERS))) == 1


def test_a_filter_with_another_meaning_is_held_to_that_of_a_range(compiled: Compile) -> None:
    assert _found(_asked(compiled, Catalogue(habit="range"), "weight")) == []
    described = {"kind": "Leave out things of any kind before this one"}
    assert _found(_asked(compiled, Catalogue("ignores kind"), "kind", descriptions=described)) == []


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        pytest.param(lambda sold: sold, False, id="shows it, or not"),
        pytest.param(lambda sold: True, True, id="shows all alike"),
    ],
)
def test_a_parameter_that_decides_whether_a_member_is_shown_is_no_filter(
    compiled: Compile, shown: Callable[[bool], bool], told: bool
) -> None:
    def answer(call: Call) -> Answer:
        with_it = shown("sold=false" not in call.query)
        return 200, [{"id": number, **({"sold": number == 1} if with_it else {})} for number in (1, 2)]

    item = {"type": "object", "properties": {"id": {"type": "integer"}, "sold": {"type": "boolean"}}}
    content = {"application/json": {"schema": {"type": "array", "items": item}}}
    asked = {"name": "sold", "in": "query", "schema": {"type": "boolean"}}
    listing = {
        "operationId": "list",
        "parameters": [asked],
        "responses": {"200": {"description": "", "content": content}},
    }
    result = drive(compiled({"paths": {"/things": {"get": listing}}}), answer, phases=("baseline", "queries"))
    assert [rule for rule, _ in _found(result)] == ["filter-mismatch"] * told


@pytest.mark.parametrize(("name", "told"), [("fields", False), ("select", False), ("tags", True)])
def test_a_parameter_that_chooses_what_is_shown_is_no_filter(compiled: Compile, name: str, told: bool) -> None:
    items = [{"id": 1, name: ["a"]}, {"id": 2, name: ["b"]}]
    shown = {"type": "object", "properties": {"id": {}, name: {"type": "array", "items": {"type": "string"}}}}
    content = {"application/json": {"schema": {"type": "array", "items": shown}}}
    asked = {"name": name, "in": "query", "schema": {"type": "string"}}
    listing = {
        "operationId": "list",
        "parameters": [asked],
        "responses": {"200": {"description": "", "content": content}},
    }
    contract = compiled({"paths": {"/things": {"get": listing}}})
    result = drive(contract, lambda call: (200, items), phases=("baseline", "queries"))
    assert [rule for rule, _ in _found(result)] == ["filter-mismatch"] * told


def test_the_requests_of_one_operation_are_bounded(compiled: Compile) -> None:
    names = (*_FILTERS, "limit", "offset", "page", "sort", "order")
    result = _asked(compiled, Catalogue(), *names)
    asked = [exchange for exchange in result.exchanges if exchange.probe and exchange.probe.phase == "queries"]
    assert 20 < len(asked) <= 120


#: what JSON:API calls the parameters of the catalogue
_FAMILIES = {"filter[kind]": "kind", "filter[title]": "title", "page[size]": "limit", "page[after]": "cursor"}


def _enveloped(*names: str, makes: bool) -> dict[str, Any]:
    """The document of the catalogue with these families of parameters; a thing is sent in two envelopes."""
    written = document(*(_FAMILIES[name] for name in names), makes=makes)
    for name, parameter in zip(names, written["paths"]["/things"]["get"]["parameters"], strict=True):
        parameter["name"] = name
    if makes:
        content = written["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]
        data = {"type": "object", "required": ["attributes"], "properties": {"attributes": content["schema"]}}
        content["schema"] = {"type": "object", "required": ["data"], "properties": {"data": data}}
        del written["paths"]["/things"]["post"]["responses"]["201"]["content"]
    return written


class _Enveloped(Catalogue):
    """The catalogue behind such names and envelopes."""

    def __call__(self, call: Call) -> Answer:
        own = {_FAMILIES.get(name, name): value for name, value in parse_qsl(call.query, keep_blank_values=True)}
        data = call.body.get("data") if isinstance(call.body, dict) else None
        body = data.get("attributes") if isinstance(data, dict) else None
        status, value, *_ = super().__call__(msgspec.structs.replace(call, query=urlencode(own), body=body))
        if not isinstance(value, dict) or status >= 400:
            return status, value
        if "items" not in value:
            return status, {"data": self._item(value)}
        return status, {"data": list(map(self._item, value["items"])), "meta": {"next": value["next_cursor"]}}

    def _item(self, item: dict[str, Any]) -> dict[str, Any]:
        return {"id": item["id"], "attributes": {name: value for name, value in item.items() if name != "id"}}


@pytest.mark.parametrize("empty", [False, True], ids=["with things", "without"])
@pytest.mark.parametrize(
    ("fault", "names", "rule", "message"),
    [
        ("", ("filter[kind]", "filter[title]", "page[size]", "page[after]"), "", ""),
        ("ignores kind", ("filter[kind]",), "filter-mismatch", "ignores the query parameter `filter[kind]`: asked for"),
        ("loses by cursor", ("page[size]", "page[after]"), "page-mismatch", "2 items each by `page[after]`, are not"),
    ],
)
def test_families_of_parameters_and_envelopes_are_read(
    compiled: Compile, fault: str, names: tuple[str, ...], rule: str, message: str, empty: bool
) -> None:
    server = _Enveloped(fault, empty=empty)
    result = drive(compiled(_enveloped(*names, makes=empty)), server, phases=("baseline", "queries"))
    found = _found(result)
    assert [name for name, _ in found] == ([rule] if rule else [])
    assert all(message in said for _, said in found)


def test_things_are_made_of_an_alternative_that_has_the_member(compiled: Compile) -> None:
    """Two things with other values of `sold` are made of a body that is a union."""
    written = document("sold")
    content = written["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]
    alternatives = [{**content["schema"], "title": kind} for kind in ("book", "film")]
    for each in alternatives:
        own = {"kind": {"type": "string", "enum": [each["title"]]}}
        each["properties"] = each["properties"] | own
    content["schema"] = {"oneOf": alternatives}
    assert len(_found(drive(compiled(written), Catalogue("ignores sold", empty=True), phases=_PHASES))) == 1


class _Tagged(Catalogue):
    """Things have `tags`, and the list takes one `tag`."""

    def __call__(self, call: Call) -> Answer:
        if call.line != "GET /things":
            return super().__call__(call)
        wanted = dict(parse_qsl(call.query)).get("tag")
        things = [{"id": f"t{number}", "tags": tags} for number, tags in enumerate((["red"], ["blue", "old"], []))]
        if self.fault != "ignores tag" and wanted is not None:
            things = [thing for thing in things if wanted in thing["tags"]]
        return 200, things


@pytest.mark.parametrize("fault", ["", "ignores tag"])
def test_one_value_is_asked_of_an_array(compiled: Compile, fault: str) -> None:
    written = document(makes=False)
    tag = {"name": "tag", "in": "query", "schema": {"type": "string"}}
    written["paths"]["/things"]["get"]["parameters"] = [tag]
    told = [message for rule, message in _found(drive(compiled(written), _Tagged(fault), phases=_PHASES))]
    words = "listThings ignores the query parameter `tag`"
    assert [message.partition(":")[0] for message in told] == [words] * bool(fault)


@pytest.mark.parametrize(
    ("server", "told"),
    [
        (Catalogue(habit="default limit"), []),
        (
            Catalogue(),
            ["the default of the query parameter `limit` is 5, and listThings lists 7 items without it, and 5 "],
        ),
        (Catalogue(habit="written by others"), []),
    ],
    ids=["applied", "ignored", "a list that changes"],
)
def test_a_list_without_a_parameter_is_the_one_with_its_default(
    compiled: Compile, server: Catalogue, told: list[str]
) -> None:
    contract = document("limit", makes=False)
    contract["paths"]["/things"]["get"]["parameters"][0]["schema"] = {"type": "integer", "minimum": 1, "default": 5}
    findings = drive(compiled(contract), server, phases=_PHASES).run.findings
    found = [finding.message for finding in findings if finding.rule == "default-not-applied"]
    assert len(found) == len(told) and all(map(str.startswith, found, told)), found


class Linked(Catalogue):
    """Gives pages of as many items as `limit` says, with a link to the next one; `wrong` says what is wrong with it,
    and `place` where it stands."""

    def __init__(self, wrong: str = "", place: str = "header") -> None:
        super().__init__()
        self._wrong, self._place = wrong, place

    def __call__(self, call: Call) -> Answer:
        """The answer to one request."""
        if call.line != "GET /things":
            return super().__call__(call)
        query = dict(parse_qsl(call.query))
        size, start = int(query.get("limit", 100)), int(query.get("after", 0))
        if start >= len(self.items) and self._wrong == "leads nowhere":
            return 400, {"message": "there is no such page"}
        step = {"the same": 0, "overlaps": size - 1, "skips": size + 1}.get(self._wrong, size)
        address = f"https://api.example/v1/things?{urlencode({'limit': size, 'after': start + step})}"
        is_last = start + size >= len(self.items)
        shown: dict[str, Any] = {"items": self.items[start : start + size]}
        if is_last and self._wrong != "leads nowhere":
            return 200, shown
        if self._place == "header":
            return (
                200,
                shown,
                {"link": f'<https://api.example/things>; rel="first", <{address}>; title="1, 2"; REL=next'},
            )
        return 200, {
            **shown,
            **({"next": address} if self._place == "member" else {"links": {"next": {"href": address}}}),
        }


@pytest.mark.parametrize("place", ["header", "member", "object"])
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("", []),
        ("the same", ["item b1 is on two of them"]),
        ("overlaps", ["item f1 is on two of them"]),
        ("skips", ["item b2 is on none of them"]),
        ("leads nowhere", ["listThings answers 400 to its own link to the next page"]),
    ],
)
def test_links_to_the_next_page_lead_through_the_list(
    compiled: Compile, wrong: str, told: list[str], place: str
) -> None:
    found = _found(_asked(compiled, Linked(wrong, place), "limit", makes=False))
    assert [rule for rule, _ in found] == ["page-mismatch"] * len(told)
    assert all(message.endswith(words) for (_, message), words in zip(found, told, strict=True)), found


@pytest.mark.parametrize(
    ("reverses", "told"),
    [(True, []), (False, ["listThings lists the same order for `order` = asc and `order` = desc"])],
    ids=["both ways", "one way"],
)
def test_a_list_with_one_order_has_it_in_both_directions(compiled: Compile, reverses: bool, told: list[str]) -> None:
    class Ordered(Catalogue):
        """Lists things in the order of their ids, or in the reverse."""

        def __call__(self, call: Call) -> Answer:
            if call.line != "GET /things":
                return super().__call__(call)
            is_reverse = reverses and dict(parse_qsl(call.query)).get("order") == "desc"
            return 200, {"items": sorted(self.items, key=lambda item: str(item["id"]), reverse=is_reverse)}

    found = _found(_asked(compiled, Ordered(), "order", makes=False))
    assert found == [("sort-mismatch", message) for message in told]
