"""The files of one contract and the references between them."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from clausewise.errors import Location, SpecError
from clausewise.spec.dialects import DEFAULT, Dialect, dialect_of
from clausewise.spec.document import Document, read
from clausewise.spec.pointer import Source, descend, from_fragment, to_pointer
from clausewise.spec.source_map import SourceMap

if TYPE_CHECKING:
    from clausewise.spec.references import References

#: how JSON and YAML may write the "$" of a keyword
_DOLLARS = ("$", r"\u0024", r"\x24")


class Sources:
    """A root document and every file beside it that a `$ref` reaches, each read once."""

    def __init__(self, root: Document) -> None:
        self.root = root
        self._documents: dict[str, Document] = {}
        #: which of the dialect's identifiers may be keywords of schemas in a file
        self._identifiers: dict[str, frozenset[str]] = {}
        self._maps: dict[str, SourceMap] = {}
        #: file and base URI of a reference, and the reference -> what it names
        self._targets: dict[tuple[str, str, str], Source] = {}
        self._add("", root)

    def __getstate__(self) -> dict[str, Any]:
        # What finds references cannot be sent to another process, and is made again there.
        return {name: value for name, value in vars(self).items() if name not in ("_references", "dialect")}

    @cached_property
    def dialect(self) -> Dialect:
        """How the schemas are to be read: by the version that the root document names."""
        return dialect_of(self.root.tree) or DEFAULT

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

    def target(self, source: Source, reference: str, keyword: str = "$ref") -> Source:
        """The place that a reference names which the object at `source` has as its `keyword`; something stands there.

        Raises SpecError for what is no URI reference, is not in the contract's files, or names nothing in them.
        """
        simple = reference.startswith("#/") and "$id" not in self._identifiers[source.file]
        base = "" if simple else self._references.base(source)
        target = self._targets.get((source.file, base, reference))
        if target is None:
            at = source.child(keyword)
            target = Source(source.file, from_fragment(reference[1:])) if simple else self._find(at, base, reference)
            self._check_exists(at, target, reference)
            self._targets[source.file, base, reference] = target
        return target

    def _find(self, at: Source, base: str, reference: str) -> Source:
        """The place that `reference` names against the URI `base`; its file is read where it was not yet."""
        from clausewise.spec.references import AmbiguousError

        try:
            found = self._references.lookup(base, reference)
            parts = urlsplit(reference)
            if found is None and not parts.scheme and not parts.netloc:
                # An `$id` may give a file another URI than the one it is found by: what is beside it still is.
                file = self._read_beside(at.file, unquote(parts.path), reference, at) if parts.path else at.file
                uri = urljoin(base, parts._replace(fragment="").geturl())
                self._references.add(file, self._documents[file].tree, uri, identifies=bool(self._identifiers[file]))
                found = self._references.lookup(base, reference)
        except AmbiguousError as error:
            one, other = sorted(map(self.locate, error.places))
            raise self.error(at, f'"{reference}" names two schemas, at {one} and {other}', "rename one") from None
        except KeyError as error:
            remedy = f'write a pointer as #/path/to/it; there is no $anchor "{error.args[0]}"'
            raise self.error(at, f'"{reference}" leads nowhere', remedy) from None
        except ValueError:
            raise self.error(at, f'"{reference}" is not a URI reference', "write it as #/path/to/it") from None
        if found is None:
            remedy = "copy the file beside the contract, and refer to it by its path"
            raise self.error(at, f'"{reference}" is not in the contract\'s files, and no URL is fetched', remedy)
        return found

    def _check_exists(self, at: Source, target: Source, reference: str) -> None:
        value: Any = self._documents[target.file].tree
        for number, token in enumerate(target.tokens):
            try:
                value = descend(value, (token,))
            except KeyError:
                place = f"{target.file}#{to_pointer(target.tokens[:number])}"
                near = get_close_matches(token, value if isinstance(value, dict) else (), n=1)
                remedy = f'did you mean "{near[0]}"?' if near else f'{place} has no "{token}"'
                raise self.error(at, f'"{reference}" leads nowhere', remedy) from None

    def dynamic_anchors(self, source: Source) -> dict[str, Source]:
        """Every `$dynamicAnchor` of the schema resource that `source` is in: name -> the schema that has it."""
        if "$dynamicAnchor" not in self._identifiers[source.file]:
            return {}
        anchors = self._references.anchors(self._references.base(source))
        return {name: at for name, at in anchors.items() if self.value(at).get("$dynamicAnchor") == name}

    def follow(self, source: Source) -> tuple[Source, Any]:
        """`source` with every `$ref` in its way followed, and the value there.

        Raises SpecError for references that lead nowhere or round in a circle.
        """
        seen = {source}
        value = self.value(source)
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            target = self.target(source, value["$ref"])
            if target in seen:
                raise self.error(
                    source.child("$ref"), "this reference leads back to itself", "let one of them lead to a value"
                )
            seen.add(target)
            source, value = target, self.value(target)
        return source, value

    @cached_property
    def _references(self) -> References:
        from clausewise.spec.references import References

        references = References(self.dialect)
        for file, document in self._documents.items():
            uri = document.path.resolve().as_uri()
            references.add(file, document.tree, uri, identifies=bool(self._identifiers[file]))
        return references

    def _read_beside(self, file: str, path: str, reference: str, at: Source) -> str:
        """The name of the file at `path`, relative to `file`, which is read where it was not yet."""
        folder = self.root.path.parent
        try:
            found = ((folder / file).parent / path if file else folder / path).resolve()
            if found == self.root.path.resolve():
                return ""
            # Devices and pipes may have no end.
            special = found.exists() and not found.is_file() and not found.is_dir()
        except (OSError, RuntimeError, ValueError):
            raise self.error(at, f'cannot follow "{reference}": no file can be called that', "write a path") from None
        if special:
            raise self.error(at, f'cannot follow "{path}": it is not a regular file', "copy it beside the contract")
        folder = folder.resolve()
        name = found.relative_to(folder).as_posix() if found.is_relative_to(folder) else _upwards(found, folder)
        if name not in self._documents:
            try:
                # Not the name's parent: "origin/main:api.yaml" stands at the top of a revision.
                shown = Path(self.root.name.removesuffix(self.root.path.name) + name).as_posix()
                self._add(name, read(found, shown))
            except SpecError as error:
                if error.location is not None:
                    raise
                raise self.error(at, f'cannot follow "{path}": {error.message}', error.remedy) from None
        return name

    def _add(self, file: str, document: Document) -> None:
        self._documents[file] = document
        self._identifiers[file] = frozenset(
            keyword
            for keyword in self.dialect.identifiers
            if any(dollar + keyword[1:] in document.text for dollar in _DOLLARS)
        )


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
