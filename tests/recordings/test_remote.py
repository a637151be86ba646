"""Files behind URLs, read through fsspec; here they lie in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clausewise.errors import UsageError
from clausewise.recordings.remote import expand_url, open_url

fsspec = pytest.importorskip("fsspec", reason="needs the extra cluster")


@pytest.fixture
def logs() -> Iterator[str]:
    """A folder of three files, one of them deeper."""
    filesystem = fsspec.filesystem("memory")
    for name in ("b.ndjson", "a.ndjson", "deep/c.txt", "odd[1]?.ndjson"):
        filesystem.pipe(f"/logs/{name}", name.encode())
    yield "memory://logs"
    filesystem.rm("/logs", recursive=True)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("/a.ndjson", ["/a.ndjson"]),
        ("/gone.ndjson", ["/gone.ndjson"]),
        ("/odd[1]?.ndjson", ["/odd[1]?.ndjson"]),
        ("/*.ndjson", ["/a.ndjson", "/b.ndjson", "/odd[1]?.ndjson"]),
        ("/*", ["/a.ndjson", "/b.ndjson", "/odd[1]?.ndjson"]),
        ("/**/*.txt", ["/deep/c.txt"]),
        ("/", ["/a.ndjson", "/b.ndjson", "/odd[1]?.ndjson"]),
    ],
    ids=["a file", "not looked for yet", "no pattern", "a pattern", "no folders", "deeper", "a folder's sources"],
)
def test_files_that_are_meant(logs: str, name: str, found: list[str]) -> None:
    read = expand_url(logs + name, lambda each: each.endswith(".ndjson"))
    assert [each.replace("memory:///", "memory://") for each in read] == [logs + each for each in found]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("memory://logs/*.har", "nothing matches memory://logs/*.har"),
        ("memory://nowhere/", "the folder memory://nowhere/ has no files to check"),
        ("nosuch://host/*", "cannot read nosuch://host/*: Protocol not known: nosuch"),
    ],
    ids=["no match", "no folder", "no such protocol"],
)
def test_what_is_not_there_is_told(logs: str, name: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        expand_url(name, lambda _: True)
    assert message in str(error.value)


def test_a_file_is_opened(logs: str) -> None:
    with open_url(f"{logs}/odd[1]?.ndjson") as stream:
        assert stream.read() == b"odd[1]?.ndjson"
    with pytest.raises(UsageError, match="cannot read memory://logs/gone"):
        open_url(f"{logs}/gone")
