"""The forms of values that a refusal shows, as `field:asc`, `key=value` and `+name`, or names: "a valid domain"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clausewise.values.strings import FORMATS

#: words with a separator between them that belongs to no sentence
_FORM = re.compile(
    r"(?<![\w/:.\"'&=-])([-+]?)([<\[{(]?[A-Za-z_][\w.]*[>\]})]?)(:|==|=|,)([<\[{(]?[A-Za-z_][\w|/.]*[>\]})]?)(?![\w/:])"
)

#: words that stand for any name
_ANY_NAME = re.compile(r"(?:field|key|column|attribute|property|member|name)s?\d?|field_?name", re.IGNORECASE)

#: words that stand for any order
_ANY_ORDER = re.compile(r"(?:direction|order|dir|sort)\w*", re.IGNORECASE)

#: names that most resources have
_NAMES = ("id", "name")


def written_forms(text: str) -> Iterator[str]:
    """Values of the forms in the sentence `text`, with a name and an order where it has words that stand for any."""
    for sign, left, separator, right in _FORM.findall(text):
        first, *_ = re.split(r"[|/]", right.strip("<>[]{}()"))
        order = "asc" if _ANY_ORDER.fullmatch(first) else first
        word = left.strip("<>[]{}()")
        for name in (*(_NAMES if _ANY_NAME.fullmatch(word) else ()), word):
            yield f"{sign}{name}{separator}{order}"


#: what a sentence calls a form that a standard or a custom has -> an ordinary value of it
_NAMED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"\b(?:{called})\b", re.IGNORECASE), value)
    for called, value in (
        (r"[ug]uid", FORMATS["uuid"]),
        (r"ur[li]s?|links?", FORMATS["uri"]),
        (r"e-?mails?", FORMATS["email"]),
        (r"date-?times?|timestamps?|iso(?:[ -]?8601)?|rfc[ -]?3339", FORMATS["date-time"]),
        (r"dates?", FORMATS["date"]),
        (r"durations?", FORMATS["duration"]),
        (r"cidr|subnets?|prefix(?:es)?|network(?: address)?", "192.0.2.0/24"),
        (r"ipv6", FORMATS["ipv6"]),
        (r"ip(?:v4)?", FORMATS["ipv4"]),
        (r"mac(?: address)?", "02:00:5e:10:00:01"),
        (r"host ?names?|fqdn|domains?(?: names?)?", FORMATS["hostname"]),
        (r"phone(?: numbers?)?|telephone|e\.?164", "+12025550123"),
        (r"port(?: number)?", "8080"),
        (r"sem(?:antic )?ver(?:sion(?:ing)?)?|versions?", "1.2.3"),
        (r"languages?", "en"),
        (r"locales?", "en-US"),
        (r"countr(?:y|ies)", "US"),
        (r"currenc(?:y|ies)", "USD"),
        (r"time ?zones?", "UTC"),
        (r"cron(?:tab)?", "0 9 * * 1"),
        (r"colou?rs?", "#336699"),
        (r"media types?|mime ?types?|content types?", "text/plain"),
        (r"json", "{}"),
        (r"base ?64", FORMATS["byte"]),
        (r"sha-?256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        (r"sha-?1", "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"),
        (r"md5", "098f6bcd4621d373cade4e832627b4f6"),
        (r"hex(?:adecimal)?", "0a1b2c3d"),
        (r"regex(?:p|es)?|regular expressions?", FORMATS["regex"]),
        (r"integers?|numbers?|numeric|digits?|int", "1"),
        (r"bool(?:ean)?s?", "true"),
    )
)


def named_forms(text: str) -> list[str]:
    """An ordinary value of each form that the sentence `text` names."""
    return [value for called, value in _NAMED if called.search(text)]
