"""Train the starting points and draw their pictures: `python -m tests.draw_starts [NAME …]`."""

import sys
from dataclasses import asdict

import pandas as pd

from playground.figures.thumbnail import thumbnail
from playground.starts.points import PICTURES, STARTS, Start
from playground.training.events import Evaluated
from playground.training.trainer import train


def drawn(start: Start) -> str:
    """The picture of a run of it, trained here and now."""
    experiment = start.experiment.but(training=start.experiment.training.but(device="cpu"))
    evaluated = pd.DataFrame([asdict(event) for event in train(experiment) if isinstance(event, Evaluated)])
    return thumbnail(evaluated, start.title, start.digest)


def main(names: list[str]) -> None:
    for start in STARTS:
        if not names or start.name in names:
            (PICTURES / f"{start.name}.svg").write_text(drawn(start))
            print(start.name)


if __name__ == "__main__":
    main(sys.argv[1:])
