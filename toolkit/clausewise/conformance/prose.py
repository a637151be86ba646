"""Rules that a contract tells in prose: no schema has them, and a refusal may repeat them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from clausewise.contract.operation import OperationContract
from clausewise.values.words import singular

#: how a sentence says that it is a rule
_RULE = re.compile(
    r"\b(?:must|require[sd]?|only|should|needs?|has\s+to|have\s+to|within|cannot|can\s+not|may\s+not|not\s+allowed|at\s+least"
    r"|at\s+most|exactly|either|mandatory|unique|limited)\b",
    re.IGNORECASE,
)

_SENTENCE = re.compile(r"(?<=[.;!?])\s|[\n()]")

#: words that say nothing of what a sentence is about
_LITTLE = frozenset(
    (
        *("a", "an", "and", "any", "are", "as", "at", "be", "been", "being", "but", "by", "can", "do"),
        *("does", "for", "from", "given", "has", "have", "if", "in", "into", "is", "it", "its", "may"),
        *("more", "must", "no", "not", "of", "on", "one", "or", "should", "so", "such", "than", "that"),
        *("the", "their", "then", "there", "they", "this", "to", "use", "used", "was", "were", "when"),
        *("which", "will", "with", "you", "your"),
    )
)

#: words in a row that a refusal and a description share by no accident
_SHARED = 3


def is_told(operation: OperationContract, descriptions: Iterable[str], text: str) -> bool:
    """Whether `text`, of a refusal, repeats a rule from the `descriptions`, or from that of the operation: three words
    in a row, beside little ones, of a sentence that says what must be."""
    sentences = chain.from_iterable(_SENTENCE.split(each) for each in (operation.operation.prose, *descriptions))
    rules = [sentence for sentence in sentences if _RULE.search(sentence)]
    said = set(chain.from_iterable(map(_runs, _SENTENCE.split(text)))) if rules else set()
    return any(run in said for rule in rules for run in _runs(rule))


def _runs(sentence: str) -> Iterator[Sequence[str]]:
    words = [singular(word) for word in re.findall(r"\w+", sentence.lower()) if word not in _LITTLE]
    return (tuple(words[start : start + _SHARED]) for start in range(len(words) - _SHARED + 1))
