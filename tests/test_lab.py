import asyncio

import pytest

import tailgana_lab as tgl
from tailgana_lab import lab as module
from tailgana_lab.lab import Lab
from tailgana_lab.results.profile import Profile
from tailgana_lab.settings import Settings
from tests.sessions import FakeSession


@pytest.fixture
def lab() -> Lab:
    return Lab(new_session=FakeSession)


def test_the_block_gives_a_profile_that_is_complete_when_it_is_left(lab: Lab) -> None:
    with lab.profile("block") as profile:
        assert isinstance(profile, Profile)
        assert not profile.is_complete
    assert profile.is_complete
    assert profile.name == "block"
    assert len(profile.functions) > 0


def test_an_exception_passes_the_block_unchanged_and_the_profile_is_kept(lab: Lab) -> None:
    error = ValueError("mine")
    with pytest.raises(ValueError, match="mine") as raised, lab.profile("fails") as profile:
        raise error
    assert raised.value is error
    assert [entry.name for entry in raised.traceback] == [
        "test_an_exception_passes_the_block_unchanged_and_the_profile_is_kept"
    ]
    assert profile.is_complete
    assert lab.profiles == (profile,)


@pytest.mark.parametrize("interval_ms", [0.01, -1, 5000])
def test_an_interval_out_of_range_is_refused(lab: Lab, interval_ms: float) -> None:
    with pytest.raises(tgl.InvalidRequestError, match="interval_ms"):
        lab.profile("p", interval_ms=interval_ms).__enter__()
    assert FakeSession.running == []


def test_a_profile_within_a_profile_is_refused_and_the_outer_one_goes_on(lab: Lab) -> None:
    with lab.profile("outer") as outer:
        with pytest.raises(tgl.ProfileActiveError), lab.profile("inner"):
            pass
        assert not outer.is_complete
    assert outer.is_complete


def test_a_generator_closed_inside_the_block_ends_the_profile(lab: Lab) -> None:
    def steps():
        with lab.profile("held"):
            yield 1
            yield 2

    generator = steps()
    next(generator)
    generator.close()
    assert [profile.name for profile in lab.profiles] == ["held"]
    assert FakeSession.running == []


def test_a_profile_that_stays_pending_as_in_a_forked_child_is_not_kept() -> None:
    class ForkedSession(FakeSession):
        def stop(self) -> Profile:
            super().stop()
            return Profile.pending(self.name)

    lab = Lab(new_session=ForkedSession)
    with lab.profile("child") as profile:
        pass
    assert not profile.is_complete
    assert lab.profiles == ()


def test_profiles_are_remembered_newest_last_and_the_oldest_are_dropped() -> None:
    lab = Lab(Settings(profiles_kept=2), new_session=FakeSession)
    for name in "abc":
        with lab.profile(name):
            pass
    assert [profile.name for profile in lab.profiles] == ["b", "c"]


def test_a_report_of_nothing_is_refused(lab: Lab, tmp_path) -> None:
    with pytest.raises(tgl.LabError, match="nothing to report yet"):
        lab.report(tmp_path / "empty.html")
    assert list(tmp_path.iterdir()) == []


def test_the_report_holds_every_profile(lab: Lab, tmp_path) -> None:
    for name in ("first one", "second one"):
        with lab.profile(name):
            pass
    path = lab.report(tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert path == str(tmp_path / "report.html")
    assert "first one" in text
    assert "second one" in text


def test_bottlenecks_come_as_records_and_their_profile_is_kept(lab: Lab) -> None:
    calls = []
    found = lab.identify_bottlenecks(lambda: calls.append(1), profile_duration_sec=1e-6, top_n=3)
    assert calls
    assert 0 < len(found) <= 3
    assert all(isinstance(each, tgl.Bottleneck) for each in found)
    assert [profile.name for profile in lab.profiles] == ["bottleneck analysis"]


async def test_bottlenecks_can_be_had_where_a_loop_runs(lab: Lab) -> None:
    asyncio.get_running_loop()
    assert lab.identify_bottlenecks(lambda: None, profile_duration_sec=1e-6)


def test_limits_of_the_settings_stand_where_nothing_is_said() -> None:
    lab = Lab(Settings(profile_duration_sec=1e-6, top_n=1), new_session=FakeSession)
    assert len(lab.identify_bottlenecks(lambda: None)) == 1


def test_the_public_functions_use_one_lab(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(module, "_default", Lab(new_session=FakeSession))
    with tgl.profile("public"):
        pass
    assert [profile.name for profile in module.default_lab().profiles] == ["public"]
    assert tgl.report(tmp_path / "page.html") == str(tmp_path / "page.html")


def test_the_default_lab_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_default", None)
    assert module.default_lab() is module.default_lab()
