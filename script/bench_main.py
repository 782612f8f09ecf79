"""Measures what the project promises: how right the diagnosis is, how fast, and at what cost.

Every file script/bench_NAME.py that has `add_arguments(parser)` and `run(arguments)` is a bench;
the first line of its docstring is its description.
"""

import argparse
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
import sys
from types import ModuleType


def benches() -> dict[str, ModuleType]:
    """Find the benches beside this file."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        module = import_module(f"script.{path.stem}")
        if hasattr(module, "run"):
            found[path.stem.removeprefix("bench_").replace("_", "-")] = module
    return found


def main(words: Sequence[str]) -> int:
    """Run the bench that is named first."""
    parser = argparse.ArgumentParser(
        prog="script/bench", description=(__doc__ or "").split("\n")[0]
    )
    kinds = parser.add_subparsers(dest="bench", metavar="BENCH", required=True)
    modules = benches()
    for name, module in modules.items():
        about = (module.__doc__ or "").strip()
        kind = kinds.add_parser(
            name,
            help=about.split("\n", maxsplit=1)[0],
            description=about,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(kind)
    arguments = parser.parse_args(words)
    return int(modules[arguments.bench].run(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
