"""Rules that a contract tells in prose: no schema has them, and a refusal may repeat them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

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

#: words that follow one another, but for little ones
Run = tuple[str, ...]

#: words in a row that a refusal and a description share by no accident
_SHARED = 3


def is_told(operation: OperationContract, descriptions: Iterable[str], text: str) -> bool:
    """Whether `text`, of a refusal, repeats a rule from the `descriptions`, or from that of the operation: three words
    in a row, beside little ones, of a sentence that says what must be."""
    rules = frozenset[Run]().union(*map(_rules_in, (operation.operation.prose, *descriptions)))
    return any(run in rules for sentence in _SENTENCE.split(text) for run in _runs(sentence)) if rules else False


@lru_cache(maxsize=4096)
def _rules_in(description: str) -> frozenset[Run]:
    """The runs of words in the rules that a description tells; many refusals are compared with each."""
    return frozenset(
        run for sentence in _SENTENCE.split(description) if _RULE.search(sentence) for run in _runs(sentence)
    )


def _runs(sentence: str) -> Iterator[Run]:
    words = [singular(word) for word in re.findall(r"\w+", sentence.lower()) if word not in _LITTLE]
    return (tuple(words[start : start + _SHARED]) for start in range(len(words) - _SHARED + 1))
