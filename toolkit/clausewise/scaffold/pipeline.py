"""Jobs that run the gate: a workflow of GitHub, a job of GitLab."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from clausewise.scaffold.recipe import Recipe
from clausewise.scaffold.surroundings import App
from clausewise.transport.proxy import is_loopback

Service = Literal["github", "gitlab"]

#: the variable of a job that says what pip installs
PACKAGE = "CLAUSEWISE_PACKAGE"


# Actions of others, pinned to the commit of a release: a tag can move.
_CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
_SETUP_PYTHON = "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0"
_UPLOAD_ARTIFACT = "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2"


class Job(msgspec.Struct, frozen=True):
    """What a job has to do."""

    #: what pip installs; "" where only the variable CLAUSEWISE_PACKAGE can say it
    package: str
    #: commands that install the project itself; None where the job does not run its app
    install: tuple[str, ...] | None
    #: environment variables with secrets
    variables: tuple[str, ...]
    #: commands that start the server, and wait for it; () where none is needed
    start: tuple[str, ...] = ()


def job_for(recipe: Recipe, folder: Path, apps: Iterable[App]) -> Job:
    """The job for a configuration; of the `apps` the first one is the server, where that is on this machine."""
    url = recipe.target.url
    local = url is not None and is_loopback(urlsplit(url).hostname or "")
    return Job(
        package=_package(),
        install=tuple(_install(folder)) if local or recipe.target.app is not None else None,
        variables=recipe.variables,
        start=_start(url, next(iter(apps), None)) if local and url is not None else (),
    )


def _start(url: str, app: App | None) -> tuple[str, ...]:
    """Commands that start an app, so that it answers at a URL of this machine."""
    parts = urlsplit(url)
    port = parts.port or 80
    # The rest of a URL is what a document says: it is no part of a command.
    origin = f"{parts.scheme}://{f'[{parts.hostname}]' if ':' in (parts.hostname or '') else parts.hostname}:{port}"
    if app is None:
        return (f"echo 'start the server here, so that it answers at {origin}' && exit 1",)
    serve = f"python -m uvicorn {app.name} --port {port} &"
    if app.maker in ("Flask", "APIFlask"):
        serve = f"python -m flask --app {app.name} run --port {port} &"
    elif app.maker == "get_wsgi_application":
        serve = f"python manage.py runserver --noreload {port} &"
    return serve, f"curl --silent --output /dev/null --retry 30 --retry-delay 1 --retry-connrefused {origin}"


def _github(job: Job) -> str:
    secrets = [f"          {name}: ${{{{ secrets.{name} }}}}" for name in job.variables]
    lines = [
        "# Tests every clause of the API's contract. Written by `clausewise init`; change it as you like.",
        "name: contract",
        "on:",
        "  push:",
        "  pull_request:",
        "permissions:",
        "  contents: read",
        "jobs:",
        "  contract:",
        "    runs-on: ubuntu-latest",
        "    timeout-minutes: 30",
        "    steps:",
        f"      - uses: {_CHECKOUT}",
        f"      - uses: {_SETUP_PYTHON}",
        "        with:",
        f'          python-version: "{sys.version_info.major}.{sys.version_info.minor}"',
        f"      - run: {json.dumps(_package_command(job))}",
        *(() if job.package else ["        env:", f"          {PACKAGE}: ${{{{ vars.{PACKAGE} }}}}"]),
        *(["      # Install what the app needs here."] if job.install == () else ()),
        *(f"      - run: {json.dumps(command)}" for command in job.install or ()),
        *(("      - name: Start the server", "        run: |") if job.start else ()),
        *(f"          {command}" for command in job.start),
        "      - run: clausewise gate",
        *(["        env:", *secrets] if secrets else ()),
        "      - if: ${{ !cancelled() }}",
        '        run: cat reports/latest/summary.md >> "$GITHUB_STEP_SUMMARY"',
        "      - if: ${{ !cancelled() }}",
        f"        uses: {_UPLOAD_ARTIFACT}",
        "        with:",
        "          name: contract",
        "          path: reports/latest",
    ]
    return "\n".join(lines) + "\n"


def _gitlab(job: Job) -> str:
    secrets = f"# Set {', '.join(job.variables)} in Settings > CI/CD > Variables, masked."
    lines = [
        "# Tests every clause of the API's contract. Written by `clausewise init`; change it as you like.",
        *([secrets] if job.variables else ()),
        "contract:",
        f"  image: python:{sys.version_info.major}.{sys.version_info.minor}",
        "  timeout: 30 minutes",
        "  before_script:",
        f"    - {json.dumps(_package_command(job))}",
        *(["    # Install what the app needs here."] if job.install == () else ()),
        *(f"    - {json.dumps(command)}" for command in job.install or ()),
        "  script:",
        *(f"    - {json.dumps(command)}" for command in job.start),
        "    - clausewise gate",
        "  artifacts:",
        "    when: always",
        "    paths:",
        "      - reports/latest/",
        "    reports:",
        "      junit: reports/latest/junit.xml",
        "      codequality: reports/latest/gl-code-quality-report.json",
    ]
    return "\n".join(lines) + "\n"


#: where a service reads its jobs, and how one is written
SERVICES: Mapping[Service, tuple[str, Callable[[Job], str]]] = {
    "github": (".github/workflows/contract.yml", _github),
    "gitlab": (".gitlab-ci.yml", _gitlab),
}


def path_for(service: Service, folder: Path) -> Path:
    """Where the job is written, relative to the folder: beside the jobs that are there, not in their place."""
    name = SERVICES[service][0]
    if service == "gitlab" and (folder / name).exists():
        return Path(".gitlab/contract.yml")
    return Path(name)


def _package_command(job: Job) -> str:
    return f"python -m pip install '{job.package}'" if job.package else f'python -m pip install "${PACKAGE}"'


def _install(folder: Path) -> Iterable[str]:
    if (folder / "requirements.txt").is_file():
        yield "python -m pip install -r requirements.txt"
    pyproject = folder / "pyproject.toml"
    if (folder / "setup.py").is_file() or (
        pyproject.is_file() and "[project]" in pyproject.read_text(errors="replace")
    ):
        yield "python -m pip install ."


def _package() -> str:
    """What pip installs: the repository that this clausewise came from (PEP 610); "" where that is not known. Its name
    alone may be another project's on an index."""
    try:
        written = distribution("clausewise").read_text("direct_url.json") or "{}"
        origin = json.loads(written)
    except (PackageNotFoundError, ValueError):
        origin = {}
    versioned = origin.get("vcs_info") if isinstance(origin, dict) else None
    if isinstance(versioned, dict) and isinstance(origin.get("url"), str):
        return f"clausewise @ {versioned.get('vcs', 'git')}+{origin['url']}@{versioned.get('commit_id', 'HEAD')}"
    return ""
