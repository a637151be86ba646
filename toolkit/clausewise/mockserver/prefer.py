"""The `Prefer` header (RFC 7240) of requests to a mock: `code=404`, `example=large`, `dynamic=true`."""

from __future__ import annotations

import re

import msgspec

from clausewise.exchange import Headers

#: a preference and its value (RFC 7240 section 2)
_PREFERENCE = re.compile(r"""(?:^|[,;])\s*([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s,;]*))""")


class Preference(msgspec.Struct, frozen=True):
    """What a client asks a mock for; other preferences are not read."""

    #: the status, as written; "" where none is asked for
    code: str = ""
    #: the name of an example in the document
    example: str = ""
    #: a generated body, another one each time, in the place of an example
    dynamic: bool = False

    @property
    def is_given(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.code or self.example or self.dynamic)


def preference_of(headers: Headers) -> Preference:
    """What the `Prefer` headers of a request ask for; of one that is there twice, the first counts."""
    written = ",".join(value for name, value in headers if name.lower() == "prefer")
    found: dict[str, str] = {}
    for name, quoted, token in _PREFERENCE.findall(written):
        found.setdefault(name.lower(), quoted or token)
    return Preference(found.get("code", ""), found.get("example", ""), found.get("dynamic", "").lower() == "true")
