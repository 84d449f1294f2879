"""The same steps as a Jupyter notebook: the reasons as text, the code in cells."""

from collections.abc import Sequence

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from playground.experiment import Experiment
from playground.exports.cells import Cell
from playground.exports.plan import plan
from playground.exports.script import cells, imports, introduction, packages
from playground.training.events import Changed

NO_ARGUMENTS = "[]"  # a notebook has no command line; `["--steps", "50"]` may be written in its place


def notebook(experiment: Experiment, name: str, changes: Sequence[Changed] = ()) -> str:
    """The text of an .ipynb file with the code of `script`; raises `SpecError` as it does."""
    chosen = plan(experiment, name, changes)
    title, rest = introduction(chosen).split("\n\n", 1)
    steps = cells(chosen, NO_ARGUMENTS)
    first = Cell("Packages", f"`pip install {packages(chosen)}`", imports(steps))
    result = new_notebook(
        cells=[
            new_markdown_cell(f"# {title}\n\n{rest}", id="title"),
            *(part for number, cell in enumerate((first, *steps)) for part in pair(cell, number)),
        ],
        metadata={"language_info": {"name": "python"}, "kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.validate(result)
    return nbformat.writes(result) + "\n"


def pair(cell: Cell, number: int) -> tuple[nbformat.NotebookNode, nbformat.NotebookNode]:
    """Text and code, with ids that follow from their place: the same run gives the same file."""
    return (
        new_markdown_cell(f"## {cell.title}\n\n{cell.why}", id=f"text-{number}"),
        new_code_cell(cell.code, id=f"code-{number}"),
    )
