"""A real Home Assistant with a virtual bank, for one test."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import re

from virtual_bank.home_assistant import HomeAssistant
from virtual_bank.installation import BankView, accept_batteries, fresh, make_bank
from virtual_bank.scenario import Scenario
from virtual_bank.scenarios import SCENARIOS
from virtual_bank.service import VirtualBankService


@dataclass(frozen=True, slots=True, kw_only=True)
class Boat:
    """What a test holds in its hands."""

    home: HomeAssistant
    virtual: VirtualBankService
    view: BankView
    scenario: Scenario

    async def device(self, battery: str) -> str:
        """Device id of a battery, given by its address."""
        for device in await self.home.ask("config/device_registry/list"):
            if ["bluetooth", battery] in device["connections"] and device["manufacturer"]:
                entries = device["config_entries"]
                if any(entry in entries for entry in await self._our_entries()):
                    return str(device["id"])
        raise AssertionError(f"no device of {battery}")

    async def _our_entries(self) -> set[str]:
        found = await self.home.ask("config_entries/get", domain="lifepo4_bank")
        return {entry["entry_id"] for entry in found}

    def complaints(self) -> list[str]:
        """Lines of Home Assistant's log that are errors, or warnings about us."""
        return complaints(self.home.log.read_text(errors="replace"))


OTHERS = re.compile(
    r"has not been tested by Home Assistant|zlib_ng and isal|haffmpeg|libturbojpeg|aioesphomeapi"
    r"|homeassistant\.components\.esphome|bleak_esphome"
    r"|Waiting for integrations to complete setup|Updating state for .* took"
)
"""What Home Assistant says by itself: it has no camera, its proxy was stopped, and in time-lapse a
busy machine looks slow to it."""


def complaints(log: str) -> list[str]:
    """Return the first lines of errors, and of warnings that name us."""
    lines = [line for line in log.splitlines() if re.match(r"\d{4}-\d\d-\d\d ", line)]
    return [
        line
        for line in lines
        if not OTHERS.search(line)
        and (" ERROR " in line or (" WARNING " in line and "lifepo4_bank" in line))
    ]


@asynccontextmanager
async def launch(
    name: str, folder: Path, *, speed: float = 1.0, options: Sequence[str] = ()
) -> AsyncIterator[Boat]:
    """Set up a scenario from scratch; the clock starts a few hours ago."""
    scenario = SCENARIOS[name]
    async with fresh(name, folder, speed=speed, options=options) as (virtual, home):
        found = await accept_batteries(home, scenario.names, print)
        bank = await make_bank(
            home, "House bank", [found[battery] for battery in scenario.names],
            scenario.layout.arrangement, len(scenario.layout.blocks[0]),
        )  # fmt: skip
        yield Boat(home=home, virtual=virtual, view=BankView(home, bank), scenario=scenario)
