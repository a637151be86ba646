"""What a server shows later of what it was sent: other spellings of a value are the value, other values are not."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.conformance.kept import differences, is_computed, is_of_the_books, is_rewritten, is_same, means_the_same


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        pytest.param("Blue", " blue ", id="case and blanks"),
        pytest.param("Zoë", "zoe", id="accents"),
        pytest.param("a & b", "a &amp; b", id="escaped for HTML"),
        pytest.param("alpine", "docker.io/library/alpine:latest", id="completed"),
        pytest.param("hunter2", "*****", id="masked"),
        pytest.param("hunter2", "[redacted]", id="masked by a word"),
        pytest.param("2030-01-31T12:00:00Z", "2030-01-31T13:00:00+01:00", id="in another zone"),
        pytest.param("2030-01-31T12:00:30Z", "2030-01-31T12:00:00Z", id="without seconds"),
        pytest.param("2030-01-31", "2030-01-30T23:00:00Z", id="a day as a time of another zone"),
        pytest.param("1.50", "1.5", id="a number as text"),
        pytest.param(1, "1", id="a number shown as text"),
        pytest.param(0.123456, 0.12, id="fewer digits"),
        pytest.param(0.129, 0.12, id="cut off"),
        pytest.param(3, 3.0, id="with a fraction"),
        pytest.param(True, "true", id="a boolean as text"),
        pytest.param(False, 0, id="a boolean as a number"),
        pytest.param(["a", "b"], ["b", "a"], id="another order"),
        pytest.param({"a": 1}, {"a": 1, "b": 2}, id="a member more"),
    ],
)
def test_other_spellings_of_a_value(sent: Any, shown: Any) -> None:
    assert is_same(sent, shown)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        pytest.param("blue", "green", id="another text"),
        pytest.param("ab", "xabx", id="two letters are in many words"),
        pytest.param("alpine:latest", "alpine", id="shortened"),
        pytest.param("x", "-", id="a dash is no mask"),
        pytest.param("2030-01-31T12:00:00Z", "2030-01-31T12:01:00Z", id="a minute later"),
        pytest.param("2030-01-31", "2030-02-01", id="another day"),
        pytest.param("2030-01-31", "2030-02-02T00:00:01Z", id="a time of two days later"),
        pytest.param("10:00", "11:00", id="another time"),
        pytest.param(3, 4, id="another number"),
        pytest.param(1000, 1000.4, id="a whole number has all its digits"),
        pytest.param(10_000_000, 10_000_001, id="the next of large numbers"),
        pytest.param(0.5, 0.4, id="another fraction"),
        pytest.param(float("inf"), 1.0, id="infinity"),
        pytest.param(True, False, id="the other boolean"),
        pytest.param(True, "false", id="the other boolean as text"),
        pytest.param(True, 0, id="the other boolean as a number"),
        pytest.param(["a", "b"], ["a", "a"], id="an item lost"),
        pytest.param(["a"], ["a", "b"], id="an item more"),
        pytest.param({"a": 1, "b": 2}, {"a": 1}, id="a member lost"),
    ],
)
def test_other_values(sent: Any, shown: Any) -> None:
    assert not is_same(sent, shown)


@pytest.mark.parametrize(
    ("sent", "shown", "rewritten"),
    [
        ("Blue", "blue", True),
        ("Zoë", "Zoe", True),
        ("a-b", "ab", True),
        (0.123456, 0.12, True),
        ("blue", "blue", False),
        ("blue", " blue ", False),
        ("a & b", "a &amp; b", False),
        ("Zoe\u0308", "Zo\u00eb", False),
        ("blue", "green", False),
        ("alpine", "docker.io/alpine", False),
        ("hunter2", "*******", False),
        ("Redacted", "[redacted]", False),
        ("2030-01-31T12:00:00z", "2030-01-31T12:00:00Z", False),
        (0.1, 0.1 + 1e-12, False),
        (1, "1", False),
        (True, 1, False),
    ],
)
def test_values_that_are_written_otherwise(sent: Any, shown: Any, rewritten: bool) -> None:
    assert is_rewritten(sent, shown) is rewritten


@pytest.mark.parametrize(
    ("sent", "shown", "found"),
    [
        pytest.param({"a": 1, "b": 2}, {"a": 1, "b": 2}, [], id="all there"),
        pytest.param({"a": 1}, {"a": 2}, [(("a",), "other")], id="another value"),
        pytest.param({"a": 1}, {"a": None}, [(("a",), "null")], id="null"),
        pytest.param({"a": 1}, {}, [(("a",), "missing")], id="missing"),
        pytest.param({"secretly": 1}, {}, [], id="missing, and not documented"),
        pytest.param({"a": None, "b": "", "c": [], "d": {}}, {}, [], id="nothing was sent"),
        pytest.param({"password": "hunter2"}, {"password": "x"}, [], id="a secret"),
        pytest.param({"firstName": "Zoe"}, {"first_name": "Zoe"}, [], id="a name in another style"),
        pytest.param({"firstName": "Zoe"}, {"first_name": "Bob"}, [(("firstName",), "other")], id="another one in it"),
        pytest.param({"a": {"b": 1, "c": 2}}, {"a": {"b": 9, "c": 2}}, [(("a", "b"), "other")], id="inside"),
        pytest.param({"a": [1, 2]}, {"a": [2, 1]}, [], id="another order"),
        pytest.param({"a": [1, 2]}, {"a": [1, 3]}, [(("a",), "other")], id="another item"),
        pytest.param({"a": [1, 1, 2]}, {"a": [1, 2]}, [], id="an item once"),
        pytest.param({"a": [1, 2, 3]}, {"a": [1, 2]}, [(("a",), "other")], id="an item lost"),
        pytest.param({"a": 7}, {"a": {"id": 7}}, [], id="an object in the place of an id"),
        pytest.param({"a": ["x", "y"]}, {"a": "x,y"}, [], id="a list as a text"),
        pytest.param({"a": ["red", "blue"]}, {"a": "red and blue"}, [], id="a list as a sentence"),
        pytest.param({"a": "red and blue"}, {"a": ["red", "blue"]}, [], id="a sentence as a list"),
        pytest.param({"a": 7}, {"a": [7]}, [], id="one value as a list"),
        pytest.param({"a": True}, {"a": "no"}, [], id="a boolean as a word"),
        pytest.param({"a": True}, {"a": False}, [(("a",), "other")], id="the other boolean"),
    ],
)
def test_differences(sent: Any, shown: Any, found: list[tuple[tuple[str, ...], str]]) -> None:
    seen = differences(sent, shown, lambda location: "secretly" not in location)
    assert [(each.location, each.how) for each in seen] == found


@pytest.mark.parametrize(
    ("name", "of_the_books", "computed"),
    [
        ("id", True, True),
        ("updated_at", True, True),
        ("lastModified", True, True),
        ("status", False, True),
        ("size", False, True),
        ("at", False, False),
        ("flat", False, False),
        ("name", False, False),
    ],
)
def test_members_that_a_server_sets(name: str, of_the_books: bool, computed: bool) -> None:
    assert (is_of_the_books(name), is_computed(name)) == (of_the_books, computed)


@pytest.mark.parametrize(
    ("sent", "shown", "expected"),
    [
        pytest.param("2099-12-31T23:59:59Z", "2100-01-01T00:59:59+01:00", True, id="another zone"),
        pytest.param("2099-12-31T23:59:59Z", "2099-12-31T23:59:00Z", False, id="without seconds"),
        pytest.param("2099-12-31", "2099-12-30", False, id="another day"),
        pytest.param("1", "1.000000", True, id="a decimal with more zeros"),
        pytest.param("1.5", "1.50", True, id="more zeros behind the point"),
        pytest.param("1", "1.0", False, id="a text read as a number with a fraction"),
        pytest.param("1.10", "1.1", False, id="a version that lost its zero"),
        pytest.param("007", "7", False, id="a text that lost its zeros"),
        pytest.param("10", "100", False, id="another number"),
        pytest.param(" a", "a", False, id="without a blank"),
        pytest.param("https://A.Example", "https://a.example/", True, id="a URL with an empty path"),
        pytest.param("HTTPS://a.example/B?c", "https://a.example/B?c", True, id="a URL with a scheme in upper case"),
        pytest.param("https://a.example/B", "https://a.example/b", False, id="a URL with another path"),
        pytest.param("https://a.example/b", "https://a.example/b/", False, id="a URL with a slash more"),
        pytest.param("http://[", "https://[", False, id="no URLs"),
        pytest.param(1, 1.5, False, id="numbers"),
    ],
)
def test_what_is_one_moment_or_one_decimal(sent: Any, shown: Any, expected: bool) -> None:
    assert means_the_same(sent, shown) is expected
