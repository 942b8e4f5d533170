"""The bottleneck panel hands over the bottlenecks and what names them, nothing more."""

from tailgana_lab.widgets.bottleneck import BottleneckWidget
from tests.factories import make_profile


def test_it_hands_over_the_bottlenecks_in_their_order() -> None:
    profile = make_profile()
    payload = BottleneckWidget(profile).payload
    assert payload["kind"] == "bottleneck"
    assert payload["bottlenecks"]["location"] == profile.columns("bottlenecks")["location"]
    assert payload["facts"]["name"] == profile.name


def test_it_sends_no_call_tree() -> None:
    assert set(BottleneckWidget(make_profile()).payload) == {"v", "kind", "facts", "bottlenecks", "cell"}
