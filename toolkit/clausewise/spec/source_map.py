"""The line and column of a JSON Pointer in a file.

A run without findings prints few places or none. In JSON, only what leads to a place is read again. In YAML, PyYAML
takes several times as long to build its node tree as to read the plain values: the tree is built when the first place
is needed, and kept.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from functools import cached_property
from typing import Any

import yaml
from msgspec.structs import replace

from clausewise.errors import Location
from clausewise.spec.document import Document, Yaml12Loader
from clausewise.spec.json_places import JsonPlaces
from clausewise.spec.pointer import to_pointer

#: characters of the longest line in which a person finds a column: that of a minified document is longer
_LONG = 1000


class SourceMap:
    """Positions in one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._json = JsonPlaces(document.text) if document.is_json else None
        self._yaml = _YamlPlaces(document.text)

    def locate(self, tokens: tuple[str, ...]) -> Location:
        """The place of the member or element that `tokens` name, else of its nearest parent, else 1:1.

        The place of a member is that of its key. It has the pointer where no file holds the document, and where the
        line is too long to be read.
        """
        if self._json is not None:
            offset = self._json.offset(tokens)
            line = bisect_right(self._lines, offset) - 1
            column = offset - self._lines[line]
        else:
            line, column = self._yaml.position(tokens)
        location = Location(self._document.name, line + 1, column + 1)
        if self._document.path is None or self._is_long(line):
            return replace(location, pointer=to_pointer(tokens))
        return location

    def named(self, tokens: tuple[str, ...]) -> str:
        """What `locate` gives, as text; in a document of one long line nobody reads columns, and none is looked for."""
        if self._is_one_line:
            return str(Location(self._document.name, 1, 1, to_pointer(tokens)))
        return str(self.locate(tokens))

    @cached_property
    def _is_one_line(self) -> bool:
        """Whether everything stands on the first line, and places have their pointers alone."""
        text = self._document.text
        end = text.find("\n")
        is_alone = self._json is not None and (end == -1 or text[end:].isspace())
        return is_alone and (self._document.path is None or self._is_long(0))

    @cached_property
    def _lines(self) -> array[int]:
        """Where each line begins."""
        text, starts, at = self._document.text, array("L", [0]), -1
        while (at := text.find("\n", at + 1)) != -1:
            starts.append(at + 1)
        return starts

    def _is_long(self, line: int) -> bool:
        """Whether a line is too long to be read."""
        # YAML has more line breaks than a line feed.
        start = self._lines[min(line, len(self._lines) - 1)]
        text = self._document.text
        return len(text) > start + _LONG and text.find("\n", start, start + _LONG) == -1


class _YamlPlaces:
    """The places in a text of YAML."""

    def __init__(self, text: str) -> None:
        self._text = text
        #: identity of a mapping node -> its members by key; filled as the tree is walked
        self._members: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = {}

    def position(self, tokens: tuple[str, ...]) -> tuple[int, int]:
        """Line and column, from 0, of what `tokens` name, else of its nearest parent."""
        node = self._tree
        mark = node.start_mark
        for token in tokens:
            if isinstance(node, yaml.MappingNode):
                member = self._index(node).get(token)
                if member is None:
                    break
                mark, node = member[0].start_mark, member[1]
            elif isinstance(node, yaml.SequenceNode) and token.isdecimal() and int(token) < len(node.value):
                node = node.value[int(token)]
                mark = node.start_mark
            else:
                break
        return mark.line, mark.column

    def _index(self, node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        members = self._members.get(id(node))
        if members is None:
            members = {str(key.value): (key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
            self._members[id(node)] = members
        return members

    @cached_property
    def _tree(self) -> yaml.Node:
        loader: Any = Yaml12Loader(self._text)
        try:
            root: yaml.Node = loader.get_single_node()
        finally:
            loader.dispose()
        return root
