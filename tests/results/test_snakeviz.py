"""Snakeviz's page in one frame: nothing outside, nothing that escapes it, and it draws."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tailgana_lab.errors import LabError
from tests.factories import make_profile

NAMES = json.loads((Path(__file__).parents[1] / "data/hostile_names.json").read_text())
LOADED = re.compile(
    r"""(?:\bsrc|\bhref)\s*=\s*["'](?!data:)[^"'#]|importScripts\(\s*["'][^"']|@import|url\((?!data:)"""
)
SPOKEN_OF = {"www.w3.org", "datatables.net", "npms.io"}  # namespaces, and texts of messages in the libraries
COMMENTS = re.compile(r"/\*.*?\*/", re.S)


def page_of(profile: Any) -> str:
    frame = profile.snakeviz()._repr_html_()
    found = re.fullmatch(r'<iframe srcdoc="([^"]*)"[^<]*></iframe>', frame)
    assert found, "one frame and nothing else"
    return unescape(found[1])


def test_the_page_is_snakevizs_own() -> None:
    page = page_of(make_profile())
    assert "SnakeViz" in page
    assert "sv_build_hierarchy" in page
    assert 'id="pstats-table"' in page


def test_the_page_loads_nothing() -> None:
    page = COMMENTS.sub("", page_of(make_profile()))
    own_markup = re.sub(r"<script>.*?</script>", "", page, flags=re.S)  # scripts of the page hold addresses as text
    assert LOADED.search(own_markup) is None
    assert "default-src 'none'" in page


def test_the_page_names_no_place_outside() -> None:
    page = COMMENTS.sub("", page_of(make_profile()))
    assert set(re.findall(r"https?://([\w.]+)", page)) <= SPOKEN_OF


def test_names_cannot_end_the_scripts_they_stand_in() -> None:
    page = page_of(make_profile(names=NAMES, name=NAMES[2]))
    assert "<script>top.__owned" not in page
    assert "\u202e" not in page


def test_the_frame_is_apart_from_the_notebook() -> None:
    assert 'sandbox="allow-scripts"' in make_profile().snakeviz()._repr_html_()


def test_a_profile_without_samples_is_refused() -> None:
    with pytest.raises(LabError, match="no samples"):
        make_profile(0).snakeviz()


@pytest.mark.browser
@pytest.mark.parametrize("names", [[], NAMES], ids=["plain", "hostile"])
def test_it_draws_without_a_request(names: list[str], chromium: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    page_file = tmp_path / "frame.html"
    page_file.write_text(make_profile(names=names).snakeviz()._repr_html_(), "utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        asked: list[str] = []
        problems: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(page_file.as_uri())
        frame = page.frame_locator("iframe")
        frame.locator("svg rect").first.wait_for(timeout=20_000)
        assert frame.locator("#pstats-table tbody tr").count() > 10
        assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
        assert problems == []
        assert page.evaluate("window.__owned") is None
        browser.close()
