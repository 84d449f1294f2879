"""An experiment as a JSON file, out and in."""

from playground.errors import SpecError
from playground.experiment import Experiment, read

MOST_BYTES = 100_000  # a hundred layers take 10,000


def experiment_json(experiment: Experiment) -> str:
    """Pretty JSON, which `read_experiment` takes back."""
    return experiment.model_dump_json(indent=2) + "\n"


def read_experiment(content: bytes) -> Experiment:
    """The experiment in a file; raises `SpecError` with the first field that is wrong."""
    if len(content) > MOST_BYTES:
        size = f"{len(content) / 1000:,.0f} kB"
        raise SpecError("experiment", f"the file has {size}, an experiment at most 100 kB: choose another file")
    try:
        return read(content)
    except SpecError as error:
        if error.field:
            raise
        raise SpecError("experiment", f"there is no experiment in JSON in this file: {error.message}") from error
