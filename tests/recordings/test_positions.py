"""What is said of a text that is not JSON, or that two programs would read in two ways."""

from __future__ import annotations

import pytest

from clausewise.recordings.positions import JsonFaultError, read_json


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "is not valid JSON: it ends too early", id="empty"),
        pytest.param('{"a": 1, ', "is not valid JSON: it ends too early", id="cut off behind a member"),
        pytest.param('{"a": "one', "is not valid JSON: it ends too early", id="cut off in a string"),
        pytest.param('{"a": "one \\" ', "is not valid JSON: it ends too early", id="cut off behind an escaped quote"),
        pytest.param('{"a": 1,\n}', 'is not valid JSON: "}" follows a comma', id="a comma behind the last member"),
        pytest.param("[1, 2 , ]", 'is not valid JSON: "]" follows a comma', id="a comma behind the last item"),
        pytest.param('{"a": }', "is not valid JSON: expecting value", id="a member without a value"),
        pytest.param("[1 2]", "is not valid JSON: expecting ',' delimiter", id="no comma"),
        pytest.param("{'a': 1}", "is not valid JSON: names and strings stand in double quotes", id="a quoted name"),
        pytest.param("['a']", "is not valid JSON: names and strings stand in double quotes", id="a quoted string"),
        pytest.param('{"a": 1\0}', "is not valid JSON: it holds a NUL byte", id="a NUL"),
        pytest.param('{"a": 1, "a": 2}', 'has the member "a" twice', id="a member twice"),
        pytest.param("[NaN]", "holds NaN, which is not a JSON number", id="NaN"),
        pytest.param("9" * 5_000, "holds a number of too many digits", id="too many digits"),
        pytest.param("[1e999]", "holds 1e999, which is too large for a number", id="a number too large"),
    ],
)
def test_a_fault_is_named_for_the_author_of_the_text(text: str, message: str) -> None:
    with pytest.raises(JsonFaultError) as raised:
        read_json(text)
    assert raised.value.message == message
