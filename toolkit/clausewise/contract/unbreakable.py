"""Clauses of a request that nothing can break: no request has them broken, so no answer shows whether they are kept."""

from __future__ import annotations

import re
import sys
from typing import Any

from clausewise.contract.clause import EACH_ITEM, Clause
from clausewise.contract.keywords import KEYWORDS
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import is_always_sent, is_text, may_be_nothing
from clausewise.contract.parts import MediaContract
from clausewise.contract.patterns import matcher
from clausewise.contract.readings import reading
from clausewise.media.json import JSON
from clausewise.media.members import TEXT_MEMBER, by_order
from clausewise.media.text import TEXT
from clausewise.security.schemes import slot_of
from clausewise.spec.subschemas import APPLICATORS, UNIONS

#: keywords with a lower limit that 0 leaves without effect
_AT_LEAST = frozenset({"minLength", "minItems", "minProperties"})

#: keywords that say nothing of texts
_OF_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})

#: keyword -> the types of the values that it says something of, where those are not all
_ABOUT = {
    **dict.fromkeys(_OF_NUMBERS, ("number", "integer")),
    **dict.fromkeys(("minLength", "maxLength", "pattern"), ("string",)),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "contains"), ("array",)),
    **dict.fromkeys(("minProperties", "maxProperties"), ("object",)),
}

_EMPTY_IS_NULL = "an empty text stands for null, which is allowed"

#: what ties a pattern to a place in the text
_TIED = re.compile(r"[$^]|\\[bB]|\(\?<?[=!]")


def unbreakable(operation: OperationContract, clause: Clause) -> str:
    """Why no request can break a clause of `operation`, as a sentence; "" where one can. For a response only where no
    value at all can break it."""
    if inert := _without_effect(operation, clause):
        return inert
    if clause.direction != "request":
        return ""
    if clause.keyword in _AT_LEAST and clause.value == 0:
        return "nothing has fewer than none"
    if clause.keyword == "security" and _is_shown_before(operation):
        return "a client shows its certificate when it opens the connection, before any request"
    if clause.keyword in ("maximum", "minimum") and abs(clause.value) >= sys.float_info.max:
        return "a 64-bit float holds no number beyond it"
    if clause.keyword == "pattern" and _is_in_every_text(clause.value):
        return "every text matches the pattern"
    if clause.keyword == "anyOf" and any(schema is True or schema == {} for schema in clause.value):
        return "one alternative allows every value"
    if clause.part.lower() == "header.content-length":
        return "HTTP itself writes this header"
    if clause.keyword == "content":
        return "every media type is allowed" if clause.value == "*/*" else _by_another_type(operation, clause)
    if clause.part == "body" and (why := _of_body(operation, clause)):
        return why
    if clause.keyword == "contentType" and "*/*" in clause.value:
        return "every media type is allowed"
    if clause.part.startswith("body.") and clause.keyword == "type" and "string" in clause.value:
        return "a header is always a string"
    entry = operation.body_entry(clause) if clause.part == "body" else None
    if entry is not None and (why := unbreakable_in_form(entry, clause)):
        return why
    location, _, name = clause.part.partition(".")
    if location == "querystring":
        contract = operation.parameter(location, name)
        return unbreakable_in_form(contract.whole, clause) if contract is not None and contract.whole else ""
    if location == "path" and clause.keyword == "required" and not clause.path:
        return "a request without it has another path"
    sent = operation.parameter(location, name) if location == "header" else None
    if sent is not None and clause.keyword == "required" and not clause.path and is_always_sent(sent.parameter):
        return "an HTTP client sends this header with every request"
    if location not in ("path", "query", "header", "cookie") or _is_written_as_json(operation, location, name):
        return ""
    if reason := _is_nothing(operation, clause, location, name):
        return reason
    what = "path segment" if location == "path" else f"{location} parameter"
    if location == "path" and clause.keyword == "minLength" and clause.value == 1 and not clause.path:
        return "an empty path segment makes another path"
    if clause.keyword in UNIONS and not clause.path and (reason := _of_texts(clause)):
        return f"a {what} is always a string, and {reason}"
    if clause.keyword in UNIONS and not clause.path and (reason := _of_lists(clause)):
        return f"every text of a {what} is read as an array, {reason}"
    contract = operation.parameter(location, name)
    if _is_of_one(clause) and contract is not None and reading(contract.message, "") is None and not clause.path:
        return _EMPTY_IS_NULL
    return _of_written(what, clause)


def _without_effect(operation: OperationContract, clause: Clause) -> str:
    """That a keyword says nothing of values of the declared type, as a sentence; "" where it does."""
    about = _ABOUT.get(clause.keyword)
    if about is None:
        return ""
    declared = operation.types_at(clause)
    if not declared or any(name in about for name in declared):
        return ""
    return f"`{clause.keyword}` has no effect on a value of type {' or '.join(sorted(declared))}"


def unbreakable_in_answer(operation: OperationContract, clause: Clause) -> str:
    """Why no answer can break a clause about a header or the body of a response, because of how it is written; "" where
    one can."""
    if inert := _without_effect(operation, clause):
        return inert
    status, _, part = clause.part.partition(".")
    documented = operation.responses.get(status) if clause.direction == "response" else None
    if documented is None:
        return ""
    if part.startswith("header."):
        header = next(each.header for each in documented.headers if part == f"header.{each.header.name}")
        return _of_written("header", clause) if header.media_type is None or is_text(header) else ""
    for entry in documented.content.values() if part == "body" else ():
        if entry.message is not None and any(other.key == clause.key for other in entry.message.clauses):
            return unbreakable_in_form(entry, clause) or _in_xml(entry, clause) or _of_sequence(entry, clause)
    return ""


def _of_written(what: str, clause: Clause) -> str:
    """Why no text breaks the type of `what`, a part of a message that is written as one; "" where one does."""
    if clause.keyword != "type":
        return ""
    types = {clause.value} if isinstance(clause.value, str) else set(clause.value)
    if "string" in types:
        return f"a {what} is always a string"
    read_as = sorted(types & ({"array"} if clause.path else {"array", "object"}))
    return f"every text of a {what} is read as an {read_as[0]}" if read_as else ""


def _in_xml(entry: MediaContract, clause: Clause) -> str:
    """Why no XML document breaks a clause; "" where one does, and for other media types."""
    if not entry.codec.by_schema or entry.message is None or clause.keyword not in ("type", "required"):
        return ""
    from clausewise.contract.xml_form import xml_form

    return xml_form(entry.message).unbreakable(clause.path, clause.keyword)


def _is_shown_before(operation: OperationContract) -> bool:
    """Whether one alternative of the operation's credentials has none that stand in a request."""
    alternatives = operation.security[0].alternatives if operation.security is not None else ()
    return any(schemes and all(slot_of(scheme) is None for scheme in schemes) for schemes in alternatives)


def _of_body(operation: OperationContract, clause: Clause) -> str:
    """Why no body of the media type that is sent can break a clause; "" where one can."""
    entry = operation.body_entry(clause)
    if entry is None or entry.message is None or entry.codec is JSON:
        return ""
    if entry.codec.by_schema and clause.keyword in ("type", "required"):
        return _in_xml(entry, clause)
    if reason := _of_sequence(entry, clause):
        return reason
    if entry.codec.sequential and clause.keyword == "minItems" and clause.value == 1 and not clause.path:
        return "a sequence without values is no body"
    if entry.codec.sequential and not entry.codec.typed:
        return _of_events(clause)
    return _of_text(clause) if entry.codec is TEXT and not clause.path else ""


def _of_sequence(entry: MediaContract, clause: Clause) -> str:
    """Why no sequence of values breaks the type of all of them; "" for any other clause and body."""
    is_type = entry.codec.sequential and clause.keyword == "type" and not clause.path
    return "the values of a sequence are always an array" if is_type else ""


def _of_events(clause: Clause) -> str:
    """Events are read as objects of texts, and one without data is none (HTML, section 9.2.6)."""
    below = clause.path[1:] if clause.path[:1] == (EACH_ITEM,) else clause.path
    types = {clause.value} if isinstance(clause.value, str) else set(clause.value if clause.keyword == "type" else ())
    if clause.keyword == "type" and not below and "object" in types:
        return "an event is always an object"
    if clause.keyword == "required" and below == ("data",):
        return "an event without data is no event"
    return "a field of an event is always a text" if len(below) == 1 and "string" in types else ""


def _of_text(clause: Clause) -> str:
    if clause.keyword == "minLength" and clause.value == 1:
        return "a text without a character is no body"
    if clause.keyword == "type" and "string" in ([clause.value] if isinstance(clause.value, str) else clause.value):
        return "a body of text is always a string"
    if clause.keyword in UNIONS and _takes_any_string(clause):
        return "a body of text is always a string, and one alternative allows every string"
    return ""


def _by_another_type(operation: OperationContract, clause: Clause) -> str:
    """Why no request breaks the clause about a further media type of the body alone; "" where one can."""
    content = list(operation.body.content.values()) if operation.body is not None else []
    entry = next((each for each in content[1:] if each.clause.key == clause.key), None)
    if entry is None or entry.codec.malformed or not entry.is_judged:
        return ""
    return f"a body of no documented media type breaks the clause about {content[0].name}"


def unbreakable_in_form(entry: MediaContract, clause: Clause) -> str:
    """Why no form of the media type `entry` can break a clause about it, or about a field of it; "" where one can, and
    for what is no form."""
    if not entry.is_form:
        return ""
    named = clause.value if clause.keyword == "type" else []
    types = {named} if isinstance(named, str) else set(named)
    if not clause.path:
        kind, what = ("array", "a sequence of parts") if by_order(entry.members) else ("object", "a form")
        return f"{what} is always an {kind}" if kind in types else ""
    name, *below = clause.path
    member = entry.members.get(name, TEXT_MEMBER)
    if not below and member.is_list and "array" in types:
        return "every field of a form is read as an array"
    if not below and member.is_spread and "object" in types:
        return "no field has the name of an object whose members are fields of their own"
    if not below and member.style is not None and "object" in types:
        return "every text of such a field is read as an object"
    if not below and member.is_list and clause.keyword == "minItems" and clause.value == 1:
        return "an array without items is no field at all"
    if not below and member.is_spread and clause.keyword == "minProperties" and clause.value == 1:
        return "an object without members is no field at all"
    if member.is_json:
        return ""
    what = "file" if member.is_file else "part" if entry.codec.has_parts else "field of a form"
    if "string" in types:
        return f"a {what} is always a text"
    if clause.keyword in UNIONS and (reason := _of_texts(clause)):
        return f"a {what} is always a text, and {reason}"
    if _is_of_one(clause) and not below and (reading(entry.message, {name: ""}) or {}).get(name, "") is None:
        return _EMPTY_IS_NULL
    return ""


def _is_of_one(clause: Clause) -> bool:
    """Whether only an empty text breaks a clause."""
    return clause.keyword == "minLength" and clause.value == 1


def _of_texts(union: Clause) -> str:
    """Why no text breaks a union, but at most its alternative for strings; "" where one can."""
    if _takes_any_string(union):
        return "one alternative allows every string"
    types = [schema.get("type") if isinstance(schema, dict) else None for schema in union.value]
    if sorted(map(str, types)) == ["null", "string"]:
        return "what it breaks is the alternative for strings"
    return ""


def _is_written_as_json(operation: OperationContract, location: str, name: str) -> bool:
    """Whether a parameter has a media type, by which its text may be any JSON value."""
    contract = operation.parameter(location, name)
    return contract is not None and contract.parameter.media_type is not None and not is_text(contract.parameter)


def _is_nothing(operation: OperationContract, clause: Clause, location: str, name: str) -> str:
    """Why what would break a clause of a parameter is nothing in a request, or something else, as its style has it;
    "" where it is not."""
    contract = operation.parameter(location, name)
    if contract is None or contract.message is None:
        return ""
    parameter, message = contract.parameter, contract.message
    in_pairs = location in ("query", "cookie") and (parameter.explode or parameter.style == "deepObject")
    is_whole = not clause.path
    if clause.keyword == "required" and is_whole and may_be_nothing(parameter, message):
        return "a request without it has the empty object, which its schema allows"
    if clause.keyword in ("minItems", "minProperties") and clause.value == 1:
        if in_pairs:
            what = "an array without items" if clause.keyword == "minItems" else "an object without members"
            return f"{what} is written as nothing"
        if location == "path" and is_whole and parameter.style in ("simple", "label"):
            return "an empty path segment makes another path"
        if clause.keyword == "minItems" and is_whole and location != "header" and reading(message, [""], []) == [""]:
            return "an empty text is one empty item"
    is_number = clause.keyword in _OF_NUMBERS and is_whole and not clause.branch
    if is_number and message.is_valid("text"):
        return "a text is no number, and its schema allows texts"
    reader = message.reader
    is_alone = clause.keyword == "required" and len(clause.path) == 1 and reader.names == set(clause.path)
    if is_alone and in_pairs and parameter.style != "deepObject" and not reader.takes_name("clausewise"):
        return "an object without members is written as nothing"
    is_closed = clause.keyword in ("additionalProperties", "unevaluatedProperties") and is_whole
    if is_closed and in_pairs and parameter.style != "deepObject":
        return f"what it does not name is no part of this {location} parameter"
    return ""


def _is_in_every_text(pattern: str) -> bool:
    """Whether a pattern matches the empty text, wherever that stands."""
    return not _TIED.search(pattern) and matcher(pattern)("")


def _takes_any_string(union: Clause) -> bool:
    """Whether every string is valid against a union: against one alternative and, of a `oneOf`, against no other."""
    others = [schema for schema in union.value if not _is_any_string(schema)]
    if union.keyword == "anyOf":
        return len(others) < len(union.value)
    return len(others) == len(union.value) - 1 and not any(map(_may_be_string, others))


def _of_lists(union: Clause) -> str:
    """Why nothing that is read as an array breaks a union, but at most its alternative for arrays; "" where one can."""
    if union.keyword == "anyOf" and any(map(_is_any_list, union.value)):
        return "which one alternative allows"
    parts = [schema for schema in union.value if isinstance(schema, dict)]
    lists = [schema for schema in parts if schema.get("type") == "array"]
    others = [schema for schema in parts if schema.get("type") == "null" or "enum" in schema]
    if len(lists) != 1 or len(others) != len(union.value) - 1:
        return ""
    # A text that is none of its words is no array of numbers, where there are words.
    is_text = all(schema.get("type") == "null" for schema in others) or _may_be_string(lists[0].get("items", True))
    return "and what it breaks is the alternative for arrays" if is_text else ""


def _is_any_list(schema: Any) -> bool:
    """Whether a schema is written as one that every array of strings is valid against."""
    if not isinstance(schema, dict) or "array" not in _named_types(schema):
        return False
    asserted = schema.keys() & (KEYWORDS | APPLICATORS.keys() | {"$ref"}) - {"type", "items"}
    return not asserted and _is_any_string(schema.get("items", True))


def _named_types(schema: dict[str, Any]) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _may_be_string(schema: Any) -> bool:
    """Whether the `type` of a schema, if it has one, leaves room for strings."""
    if not isinstance(schema, dict):
        return schema is not False
    types = schema.get("type", "string")
    return "string" in ([types] if isinstance(types, str) else types)


def _is_any_string(schema: Any) -> bool:
    """Whether a schema is written as one that every string is valid against."""
    if not isinstance(schema, dict):
        return schema is True
    asserted = schema.keys() & (KEYWORDS | APPLICATORS.keys() | {"$ref"}) - {"type"}
    return not asserted and _may_be_string(schema)
