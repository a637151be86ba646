"""An OpenAPI file read into plain dicts and lists."""

from __future__ import annotations

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
from clausewise.near_file import near_file
from clausewise.spec.json_object import RepeatedNameError, with_unique_names

#: the loader's C version where PyYAML was built with it: about ten times faster
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


#: bytes of a file at most. YAML takes about a second for each MiB, and hundreds of bytes of memory for each byte.
_LARGEST = 64 * 2**20

#: brackets that follow each other, and how many of them overflow the C stack of libyaml before Python raises
#: RecursionError. Each is looked at once: in a line of dashes, a search for so many of them would begin at every dash
_BRACKETS = re.compile(r"(?:[\[{?-]\s*+)++")
_DEEP = 2000
#: the tag of an unquoted `<<` used as a key
_MERGE = "tag:yaml.org,2002:merge"


#: strings of JSON, which are skipped, and what Python's JSON parser accepts as a number although JSON does not
_NO_NUMBER = r'"(?:[^"\\]|\\.)*+"|(-?Infinity|NaN|-?[0-9]{4000,})'


class Document(msgspec.Struct, frozen=True, eq=False):
    """One file of a contract."""

    #: path or URL as messages show it
    name: str
    #: the file; None for a document from a URL or an app
    path: Path | None
    #: the file's text; positions in it are found only when they are needed
    text: str
    content: bytes
    #: the document itself: dicts with string keys, lists, strings, numbers, booleans, None
    tree: Any
    #: where it was read from in the end, without credentials; "" for a file
    url: str = ""
    #: whether the text is JSON, and not only YAML
    is_json: bool = False

    @property
    def uri(self) -> str:
        """The base URI of its references (RFC 3986 section 5.1.3)."""
        return self.path.resolve().as_uri() if self.path is not None else self.url

    @property
    def sha256(self) -> str:
        """Of the file's bytes, in hexadecimal."""
        import hashlib  # It loads OpenSSL, and most commands print no digest.

        return hashlib.sha256(self.content).hexdigest()


class Binary(str):
    """Bytes in YAML (`!!binary`), as their Base64 text without whitespace."""

    __slots__ = ()


def read(path: Path, name: str) -> Document:
    """Read a YAML or JSON file.

    Raises SpecError, with the place where it is known, for a file that is missing, not text, or not YAML or JSON.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise SpecError(f"{name}: no such file", remedy=near_file(path) or "check the path") from None
    except IsADirectoryError:
        raise SpecError(f"{name} is a directory", remedy="name the OpenAPI file in it") from None
    except OSError as error:
        reason = f"{name}: cannot be read: {error.strerror}"
        raise SpecError(reason, remedy="check the file and its permissions") from None
    if len(content) > _LARGEST:
        raise SpecError(f"{name} has more than {_LARGEST // 2**20} MiB", remedy="split it into several files")
    return parse(content, path, name)


def parse(content: bytes, path: Path | None, name: str, *, with_bytes: bool = False, url: str = "") -> Document:
    """The document in `content`, the bytes of the file at `path` or of what is at `url`; `with_bytes` gives `!!binary`
    as Binary.

    Raises SpecError like `read`.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Columns of broken text are those of its bytes.
        location = _location(content.decode("latin-1"), name, error.start)
        raise SpecError("is not UTF-8 text", location=location, remedy="save it as UTF-8") from None
    if not text.strip():
        raise SpecError(f"{name} is empty", remedy="an OpenAPI document starts with 'openapi: 3.1.0'")
    if text.lstrip().startswith("{"):
        tree, is_json = _parse_json(text, name)
    else:
        tree, is_json = _parse_yaml(text, name, _BytesLoader if with_bytes else Yaml12Loader), False
    return Document(name, path, text, content, tree, url, is_json)


def _parse_json(text: str, name: str) -> tuple[Any, bool]:
    """The value of a text that begins like JSON, and whether it is JSON."""
    try:
        return json.loads(text, object_pairs_hook=with_unique_names, parse_constant=_no_constant), True
    except RepeatedNameError as error:
        location = _first_duplicate(text, name)
        message = f'the object member "{error.name}" occurs twice'
        raise SpecError(message, location=location, remedy="rename or remove one") from None
    except json.JSONDecodeError as error:
        try:
            # A flow mapping of YAML starts with "{" as well.
            return _parse_yaml(text, name), False
        except SpecError:
            raise SpecError(
                f"is not valid JSON: {error.msg}",
                location=Location(name, error.lineno, error.colno),
                remedy="check the commas, quotes and brackets there",
            ) from None
    except ValueError as error:
        found = next((match for match in re.finditer(_NO_NUMBER, text) if match[1]), None)
        location = _location(text, name, found.start()) if found else Location(name, 1, 1)
        raise SpecError(f"is not valid JSON: {error}", location=location, remedy="write a number or a string") from None
    except RecursionError:
        raise _too_deep(text, name) from None


def _too_deep(text: str, name: str) -> SpecError:
    start = _deeply_nested(text)
    location = _location(text, name, start) if start is not None else Location(name, 1, 1)
    return SpecError("is nested too deeply", location=location, remedy="nest fewer objects and arrays in each other")


def _deeply_nested(text: str) -> int | None:
    """Where brackets are nested so deeply that libyaml must not read them; None where they are nowhere."""
    for found in _BRACKETS.finditer(text):
        if len(found[0]) >= _DEEP and sum(map(found[0].count, "[{?-")) >= _DEEP:
            return found.start()
    return None


def _location(text: str, name: str, offset: int) -> Location:
    """The place of the character at `offset`."""
    return Location(name, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _first_duplicate(text: str, name: str) -> Location | None:
    """The place where a member occurs twice: Python's JSON parser does not give it, and JSON is nearly always YAML."""
    try:
        _parse_yaml(text, name)
    except SpecError as error:
        return error.location
    return None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _parse_yaml(text: str, name: str, kind: type[Yaml12Loader] | None = None) -> Any:
    if _deeply_nested(text) is not None:
        raise _too_deep(text, name)
    loader = (kind or Yaml12Loader)(_Reading(text))
    try:
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        location = Location(name, mark.line + 1, mark.column + 1) if mark else None
        problem = error.problem or error.context or "cannot be parsed"
        raise SpecError(f"is not valid YAML: {problem}", location=location, remedy=_remedy(error, text)) from None
    except yaml.reader.ReaderError as error:
        location = _location(text, name, error.position)
        character = error.character if isinstance(error.character, int) else ord(str(error.character)[:1] or "\0")
        raise SpecError(
            f"has the character U+{character:04X}, which YAML does not allow",
            location=location,
            remedy=f'write it as "\\u{character:04x}"',
        ) from None
    except RecursionError:
        raise _too_deep(text, name) from None
    finally:
        loader.dispose()


class _Reading:
    """A text, read piece by piece: libyaml can be interrupted only when it asks for the next one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def read(self, size: int) -> str:
        """The next `size` characters."""
        self._at += size
        return self._text[self._at - size : self._at]


def _remedy(error: yaml.MarkedYAMLError, text: str) -> str:
    if isinstance(error, _ContentError):
        return error.remedy
    if isinstance(error, yaml.composer.ComposerError | yaml.constructor.ConstructorError):
        return "write one document, and each anchor (`&name`) once and before its aliases (`*name`)"
    mark = error.problem_mark
    if mark is not None and text[mark.index : mark.index + 1] == "\t":
        return "indent with spaces, not with tabs"
    return "check the indentation and the quotes in this line and the line before"


class _ContentError(yaml.constructor.ConstructorError):
    """A node that YAML allows and JSON has no equal for, or that has a tag which does not fit."""

    def __init__(self, problem: str, node: yaml.Node, remedy: str) -> None:
        super().__init__(None, None, problem, node.start_mark)
        self.remedy = remedy


class Yaml12Loader(_Base):  # type: ignore[misc]
    """PyYAML with the scalars of YAML 1.2's core schema (section 10.3.2), so that `on`, `no` and dates stay strings.

    Keys are always strings, as in JSON (`200:` is "200"). A key that occurs twice is an error.
    """

    #: by first character, in place of those of the base class, which are for YAML 1.1
    yaml_implicit_resolvers: ClassVar[dict[str | None, list[tuple[str, re.Pattern[str]]]]] = {}

    def __init__(self, stream: str | _Reading) -> None:
        super().__init__(stream)
        self._flat: set[int] = set()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Add the members that `<<` merges to the node's own, in place and once.

        A key of the node itself wins over a merged one, and the first mapping of a list over the later ones
        (https://yaml.org/type/merge.html). PyYAML's own method is not used: which of two equal keys wins changed with
        its versions (6.0.4 takes the merged one where the two nodes share a string object).
        """
        if id(node) in self._flat:
            return
        self._flat.add(id(node))
        # Before merging: the merged mappings may have the same keys as the node.
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
            problem = f"`<<` merges a mapping or a list of mappings, not a {source.id}"
            raise _ContentError(problem, source, "give it mappings, for example by an alias")
    return sources


def _check_keys(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key_node, _ in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise _ContentError("a key must be a scalar", key_node, "write the key as a string")
        if key_node.value in seen:
            raise _ContentError(f'the key "{key_node.value}" occurs twice', key_node, "rename or remove one")
        seen.add(key_node.value)


def _construct_mapping(loader: Any, node: yaml.Node) -> dict[str, Any]:
    if not isinstance(node, yaml.MappingNode):
        raise _ContentError("a value with the tag of a mapping is not a mapping", node, "remove the tag")
    loader.flatten_mapping(node)
    return {str(key.value): loader.construct_object(value, deep=True) for key, value in node.value}


def _construct_sequence(loader: Any, node: yaml.Node) -> list[Any]:
    if not isinstance(node, yaml.SequenceNode):
        raise _ContentError("a value with the tag of a sequence is not a sequence", node, "remove the tag")
    return [loader.construct_object(item, deep=True) for item in node.value]


def _construct_scalar(convert: Callable[[str], Any]) -> Callable[[Any, yaml.Node], Any]:
    def construct(_loader: Any, node: yaml.Node) -> Any:
        try:
            return convert(str(node.value))
        except (ValueError, KeyError):
            problem = f"JSON has no such {node.tag.rpartition(':')[2]}"
            raise _ContentError(problem, node, "write another value, or a string in quotes without a tag") from None

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
    # JSON has nothing like a local tag (`!Ref x`): the value is kept and the tag is not.
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
    """The same, except that `!!binary` gives Binary."""


_BytesLoader.add_constructor("tag:yaml.org,2002:binary", _construct_binary)
