"""Keeps the side effects of Schemathesis from everything else: files, proxies, warnings.

The app under test may run in the same process, so the environment variables stay as they are. The settings are made on
Schemathesis' own sessions, and are undone afterwards.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from schemathesis.transport.requests import SameHostRedirectsSession

from clausewise.generation.encodable import know_the_encodable
from clausewise.generation.hypothesis_home import hypothesis_home
from clausewise.generation.local_constants import without_local_constants

#: packages whose warnings do not help users, who have written no test with them
_QUIET = ("schemathesis", "hypothesis", "hypothesis_jsonschema", "jsonschema")


@contextmanager
def isolated() -> Iterator[None]:
    """While it is open, Schemathesis writes nothing to the working directory, sends requests to the relay without
    proxies and .netrc logins, shows no warnings about itself, and draws no values from the modules that are loaded."""
    know_the_encodable()
    with ExitStack() as stack:
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
