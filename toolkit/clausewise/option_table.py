"""Options as fields of structs: each field has its name, help text, flag and environment variable.

The configuration file, the command line, the environment and the documentation all read `options_of`, so that a new
option is one field. Precedence: flag, environment variable, file, default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, TypeGuard, TypeVar, get_args, get_origin

import msgspec

from clausewise.errors import ConfigError

_S = TypeVar("_S", bound=msgspec.Struct)

#: prefix of every environment variable
_PREFIX = "CLAUSEWISE_"

#: a list of (name, value), which a TOML file writes as a table
PAIRS = tuple[tuple[str, str], ...]

#: marks a field whose struct is no table of its own: its fields stand beside the others
FLAT = msgspec.Meta(extra={"flat": True})

#: msgspec's names of types, for people who write options
_TYPES = {
    "int": "a whole number",
    "float": "a number",
    "str": "a string",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "date": "a date such as 2030-01-31 (without quotes)",
    "datetime": "a date with a time",
}


class Option(msgspec.Struct, frozen=True):
    """One option of a struct: its names, type, default and help text."""

    #: names of the fields that lead to it
    path: tuple[str, ...]
    #: as the configuration file writes it: "max-findings.error"
    key: str
    #: as the command line writes it, the short form first; empty where it has none
    flags: tuple[str, ...]
    #: whether an environment variable sets it
    has_variable: bool
    #: placeholder of its value in the help text
    metavar: str
    #: what it does, one sentence
    help: str
    #: of its value, with its limits
    type: Any
    default: Any
    #: whether its flag may be given several times
    repeated: bool
    #: makes its value of the texts given, where its type does not say how
    read: Callable[[Sequence[str]], Any] | None

    @property
    def name(self) -> str:
        """One identifier for it, by which flags are handed over."""
        return self.key.replace("-", "_").replace(".", "_")

    @property
    def variable(self) -> str:
        """The environment variable that sets it; "" where none does."""
        return _PREFIX + self.name.upper() if self.has_variable else ""

    @property
    def default_text(self) -> str:
        """The default as a user would write it; "" where there is none."""
        if self.default is None or self.default is False or self.default in ((), {}):
            return ""
        return ", ".join(self.default) if isinstance(self.default, tuple) else str(self.default)


def option(
    help: str,
    *,
    flags: tuple[str, ...] | None = None,
    metavar: str = "",
    repeated: bool = False,
    variable: bool = True,
    read: Callable[[Sequence[str]], Any] | None = None,
) -> msgspec.Meta:
    """Marks a field as an option: `name: Annotated[type, option("What it does.")] = default`.

    Without `flags` its flag is `--` and its key; `()` gives it none. Without a `variable` the environment does not set
    it.
    """
    extra = {"help": help, "flags": flags, "metavar": metavar, "repeated": repeated, "variable": variable, "read": read}
    return msgspec.Meta(description=help, extra=extra)


class Field(msgspec.Struct, frozen=True):
    """A field of a struct, its type without the mark that `option` or `FLAT` is."""

    name: str
    #: as a TOML file writes it
    key: str
    type: Any
    #: None where it has none
    mark: msgspec.Meta | None
    #: NODEFAULT where it has none
    default: Any


@cache
def fields_of(kind: type[msgspec.Struct]) -> tuple[Field, ...]:
    """The fields of a struct. Their types are evaluated once: that takes a millisecond for a struct of options."""
    found = []
    for field in msgspec.structs.fields(kind):
        plain, mark = _taken_apart(field.type)
        default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        found.append(Field(field.name, field.name.replace("_", "-"), plain, mark, default))
    return tuple(found)


@cache
def options_of(kind: type[msgspec.Struct]) -> tuple[Option, ...]:
    """The options of a struct in the order of its fields, those of a struct in it at its place."""
    found = []
    for field in fields_of(kind):
        if is_struct(field.type):
            found += [_below(field, inner) for inner in options_of(field.type)]
        elif field.mark is not None:
            found.append(_option(field, field.mark.extra or {}))
    return tuple(found)


def overlay(base: _S, flags: Mapping[str, Any], environ: Mapping[str, str]) -> _S:
    """`base`, the options of the file or their defaults, with what the environment and the command line say.

    `flags` are values by `Option.name`; None and () are flags that were not given, and an empty variable is one that is
    not set. Of a list of (name, value) the given names replace those of `base`. Raises ConfigError for a variable whose
    value cannot be.
    """
    for option in options_of(type(base)):
        value = flags.get(option.name)
        if value in (None, ()):
            text = environ.get(option.variable, "") if option.variable else ""
            if not text:
                continue
            try:
                value = parse(option, _parts(text) if option.repeated else [text])
            except ValueError as error:
                raise ConfigError(f"the environment variable {option.variable}: {error}") from None
        try:
            base = _with(base, option.path, value, merged=option.type == PAIRS)
        except ValueError as error:
            given = f"the option {option.flags[-1]}" if flags.get(option.name) else option.variable
            raise ConfigError(f"{given}: {error}") from None
    return base


def parse(option: Option, texts: Sequence[str]) -> Any:
    """The value that texts of a command line or of the environment give. Raises ValueError with what was expected."""
    if option.read is not None:
        return option.read(texts)
    value: Any = texts[-1]
    if get_origin(_bare(option.type)) is tuple:
        value = tuple(texts) if option.repeated else _parts(value)
    try:
        return msgspec.convert(value, option.type, strict=False, dec_hook=lambda kind, text: kind(text))
    except msgspec.ValidationError as error:
        problem, remedy = explained(str(error), option.type)
        if not problem.endswith('"'):  # The text is always a string, so its type does not help the user.
            problem = f'{problem.partition(", got ")[0]}, got "{texts[-1]}"'
        raise ValueError(f"{problem} ({remedy})" if remedy else problem) from None


def explained(problem: str, kind: Any) -> tuple[str, str | None]:
    """msgspec's message about a value that is not a `kind`, in plain words, and the value that may have been meant."""
    problem, _, _ = problem.partition(" - at `")
    if match := re.fullmatch(r"Invalid enum value '(.*)'", problem, re.DOTALL):
        choices = _choices(kind)
        return f'expected {", ".join(choices[:-1])} or {choices[-1]}, got "{match[1]}"', nearest(match[1], choices)
    problem = problem.replace(" | null", "").replace("Expected", "expected")
    return re.sub(r"`(\w+)`", lambda name: _TYPES.get(name[1], name[1]), problem), None


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """A question that names the most similar choice; None where none is similar."""
    import difflib

    near = difflib.get_close_matches(word, list(choices), n=1)
    return f'did you mean "{near[0]}"?' if near else None


def _taken_apart(kind: Any) -> tuple[Any, msgspec.Meta | None]:
    """A field's type without the mark that `option` or `FLAT` is, and that mark; None where it has none."""
    if get_origin(kind) is Annotated:
        inner, *marks = get_args(kind)
        for mark in marks:
            if isinstance(mark, msgspec.Meta) and mark.extra is not None:
                for other in marks:
                    inner = inner if other is mark else Annotated[inner, other]
                return inner, mark
    return kind, None


def is_struct(kind: Any) -> TypeGuard[type[msgspec.Struct]]:
    """Whether a field's type is a struct, and nothing else is allowed."""
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _with(base: Any, path: tuple[str, ...], value: Any, *, merged: bool) -> Any:
    """`base` with a `value` at `path`; where it is `merged` with the one there, the names that it has go first."""
    first, *rest = path
    if rest:
        value = _with(getattr(base, first), tuple(rest), value, merged=merged)
    elif merged:
        given = {name.lower() for name, _ in value}
        value = (*(pair for pair in getattr(base, first) if pair[0].lower() not in given), *value)
    return msgspec.structs.replace(base, **{first: value})


def _option(field: Field, extra: dict[str, Any]) -> Option:
    flags = extra["flags"]
    return Option(
        path=(field.name,),
        key=field.key,
        flags=flags if flags is not None else (f"--{field.key}",),
        has_variable=extra["variable"],
        metavar=extra["metavar"],
        help=extra["help"],
        type=field.type,
        default=field.default,
        repeated=extra["repeated"],
        read=extra["read"],
    )


def _below(field: Field, inner: Option) -> Option:
    """An option of the struct that is the value of `field`."""
    key = inner.key if field.mark is FLAT else f"{field.key}.{inner.key}"
    return msgspec.structs.replace(inner, path=(field.name, *inner.path), key=key)


def _bare(kind: Any) -> Any:
    """A type without its limits and without None."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    parts = [part for part in get_args(kind) if part is not type(None)]
    return _bare(parts[0]) if type(None) in get_args(kind) and len(parts) == 1 else kind


def _choices(kind: Any) -> tuple[str, ...]:
    """The strings that a literal, or a list of literals, may be; empty for other types."""
    for part in (kind, *get_args(kind)):
        if get_origin(part) is Literal:
            return get_args(part)
    return ()
