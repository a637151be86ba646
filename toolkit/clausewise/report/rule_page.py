"""What a rule means, as a page: the text of `clausewise explain`, of the documentation and of SARIF's help."""

from __future__ import annotations

import msgspec

from clausewise.results.rules import Rule


class Section(msgspec.Struct, frozen=True):
    """A part of a page."""

    heading: str
    #: a paragraph; names and code stand in backticks
    text: str
    #: lines of TOML below it; "" for none
    toml: str = ""


def sections(rule: Rule) -> tuple[Section, ...]:
    """What it means, why it matters, an example, how to fix it and how to waive it."""
    written = (
        Section("What it means", rule.meaning),
        Section("Why it matters", rule.why),
        Section("Example", rule.example),
        Section("What is expected", f"{rule.expected[:1].upper()}{rule.expected[1:]}." if rule.expected else ""),
        Section("How to fix it", rule.remedy),
        Section(
            "How to waive it",
            "To accept its findings for a while, write this in `pyproject.toml`, or as `[[waivers]]` in a "
            "`clausewise.toml`. With a `clause` or a `finding` beside `rule`, or instead of it, the waiver covers "
            "less:",
            _waiver(rule.slug),
        ),
    )
    return tuple(section for section in written if section.text)


def markdown(rule: Rule, level: int = 2) -> str:
    """The page as Markdown without its title; its headings are of this `level`."""
    return "\n".join(
        f"{'#' * level} {section.heading}\n\n{section.text}\n"
        + (f"\n```toml\n{section.toml}\n```\n" if section.toml else "")
        for section in sections(rule)
    )


def plain(rule: Rule) -> str:
    """The page as plain text, a paragraph for each section."""
    return "\n\n".join(
        f"{section.heading}: {section.text}" + (f"\n\n{section.toml}" if section.toml else "")
        for section in sections(rule)
    )


def _waiver(rule: str) -> str:
    """A waiver for its findings, as TOML for pyproject.toml."""
    return (
        f'[[tool.clausewise.waivers]]\nrule = "{rule}"\nreason = "why, and where it is tracked"\nexpires = 2027-06-30'
    )
