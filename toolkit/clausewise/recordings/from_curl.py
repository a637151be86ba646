"""A curl command as people write it in documents, read as the requests that it sends."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import msgspec

from clausewise.exchange import ExchangePath, Request, header
from clausewise.media.codec import File
from clausewise.recordings.curl_options import SHORT, OptionError, full_name
from clausewise.recordings.fields import with_login
from clausewise.recordings.forms import with_form
from clausewise.recordings.passage import Passage
from clausewise.recordings.placeholders import is_placeholder
from clausewise.security.schemes import basic

_FORM = "application/x-www-form-urlencoded"

#: what may stand behind the content of a part (`-F`)
_OPTION = re.compile(r";\s*(type|filename|headers|encoder)=\"?([^;\"]*(?:;\s*charset=[^;\"]*)?)\"?")

#: options with which curl sends nothing
_SENDS_NOTHING = frozenset({"help", "manual", "version"})

#: gives the content of a file that a command names; None where it is not there
Files = Callable[[str], Passage | None]


class Command(msgspec.Struct, frozen=True, eq=False):
    """One request of a curl command."""

    request: Request
    #: the body as the document shows it; None where there is none, where it is in a file or joined from several
    body: Passage | None
    #: why the document does not show the body of the request; "" where it does, or there is none
    body_elsewhere: str = ""
    #: the parts of the request that the document does not show, its body aside: fields of a form, what is in files
    elsewhere: frozenset[ExchangePath] = frozenset()


class NotUnderstood(msgspec.Struct, frozen=True, eq=False):
    """Why a curl command, or a part of it, is not read."""

    #: a sentence
    message: str
    #: the word
    word: Passage | None = None
    #: whether the command is right as it is, and only its values are not in the document
    is_right: bool = False


def _no_files(_name: str) -> Passage | None:
    return None


def read_command(
    words: list[Passage], here: Passage | None = None, files: Files = _no_files
) -> list[Command] | NotUnderstood:
    """The requests that the words after `curl` describe, with `here` as its standard input.

    What stands before the path, a host or a variable that holds it, is dropped. `curl --version` sends nothing.
    """
    requests: list[Command] = []
    for part in _parts(words):
        parsed = _Parsed(here, files)
        try:
            parsed.read(part)
            requests += parsed.commands()
        except _NotUnderstoodError as error:
            return error.reason
    return requests


def _parts(words: list[Passage]) -> list[list[Passage]]:
    """The words between `--next`, each of which begins a request with options of its own."""
    parts: list[list[Passage]] = [[]]
    for word in words:
        if word.text in ("--next", "-:"):
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


class _NotUnderstoodError(Exception):
    def __init__(self, message: str, word: Passage | None = None, *, is_right: bool = False) -> None:
        self.reason = NotUnderstood(message, word, is_right)


class _Parsed:
    def __init__(self, here: Passage | None, files: Files) -> None:
        self._here = here
        self._find = files
        self._urls: list[str] = []
        self._method: str | None = None
        self._headers: list[tuple[str, str]] = []
        self._bodies: list[Passage] = []
        self._data: list[str] = []
        self._query: list[str] = []
        #: why the body is not all in the document
        self._elsewhere = ""
        #: the parts of a form
        self._parts: list[tuple[str, File]] = []
        self._unshown: set[ExchangePath] = set()
        self._get = self._head = self._json = self._upload = self._nothing = False

    def read(self, words: list[Passage]) -> None:
        rest = list(words)
        only_operands = False
        while rest:
            word = rest.pop(0)
            if only_operands or not word.text.startswith("-") or word.text == "-":
                self._operand(word, rest)
            elif word.text == "--":
                only_operands = True
            elif word.text.startswith("--"):
                self._long(word, rest)
            else:
                self._short(word.cut(1, len(word.text)), rest)

    def _operand(self, word: Passage, rest: list[Passage]) -> None:
        if not self._urls:
            if _target(word.text) is None and any(_is_absolute(other.text) for other in rest):
                method = word.text.isalpha() and word.text.isupper()
                remedy = "a method needs `-X` before it" if method else "is there a quotation mark missing before it?"
                raise _NotUnderstoodError(f"`{_shown(word)}` stands where curl expects a URL: {remedy}", word)
            self._urls.append(word.text)
        elif _is_absolute(word.text):
            self._urls.append(word.text)

    def _long(self, word: Passage, rest: list[Passage]) -> None:
        try:
            name, has_value = full_name(word.text[2:])
        except OptionError as error:
            raise _NotUnderstoodError(str(error), word) from None
        self._take(name, has_value, word, rest)

    def _short(self, letters: Passage, rest: list[Passage]) -> None:
        """A cluster of letters, the last of which may have its value behind it."""
        for index, letter in enumerate(letters.text):
            if letter not in SHORT:
                raise _NotUnderstoodError(f"`-{letter}` is no option of curl", letters)
            name, has_value = full_name(SHORT[letter])
            if has_value and index + 1 < len(letters.text):
                self._option(name, letters.cut(index + 1, len(letters.text)), rest)
                return
            self._take(name, has_value, letters, rest)

    def _take(self, name: str, has_value: bool, word: Passage, rest: list[Passage]) -> None:
        if name in _SENDS_NOTHING:
            self._nothing = True
        elif not has_value:
            self._switch(name)
        elif rest:
            self._option(name, rest.pop(0), rest)
        else:
            raise _NotUnderstoodError(f"`--{name}` has no value", word)

    def _switch(self, name: str) -> None:
        if name == "get":
            self._get = True
        elif name == "head":
            self._head = True
        elif name in ("netrc", "netrc-optional"):
            self._unshown.add(("request", "security"))

    def _option(self, name: str, value: Passage, rest: list[Passage]) -> None:
        text = value.text
        if name == "request":
            if is_placeholder(text):
                raise _NotUnderstoodError(f"its method is `{text}`, which the document does not say", is_right=True)
            self._method = text.upper()
        elif name == "header":
            self._header(value, rest)
        elif name in ("data", "data-ascii", "data-binary"):
            self._take_data(value)
        elif name == "json":
            self._json = True
            self._take_data(value)
            # curl joins several `--json` without a separator, unlike several `-d`.
            self._data = ["".join(self._data)] if self._data else []
        elif name == "upload-file":
            self._upload = True
            self._take_file(text)
        elif name == "data-raw":
            self._add(value, text)
        elif name == "data-urlencode":
            self._take_encoded(text, self._data)
        elif name == "url-query":
            self._take_encoded(text, self._query)
        elif name == "form":
            self._take_part(text)
        elif name == "form-string":
            field, _, content = text.partition("=")
            self._parts.append((field, File(None, content.encode("utf-8", "surrogatepass"), "")))
        elif name == "user":
            user, _, password = text.partition(":")
            self._headers.append(("Authorization", basic(user, password)))
        elif name == "user-agent":
            self._headers.append(("User-Agent", text))
        elif name == "referer":
            self._headers.append(("Referer", text))
        elif name == "cookie":
            if "=" in text:
                self._headers.append(("Cookie", text))
            else:
                self._unshown |= {("request", "cookie"), ("request", "security")}
        elif name == "oauth2-bearer":
            self._headers.append(("Authorization", f"Bearer {text}"))
        elif name == "url":
            self._urls.append(text)
        elif name == "config":
            raise _NotUnderstoodError(f"the rest of it stands in the file {text}", is_right=True)
        elif name in ("cert", "netrc-file", "aws-sigv4"):
            self._unshown.add(("request", "security"))

    def _header(self, value: Passage, rest: list[Passage]) -> None:
        text = value.text
        field, colon, content = text.partition(":")
        if colon and content.strip():
            self._headers.append((field.strip(), content.strip()))
        elif text.startswith("@") or (not colon and is_placeholder(text)):
            # Headers of a file or a variable may be any, credentials among them.
            self._unshown |= {("request", "header"), ("request", "security")}
        elif colon and not content and rest and not rest[0].text.startswith("-") and not _is_absolute(rest[0].text):
            message = f"the value of `-H {text}` is not in quotation marks, so `{_shown(rest[0])}` is none of it"
            raise _NotUnderstoodError(message, value)

    def _take_encoded(self, text: str, into: list[str]) -> None:
        """`content`, `=content`, `name=content`, or with `@` the name of a file, as `--data-urlencode` has it; behind
        `+` it is encoded already (`--url-query`)."""
        name, equals, content = text.partition("=")
        if text.startswith("+"):
            into.append(text[1:])
        elif equals:
            into.append(f"{name}={_quoted(content)}" if name else _quoted(content))
        elif "@" in text:
            name, _, file = text.partition("@")
            found = self._find(file)
            if found is None:
                self._elsewhere = _in_file(file)
            else:
                into.append(f"{name}={_quoted(found.text)}" if name else _quoted(found.text))
        else:
            into.append(_quoted(text))

    def _take_part(self, text: str) -> None:
        """`name=content`, where `@` and `<` name a file, and `type` and `filename` follow behind semicolons."""
        field, _, rest = text.partition("=")
        content, *options = _OPTION.split(rest)
        given = dict(zip(options[::3], options[1::3], strict=True))
        mark = content[:1] if content[:1] in ("@", "<") else ""
        name = given.get("filename") or (content[1:].strip('"').rpartition("/")[2] if mark == "@" else None)
        kind = given.get("type") or ("application/octet-stream" if mark == "@" else "")
        if mark:
            self._unshown.add(("request", "body", field))
        shown = "" if mark else content.removeprefix('"').removesuffix('"') if content[:1] == '"' else content
        self._parts.append((field, File(name, shown.encode("utf-8", "surrogatepass"), kind)))

    def _take_data(self, value: Passage) -> None:
        if value.text.startswith("@"):
            self._take_file(value.text[1:])
        else:
            self._add(value, value.text)

    def _take_file(self, name: str) -> None:
        """What a file holds; `-` is the standard input."""
        found = self._here if name in ("-", ".", "/dev/stdin") else self._find(name)
        if found is None:
            self._elsewhere = _in_file(name)
        else:
            self._add(found, found.text)

    def _add(self, value: Passage, text: str) -> None:
        self._bodies.append(value)
        self._data.append(text)

    def commands(self) -> list[Command]:
        """A request for each URL."""
        if self._nothing:
            return []
        if not self._urls:
            raise _NotUnderstoodError("it has no URL")
        return [self._command(url) for url in self._urls]

    def _command(self, url: str) -> Command:
        target = _target(url)
        if target is None:
            if is_placeholder(url) or re.search(r"[$%<{]", url):
                raise _NotUnderstoodError(f"its URL is `{url}`, which the document does not say", is_right=True)
            raise _NotUnderstoodError(f"`{url}` is no HTTP URL", is_right=":" in url)
        data = "&".join(self._data) if self._data else None
        query = list(self._query)
        if self._get and data is not None:
            query, data = [*query, data], None
        if query:
            target = f"{target}{'&' if '?' in target else '?'}{'&'.join(query)}"
        elsewhere = bool(self._elsewhere) and not self._get
        sends = data is not None or elsewhere or bool(self._parts)
        implied = "HEAD" if self._head else "PUT" if self._upload else "POST" if sends else "GET"
        method = self._method or implied
        login = _LOGIN.match(url)
        headers = [*with_login(tuple(self._headers), login[1] if login else ""), *self._implied(sends)]
        shown = self._bodies[0] if data is not None and len(self._bodies) == len(self._data) == 1 else None
        unshown = self._unshown | ({("request", "query")} if self._elsewhere and self._get else set())
        if self._parts and data is None and not elsewhere:
            sent, form = with_form(headers, self._parts)
            return Command(Request(method, target, sent, form), None, "", frozenset(unshown))
        body = data.encode("utf-8", "surrogatepass") if data is not None else b"?" if sends else None
        reason = self._elsewhere if elsewhere else ""
        return Command(Request(method, target, tuple(headers), body), shown, reason, frozenset(unshown))

    def _implied(self, sends: bool) -> list[tuple[str, str]]:
        """The headers that curl adds by itself."""
        if not sends or self._upload or header(tuple(self._headers), "Content-Type") is not None:
            return []
        return [("Content-Type", "application/json" if self._json else _FORM)]


def _in_file(name: str) -> str:
    if name in ("-", ".", "/dev/stdin"):
        return "comes from the output of another command"
    return f"stands in the file {name}, which is not beside the document"


def _quoted(content: str) -> str:
    """Content as it is sent; a placeholder, which a reader replaces first, stays."""
    return content if is_placeholder(content) else quote(content, safe="")


def _shown(word: Passage) -> str:
    return word.text if len(word.text) <= 40 else f"{word.text[:36]} ..."


#: user and password in a URL (RFC 3986 section 3.2.1)
_LOGIN = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]*)@")

_VARIABLE = re.compile(r"^(?:\$\(\w+\)|\$env:\w+|\$\{?\w+\}?|\{\{[^{}]*\}\}|\{[\w.-]+\}|<[^<>/]*>|%\w+%|\[[^\[\]/]*\])")
_HTTP = re.compile(r"https?://((?:\[[^\[\]/]*\]|[^/?#\[\]])*)([/?].*)?", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?::(?:\d+|\$\{?\w+\}?|<\w+>))?(?=[/?]|$)")


def _is_absolute(text: str) -> bool:
    return _HTTP.match(text) is not None or (_VARIABLE.match(text) is not None and "/" in text)


def _target(url: str) -> str | None:
    """Path and query of a URL, whose scheme or host may be missing or a variable; None where `url` is none."""
    url = url.partition("#")[0]
    if found := _HTTP.fullmatch(url):
        rest = found[2] or "/"
        return rest if rest.startswith("/") else f"/{rest}"
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", url):
        return None
    if host := _HOST.match(url):
        rest = url[host.end() :] or "/"
        return rest if rest.startswith("/") else f"/{rest}"
    if variable := _VARIABLE.match(url):
        rest = re.sub(r"^:[^/]+(?=/)", "", url[variable.end() :])
        return rest if rest.startswith("/") else None
    return url if url.startswith("/") else None
