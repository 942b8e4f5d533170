"""MIME bundles: their order, and what IPython may leave out."""

from tests.factories import make_profile

OWN = "application/vnd.tailgana.profile+json"


def test_the_richest_form_stands_first() -> None:
    assert list(make_profile()._repr_mimebundle_()) == [OWN, "text/html", "text/plain"]


def test_html_holds_no_script() -> None:
    assert "<script" not in make_profile()._repr_mimebundle_()["text/html"]


def test_forms_can_be_asked_for_and_left_out() -> None:
    profile = make_profile()
    assert list(profile._repr_mimebundle_(include=["text/plain"])) == ["text/plain"]
    assert list(profile._repr_mimebundle_(exclude=[OWN])) == ["text/html", "text/plain"]
