"""What descriptions name."""

from __future__ import annotations

import pytest

from clausewise.values.literals import literals, strong_literals


@pytest.mark.parametrize(
    ("description", "announced"),
    [
        ("The state: one of `open`, `closed` or `merged`.", ["open", "closed", "merged"]),
        ("Either 'asc' or 'desc'", ["asc", "desc"]),
        ("Sort order, e.g. name:asc", ["name:asc"]),
        ("Sort order (for example created_at:desc). Ties are broken by id.", ["created_at:desc"]),
        ("Possible values: a, b, c.", ["a", "b", "c"]),
        ("Allowed values are json | xml", ["json", "xml"]),
        ("Name of the region, such as us-east-1 or eu-west-1, in lower case", ["us-east-1", "eu-west-1"]),
        ('The tenant. Use "default_tenant" if you have none.', ["default_tenant"]),
        ("Must be `v1`. See `other`.", ["v1"]),
        ("Defaults to `public`.", ["public"]),
        ("How it ends:\n* `keep` - nothing happens\n* `drop`: it is gone\n", ["keep", "drop"]),
        ("A filter such as status=open; the manual has more", ["status=open"]),
        ("A version, for example 1.2.0.", ["1.2.0"]),
        ("Timezone (for example Europe/Berlin)", ["Europe/Berlin"]),
        ("The `name` of the thing, see `other`.", []),
        ("Must be unique within the tenant.", []),
        ("Can be a string or a number", []),
        ("The value is used as a key", []),
        ("Options for the search", []),
        ("e.g. the name of a user", []),
        ("It's the user's own.", []),
        ("", []),
    ],
)
def test_what_is_announced(description: str, announced: list[str]) -> None:
    assert strong_literals([description]) == announced


def test_what_is_only_quoted_comes_last() -> None:
    assert literals(["See `other`. One of `a`, `b`."]) == ["a", "b", "other"]
    assert literals(["Nothing here.", 'The "main" one.']) == ["main"]
