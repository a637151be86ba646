"""The files of one contract, and the references between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import msgspec

from clausewise.errors import DefectKind, Location, SpecError
from clausewise.spec.dialects import DEFAULT, Dialect, Nullable, SchemaDialect, dialect_of
from clausewise.spec.document import Document, read
from clausewise.spec.metaschemas import metaschema_at
from clausewise.spec.pointer import Source, descend, from_fragment, to_pointer
from clausewise.spec.source_map import SourceMap

if TYPE_CHECKING:
    from clausewise.spec.overlay import Overlaid
    from clausewise.spec.references import References

#: the ways to write the "$" of a keyword in JSON and YAML
_DOLLARS = ("$", r"\u0024", r"\x24")

#: keywords that name the dialect of schemas, that set the base URI of references, and that name dynamic anchors
_DECLARING = frozenset({"$schema", "jsonSchemaDialect"})
_BASES = frozenset({"$id", "id"})
_DYNAMIC = frozenset({"$dynamicAnchor", "$recursiveAnchor"})

#: places that are remembered at once
_LOCATED = 50_000

#: what is wrong with references that only lead to each other, and what helps
CIRCLE = ("this reference leads back to itself", "let one reference of the circle lead to a value")


#: reads the document at a URL. Raises SpecError where that is not allowed or not possible
Fetch = Callable[[str], Document]


class Sources:
    """A root document and every file that a `$ref` leads to, each read once.

    With a `fetch` function references may lead to URLs: everything is read at once then, so that what comes after needs
    no network. Without it, only a root document that came from a URL has such references, and they are errors.
    """

    def __init__(
        self,
        root: Document,
        allowed: Iterable[Path] = (),
        nullable: Nullable = "meant",
        fetch: Fetch | None = None,
        overlays: Iterable[Document] = (),
        mapped: Mapping[str, Path] = MappingProxyType({}),
    ) -> None:
        """`overlays` are applied to the root document. `mapped` gives, for the beginnings of URLs, the folders or files
        that stand for what is there."""
        #: applied to the root document, in this order
        self.overlays = tuple(overlays)
        self._overlaid = _overlaid(root, self.overlays)
        if self._overlaid is not None:
            root = msgspec.structs.replace(root, tree=self._overlaid.tree)
        self.root = root
        self.mapped = {prefix: path.resolve() for prefix, path in mapped.items()}
        #: how a `nullable` of OpenAPI 3.0 is read
        self.nullable = nullable
        #: the folders at or below which a reference may read files
        folders = (root.path.parent, *allowed) if root.path is not None else tuple(allowed)
        self._allowed = tuple(folder.resolve() for folder in (*folders, *self.mapped.values()))
        self._fetch = fetch
        #: URL without a fragment -> the name of its document, or why it cannot be read
        self._remote: dict[str, str | SpecError] = {root.url: ""} if root.url else {}
        self._documents: dict[str, Document] = {}
        #: file -> the keywords that identify schemas (`$id`, ...) or declare their dialect that occur in its text
        self._identifiers: dict[str, frozenset[str]] = {}
        #: identity of a document -> positions in it
        self._maps: dict[int, SourceMap] = {}
        #: places that were looked up; messages of many operations share their components
        self._located: dict[Source, Location] = {}
        #: kind and place of what references lead to -> what was read there (`accessors.component`)
        self.components: dict[tuple[str, Source], Any] = {}
        #: file, base URI and reference -> the place that it identifies
        self._targets: dict[tuple[str, str, str], Source] = {}
        self._add("", root)
        if fetch is not None:
            self._read_all()
            self._fetch = None

    def __getstate__(self) -> dict[str, Any]:
        # The registry of references cannot be sent to another process; it is built again there.
        return {name: value for name, value in vars(self).items() if name not in ("_references", "dialect")} | {
            "_maps": {},
            "_located": {},
            "components": {},
        }

    @property
    def allowed(self) -> tuple[Path, ...]:
        """The folders at or below which a reference may read files, that of the root document first."""
        return self._allowed

    @cached_property
    def dialect(self) -> Dialect:
        """The dialect of the schemas: that of the root document's version."""
        return dialect_of(self.root.tree, self.nullable) or DEFAULT

    def schemas_at(self, source: Source) -> SchemaDialect:
        """The dialect of the schema at `source`: the one that is declared for it, as far as it is known, else that of
        the document's version."""
        declared = self.declaration(source)
        found = self.dialect.draft_of(self.value(declared)) if declared is not None else None
        return found or self.dialect.schemas

    def declaration(self, source: Source) -> Source | None:
        """The place that names the dialect of the schema at `source`: the innermost `$schema` around it, else the
        `jsonSchemaDialect` of its document; None without either."""
        if _DECLARING.isdisjoint(self._identifiers[source.file]):
            return None
        value, found = self._documents[source.file].tree, None
        if isinstance(value, dict) and "openapi" in value and isinstance(value.get("jsonSchemaDialect"), str):
            found = Source(source.file, ("jsonSchemaDialect",))
        for depth in range(len(source.tokens) + 1):
            if isinstance(value, dict) and isinstance(value.get("$schema"), str):
                found = Source(source.file, (*source.tokens[:depth], "$schema"))
            if depth < len(source.tokens):
                value = descend(value, source.tokens[depth : depth + 1])
        return found

    @property
    def documents(self) -> tuple[Document, ...]:
        """The root document, its overlays, then the other files in the order in which references led to them."""
        root, *others = self._documents.values()
        return (root, *self.overlays, *others)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What there is to say of the overlays: sentences with their places."""
        return self._overlaid.remarks if self._overlaid is not None else ()

    @property
    def remote(self) -> tuple[tuple[Document, tuple[str, ...]], ...]:
        """The documents that no file holds, each with its URL and those that redirect there."""
        others: dict[str, list[str]] = {}
        for url, name in self._remote.items():
            if isinstance(name, str) and url != self._documents[name].url:
                others.setdefault(name, []).append(url)
        return tuple(
            (document, (document.url, *others.get(name, ())))
            for name, document in self._documents.items()
            if document.path is None
        )

    @property
    def files(self) -> tuple[str, ...]:
        """The `Source.file` of each of the documents."""
        return tuple(self._documents)

    @property
    def trees(self) -> Iterator[tuple[str, Any]]:
        """The content of each of `documents`, with its file as places name it."""
        return ((file, document.tree) for file, document in self._documents.items())

    def stands_once(self, file: str) -> bool:
        """Whether each part of a file stands at one place, as in JSON; an alias of YAML leads to the same part again,
        and so may an overlay."""
        return self._documents[file].is_json and not (file == "" and self.overlays)

    def value(self, source: Source) -> Any:
        """The value at `source`. Raises KeyError when there is none."""
        return descend(self._documents[source.file].tree, source.tokens)

    def locate(self, source: Source) -> Location:
        """File, line and column of `source`."""
        found = self._located.get(source)
        if found is None:
            if len(self._located) >= _LOCATED:
                self._located.clear()
            found = self._located[source] = self._locate(source)
        return found

    def named(self, source: Source) -> str:
        """The place of `source` as sentences name it, as `locate` gives it."""
        positions, tokens = self._positions(source)
        return positions.named(tokens)

    def _locate(self, source: Source) -> Location:
        positions, tokens = self._positions(source)
        return positions.locate(tokens)

    def _positions(self, source: Source) -> tuple[SourceMap, tuple[str, ...]]:
        """The positions in the document that has what is at `source`, and where in it that is."""
        document, tokens = self._documents[source.file], source.tokens
        if source.file == "" and self._overlaid is not None:
            place = self._overlaid.place(tokens)
            document = document if place.overlay is None else self.overlays[place.overlay]
            tokens = place.tokens
        positions = self._maps.get(id(document))
        if positions is None:
            positions = self._maps[id(document)] = SourceMap(document)
        return positions, tokens

    def error(
        self, source: Source, message: str, remedy: str | None = None, kind: DefectKind = "not-valid"
    ) -> SpecError:
        """A SpecError with the location of `source`."""
        return SpecError(message, location=self.locate(source), remedy=remedy, at=str(source), kind=kind)

    def target(self, source: Source, reference: str, keyword: str = "$ref") -> Source:
        """The place that `reference` identifies: the value of `keyword` in the object at `source`.

        Raises SpecError for what is not a URI reference, is not in the contract's files, or identifies nothing in them.
        """
        simple = reference.startswith("#/") and _BASES.isdisjoint(self._identifiers[source.file])
        base = "" if simple else self._references.base(source)
        target = self._targets.get((source.file, base, reference))
        if target is None:
            at = source.child(keyword)
            target = Source(source.file, from_fragment(reference[1:])) if simple else self._find(at, base, reference)
            self._check_exists(at, target, reference)
            self._targets[source.file, base, reference] = target
        return target

    def _find(self, at: Source, base: str, reference: str) -> Source:
        """The place that `reference` identifies, resolved against the URI `base`; reads its file if needed."""
        from clausewise.spec.references import AmbiguousError

        try:
            found = self._references.lookup(base, reference)
            parts = urlsplit(reference)
            url = self._url_of(at.file, reference)
            target = urldefrag(urljoin(base, reference)).url if found is None else ""
            stand_in = self._stand_in(target)
            published = metaschema_at(target) if stand_in is None else None
            elsewhere = url if self._fetch is not None or url in self._remote else ""
            if found is None and (stand_in or published or elsewhere or not (url or parts.scheme or parts.netloc)):
                # An `$id` may change the base URI; a relative path still finds the file beside this one.
                if stand_in is not None:
                    file = self._read_file(stand_in, str(stand_in), reference, at)
                elif published is not None:
                    file = self._remote[target] = target
                    self._add(file, published)
                elif elsewhere:
                    file = self._read_remote(elsewhere, reference, at)
                else:
                    file = self._read_beside(at.file, unquote(parts.path), reference, at) if parts.path else at.file
                uri = urljoin(base, parts._replace(fragment="").geturl())
                self._references.add(file, self._documents[file].tree, uri, identifies=self._identifies(file))
                found = self._references.lookup(base, reference)
        except AmbiguousError as error:
            one, other = sorted(map(self.locate, error.places))
            raise self.error(at, f'"{reference}" is ambiguous: {one} and {other} have it', "rename one") from None
        except KeyError as error:
            remedy = f'there is no $anchor "{error.args[0]}"; write a JSON Pointer as #/path/to/it'
            raise self.error(at, f'"{reference}" cannot be resolved', remedy) from None
        except ValueError:
            raise self.error(at, f'"{reference}" is not a URI reference', "write it as #/path/to/it") from None
        if found is None:
            remedy = "copy the file beside the contract and refer to it by its path"
            kind: DefectKind = "not-valid"
            if self._url_of(at.file, reference):
                remedy += ", name a copy in [tool.clausewise.refs], or give --allow-remote-refs"
                kind = "not-fetched"
            message = f'"{reference}" is not in the contract\'s files, and URLs are not fetched'
            raise self.error(at, message, remedy, kind)
        return found

    def _stand_in(self, uri: str) -> Path | None:
        """The file that stands for the document at a URI; None where none is named for it."""
        prefix = max((one for one in self.mapped if uri.startswith(one)), key=len, default=None)
        if prefix is None:
            return None
        rest = unquote(uri.removeprefix(prefix)).lstrip("/")
        return self.mapped[prefix] / rest if rest else self.mapped[prefix]

    def _url_of(self, file: str, reference: str) -> str:
        """The URL of the document that a reference in `file` leads to, where that is at one; else ""."""
        parts = urlsplit(reference)
        document = self._documents[file]
        if parts.scheme in ("http", "https") and parts.netloc:
            return urldefrag(reference).url
        if document.path is None and not parts.scheme and (parts.path or parts.netloc):
            return urldefrag(urljoin(document.url, reference)).url
        return ""

    def _read_remote(self, url: str, reference: str, at: Source) -> str:
        """The name of the document at `url`; reads it when it is first needed."""
        if url not in self._remote:
            assert self._fetch is not None
            try:
                document = self._fetch(url)
                if document.url not in self._remote:
                    # Relative, as that of a file is: the ids of clauses must not change with the port of a server.
                    name = document.url.removeprefix(urljoin(self.root.url, ".")) if self.root.url else document.url
                    self._remote[document.url] = name
                    self._add(name, document)
                self._remote[url] = self._remote[document.url]
            except SpecError as error:
                self._remote[url] = error
        found = self._remote[url]
        if isinstance(found, SpecError):
            if found.location is not None:
                raise found
            message = f'"{reference}" cannot be resolved: {found.message}'
            raise self.error(at, message, found.remedy, found.kind)
        return found

    def _read_all(self) -> None:
        """Read every document that a reference leads to. What cannot be read is an error where it is needed: it may be
        in an example."""
        seen: set[str] = set()
        while waiting := [file for file in self._documents if file not in seen]:
            for file in waiting:
                seen.add(file)
                for source, reference in _references_in(file, self._documents[file].tree):
                    with suppress(SpecError):
                        self.target(source, reference)

    def _check_exists(self, at: Source, target: Source, reference: str) -> None:
        value: Any = self._documents[target.file].tree
        for number, token in enumerate(target.tokens):
            try:
                value = descend(value, (token,))
            except KeyError:
                place = f"{target.file}#{to_pointer(target.tokens[:number])}"
                from difflib import get_close_matches  # 1 ms that only an error needs

                near = get_close_matches(token, value if isinstance(value, dict) else (), n=1)
                remedy = f'did you mean "{near[0]}"?' if near else f'{place} has no "{token}"'
                raise self.error(at, f'"{reference}" cannot be resolved', remedy) from None

    def dynamic_anchors(self, source: Source) -> dict[str, Source]:
        """Every dynamic anchor of the schema resource around `source`: name -> the schema with it."""
        if _DYNAMIC.isdisjoint(self._identifiers[source.file]):
            return {}
        anchors = self._references.anchors(self._references.base(source))
        return {name: at for name, at in anchors.items() if self.is_dynamic(at, name)}

    def is_dynamic(self, source: Source, anchor: str) -> bool:
        """Whether the schema at `source` has this anchor as one that the dynamic scope may replace."""
        schema = self.value(source)
        return isinstance(schema, dict) and anchor in self.schemas_at(source).dynamic_anchors_of(schema)

    def follow(self, source: Source) -> tuple[Source, Any]:
        """The place that the chain of `$ref`s at `source` ends at, and the value there.

        Raises SpecError for a reference that cannot be resolved, and for a circle of references.
        """
        value = self.value(source)
        if not isinstance(value, dict) or "$ref" not in value:
            return source, value
        seen = {source}
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            target = self.target(source, value["$ref"])
            if target in seen:
                raise self.error(source.child("$ref"), *CIRCLE)
            seen.add(target)
            source, value = target, self.value(target)
        return source, value

    @cached_property
    def _references(self) -> References:
        from clausewise.spec.references import References

        references = References(self.schemas_at)
        for file, document in self._documents.items():
            references.add(file, document.tree, document.uri, identifies=self._identifies(file))
        return references

    def _read_beside(self, file: str, path: str, reference: str, at: Source) -> str:
        """The name of the file at `path`, relative to `file`; reads it when it is first needed."""
        folder = self._folder
        return self._read_file((folder / file).parent / path if file else folder / path, path, reference, at)

    @property
    def _folder(self) -> Path:
        """The folder that the names of files are relative to."""
        return self.root.path.parent if self.root.path is not None else Path.cwd()

    def _read_file(self, file: Path, path: str, reference: str, at: Source) -> str:
        """The name of a file, which sentences call `path`; reads it when it is first needed."""
        try:
            found = file.resolve()
            if self.root.path is not None and found == self.root.path.resolve():
                return ""
            # Devices and pipes may have no end.
            exists = found.exists()
            special = exists and not found.is_file() and not found.is_dir()
        except (OSError, RuntimeError, ValueError):
            message = f'"{reference}" cannot be resolved: it is not the name of a file'
            raise self.error(at, message, "write the path of a file") from None
        if not exists:
            remedy = "write its path relative to the file that has this reference"
            raise self.error(at, f'"{reference}" cannot be resolved: there is no file {path}', remedy)
        if special:
            message = f'"{reference}" cannot be resolved: {path} is not a regular file'
            raise self.error(at, message, "copy its content to a file beside the contract")
        folder = self._folder.resolve()
        if not any(found.is_relative_to(each) for each in self._allowed):
            message = f'"{reference}" is outside the folder of the document'
            raise self.error(at, message, "to allow it, name the folder of that file with --allow-refs DIR")
        name = found.relative_to(folder).as_posix() if found.is_relative_to(folder) else _upwards(found, folder)
        if name not in self._documents:
            try:
                # Not the parent of the name: "origin/main:api.yaml" is at the top of a revision.
                above = self.root.name.removesuffix(self.root.path.name) if self.root.path is not None else ""
                self._add(name, read(found, Path(above + name).as_posix()))
            except SpecError as error:
                if error.location is not None:
                    raise
                raise self.error(at, f'"{reference}" cannot be resolved: {error.message}', error.remedy) from None
        return name

    def _identifies(self, file: str) -> bool:
        """Whether schemas in a file may have URIs."""
        return bool(self._identifiers[file] - _DECLARING)

    def _add(self, file: str, document: Document) -> None:
        self._documents[file] = document
        text = "\n".join((document.text, *(overlay.text for overlay in self.overlays if not file)))
        dialect = self.dialect
        declaring = _occurring(_DECLARING, text) if dialect.draft_identifiers else frozenset()
        keywords = dialect.schemas.identifiers | (dialect.draft_identifiers if declaring else frozenset())
        self._identifiers[file] = declaring | _occurring(keywords, text)


def _occurring(keywords: frozenset[str], text: str) -> frozenset[str]:
    """Those of `keywords` that a text has."""
    return frozenset(
        keyword
        for keyword in keywords
        if (keyword in text if keyword[0] != "$" else any(dollar + keyword[1:] in text for dollar in _DOLLARS))
    )


def _references_in(file: str, tree: Any) -> Iterator[tuple[Source, str]]:
    """The references to other documents, each with the place of the object that has it."""
    waiting = [(Source(file), tree)]
    seen: set[int] = set()
    while waiting:
        source, value = waiting.pop()
        if id(value) in seen:
            # An alias of YAML leads to it again.
            continue
        members: Iterable[tuple[Any, Any]] = ()
        if isinstance(value, dict):
            members = value.items()
            for keyword in ("$ref", "$dynamicRef"):
                reference = value.get(keyword)
                if isinstance(reference, str) and not reference.startswith("#"):
                    yield source, reference
        elif isinstance(value, list):
            members = enumerate(value)
        seen.add(id(value))
        waiting += [(source.child(token), member) for token, member in members if isinstance(member, dict | list)]


def _upwards(path: Path, folder: Path) -> str:
    """`path` relative to `folder`, with ".."; pathlib of Python 3.11 cannot do this."""
    shared = 0
    for ours, theirs in zip(folder.parts, path.parts, strict=False):
        if ours != theirs:
            break
        shared += 1
    return "/".join([".."] * (len(folder.parts) - shared) + list(path.parts[shared:]))


def open_sources(
    path: Path,
    name: str | None = None,
    allowed: Iterable[Path] = (),
    nullable: Nullable = "meant",
    fetch: Fetch | None = None,
    overlays: Iterable[Path | Document] = (),
    mapped: Mapping[str, Path] = MappingProxyType({}),
) -> Sources:
    """Read the root document at `path`, whose references may lead to files at or below its folder and those `allowed`,
    and to URLs where there is a `fetch`, or a file or folder `mapped` to them. `overlays` are applied to it.

    Raises SpecError when it cannot be read.
    """
    return Sources(read(path, name or str(path)), allowed, nullable, fetch, read_overlays(overlays), mapped)


def read_overlays(overlays: Iterable[Path | Document]) -> tuple[Document, ...]:
    """The overlays, those that are files read. Raises SpecError where one cannot be read."""
    return tuple(one if isinstance(one, Document) else read(one, str(one)) for one in overlays)


def _overlaid(root: Document, overlays: tuple[Document, ...]) -> Overlaid | None:
    """The root document with the overlays applied; None without any."""
    if not overlays:
        return None
    from clausewise.spec.overlay import apply_overlays

    return apply_overlays(root, overlays)
