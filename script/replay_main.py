"""Run the diagnosis over a recorded log, without Home Assistant.

FILE is a CSV with the columns time (seconds or ISO 8601), battery, voltage, current (+ charges)
and soc (%), and optionally temperature, capacity (Ah), discharge_enabled, charge_enabled (0/1),
problem_code and cells (V, separated by ";"), one row per reading. Columns may be separated by ";" or
tabs instead, numbers then have a decimal comma or point. Or FILE is a diagnostics download of a
bank, which goes on from what the bank had learned before its first reading (not with --layout). Bad
rows are named on stderr and skipped.
"""

import argparse
from collections.abc import Sequence
import json
from pathlib import Path
import sys
from types import ModuleType

ROOT = Path(__file__).parent.parent / "custom_components" / "lifepo4_bank"

if "custom_components.lifepo4_bank" not in sys.modules:
    # The package itself imports Home Assistant; its core does not need it.
    _package = ModuleType("custom_components.lifepo4_bank")
    _package.__path__ = [str(ROOT)]
    sys.modules["custom_components.lifepo4_bank"] = _package

from custom_components.lifepo4_bank.core.layout import Arrangement, LayoutError  # noqa: E402
from custom_components.lifepo4_bank.core.recording import NotALogError, read_log  # noqa: E402
from custom_components.lifepo4_bank.core.replay import as_json, as_text, replay  # noqa: E402


def main(words: Sequence[str]) -> int:
    """Read, judge, print."""
    parser = argparse.ArgumentParser(
        prog="script/replay",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument(
        "--layout", metavar="1S2P", help="how the batteries, by name, are joined (all in parallel)"
    )
    parser.add_argument(
        "--arrangement",
        type=Arrangement,
        choices=[Arrangement.PARALLEL_GROUPS, Arrangement.SERIES_STRINGS],
        metavar="series_strings",
        help="a layout such as 2S3P means series strings joined in parallel, not parallel groups"
        " joined in series",
    )
    parser.add_argument("--json", action="store_true", help="print all that is known as JSON")
    arguments = parser.parse_args(words)
    try:
        text = arguments.file.read_text(encoding="utf-8")
        log = read_log(text, arguments.layout, _complain, arguments.arrangement)
    except OSError as error:
        return _refuse(arguments.file, error.strerror or str(error))
    except UnicodeDecodeError:
        return _refuse(arguments.file, "not a text file in UTF-8")
    except NotALogError as error:
        return _refuse(arguments.file, str(error))
    except LayoutError as error:
        return _refuse(arguments.layout or arguments.file, error.key.replace("_", " "))
    result = replay(log, _progress if sys.stderr.isatty() else lambda _: None)
    sentences = json.loads((ROOT / "translations" / "en.json").read_text("utf-8"))["common"]
    if arguments.json:
        json.dump(as_json(result, sentences), sys.stdout, indent=2)
        print()
    else:
        print(as_text(result, sentences))
    return 0


def _refuse(what: object, why: str) -> int:
    print(f"{what}: {why}", file=sys.stderr)
    return 2


def _complain(line: int, what: str) -> None:
    print(f"line {line}: {what}", file=sys.stderr)


def _progress(count: int) -> None:
    print(f"\r{count} samples", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
