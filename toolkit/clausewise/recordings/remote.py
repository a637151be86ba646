"""Files behind URLs that fsspec knows (s3://, gs://, file:// and many more): what a URL means, and its bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clausewise.errors import UsageError


def expand_url(url: str, known: Callable[[str], bool]) -> list[str]:
    """The files that a URL means: what matches where it holds a `*`, what is `known` in a folder where it ends in `/`.

    No other sign makes a pattern of it, for `?` and `[` have meanings of their own in URLs. Raises UsageError where
    nothing is there, or it cannot be read.
    """
    if "*" not in url and not url.endswith("/"):
        return [url]
    filesystem, path = _asked(url, lambda fsspec: fsspec.core.url_to_fs(url))
    if "*" in url:
        found = _asked(url, lambda _: [each for each in filesystem.glob(path) if filesystem.isfile(each)])
        missing = f"nothing matches {url}"
    else:
        found = _asked(url, lambda _: [each for each in filesystem.find(path) if known(each)])
        missing = f"the folder {url} holds nothing to check"
    if not found:
        raise UsageError(missing)
    return sorted(filesystem.unstrip_protocol(each) for each in found)


def open_url(url: str) -> Any:
    """The bytes of a file. Raises UsageError where it cannot be opened, or fsspec or what it needs is not installed."""
    return _asked(url, lambda fsspec: fsspec.open(url, "rb", expand=False).open())


def _asked(url: str, ask: Callable[[Any], Any]) -> Any:
    try:
        import fsspec
    except ImportError:
        raise UsageError(f"{url} needs fsspec", remedy="pip install 'clausewise[cluster]'") from None
    try:
        return ask(fsspec)
    except OSError as error:
        raise UsageError(f"cannot read {url}: {error.strerror or error}") from None
    except (ImportError, ValueError) as error:
        raise UsageError(f"cannot read {url}: {error}") from None
