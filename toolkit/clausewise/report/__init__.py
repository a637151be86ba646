"""Reports: a finished Run comes in, text goes out; imports the record and what lies below it, never a validator,
Hypothesis or an HTTP client."""

from __future__ import annotations

#: name of a format -> the file it is written to; clausewise.report.write knows how
FORMATS = {
    "json": "run.json",
    "junit": "junit.xml",
    "sarif": "clausewise.sarif",
    "codequality": "gl-code-quality-report.json",
    "markdown": "summary.md",
    "html": "report.html",
    "har": "exchanges.har",
}
