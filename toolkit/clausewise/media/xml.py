"""XML (RFC 7303): elements as trees, read without entities and written with the prefixes that a contract names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import msgspec

from clausewise.media.codec import Codec, Encodings, Malformed, Written
from clausewise.media.octets import raw
from clausewise.media.types import charset, parameters

#: the namespace of `xsi:nil`, which says that an element has no value (XML Schema Part 1 section 2.6.2)
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"

#: prefixes that mean one namespace everywhere, -> it: that of XML itself, and two that are never bound to another
WELL_KNOWN = {"xml": "http://www.w3.org/XML/1998/namespace", "xsi": INSTANCE, "xlink": "http://www.w3.org/1999/xlink"}

#: characters that no XML document has (XML 1.0 section 2.2)
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: names of elements and attributes, without a colon (Namespaces in XML 1.0 section 3)
_NAME = re.compile(r"[^\W\d][\w.\-\u00b7]*")

#: line breaks that a parser would replace (XML 1.0 section 2.11), and in attributes every blank (section 3.3.3)
_KEPT = {"\r": "&#13;"}
_KEPT_IN_ATTRIBUTES = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}

#: levels of elements that are read
_DEEPEST = 200


class Name(msgspec.Struct, frozen=True):
    """The name of an element or an attribute."""

    local: str
    #: URI; "" for none
    namespace: str = ""
    #: what stands for the namespace in the text; "" for the default namespace. Of a prefix without a namespace nobody
    #: knows which it stands for
    prefix: str = ""

    @property
    def is_valid(self) -> bool:
        """Whether XML has such a name."""
        return _NAME.fullmatch(self.local) is not None and (not self.prefix or _NAME.fullmatch(self.prefix) is not None)

    @property
    def declares(self) -> str | None:
        """The prefix that an attribute of this name gives a namespace, "" for the default one; None for any other
        name (Namespaces in XML 1.0 section 3)."""
        if self.namespace or self.local.partition(":")[0] != "xmlns":
            return None
        return self.local.partition(":")[2]

    def is_same(self, other: Name) -> bool:
        """Whether a parser takes both for one: prefixes do not count."""
        return (self.local, self.namespace) == (other.local, other.namespace)


class Element(msgspec.Struct, frozen=True):
    """An element with its attributes, and with its children or its text."""

    name: Name
    #: those that declare namespaces among them
    attributes: tuple[tuple[Name, str], ...] = ()
    children: tuple[Element, ...] = ()
    text: str = ""


def _read(content: bytes, content_type: str) -> Any:
    """The root element."""
    from xml.etree.ElementTree import ParseError, TreeBuilder

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    class Builder(TreeBuilder):
        """Keeps declarations of namespaces as attributes, which parsers otherwise leave out."""

        def __init__(self) -> None:
            super().__init__()
            self.declared: dict[str, str] = {}

        def start_ns(self, prefix: str, uri: str) -> None:
            self.declared = {**self.declared, f"xmlns:{prefix}" if prefix else "xmlns": uri}

        def start(self, tag: Any, attrs: dict[Any, Any], /) -> Any:
            declared, self.declared = self.declared, {}
            return super().start(tag, {**attrs, **declared})

    named = charset(content_type) if "charset" in parameters(content_type) else None
    parser = DefusedXMLParser(target=Builder(), encoding=named)
    try:
        parser.feed(content)
        root = parser.close()
        return _element(root, 0)
    except ParseError as error:
        line, column = error.position
        before = content.split(b"\n")[: line - 1]
        return Malformed("XML", str(error), sum(len(each) + 1 for each in before) + column)
    except DefusedXmlException:
        return Malformed("XML", "it declares entities, which are not read", is_hard=True)
    except RecursionError:
        return Malformed("XML", f"its elements are more than {_DEEPEST} levels deep", is_hard=True)
    except (ValueError, LookupError) as error:
        return Malformed("XML", str(error))


def _element(found: Any, depth: int) -> Element:
    if depth > _DEEPEST:
        raise RecursionError
    children = tuple(_element(child, depth + 1) for child in found if isinstance(child.tag, str))
    # Comments and processing instructions stand between pieces of one text.
    text = (found.text or "") + "".join(child.tail or "" for child in found)
    attributes = tuple((_name(key), value) for key, value in found.attrib.items())
    return Element(_name(found.tag), attributes, children, text)


def _name(written: str) -> Name:
    namespace, _, local = written.removeprefix("{").rpartition("}") if written.startswith("{") else ("", "", written)
    return Name(local, namespace)


def _write(value: Any, media_type: str, _encoding: Encodings) -> Written | None:
    """An Element as a document; a text as its author wrote it."""
    if isinstance(value, Element):
        text = _document(value)
        return None if text is None else Written(media_type, text.encode(charset(media_type), "xmlcharrefreplace"))
    return Written(media_type, raw(value)) if isinstance(value, str | bytes) else None


def _document(root: Element) -> str | None:
    """The text of a document; None where XML has no such names or characters."""
    pieces = list(_pieces(root, {"": "", "xml": WELL_KNOWN["xml"]}))
    return None if None in pieces else "".join(filter(None, pieces))


def _pieces(element: Element, scope: dict[str, str]) -> Iterator[str | None]:
    """The text of an element below `scope`, the namespaces by prefix; None for what XML does not have."""
    own = [(name, value) for name, value in element.attributes if name.declares is None]
    declared = {name.declares: value for name, value in element.attributes if name.declares is not None}
    names = [element.name, *(name for name, _ in own)]
    texts = [element.text, *(value for _, value in element.attributes)]
    if not all(name.is_valid for name in names) or any(map(_FORBIDDEN.search, texts)):
        yield None
        return
    # Only the default namespace may be none, and the prefix of XML itself is not declared.
    if not all(_NAME.fullmatch(prefix) and value and prefix != "xml" for prefix, value in declared.items() if prefix):
        yield None
        return
    tag = _tag(element.name, scope, declared, is_attribute=False)
    attributes = [
        f" {_tag(name, scope, declared, is_attribute=True)}={quoteattr(value, _KEPT_IN_ATTRIBUTES)}"
        for name, value in own
    ]
    attributes += [
        f" xmlns{f':{prefix}' if prefix else ''}={quoteattr(namespace)}" for prefix, namespace in declared.items()
    ]
    yield f"<{tag}{''.join(attributes)}>{escape(element.text, _KEPT)}"
    inside = {**scope, **declared}
    for child in element.children:
        yield from _pieces(child, inside)
    yield f"</{tag}>"


def _tag(name: Name, scope: dict[str, str], declared: dict[str, str], *, is_attribute: bool) -> str:
    """A name with its prefix, which is `declared` where it is not in `scope` yet."""
    prefix, namespace = name.prefix, name.namespace
    if prefix and not namespace:
        # It has to stand for one, whichever that is.
        namespace = {**scope, **declared}.get(prefix, f"urn:{prefix}")
    if not namespace:
        # An attribute without a prefix is in no namespace, whatever the default one is.
        if not is_attribute and {**scope, **declared}.get("") != "":
            declared[""] = ""
        return name.local
    if is_attribute and not prefix:
        prefix = "ns"
    number = 2
    while declared.get(prefix, namespace) != namespace:
        prefix, number = f"{name.prefix or 'ns'}{number}", number + 1
    if {**scope, **declared}.get(prefix) != namespace:
        declared[prefix] = namespace
    return f"{prefix}:{name.local}" if prefix else name.local


XML = Codec(
    "XML",
    ("application/xml", "text/xml", "*+xml"),
    _write,
    _read,
    by_schema=True,
    malformed=(
        (b"<a>", "ends in the middle"),
        (b"not xml", "is not XML"),
        (b"<a></b>", "closes another element than it opens"),
    ),
)
