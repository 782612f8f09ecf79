"""Section 4.1 of the article, steps 1 to 6, clicked through page by page in a real browser."""

from pathlib import Path

from tests.e2e.boat import Boat, launch
from tests.e2e.story import Reader, gone, issue, reader_of, truth

SPEED = 30.0
"""Batteries rest for half an hour in this story."""


class Owner:
    """Does what the pages say."""

    def __init__(self, boat: Boat, reader: Reader) -> None:
        self.boat = boat
        self.reader = reader
        self.good, self.weak = boat.scenario.names

    async def set_weak(self, **values: object) -> None:
        await self.boat.virtual.set(self.boat.scenario.layout.batteries[1], **values)

    async def done(self, name: str) -> None:
        """Keep a picture of the page and go on to the next."""
        await self.reader.keeps(f"protection-{name}")
        await self.reader.chooses("Done, go on")


async def runs_empty(owner: Owner) -> None:
    """The weak battery is discharged too deep, so its BMS takes it off the bank."""
    await owner.set_weak(soc=0.03, counted_soc=0.03, isolated=True)
    await owner.set_weak(trip="cell_under_voltage", discharge=False)
    await issue(owner.boat, "protection")


async def is_woken(owner: Owner) -> None:
    """Steps 1 to 4: separate, check each, charge the weak one alone, allow discharge."""
    boat, reader = owner.boat, owner.reader
    await reader.opens_repair(f"{owner.weak} protects itself")
    await reader.sees("Take the batteries apart", "Cell voltage too low")
    await boat.virtual.set("load", current=0.0)
    await boat.virtual.set("all", isolated=True)
    await reader.chooses_until("Check again", "no current")
    await owner.done("separate")
    await reader.sees("Look at each battery", "charge on, its BMS reports: Cell voltage too low")
    await owner.done("check-each")
    await reader.sees("Charge the affected battery alone")
    await owner.set_weak(soc=0.5, clear=True)
    await owner.set_weak(counted_soc=0.5)
    await reader.chooses_until("Check again", "50 % charged")
    await owner.done("wake")
    await reader.sees("Switch power, charge and discharge on")
    await reader.chooses("Switch discharge on now")
    await reader.sees("the battery confirms that it is on")
    assert all(battery["discharge_commanded"] for battery in await truth(boat))
    await owner.done("enable")


async def is_aligned(owner: Owner) -> None:
    """Step 5: charge each fully, let them rest, compare their voltages."""
    reader = owner.reader
    await reader.sees("Charge each battery fully, then let it rest")
    await owner.boat.virtual.set("all", soc=0.96, counted_soc=0.96)
    await reader.chooses_until("Check again", "96 % charged")
    await owner.done("charge-rest")
    await reader.sees("Compare the voltages")
    await reader.chooses("Check the voltages now")
    await reader.sees("Not rested long enough yet")
    await reader.keeps("protection-not-rested")
    await reader.chooses_until("Check the voltages now", "Not rested", gone=True)
    await reader.sees("as close as they should be")
    await owner.done("align")


async def carries_again(owner: Owner) -> None:
    """Step 6: join them again; it ends only when each is seen to carry current."""
    boat, reader = owner.boat, owner.reader
    await reader.sees("Join the batteries again")
    await boat.virtual.set("all", isolated=False)
    await owner.done("rebuild")
    await reader.sees("Put a load on the bank", "no current")
    await owner.done("load")
    await reader.sees("Has it helped?")
    await reader.chooses_until("Check again", "no current is seen at")
    await reader.keeps("protection-no-current")
    await boat.virtual.set("load", current=-24.0)
    await reader.chooses_until("Check again", "repaired")
    await reader.keeps("protection-repaired")
    await gone(boat)


async def test_a_battery_in_protection_is_led_through_the_whole_procedure(tmp_path: Path) -> None:
    async with launch("in_sync", tmp_path / "boat", speed=SPEED) as boat:
        async with reader_of(boat, tmp_path) as reader:
            owner = Owner(boat, reader)
            for chapter in (runs_empty, is_woken, is_aligned, carries_again):
                await chapter(owner)
        assert all(battery["current"] < -5 for battery in await truth(boat))
        assert boat.complaints() == []
