"""Texts on the boundary of a pattern, a format or a length, and just beyond it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import islice

from clausewise.contract.clause import Clause
from clausewise.contract.keywords import show
from clausewise.contract.pattern_parser import parse
from clausewise.contract.patterns import alternatives, matcher
from clausewise.values.deviation import Deviation, ValueSite
from clausewise.values.drawing import conditions, draw, others, without
from clausewise.values.repetitions import at_ends, beyond_ends
from clausewise.values.sizes import LONGEST
from clausewise.values.strings import for_pattern, of_length
from clausewise.wording import counted

#: alternatives of a pattern of which a value is sent, and its conditions of each of which one is sent that breaks it
_ALTERNATIVES = 8
_CONDITIONS = 8

#: texts with a repetition of the pattern at its end, and texts with one just beyond
_ENDS = 4
_BEYOND = 8


#: format -> texts of its form that stand for nothing, which a pattern alone accepts
_IMPOSSIBLE = {
    "date": ("2023-02-30",),
    "date-time": ("2023-02-30T09:30:00Z",),
    "time": ("25:30:00Z",),
    "ipv4": ("192.0.2.256",),
}


def malformed(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """Texts that break the pattern or the format of `clause`."""
    near = site.value if isinstance(site.value, str) else ""
    if clause.keyword == "pattern":
        yield from _of_another_pattern(clause, site)
        yield from _of_other_repetitions(clause, site)
    texts: tuple[str, ...] = (
        f"{near}!",
        "!",
        "not a value",
        f"{near} ",
        f" {near}",
        f"{near}\n",
        near.swapcase(),
        "0",
        "a",
        "A",
        "",
    )
    if clause.keyword == "format":
        texts = ("not a value", near[:-1], *_IMPOSSIBLE.get(clause.value, ()), f"{near}!", "0", "!", "", "%")
    else:
        texts += tuple(_with_excluded(clause, site, near))
    for text in dict.fromkeys(texts):
        if text != near:
            yield Deviation(text, f"is {show(text)}", "final-line-break" if text == f"{near}\n" else "")


def _of_another_pattern(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """For each condition of a pattern on what stands before or after a place, such as `(?=.*[0-9])`, a value that
    breaks this condition and keeps the rest of the pattern."""
    tree = parse(clause.value)
    keeps_length = _keeps_length(site)
    for condition in conditions(tree)[:_CONDITIONS]:
        low = int(site.shape.facets.get("minLength", 0))
        drawn = for_pattern(without(tree, condition), site.rng, keeps_length, low)
        if drawn is not None:
            yield Deviation(drawn, f"is {show(drawn)}")


def _of_other_repetitions(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """Values in which a repetition of the pattern is just beyond one of its ends."""
    matches, keeps_length = matcher(clause.value), _keeps_length(site)
    for beyond in islice(beyond_ends(parse(clause.value)), _BEYOND):
        # With a seed of its own, so that other values do not depend on how many these are.
        drawn = for_pattern(beyond, random.Random(clause.value), lambda text: keeps_length(text) and not matches(text))
        if drawn is not None:
            yield Deviation(drawn, f"is {show(drawn)}")


def _keeps_length(site: ValueSite) -> Callable[[str], bool]:
    low, high = (site.shape.facets.get(keyword, other) for keyword, other in (("minLength", 0), ("maxLength", LONGEST)))
    return lambda text: low <= len(text) <= high


def _with_excluded(clause: Clause, site: ValueSite, near: str) -> Iterator[str]:
    """`near` with a character in it that some class of the pattern excludes, in the middle, at the end and alone."""
    for character in others(parse(clause.value), site.rng):
        middle = len(near) // 2
        yield from (near[:middle] + character + near[middle + 1 :], near + character, character)


def breaches_of(clause: Clause, fewest: int) -> int:
    """How many values that break `clause` are sent: `fewest`, and one more for each condition of a pattern and for
    each end of its repetitions."""
    if clause.keyword != "pattern":
        return fewest
    pattern = parse(clause.value)
    return fewest + len(conditions(pattern)[:_CONDITIONS]) + len(list(islice(beyond_ends(pattern), _BEYOND)))


def well_formed(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """Texts that match each alternative of the pattern of `clause`, and the ends of its repetitions."""
    for alternative in alternatives(clause.value)[:_ALTERNATIVES]:
        tries = (for_pattern(alternative, site.rng, site.fits) for _ in range(4))
        drawn = next((text for text in tries if text not in (None, site.value)), None)
        if drawn is not None:
            yield Deviation(drawn, f"is {show(drawn)}")
    for ending in islice(at_ends(parse(clause.value)), _ENDS):
        # With a seed of its own, so that other values do not depend on how many these are.
        drawn = draw(ending, random.Random(clause.value), site.fits)
        if drawn and drawn != site.value:
            yield Deviation(drawn, f"is {show(drawn)}")


def lengths(wanted: Callable[[int], tuple[int, ...]], *, fitting: bool) -> Callable[..., Iterator[Deviation]]:
    """Strings with the lengths that `wanted` gives for the limit of the clause."""

    def make(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
        base = site.value if isinstance(site.value, str) else ""
        matches = site.fits if fitting else _matches_but_length(site)
        for length in wanted(int(clause.value)):
            if 0 <= length <= LONGEST:
                text = of_length(base, length, matches) if length else ""
                text = text if text is not None else _drawn_of_length(site, length, matches)
                if text is None and not fitting:
                    # A pattern with the same limit breaks with it.
                    text = of_length(base, length, lambda _: True)
                if text is not None:
                    yield Deviation(text, f"has {counted(length, 'character')}")

    return make


def _drawn_of_length(site: ValueSite, length: int, matches: Callable[[str], bool]) -> str | None:
    """A string of that length drawn from a pattern, where no change of the accepted one gives it."""
    for pattern in site.shape.patterns:
        drawn = for_pattern(pattern, site.rng, lambda text: len(text) >= length - 1, length)
        text = of_length(drawn, length, matches) if drawn is not None else None
        if text is not None:
            return text
    return None


def _matches_but_length(site: ValueSite) -> Callable[[str], bool]:
    """Whether a string matches the patterns, whatever its length."""
    patterns = [matcher(pattern) for pattern in site.shape.patterns]
    return lambda text: all(matches(text) for matches in patterns)
