"""What the user chose: one frozen `Experiment` holds all that is needed to repeat a run."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from playground.errors import SpecError

CLASSES = 10
IMAGE_SHAPE = (1, 28, 28)

Source = Literal["sample", "mnist"]
Scaling = Literal["none", "zero-one", "minus-one-one", "standardized"]
Flip = Literal["none", "horizontal", "vertical"]
LossKind = Literal["cross-entropy", "binary cross-entropy", "focal", "MSE", "MAE", "Huber"]
OptimizerKind = Literal["SGD", "Momentum", "Nesterov", "Adam", "AdamW", "AMSGrad", "RMSprop", "Adagrad"]
ScheduleKind = Literal["constant", "step", "cosine", "warm-up"]
InitializationKind = Literal[
    "default",
    "zeros",
    "constant",
    "normal",
    "uniform",
    "Xavier normal",
    "Xavier uniform",
    "He normal",
    "He uniform",
    "orthogonal",
]
Device = Literal["auto", "cpu", "cuda", "mps"]


class Spec(BaseModel):
    """Frozen, strict about names, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def but(self, **changes: Any) -> Self:
        """A validated copy with some fields changed; raises `SpecError` where a value is out of bounds."""
        try:
            return type(self).model_validate(
                {**{name: getattr(self, name) for name in type(self).model_fields}, **changes}
            )
        except ValidationError as error:
            raise first_error(error) from error


# --- digits ---------------------------------------------------------------------------------------------------------


class Augmentation(Spec):
    """Random changes to training digits, drawn anew for each batch; zero or "none" leaves one out."""

    rotation: float = Field(0.0, ge=0, le=180)  # degrees, either way
    shift: int = Field(0, ge=0, le=14)  # pixels, either way
    scale: float = Field(0.0, ge=0, le=0.9)  # factor drawn from 1 - scale to 1 + scale
    flip: Flip = "none"  # with probability 1/2
    crop: int = Field(0, ge=0, le=14)  # pixels of zero padding before a random crop back to 28 x 28
    noise: float = Field(0.0, ge=0, le=1)  # standard deviation, on the pixels' scale from 0 to 1

    @property
    def is_on(self) -> bool:
        return self != Augmentation()


class Data(Spec):
    """Which digits, how they are split, and what is done to them."""

    source: Source = "sample"
    train_share: int = Field(70, ge=1, le=98)  # percent
    validation_share: int = Field(15, ge=1, le=98)
    test_share: int = Field(15, ge=1, le=98)
    folds: int | None = Field(None, ge=2, le=10)  # cut train and validation together into so many; None: by the shares
    fold: int = Field(1, ge=1, le=10)  # which of them is the validation split, from 1
    training_digits: int | None = Field(None, ge=10)  # None: all of the training split
    label_noise: float = Field(0.0, ge=0, le=0.5)  # share of training labels replaced by another class
    scaling: Scaling = "standardized"
    augmentation: Augmentation = Augmentation()

    @model_validator(mode="after")
    def shares_make_a_whole(self) -> Self:
        total = self.train_share + self.validation_share + self.test_share
        if total != 100:
            raise ValueError(f"train, validation and test shares add up to {total} %: make it 100")
        return self

    @model_validator(mode="after")
    def fold_is_one_of_them(self) -> Self:
        if self.folds is not None and self.fold > self.folds:
            raise ValueError(f"there is no fold {self.fold} of {self.folds}: choose 1 to {self.folds}")
        return self


# --- network --------------------------------------------------------------------------------------------------------


class Linear(Spec):
    kind: Literal["Linear"] = "Linear"
    units: int = Field(128, ge=1, le=4096)


class Conv2d(Spec):
    kind: Literal["Conv2d"] = "Conv2d"
    channels: int = Field(16, ge=1, le=512)
    kernel: int = Field(3, ge=1, le=28)
    stride: int = Field(1, ge=1, le=28)
    padding: int = Field(0, ge=0, le=14)


class LocallyConnected2d(Spec):
    kind: Literal["LocallyConnected2d"] = "LocallyConnected2d"
    channels: int = Field(16, ge=1, le=512)
    kernel: int = Field(3, ge=1, le=28)
    stride: int = Field(1, ge=1, le=28)
    padding: int = Field(0, ge=0, le=14)


class MaxPool2d(Spec):
    kind: Literal["MaxPool2d"] = "MaxPool2d"
    kernel: int = Field(2, ge=1, le=28)
    stride: int = Field(2, ge=1, le=28)


class AvgPool2d(Spec):
    kind: Literal["AvgPool2d"] = "AvgPool2d"
    kernel: int = Field(2, ge=1, le=28)
    stride: int = Field(2, ge=1, le=28)


class PermutePixels(Spec):
    kind: Literal["PermutePixels"] = "PermutePixels"


class Flatten(Spec):
    kind: Literal["Flatten"] = "Flatten"


class Dropout(Spec):
    kind: Literal["Dropout"] = "Dropout"
    p: float | None = Field(None, ge=0, le=0.95)  # None: the network's one rate


class BatchNorm1d(Spec):
    kind: Literal["BatchNorm1d"] = "BatchNorm1d"


class BatchNorm2d(Spec):
    kind: Literal["BatchNorm2d"] = "BatchNorm2d"


class ReLU(Spec):
    kind: Literal["ReLU"] = "ReLU"


class LeakyReLU(Spec):
    kind: Literal["LeakyReLU"] = "LeakyReLU"
    negative_slope: float = Field(0.01, ge=0, le=1)


class GELU(Spec):
    kind: Literal["GELU"] = "GELU"


class SiLU(Spec):
    kind: Literal["SiLU"] = "SiLU"


class Tanh(Spec):
    kind: Literal["Tanh"] = "Tanh"


class Sigmoid(Spec):
    kind: Literal["Sigmoid"] = "Sigmoid"


AnyLayer = (
    Linear
    | Conv2d
    | LocallyConnected2d
    | MaxPool2d
    | AvgPool2d
    | PermutePixels
    | Flatten
    | Dropout
    | BatchNorm1d
    | BatchNorm2d
    | ReLU
    | LeakyReLU
    | GELU
    | SiLU
    | Tanh
    | Sigmoid
)
Layer = Annotated[AnyLayer, Field(discriminator="kind")]


class Initialization(Spec):
    """How weights start; `std` serves normal, `bound` uniform, `value` and `noise` constant."""

    kind: InitializationKind = "default"
    std: float = Field(0.01, ge=0, le=10)
    bound: float = Field(0.05, ge=0, le=10)
    value: float = Field(0.05, ge=-10, le=10)
    noise: float = Field(0.0, ge=0, le=10)  # standard deviation of what is added to the constant
    bias: float = Field(0.0, ge=-10, le=10)  # PyTorch's default draws its own biases


class Network(Spec):
    """The hidden layers; the classifier head, Linear to 10, follows from the task."""

    layers: tuple[Layer, ...] = Field((), max_length=100)
    dropout: float = Field(0.0, ge=0, le=0.95)  # every Dropout without a p of its own, and after hidden activations
    initialization: Initialization = Initialization()


# --- objective and training -----------------------------------------------------------------------------------------


class Loss(Spec):
    kind: LossKind = "cross-entropy"
    label_smoothing: float = Field(0.0, ge=0, le=0.9)  # cross-entropy
    gamma: float = Field(2.0, ge=0, le=10)  # focal
    delta: float = Field(1.0, gt=0, le=10)  # Huber
    class_weights: tuple[Annotated[float, Field(ge=0, le=100)], ...] | None = Field(None, min_length=10, max_length=10)

    @model_validator(mode="after")
    def some_class_counts(self) -> Self:
        if self.class_weights is not None and sum(self.class_weights) == 0:
            raise ValueError("all class weights are 0: give at least one class a weight above 0")
        return self


class Optimizer(Spec):
    kind: OptimizerKind = "Adam"
    learning_rate: float = Field(1e-3, ge=1e-6, le=10)
    momentum: float = Field(0.9, ge=0, lt=1)  # Momentum, Nesterov
    beta1: float = Field(0.9, ge=0, lt=1)  # Adam, AdamW, AMSGrad
    beta2: float = Field(0.999, ge=0, lt=1)
    alpha: float = Field(0.99, ge=0, lt=1)  # RMSprop: how much of the running mean of squares is kept
    epsilon: float = Field(1e-8, gt=0, le=0.1)  # Adam, AdamW, AMSGrad, RMSprop, Adagrad


def check_momentum(optimizer: Optimizer) -> None:
    """Raise `SpecError("optimizer.momentum", …)` for Nesterov without momentum, which PyTorch refuses.

    No validator of `Optimizer`: the editors choose the kind and the momentum one after the other.
    """
    if optimizer.kind == "Nesterov" and optimizer.momentum == 0:
        raise SpecError(
            "optimizer.momentum", "Nesterov looks ahead along its momentum, here 0: raise it, or choose SGD"
        )


class Schedule(Spec):
    """The learning rate over the run, as a factor on the one that is set."""

    kind: ScheduleKind = "constant"
    step_epochs: int = Field(5, ge=1, le=1000)  # step: multiply by gamma every so many epochs
    gamma: float = Field(0.5, gt=0, le=1)
    warmup_steps: int = Field(100, ge=1, le=100_000)  # warm-up: rise in a line from 0, then constant


class Regularization(Spec):
    weight_decay: float = Field(0.0, ge=0, le=10)  # L2; decoupled with AdamW
    decay_all: bool = False  # also biases and normalization
    l1: float = Field(0.0, ge=0, le=1)
    clip_norm: float | None = Field(None, gt=0, le=1000)  # largest norm of the whole gradient


class Training(Spec):
    batch_size: int = Field(64, ge=1, le=10_000)
    unit: Literal["epochs", "steps"] = "epochs"
    epochs: int = Field(10, ge=1, le=10_000)
    steps: int = Field(500, ge=1, le=10_000_000)
    patience: int | None = Field(None, ge=1, le=1000)  # evaluations without a lower validation loss; None: never stop
    seed: int = Field(0, ge=0, le=2**31 - 1)
    device: Device = "auto"


class Experiment(Spec):
    """All that is needed to repeat a run; its JSON is the link, the preset, the saved run and the cache key."""

    version: Literal[1] = 1
    data: Data = Data()
    network: Network = Network()
    loss: Loss = Loss()
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    regularization: Regularization = Regularization()
    training: Training = Training()


LIVE_FIELDS = ("optimizer.learning_rate", "regularization.weight_decay", "network.dropout", "training.batch_size")
"""What can change while a run lasts, between two steps."""


def read(text: str | bytes) -> Experiment:
    """An experiment from its JSON; raises `SpecError` with the first field that is wrong.

    >>> read(Experiment().model_dump_json()) == Experiment()
    True
    """
    try:
        return Experiment.model_validate_json(text)
    except ValidationError as error:
        raise first_error(error) from error


def first_error(error: ValidationError) -> SpecError:
    """The first of pydantic's findings, as the error a page shows beside the control."""
    finding = error.errors()[0]
    field = ".".join(map(str, finding["loc"]))
    message = finding["msg"].removeprefix("Value error, ")
    value = finding["input"]
    shown = f" (it is {value!r})" if isinstance(value, int | float | str) else ""
    return SpecError(field, f"{message}{shown}"[:300])
