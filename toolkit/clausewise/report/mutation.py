"""A Proof as text: the score, the mutants that survived with reasons, and the equivalent ones."""

from __future__ import annotations

from collections.abc import Iterator

from clausewise.report.markdown import code, escaped
from clausewise.report.terminal import Line
from clausewise.results.proof import MutantOutcome, MutantResult, Proof
from clausewise.wording import counted

#: kind of a mutant -> what the mock does to the clause
_DOES = {
    "unenforced": "accepts requests that break the clause",
    "broken": "answers with a value that breaks the clause",
    "crash": "answers 500 to a value on its boundary",
}


def summary(proof: Proof) -> str:
    """The score in one line. It is rounded down: 100% means that every mutant was killed."""
    killed, survived, equivalent = proof.count("killed"), proof.count("survived"), proof.count("equivalent")
    tried = counted(len(proof.results), "mutant")
    if len(proof.results) < proof.mutants:
        tried += f" of {proof.mutants}"
    return (
        f"{tried}: {killed} killed, {survived} survived, {equivalent} equivalent; "
        f"score {int(proof.score * 10) / 10:g}% in {proof.seconds:.0f} s"
    )


def lines(proof: Proof, *, quiet: bool, verbose: bool) -> Iterator[Line]:
    """A line for each mutant that survived and, if `verbose`, for each equivalent one; then the score."""
    shown: dict[str, MutantOutcome] = {} if quiet else {"survived": "survived"}
    if verbose and not quiet:
        shown["equivalent"] = "equivalent"
    for title, outcome in shown.items():
        for result in _of(proof, outcome):
            yield (f"{title}: {result.location}: {result.kind} {result.where}: {result.text}; {result.reason}",)
    yield (summary(proof),)


def render(proof: Proof) -> str:
    """The content of prove.md."""
    text = [f"# {summary(proof)}", "", f"Contract {code(proof.spec.file)}, seed {proof.seed}.", ""]
    text += ["| mutants | the mock | killed | survived | equivalent |", "|---|---|---|---|---|"]
    for kind, does in _DOES.items():
        chosen = [result for result in proof.results if result.kind == kind]
        counts = [
            sum(result.outcome == outcome for result in chosen) for outcome in ("killed", "survived", "equivalent")
        ]
        text.append(f"| {kind} | {does} | {' | '.join(map(str, counts))} |")
    for outcome, title in (
        ("survived", "Survivors"),
        ("equivalent", "Equivalent: no client can tell these from the contract"),
    ):
        chosen = _of(proof, outcome)
        if chosen:
            text += ["", f"## {title}", ""]
            text += [
                f"- {code(str(result.location))}, {result.kind}, {code(result.where)}: {escaped(result.text)}; "
                f"{escaped(result.reason)}"
                for result in chosen
            ]
    return "\n".join(text) + "\n"


def _of(proof: Proof, outcome: str) -> list[MutantResult]:
    return [result for result in proof.results if result.outcome == outcome]
