"""The files of one contract and the references between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from clausewise.errors import Location, SpecError
from clausewise.spec.document import Document, read
from clausewise.spec.pointer import Source, descend, from_fragment
from clausewise.spec.source_map import SourceMap


class Sources:
    """A root document and every file beside it that a `$ref` reaches, each read once."""

    def __init__(self, root: Document) -> None:
        self.root = root
        self._documents: dict[str, Document] = {"": root}
        self._maps: dict[str, SourceMap] = {}

    @property
    def documents(self) -> tuple[Document, ...]:
        """The root document, and then the files that were reached, in that order."""
        return tuple(self._documents.values())

    def value(self, source: Source) -> Any:
        """What stands at `source`. Raises KeyError when nothing does."""
        return descend(self._documents[source.file].tree, source.tokens)

    def locate(self, source: Source) -> Location:
        """File, line and column of `source`."""
        positions = self._maps.get(source.file)
        if positions is None:
            positions = self._maps[source.file] = SourceMap(self._documents[source.file])
        return positions.locate(source.tokens)

    def error(self, source: Source, message: str, remedy: str | None = None) -> SpecError:
        """A SpecError that points at `source`."""
        return SpecError(message, location=self.locate(source), remedy=remedy)

    def target(self, source: Source, reference: str) -> Source:
        """The place a `$ref` written at `source` names; whether anything stands there is checked here.

        Raises SpecError when the reference goes over the network, to a missing file or to nothing.
        """
        parts = urlsplit(reference)
        at = source.child("$ref")
        if parts.scheme or parts.netloc:
            raise self.error(at, f'"{reference}" is on another host', "copy the file beside the contract")
        file = self._reach(source.file, unquote(parts.path), at) if parts.path else source.file
        try:
            target = Source(file, from_fragment(parts.fragment))
        except ValueError:
            raise self.error(at, f'"{reference}" is not a JSON Pointer', "write it as #/path/to/it") from None
        try:
            self.value(target)
        except KeyError:
            raise self.error(at, f'"{reference}" leads nowhere') from None
        return target

    def follow(self, source: Source) -> tuple[Source, Any]:
        """`source` with every `$ref` in its way followed, and the value there.

        Raises SpecError for references that lead nowhere or round in a circle.
        """
        seen = {source}
        value = self.value(source)
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            target = self.target(source, value["$ref"])
            if target in seen:
                raise self.error(source.child("$ref"), "this reference leads back to itself")
            seen.add(target)
            source, value = target, self.value(target)
        return source, value

    def _reach(self, file: str, reference: str, at: Source) -> str:
        path = (self.root.path.parent / file).parent if file else self.root.path.parent
        path = (path / reference).resolve()
        if path == self.root.path.resolve():
            return ""
        folder = self.root.path.parent.resolve()
        name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else _upwards(path, folder)
        if name not in self._documents:
            try:
                # Not the name's parent: "origin/main:api.yaml" stands at the top of a revision.
                shown = Path(self.root.name.removesuffix(self.root.path.name) + name).as_posix()
                self._documents[name] = read(path, shown)
            except SpecError as error:
                if error.location is not None:
                    raise
                raise self.error(at, f'cannot follow "{reference}": {error.message}') from None
        return name


def _upwards(path: Path, folder: Path) -> str:
    """`path` relative to `folder` with "..", which pathlib of Python 3.11 cannot do."""
    shared = 0
    for ours, theirs in zip(folder.parts, path.parts, strict=False):
        if ours != theirs:
            break
        shared += 1
    return "/".join([".."] * (len(folder.parts) - shared) + list(path.parts[shared:]))


def open_sources(path: Path, name: str | None = None) -> Sources:
    """Read the root document at `path`. Raises SpecError when it cannot be read."""
    return Sources(read(path, name or str(path)))
