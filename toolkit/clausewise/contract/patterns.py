"""The patterns of a contract, in a form that every engine reads alike.

JSON Schema takes its regular expressions from ECMA-262 (2020-12 core, section 6.4), where `\\d` and `\\w` are ASCII.
In Python they are Unicode classes: of 1,000 strings that a Python generator gave for a pattern with `\\d`, the Rust
validator accepted 112. Engines agree on them when they are written out as character classes. They do not agree on named
groups either, nor on what ECMA-262 allows for the web alone (Annex B): `[\\w-.]`, `a{,3}`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import jsonschema_rs

from clausewise.contract.pattern_parser import UnreadableError, parse
from clausewise.contract.regular_expression import Choice, Node, written

#: how validators compile patterns: `^\\p{L}{1,255}$` takes 15 MiB
ENGINE = jsonschema_rs.FancyRegexOptions(size_limit=100 * 2**20)


@lru_cache(maxsize=1024)
def portable(pattern: str) -> str:
    """`pattern` with ASCII classes for `\\d` and its like, numbers for the names of groups, and all that only some
    engines read in a form that each reads.

    Raises UnreadableError, which says why, where it is no regular expression of ECMA-262, and where the validator does
    not take it.
    """
    text = written(parse(pattern))
    try:
        jsonschema_rs.Draft202012Validator({"pattern": text}, pattern_options=ENGINE)
    except ValueError:
        raise UnreadableError("the validator has no room for it, or cannot search as it asks") from None
    return text


@lru_cache(maxsize=1024)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a text matches a portable pattern, found out in bounded time; no text does where it is no pattern.

    Python's `re` may take years for a pattern such as `^(a+)+$`, and nothing but its end stops it. This engine gives up
    after a million steps, and takes the text for one that does not match.
    """
    try:
        matches: Callable[[str], bool] = jsonschema_rs.Draft202012Validator(
            {"pattern": pattern}, pattern_options=ENGINE
        ).is_valid
    except ValueError:
        return lambda text: False
    return matches


def alternatives(pattern: str) -> tuple[Node, ...]:
    """The alternatives of a portable pattern, as `a` and `b+` of `a|b+`; the whole where it has none."""
    tree = parse(pattern)
    return tree.alternatives if isinstance(tree, Choice) else (tree,)
