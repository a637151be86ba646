"""Operations that accepted no request, as sentences: grouped by what the server said, with what a user can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from clausewise.results.record import Run, Unaccepted
from clausewise.wording import counted

#: operations that a sentence names, and sentences for one run
_NAMED = 5
_SENTENCES = 8

#: characters of an answer that a sentence quotes
_QUOTED = 80

#: kind of a failure -> what the server did; any other gave no usable answer
_FAILURES = {
    "timeout": "gave no answer in time",
    "endless": "gave an answer that did not end in time",
    "connect": "could not be reached",
}

#: kinds of failures of requests that never reached the server
_UNREACHED = frozenset({"unsent", "connect"})

#: statuses by which a server may refuse one valid request and accept another
_ABOUT_VALUES = frozenset({"400", "409", "415", "422"})


def unaccepted_sentences(run: Run) -> tuple[str, ...]:
    """What the operations that accepted no request answered, those with the same answers in one sentence.

    Known and excluded ones are left out, and so are those of an incomplete run that nothing reached: it says why.
    """
    groups: dict[tuple[tuple[str, ...], str], list[Unaccepted]] = {}
    for one in run.unaccepted or ():
        if one.state == "new" and (not run.incomplete or not _UNREACHED.issuperset(one.answers)):
            groups.setdefault((one.answers, one.remedy), []).append(one)
    largest = sorted(groups.values(), key=lambda group: -len(group))
    sentences = [unaccepted_sentence(group) for group in largest[:_SENTENCES]]
    if rest := [one for group in largest[_SENTENCES:] for one in group]:
        sentences.append(f"{_who(rest, 'further operation')} accepted no request; run.json has the answers")
    return tuple(sentences)


def failing_sentences(run: Run) -> tuple[str, ...]:
    """Those of `unaccepted_sentences` for which the gate failed."""
    reasons = run.gate.reasons if run.gate is not None else ()
    return tuple(sentence for sentence in unaccepted_sentences(run) if sentence in reasons)


def unaccepted_sentence(group: Sequence[Unaccepted]) -> str:
    """What operations with the same answers and the same remedy answered, and that remedy."""
    answers, remedy = group[0].answers, group[0].remedy
    text, count = Counter(one.text for one in group).most_common(1)[0]
    if answers:
        quoted = f", {'' if count == len(group) else 'such as '}`{_shortened(text)}`" if text else ""
        what = f"{_what(answers)}{quoted}"
    else:
        others = "" if count == len(group) else ", and the like"
        what = f"{'was' if len(group) == 1 else 'were'} sent no valid request: {text}{others}"
    them = "it" if len(group) == 1 else "them"
    return f"{_who(group, 'operation')} {what}: {remedy}; or list {them} in known-unaccepted"


def merge_unaccepted(runs: Iterable[Run]) -> tuple[Unaccepted, ...] | msgspec.UnsetType:
    """The operations that none of the runs accepted which tested them. Unset where no run knows of its own."""
    knowing = [run for run in runs if run.unaccepted is not msgspec.UNSET]
    if not knowing:
        return msgspec.UNSET
    by_operation: dict[str, list[Unaccepted | None]] = {}
    for run in knowing:
        refusing = {one.operation: one for one in run.unaccepted or ()}
        for operation in dict.fromkeys((*(clause.operation for clause in run.clauses), *refusing)):
            by_operation.setdefault(operation, []).append(refusing.get(operation))
    merged = []
    for entries in by_operation.values():
        refusals = [entry for entry in entries if entry is not None]
        if len(refusals) == len(entries):
            answers = tuple(sorted({answer for one in refusals for answer in one.answers}))
            first = min(refusals, key=lambda one: (not one.answers, one.state == "excluded"))
            state: Literal["new", "excluded"] = "excluded" if first.state == "excluded" else "new"
            merged.append(msgspec.structs.replace(first, answers=answers, state=state))
    return tuple(merged)


def _what(answers: Iterable[str]) -> str:
    statuses = [answer for answer in answers if answer.isdigit()]
    to_what = "every valid request" if _ABOUT_VALUES & {*statuses} else "everything"
    # A 2xx is here only where its body says that it refuses.
    shown = [f"{status} with an error in its body" if status.startswith("2") else status for status in statuses]
    parts = [f"answered {' or '.join(shown)} to {to_what}"] if shown else []
    failures = [answer for answer in answers if not answer.isdigit()]
    parts += dict.fromkeys(_FAILURES.get(kind, "gave no usable answer") for kind in failures)
    return " or ".join(parts)


def _who(group: Sequence[Unaccepted], noun: str) -> str:
    names = ", ".join(one.operation for one in group[:_NAMED])
    if len(group) == 1:
        return names
    more = f" and {len(group) - _NAMED} more" if len(group) > _NAMED else ""
    return f"{counted(len(group), noun)} ({names}{more})"


def _shortened(text: str) -> str:
    """A quotation, which stands between backticks."""
    text = text.replace("`", "'")
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
