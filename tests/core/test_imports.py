"""Imports run one way: Home Assistant glue -> ble -> core -> standard library."""

import ast
from collections.abc import Iterator
from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).parents[2] / "custom_components" / "lifepo4_bank"
BLE = {"aiobmsble", "bleak", "bleak_retry_connector"}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Level and module of every import."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield 0, name.name
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or ""


def place(path: Path, level: int, module: str) -> str:
    """Full name, within the integration, of what a relative import means."""
    parts = path.relative_to(ROOT).parent.parts
    base = parts[: len(parts) - (level - 1)] if level > 1 else parts
    return ".".join((*base, *module.split("."))).strip(".")


@pytest.mark.parametrize("path", sorted((ROOT / "core").rglob("*.py")), ids=lambda path: path.stem)
def test_core_imports_only_itself_and_the_standard_library(path: Path) -> None:
    for level, module in imports(path):
        if level:
            assert place(path, level, module).split(".")[0] == "core", (path, module)
        else:
            assert module.split(".")[0] in sys.stdlib_module_names, (path, module)


@pytest.mark.parametrize("path", sorted((ROOT / "ble").rglob("*.py")), ids=lambda path: path.stem)
def test_ble_knows_no_home_assistant(path: Path) -> None:
    for level, module in imports(path):
        if level:
            assert place(path, level, module).split(".")[0] in ("core", "ble"), (path, module)
        else:
            top = module.split(".")[0]
            assert top in BLE or top in sys.stdlib_module_names, (path, module)


@pytest.mark.parametrize("path", sorted((ROOT / "core").rglob("*.py")), ids=lambda path: path.stem)
def test_core_has_no_clock_and_no_files(path: Path) -> None:
    modules = {module.split(".")[0] for level, module in imports(path) if not level}
    assert modules.isdisjoint({"time", "asyncio", "os", "pathlib", "socket", "threading"})


def test_core_runs_without_home_assistant() -> None:
    code = (
        "import core.diagnosis.engine, core.recording, sys; print('homeassistant' in sys.modules)"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
