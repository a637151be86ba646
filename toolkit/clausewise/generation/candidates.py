"""Requests that the server should accept as they are. Every probe starts from one of them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from clausewise.contract.branches import Branch
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import can_write, makes_another_path
from clausewise.contract.parts import ParameterContract
from clausewise.generation.bodies import bodies, branch_message, examples_of, message_of, unjudged_bodies, with_values
from clausewise.generation.draft import Draft
from clausewise.generation.form_values import fitted
from clausewise.generation.references import NO_REFERENCES, References, is_placeholder, referring
from clausewise.generation.suggestions import described_value, example_of, varied_bodies, varied_parameters
from clausewise.options import Values, value_for
from clausewise.values.edit import put
from clausewise.values.generate import generate, generate_filled
from clausewise.values.shape import shape_of
from clausewise.values.strings import in_time
from clausewise.values.typical import NoValueError
from clausewise.values.words import plain

#: limit on the candidates of one branch
_CANDIDATES = 16

#: texts for a path parameter whose schema leads to an empty one
_SEGMENTS = ("a", "1", "A")

#: what `If-Match` has to be for whatever is there (RFC 9110 section 13.1.1); no example is the tag of a new resource
_ANY_TAG = "*"


class ValueSources(msgspec.Struct, frozen=True):
    """Values for one operation that do not come from its schemas."""

    #: the user's own
    values: Values
    #: values of path parameters, from the server's resources
    in_path: Mapping[str, Any] = {}
    #: names of those that may be of another type of resource
    guessed: frozenset[str] = frozenset()
    #: whether the path may lead to any resource; else only to those of `values` and `in_path`, and to fresh names
    any_path: bool = False
    #: the server's resources
    references: References = NO_REFERENCES
    #: values of other parameters by their names, and of the body by "", from the links of answers
    linked: Mapping[str, Any] = {}


class Candidate(msgspec.Struct, frozen=True):
    """A request that may serve as a baseline."""

    draft: Draft
    #: for people: 'the example "aws"'
    note: str
    #: whether any value in it was generated or guessed, so that it may break rules that are not in the contract
    generated: bool


class _Parameters(msgspec.Struct, frozen=True):
    """Values for the parameters of one operation, by location and name."""

    values: dict[tuple[str, str], Any]
    #: those that may have another value, because nobody has said that they have this one
    open: frozenset[tuple[str, str]]
    #: the generated and the guessed ones, of which neither the document nor the user nor the server says that they are
    #: values of this parameter
    generated: frozenset[tuple[str, str]]
    #: the required ones
    required: dict[tuple[str, str], Any]

    def candidate(self, chosen: dict[tuple[str, str], Any], note: str) -> Candidate:
        """A request without a body that has the `chosen` ones."""
        return Candidate(Draft(parameters=chosen), note, not self.generated.isdisjoint(chosen))


def candidates(
    operation: OperationContract, branch: Branch | None, sources: ValueSources, seed: int
) -> Iterator[Candidate]:
    """Requests for one branch of the body (None: an operation without a JSON body), the most promising first.

    Examples of the document come first, then a generated body with every member, then one with the required only,
    each first with its references replaced by known resources, and then as it is. Bodies that break the contract are
    left out, because their refusal would prove nothing.
    """
    rng = random.Random(f"{seed}:{operation.key}:{branch.key if branch else ''}")
    parameters = _parameters(operation, sources, rng)
    required, required_generated = parameters.required, not parameters.generated.isdisjoint(parameters.required)
    if operation.unjudged_body is not None:
        for draft, note, generated in unjudged_bodies(operation, operation.unjudged_body, sources.values, rng):
            sent_form = msgspec.structs.replace(draft, parameters=required)
            yield Candidate(sent_form, note, generated or required_generated)
    if branch is None:
        yield parameters.candidate(required, f"a request {'with the required' if required else 'without'} parameters")
        optional = parameters.values.keys() - required.keys()
        if optional:
            every = parameters.candidate(parameters.values, "a request with every parameter")
            # Some may exclude each other: examples were written for each alone.
            yield msgspec.structs.replace(every, generated=every.generated or len(optional) > 1)
        # Some servers need one of several parameters, and only their documentation says so.
        for key in [key for key in parameters.values if key in optional and len(optional) > 1][: _CANDIDATES - 2]:
            one = {**required, key: parameters.values[key]}
            yield parameters.candidate(one, f"a request with the required parameters and `{key[1]}`")
        for varied in varied_parameters(operation, required, parameters.open, sources.references):
            yield parameters.candidate(varied, "a request whose parameters have values from elsewhere")
        return
    sent: list[Any] = []
    first: Draft | None = None
    for written, note, generated in _with_linked(
        branch_message(operation, branch), bodies(operation, branch, rng), sources.linked.get("")
    ):
        own = _fitted(operation, branch, with_values(operation, written, sources.values), generated=generated)
        message = message_of(operation, branch)
        for body in (
            *_named_as_in_path(operation, own, required, message),
            *referring(own, message, sources.references),
            own,
        ):
            if body in sent:
                continue
            sent.append(body)
            draft = Draft(parameters=required, body=body, media=branch.media)
            yield Candidate(draft, note, generated or required_generated)
            first = first or draft
            if len(sent) == _CANDIDATES:
                return
    if first is None:
        return
    note = "a generated request with values from elsewhere"
    for varied in varied_parameters(operation, required, parameters.open, sources.references):
        yield Candidate(msgspec.structs.replace(first, parameters=varied), note, generated=True)
    for body in varied_bodies(operation, first.body, message_of(operation, branch), sources.references):
        own = with_values(operation, body, sources.values)
        yield Candidate(msgspec.structs.replace(first, body=own), note, generated=True)


def _with_linked(
    message: Message, bodies: Iterator[tuple[Any, str, bool]], linked: Any
) -> Iterator[tuple[Any, str, bool]]:
    """`bodies`, and before them what a link gives for the body, where that is valid: alone, and as members of each."""
    if linked is not None and message.is_valid(linked):
        yield linked, "a request with the body that a link gives", False
    for body, note, generated in bodies:
        if isinstance(linked, dict) and isinstance(body, dict) and message.is_valid({**body, **linked}):
            yield {**body, **linked}, f"{note}, with what a link gives", generated
        yield body, note, generated


def _named_as_in_path(
    operation: OperationContract, body: Any, parameters: Mapping[tuple[str, str], Any], message: Message
) -> Iterator[Any]:
    """`body` with the identifier in it, or in its envelope, that the path has: many a server wants both to be one."""
    path = operation.operation.path
    name = path.rpartition("/{")[2].removesuffix("}")
    if not path.endswith(f"/{{{name}}}") or ("path", name) not in parameters or not isinstance(body, dict):
        return
    value = parameters["path", name]
    ((envelope, inner),) = body.items() if len(body) == 1 else (("", None),)
    at, own = ((envelope,), inner) if isinstance(inner, dict) else ((), body)
    for member in own:
        if plain(member) in ("id", plain(name)) and isinstance(own[member], str | int) and own[member] != value:
            same = put(body, (*at, member), str(value) if isinstance(own[member], str) else value)
            if message.is_valid(same):
                yield same
                return


def without_body(operation: OperationContract, sources: ValueSources, seed: int) -> Draft:
    """A request with the required parameters that have a value, for an operation of which no body can be made."""
    rng = random.Random(f"{seed}:{operation.key}:")
    return Draft(parameters=_parameters(operation, sources, rng).required)


def why_none(operation: OperationContract, branch: Branch | None) -> str:
    """Why no body of a branch can be generated, as a sentence; "" where one can, or none is needed."""
    if branch is None:
        return ""
    try:
        generate(branch_message(operation, branch), random.Random(0), optional=False)
    except NoValueError as error:
        return str(error)
    return ""


def examples(operation: OperationContract, branch: Branch, values: Values) -> list[tuple[Any, str]]:
    """The document's valid examples of a branch with the user's own `values`, each with its name for people."""
    found = ((with_values(operation, body, values), note) for body, note in examples_of(operation, branch))
    return [(_fitted(operation, branch, body, generated=False), note) for body, note in found]


def _is_required(operation: OperationContract, key: tuple[str, str]) -> bool:
    return any(
        contract.parameter.required
        for contract in operation.parameters
        if (contract.parameter.location, contract.parameter.name) == key
    )


def _parameters(operation: OperationContract, sources: ValueSources, rng: random.Random) -> _Parameters:
    chosen: dict[tuple[str, str], Any] = {}
    made: set[tuple[str, str]] = set()
    open_ones: set[tuple[str, str]] = set()
    for contract in operation.parameters:
        parameter = contract.parameter
        own, value = value_for(sources.values, operation.key, parameter.name)
        found = own
        generated = False
        if not found and parameter.location == "path":
            found, value = parameter.name in sources.in_path, sources.in_path.get(parameter.name)
            generated = parameter.name in sources.guessed
        elif not found and parameter.name in sources.linked:
            found, value = True, sources.linked[parameter.name]
        elif not found:
            referred = sources.references.reference(parameter.name)
            value = next(
                (value for value in referred if contract.message is None or contract.message.is_valid(value)), None
            )
            found = value is not None
        if not found:
            in_prose = sources.any_path or parameter.location != "path"
            found, value, generated = _parameter(contract, rng, in_prose=in_prose)
            if is_placeholder(value):
                similar = sources.references.similar(parameter.name)
                value = next((one for one in similar if contract.message and contract.message.is_valid(one)), value)
        if found and can_write(parameter, value):
            chosen[parameter.location, parameter.name] = value
            made |= {(parameter.location, parameter.name)} if generated else set()
            is_chosen = generated or (not own and len(parameter.examples) > 1)
            if (sources.any_path and not own) if parameter.location == "path" else is_chosen:
                open_ones.add((parameter.location, parameter.name))
    required = {key: value for key, value in chosen.items() if _is_required(operation, key)}
    return _Parameters(chosen, frozenset(open_ones), frozenset(made), required)


def _parameter(contract: ParameterContract, rng: random.Random, *, in_prose: bool) -> tuple[bool, Any, bool]:
    """Whether there is a value for the parameter, that value, and whether it is neither an example nor a default; it
    may be one that stands `in_prose`."""
    message, parameter = contract.message, contract.parameter
    if (
        parameter.location == "header"
        and parameter.name.lower() == "if-match"
        and message
        and message.is_valid(_ANY_TAG)
    ):
        return True, _ANY_TAG, False
    example = example_of(contract)
    if example is not None:
        return True, example, False
    if message is None:
        return contract.parameter.required, "1", True
    described = described_value(contract) if in_prose else None
    if described is not None:
        return True, described, True
    try:
        name = contract.parameter.name
        value = in_time(name, generate_filled(message, rng, name=name))
    except NoValueError:
        return False, None, True
    if makes_another_path(parameter, value):
        # Such as a default that says "none".
        value = next((text for text in _SEGMENTS if message.is_valid(text)), value)
    return True, value, value not in shape_of([message.schema], message.schema).examples


def _fitted(operation: OperationContract, branch: Branch, body: Any, *, generated: bool) -> Any:
    entry = operation.body_of(branch.media)
    return fitted(entry, body, generated=generated) if entry is not None else body
