"""Schemathesis kept to itself: what it reads, writes and warns of while it runs, and nothing of it for anybody else.

The app under test may run in this very process. So the environment is left alone: Schemathesis' own sessions are told
what is otherwise told through it, and everything is as before once it has run.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hypothesis.configuration import set_hypothesis_home_dir, storage_directory
from schemathesis.transport.requests import SameHostRedirectsSession

#: packages whose warnings are of no use to somebody who has written no test with them
_QUIET = ("schemathesis", "hypothesis", "hypothesis_jsonschema", "jsonschema")


@contextmanager
def isolated() -> Iterator[None]:
    """Keeps Schemathesis from writing to the working directory, from sending what is for the relay to a proxy or with
    the login of a .netrc file, and from warning about itself."""
    with ExitStack() as stack:
        stack.enter_context(_sessions_without_environment())
        stack.enter_context(warnings.catch_warnings())
        for package in _QUIET:
            warnings.filterwarnings("ignore", module=rf"{package}(\.|$)")
        if not os.environ.get("HYPOTHESIS_STORAGE_DIRECTORY"):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="clausewise-", ignore_cleanup_errors=True))
            stack.enter_context(_hypothesis_home(Path(folder)))
        yield


@contextmanager
def _sessions_without_environment() -> Iterator[None]:
    """Sessions that Schemathesis opens now take neither proxies nor logins from the environment.

    Each sets its `trust_env` when it is made; what is said by the class here comes before that.
    """

    def never(_session: Any) -> bool:
        return False

    def keep_off(session: Any, _value: bool) -> None:
        # For a session that is used after this has ended.
        vars(session)["trust_env"] = False

    SameHostRedirectsSession.trust_env = property(never, keep_off)  # type: ignore[assignment]
    try:
        yield
    finally:
        del SameHostRedirectsSession.trust_env


@contextmanager
def _hypothesis_home(folder: Path) -> Iterator[None]:
    """What Hypothesis stores between examples goes to `folder`."""
    before = storage_directory(intent_to_write=False).home_directory
    set_hypothesis_home_dir(folder)
    try:
        yield
    finally:
        set_hypothesis_home_dir(before)
