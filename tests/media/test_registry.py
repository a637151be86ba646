"""Which codec a media type has, and what every codec promises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clausewise.media.codec import Codec, Malformed
from clausewise.media.members import Member
from clausewise.media.registry import codec_for, codecs

_BY_NAME = {codec.name: codec for codec in codecs()}


@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        ("application/json", "JSON"),
        ("Application/JSON; charset=utf-8", "JSON"),
        ("text/json", "JSON"),
        ("application/problem+json", "JSON"),
        ("application/vnd.api+json;version=2", "JSON"),
        ("application/json-patch+json", "JSON"),
        ("application/json-seq", "a JSON sequence"),
        ("application/geo+json-seq", "a JSON sequence"),
        ("application/x-ndjson", "JSON values, one a line"),
        ("application/jsonl", "JSON values, one a line"),
        ("application/x-www-form-urlencoded", "a form"),
        ("multipart/form-data; boundary=x", "a multipart form"),
        ("multipart/mixed", "a multipart body"),
        ("multipart/*", "a multipart body"),
        ("application/xml", "XML"),
        ("text/xml", "XML"),
        ("image/svg+xml", "XML"),
        ("text/event-stream", "an event stream"),
        ("application/yaml", "YAML"),
        ("text/yaml", "YAML"),
        ("application/openapi+yaml; version=3.1", "YAML"),
        ("text/unknown", "text"),
        ("text/*", "text"),
        ("application/octet-stream", "binary data"),
        ("image/png", "binary data"),
        ("application/jsonish", "binary data"),
        ("application/*", "binary data"),
        ("*/*", "binary data"),
        ("", "binary data"),
        ("nonsense", "binary data"),
    ],
)
def test_a_media_type_has_one_codec(media_type: str, name: str) -> None:
    assert codec_for(media_type).name == name


def test_json_and_yaml_have_types_of_their_own() -> None:
    typed = ["JSON", "YAML", "JSON values, one a line", "a JSON sequence"]
    assert [codec.name for codec in codecs() if codec.typed] == typed


@pytest.mark.parametrize("codec", codecs(), ids=_BY_NAME)
def test_what_a_codec_calls_malformed_it_cannot_read(codec: Codec) -> None:
    for content, _ in codec.malformed:
        assert isinstance(codec.read(content, codec.media_types[0]), Malformed)


@pytest.mark.parametrize("codec", codecs(), ids=_BY_NAME)
@given(content=st.binary(max_size=60), content_type=st.text(max_size=30))
def test_reading_raises_nothing_whatever_comes(codec: Codec, content: bytes, content_type: str) -> None:
    codec.read(content, content_type)
    parts = b"--x\r\n" + content + b"\r\n--x--"
    codec.read(parts, "multipart/form-data; boundary=x")
    if codec.read_form is not None:
        members = {"a": Member(style="deepObject"), "b": Member(is_list=True, style="form", explode=False)}
        codec.read_form(content, content_type, members)
        codec.read_form(parts, "multipart/form-data; boundary=x", members)


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_NAMES = _TEXTS.filter(lambda name: "%" not in name and name.strip())
_SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXTS
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3))


def _round(name: str, value: object, media_type: str) -> object:
    written = _BY_NAME[name].write(value, media_type, {})
    assert written is not None
    assert codec_for(written.content_type) is _BY_NAME[name]
    return _BY_NAME[name].read(written.content, written.content_type)


@given(value=_VALUES)
def test_json_is_read_as_it_was_written(value: object) -> None:
    assert _round("JSON", value, "application/json") == value


@given(value=_VALUES)
def test_yaml_is_read_as_it_was_written(value: object) -> None:
    assert _round("YAML", value, "application/yaml") == value


_FIELDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=8)
_LINES = st.lists(_FIELDS, min_size=1, max_size=3).map("\n".join)


@given(events=st.lists(st.fixed_dictionaries({"data": _LINES}, optional={"event": _FIELDS, "id": _FIELDS}), max_size=3))
def test_events_are_read_as_they_were_written(events: list[object]) -> None:
    assert _round("an event stream", events, "text/event-stream") == events


@given(values=st.lists(_VALUES, max_size=4))
def test_streams_of_json_are_read_as_they_were_written(values: list[object]) -> None:
    assert _round("JSON values, one a line", values, "application/x-ndjson") == values
    assert _round("a JSON sequence", values, "application/json-seq") == values


@given(form=st.dictionaries(_NAMES, _TEXTS | st.lists(_TEXTS, min_size=2, max_size=3), max_size=4))
def test_the_texts_of_forms_are_read_as_they_were_written(form: dict[str, object]) -> None:
    assert _round("a form", form, "application/x-www-form-urlencoded") == form
    assert _round("a multipart form", form, "multipart/form-data") == form


@given(text=_TEXTS)
def test_text_is_read_as_it_was_written(text: str) -> None:
    assert _round("text", text, "text/plain") == text
    assert _round("binary data", text, "application/octet-stream") == text.encode()
