"""The figures that docs/production.md promises are those that the program keeps to."""

from __future__ import annotations

from pathlib import Path

import pytest

from clausewise.conformance import explain
from clausewise.contract import message, schemas, weight
from clausewise.mockserver import app, serving
from clausewise.phases import base as phases
from clausewise.recordings import exchange_file
from clausewise.runner import connection, interruption
from clausewise.security import redact, search
from clausewise.spec import written_out
from clausewise.transport import base
from clausewise.validation import collector
from clausewise.values import sizes

_MIB = 2**20


@pytest.mark.parametrize(
    "promised",
    [
        f"Of the body of an answer, {base.MAX_BODY // _MIB} MiB are read",
        f"the rest is counted, up to {base.MAX_COUNTED // _MIB} MiB",
        f"at most {message.EXPLAINED} of its breaches are explained",
        f"Messages list at most {('no', *'1234567', 'eight')[explain._LISTED]} names",
        f"{exchange_file.KEPT_BODY // 1024} KiB of each body are kept",
        f"takes request heads of {serving.MAX_HEAD // 1024} KiB and bodies of {app.MAX_BODY // _MIB} MiB",
        f"no request comes within {serving.HEAD_WITHIN:g} seconds, or no body within {app._BODY_WITHIN:g}",
        f"What is under way is given up after {interruption._PATIENCE:g} seconds at most",
        f"waits up to {connection._LATE:g} seconds for answers",
        f"A string has at most {sizes.LONGEST:,} characters, an array or an object at most {sizes.MOST:,} items",
        f"at most {sizes.LARGEST:,} members and items, where {sizes.CHARACTERS} characters count as one",
        f"at most {sizes.VALUES} values are tried",
        f"the first {phases.CLAUSES:,} clauses of requests are tried",
        f"at most {schemas._MOST_SCHEMAS:,} schemas and {written_out.MOST_VALUES:,} other values",
        f"A value of fewer than {('', *'12345', 'six')[search.SHORTEST_LITERAL]} characters",
        f"Of issued secrets at least the last {redact._ISSUED // 2} are looked for",
        f"of HAR files and cassettes the first {collector.KEPT}",
        f"at most {redact._LONGEST_ISSUED:,} characters",
        f"have at most {weight.HEAVIEST:,} combinations",
    ],
)
def test_a_figure_is_the_one_in_force(promised: str, repo: Path) -> None:
    assert promised in " ".join((repo / "docs" / "production.md").read_text(encoding="utf-8").split())
