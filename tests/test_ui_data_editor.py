"""The panel Digits, through its controls: shares, folders and downloads, and the look at the digits."""

from pathlib import Path

import numpy as np
import pytest

from playground.data import download
from playground.data.download import Progress
from playground.data.folders import data_folder
from playground.experiment import Data
from playground.presets import TEMPLATES
from playground.runs.store import Store
from playground.ui.data_look import GAP, tiled
from tests.idx_files import write_mnist
from tests.ui_page import control, experiment, opened, panel, press, run

MLP = TEMPLATES["MLP"]


@pytest.fixture(autouse=True)
def only_the_sample(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_ROOT", raising=False)
    monkeypatch.setattr(download, "_download", None)


def test_the_shares_always_make_a_whole() -> None:
    app = opened(MLP)
    control(app, "data.shares").set_value((20, 90))
    run(app)
    data = experiment(app).data
    assert (data.train_share, data.validation_share, data.test_share) == (20, 70, 10)
    assert any(caption.value == "1,000 train · 3,500 validation · 500 test" for caption in app.caption)


def test_no_validation_digits_is_refused_beside_the_shares() -> None:
    app = opened(MLP)
    control(app, "data.shares").set_value((80, 80))
    run(app)
    assert "0 % is left for validation" in app.get_by_key("error.data.validation_share").error[0].value
    assert experiment(app) == MLP


def test_all_training_digits_stay_all_when_the_split_changes() -> None:
    app = opened(MLP)
    assert control(app, "data.digits_used").options[-1] == "all 3,500"
    control(app, "data.shares").set_value((50, 75))
    run(app)
    assert experiment(app).data.training_digits is None
    assert control(app, "data.digits_used").options[-1] == "all 2,500"


def test_more_training_digits_than_the_split_has_are_said_and_kept() -> None:
    app = opened(MLP)
    control(app, "data.digits_used").set_value(3000)
    run(app)
    control(app, "data.shares").set_value((50, 75))
    run(app)
    assert (
        "3,000 training digits are more than the 2,500" in app.get_by_key("error.data.training_digits").error[0].value
    )
    assert experiment(app).data.training_digits == 3000


def test_a_doubtful_augmentation_is_warned_of() -> None:
    app = opened(MLP)
    control(app, "data.augmentation.flip").set_value("horizontal")
    run(app)
    assert any(warning.value.startswith("Horizontal flip") for warning in app.warning)


def test_full_mnist_without_its_files_keeps_the_sample_and_offers_two_ways() -> None:
    app = opened(MLP)
    control(app, "data.wanted_source").set_value("mnist")
    run(app)
    assert experiment(app) == MLP
    assert panel(app, "Digits") == "Digits · 3,500 train · standardized"
    assert not app.button(key="mnist.download").disabled
    app.text_input(key="mnist.folder").set_value("/no/such/folder")
    run(app)
    assert "is not a folder" in app.get_by_key("error.mnist.folder").error[0].value
    assert experiment(app) == MLP


def test_a_folder_with_the_idx_files_makes_full_mnist_the_source(tmp_path: Path) -> None:
    folder = write_mnist(tmp_path / "elsewhere")
    app = opened(MLP)
    control(app, "data.wanted_source").set_value("mnist")
    run(app)
    app.text_input(key="mnist.folder").set_value(str(folder))
    run(app)
    assert experiment(app).data == Data(source="mnist")
    assert any(
        caption.value == "82 train · 18 validation · 20 test, MNIST's own: its share can't be chosen"
        for caption in app.caption
    )
    control(app, "data.train_of_rest").set_value(68)
    run(app)
    data = experiment(app).data
    assert (data.train_share, data.validation_share, data.test_share) == (68, 17, 15)
    assert panel(app, "Digits").startswith("Digits · 80 train")


def test_damaged_files_are_named_and_the_sample_goes_on_working() -> None:
    folder = write_mnist(data_folder() / "MNIST" / "raw")
    app = opened(MLP)
    control(app, "data.wanted_source").set_value("mnist")
    run(app)
    assert experiment(app).data.source == "mnist"
    damaged = folder / "train-images-idx3-ubyte"
    damaged.write_bytes(damaged.read_bytes()[:1000])
    run(app)
    assert "train-images-idx3-ubyte" in app.get_by_key("error.data.source").error[0].value
    assert experiment(app) == MLP


def test_a_set_up_with_full_mnist_opens_where_there_is_none() -> None:
    app = opened(MLP.but(data=Data(source="mnist")))
    assert experiment(app) == MLP
    assert not app.button(key="mnist.download").disabled


class FakeDownload:
    """Stands in for a transfer: says what it is told to."""

    def __init__(self, progress: Progress) -> None:
        self.told = progress

    def progress(self) -> Progress:
        return self.told


def test_a_download_shows_how_far_it_is_and_when_it_failed_why(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(MLP)
    control(app, "data.wanted_source").set_value("mnist")
    running = FakeDownload(Progress(5_000_000, 10_000_000, "running"))
    monkeypatch.setattr(download, "_download", running)
    run(app)
    (bar,) = app.progress
    assert bar.value == 50
    assert bar.text == "Downloading MNIST: 5.0 of 10.0 MB"
    running.told = Progress(5_000_000, 10_000_000, "failed", "full MNIST could not be downloaded: no network.")
    run(app)
    assert not app.progress
    assert "no network" in app.get_by_key("error.mnist.download").error[0].value
    assert not app.button(key="mnist.download").disabled
    assert experiment(app) == MLP


def test_a_download_that_ended_well_makes_full_mnist_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(MLP)
    control(app, "data.wanted_source").set_value("mnist")
    run(app)
    write_mnist(data_folder() / "MNIST" / "raw")
    run(app)
    assert experiment(app).data.source == "mnist"


def test_the_look_at_the_digits_shows_samples_means_and_counts() -> None:
    app = press(opened(MLP), "Look at the digits")
    assert [heading.value for heading in app.subheader] == ["Training digits", "Mean digit", "Counts"]
    assert any(caption.value == "Some of each class, of 3,500" for caption in app.caption)
    assert len(app.get("image")) == 2
    assert len(app.get("plotly_chart")) == 1


def test_the_look_at_augmented_digits_says_when_no_worker_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.runs.control.wait", lambda *_: False)
    augmented = MLP.but(data=Data.model_validate({"augmentation": {"rotation": 10}}))
    app = press(opened(augmented), "Look at the digits")
    assert app.subheader[0].value == "Augmentation"
    assert any("No worker answered" in warning.value for warning in app.warning)


def test_tiles_stand_in_rows_with_a_gap() -> None:
    digits = np.arange(1, 4, dtype=np.uint8)[:, None, None] * np.ones((1, 28, 28), np.uint8)
    image = tiled([digits[:2], digits[2:]], 2)
    pitch = 2 * (28 + GAP)
    assert image.shape == (2 * pitch - 2 * GAP, 2 * pitch - 2 * GAP)
    assert [image[0, 0], image[0, pitch], image[pitch, 0], image[pitch, pitch]] == [1, 2, 3, 0]
    assert image[0, pitch - 1] == 0
