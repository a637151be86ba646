"""Resolves references by URI: to the files of a contract, and to the schemas in them with an `$id` or an `$anchor`.

The registry is that of `referencing`. Its contents are places instead of values, so that a lookup gives a place. JSON
Pointers are resolved here (RFC 6901). No exception of `referencing` leaves this module. Only contracts with such URIs
or of several files import it: the import takes 30 ms, and most references are pointers within one file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import msgspec
from referencing import Anchor, Registry, Resource, Specification
from referencing.exceptions import NoSuchResource, Unresolvable

from clausewise.spec.dialects import SchemaDialect
from clausewise.spec.pointer import Source, descend, from_pointer
from clausewise.spec.structure import ANYTHING, kind_below, kind_of, members


class Node(msgspec.Struct, frozen=True, eq=False):
    """A value in a file: the contents of a resource of `referencing`."""

    source: Source
    value: Any
    #: kind of object, as in `structure`; None where it has no schemas in it
    kind: str | None

    def below(self, token: str) -> Node:
        """The member or element that an unescaped pointer token names. Raises KeyError (RFC 6901 section 4)."""
        return Node(self.source.child(token), descend(self.value, (token,)), kind_below(self.kind, token))

    @property
    def schema(self) -> dict[str, Any]:
        """The value as a schema; {} where it is none."""
        return self.value if self.kind in ("schema", ANYTHING) and isinstance(self.value, dict) else {}


class AmbiguousError(Exception):
    """A reference identifies two places."""

    def __init__(self, first: Source, second: Source) -> None:
        super().__init__()
        self.places = (first, second)


class References:
    """The resources of one contract: its files, and the schemas in them that have an `$id`."""

    def __init__(self, dialect_at: Callable[[Source], SchemaDialect]) -> None:
        """`dialect_at` gives the dialect of the schema at a place."""
        self._dialect_at = dialect_at
        self._registry: Registry[Node] = Registry()
        # The stubs of `referencing` hide from mypy what its constructors take.
        self._specification: Specification[Node] = Specification(  # type: ignore[call-arg]
            name="OpenAPI",
            id_of=self._id_of,
            subresources_of=_subresources,
            anchors_in=self._anchors_in,
            # Pointers are resolved here, not by `referencing`.
            maybe_in_subresource=lambda _segments, resolver, _subresource: resolver,
        )
        #: the first URI of each file, and its root
        self._files: dict[str, tuple[str, Node]] = {}
        self._bases: dict[Source, str] = {}
        #: the places with an `$id` or with an anchor, each with the anchor's name or ""
        self._met: dict[tuple[Source, str], None] = {}
        #: URI, and anchor or "" -> the places that have it
        self._claims: dict[tuple[str, str], list[Source]] = {}
        #: URI -> its anchors
        self._anchors: dict[str, dict[str, Source]] = {}
        self._crawled = True

    def add(self, file: str, tree: Any, uri: str, *, identifies: bool) -> None:
        """Add a file under `uri`; it may have several. `identifies`: whether schemas in it may have URIs."""
        node = Node(Source(file), tree, kind_of(tree) if identifies else None)
        own = tree.get("$self") if isinstance(tree, dict) and "openapi" in tree else None
        # The document's own URI is the base of its references (OpenAPI 3.2 section 4.1.2.2.1).
        for each in (urljoin(uri, own), uri) if isinstance(own, str) and _is_reference(own) else (uri,):
            self._files.setdefault(file, (each, node))
            self._registry = self._registry.with_resource(each, self._specification.create_resource(node))
        self._crawled = False

    def base(self, source: Source) -> str:
        """The base URI of references at `source`: of the innermost `$id` around it, else of its file (Core 8.2.1)."""
        base = self._bases.get(source)
        if base is None:
            uri, node = self._files[source.file]
            base = _joined(uri, self._id_of(node))
            for token in source.tokens if node.kind else ():
                node = node.below(token)
                base = _joined(base, self._id_of(node))
            self._bases[source] = base
        return base

    def lookup(self, base: str, reference: str) -> Source | None:
        """The place that `reference` identifies, resolved against the URI `base`; None where nothing has its URI.

        Whether a JSON Pointer leads to a value is not checked. Raises KeyError for an anchor that does not exist,
        AmbiguousError, and ValueError where `reference` is not a URI reference.
        """
        self._crawl()
        # Not by urljoin, which leaves "#name" as it is where the base is a URN.
        uri, fragment = (base, reference[1:]) if reference.startswith("#") else urldefrag(urljoin(base, reference))
        name = unquote(fragment)
        is_anchor = name != "" and not name.startswith("/")
        claims = self._claims.get((uri, name if is_anchor else ""), ())
        if len(claims) > 1:
            raise AmbiguousError(claims[0], claims[1])
        try:
            if is_anchor:
                node: Node = self._registry.anchor(uri, name).value.resource.contents
                return node.source
            found = self._registry[uri].contents
        except NoSuchResource:
            return None
        except Unresolvable:
            raise KeyError(name) from None
        return found.source.child(*from_pointer(name))

    def anchors(self, base: str) -> dict[str, Source]:
        """The anchors of the resource with the URI `base`: name -> the first schema with it."""
        self._crawl()
        return self._anchors.get(base, {})

    def _crawl(self) -> None:
        if not self._crawled:
            self._registry = self._registry.crawl()
            self._claims, self._anchors = {}, {}
            for source, anchor in self._met:
                base = self.base(source)
                self._claims.setdefault((base, anchor), []).append(source)
                if anchor:
                    self._anchors.setdefault(base, {}).setdefault(anchor, source)
            self._crawled = True

    def _id_of(self, node: Node) -> str | None:
        identifier = self._dialect_at(node.source).id_of(node.schema)
        if identifier is None or not _is_reference(identifier):
            return None
        self._met[node.source, ""] = None
        return identifier

    def _anchors_in(self, specification: Specification[Node], node: Node) -> Iterator[Anchor[Node]]:
        for name in self._dialect_at(node.source).anchors_of(node.schema):
            self._met[node.source, name] = None
            yield Anchor(name, Resource(node, specification))  # type: ignore[call-arg]


def _subresources(node: Node) -> Iterator[Node]:
    return (node.below(token) for token in members(node.kind, node.value))


def _joined(base: str, identifier: str | None) -> str:
    return base if identifier is None else urljoin(base, identifier)


def _is_reference(written: str) -> bool:
    try:
        urlsplit(written)
    except ValueError:
        return False
    return True
