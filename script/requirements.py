"""Print the requirements of the Home Assistant integrations that we run with.

Home Assistant would install them one by one at its first start; beforehand it takes seconds.
"""

import json
from pathlib import Path

import homeassistant

ROOTS = (
    "bluetooth", "bluetooth_adapters", "config", "diagnostics", "energy", "esphome", "frontend",
    "history", "logbook", "lovelace", "onboarding", "recorder", "repairs", "search", "usb",
    "zeroconf",
)  # fmt: skip


def requirements(roots: tuple[str, ...]) -> set[str]:
    """Collect what the integrations and all that they depend on require."""
    components = Path(homeassistant.__file__).parent / "components"
    todo, seen, found = list(roots), set[str](), set[str]()
    while todo:
        domain = todo.pop()
        if domain in seen:
            continue
        seen.add(domain)
        manifest = json.loads((components / domain / "manifest.json").read_text())
        found.update(manifest.get("requirements", ()))
        todo += manifest.get("dependencies", ())
        todo += [d for d in manifest.get("after_dependencies", ()) if d in ("ffmpeg", "tts")]
    return found


if __name__ == "__main__":
    print("\n".join(sorted(requirements(ROOTS))))
