"""Values as XML elements and back, by the `xml` objects of their schemas (OpenAPI 3.1 section 4.8.26).

A member is an element of its own name, or what its schema's `xml` says: an element of another name, an attribute, the
text of the element around it. The items of an array are elements that repeat, which stand in a wrapper where the array
is `wrapped`. What XML leaves open is a text, which the schema types.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal

import msgspec

from clausewise.contract.clause import EACH_ITEM
from clausewise.contract.message import Message
from clausewise.media.codec import Malformed, Typed
from clausewise.media.styles import text
from clausewise.media.xml import INSTANCE, WELL_KNOWN, Element, Name
from clausewise.spec.pointer import descend, from_pointer

#: the attribute of an element that stands for null
_NIL = (Name("nil", INSTANCE, "xsi"), "true")

#: the root element where the contract names none
_ROOT = "root"


class _NoFormError(Exception):
    """A value has no form in XML."""


class _Schemas(msgspec.Struct, frozen=True, eq=False):
    """What several schemas that apply to one value say of its form."""

    types: frozenset[str]
    #: the `xml` object; {} without one
    xml: dict[str, Any]
    #: property -> its schema
    properties: dict[str, Any]
    #: properties that every value has
    required: frozenset[str]
    items: Any
    #: the schema of other members
    additional: Any

    @property
    def is_array(self) -> bool:
        """Whether the value is an array, and nothing else."""
        return "array" in self.types and self.types <= {"array", "null"}

    @property
    def is_object(self) -> bool:
        """Whether the value may be an object."""
        return "object" in self.types or (not self.types and bool(self.properties))


class _Member(msgspec.Struct, frozen=True):
    """A property in the element of its object."""

    name: Name
    kind: Literal["element", "attribute", "text", "wrapper", "items"]
    #: of what is in it: the property, or for `wrapper` and `items` each item
    schema: Any
    #: the name of each item in a wrapper
    item: Name


@lru_cache(maxsize=256)
def xml_form(message: Message) -> XmlForm:
    """The form of a message's values."""
    return XmlForm(message.schema)


class XmlForm:
    """The form of the values of one schema."""

    def __init__(self, schema: dict[str, Any] | bool) -> None:
        self._root = schema
        self._known: dict[int, _Schemas] = {}
        self._members: dict[tuple[int, Name], dict[str, _Member]] = {}

    def write(self, value: Any) -> Element | None:
        """The root element of a document that holds `value`; None for a value without a form in XML."""
        try:
            return self._write(value, self._root, self._name(self._root, self._component, ""))
        except _NoFormError:
            return None

    def read(self, root: Element) -> Any:
        """The value in a document as objects, arrays and texts without types.

        Malformed where the root element is another one than the contract names.
        """
        schemas, wanted = self._schemas(self._root), self._name(self._root, self._component, "")
        if "name" in schemas.xml or "namespace" in schemas.xml:
            is_near = "namespace" not in schemas.xml and wanted.local == root.name.local
            if not is_near and not _is(wanted, root.name):
                found = f"its root element is {_shown(root.name)}"
                return Malformed(f"XML with the root element {_shown(wanted)}", found)
        return self._read(root, self._root, wanted)

    def unbreakable(self, path: tuple[str, ...], keyword: str) -> str:
        """Why no document breaks a clause about the type or the presence of the value at `path`; "" where one does."""
        schema, name = self._root, self._name(self._root, self._component, "")
        member: _Member | None = None
        for index, step in enumerate(path):
            schemas = self._schemas(schema)
            if step == EACH_ITEM:
                member, schema = None, schemas.items
                continue
            member = self._members_of(schema, name).get(step)
            if member is None:
                return ""
            if keyword == "required" and index == len(path) - 1 and member.name.declares is None:
                return "an array without items has no element" if member.kind == "items" else ""
            schema, name = schemas.properties[step], member.name
        kind = member.kind if member is not None else ""
        if member is not None and member.name.declares is not None:
            return "most readers of XML do not see a declaration of a namespace"
        if kind in ("attribute", "text") and "string" in self._schemas(schema).types:
            return "an attribute is always a text" if kind == "attribute" else "the text of an element is always a text"
        if kind == "wrapper" and keyword == "type":
            # Most readers look for elements in a wrapper, and at nothing else there.
            return "what a wrapper has in it is always an array"
        return "elements that repeat are always an array" if kind == "items" and keyword == "type" else ""

    @property
    def _component(self) -> str:
        reference = self._root.get("$ref", "") if isinstance(self._root, dict) else ""
        return str(reference).rpartition("/")[2] or _ROOT

    def _name(self, schema: Any, name: str, around: str) -> Name:
        """The name of an element or attribute, by default `name` in the namespace `around` it."""
        xml = self._schemas(schema).xml
        written, namespace = str(xml.get("name") or name), xml.get("namespace")
        attribute = xml.get("attribute") is True
        if Name(written).declares is not None:
            return Name(written, "" if attribute else around)
        # Many documents write the prefix into the name.
        before, _, local = written.rpartition(":")
        prefix = before or str(xml.get("prefix") or "")
        if not isinstance(namespace, str):
            namespace = WELL_KNOWN.get(prefix, "" if attribute or prefix else around)
        return Name(local, namespace, prefix)

    def _schemas(self, schema: Any) -> _Schemas:
        if id(schema) not in self._known:
            self._known[id(schema)] = self._combined(schema)
        return self._known[id(schema)]

    def _combined(self, schema: Any) -> _Schemas:
        parts = list(self._parts(schema, set(), is_certain=True))
        properties: dict[str, Any] = {}
        for part, _ in parts:
            declared = part.get("properties")
            properties = {**(declared if isinstance(declared, dict) else {}), **properties}
        every = [part for part, _ in parts]
        others = (each for part in every if isinstance(each := part.get("additionalProperties"), dict))
        return _Schemas(
            types=frozenset(name for part in every for name in _types(part)),
            xml=self._xml(schema),
            properties=properties,
            required=frozenset(name for part, is_certain in parts if is_certain for name in part.get("required", ())),
            items=next((part["items"] for part in every if isinstance(part.get("items"), dict)), True),
            additional=next(others, True),
        )

    def _parts(self, schema: Any, seen: set[int], *, is_certain: bool) -> Iterator[tuple[dict[str, Any], bool]]:
        """The schemas that may apply to the value of `schema`, and whether each applies to every value."""
        if not isinstance(schema, dict) or id(schema) in seen:
            return
        seen.add(id(schema))
        yield schema, is_certain
        if "$ref" in schema:
            yield from self._parts(self._referred(schema), seen, is_certain=is_certain)
        for part in schema.get("allOf", ()):
            yield from self._parts(part, seen, is_certain=is_certain)
        chosen = [*schema.get("oneOf", ()), *schema.get("anyOf", ()), schema.get("then"), schema.get("else")]
        for part in chosen:
            yield from self._parts(part, seen, is_certain=False)

    def _referred(self, schema: dict[str, Any]) -> Any:
        return descend(self._root, from_pointer(schema["$ref"].removeprefix("#")))

    def _xml(self, schema: Any) -> dict[str, Any]:
        """The `xml` object of a schema, or of the one that it refers to or consists of."""
        seen: set[int] = set()
        while isinstance(schema, dict) and id(schema) not in seen:
            seen.add(id(schema))
            if isinstance(schema.get("xml"), dict):
                found: dict[str, Any] = schema["xml"]
                return found
            parts = schema.get("allOf", ())
            schema = self._referred(schema) if "$ref" in schema else parts[0] if len(parts) == 1 else None
        return {}

    def _members_of(self, schema: Any, name: Name) -> dict[str, _Member]:
        """The properties of an object whose element is called `name`."""
        key = id(schema), name
        if key not in self._members:
            around = "" if name.prefix else name.namespace
            properties = self._schemas(schema).properties
            self._members[key] = {each: self._member(each, properties[each], around) for each in properties}
        return self._members[key]

    def _member(self, name: str, schema: Any, around: str) -> _Member:
        schemas = self._schemas(schema)
        own = self._name(schema, name, around)
        kind = schemas.xml.get("nodeType")
        if schemas.is_array:
            is_wrapped = schemas.xml.get("wrapped") is True or kind == "element"
            # The name of an array is that of its wrapper, where it has one.
            item = self._name(schemas.items, own.local if is_wrapped else name, around)
            return _Member(own if is_wrapped else item, "wrapper" if is_wrapped else "items", schemas.items, item)
        if schemas.xml.get("attribute") is True or kind == "attribute":
            return _Member(own, "attribute", schema, own)
        return _Member(own, "text" if kind in ("text", "cdata") else "element", schema, own)

    def _write(self, value: Any, schema: Any, name: Name) -> Element:
        schemas = self._schemas(schema)
        if value is None:
            if schemas.types and "null" not in schemas.types:
                raise _NoFormError
            return Element(name, (_NIL,))
        if isinstance(value, list):
            item = self._name(schemas.items, name.local, name.namespace if not name.prefix else "")
            return Element(name, children=tuple(self._write(each, schemas.items, item) for each in value))
        if not isinstance(value, dict):
            return Element(name, text=text(value))
        attributes: list[tuple[Name, str]] = []
        children: list[Element] = []
        content = ""
        name = self._in_default(value, schema, name)
        members, around = self._members_of(schema, name), "" if name.prefix else name.namespace
        for key, each in value.items():
            member = members.get(key) or self._member(key, schemas.additional, around)
            declared = member.name.declares if member.kind == "attribute" else None
            if declared == "" or (declared is not None and key not in schemas.required):
                # An element declares what it needs, and most readers see no more.
                continue
            if member.kind in ("attribute", "text"):
                if each is None or isinstance(each, list | dict):
                    raise _NoFormError
                attributes += [(member.name, text(each))] if member.kind == "attribute" else []
                content = text(each) if member.kind == "text" else content
            else:
                children += self._written(each, member)
        return Element(name, tuple(attributes), tuple(children), content)

    def _in_default(self, value: dict[str, Any], schema: Any, name: Name) -> Name:
        """The name of an object's element, in the default namespace that the object must declare."""
        members, required = self._members_of(schema, name), self._schemas(schema).required
        declaring = (key for key in required & members.keys() if members[key].name.declares == "")
        given = next((value[key] for key in declaring if members[key].kind == "attribute" and key in value), None)
        return Name(name.local, given) if isinstance(given, str) and not name.namespace else name

    def _written(self, value: Any, member: _Member) -> list[Element]:
        """The elements of a member."""
        if not isinstance(value, list):
            # One item that stands alone is an array of one.
            if member.kind in ("items", "wrapper"):
                raise _NoFormError
            return [self._write(value, member.schema, member.name)]
        if member.kind == "wrapper":
            items = tuple(self._write(each, member.schema, member.item) for each in value)
            return [Element(member.name, children=items)]
        if member.kind == "element" and len(value) < 2:
            # It would be read as the value itself.
            raise _NoFormError
        return [self._write(each, member.schema, member.name) for each in value]

    def _read(self, element: Element, schema: Any, wanted: Name) -> Any:
        schemas = self._schemas(schema)
        # No parser tells the prefix. One that the contract gives an element is not that of what is in it.
        name = msgspec.structs.replace(element.name, prefix=wanted.prefix)
        element = msgspec.structs.replace(element, name=name)
        attributes = [each for each in element.attributes if not _is_of_xml(each[0])]
        if any(name.is_same(_NIL[0]) and value in ("true", "1") for name, value in element.attributes):
            return Typed(None)
        if schemas.is_array:
            return self._items(element, schemas.items, None)
        if element.children or (schemas.is_object and (attributes or not element.text.strip())):
            return self._object(element, schema)
        if schemas.is_object and any(each.kind == "text" for each in self._members_of(schema, element.name).values()):
            return self._object(element, schema)
        return element.text if "string" in schemas.types or not schemas.types else element.text.strip()

    def _items(self, wrapper: Element, schema: Any, name: Name | None) -> Any:
        if wrapper.text.strip() and not wrapper.children:
            return Typed(wrapper.text)
        return [
            # Another element is none of the items.
            self._read(child, schema, name or self._name(schema, "", ""))
            if name is None or _matches(name, child, wrapper)
            else {child.name.local: self._read(child, True, child.name)}
            for child in wrapper.children
        ]

    def _object(self, element: Element, schema: Any) -> dict[str, Any]:
        schemas, members = self._schemas(schema), self._members_of(schema, element.name)
        found: dict[str, Any] = {}
        for name, value in element.attributes:
            documented = [each for each, one in members.items() if one.kind == "attribute" and _is(one.name, name)]
            further = [] if _is_of_xml(name) else [f"@{name.local}" if name.local in members else name.local]
            found |= dict.fromkeys((documented or further)[:1], value)
        others: dict[str, list[Any]] = {}
        for child in element.children:
            key = next(
                (
                    each
                    for each, member in members.items()
                    if member.kind in ("element", "items", "wrapper") and _matches(member.name, child, element)
                ),
                None,
            )
            if key is None:
                free = f"<{child.name.local}>" if child.name.local in members else child.name.local
                others.setdefault(free, []).append(self._read(child, schemas.additional, child.name))
            elif members[key].kind == "items":
                found.setdefault(key, []).append(self._read(child, members[key].schema, members[key].name))
            else:
                member = members[key]
                value = (
                    self._items(child, member.schema, member.item)
                    if member.kind == "wrapper"
                    else self._read(child, member.schema, member.name)
                )
                others.setdefault(key, []).append(value)
        found |= {key: values[0] if len(values) == 1 else values for key, values in others.items()}
        for key, member in members.items():
            if member.kind == "text":
                found[key] = element.text
            elif member.kind == "attribute" and member.name.declares == "" and element.name.namespace:
                # It may stand further out, or be that of a prefix.
                found.setdefault(key, element.name.namespace)
            elif member.kind == "items" and key in schemas.required:
                # An array without items leaves no element.
                found.setdefault(key, [])
        return found


def _is_of_xml(name: Name) -> bool:
    """Whether an attribute belongs to how a document is written, and is a member only where the contract has it."""
    return name.namespace == INSTANCE or name.declares is not None


def _is(wanted: Name, found: Name) -> bool:
    """Whether a name is the one that the contract has: of a prefix without a namespace, any is right."""
    is_open = bool(wanted.prefix) and not wanted.namespace and found.declares is None
    return wanted.is_same(found) or (is_open and wanted.local == found.local)


def _matches(name: Name, child: Element, parent: Element) -> bool:
    """Whether a child is the element called `name`: where the contract gives it no namespace, it may be in that of the
    element around it."""
    near = ("", parent.name.namespace)
    is_near = name.namespace in near and child.name.namespace in near
    return _is(name, child.name) or (is_near and name.local == child.name.local)


def _types(schema: dict[str, Any]) -> list[str]:
    declared = schema.get("type", [])
    return [declared] if isinstance(declared, str) else list(declared)


def _shown(name: Name) -> str:
    return f"`{name.local}`" + (f" of the namespace {name.namespace}" if name.namespace else "")
