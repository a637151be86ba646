"""Runtime expressions: values of an exchange, named in links and in the URLs of callbacks (OpenAPI 3.1 section
4.8.20.4)."""

from __future__ import annotations

import re

import msgspec

from clausewise.spec.pointer import from_pointer

_EXPRESSION = re.compile(
    r"\$(?:(?P<whole>url|method|statusCode)"
    r"|(?P<side>request|response)\.(?:(?P<place>header|query|path)\.(?P<name>.+)|body(?:#(?P<pointer>(?:/.*)?))?))",
    re.DOTALL,
)
_EMBEDDED = re.compile(r"\{(\$[^{}]*)\}")


class Expression(msgspec.Struct, frozen=True):
    """One runtime expression, such as `$request.body#/url`."""

    #: "url", "method", "statusCode", "header", "query", "path" or "body"
    source: str
    #: "request" or "response"; "" for `$url`, `$method` and `$statusCode`
    side: str = ""
    #: of a header or a parameter
    name: str = ""
    #: where in the body
    pointer: tuple[str, ...] = ()


class Template(msgspec.Struct, frozen=True):
    """A text with expressions in it: `{$request.query.url}/done`."""

    #: texts, and the expressions between them
    parts: tuple[str | Expression, ...]
    #: whether the text is one expression without braces, so that its value keeps its type
    is_bare: bool = False

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The expressions in it."""
        return tuple(part for part in self.parts if isinstance(part, Expression))


def read_expression(text: str) -> Expression | None:
    """The expression that `text` is; None where it is none."""
    found = _EXPRESSION.fullmatch(text)
    if found is None:
        return None
    if found["whole"]:
        return Expression(found["whole"])
    if found["place"]:
        return Expression(found["place"], found["side"], found["name"])
    try:
        return Expression("body", found["side"], pointer=from_pointer(found["pointer"] or ""))
    except ValueError:
        return None


def read_template(text: str) -> Template:
    """A text with the expressions that are embedded in it in braces, or that it is as a whole. Braces around anything
    else stand for themselves."""
    whole = read_expression(text)
    if whole is not None:
        return Template((whole,), is_bare=True)
    parts: list[str | Expression] = []
    end = 0
    for found in _EMBEDDED.finditer(text):
        expression = read_expression(found[1])
        if expression is not None:
            parts += [text[end : found.start()], expression]
            end = found.end()
    return Template(tuple(part for part in (*parts, text[end:]) if part != ""))
