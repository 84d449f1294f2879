"""Starting points: whole experiments, each of which teaches one thing in less than a minute."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from playground.experiment import (
    AnyLayer,
    Augmentation,
    BatchNorm1d,
    Data,
    Experiment,
    Flatten,
    Initialization,
    Linear,
    LocallyConnected2d,
    MaxPool2d,
    Network,
    Optimizer,
    Regularization,
    ReLU,
    Sigmoid,
    Training,
)
from playground.presets import TEMPLATES

PICTURES = Path(__file__).with_name("pictures")


@dataclass(frozen=True)
class Start:
    """An experiment, with a sentence that says what to look for."""

    title: str
    sentence: str
    experiment: Experiment

    @property
    def name(self) -> str:
        """Fit for a file and for a widget's key."""
        return "".join(letter if letter.isalnum() else "-" for letter in self.title.lower())

    @property
    def digest(self) -> str:
        """What its picture remembers it by; a field that a later version adds doesn't change it."""
        return sha256(self.experiment.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:16]


@cache
def picture(name: str) -> str:
    """The SVG of a run of it, as `python -m tests.draw_starts` made it."""
    return (PICTURES / f"{name}.svg").read_text()


MLP = TEMPLATES["MLP"]
FEW = MLP.but(data=Data(training_digits=256), training=Training(epochs=150))
AUGMENTATION = Augmentation(rotation=10, shift=2, scale=0.1)


def deep(*layers: AnyLayer) -> Experiment:
    """Eight times these layers, with plain SGD, for Adam hides that a gradient has vanished."""
    network = Network(layers=(Flatten(), *(layer for _ in range(8) for layer in layers)))
    return Experiment(network=network, optimizer=Optimizer(kind="SGD", learning_rate=0.1))


STARTS = (
    Start(
        "Nothing hidden",
        "One weight for each pixel and class: look at the ten images that it learns.",
        TEMPLATES["Softmax regression"],
    ),
    Start(
        "Weights not shared",
        "Every place has a filter of its own: count the parameters, then put Conv2d in its place.",
        Experiment(
            network=Network(layers=(LocallyConnected2d(channels=8), ReLU(), MaxPool2d(), Flatten())),
            training=Training(epochs=5),
        ),
    ),
    Start(
        "256 digits by heart",
        "The training loss goes to zero, and the validation loss turns up again: it overfits.",
        FEW,
    ),
    Start(
        "Dropout against it",
        "The same 256 digits, with half of the hidden units left out at random at each step.",
        FEW.but(network=FEW.network.but(dropout=0.5)),
    ),
    Start(
        "Weight decay against it",
        "The same 256 digits, with a penalty on large weights: the validation loss hardly turns up.",
        FEW.but(regularization=Regularization(weight_decay=0.03)),
    ),
    Start(
        "Augmentation against it",
        "The same 256 digits, turned, shifted and scaled anew for each batch, so that none comes twice.",
        FEW.but(data=FEW.data.but(augmentation=AUGMENTATION)),
    ),
    Start(
        "Stop in time",
        "The same 256 digits, until the validation loss has not fallen for ten evaluations.",
        FEW.but(training=FEW.training.but(patience=10)),
    ),
    Start(
        "Wrong labels",
        "A third of the training labels are wrong: first it learns the rule, then the errors.",
        MLP.but(data=Data(training_digits=1000, label_noise=0.33), training=Training(epochs=40)),
    ),
    Start(
        "Plain SGD",
        "Small steps straight down the gradient: compare how far Adam is after the same epoch.",
        MLP.but(optimizer=Optimizer(kind="SGD", learning_rate=0.01)),
    ),
    Start(
        "Too high a learning rate",
        "Each step overshoots the valley, and the loss jumps about in place of falling.",
        MLP.but(optimizer=Optimizer(kind="SGD", learning_rate=1.5)),
    ),
    Start(
        "All weights alike",
        "Units that begin equal get equal gradients and stay equal: 128 of them do the work of one.",
        MLP.but(network=MLP.network.but(initialization=Initialization(kind="constant", value=0.01))),
    ),
    Start(
        "Batch normalization",
        "Eight sigmoid layers that don't learn at all without the BatchNorm before each: take it out and see.",
        deep(Linear(units=32), BatchNorm1d(), Sigmoid()),
    ),
)
