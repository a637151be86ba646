"""An OpenAPI file read into plain dicts and lists."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import msgspec
import yaml

from clausewise.errors import Location, SpecError

#: the loader's C version where PyYAML was built with it: about ten times faster
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


#: nesting that overflows the C stack of libyaml, before Python could say that it is too deep
_TOO_DEEP = re.compile(r"(?:[\[{?-]\s*){2000}")
#: the tag of an unquoted `<<` used as a key
_MERGE = "tag:yaml.org,2002:merge"


#: strings of JSON, to be passed over, and what Python's parser of JSON takes for a number but we do not
_NO_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*+"|(-?Infinity|NaN|-?[0-9]{4000,})')


class Document(msgspec.Struct, frozen=True, eq=False):
    """One file of a contract."""

    #: path as people know it, for messages
    name: str
    path: Path
    #: the file's text; positions are found in it only when somebody asks
    text: str
    #: of the file's bytes, hex
    sha256: str
    #: the document itself: dicts with string keys, lists, strings, numbers, booleans, None
    tree: Any


class Binary(str):
    """Bytes in YAML (`!!binary`), as the Base64 text that they are written in, without its blanks."""

    __slots__ = ()


def read(path: Path, name: str) -> Document:
    """Read a YAML or JSON file.

    Raises SpecError, with the place where one is known, for a file that is missing, not text, or not YAML or JSON.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise SpecError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise SpecError(f"{name} is a directory", remedy="name the OpenAPI file in it") from None
    except OSError as error:
        raise SpecError(f"{name}: cannot be read: {error.strerror}") from None
    return parse(content, path, name)


def parse(content: bytes, path: Path, name: str, *, with_bytes: bool = False) -> Document:
    """The document that `content` is, read from `path`; `with_bytes` gives `!!binary` as Binary. Raises SpecError like
    `read`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Columns of broken text are those of its bytes.
        location = _location(content.decode("latin-1"), name, error.start)
        raise SpecError("is not UTF-8 text", location=location, remedy="save it as UTF-8") from None
    if not text.strip():
        raise SpecError(f"{name} is empty", remedy="an OpenAPI document starts with 'openapi: 3.1.0'")
    if text.lstrip().startswith("{"):
        tree = _parse_json(text, name)
    else:
        tree = _parse_yaml(text, name, _BytesLoader if with_bytes else Yaml12Loader)
    return Document(name, path, text, hashlib.sha256(content).hexdigest(), tree)


def _parse_json(text: str, name: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique_members, parse_constant=_no_constant)
    except _DuplicateMemberError as error:
        location = _first_duplicate(text, name)
        message = f'the object member "{error}" occurs twice'
        raise SpecError(message, location=location, remedy="rename or remove one") from None
    except json.JSONDecodeError as error:
        try:
            # A flow mapping of YAML starts with "{" as well.
            return _parse_yaml(text, name)
        except SpecError:
            raise SpecError(
                f"is not valid JSON: {error.msg}", location=Location(name, error.lineno, error.colno)
            ) from None
    except ValueError as error:
        found = next((match for match in _NO_NUMBER.finditer(text) if match[1]), None)
        location = _location(text, name, found.start()) if found else Location(name, 1, 1)
        raise SpecError(f"is not valid JSON: {error}", location=location, remedy="write a number or a string") from None
    except RecursionError:
        raise SpecError(f"{name} is nested too deeply to be an OpenAPI document") from None


class _DuplicateMemberError(ValueError):
    pass


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _DuplicateMemberError(name)
            seen.add(name)
    return members


def _location(text: str, name: str, offset: int) -> Location:
    """The place of the character at `offset`."""
    return Location(name, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _first_duplicate(text: str, name: str) -> Location | None:
    """Where a member occurs twice: Python's JSON parser does not say, and JSON is YAML, but for rare exceptions."""
    try:
        _parse_yaml(text, name)
    except SpecError as error:
        return error.location
    return None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _parse_yaml(text: str, name: str, kind: type[Yaml12Loader] | None = None) -> Any:
    if _TOO_DEEP.search(text):
        raise SpecError(f"{name} is nested too deeply to be an OpenAPI document")
    loader = (kind or Yaml12Loader)(text)
    try:
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        location = Location(name, mark.line + 1, mark.column + 1) if mark else None
        problem = error.problem or error.context or "cannot be parsed"
        raise SpecError(f"is not valid YAML: {problem}", location=location) from None
    except yaml.reader.ReaderError as error:
        location = _location(text, name, error.position)
        character = error.character if isinstance(error.character, int) else ord(str(error.character)[:1] or "\0")
        raise SpecError(
            f"has the character U+{character:04X}, which YAML does not allow",
            location=location,
            remedy=f'write it as "\\u{character:04x}"',
        ) from None
    except RecursionError:
        raise SpecError(f"{name} is nested too deeply to be an OpenAPI document") from None
    finally:
        loader.dispose()


class Yaml12Loader(_Base):  # type: ignore[misc]
    """PyYAML with the scalars of YAML 1.2's core schema (section 10.3.2), so that `on`, `no` and dates stay strings.

    Keys are always strings, as in JSON (`200:` is "200"), and a key written twice is an error.
    """

    #: by first character; the base class' own would read YAML 1.1
    yaml_implicit_resolvers: ClassVar[dict[str | None, list[tuple[str, re.Pattern[str]]]]] = {}

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._flat: set[int] = set()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Put the members that `<<` merges among the node's own, in place, once.

        A key of the node itself wins over a merged one, and the first mapping of a list over the later ones
        (https://yaml.org/type/merge.html). PyYAML's own method is not used: which of two equal keys wins changed with
        its versions (6.0.4 takes the merged one where the two nodes share a string object).
        """
        if id(node) in self._flat:
            return
        self._flat.add(id(node))
        # Before merging: what is merged may have the same keys as the node's own.
        _check_keys(node)
        merges = [value for key, value in node.value if key.tag == _MERGE]
        if not merges:
            return
        members: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for source in itertools.chain.from_iterable(map(_merge_sources, merges)):
            self.flatten_mapping(source)
            for key, value in source.value:
                members.setdefault(key.value, (key, value))
        members.update({key.value: (key, value) for key, value in node.value if key.tag != _MERGE})
        node.value = list(members.values())


def _merge_sources(node: yaml.Node) -> list[yaml.MappingNode]:
    """The mappings that the value of a `<<` merges: itself, or the elements of a list."""
    sources: list[Any] = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for source in sources:
        if not isinstance(source, yaml.MappingNode):
            problem = f"expected a mapping or list of mappings for merging, but found {source.id}"
            raise yaml.constructor.ConstructorError(None, None, problem, source.start_mark)
    return sources


def _check_keys(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key_node, _ in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a plain value", key_node.start_mark)
        if key_node.value in seen:
            problem = f'the key "{key_node.value}" occurs twice'
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        seen.add(key_node.value)


def _construct_mapping(loader: Any, node: yaml.Node) -> dict[str, Any]:
    if not isinstance(node, yaml.MappingNode):
        raise yaml.constructor.ConstructorError(None, None, "it is tagged as a mapping and is none", node.start_mark)
    loader.flatten_mapping(node)
    return {str(key.value): loader.construct_object(value, deep=True) for key, value in node.value}


def _construct_sequence(loader: Any, node: yaml.Node) -> list[Any]:
    if not isinstance(node, yaml.SequenceNode):
        raise yaml.constructor.ConstructorError(None, None, "it is tagged as a sequence and is none", node.start_mark)
    return [loader.construct_object(item, deep=True) for item in node.value]


def _construct_scalar(convert: Callable[[str], Any]) -> Callable[[Any, yaml.Node], Any]:
    def construct(_loader: Any, node: yaml.Node) -> Any:
        try:
            return convert(str(node.value))
        except (ValueError, KeyError):
            problem = f"this is no {node.tag.rpartition(':')[2]} that JSON could hold"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None

    return construct


def _int(written: str) -> int:
    return int(written, 0) if written[:2] in ("0x", "0o") else int(written)


def _float(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(written)
    return number


def _bool(written: str) -> bool:
    return {"true": True, "false": False}[written.lower()]


def _construct_other(loader: Any, node: yaml.Node) -> Any:
    # A tag of somebody's own (`!Ref x`) says nothing that JSON could: its value counts, its tag does not.
    if isinstance(node, yaml.MappingNode):
        return _construct_mapping(loader, node)
    if isinstance(node, yaml.SequenceNode):
        return _construct_sequence(loader, node)
    return node.value


def _construct_binary(_loader: Any, node: yaml.Node) -> Binary:
    return Binary("".join(str(node.value).split()))


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    Yaml12Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}",
        re.compile(f"^(?:{_pattern})$"),
        ["" if character == "\0" else character for character in _first],
    )
for _tag, _construct in (
    ("map", _construct_mapping),
    ("seq", _construct_sequence),
    ("int", _construct_scalar(_int)),
    ("float", _construct_scalar(_float)),
    ("bool", _construct_scalar(_bool)),
    *((tag, _construct_other) for tag in ("timestamp", "binary", "set", "omap", "pairs")),
):
    Yaml12Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _construct)
Yaml12Loader.add_constructor(None, _construct_other)


class _BytesLoader(Yaml12Loader):
    """The same, but that bytes can be told from text."""


_BytesLoader.add_constructor("tag:yaml.org,2002:binary", _construct_binary)
