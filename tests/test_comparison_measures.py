"""Final measures: what they are of, and their intervals against SciPy's."""

import pytest
from scipy import stats

from playground.comparison.measures import measures
from playground.experiment import Data, Experiment
from playground.runs.finals import OnTest
from tests.compared_runs import line, member


def test_one_runs_accuracy_has_wilsons_interval_over_its_judged_digits() -> None:
    found = measures(line(member(accuracies=[0.1, 0.875]))).validation_accuracy
    assert found is not None
    expected = stats.binomtest(224, 256).proportion_ci(method="wilson")
    assert (found.mean, found.low, found.high) == pytest.approx((0.875, expected.low, expected.high))
    assert found.source == "Wilson, 256 digits"


def test_a_small_validation_split_has_fewer_judged_digits() -> None:
    few = Experiment(data=Data(train_share=97, validation_share=1, test_share=2))
    found = measures(line(member(few, accuracies=[0.0, 0.5]))).validation_accuracy
    assert found is not None
    assert found.source == "Wilson, 50 digits"


@pytest.mark.usefixtures("no_mnist")
def test_a_run_on_full_mnist_is_judged_where_full_mnist_is_absent() -> None:
    found = measures(line(member(Experiment(data=Data(source="mnist"))))).validation_accuracy
    assert found is not None
    assert found.source == "Wilson, 256 digits"


def test_over_seeds_the_interval_is_students() -> None:
    shares = [0.75, 0.875, 0.9375]
    runs = (member(seed=seed, accuracies=[0.0, share]) for seed, share in enumerate(shares))
    found = measures(line(*runs)).validation_accuracy
    assert found is not None
    low, high = stats.t.interval(0.95, 2, loc=sum(shares) / 3, scale=stats.sem(shares))
    assert high > 1.0  # of a share there is no more
    assert (found.mean, found.low, found.high) == pytest.approx((sum(shares) / 3, low, 1.0), rel=1e-3)
    assert found.source == "Student, 3 seeds"


def test_where_some_seeds_have_finished_they_alone_are_judged_and_states_are_counted() -> None:
    found = measures(
        line(
            member(seed=0, losses=[2.0, 0.5], accuracies=[0.0, 0.75]),
            member(seed=1, losses=[2.0, 1.9], accuracies=[0.0, 0.25], state="running"),
        )
    )
    assert found.state == "1 finished, 1 running"
    assert found.validation_accuracy is not None
    assert found.validation_loss is not None
    assert (found.validation_accuracy.mean, found.validation_loss.mean) == (0.75, 0.5)


def test_the_lowest_validation_loss_passes_over_what_is_not_a_number() -> None:
    found = measures(line(member(losses=[2.0, 0.7, 0.9, float("nan")], state="diverged")))
    assert found.validation_loss is not None
    assert (found.validation_loss.mean, found.validation_loss.source, found.state) == (0.7, "", "diverged")


def test_digits_a_second_are_all_digits_seen_by_all_seconds_of_training() -> None:
    found = measures(line(member(losses=[1.0] * 11, seconds=4.0), member(seed=1, losses=[1.0] * 6, seconds=2.0)))
    assert found.digits_per_second == pytest.approx((10 + 5) * 8 / 6.0)  # the runs have 8 digits a batch
    assert (found.seconds, found.steps) == (3.0, (5, 10))


def test_what_was_not_measured_is_none() -> None:
    found = measures(line(member(losses=[], seconds=0.0, state="queued")))
    assert (found.validation_accuracy, found.validation_loss, found.test_accuracy) == (None, None, None)
    assert found.digits_per_second is None


def test_test_accuracy_is_that_of_the_runs_that_were_measured() -> None:
    found = measures(line(member(test=OnTest(1, 700 / 750, 750)), member(seed=1)))
    assert found.test_accuracy is not None
    assert (found.test_accuracy.mean, found.test_accuracy.source) == (700 / 750, "Wilson, 750 digits")
