"""Each codec on the wire: what is written for a value, what is read of it, and what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.media.codec import File, Malformed
from clausewise.media.members import Member
from clausewise.media.registry import codec_for
from clausewise.media.xml import Element, Name

_FORM = "application/x-www-form-urlencoded"
_PARTS = "multipart/form-data; boundary=B"

#: each entity ten times the one before
_ENTITIES = (
    b"<!DOCTYPE a ["
    + b'<!ENTITY e0 "x">'
    + b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]><a>&e9;</a>"
)
_ALIASES = b"a0: &a0 [1]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 9)
)


def member(*media_types: str, **how: Any) -> dict[str, Member]:
    """How the member `a` is written."""
    return {"a": Member(media_types=media_types, **how)}


def _flat(style: str) -> dict[str, Member]:
    return member(style=style, explode=False)


_OBJECT = member(default_type="application/json")
_EXPLODED = member(style="form", names=frozenset("b"))


@pytest.mark.parametrize(
    ("media_type", "value", "options", "content_type", "content"),
    [
        pytest.param("application/json", {"é": [1, None]}, {}, "application/json", '{"é": [1, null]}', id="JSON"),
        pytest.param("application/x+json;v=1", "a", {}, "application/x+json;v=1", '"a"', id="+json keeps its name"),
        pytest.param(_FORM, {"a b": "1&2", "c": True}, {}, _FORM, "a+b=1%262&c=true", id="form"),
        pytest.param(_FORM, {"a": [1, "é"]}, {}, _FORM, "a=1&a=%C3%A9", id="array in a form"),
        pytest.param(
            _FORM,
            {"a": {"b": 1}},
            member(default_type="application/json"),
            _FORM,
            "a=%7B%22b%22%3A+1%7D",
            id="object in a form",
        ),
        pytest.param(_FORM, {"a": [1, 2]}, _flat("form"), _FORM, "a=1,2", id="explode: false"),
        pytest.param(_FORM, {"a": [1, 2]}, _flat("pipeDelimited"), _FORM, "a=1%7C2", id="pipeDelimited"),
        pytest.param(_FORM, {"a": {"b": 1}}, member(style="deepObject"), _FORM, "a%5Bb%5D=1", id="deepObject"),
        pytest.param(_FORM, {"a": {"b": 1}}, _EXPLODED, _FORM, "b=1", id="style: form explodes"),
        pytest.param(_FORM, {"a": [1]}, member("application/json"), _FORM, "a=%5B1%5D", id="array as JSON"),
        pytest.param(_FORM, {"a": "/x?y&z"}, member(allow_reserved=True), _FORM, "a=/x?y%26z", id="allowReserved"),
        pytest.param("text/plain", "é", {}, "text/plain", "é", id="text"),
        pytest.param("text/*", 5, {}, "text/plain", "5", id="a range of text"),
        pytest.param("application/xml", "<a/>", {}, "application/xml", "<a/>", id="XML as it stands"),
        pytest.param("image/png", b"\x01", {}, "image/png", "\x01", id="bytes"),
        pytest.param("application/jsonl", [1, "a\n"], {}, "application/jsonl", '1\n"a\\n"\n', id="lines"),
        pytest.param("application/json-seq", [1], {}, "application/json-seq", "\x1e1\n", id="sequence"),
        pytest.param(
            "text/event-stream",
            [{"id": 1, "data": "a\nb"}, {"data": {"c": 2}}],
            {},
            "text/event-stream",
            'id: 1\ndata: a\ndata: b\n\ndata: {"c": 2}\n\n',
            id="events",
        ),
        pytest.param(
            "text/event-stream",
            "two\nlines",
            {},
            "text/event-stream",
            "data: two\ndata: lines\n\n",
            id="a text, as the schema of a whole stream may be",
        ),
    ],
)
def test_written(media_type: str, value: Any, options: dict[str, Member], content_type: str, content: str) -> None:
    written = codec_for(media_type).write(value, media_type, options)
    assert written is not None
    assert (written.content_type, written.content.decode()) == (content_type, content)


@pytest.mark.parametrize(
    ("media_type", "value"),
    [
        (_FORM, "text"),
        ("multipart/form-data", ["a"]),
        ("application/xml", {"a": 1}),
        ("application/x-ndjson", {"a": 1}),
        ("application/json-seq", "a"),
        ("text/event-stream", "a\rb"),
        ("text/event-stream", [1]),
        ("text/event-stream", [{"data": "a", "more": "b"}]),
        ("text/event-stream", [{"data": "a", "id": "1\n2"}]),
        ("text/event-stream", [{"data": "a\rb"}]),
        ("application/xml", Element(Name("a b"))),
        ("application/xml", Element(Name("a"), text="\0")),
        ("application/yaml", "\ud800"),
        ("application/yaml", {"a" * 2000: 1}),
        ("text/plain", None),
    ],
)
def test_what_a_media_type_has_no_form_for_is_not_written(media_type: str, value: Any) -> None:
    assert codec_for(media_type).write(value, media_type, {}) is None


def test_text_is_written_in_the_charset_that_the_document_names() -> None:
    media_type = "text/plain; charset=iso-8859-1"
    written = codec_for(media_type).write("é", media_type, {})
    assert written is not None and written.content == b"\xe9"
    assert codec_for(media_type).read(written.content, written.content_type) == "é"


def test_a_multipart_body_has_a_part_for_each_value_and_each_file() -> None:
    file = File('my "file".png', b"\x89PNG\r\n", "image/png")
    value = {"b": [1, "x"], "a": {"k": "v"}, "up\nload": file}
    written = codec_for("multipart/*").write(value, "multipart/*", member(default_type="application/json"))
    assert written is not None
    head, _, boundary = written.content_type.partition("; boundary=")
    assert head == "multipart/form-data"
    assert written.content.replace(boundary.encode(), b"B").split(b"\r\n") == [
        *(b"--B", b'Content-Disposition: form-data; name="b"', b"", b"1"),
        *(b"--B", b'Content-Disposition: form-data; name="b"', b"", b"x"),
        *(
            b"--B",
            b'Content-Disposition: form-data; name="a"',
            b"Content-Type: application/json",
            b"",
            b'{"k": "v"}',
        ),
        b"--B",
        b'Content-Disposition: form-data; name="up%0Aload"; filename="my %22file%22.png"',
        *(b"Content-Type: image/png", b"", b"\x89PNG", b""),
        *(b"--B--", b""),
    ]


def test_a_part_has_the_first_media_type_of_its_encoding() -> None:
    written = codec_for("multipart/form-data").write({"a": "x"}, "multipart/form-data", member("image/png", "image/*"))
    assert written is not None and b'name="a"\r\nContent-Type: image/png\r\n\r\nx' in written.content


def test_no_part_holds_the_boundary() -> None:
    first = codec_for("multipart/form-data").write({"a": "x"}, "multipart/form-data", {})
    assert first is not None
    value = {"a": first.content.decode(), "b": "y"}
    second = codec_for("multipart/form-data").write(value, "multipart/form-data", {})
    assert second is not None
    assert codec_for("multipart/form-data").read(second.content, second.content_type) == value


@pytest.mark.parametrize(
    ("media_type", "content", "value"),
    [
        pytest.param(_FORM, b"a=1&a=2&b=&c", {"a": ["1", "2"], "b": "", "c": ""}, id="form"),
        pytest.param(_FORM, b"", {}, id="empty form"),
        pytest.param("text/markdown", b"a,b", "a,b", id="text"),
        pytest.param(
            "application/xml",
            b'<?xml version="1.0"?><a xmlns="u" b="1">x<!-- y -->z<c/></a>',
            Element(Name("a", "u"), ((Name("b"), "1"), (Name("xmlns"), "u")), (Element(Name("c", "u")),), "xz"),
            id="XML",
        ),
        pytest.param(
            "text/xml; charset=iso-8859-1", b"<a>\xe9</a>", Element(Name("a"), text="é"), id="XML in another charset"
        ),
        pytest.param(
            "application/yaml",
            b"a: [1, no]\nb: &x 2026-01-01\nc: *x",
            {"a": [1, "no"], "b": "2026-01-01", "c": "2026-01-01"},
            id="YAML",
        ),
        pytest.param("application/pdf", b"\xff", b"\xff", id="bytes"),
        pytest.param("application/x-ndjson", b'{"a":1}\r\n\n2', [{"a": 1}, 2], id="lines"),
        pytest.param("application/json-seq", b'\x1e"a\\nb"\n\x1e2\n', ["a\nb", 2], id="sequence"),
        pytest.param(
            "text/event-stream",
            b"\xef\xbb\xbf: hello\r\ndata: a\rdata:b\n\nevent: x\n\ndata: c\n\ndata: cut off",
            [{"data": "a\nb"}, {"data": "c"}],
            id="events",
        ),
        pytest.param(
            _PARTS,
            b'before\r\n--B \r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--Bx\r\n--B\r\n'
            b'content-type: text/x\r\ncontent-disposition: form-data; name="b"\r\n\r\n[2]\r\n--B--\r\nafter',
            {"a": "1\r\n--Bx", "b": "[2]"},
            id="parts",
        ),
        pytest.param(_PARTS, b"--B--", {}, id="no part"),
        pytest.param(
            _PARTS,
            b'--B\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n'
            b"\xe9\r\n--B--",
            {"a": "é"},
            id="charset of a part",
        ),
    ],
)
def test_read(media_type: str, content: bytes, value: Any) -> None:
    assert codec_for(media_type).read(content, media_type) == value


@pytest.mark.parametrize(
    ("media_type", "content", "expected", "offset"),
    [
        pytest.param("application/json", '{"é": }'.encode(), "JSON", 7, id="JSON"),
        pytest.param("application/json", b'"\xff"', "JSON", 1, id="JSON that is not UTF-8"),
        pytest.param("application/json", b"NaN", "JSON", None, id="NaN"),
        pytest.param("application/json", b"[" * 100_000, "JSON", None, id="nested too deeply"),
        pytest.param("application/json", b"", "JSON", 0, id="empty"),
        pytest.param(_FORM, b"a=\xff", "a form", 2, id="form that is not UTF-8"),
        pytest.param(_FORM, b"a=%ff", "a form", None, id="percent-encoded bytes that are not UTF-8"),
        pytest.param("text/plain", b"a\xff", "text in utf-8", 1, id="text"),
        pytest.param("application/x-ndjson", b"1\n{\n", "JSON", 3, id="second line"),
        pytest.param("application/xml", b"<a>\n<b></a>", "XML", 9, id="XML"),
        pytest.param("application/xml", b"", "XML", 0, id="empty XML"),
        pytest.param("application/xml", b"<a>" * 500 + b"</a>" * 500, "XML", None, id="XML that is nested too deeply"),
        pytest.param("application/xml", _ENTITIES, "XML", None, id="entities"),
        pytest.param("application/yaml", b"a: b: c", "YAML", None, id="YAML"),
        pytest.param("application/yaml", _ALIASES, "YAML", None, id="aliases of aliases"),
        pytest.param("application/yaml", b"&a [*a]", "YAML", None, id="an alias of what it is in"),
        pytest.param("application/json-seq", b"1\n", "a JSON sequence", 0, id="no record separator"),
        pytest.param("multipart/form-data", b"", "a multipart body", None, id="no boundary"),
        pytest.param(_PARTS, b"--B\r\n\r\na", "a multipart body", 8, id="not closed"),
        pytest.param(_PARTS, b"--B\r\n\r\na\r\n--B--", "a multipart body", 3, id="part without a name"),
        pytest.param(
            _PARTS,
            b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--B--',
            "text in utf-8",
            49,
            id="a part that is not UTF-8",
        ),
    ],
)
def test_malformed(media_type: str, content: bytes, expected: str, offset: int | None) -> None:
    found = codec_for(media_type).read(content, media_type)
    assert isinstance(found, Malformed)
    assert (found.expected, found.offset) == (expected, offset)
    assert found.message
