"""The help text of a command: its options in groups, and examples below them."""

from __future__ import annotations

from typing import Any

import click

#: heading -> names of options; an option that is in none stands below the last heading
_GROUPS = {
    "Target": (
        *("url", "app", "mock", "headers", "other_headers", "ca_file", "client_cert", "client_key", "insecure"),
        "trace_ids",
        *("allow_refs", "allow_remote_refs", "overlay", "spec_headers"),
        *("webhooks", "callback_url", "callback_listen"),
    ),
    "What to try": (
        "operations",
        "tags",
        "paths",
        "changed_since",
        "shard",
        "phases",
        "seed",
        "max_examples",
        "faults",
        "dry_run",
        "resume",
        "webhooks",
        "callback_url",
        "callback_listen",
    ),
    "Where to listen": ("host", "port", "no_cors"),
    "How to answer": ("stateless", "state_file", "no_validate_requests", "latency", "latency_jitter", "enforce"),
    "What to check": ("operation", "direction", "status", "examples", "evidence"),
    "Limits": (
        *(
            "max_requests",
            "max_time",
            "rate",
            "connections",
            "timeout",
            "connect_timeout",
            "allow_writes",
            "jobs",
            "cluster",
        ),
    ),
    "Verdict": (
        *("min_coverage", "max_findings_error", "max_findings_warning", "unaccepted", "known_unaccepted", "baseline"),
        *("update_baseline", "max_response_time", "min_score", "exit_zero"),
    ),
    "Output": ("output_dir", "reports", "form", "quiet", "verbose", "color"),
    "Other options": ("strict", "config_file", "help"),
}

#: command -> what a user would type; the arguments of `clausewise`
EXAMPLES = {
    "init": ("init http://127.0.0.1:8000 --yes", "init my_app:app --ci github"),
    "test": ("test openapi.yaml --url http://127.0.0.1:8000", "test openapi.yaml --app my_app:app --phase baseline"),
    "gate": ("gate --report junit,sarif", "gate --baseline known.json --update-baseline"),
    "login": ("login auth.yaml --url http://127.0.0.1:8000", "login auth.yaml bob --url http://127.0.0.1:8000"),
    "cleanup": ("cleanup reports/latest/created.ndjson", "cleanup reports/latest/created.ndjson --dry-run"),
    "validate": ("validate openapi.yaml order.json --operation createOrder", "validate openapi.yaml traffic.har"),
    "mock": (
        "mock openapi.yaml --port 8000 --latency 200",
        "mock openapi.yaml --fault '#/components/schemas/Order/properties/quantity/minimum'",
    ),
    "proxy": (
        "proxy openapi.yaml --url https://staging.example.com --output-dir reports/staging",
        "proxy openapi.yaml --url http://127.0.0.1:8000 --port 8080 --enforce",
    ),
    "report": ("report reports/latest --report html", "report shard-1 shard-2 --merge --output-dir merged"),
    "replay": ("replay reports/latest --url http://127.0.0.1:8000", "replay reports/latest --app my_app:app"),
    "explain": ("explain server-error", "explain openapi.yaml:540"),
    "clauses": ("clauses openapi.yaml --operation createOrder", "clauses openapi.yaml --format json"),
    "diff": ("diff old.yaml new.yaml", "diff openapi.yaml --base origin/main"),
    "prove": ("prove openapi.yaml", "prove openapi.yaml --operation createOrder --jobs 2"),
    "schemas": ("schemas openapi.yaml --output-dir schemas", "schemas openapi.yaml --check"),
}


class Command(click.Command):
    """A command whose help has groups of options, and its examples."""

    def __init__(self, name: str | None, **attributes: Any) -> None:
        examples = "\n".join(f"  clausewise {example}" for example in EXAMPLES.get(name or "", ()))
        # \b keeps click from joining the lines.
        super().__init__(name, epilog=f"\b\nExamples:\n{examples}" if examples else None, **attributes)

    def grouped_options(self, ctx: click.Context) -> dict[str, list[tuple[str, str]]]:
        """Heading -> flags and help text of each option below it; a heading without options is left out."""
        *_, last = _GROUPS
        rows: dict[str, list[tuple[str, str]]] = {heading: [] for heading in _GROUPS}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                heading = next((each for each, names in _GROUPS.items() if parameter.name in names), last)
                rows[heading].append(record)
        return {heading: records for heading, records in rows.items() if records}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, group by group."""
        for heading, records in self.grouped_options(ctx).items():
            with formatter.section(heading):
                formatter.write_dl(records)
