"""Reads documents over HTTP, or from an app in this process: bounded in size and time, and without giving credentials
to anybody whom they are not for."""

from __future__ import annotations

import asyncio
import os
import re
from base64 import b64encode
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import msgspec

from clausewise.config import Config
from clausewise.environment import resolve_headers
from clausewise.errors import SpecError
from clausewise.exchange import Failure, Headers, Request, Response, header
from clausewise.runner.login import command_headers
from clausewise.runner.network import Network
from clausewise.runner.targets import Target, app_target, url_target
from clausewise.security.redact import Redactor
from clausewise.spec.document import Document, parse
from clausewise.spec.resolve import Fetch
from clausewise.transport.base import MAX_BODY, Transport, without_loop

#: stands for the app in this process in URLs; a name that no server has (RFC 2606)
IN_PROCESS = "http://app.invalid"

#: redirects that are followed, one after the other
_REDIRECTS = 5

#: documents that the references of one contract may lead to
_MOST_DOCUMENTS = 500

_WANTED = (
    "application/vnd.oai.openapi+json, application/json, application/vnd.oai.openapi;q=0.9, application/yaml;q=0.9, "
    "*/*;q=0.5"
)

#: what a page of Swagger UI, ReDoc or Scalar says of its document
_IN_PAGE = re.compile(r"""(?:\burl|spec-?url)["']?\s*[:=]\s*["']([^"'<>\s]+)["']""", re.IGNORECASE)


class Fetcher:
    """Reads the documents of one contract.

    The headers and the command of a run's credentials go to the origin of its target alone, `spec-headers` and the
    user information of a URL to the origin of the document that the user names.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._network = Network.of(config.run)
        target = config.target
        #: where requests of the run go
        self._target = (
            "" if target is None else origin_of(target.url) if target.url else IN_PROCESS if target.app else ""
        )
        self._app: Target | None = None
        #: origin -> the headers that go there
        self._headers: dict[str, Headers] = {}
        if self._target:
            self._headers[self._target] = resolve_headers(config.run.headers, os.environ)
        #: the credentials-command, until it was run
        self._command = config.run.credentials_command

    def document(self, url: str) -> Document:
        """The document at a URL that the user names. Raises SpecError."""
        url = self._named(url)
        return without_loop(lambda: asyncio.run(self._document(url, None)))

    def references(self, root: Document | None = None) -> Fetch:
        """A function that reads what references lead to: documents of the origin of `root`, where that is at a URL, and
        others where the user allows them."""
        inside = None if self._config.allow_remote_refs else origin_of(root.url) if root is not None else ""
        count = 0

        def fetch(url: str) -> Document:
            nonlocal count
            count += 1
            if count > _MOST_DOCUMENTS:
                raise SpecError(f"the references lead to more than {_MOST_DOCUMENTS} documents")
            if inside is not None and origin_of(url) != inside:
                raise _elsewhere(url)
            return without_loop(lambda: asyncio.run(self._document(url, inside)))

        return fetch

    async def look(self, transport: Transport, url: str) -> Response | Failure:
        """The answer to a request for `url` over an open transport, its redirects on the same server followed."""
        for _ in range(_REDIRECTS):
            answer = await self._answer(transport, url)
            moved = _moved(url, answer) if isinstance(answer, Response) else None
            if moved is None or origin_of(moved) != origin_of(url):
                return answer
            url = moved
        return answer

    def name_of(self, url: str) -> str:
        """A URL as messages show it: below the name of the app, where that has it."""
        shown = Redactor().message(url) if "?" in url else url
        if origin_of(url) == IN_PROCESS and self._config.target is not None:
            return f"{self._config.target.app}{shown.removeprefix(IN_PROCESS)}"
        return shown

    def app(self) -> Target:
        """The app in this process. Raises UsageError where it cannot be imported."""
        if self._app is None:
            assert self._config.target is not None and self._config.target.app is not None
            target = app_target(self._config.target.app, 1)
            self._app = msgspec.structs.replace(target, network=self._network)
        return self._app

    def server(self, url: str) -> Target:
        """The server of a URL; for other than the target's without the run's client certificate."""
        if origin_of(url) == IN_PROCESS:
            return self.app()
        network = self._network
        if origin_of(url) != self._target:
            trust = msgspec.structs.replace(network.trust, client_cert=None, client_key=None)
            network = msgspec.structs.replace(network, trust=trust)
        return msgspec.structs.replace(url_target(origin_of(url), 1), network=network)

    def _named(self, url: str) -> str:
        """The URL without user information, which goes to its origin in a header, as `spec-headers` do."""
        try:
            parts = urlsplit(url)
            valid = bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            valid = False
        if not valid:
            raise SpecError(f"{_shown(url)} is not an HTTP URL", remedy="write it as http://host:port/openapi.json")
        headers = list(resolve_headers(self._config.spec_headers, os.environ))
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers.append(("Authorization", "Basic " + b64encode(pair.encode()).decode("ascii")))
        plain = urldefrag(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()).url
        self._headers[origin_of(plain)] = _replaced(self._headers.get(origin_of(plain), ()), tuple(headers))
        return plain

    async def _document(self, url: str, inside: str | None) -> Document:
        """The document at `url`; redirects may not lead out of the origin `inside`, where one is given."""
        first, name = url, self.name_of(url)
        for _ in range(_REDIRECTS + 1):
            async with self.server(url).open() as transport:
                answer = await self._answer(transport, url)
            if isinstance(answer, Failure):
                raise SpecError(f"{name} cannot be read: {answer.message}", remedy=_remedy_for(answer))
            moved = _moved(url, answer)
            if moved is None:
                return self._parsed(answer, url, name)
            if urlsplit(moved).scheme not in ("http", "https") or not urlsplit(moved).netloc:
                raise SpecError(f"{name} redirects to {_shown(moved)}, which is not an HTTP URL")
            if inside is not None and origin_of(moved) != inside:
                raise _elsewhere(moved)
            url = moved
        message = f"{self.name_of(first)} cannot be read: it redirects more than {_REDIRECTS} times"
        raise SpecError(message, remedy="give the URL that the document is at")

    async def _answer(self, transport: Transport, url: str) -> Response | Failure:
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        own = self._headers.get(origin_of(url), ())
        answer = await transport.send(Request("GET", target, _with_accept(own)))
        refused = isinstance(answer, Response) and answer.status in (401, 403)
        command = self._command if refused and origin_of(url) == self._target else None
        if command is None:
            return answer
        self._command = None
        printed = await command_headers(command)
        self._headers[self._target] = own = _replaced(own, printed)
        return await transport.send(Request("GET", target, _with_accept(own)))

    def _parsed(self, answer: Response, url: str, name: str) -> Document:
        """The document in an answer. Raises SpecError where there is none."""
        if answer.status != 200:
            message = f"{name} cannot be read: it answers {answer.status}"
            raise SpecError(message, remedy=_remedy_of(answer.status))
        if answer.cut:
            raise SpecError(f"{name} has more than {MAX_BODY // 2**20} MiB", remedy="split it into several documents")
        if answer.undecoded:
            raise SpecError(f"{name} cannot be read: {answer.undecoded}", remedy="correct the server's answer")
        if answer.framing:
            raise SpecError(f"{name} cannot be read: the answer is not complete: {answer.framing}", remedy="try again")
        if answer.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise _no_document(answer, url, name)
        return parse(answer.body, None, name, url=Redactor().message(url) if "?" in url else url)


def is_document(tree: object) -> bool:
    """Whether a value is an OpenAPI document, of any version."""
    return isinstance(tree, dict) and ("openapi" in tree or "swagger" in tree)


def _no_document(answer: Response, url: str, name: str) -> SpecError:
    """The error for a page in the place of a document; it names the one that the page shows, if it shows one."""
    page = answer.body[: 1024 * 1024].decode("utf-8", "replace")
    shown = next((urljoin(url, found) for found in _IN_PAGE.findall(page) if not found.endswith((".js", ".css"))), "")
    kind = "an HTML page" if "html" in page[:2000].lower() else "XML"
    remedy = f"it shows {shown}: give that URL" if shown else "give the URL of the document itself"
    return SpecError(f"{name} is {kind}, not an OpenAPI document", remedy=remedy)


def _moved(url: str, answer: Response) -> str | None:
    """Where an answer redirects to; None where it does not."""
    location = header(answer.headers, "Location")
    if answer.status not in (301, 302, 303, 307, 308) or not location:
        return None
    try:
        moved = urldefrag(urljoin(url, location.strip())).url
        parts = urlsplit(moved)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    except ValueError:
        return None


def _replaced(headers: Headers, newer: Headers) -> Headers:
    """`headers` with the `newer` ones in the place of those of the same names."""
    names = {name.lower() for name, _ in newer}
    return (*(pair for pair in headers if pair[0].lower() not in names), *newer)


def _with_accept(headers: Headers) -> Headers:
    return headers if header(headers, "Accept") is not None else (*headers, ("Accept", _WANTED))


def _remedy_for(failure: Failure) -> str:
    if failure.kind == "connect":
        return "is the server running? check host and port"
    return "save the document, and name the file"


def _remedy_of(status: int) -> str:
    if status in (401, 403):
        return "give credentials for it with --spec-header 'Authorization: ...', or spec-headers in the configuration"
    return "check the URL" if status in (404, 410) else "look at the server's log, or name a file"


def _elsewhere(url: str) -> SpecError:
    remedy = "to allow it, give --allow-remote-refs"
    return SpecError(f"{_shown(url)} is on another server", remedy=remedy, kind="not-fetched")


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL (RFC 6454 section 4), as the start of one; "" where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return ""
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    usual = port == (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{host}" + ("" if usual else f":{port}")


def _shown(url: str) -> str:
    """A URL without user information."""
    return re.sub(r"//[^/@]*@", "//", url)
