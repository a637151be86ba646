"""`clausewise explain`: what a rule means, what a finding shows, what is known of a clause."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from clausewise.cli.completion import rules
from clausewise.cli.help import Command
from clausewise.cli.options import color_option, config_option, configured, document_options, read_contract
from clausewise.cli.show import show
from clausewise.errors import ClausewiseError, UsageError

if TYPE_CHECKING:
    from clausewise.config import Config
    from clausewise.results.merge import Part
    from clausewise.results.record import ClauseVerdict, SourceText, Spec


@click.command("explain", cls=Command)
@click.argument("what", required=False, metavar="[RULE | CLAUSE | FINDING]", shell_complete=rules)
@click.argument("spec", required=False)
@click.option(
    "--run",
    "record",
    metavar="RUN",
    type=click.Path(path_type=Path),
    help="The run to look into: its run.json, or the folder that holds it.  [default: the output-dir]",
)
@config_option
@document_options
@color_option
@click.option("-v", "--verbose", count=True, help="Show everything: long bodies, all headers, all that was tried.")
def command(
    what: str | None,
    spec: str | None,
    record: Path | None,
    config_file: Path | None,
    color: str,
    verbose: int,
    **document: Any,
) -> int:
    """Explain a rule, a clause or a finding; without an argument, list all rules.

    A rule is named by its slug: server-error. A finding is named by its id, or the first characters of it (-v shows
    ids). A clause is named by its line (openapi.yaml:12), its JSON Pointer, its place in a message
    (request.body.name.maxLength) or its id in pytest; SPEC is the document to look in where no run was recorded.
    """
    from clausewise.report import explanation
    from clausewise.results.lookup import clauses_in, finding_in, near, rule_in

    if what is None:
        show(explanation.rules(), color)
        return 0
    rule = rule_in(what)
    if rule is not None:
        show(explanation.rule(rule), color)
        return 0
    config = configured(config_file, **document)
    part = _recorded(record, config)
    finding = finding_in(part.run, what) if part is not None else None
    if part is not None and finding is not None:
        exchange = next((each for each in part.exchanges if each.id == finding.exchange), None)
        show(explanation.finding(finding, part.run, exchange, verbose), color)
        return 0
    if part is not None:
        clauses, document_of, findings, exchanges = part.run.clauses, part.run.spec, part.run.findings, part.exchanges
    else:
        (clauses, document_of), findings, exchanges = _untested(spec, config, what), (), ()
    named = clauses_in(clauses, what)
    if not named:
        words = " or ".join(near(what, clauses))
        where = f"in {part.name if part is not None else document_of.file}"
        if part is not None and part.run.unlisted:
            where += ", which leaves out clauses of large responses"
        raise UsageError(
            f'"{what}" is no rule, and no finding or clause {where}',
            remedy=f"did you mean {words}?" if words else "`clausewise explain` lists the rules, `clauses` the clauses",
        )
    if len({(clause.location, clause.id) for clause in named}) > 1:
        show(explanation.several(named), color)
        return 0
    schema = _schema(named[0], document_of.sources)
    show(explanation.clauses(named, document_of.sources, findings, schema, exchanges, verbose), color)
    return 0


def _recorded(record: Path | None, config: Config) -> Part | None:
    """The run that is named, else the last one in the folder of the reports; None where there is none."""
    from clausewise.cli.saved_run import read
    from clausewise.results.logbook import LOGBOOK

    folder = config.output.output_dir
    if record is None and not any((folder / name).exists() for name in ("run.json", LOGBOOK)):
        return None
    return read(record or folder)


def _untested(spec: str | None, config: Config, what: str) -> tuple[tuple[ClauseVerdict, ...], Spec]:
    """The clauses of the document that is named or configured, none of them tested, and the document."""
    from clausewise.results.coverage import reach_verdicts, spec_of
    from clausewise.results.ledger import Ledger
    from clausewise.results.lookup import near

    folder = config.output.output_dir
    try:
        contract = read_contract(spec, config)
    except UsageError as error:
        words = " or ".join(near(what, ()))
        raise UsageError(
            f'"{what}" is no rule, there is no run in {folder}, and {error.message}',
            remedy=f"did you mean {words}?" if words else "name a run with --run, or the document after it",
        ) from None
    untested = reach_verdicts(
        contract,
        contract.operations,
        Ledger(),
        untested=lambda *_: None,
        explained={},
        accepted=frozenset(),
    )
    reason = f"there is no run in {folder}"
    return tuple(
        msgspec.structs.replace(one, reason=one.reason if one.verdict == "unbreakable" else reason)
        for one in untested.clauses
    ), spec_of(contract, (one.location for one in untested.clauses))


def _schema(clause: ClauseVerdict, sources: Sequence[SourceText]) -> Any:
    """The object of the document that has the keyword of a clause; None where its text is not recorded."""
    from clausewise.spec import document
    from clausewise.spec.pointer import from_pointer

    source = next((each for each in sources if each.file == clause.location.file), None)
    if source is None or (source.excerpt and not source.text.startswith("{")):
        # Lines without those around them are no document.
        return None
    try:
        value = document.parse(source.text.encode(), None, source.file).tree
    except ClausewiseError:
        return None
    found = None
    for token in from_pointer(clause.id.partition("#")[2]):
        if isinstance(value, dict):
            found, value = value, value.get(token)
        elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            break
    return found
