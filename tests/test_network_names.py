"""What layers are called, and where the one dropout rate acts."""

import pytest
from hypothesis import given

from playground.experiment import BatchNorm1d, Conv2d, Dropout, Flatten, Layer, Linear, MaxPool2d, Network, ReLU, Tanh
from playground.network.dropout import ACTIVATIONS, WEIGHTED, placed, with_dropout
from playground.network.names import built_names, layer_names
from tests.strategies import stacks

AUTO = Dropout()


def test_a_layer_is_called_by_its_kind_and_its_number_among_its_kind() -> None:
    layers: list[Layer] = [Conv2d(), ReLU(), Conv2d(), Flatten(), ReLU()]
    assert layer_names(layers) == ("Conv2d #1", "ReLU #1", "Conv2d #2", "Flatten #1", "ReLU #2", "Head")


def test_an_automatic_dropout_does_not_change_the_numbers_of_those_placed_by_hand() -> None:
    network = Network(layers=(Linear(), ReLU(), Linear(), ReLU(), Dropout()))
    assert built_names(network) == ("Linear #1", "ReLU #1", "Dropout (auto) #1", "Linear #2", "ReLU #2", "Dropout #1")


@pytest.mark.parametrize(
    ("layers", "built"),
    [
        ((Linear(), ReLU()), (Linear(), ReLU(), AUTO)),
        ((Linear(), ReLU(), Dropout(p=0.5)), (Linear(), ReLU(), Dropout(p=0.5))),
        ((ReLU(), BatchNorm1d(), Dropout(), Linear()), (ReLU(), BatchNorm1d(), Dropout(), Linear())),
        ((ReLU(), Linear(), Dropout()), (ReLU(), AUTO, Linear(), Dropout())),
        ((Conv2d(), ReLU(), MaxPool2d()), (Conv2d(), ReLU(), AUTO, MaxPool2d())),
        ((ReLU(), Tanh(), Linear()), (ReLU(), Tanh(), AUTO, Linear())),
        ((Flatten(), Linear()), (Flatten(), Linear())),
    ],
)
def test_a_dropout_follows_every_activation_unless_one_is_there_before_the_next_weights(
    layers: tuple[Layer, ...], built: tuple[Layer, ...]
) -> None:
    assert with_dropout(Network(layers=layers)) == built


@given(stacks)
def test_all_layers_placed_by_hand_stay_in_order_and_every_activation_is_covered(layers: tuple[Layer, ...]) -> None:
    network = Network(layers=layers)
    by_hand = [(index, layer) for index, layer in placed(network) if index is not None]
    assert by_hand == list(enumerate(layers))
    built = (*with_dropout(network), Linear(units=10))
    for i, layer in enumerate(built):
        if isinstance(layer, ACTIVATIONS):
            ahead = next(after for after in built[i + 1 :] if isinstance(after, (*WEIGHTED, Dropout)))
            assert isinstance(ahead, Dropout)
    assert len(built_names(network)) == len(built) - 1
