"""A run's curves as CSV files, and a file that says what each column is."""

import io
import zipfile

import pandas as pd

from playground.runs.journal import Curves
from playground.runs.store import Run

# File → column → what it is.
COLUMNS = {
    "steps.csv": {
        "step": "optimizer step, 1 for the first",
        "epoch": "digits seen / training digits, after the step",
        "batch_loss": "loss of the step's batch, in train mode (dropout on), before the step, without penalty",
        "penalty": "weight_decay/2 · ‖w‖² (not with AdamW) + l1 · ‖w‖₁, before the step",
        "batch_accuracy": "share of the batch classified correctly, in train mode, before the step",
        "learning_rate": "of the step, schedule included",
        "batch_size": "digits in the batch",
    },
    "evaluations.csv": {
        "step": "optimizer steps made before the evaluation",
        "train_loss": "eval mode, without penalty, on the first digits of the train split, 256 at most",
        "train_accuracy": "share of these digits classified correctly",
        "validation_loss": "eval mode, without penalty, on the first digits of the validation split, 256 at most",
        "validation_accuracy": "share of these digits classified correctly",
    },
    "layers.csv": {
        "step": "optimizer step that was measured",
        "layer": "weighted layer, in the network's order",
        "gradient_rms": "RMS per weight of the batch loss's gradient, before clipping, without penalty",
        "update_ratio": "RMS(Δw) / RMS(w), w before the step; inf where all-zero weights moved",
    },
    "changes.csv": {
        "step": "the next step is the first with the new value",
        "field": "setting that was changed while the run lasted",
        "old": "its value before",
        "new": "its value from then on",
    },
}
OF_TRAINING_LABELS = ("batch_loss", "batch_accuracy", "train_loss", "train_accuracy")
BY_NOISY_LABELS = ", by its noisy labels"


def curves_csv(run: Run, curves: Curves) -> bytes:
    """A zip: a file a table of the journal, and columns.csv. Every number reads back bit for bit, as 64-bit float."""
    tables = {
        "steps.csv": curves.table("stepped").rename(columns={"loss": "batch_loss", "accuracy": "batch_accuracy"}),
        "evaluations.csv": curves.table("evaluated"),
        "layers.csv": layers(run, curves),
        "changes.csv": curves.table("changed"),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in tables.items():
            archive.writestr(name, as_text(table[[*COLUMNS[name]]]))
        archive.writestr("columns.csv", as_text(described(run)))
    return file.getvalue()


def layers(run: Run, curves: Curves) -> pd.DataFrame:
    """A row a layer and measured step."""
    table = curves.layers
    rows = [
        (step, *values)
        for step, gradient, update in zip(table["step"], table["gradient"], table["update"], strict=True)
        for values in zip(run.layers, gradient, update, strict=True)
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS["layers.csv"]])


def described(run: Run) -> pd.DataFrame:
    noisy = OF_TRAINING_LABELS if run.experiment.data.label_noise else ()
    rows = [
        (file, name, text + BY_NOISY_LABELS if name in noisy else text)
        for file, columns in COLUMNS.items()
        for name, text in columns.items()
    ]
    return pd.DataFrame(rows, columns=["file", "column", "what it is"])


def as_text(table: pd.DataFrame) -> str:
    """Shortest text of each number that reads back as the same; what isn't a number is written out."""
    return table.to_csv(index=False, na_rep="nan")
