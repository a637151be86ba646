"""Names of media types, their parameters and the ranges they belong to."""

from __future__ import annotations

import pytest

from clausewise.media.types import best_match, charset, concrete, parameters, quality


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("text/plain", {}),
        ("text/plain; charset=UTF-8", {"charset": "UTF-8"}),
        ('multipart/form-data; Boundary="a b;c"; x=1', {"boundary": "a b;c", "x": "1"}),
        ('form-data; name="a\\"b"; filename=""', {"name": 'a"b', "filename": ""}),
        ("a/b; x=1; x=2", {"x": "1"}),
        ('form-data; name="x; filename=y"', {"name": "x; filename=y"}),
    ],
)
def test_parameters(written: str, found: dict[str, str]) -> None:
    assert parameters(written) == found


@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        ("text/plain", "utf-8"),
        ("text/plain; charset=ISO-8859-1", "iso8859-1"),
        ('text/plain; charset="utf-16"', "utf-16"),
        ("text/plain; charset=klingon", "utf-8"),
        ("text/plain; charset=base64", "utf-8"),
        ("text/plain; charset=a\0b", "utf-8"),
    ],
)
def test_charset(media_type: str, name: str) -> None:
    assert charset(media_type) == name


@pytest.mark.parametrize(
    ("range_", "media_type"),
    [
        ("*/*", "application/octet-stream"),
        ("application/*", "application/octet-stream"),
        ("multipart/*", "multipart/form-data"),
        ("text/*", "text/plain"),
        ("image/*", "image/png"),
        ("model/*", "model/x"),
        ("text/csv; header=present", "text/csv; header=present"),
    ],
)
def test_a_range_is_sent_as_a_media_type_that_it_covers(range_: str, media_type: str) -> None:
    assert concrete(range_) == media_type
    assert best_match(concrete(range_), [range_]) == range_


@pytest.mark.parametrize(
    ("accept", "media_type", "wanted"),
    [
        ("application/xml", "application/xml", 1),
        ("application/xml", "application/json", 0),
        ("application/json;q=0.5, */*;q=0.1", "application/json; charset=utf-8", 0.5),
        ("application/json;q=0.5, */*;q=0.1", "text/plain", 0.1),
        ("text/*, text/html;q=0", "text/html", 0),
        ("application/json; version=2; q=0.3", "application/json; version=2", 0.3),
        ("application/json; version=2", "application/json; version=1", 0),
        ("", "application/json", 0),
    ],
)
def test_how_much_a_media_type_is_wanted(accept: str, media_type: str, wanted: float) -> None:
    assert quality(media_type, accept) == wanted
