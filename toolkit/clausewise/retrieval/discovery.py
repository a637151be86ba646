"""Asks a target for its document: an app by what its framework offers, a server at the paths that frameworks use."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from clausewise.config import Config
from clausewise.errors import SpecError
from clausewise.exchange import Failure, Response
from clausewise.retrieval.fetch import IN_PROCESS, Fetcher, is_document, origin_of
from clausewise.retrieval.held import Held, held_beside, held_by
from clausewise.retrieval.routes import documents_in
from clausewise.spec.dialects import dialect_of
from clausewise.spec.document import Document, parse
from clausewise.transport.base import without_loop

#: paths of documents, the most used first
PATHS = (
    "/openapi.json",  # FastAPI, Connexion, Flask-Smorest, APIFlask, aiohttp-apispec
    "/openapi.yaml",
    "/swagger.json",  # Flask-RESTX, Connexion
    "/v3/api-docs",  # springdoc
    "/api/schema/",  # drf-spectacular
    "/schema/",
    "/schema",  # Starlette
    "/schema/openapi.json",  # Litestar
    "/api/openapi.json",  # Django Ninja
    "/api/v1/openapi.json",
    "/v1/openapi.json",
    "/docs/openapi.json",
    "/api-docs.json",
    "/api-docs",
    "/api-json",  # NestJS
    "/docs/json",
    "/documentation/json",  # Fastify
    "/swagger/v1/swagger.json",  # ASP.NET
    "/openapi/v1.json",
    "/q/openapi",  # Quarkus
    "/openapi",
    "/openapi.yml",
    "/api-spec.json",
    "/apispec_1.json",  # Flasgger
    "/swagger/doc.json",
    "/swagger.yaml",
    "/v2/api-docs",  # Springfox
    "/api/swagger.json",
    "/v2/swagger.json",
    "/spec.json",
)


def discover(config: Config, fetcher: Fetcher) -> tuple[Document, str]:
    """The document that the target of `config` serves, and a sentence on where that is.

    Raises SpecError where it serves none, UsageError for an app that cannot be imported.
    """
    assert config.target is not None
    if config.target.app is not None:
        own = _first(held_by(fetcher.app().app), config.target.app)
        if own is not None:
            return own
    return without_loop(lambda: asyncio.run(_look(config, fetcher)))


def _first(several: Iterable[Held], name: str) -> tuple[Document, str] | None:
    """The first document that is one, of those that the app called `name` may have. Raises SpecError."""
    for held in several:
        tree = _given(held, name)
        if not is_document(tree):
            continue
        try:
            text = json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            # Its server would have to encode it too.
            continue
        document = parse(text.encode("utf-8", "surrogatepass"), None, name, url=f"{IN_PROCESS}/openapi.json")
        return document, f"the one that {held.giver} gives for {name} is taken"
    return None


def _given(held: Held, name: str) -> Any:
    try:
        return held.give()
    except TypeError:
        # It wants arguments: `openapi` is another method here.
        return None
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        message = f"{name} cannot give its OpenAPI document: {held.giver} failed with {reason}"
        raise SpecError(message, remedy="correct the app, or name a document") from error


async def _look(config: Config, fetcher: Fetcher) -> tuple[Document, str]:
    """The first document at the paths that frameworks use: of OpenAPI 3, if there is one, which says more than Swagger
    2.0, and of a version that is supported before another."""
    assert config.target is not None
    base = IN_PROCESS if config.target.url is None else config.target.url.rstrip("/")
    routes = documents_in(fetcher.app().app) if config.target.app is not None else ()
    other: Document | None = None
    refused: dict[str, int] = {}
    async with fetcher.server(base).open() as transport:
        for at in _places(base, routes):
            if other is not None and dialect_of(other.tree) is not None and not at.startswith(f"{base}/"):
                # What is beside the target may describe another API.
                break
            answer = await fetcher.look(transport, at)
            if isinstance(answer, Failure):
                message = f"{fetcher.name_of(at)} cannot be read: {answer.message}"
                raise SpecError(message, remedy="name the document as SPEC, a path or a URL")
            if answer.status in (401, 403):
                refused[at] = answer.status
            document = _read(answer, at, fetcher.name_of(at))
            dialect = dialect_of(document.tree) if document is not None else None
            if document is not None and dialect is not None and "openapi" in document.tree:
                return document, f"the one at {document.name} is taken"
            if other is None or (dialect is not None and dialect_of(other.tree) is None):
                other = document or other
    if other is not None:
        return other, f"the one at {other.name} is taken"
    beside = _first(held_beside(fetcher.app().app, config.target.app), config.target.app) if config.target.app else None
    if beside is not None:
        return beside
    if refused:
        at, status = next(iter(refused.items()))
        message = f"{fetcher.name_of(at)} cannot be read: it answers {status}"
        raise SpecError(message, remedy="give credentials with -H 'Authorization: ...', or name a document as SPEC")
    shown = ", ".join(PATHS[:4])
    message = f"{fetcher.name_of(base)} serves no OpenAPI document at {shown} or {len(PATHS) - 4} further usual paths"
    raise SpecError(message, remedy="name the document as SPEC, a path or a URL")


def _places(base: str, routes: tuple[str, ...]) -> Iterator[str]:
    """The URLs to try: first what the app itself declares, then the usual paths below the target and at its root."""
    bases = dict.fromkeys((base, origin_of(base)))
    paths = dict.fromkeys((*routes, *PATHS))
    return iter(dict.fromkeys(each + path for each in bases for path in paths))


def _read(answer: Response, url: str, name: str) -> Document | None:
    if answer.status != 200 or answer.undecoded or answer.framing or answer.cut:
        return None
    if answer.body.lstrip().startswith(b"<"):
        return None
    try:
        document = parse(answer.body, None, name, url=url)
    except SpecError:
        if urlsplit(url).path.endswith(("openapi.json", "openapi.yaml")):
            raise
        return None
    return document if is_document(document.tree) else None
