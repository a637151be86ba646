"""A curl command as people write it in documents, read as the request that it sends."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote, urlsplit

import msgspec

from clausewise.exchange import Request, header
from clausewise.media.codec import File
from clausewise.recordings.fields import with_login
from clausewise.recordings.forms import with_form
from clausewise.recordings.passage import Passage

#: short options of curl that take a value and are ignored here
_SHORT_WITH_VALUE = frozenset("CDEKPQTUYczhmorstwxy")
#: long options without a value; any other option that is ignored here is assumed to take one
_SWITCHES = frozenset(
    (
        *("compressed", "fail", "fail-with-body", "globoff", "http1.0", "http1.1", "http2", "http3", "include"),
        *("insecure", "ipv4", "ipv6", "location", "location-trusted", "no-buffer", "no-progress-meter", "path-as-is"),
        *("progress-bar", "remote-name", "show-error", "show-headers", "silent", "ssl-reqd", "tlsv1.2", "tlsv1.3"),
        *(
            "verbose",
            "anyauth",
            "basic",
            "digest",
            "negotiate",
            "ntlm",
            "parallel",
            "styled-output",
            "raw",
        ),
    )
)
_LONG = {
    "request": "X",
    "header": "H",
    "data": "d",
    "data-ascii": "d",
    "user": "u",
    "user-agent": "A",
    "cookie": "b",
    "referer": "e",
    "form": "F",
    "form-string": "form-string",
    "upload-file": "T",
    "get": "G",
    "head": "I",
}
_FORM = "application/x-www-form-urlencoded"

#: what may stand behind the content of a part (`-F`)
_OPTION = re.compile(r";\s*(type|filename|headers|encoder)=\"?([^;\"]*(?:;\s*charset=[^;\"]*)?)\"?")


class Command(msgspec.Struct, frozen=True, eq=False):
    """The request of a curl command."""

    request: Request
    #: the body as the document shows it; None where there is none, where it is in a file or joined from several
    body: Passage | None
    #: whether the request has a body that the document does not show
    body_elsewhere: bool
    #: the fields of a form whose content the document does not show
    elsewhere: frozenset[str] = frozenset()


def read_command(words: list[Passage], here: Passage | None) -> Command | None:
    """The request that the words after `curl` describe, with `here` as its standard input. None where they hold no URL.

    What stands before the path, a host or a variable that holds it, is dropped.
    """
    parsed = _Parsed(here)
    parsed.read(words)
    return parsed.command()


class _Parsed:
    def __init__(self, here: Passage | None) -> None:
        self._here = here
        self._url: str | None = None
        self._method: str | None = None
        self._headers: list[tuple[str, str]] = []
        self._bodies: list[Passage] = []
        self._data: list[str] = []
        self._elsewhere = False
        #: the parts of a form, and the fields of it whose content stands elsewhere
        self._parts: list[tuple[str, File]] = []
        self._files: set[str] = set()
        self._get = self._head = self._json = self._upload = False

    def read(self, words: list[Passage]) -> None:
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if word.text == "--":
                continue
            if word.text.startswith("--"):
                self._long(word, rest)
            elif word.text.startswith("-") and len(word.text) > 1:
                self._short(word.cut(1, len(word.text)), rest)
            elif self._url is None:
                self._url = word.text

    def _long(self, word: Passage, rest: list[Passage]) -> None:
        name = word.text[2:]
        if name in _SWITCHES or name.startswith("no-"):
            return
        if name in ("get", "head"):
            self._option(_LONG[name], word)
            return
        if not rest:
            return
        self._option(_LONG.get(name, name), rest.pop(0))

    def _short(self, letters: Passage, rest: list[Passage]) -> None:
        """Letters without a value may stand together; a value may follow its letter directly."""
        for index, letter in enumerate(letters.text):
            if letter in "GI":
                self._option(letter, letters)
            elif letter in "XHduAbeF" or letter in _SHORT_WITH_VALUE:
                if index + 1 < len(letters.text):
                    self._option(letter, letters.cut(index + 1, len(letters.text)))
                elif rest:
                    self._option(letter, rest.pop(0))
                return

    def _option(self, name: str, value: Passage) -> None:
        text = value.text
        if name == "X":
            self._method = text.upper()
        elif name == "H":
            field, colon, content = text.partition(":")
            if colon and content.strip():
                self._headers.append((field.strip(), content.strip()))
        elif name in ("d", "data-binary"):
            self._take_data(value)
        elif name == "json":
            self._json = True
            self._take_data(value)
            # curl joins several `--json` without a separator, unlike several `-d`.
            self._data = ["".join(self._data)] if self._data else []
        elif name == "T":
            self._upload = self._elsewhere = True
        elif name == "data-raw":
            self._add(value, text)
        elif name == "data-urlencode":
            named, equals, content = text.partition("=")
            self._data.append(f"{named}={quote(content, safe='')}" if equals else quote(text, safe=""))
        elif name == "F":
            self._take_part(text)
        elif name == "form-string":
            field, _, content = text.partition("=")
            self._parts.append((field, File(None, content.encode("utf-8", "surrogatepass"), "")))
        elif name == "u":
            self._headers.append(("Authorization", f"Basic {base64.b64encode(text.encode()).decode()}"))
        elif name == "A":
            self._headers.append(("User-Agent", text))
        elif name == "b":
            self._headers.append(("Cookie", text))
        elif name == "oauth2-bearer":
            self._headers.append(("Authorization", f"Bearer {text}"))
        elif name == "url":
            self._url = text
        elif name == "url-query":
            self._url = f"{self._url or ''}{'&' if '?' in (self._url or '') else '?'}{text}"
        elif name == "G":
            self._get = True
        elif name == "I":
            self._head = True

    def _take_part(self, text: str) -> None:
        """`name=content`, where `@` and `<` name a file, and `type` and `filename` follow behind semicolons."""
        field, _, rest = text.partition("=")
        content, *options = _OPTION.split(rest)
        given = dict(zip(options[::3], options[1::3], strict=True))
        mark = content[:1] if content[:1] in ("@", "<") else ""
        name = given.get("filename") or (content[1:].strip('"').rpartition("/")[2] if mark == "@" else None)
        kind = given.get("type") or ("application/octet-stream" if mark == "@" else "")
        if mark:
            self._files.add(field)
        shown = "" if mark else content.removeprefix('"').removesuffix('"') if content[:1] == '"' else content
        self._parts.append((field, File(name, shown.encode("utf-8", "surrogatepass"), kind)))

    def _take_data(self, value: Passage) -> None:
        if value.text in ("@-", "@/dev/stdin") and self._here is not None:
            self._add(self._here, self._here.text)
        elif value.text.startswith("@"):
            self._elsewhere = True
        else:
            self._add(value, value.text)

    def _add(self, value: Passage, text: str) -> None:
        self._bodies.append(value)
        self._data.append(text)

    def command(self) -> Command | None:
        target = _target(self._url or "")
        if target is None:
            return None
        data = "&".join(self._data) if self._data else None
        if self._get and data is not None:
            target, data = f"{target}{'&' if '?' in target else '?'}{data}", None
        sends = data is not None or self._elsewhere or bool(self._parts)
        implied = "HEAD" if self._head else "PUT" if self._upload else "POST" if sends else "GET"
        method = self._method or implied
        login = _LOGIN.match(self._url or "")
        headers = [*with_login(tuple(self._headers), login[1] if login else ""), *self._implied(sends)]
        shown = self._bodies[0] if data is not None and len(self._bodies) == len(self._data) == 1 else None
        if self._parts and data is None and not self._elsewhere:
            sent, form = with_form(headers, self._parts)
            return Command(Request(method, target, sent, form), None, False, frozenset(self._files))
        body = data.encode("utf-8", "surrogatepass") if data is not None else b"?" if sends else None
        return Command(Request(method, target, tuple(headers), body), shown, sends and data is None)

    def _implied(self, sends: bool) -> list[tuple[str, str]]:
        """The headers that curl adds by itself."""
        if not sends or self._upload or header(tuple(self._headers), "Content-Type") is not None:
            return []
        return [("Content-Type", "application/json" if self._json else _FORM)]


#: user and password in a URL (RFC 3986 section 3.2.1)
_LOGIN = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]*)@")

_VARIABLE = re.compile(r"^(?:\$\{?\w+\}?|\{\{[^{}]*\}\}|<[^<>/]*>|%\w+%|\[[^\[\]/]*\])")


def _target(url: str) -> str | None:
    """Path and query of a URL, whose scheme or host may be missing or a variable; None where `url` is none."""
    url = url.partition("#")[0]
    if variable := _VARIABLE.match(url):
        rest = url[variable.end() :]
        return rest if rest.startswith("/") else None
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", url):
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        path = parts.path or "/"
        return f"{path}?{parts.query}" if parts.query else path
    if re.match(r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?::\d+)?(?:/|$)", url):
        return "/" + url.partition("/")[2]
    return url if url.startswith("/") else None
