"""report.html in a browser: found, filtered, linked to, copied, printed, read in the dark and on a phone."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clausewise.errors import Location
from clausewise.exchange import Exchange, Probe, Request, Response
from clausewise.results.record import (
    ClauseCounts,
    ClauseVerdict,
    Coverage,
    Finding,
    Gate,
    OperationCounts,
    ResponseCounts,
    Run,
    SourceText,
    Spec,
)
from tests.report.conftest import MakeClause, MakeFinding, MakeRun
from tests.report.html.conftest import Open

_FILE = "openapi/API.yaml"
_TEXT = "\n".join(["openapi: 3.1.0", *(f"  line{number}: {number}" for number in range(2, 301))])

_HOSTILE = [
    pytest.param("<script>window.pwned = 1</script>", id="script"),
    pytest.param("</script><script>window.pwned = 1</script>", id="end of a script"),
    pytest.param("<!--<script>", id="script in a comment"),
    pytest.param("</code></pre></details></main><img src=x onerror='window.pwned = 1'>", id="handlers"),
    pytest.param("javascript:window.pwned=1//' onclick='window.pwned=1' x=\"", id="quotes"),
    pytest.param("<style>body { display: none }</style><base href='http://127.0.0.1:9'>", id="style and base"),
    pytest.param("{{ 7 * 191 }}{% raw %}", id="template"),
    pytest.param("\x1b[31mred\x1b]0;title\x07\x00\x08 \x9b2J", id="terminal commands"),
    pytest.param("\u202egnirts \u2066 \u200f", id="direction marks"),
    pytest.param("\ud800 \ufffe", id="what UTF-8 and XML do not take"),
    pytest.param("&lt;b&gt; &amp; &#0;", id="references"),
]


@pytest.fixture
def several(make_run: MakeRun, make_finding: MakeFinding, make_clause: MakeClause) -> Run:
    """Findings of two operations, two rules and two states, at lines of a contract of 300 lines."""
    findings = (
        make_finding(id="aaa", location=Location(_FILE, 120, 3)),
        make_finding(
            id="bbb", rule="server-error", operations=("listClusters",), message="`limit` of 0 crashes", at=()
        ),
        make_finding(
            id="ccc", rule="echo-mismatch", severity="warning", message="`name` came back changed", state="known"
        ),
    )
    clauses = (
        make_clause(verdict="violated", location=Location(_FILE, 120, 3)),
        make_clause(verdict="upheld", location=Location(_FILE, 121, 3), where="request.body[AWS].name"),
        make_clause(verdict="untested", location=Location(_FILE, 122, 3), reason="no 409 response was seen"),
    )
    spec = Spec(_FILE, "Clusters", "3.1.0", "0", (SourceText(_FILE, _TEXT),))
    return make_run(findings=findings, clauses=clauses, spec=spec)


def exchange(name: str = "createCluster-0001", answer: bytes = b'{"name": "x"}', **fields: Any) -> Exchange:
    request = Request("POST", "/clusters", (("Content-Type", "application/json"),), b'{"name": "x"}')
    response = Response(200, (("Content-Type", "application/json"),), answer, 0.012)
    probe = Probe("createCluster", "clauses", "`name` is long", "accept")
    return msgspec.structs.replace(Exchange(name, request, response, None, probe), **fields)


def shown(page: Any) -> list[str]:
    """The ids of the findings that are to be seen."""
    ids = page.locator(".finding:visible").evaluate_all("all => all.map(one => one.id)")
    return [each.removeprefix("finding-") for each in ids]


def in_sight(page: Any, selector: str) -> bool:
    box = page.locator(selector).bounding_box()
    return box is not None and 0 <= box["y"] < 900


def test_the_first_screen_tells_verdict_fault_place_and_command(several: Run, open_page: Open) -> None:
    page = open_page(several, (exchange(),))
    assert page.title() == "Failed: Clusters"
    assert page.locator("h1").inner_text().replace("\n", " ").endswith("Failed: 3 findings")
    first = page.locator(".finding[open]")
    assert first.count() == 1 and in_sight(page, ".finding[open]")
    assert in_sight(page, ".finding[open] .copy")


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"gate": Gate(True, ())}, "Passed: 312 of 324 clauses upheld, no findings"),
        ({"gate": Gate(False, ("2 new errors: fix them", "more"))}, "Failed: 2 new errors: fix them"),
        (
            {
                "gate": Gate(True, ()),
                "coverage": Coverage(ClauseCounts(1, 0, 8, 9), OperationCounts(1, 3), ResponseCounts(1, 9)),
            },
            "Passed: 1 of 9 clauses upheld, no findings; 2 of 3 operations never accepted a request",
        ),
    ],
    ids=["passed", "failed", "passed with little tried"],
)
def test_the_verdict_is_one_line(fields: dict[str, Any], wanted: str, make_run: MakeRun, open_page: Open) -> None:
    page = open_page(make_run(**fields))
    assert page.locator("h1").inner_text().replace("\n", " ").endswith(wanted)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("65 characters", ["aaa"]),
        ("LIMIT", ["bbb"]),
        ("listclusters", ["bbb"]),
        ("characters limit", []),
        ("finding-ccc", ["ccc"]),
        ("API.yaml:120", ["aaa", "bbb", "ccc"]),
    ],
)
def test_search_finds_by_every_word(query: str, found: list[str], several: Run, open_page: Open) -> None:
    page = open_page(several)
    page.fill("#query", query)
    page.wait_for_selector(f"#count:has-text('{len(found)} {'of 3 ' if len(found) < 3 else ''}shown')")
    assert sorted(shown(page)) == found
    assert page.locator("#none").is_visible() is (found == [])


def test_filters_go_together(several: Run, open_page: Open) -> None:
    page = open_page(several)
    page.uncheck("input[value=warning]")
    assert sorted(shown(page)) == ["aaa", "bbb"]
    page.select_option("select[name=rule]", "server-error")
    assert shown(page) == ["bbb"]
    assert page.locator(".group:visible").count() == 1
    page.uncheck("input[value=new]")
    assert shown(page) == []


def test_a_link_to_a_finding_survives_a_reload(several: Run, open_page: Open) -> None:
    page = open_page(several, fragment="#finding-ccc")
    for _ in range(2):
        assert page.locator("#finding-ccc[open]").count() == 1 and in_sight(page, "#finding-ccc")
        assert page.evaluate("document.activeElement.closest('.finding').id") == "finding-ccc"
        page.reload()


def test_a_link_to_a_finding_that_is_filtered_out_shows_it(several: Run, open_page: Open) -> None:
    page = open_page(several)
    page.fill("#query", "crashes")
    page.wait_for_selector("#count:has-text('1 of 3')")
    page.evaluate("location.hash = '#finding-aaa'")
    page.wait_for_selector("#finding-aaa[open]")
    assert sorted(shown(page)) == ["aaa", "bbb", "ccc"]


def test_lines_are_coloured_by_their_clauses(several: Run, open_page: Open) -> None:
    page = open_page(several)
    assert page.locator(".l").count() == 300
    for line, colour, told in (
        (120, "violated", "Line 120: 3 findings, 1 violated"),
        (121, "upheld", "Line 121: 1 upheld"),
        (122, "untested", "Line 122: 1 untested"),
    ):
        assert page.locator(f"#L0-{line}").get_attribute("class") == f"l {colour}"
        assert page.locator(f"#L0-{line} a").get_attribute("aria-label") == told
    assert page.locator("#L0-119 a").count() == 0


def test_a_click_on_a_line_shows_its_evidence_and_findings(several: Run, open_page: Open) -> None:
    page = open_page(several)
    page.click("#L0-122")
    assert "no 409 response was seen" in page.locator("#L0-122 + .evidence").inner_text()
    page.click("#L0-122")
    assert page.locator(".evidence").count() == 0
    page.click("#L0-120 .n")
    page.click("#L0-120 + .evidence a >> nth=1")
    assert page.locator("#finding-bbb[open]").count() == 1


def test_a_line_is_reached_by_link_and_by_keyboard(several: Run, open_page: Open) -> None:
    page = open_page(several, fragment="#L0-121")
    assert in_sight(page, "#L0-121")
    assert page.locator("#L0-121 + .evidence").count() == 1
    page.keyboard.press("Enter")
    assert page.locator("#L0-121 + .evidence").count() == 0
    assert page.locator("#L0-121 a").get_attribute("aria-expanded") == "false"
    page.click("button[data-next=violated]")
    page.wait_for_selector("#L0-120 + .evidence")


def test_the_keyboard_opens_findings_and_finds_the_search(several: Run, open_page: Open) -> None:
    page = open_page(several)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "query"
    page.focus("#finding-bbb summary")
    page.keyboard.press("Enter")
    assert page.locator(".finding[open]").count() in (0, 2)


def test_a_command_is_copied_as_it_is(make_run: MakeRun, make_finding: MakeFinding, open_page: Open) -> None:
    curl = 'curl -d \'{"a": "<b>&amp;\u202e \\n"}\'\n  --next \t\''
    page = open_page(make_run(findings=(make_finding(curl=curl),)), permissions=["clipboard-read", "clipboard-write"])
    page.click(".copy")
    page.wait_for_selector(".copy:has-text('Copied')")
    assert page.evaluate("navigator.clipboard.readText()") == curl
    assert page.locator("#message").inner_text() == "Copied"


def test_dark_and_light_follow_the_system_until_one_is_chosen(several: Run, open_page: Open) -> None:
    def ground(page: Any) -> int:
        colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return int(colour.split("(")[1].split(",")[0])

    light, dark = open_page(several, color_scheme="light"), open_page(several, color_scheme="dark")
    assert ground(light) > 200 and ground(dark) < 50
    light.click("#theme")
    light.click("#theme")
    assert light.locator("#theme").inner_text() == "Theme: dark" and ground(light) < 50
    light.reload()
    assert ground(light) < 50


@pytest.mark.parametrize("width", [360, 768])
def test_nothing_sticks_out_of_a_small_screen(width: int, several: Run, open_page: Open) -> None:
    page = open_page(several, (exchange(answer=b'{"name": "' + b"x" * 3000 + b'"}'),), width=width)
    page.click("#expand")
    page.click("#L0-120")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_everything_shown_is_printed(several: Run, open_page: Open, tmp_path: Path) -> None:
    page = open_page(several)
    count = "window.opened = document.querySelectorAll('.finding[open]').length"
    page.evaluate(f"addEventListener('beforeprint', () => {{ {count} }})")
    page.pdf(path=tmp_path / "report.pdf")
    assert page.evaluate("window.opened") == 3
    page.emulate_media(media="print")
    assert not page.locator(".bar").is_visible() and page.locator("#finding-aaa").is_visible()


def test_controls_have_names_and_headings_go_down_in_order(several: Run, open_page: Open) -> None:
    page = open_page(several, (exchange(),))
    assert page.locator("html").get_attribute("lang") == "en"
    nameless = (
        "all => all.filter(one => !(one.textContent.trim() || one.ariaLabel || one.labels?.[0]?.textContent)).length"
    )
    assert page.locator("a, button, input, select, summary").evaluate_all(nameless) == 0
    levels = page.locator("h1, h2, h3, h4, h5").evaluate_all("all => all.map(one => Number(one.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def everywhere(text: str, run: Run) -> tuple[Run, tuple[Exchange, ...]]:
    """A run in which a server, or whoever wrote the contract, has put a text wherever there is room for one."""

    def finding(index: int) -> Finding:
        return Finding(
            id=f"f{index}",
            rule="response-schema",
            severity="error",
            operations=(text, text + "2") if index % 2 else (text,),
            clause=text,
            where=text,
            location=Location(text, 1, 1),
            message=text,
            count=1,
            exchange="hostile",
            curl=text,
            at=("name",),
            state="waived" if index % 3 else "new",
            waiver=text,
        )

    verdict = ClauseVerdict(
        text, text, "response", f"response.200.{text}", "content", text, Location(text, 1, 1), "violated", text, 1
    )
    untested = msgspec.structs.replace(verdict, verdict="untested")
    spec = Spec(text, text, text, "0", (SourceText(text, f"{text}\nkey: {text}\n# {text}"),))
    encodable = text.encode("utf-8", "surrogatepass")
    quoted = msgspec.json.encode({"name": text.encode("utf-8", "replace").decode()})
    one = exchange("hostile", quoted)
    sent = Request(text, text, ((text, text),), encodable)
    findings = tuple(map(finding, range(60)))
    hostile = msgspec.structs.replace(run, findings=findings, clauses=(verdict, untested), spec=spec)
    return hostile, (msgspec.structs.replace(one, request=sent),)


@pytest.mark.parametrize("text", _HOSTILE)
def test_what_a_server_sent_neither_runs_nor_breaks_the_page(text: str, make_run: MakeRun, open_page: Open) -> None:
    page = open_page(*everywhere(text, make_run()))
    page.fill("#query", "response-schema")
    page.click("#expand")
    page.click("#L0-1 .n")
    page.wait_for_selector(".evidence")
    assert page.evaluate("typeof window.pwned") == "undefined"
    assert page.locator(".finding").count() == 60 and page.locator("#untested").is_visible()
    assert page.locator(".finding[open] .detail .pair").count() == 120
    allowed = "all => all.filter(one => !['#', ''].includes((one.getAttribute('href') ?? '')[0] ?? '')).length"
    assert page.locator("[href]").evaluate_all(allowed) == 0
    assert page.locator("main img, main style, main base, main iframe").count() == 0
    written = page.evaluate("document.body.innerText")
    assert not any(character in written for character in "\x1b\x9b\x00\x08\u202e\u2066\u200f")
    assert "1337" not in written


def test_what_is_invisible_is_written_out(make_run: MakeRun, open_page: Open) -> None:
    page = open_page(*everywhere("\x1b[31m\u202egnirts", make_run()))
    assert page.locator(".finding h4").first.inner_text() == "\u241b[31m\u2039U+202E\u203agnirts"


def test_five_megabytes_of_answer_are_a_page_like_any_other(
    make_run: MakeRun, make_finding: MakeFinding, open_page: Open, tmp_path: Path
) -> None:
    answer = b'{"name": "' + b"<b>" * 1_700_000 + b'"}'
    page = open_page(make_run(findings=(make_finding(at=("name",)),)), (exchange(answer=answer),))
    assert (tmp_path / "report.html").stat().st_size < 200_000
    assert "5.1 MB" in page.locator(".finding[open]").inner_text()


@pytest.mark.slow
def test_a_large_run_opens_with_what_is_in_sight(
    make_run: MakeRun, make_finding: MakeFinding, make_clause: MakeClause, open_page: Open
) -> None:
    """5,000 findings and 20,000 clauses open in a second where the page has 20,000 elements; with all it took five."""
    text = "\n".join(f"  line{number}: {number}" for number in range(1, 20_001))
    clauses = tuple(
        make_clause(id=f"#/{n}", location=Location(_FILE, n, 3), verdict=("upheld", "violated", "untested")[n % 3])
        for n in range(1, 20_001)
    )
    findings = tuple(
        make_finding(
            id=f"id{n}", location=Location(_FILE, n * 4 + 1, 3), message=f"fault {n}.", operations=(f"o{n % 40}",)
        )
        for n in range(5000)
    )
    spec = Spec(_FILE, "Clusters", "3.1.0", "0", (SourceText(_FILE, text),))
    page = open_page(make_run(findings=findings, clauses=clauses, spec=spec), (exchange(),))
    assert page.evaluate("document.querySelectorAll('*').length") < 25_000
    page.fill("#query", "fault 4321.")
    page.wait_for_selector("#count:has-text('1 of 5000')")
    assert shown(page) == ["id4321"]
    page.evaluate("location.hash = '#L0-15001'")
    page.wait_for_selector("#L0-15001 + .evidence")
    page.evaluate("location.hash = '#finding-id4999'")
    page.wait_for_selector("#finding-id4999[open] .copy")
    assert in_sight(page, "#finding-id4999")
