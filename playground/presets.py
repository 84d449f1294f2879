"""The templates: networks to begin with."""

from playground.experiment import (
    AvgPool2d,
    Conv2d,
    Dropout,
    Experiment,
    Flatten,
    Layer,
    Linear,
    MaxPool2d,
    Network,
    Optimizer,
    ReLU,
    Sigmoid,
    Tanh,
)


def experiment(*layers: Layer, optimizer: Optimizer | None = None) -> Experiment:
    """The default experiment with these layers."""
    return Experiment(network=Network(layers=layers), optimizer=optimizer or Optimizer())


TEMPLATES: dict[str, Experiment] = {
    "Softmax regression": experiment(Flatten()),
    "MLP": experiment(Flatten(), Linear(units=128), ReLU()),
    "CNN 16-32": experiment(
        *(Conv2d(channels=16), ReLU(), MaxPool2d()),
        *(Conv2d(channels=32), ReLU(), MaxPool2d()),
        Flatten(),
    ),
    "CNN 32-64": experiment(
        *(Conv2d(channels=32, padding=1), ReLU(), MaxPool2d()),
        *(Conv2d(channels=64, padding=1), ReLU(), MaxPool2d()),
        *(Flatten(), Linear(units=128), ReLU(), Dropout(p=0.5)),
    ),
    # LeCun, Bottou, Bengio and Haffner 1998, with its input of 32 x 32 as padding, and with a full second convolution,
    # plain averages for pooling and a linear head in place of the radial basis functions.
    "LeNet-5": experiment(
        *(Conv2d(channels=6, kernel=5, padding=2), Tanh(), AvgPool2d()),
        *(Conv2d(channels=16, kernel=5), Tanh(), AvgPool2d()),
        *(Flatten(), Linear(units=120), Tanh(), Linear(units=84), Tanh()),
    ),
    # SGD, because Adam divides each gradient by its own size and so hides that it has vanished.
    "Deep narrow MLP": experiment(
        Flatten(),
        *(layer for _ in range(10) for layer in (Linear(units=16), Sigmoid())),
        optimizer=Optimizer(kind="SGD", learning_rate=0.1),
    ),
}


def template_of(network: Network) -> str | None:
    """The name of the template with these layers, if there is one."""
    return next((name for name, template in TEMPLATES.items() if template.network == network), None)
