"""The line and column of a JSON Pointer in a file.

A run without findings prints few places or none, and PyYAML takes several times as long to build its node tree as to
read the plain values. So the tree is built when the first place is needed, and kept.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from msgspec.structs import replace

from clausewise.errors import Location
from clausewise.spec.document import Document, Yaml12Loader
from clausewise.spec.pointer import to_pointer

#: characters of the longest line in which a person finds a column: that of a minified document is longer
_LONG = 1000

#: \uXXXX escapes of surrogates in JSON, which YAML refuses; replaced by an escape of the same length
_SURROGATE = re.compile(r"\\u[dD][89abcdefABCDEF][0-9a-fA-F]{2}")


class SourceMap:
    """Positions in one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._root: yaml.Node | None = None
        self._composed = False
        #: identity of a mapping node -> its members by key; filled as the tree is walked
        self._members: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = {}

    def locate(self, tokens: tuple[str, ...]) -> Location:
        """The place of the member or element that `tokens` name, else of its nearest parent, else 1:1.

        The place of a member is that of its key. It has the pointer where no file holds the document, and where the
        line is too long to be read.
        """
        node = self._tree()
        mark = node.start_mark if node is not None else None
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
        location = Location(self._document.name, 1, 1)
        if mark is not None:
            location = Location(self._document.name, mark.line + 1, mark.column + 1)
        if self._document.path is None or (mark is not None and self._is_long(mark)):
            return replace(location, pointer=to_pointer(tokens))
        return location

    def _is_long(self, mark: yaml.Mark) -> bool:
        """Whether the line of a place is too long to be read."""
        # The index of a mark counts the characters of the text, but not a carriage return before a line feed.
        start = max(0, mark.index - mark.column)
        return len(self._document.text) > start + _LONG and self._document.text.find("\n", start, start + _LONG) == -1

    def _index(self, node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        members = self._members.get(id(node))
        if members is None:
            members = {str(key.value): (key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
            self._members[id(node)] = members
        return members

    def _tree(self) -> yaml.Node | None:
        if not self._composed:
            self._composed = True
            loader: Any = Yaml12Loader(_SURROGATE.sub(r"\\u003f", self._document.text))
            try:
                self._root = loader.get_single_node()
            except yaml.YAMLError:
                # JSON that is not YAML (tabs in odd places): lines are unknown, the file is not.
                self._root = None
            finally:
                loader.dispose()
        return self._root
