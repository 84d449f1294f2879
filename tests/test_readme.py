"""The README says what is true."""

import re
from pathlib import Path

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text()
VARIABLE = re.compile(r"\b(PLAYGROUND_[A-Z_]+|MNIST_ROOT)\b")


def test_every_setting_of_a_host_is_in_the_readme_and_no_other() -> None:
    code = "".join(path.read_text() for path in (PROJECT / "playground").rglob("*.py"))
    assert set(VARIABLE.findall(README)) == set(VARIABLE.findall(code))


def test_every_path_that_the_readme_names_is_there() -> None:
    tree = README.split("```")[-2]
    names = re.findall(r"^( *)([\w./]+)  ", tree, re.MULTILINE)
    assert len(names) > 10
    for indent, name in names:
        assert (PROJECT / ("playground" if indent else "") / name).exists(), name
    for picture in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (PROJECT / picture).exists()


def test_ci_runs_the_command_that_the_readme_gives() -> None:
    assert len([line for line in README.splitlines() if "python -m pytest" in line]) == 1
    assert "grep -m 1 'python -m pytest' README.md" in (PROJECT / ".ci" / "run").read_text()
