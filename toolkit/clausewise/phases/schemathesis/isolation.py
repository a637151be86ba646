"""Keeps the side effects of Schemathesis from everything else: files, requests, proxies, warnings.

The app under test may run in the same process, so the environment variables stay as they are. The settings are made on
Schemathesis' own sessions, and are undone afterwards.
"""

from __future__ import annotations

import copy
import errno
import os
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from schemathesis.core.jsonschema import resolver
from schemathesis.transport.requests import SameHostRedirectsSession

from clausewise.generation.encodable import know_the_encodable
from clausewise.generation.hypothesis_home import hypothesis_home
from clausewise.generation.local_constants import without_local_constants
from clausewise.spec.document import Document

#: packages whose warnings do not help users, who have written no test with them
_QUIET = ("schemathesis", "hypothesis", "hypothesis_jsonschema", "jsonschema")


@contextmanager
def isolated(documents: Iterable[Document] = ()) -> Iterator[None]:
    """While it is open, Schemathesis writes nothing to the working directory, reads none but these `documents`, sends
    requests to the relay without proxies and .netrc logins, shows no warnings about itself, and draws no values from
    the modules that are loaded."""
    know_the_encodable()
    with ExitStack() as stack:
        stack.enter_context(_reading_only(documents))
        stack.enter_context(_sessions_without_environment())
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(without_local_constants())
        for package in _QUIET:
            warnings.filterwarnings("ignore", module=rf"{package}(\.|$)")
        if not os.environ.get("HYPOTHESIS_STORAGE_DIRECTORY"):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="clausewise-", ignore_cleanup_errors=True))
            stack.enter_context(hypothesis_home(Path(folder)))
        yield


@contextmanager
def _reading_only(documents: Iterable[Document]) -> Iterator[None]:
    """References lead to these documents. By itself, Schemathesis opens every file and URL that a document names."""
    trees = {document.uri: document.tree for document in documents}

    def retrieve(uri: str) -> Any:
        parts = urlsplit(uri)
        named = Path(url2pathname(parts.path)).resolve().as_uri() if parts.scheme == "file" else uri
        if named not in trees:
            raise FileNotFoundError(errno.ENOENT, "the contract does not read it", uri)
        return copy.deepcopy(trees[named])

    before, resolver.retrieve = resolver.retrieve, retrieve
    try:
        yield
    finally:
        resolver.retrieve = before


@contextmanager
def _sessions_without_environment() -> Iterator[None]:
    """Sessions that Schemathesis opens here take neither proxies nor logins from the environment.

    Each sets its own `trust_env` when it is created; the class attribute that is set here overrides it.
    """

    def never(_session: Any) -> bool:
        return False

    def keep_off(session: Any, _value: bool) -> None:
        # For sessions that are used after this has ended.
        vars(session)["trust_env"] = False

    SameHostRedirectsSession.trust_env = property(never, keep_off)  # type: ignore[assignment]
    try:
        yield
    finally:
        del SameHostRedirectsSession.trust_env
