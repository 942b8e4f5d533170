"""The offline report: whole in one file, shut by its policy, small, and readable without scripts."""

import gzip
import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from tailgana_lab.errors import LabError
from tailgana_lab.reporting import report
from tailgana_lab.reporting.report import POLICY, render_report, save_report
from tests.factories import make_profile
from tests.reporting.test_escape import read
from tests.specimens import make_baseline, make_comparison, make_history, make_performance, make_report

ROOT = Path(__file__).resolve().parents[2]
NAMES = json.loads((ROOT / "tests/data/hostile_names.json").read_text())


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A front end in the place of the real one."""
    (tmp_path / "report.js").write_text("const end = '</script><!--';")
    (tmp_path / "report.css").write_text(".tgl{color:red}")
    monkeypatch.setattr(report, "BUILT", tmp_path)
    return tmp_path


def data_of(page: str) -> dict[str, Any]:
    packed = re.search(r'<script id="tgl-data" type="application/octet-stream">([^<]*)</script>', page)
    assert packed
    data: dict[str, Any] = json.loads(gzip.decompress(b64decode(packed[1])))
    return data


def test_the_page_is_shut_by_its_policy(built: Path) -> None:
    page = render_report([make_profile()])
    assert f'content="{POLICY}"' in page
    assert page.index("Content-Security-Policy") < page.index("<style")


def test_each_result_has_a_section_and_its_data(built: Path) -> None:
    page = render_report([make_profile(name="one"), make_profile(name="two")])
    sections = [attributes for tag, attributes in read(page).tags if tag == "section"]
    assert [section["data-tgl-result"] for section in sections] == ["0", "1"]
    assert [result["facts"]["name"] for result in data_of(page)["results"]] == ["one", "two"]


def test_what_was_kept_raced_and_checked_stands_beside_profiles(built: Path) -> None:
    results: list[Any] = [
        make_profile(name="one"),
        make_baseline(),
        make_performance(),
        make_comparison(),
        make_report(),
    ]
    page = render_report([*results, make_history()])
    kinds = ["profile", "baseline", "performance-baseline", "comparison", "regression", "history"]
    assert [result["kind"] for result in data_of(page)["results"]] == kinds
    words = read(page).words
    for heading in ("Baseline clean", "Performance baseline standard", "Comparison clean", "Check clean"):
        assert heading in words
    assert "tgls-badge" in page[: page.index("</style>")]


def test_a_report_of_one_result_has_its_title(built: Path) -> None:
    assert "<h1>History clean</h1>" in render_report([make_history()])


def test_the_script_of_the_page_looks_for_what_is_there() -> None:
    script = (ROOT / "js/src/report.ts").read_text()
    assert 'getElementById("tgl-data")' in script
    assert "section[data-tgl-result]" in script
    assert '".tgl-static"' in script


def test_code_and_names_cannot_end_their_elements(built: Path) -> None:
    page = render_report([make_profile(names=NAMES, name=NAMES[2])])
    assert [tag for tag, _ in read(page).tags].count("script") == 2
    assert "const end = '<\\/script><\\!--';" in page


def test_without_a_built_front_end_the_page_still_says_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "BUILT", tmp_path)
    page = render_report([make_profile(method="way one")])
    assert "<script" not in page
    words = read(page).words
    assert "way one" in words
    assert "Step0.step_0" in words


def test_a_report_of_nothing_says_so(built: Path) -> None:
    page = render_report([])
    assert "Nothing has been measured yet" in page
    assert "<script" not in page


def test_a_large_profile_stays_below_half_a_megabyte() -> None:
    assert len(render_report([make_profile(50_000, n_functions=2000)]).encode()) <= 500_000


def test_several_large_profiles_are_folded_harder(built: Path) -> None:
    profiles = [make_profile(20_000, n_functions=2000, seed=seed) for seed in range(4)]
    page = render_report(profiles)
    alone = data_of(render_report(profiles[:1]))["results"][0]["flame"]
    together = data_of(page)["results"][0]["flame"]
    assert together["n"] < alone["n"]
    assert together["folded_fraction"] > alone["folded_fraction"]


def test_it_reads_in_dark_in_print_and_on_narrow_screens() -> None:
    page = render_report([make_profile()])
    assert "@media (prefers-color-scheme:dark)" in page
    assert "@media print" in page
    assert "@media (max-width:600px)" in page


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"cannot write .*No such file"):
        save_report(tmp_path / "gone" / "report.html", [make_profile()])


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("light", 420)])
def test_it_opens_without_a_request(scheme: Any, width: int, chromium: str, tmp_path: Path, artefacts: Path) -> None:
    from playwright.sync_api import sync_playwright

    path = tmp_path / "report.html"
    save_report(path, [make_profile(2000, names=NAMES, name=NAMES[0]), make_profile(0, name="empty")])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
        asked: list[str] = []
        problems: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(path.as_uri())
        page.locator("section canvas, .tgls-icicle").first.wait_for()
        page.screenshot(path=artefacts / f"report-{scheme}-{width}.png", full_page=True)
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
        assert problems == []
        assert page.evaluate("window.__owned") is None
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        browser.close()
