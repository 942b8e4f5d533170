"""What all panels share: the built front end, and a plain sentence where it was not built."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tailgana_lab.widgets import base
from tailgana_lab.widgets.profile import ProfileWidget
from tests.factories import make_profile

VIEWS = ("profile", "bottleneck")


@pytest.fixture
def not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which no front end was built."""
    monkeypatch.setattr(base, "BUILT", tmp_path)
    base.front_end.cache_clear()
    yield tmp_path
    base.front_end.cache_clear()


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_was_built(view: str) -> None:
    script, style = base.front_end(view)
    assert "export" in script
    assert style.startswith(".tgl")


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_asks_for_nothing_from_elsewhere(view: str) -> None:
    script, style = base.front_end(view)
    assert "https://" not in script
    assert "@import" not in style
    assert "url(" not in style


def test_a_front_end_that_was_not_built_says_how_to_build_it(not_built: Path) -> None:
    script = ProfileWidget(make_profile())._esm
    assert "`profile.js` is missing. Run `make install`" in script
    assert script.startswith("export default")


def test_a_style_sheet_that_was_not_built_is_named(not_built: Path) -> None:
    (not_built / "profile.js").write_text("export default {};")
    assert "`profile.css` is missing" in base.front_end("profile")[0]


def test_the_sentence_cannot_end_the_script_it_stands_in() -> None:
    script = base._script_that_says('</script><script>alert("1")')
    shown = script.split("textContent = ")[1].split("; } };")[0]
    assert "</script" not in script
    assert json.loads(shown) == '</script><script>alert("1")'
