"""Write the Bluetooth matchers of all families into the manifest.

    python script/matchers.py          writes them
    python script/matchers.py --check  exits with 1 if they are not up to date

They wake Home Assistant's discovery; the config flow then asks `identify`, which is exact. Home
Assistant cannot tell an address's maker or the absence of service data, and wants three plain
characters at the start of a name; so some matchers here are wider than the library's.
"""

import argparse
from collections.abc import Iterator
from itertools import product
import json
from pathlib import Path
import re
import sys
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from custom_components.lifepo4_bank.ble.family import FAMILIES, load_families, matchers  # noqa: E402

MANIFEST = ROOT / "custom_components" / "lifepo4_bank" / "manifest.json"
PLAIN_CHARACTERS = 3


def manifest_matchers() -> list[dict[str, Any]]:
    """Return the matchers of all families as the manifest takes them, each once."""
    load_families()
    found = [
        matcher
        for family in FAMILIES.values()
        for original in matchers(family)
        for matcher in _translated(dict(original))
    ]
    return [matcher for at, matcher in enumerate(found) if matcher not in found[:at]]


def _translated(matcher: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Express one matcher of the library in Home Assistant's terms."""
    matcher.pop("oui", None)
    if not matcher.get("service_data_uuid"):
        matcher.pop("service_data_uuid", None)
    name = matcher.pop("local_name", None)
    if name is not None and _is_plain(name):
        yield {"local_name": name, **matcher}
    elif "service_uuid" in matcher or "manufacturer_id" in matcher:
        yield matcher
    else:
        yield from ({"local_name": plain, **matcher} for plain in _spelled_out(name))


def _is_plain(name: str) -> bool:
    """Whether Home Assistant can find the name by its first characters."""
    return not set("*?[") & set(name[:PLAIN_CHARACTERS])


def _spelled_out(name: str) -> Iterator[str]:
    """Spell out the sets of characters at the start of a name, such as [0-5]."""
    tokens = re.findall(r"\[(.)-(.)\]|(.)", name)
    choices = [
        [chr(code) for code in range(ord(low), ord(high) + 1)] if low else [single]
        for low, high, single in tokens[:PLAIN_CHARACTERS]
    ]
    rest = "".join(f"[{low}-{high}]" if low else single for low, high, single in tokens)
    start = "".join(
        f"[{low}-{high}]" if low else single for low, high, single in tokens[:PLAIN_CHARACTERS]
    )
    for characters in product(*choices):
        plain = "".join(characters) + rest.removeprefix(start)
        if not _is_plain(plain):
            raise ValueError(f"cannot be a matcher: {name}")
        yield plain


def main() -> int:
    """Write or check the manifest."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    text = MANIFEST.read_text("utf-8")
    wanted = manifest_matchers()
    if json.loads(text)["bluetooth"] == wanted:
        return 0
    if check:
        print("manifest.json: the Bluetooth matchers are not up to date", file=sys.stderr)
        return 1
    lines = ",\n".join(f"    {json.dumps(matcher, ensure_ascii=False)}" for matcher in wanted)
    # one matcher a line, and nothing else in the file changes
    before, rest = text.split('"bluetooth": [', 1)
    after = rest[rest.index('],\n  "') :].replace("],", "\n  ],", 1)
    MANIFEST.write_text(f'{before}"bluetooth": [\n{lines}{after}', "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
