"""What the controls already hold when a rerun begins, for what is drawn before them or above them."""

from typing import Any

from pydantic import ValidationError

from playground.experiment import CLASSES, Experiment
from playground.ui import session
from playground.ui.data_source import obstacle_to_mnist
from playground.ui.session import Draft


def foreseen(draft: Draft) -> Experiment:
    """The experiment that the controls are about to give; the draft's where they hold what makes none.

    A panel's label stands above its controls, and a panel whose label is mended afterwards closes; a layer's shape
    stands beside the fields it follows from. Drawing both from here keeps them true within the one rerun of an edit.
    """
    values = draft.experiment.model_dump()
    layers = values["network"].pop("layers")
    put(draft, values, "")
    for layer_id, layer in zip(draft.layer_ids, layers, strict=True):
        put(draft, layer, f"network.layers.{layer_id}.")
    values["network"]["layers"] = layers
    put_digits(draft, values["data"])
    put_class_weights(draft, values["loss"])
    try:
        return Experiment.model_validate(values)
    except ValidationError:
        return draft.experiment


def put(draft: Draft, values: dict[str, Any], above: str) -> None:
    """Replace each value whose control holds another; the control's key is the dotted path of the field."""
    for name, value in values.items():
        path = f"{above}{name}"
        if isinstance(value, dict):
            put(draft, value, f"{path}.")
        else:
            values[name] = session.chosen(draft.key(path), value)


def put_digits(draft: Draft, data: dict[str, Any]) -> None:
    """The controls of `data_editor` that stand for more than one field, or for one that waits for files."""
    shares = session.chosen(draft.key("data.shares"))
    if shares is not None:
        first, second = shares
        data |= {"train_share": first, "validation_share": second - first, "test_share": 100 - second}
    train = session.chosen(draft.key("data.train_of_rest"))
    if train is not None:
        data |= {"train_share": train, "validation_share": 100 - data["test_share"] - train}
    used = session.chosen(draft.key("data.digits_used"))
    if used is not None:
        data["training_digits"] = used or None
    wanted = session.chosen(draft.key("data.wanted_source")) or data["source"]
    data["source"] = "sample" if wanted == "mnist" and obstacle_to_mnist() else wanted


def put_class_weights(draft: Draft, loss: dict[str, Any]) -> None:
    """The toggle of `objective_editor` and the ten controls that it opens."""
    present = loss["class_weights"]
    if not session.chosen(draft.key("loss.weigh_classes"), present is not None):
        loss["class_weights"] = None
        return
    path = "loss.class_weights"
    weights = enumerate(present or (1.0,) * CLASSES)
    loss["class_weights"] = tuple(session.chosen(draft.key(f"{path}.{digit}"), weight) for digit, weight in weights)
