"""What we switched off comes on again, whatever happens to the radio, the entry or the record."""

import asyncio
from collections.abc import Awaitable, Callable
import contextlib
import os
from pathlib import Path
from typing import Any

import aiohttp

from tests.e2e.boat import Boat, launch
from virtual_bank.home_assistant import HomeAssistantError, wait_for
from virtual_bank.installation import BEGIN_BEFORE, DOMAIN, entries

SPEED = 20.0
AWAY = 60.0 * int(os.environ.get("PROXY_AWAY", "10"))
"""For an hour: PROXY_AWAY=60 .venv/bin/pytest tests/e2e/test_guarantee.py"""
OFF_SECONDS = 60
HOUR = 3600.0
JOURNAL = f"{DOMAIN}.journal"


class Crew:
    """Switches the first battery off for a moment, and looks at what becomes of it."""

    def __init__(self, boat: Boat, device: str) -> None:
        self.boat = boat
        self.battery, self.other = boat.scenario.layout.batteries
        self.name = boat.scenario.name(self.battery)
        self.device = device
        self.issue = f"left_off_{self.battery}"

    async def is_on(self) -> bool:
        """Whether discharge is on, in truth."""
        state = await self.boat.virtual.state()
        found: dict[str, Any] = next(b for b in state["batteries"] if b["address"] == self.battery)
        return bool(found["reading"]["discharge_commanded"])

    async def is_off(self) -> bool:
        return not await self.is_on()

    async def begin(self) -> asyncio.Task[Any]:
        """Begin a cycle; returns when the battery is off."""
        call: asyncio.Task[Any]

        async def off() -> bool:
            nonlocal call
            call = asyncio.create_task(
                self.boat.home.call(
                    DOMAIN, "cycle_discharge", device_id=self.device, off_seconds=OFF_SECONDS
                )
            )
            while not call.done():
                if await self.is_off():
                    return True
                await asyncio.sleep(0.01)
            call.exception()  # refused: the bank has not been read long enough
            return False

        await wait_for(off, 60, "a cycle that the interlock allows")
        return call

    async def issues(self) -> dict[str, str]:
        """Severities of the repair issues that the guarantee raised."""
        found = {issue["issue_id"]: issue["severity"] for issue in await self.boat.view.issues()}
        return {name: severity for name, severity in found.items() if name.startswith("left_off_")}

    async def is_told(self) -> bool:
        return await self.issues() == {self.issue: "error"}

    async def is_well(self) -> bool:
        return await self.is_on() and await self.issues() == {}

    async def entry(self) -> str:
        return (await entries(self.boat.home))[self.name]

    async def is_loaded(self) -> bool:
        found = await self.boat.home.ask("config_entries/get", domain=DOMAIN)
        return all(entry["state"] == "loaded" for entry in found)

    async def enable(self, *, enable: bool, all_entries: bool = False) -> None:
        """Enable or disable the battery's entry, or the whole integration."""
        by_title = await entries(self.boat.home)
        for entry in by_title.values() if all_entries else (by_title[self.name],):
            await self.boat.home.ask(
                "config_entries/disable",
                entry_id=entry,
                disabled_by=None if enable else "user",
            )

    async def lose(self) -> None:
        """Take the battery out of every radio's reach."""
        await self.boat.virtual.set(self.battery, rssi=None)

    async def find(self) -> None:
        await self.boat.virtual.set(self.battery, rssi=-60)

    async def start(self, *, wrong: float = 0.0) -> None:
        """Start Home Assistant again, on the clock that went on, or one `wrong` by seconds."""
        passed = (await self.boat.virtual.state())["time"]
        await self.boat.home.start(speed=SPEED, offset=passed - BEGIN_BEFORE + wrong)


async def settled(call: asyncio.Task[Any]) -> str:
    """Wait for the action's end; tells the error's text, or nothing."""
    try:
        await call
    except (HomeAssistantError, aiohttp.ClientError) as error:
        return str(error)
    return ""


async def soon(what: Callable[[], Awaitable[bool]], patience: float = 60) -> None:
    await wait_for(what, patience, what.__name__)


async def proxy_away(crew: Crew) -> None:
    """All of the radio is gone for long; nothing else is switched, and the error stands."""
    call = await crew.begin()
    await crew.boat.virtual.set("proxy", restart=AWAY)
    began = (await crew.boat.virtual.state())["time"]
    await soon(crew.is_told)
    assert "says so under Repairs until it is on" in await settled(call)
    other = await crew.boat.device(crew.other)
    call = asyncio.create_task(
        crew.boat.home.call(DOMAIN, "set_discharge", device_id=other, enabled=False, force=True)
    )
    assert f"still has to be switched on again: {crew.name}" in await settled(call)
    while (await crew.boat.virtual.state())["time"] - began < AWAY - SPEED:
        assert await crew.is_off()
        assert await crew.is_told()
        await asyncio.sleep(1)
    await soon(crew.is_well, 90)


async def reloaded(crew: Crew) -> None:
    """Its owner reloads the entry in the middle: the battery is on before it is let go."""
    call = await crew.begin()
    entry = await crew.entry()
    await crew.boat.home.post(f"/api/config/config_entries/entry/{entry}/reload")
    assert await crew.is_well()
    assert await settled(call) == ""
    await soon(crew.is_loaded)


async def disabled(crew: Crew) -> None:
    """The same when it is disabled; and it stays on when it is enabled again."""
    call = await crew.begin()
    await crew.enable(enable=False)
    assert await crew.is_well()
    assert await settled(call) == ""
    await crew.enable(enable=True)
    await soon(crew.is_loaded)
    assert await crew.is_well()


async def disabled_out_of_reach(crew: Crew) -> None:
    """Nothing can be done about it while it is disabled: that is said, and done afterwards."""
    call = await crew.begin()
    await crew.lose()
    await crew.enable(enable=False)
    await settled(call)
    await crew.find()
    await asyncio.sleep(3)
    assert await crew.is_off()
    assert await crew.is_told()
    await crew.enable(enable=True)
    await soon(crew.is_well)
    await soon(crew.is_loaded)


async def all_disabled(crew: Crew) -> None:
    """The integration is not even loaded at the next start: the issue stands all the same."""
    call = await crew.begin()
    await crew.lose()
    await crew.enable(enable=False, all_entries=True)
    await settled(call)
    await crew.boat.home.stop()
    await crew.start()
    assert DOMAIN not in (await crew.boat.home.get("/api/config"))["components"]
    await crew.find()
    await asyncio.sleep(3)
    assert await crew.is_off()
    assert await crew.is_told()
    await crew.enable(enable=True, all_entries=True)
    await soon(crew.is_well)
    await soon(crew.is_loaded)


async def restarted_out_of_reach(crew: Crew) -> None:
    """The battery cannot be reached while Home Assistant stops, nor when it starts.

    Nor does the computer know the date then; at the next start, below, it is right again.
    """
    call = await crew.begin()
    await crew.lose()
    await crew.boat.home.stop()
    await settled(call)
    await crew.start(wrong=30 * HOUR)
    await soon(crew.is_told)
    assert await crew.is_off()
    await crew.find()
    await soon(crew.is_well)
    await soon(crew.is_loaded)


async def record_broken(crew: Crew) -> None:
    """The record is damaged: it is kept aside, its owner is told, and decides."""
    call = await crew.begin()
    await crew.boat.home.kill()
    with contextlib.suppress(asyncio.CancelledError):
        await settled(call)
    storage = crew.boat.home.folder / ".storage"
    whole = (storage / JOURNAL).read_text()
    assert crew.battery in whole
    (storage / JOURNAL).write_text(whole[: len(whole) // 2])
    await crew.start()
    await soon(crew.is_told)
    (aside,) = storage.glob(f"{JOURNAL}.corrupt.*")
    assert aside.read_text() == whole[: len(whole) // 2]
    (broken,) = [i for i in await crew.boat.view.issues() if i["issue_id"] == "journal_broken"]
    assert broken["translation_placeholders"] == {"file": aside.name}
    assert crew.other not in str(await crew.issues()), "the other is seen to be on"
    assert await crew.is_off(), "perhaps its owner wants it so"

    path = "/api/repairs/issues/fix"
    flow = await crew.boat.home.post(path, handler=DOMAIN, issue_id=crew.issue)
    assert flow["step_id"] == "offer"
    done = await crew.boat.home.post(f"{path}/{flow['flow_id']}", next_step_id="again")
    assert done["type"] == "create_entry"
    assert await crew.is_well()


async def test_a_battery_always_comes_on_again(tmp_path: Path) -> None:
    async with launch("in_sync", tmp_path, speed=SPEED) as boat:
        await boat.virtual.set("load", current=-24.0)
        crew = Crew(boat, await boat.device(boat.scenario.layout.batteries[0]))
        for happening in (
            proxy_away,
            reloaded,
            disabled,
            disabled_out_of_reach,
            all_disabled,
            restarted_out_of_reach,
            record_broken,
        ):
            await happening(crew)
        named = (*boat.scenario.names, "The record of switched-off batteries cannot be read")
        assert [line for line in boat.complaints() if not any(n in line for n in named)] == []
