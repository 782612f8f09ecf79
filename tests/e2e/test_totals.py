"""What the entities of a bank say against the truth of its physics, in every arrangement."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.boat import Boat, launch
from virtual_bank.home_assistant import wait_for

SPEED = 30.0
HOUR = 3600.0
EXACT = 0.01


class Meter:
    """Energy that went through the terminals of all batteries, in truth."""

    def __init__(self, boat: Boat) -> None:
        self._boat = boat
        self._last: dict[str, Any] | None = None
        self.discharged = 0.0
        """kWh"""

    async def read(self) -> float:
        """Take in what passed since the last reading; returns the virtual time in s."""
        state = await self._boat.virtual.state()
        if self._last is not None:
            hours = (state["time"] - self._last["time"]) / HOUR
            mean = (_power(state) + _power(self._last)) / 2
            self.discharged += max(0.0, -mean) * hours / 1000
        self._last = state
        return float(state["time"])


def _power(state: dict[str, Any]) -> float:
    watts = (b["truth"]["current"] * b["truth"]["voltage"] for b in state["batteries"])
    return float(sum(watts))


async def _energy(boat: Boat) -> float:
    return float((await boat.view.values())["energy_discharged"]["state"])


async def _fresh(boat: Boat, meter: Meter) -> float:
    """Wait for the next reading of the bank; returns what it says was discharged, in kWh."""
    before = await _energy(boat)
    while (now := await _energy(boat)) == before:
        await meter.read()
    await meter.read()
    return now


@pytest.mark.parametrize(
    "name",
    [
        "in_sync", "three_parallel", "four_parallel", "series", "two_by_two", "three_by_two",
        "strings",
    ],
)  # fmt: skip
async def test_the_bank_tells_the_truth(name: str, tmp_path: Path) -> None:
    async with launch(name, tmp_path, speed=SPEED, options=("--slots", "8")) as boat:
        parallel = boat.scenario.layout.parallel
        await boat.virtual.set("load", current=-15.0 * parallel)

        async def known() -> bool:
            values = await boat.view.values()
            keys = ("current", "voltage", "soc", "energy_discharged")
            return all(
                values.get(key, {}).get("state") not in (None, "unknown", "unavailable")
                for key in keys
            )

        await wait_for(known, 60, "the bank's totals")
        meter = Meter(boat)
        await meter.read()
        began_at, began = await meter.read(), await _fresh(boat, meter)
        meter.discharged = 0.0
        while await meter.read() < began_at + HOUR:
            await boat.home.states()
        ended = await _fresh(boat, meter)
        assert ended - began == pytest.approx(meter.discharged, rel=EXACT)

        values, state = await boat.view.values(), await boat.virtual.state()
        assert float(values["current"]["state"]) == pytest.approx(state["current"], rel=EXACT)
        assert float(values["voltage"]["state"]) == pytest.approx(
            sum(b["truth"]["voltage"] for b in state["batteries"]) / parallel, rel=EXACT
        )
        assert int(values["batteries_online"]["state"]) == len(boat.scenario.layout.batteries)
