"""Requests that failed in earlier runs, stored in Hypothesis' example database, to be sent first in the next run.

Hypothesis stores nothing that it draws from a fixed seed, so the requests themselves are stored. They survive a change
of the strategies. A request that the contract no longer allows is not sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from clausewise.generation.draft import ABSENT, Draft


class FailureStore:
    """The failed requests of one operation and branch; with `folder` None nothing is stored.

    `holds_secret` tells whether some bytes hold what must not be written to a file.
    """

    def __init__(self, folder: Path | None, name: str, holds_secret: Callable[[bytes], bool]) -> None:
        from hypothesis.database import DirectoryBasedExampleDatabase, InMemoryExampleDatabase

        self._database = InMemoryExampleDatabase() if folder is None else DirectoryBasedExampleDatabase(folder)
        self._key = name.encode()
        self._holds_secret = holds_secret

    def load(self, like: Draft) -> list[Draft]:
        """The stored requests as drafts, which differ from `like` only in their values; the shortest first."""
        drafts = []
        for content in sorted(self._database.fetch(self._key), key=lambda content: (len(content), content)):
            try:
                kept = json.loads(content)
                parameters = {(place, name): value for place, name, value in kept["parameters"]}
                drafts.append(
                    msgspec.structs.replace(like, parameters=parameters, body=kept.get("body", ABSENT), raw_body=None)
                )
            except (ValueError, KeyError, TypeError):
                # Not written by us, or by another version.
                self._database.delete(self._key, content)
        return drafts

    def save(self, drafts: Iterable[Draft]) -> None:
        """Store `drafts`, and nothing else. One with a secret in it is not stored: without the secret it would be
        another request."""
        contents = {content for draft in drafts if not self._holds_secret(content := _written(draft))}
        for content in set(self._database.fetch(self._key)) - contents:
            self._database.delete(self._key, content)
        for content in contents:
            self._database.save(self._key, content)


def _written(draft: Draft) -> bytes:
    parameters = [[place, name, value] for (place, name), value in draft.parameters.items()]
    body = {} if draft.body is ABSENT else {"body": draft.body}
    return json.dumps({"parameters": parameters, **body}).encode()
