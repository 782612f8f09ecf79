"""The article's story in Home Assistant's own page, clicked through in a real browser."""

from pathlib import Path

from tests.e2e.boat import Boat, launch
from tests.e2e.story import gone, issue, reader_of, truth
from virtual_bank.home_assistant import wait_for
from virtual_bank.installation import set_options

SPEED = 20.0


async def current_entities(boat: Boat) -> list[str]:
    """Ids of the sensors of each battery's current."""
    wanted = {f"{battery}_current" for battery in boat.scenario.layout.batteries}
    registry = await boat.home.ask("config/entity_registry/list")
    return [entity["entity_id"] for entity in registry if entity["unique_id"] in wanted]


async def shared(boat: Boat, *, evenly: bool) -> None:
    """Wait until Home Assistant shows that both batteries carry about half, or that one rests."""
    entities = await current_entities(boat)

    async def so() -> bool:
        states = await boat.home.states()
        amperes = [states[entity]["state"] for entity in entities]
        small, large = sorted(0.0 if a == "unknown" else abs(float(a)) for a in amperes)
        return large > 8 and (small > 0.8 * large if evenly else small < 0.1)

    await wait_for(so, 120, "a load that is shared" if evenly else "a load that is not shared")


async def test_a_battery_stuck_in_standby_is_brought_back_by_resync(tmp_path: Path) -> None:
    async with launch("standby", tmp_path / "boat", speed=SPEED) as boat:
        stuck = boat.scenario.layout.batteries[0]
        await boat.virtual.set(stuck, isolated=False)  # not yet
        # This boat's computer has a battery of its own: nothing but the bank goes dark.
        await set_options(
            boat.home, boat.view.entry_id,
            max_parallel=4, max_series=4, powers_home_assistant=False,
        )  # fmt: skip
        await boat.virtual.set("load", current=-24.0)
        await shared(boat, evenly=True)
        assert await boat.view.issues() == []
        await boat.virtual.set(stuck, isolated=True)
        await shared(boat, evenly=False)
        await issue(boat, "not_participating")
        async with reader_of(boat, tmp_path) as reader:
            await reader.opens_repair("is cut off from the bank", "story-1-issue")
            await reader.sees("carries nothing", "Switch power, charge and discharge on")
            await reader.keeps("story-2-guided")
            await reader.chooses("Done, go on")
            await reader.chooses("Share the load out anew now")
            await reader.sees("is on again")
            await reader.keeps("story-3-resync")
            for _ in range(4):
                await reader.chooses("Done, go on")
            await reader.sees("Has it helped?")
            await shared(boat, evenly=True)
            await gone(boat)
            await reader.chooses("Check again")
            await reader.sees("repaired", "There are currently no repairs pending")
            await reader.keeps("story-5-gone")
            await reader.looks_back(await current_entities(boat), minutes=20)
            await reader.keeps("story-4-shares")
        assert all(battery["current"] < -5 for battery in await truth(boat))
        assert boat.complaints() == []


async def test_a_battery_that_was_left_off_is_switched_on_in_the_repair(tmp_path: Path) -> None:
    async with launch("discharge_off", tmp_path / "boat", speed=SPEED) as boat:
        await issue(boat, "not_participating")
        async with reader_of(boat, tmp_path) as reader:
            await reader.opens_repair("Discharge of")
            await reader.sees("discharge off")
            await reader.chooses("Switch discharge on now")
            await reader.sees("the battery confirms that it is on")
            await reader.keeps("switched-off")
            await gone(boat)
        assert all(battery["discharge_enabled"] for battery in await truth(boat))
        assert boat.complaints() == []
