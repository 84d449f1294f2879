"""From a request to bytes, or to the reason why there are none."""

from typing import Any, cast

import pytest

from playground.errors import SpecError
from playground.training.trainer import Trainer
from playground.views import requests
from playground.views.make import VIEWS, make, make_or_explain
from playground.views.moment import Moment
from playground.views.pack import View, unpacked
from tests.small_runs import CNN, small


@pytest.fixture(scope="module")
def moment() -> Moment:
    trainer = Trainer(small(*CNN))
    trainer.advance()
    return Moment(trainer.experiment, trainer.net, trainer.dataset, trainer.step)


def test_every_request_has_its_view() -> None:
    assert set(VIEWS) == set(requests.Request.__subclasses__())


def test_a_view_says_what_it_is_and_of_which_step(moment: Moment) -> None:
    header, _ = unpacked(make(moment, requests.Gradients(view="gradients")))
    assert (header["view"], header["step"]) == ("gradients", 1)


def test_what_a_user_can_mend_is_said_in_place_of_the_view(moment: Moment) -> None:
    request = requests.Weights(view="weights", layer="Linear #9")
    with pytest.raises(SpecError) as refused:
        make(moment, request)
    assert unpacked(make_or_explain(moment, request))[0] == {"problem": refused.value.message, "step": 1}


def test_a_view_that_breaks_is_told_without_a_traceback_and_takes_no_other_view_down(
    moment: Moment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: object) -> View:
        raise ZeroDivisionError("oh")

    monkeypatch.setitem(cast("dict[Any, Any]", VIEWS), requests.Gradients, breaks)
    header, _ = unpacked(make_or_explain(moment, requests.Gradients(view="gradients")))
    assert "ours to mend" in header["problem"]
    assert "ZeroDivisionError" not in header["problem"]
    assert "ZeroDivisionError: oh" in capsys.readouterr().err
