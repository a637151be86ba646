"""The files that a URL names (s3://, gs://, file:// and all others that fsspec can open), and their bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clausewise.errors import UsageError


def expand_url(url: str, is_source: Callable[[str], bool]) -> list[str]:
    """The files that a URL names: every match where it holds a `*`, every source in the folder where it ends in `/`.

    `?` and `[` do not make it a pattern, because they have meanings of their own in URLs. Raises UsageError where
    there is nothing, or it cannot be read.
    """
    if "*" not in url and not url.endswith("/"):
        return [url]
    filesystem, path = _call(url, lambda fsspec: fsspec.core.url_to_fs(url))
    if "*" in url:
        found = _call(url, lambda _: [each for each in filesystem.glob(path) if filesystem.isfile(each)])
        missing = f"nothing matches {url}"
    else:
        found = _call(url, lambda _: [each for each in filesystem.find(path) if is_source(each)])
        missing = f"the folder {url} has no files to check"
    if not found:
        raise UsageError(missing)
    return sorted(filesystem.unstrip_protocol(each) for each in found)


def open_url(url: str) -> Any:
    """The bytes of a file. Raises UsageError where it cannot be opened, or where a package is not installed."""
    return _call(url, lambda fsspec: fsspec.open(url, "rb", expand=False).open())


def _call(url: str, action: Callable[[Any], Any]) -> Any:
    try:
        import fsspec
    except ImportError:
        raise UsageError(f"{url} needs fsspec", remedy="pip install 'clausewise[cluster]'") from None
    try:
        return action(fsspec)
    except OSError as error:
        raise UsageError(f"cannot read {url}: {error.strerror or error}") from None
    except (ImportError, ValueError) as error:
        raise UsageError(f"cannot read {url}: {error}") from None
