"""Values as XML and back, by the `xml` objects of their schemas."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clausewise.contract.bodies import read_body, write_body
from clausewise.contract.parts import MediaContract
from clausewise.media.codec import Malformed
from tests.conftest import Compile

_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
_ATTRIBUTE = {"type": "string", "xml": {"attribute": True}}


@pytest.fixture(scope="session")
def entry_of(compiled: Compile) -> Any:
    """The XML body that a schema describes, with the components `Pet` (`xml: {name: pet}`) and `Box`."""
    components = {
        "Pet": {"type": "object", "xml": {"name": "pet"}, "properties": {"id": _NUMBER}},
        "Box": {"type": "object", "properties": {"id": _NUMBER}},
    }

    def entry_of(schema: dict[str, Any]) -> MediaContract:
        body = {"content": {"application/xml": {"schema": schema}}}
        paths = {"/": {"post": {"operationId": "post", "requestBody": body, "responses": {}}}}
        found = compiled({"paths": paths, "components": {"schemas": components}}).operation("post").body
        assert found is not None and found.judged is not None
        return found.judged

    return entry_of


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "xml": {"name": "a"}, "properties": properties, **more}


_NAMED = {"type": "array", "items": {**_TEXT, "xml": {"name": "tag"}}}


@pytest.mark.parametrize(
    ("schema", "value", "written"),
    [
        pytest.param({"$ref": "#/components/schemas/Box"}, {"id": 1}, "<Box><id>1</id></Box>", id="component"),
        pytest.param({"$ref": "#/components/schemas/Pet"}, {"id": 1}, "<pet><id>1</id></pet>", id="name"),
        pytest.param(
            _object({"b": {**_TEXT, "xml": {"name": "c"}}}), {"b": "<&"}, "<a><c>&lt;&amp;</c></a>", id="member"
        ),
        pytest.param(
            _object({"b": {**_NUMBER, "xml": {"attribute": True, "name": "c"}}, "d": _TEXT}),
            {"b": 1, "d": ""},
            '<a c="1"><d></d></a>',
            id="attribute",
        ),
        pytest.param(
            _object({"b": {"type": "array", "items": _NUMBER}}), {"b": [1, 2]}, "<a><b>1</b><b>2</b></a>", id="array"
        ),
        pytest.param(_object({"b": _NAMED}), {"b": ["x"]}, "<a><tag>x</tag></a>", id="name of items"),
        pytest.param(
            _object({"b": {**_NAMED, "xml": {"name": "ignored"}}}), {"b": ["x"]}, "<a><tag>x</tag></a>", id="unwrapped"
        ),
        pytest.param(
            _object({"b": {**_NAMED, "xml": {"wrapped": True}}}),
            {"b": ["x", "y"]},
            "<a><b><tag>x</tag><tag>y</tag></b></a>",
            id="wrapped",
        ),
        pytest.param(
            _object({"b": {"type": "array", "items": _TEXT, "xml": {"wrapped": True, "name": "c"}}}),
            {"b": []},
            "<a><c></c></a>",
            id="empty wrapper",
        ),
        pytest.param(
            _object({"b": {"type": "array", "items": _TEXT, "xml": {"wrapped": True, "name": "c"}}}),
            {"b": ["x"]},
            "<a><c><c>x</c></c></a>",
            id="items are named as their wrapper",
        ),
        pytest.param(
            _object({"b": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}}),
            {"b": [{"id": 1}]},
            "<a><pet><id>1</id></pet></a>",
            id="items of a component",
        ),
        pytest.param(
            {"type": "array", "xml": {"name": "a"}, "items": {**_NUMBER, "xml": {"name": "b"}}},
            [1, 2],
            "<a><b>1</b><b>2</b></a>",
            id="array at the root",
        ),
        pytest.param(
            _object({"b": {**_TEXT, "xml": {"namespace": "u", "prefix": "p"}}}),
            {"b": "x"},
            '<a><p:b xmlns:p="u">x</p:b></a>',
            id="prefix",
        ),
        pytest.param(
            _object({"b": _TEXT}, xml={"name": "a", "namespace": "u"}),
            {"b": "x"},
            '<a xmlns="u"><b>x</b></a>',
            id="namespace",
        ),
        pytest.param(
            _object({"b": _TEXT}, xml={"name": "a", "namespace": "u", "prefix": "p"}),
            {"b": "x"},
            '<p:a xmlns:p="u"><b>x</b></p:a>',
            id="namespace with a prefix",
        ),
        pytest.param(
            _object({"b": {**_NAMED, "xml": {"wrapped": True}}}, xml={"name": "a", "namespace": "u", "prefix": "p"}),
            {"b": ["x"]},
            '<p:a xmlns:p="u"><b><tag>x</tag></b></p:a>',
            id="wrapper in an element with a prefix",
        ),
        pytest.param(
            _object({"b": {**_TEXT, "xml": {"attribute": True, "namespace": "u", "prefix": "p"}}}),
            {"b": '"\n'},
            """<a p:b='"&#10;' xmlns:p="u"></a>""",
            id="attribute with a prefix",
        ),
        pytest.param(
            _object({"b": {**_TEXT, "xml": {"nodeType": "text"}}, "c": {**_TEXT, "xml": {"nodeType": "attribute"}}}),
            {"c": "y", "b": "x"},
            '<a c="y">x</a>',
            id="nodeType",
        ),
        pytest.param(
            _object({"b": {"type": ["string", "null"]}}),
            {"b": None},
            '<a><b xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"></b></a>',
            id="null",
        ),
        pytest.param(_TEXT, "x", "<root>x</root>", id="text"),
        pytest.param(_TEXT, "<b><c/></b>", "<b><c/></b>", id="the text of a document"),
        pytest.param(_object({}, additionalProperties=_NUMBER), {"k": 1}, "<a><k>1</k></a>", id="map"),
    ],
)
def test_a_value_is_written_as_its_schema_says_and_read_back(
    entry_of: Any, schema: dict[str, Any], value: Any, written: str
) -> None:
    entry = entry_of(schema)
    body = write_body(entry, value)
    assert body is not None
    assert body.content.decode() == written
    assert read_body(entry, body.content, body.content_type) == value


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param(_object({"b": _NUMBER}), {"b": None}, id="null where none is allowed"),
        pytest.param(_object({"b": _NUMBER}), {"b": ["x"]}, id="one item is read as itself"),
        pytest.param(_object({"b": _TEXT}), {"b": "\0"}, id="a character that XML does not have"),
        pytest.param(_object({}), {"a b": "x"}, id="no name"),
        pytest.param(_object({"b": {**_TEXT, "xml": {"attribute": True}}}), {"b": {"c": 1}}, id="object as attribute"),
    ],
)
def test_what_xml_has_no_form_for_is_not_written(entry_of: Any, schema: dict[str, Any], value: Any) -> None:
    assert write_body(entry_of(schema), value) is None


def test_what_declares_a_namespace_is_no_attribute(entry_of: Any) -> None:
    body = write_body(entry_of(_object({"b": _NUMBER, "xmlns": _ATTRIBUTE})), {"b": 1, "xmlns": "u"})
    assert body is not None and body.content == b"<a><b>1</b></a>"


def test_a_prefix_in_a_name_is_declared_once(entry_of: Any) -> None:
    entry = entry_of({**_object({"b": {**_TEXT, "xml": {"name": "p:b"}}, "p:c": _NUMBER}), "xml": {"name": "p:a"}})
    body = write_body(entry, {"b": "x", "p:c": 1})
    assert body is not None and body.content == b'<p:a xmlns:p="urn:p"><p:b>x</p:b><p:c>1</p:c></p:a>'
    assert read_body(entry, body.content, "application/xml") == {"b": "x", "p:c": 1}


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("xmlns", '<a xmlns="u"><b>1</b></a>'),
        ("xmlns:p", '<a xmlns:p="u"><b>1</b></a>'),
        ("xml:lang", '<a xml:lang="u"><b>1</b></a>'),
        ("xlink:href", '<a xlink:href="u" xmlns:xlink="http://www.w3.org/1999/xlink"><b>1</b></a>'),
    ],
)
def test_attributes_of_xml_itself_are_written_and_read(entry_of: Any, name: str, written: str) -> None:
    """A contract may require them, whether by the name of the property or in `xml`."""
    for key, attribute in ((name, _ATTRIBUTE), ("c", {"type": "string", "xml": {"attribute": True, "name": name}})):
        entry, value = entry_of(_object({"b": _NUMBER, key: attribute}, required=[key])), {"b": 1, key: "u"}
        body = write_body(entry, value)
        assert body is not None and body.content.decode() == written
        assert read_body(entry, body.content, "application/xml") == value


@pytest.mark.parametrize(
    ("schema", "content", "value"),
    [
        pytest.param(_object({"b": _NUMBER}), "<a> <b> 1 </b> </a>", {"b": 1}, id="blanks"),
        pytest.param(_object({"b": _NUMBER}), "<a><b>x</b></a>", {"b": "x"}, id="no number"),
        pytest.param(_object({"b": _NUMBER}), "<a/>", {}, id="empty"),
        pytest.param(_object({"b": _NUMBER}), "<a>x</a>", "x", id="no object"),
        pytest.param(_object({"b": _NUMBER}), "<a><b>1</b><b>2</b></a>", {"b": ["1", "2"]}, id="twice"),
        pytest.param(
            _object({"b": {**_NUMBER, "xml": {"attribute": True}}}),
            "<a><b>1</b></a>",
            {"<b>": "1"},
            id="an element for an attribute",
        ),
        pytest.param(_object({"b": _NUMBER}), '<a b="1"/>', {"@b": "1"}, id="an attribute for an element"),
        pytest.param(
            _object({"b": _NUMBER}), '<a xmlns="u"><b>1</b></a>', {"b": 1}, id="a namespace of the whole document"
        ),
        pytest.param(
            _object({"b": {**_TEXT, "xml": {"namespace": "u"}}}), "<a><b>x</b></a>", {"<b>": "x"}, id="no namespace"
        ),
        pytest.param(
            _object({"b": {**_TEXT, "xml": {"namespace": "u", "prefix": "p"}}}),
            '<a xmlns:q="u"><q:b>x</q:b></a>',
            {"b": "x"},
            id="another prefix",
        ),
        pytest.param(_object({"b": _NAMED}, required=["b"]), "<a/>", {"b": []}, id="a required array without items"),
        pytest.param(
            _object({"b": {**_NAMED, "xml": {"wrapped": True}}}),
            "<a><b><other>x</other></b></a>",
            {"b": [{"other": "x"}]},
            id="another item",
        ),
        pytest.param(
            _object({"b": _NUMBER, "xmlns": _ATTRIBUTE, "xmlns:p": _ATTRIBUTE}),
            '<a xmlns="u" xmlns:p="v"><b>1</b></a>',
            {"xmlns": "u", "xmlns:p": "v", "b": 1},
            id="declarations of namespaces as members",
        ),
        pytest.param(_object({"b": _NUMBER}), '<a xmlns:p="v"><b>1</b></a>', {"b": 1}, id="declarations as no members"),
        pytest.param(
            {**_object({"b": {**_TEXT, "xml": {"name": "p:b"}}}), "xml": {"name": "p:a"}},
            '<p:a xmlns:p="of the server"><p:b>x</p:b></p:a>',
            {"b": "x"},
            id="prefixes in names",
        ),
        pytest.param(
            _object({"b": {**_TEXT, "xml": {"prefix": "p"}}}),
            '<a xmlns:q="of the server"><q:b>x</q:b></a>',
            {"b": "x"},
            id="a prefix alone",
        ),
        pytest.param(
            _object({"xsi:type": _ATTRIBUTE}),
            '<a xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="T"/>',
            {"xsi:type": "T"},
            id="an attribute of XML Schema",
        ),
        pytest.param(_TEXT, "<a>x<b/></a>", "<a>x<b/></a>", id="the text of a document"),
        pytest.param(
            {"oneOf": [_object({"b": _NUMBER}), _object({"c": _TEXT})]}, "<a><c>1</c></a>", {"c": "1"}, id="union"
        ),
    ],
)
def test_a_document_is_read_as_its_schema_has_it(
    entry_of: Any, schema: dict[str, Any], content: str, value: Any
) -> None:
    assert read_body(entry_of(schema), content.encode(), "application/xml") == value


@pytest.mark.parametrize("content", ["<b/>", '<a xmlns="v"/>', "<a"])
def test_another_root_element_is_malformed(entry_of: Any, content: str) -> None:
    entry = entry_of(_object({}, xml={"name": "a", "namespace": "u"}))
    assert isinstance(read_body(entry, content.encode(), "application/xml"), Malformed)


_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=8)
_PETS = st.fixed_dictionaries(
    {"name": _TEXTS, "tags": st.lists(_TEXTS, min_size=1, max_size=3)},
    optional={"id": st.integers(), "good": st.booleans(), "photos": st.lists(_TEXTS, max_size=2)},
)
_PET = _object(
    {
        "name": _TEXT,
        "id": {**_NUMBER, "xml": {"attribute": True}},
        "good": {"type": "boolean", "xml": {"namespace": "u", "prefix": "p"}},
        "tags": {"type": "array", "items": {**_TEXT, "xml": {"name": "tag"}}},
        "photos": {"type": "array", "items": _TEXT, "xml": {"wrapped": True}},
        "mother": {"$ref": "#/components/schemas/Pet"},
    }
)


@given(pet=_PETS)
def test_what_is_written_is_read_as_the_same_value(entry_of: Any, pet: dict[str, Any]) -> None:
    entry = entry_of(_PET)
    body = write_body(entry, pet)
    assert body is not None
    assert read_body(entry, body.content, body.content_type) == pet


_MARKS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["n", "m"]),
        "namespace": st.sampled_from(["u", "v"]),
        "prefix": st.sampled_from(["p", "q"]),
    },
)
_SCALARS = [(_TEXT, "x"), (_NUMBER, 7), ({"type": "boolean"}, True)]


def _marked(schema: dict[str, Any], marks: dict[str, Any], **further: Any) -> dict[str, Any]:
    return {**schema, "xml": {**marks, **further}} if marks or further else schema


def _named(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """`schema` with a name of its own, which the items of an array have that no element wraps."""
    named = {**schema, "xml": {**schema.get("xml", {}), "name": name}}
    if named["type"] == "array" and not named["xml"].get("wrapped"):
        named["items"] = _named(named["items"], name)
    return named


@st.composite
def _described(draw: st.DrawFn, depth: int = 3) -> tuple[dict[str, Any], Any]:
    """A schema with `xml` objects anywhere in it, and a value of it."""
    kind = draw(st.sampled_from(["scalar", "array", "object"] if depth else ["scalar"]))
    marks = draw(_MARKS)
    if kind == "scalar":
        schema, value = draw(st.sampled_from(_SCALARS))
        return _marked(schema, marks), value
    if kind == "array":
        items, value = draw(_described(depth=depth - 1))
        many = [value] * draw(st.integers(1, 3))
        # An array in an array has no element of its own unless it is wrapped.
        is_wrapped = items["type"] == "array" or draw(st.booleans())
        return _marked({"type": "array", "items": items}, marks, **({"wrapped": True} if is_wrapped else {})), many
    members = {name: draw(_described(depth=depth - 1)) for name in ("b", "c")}
    # Names of their own keep the members apart.
    schemas = {name: _named(schema, name) for name, (schema, _) in members.items()}
    return _marked({"type": "object", "properties": schemas}, marks), {name: one for name, (_, one) in members.items()}


@pytest.mark.slow
@given(described=_described())
def test_what_is_written_by_any_xml_objects_is_read_as_the_same_value(
    entry_of: Any, described: tuple[dict[str, Any], Any]
) -> None:
    schema, value = described
    entry = entry_of(schema)
    written = write_body(entry, value)
    assert written is not None
    assert read_body(entry, written.content, "application/xml") == value
