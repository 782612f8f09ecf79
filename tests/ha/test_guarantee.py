"""Whatever happens while a battery is off for a moment, it ends switched on."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
import time
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank import guarantee, journal, switching_on
from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.coordinator import BatteryCoordinator
from custom_components.lifepo4_bank.cycle import async_cycle
from custom_components.lifepo4_bank.guarantee import (
    GUARANTEE,
    async_setup_guarantee,
    async_watch_battery,
)

from .conftest import ADDRESSES, NAMES, FakeReaders
from .test_cycle_discharge import ISSUE, begin, first, until_on
from .test_set_discharge import call, refused

POINTS = 16
"""More than a cycle has; the last ones are never reached."""

pytestmark = pytest.mark.usefixtures("quick")


class Trouble:
    """Counts the moments at which a cycle waits for something, and spoils one of them."""

    def __init__(self, at: int, strike: Callable[[], Awaitable[None]], lasts: int = 1) -> None:
        self.at = at
        self.strike = strike
        self.lasts = lasts
        self.seen = 0
        self.struck = False

    async def point(self) -> None:
        self.seen += 1
        if self.at <= self.seen < self.at + self.lasts:
            self.struck = True
            await self.strike()

    def around(self, method: Any) -> Any:
        async def spoilt(*args: Any, **kwargs: Any) -> Any:
            await self.point()
            result = await method(*args, **kwargs)
            await self.point()
            return result

        return spoilt

    def __enter__(self) -> None:
        self.patches = [
            patch.object(BatteryCoordinator, name, self.around(getattr(BatteryCoordinator, name)))
            for name in ("async_switch", "async_read")
        ]
        self.patches.append(
            patch.object(journal.Journal, "_save", self.around(journal.Journal._save))
        )
        for spoil in self.patches:
            spoil.start()

    def __exit__(self, *_: object) -> None:
        for spoil in self.patches:
            spoil.stop()


async def fail() -> None:
    raise HomeAssistantError(translation_domain=DOMAIN, translation_key="switch_unreachable")


async def burst() -> None:
    raise RuntimeError("nobody thought of this")


@pytest.mark.parametrize("lasts", [1, 3])
@pytest.mark.parametrize("strike", [fail, burst])
async def test_a_failure_at_any_moment_leaves_it_on(
    hass: HomeAssistant,
    readers: FakeReaders,
    bank: MockConfigEntry,
    strike: Callable[[], Awaitable[None]],
    lasts: int,
) -> None:
    for at in range(1, POINTS):
        trouble = Trouble(at, strike, lasts)
        with trouble, suppress(HomeAssistantError, RuntimeError):
            await async_cycle(hass, first(hass), 0.03)
        await until_on(hass, readers)
        assert trouble.struck or at > 8


async def crash(hass: HomeAssistant, at: int) -> None:
    """Begin a cycle whose process stops at this moment and does nothing any more."""
    alive = asyncio.all_tasks()
    dead = asyncio.Event()

    async def hang() -> None:
        dead.set()
        await asyncio.get_running_loop().create_future()

    async def stay_dead() -> None:
        raise asyncio.CancelledError

    with Trouble(at, hang, lasts=1000):
        running = asyncio.create_task(async_cycle(hass, first(hass), 0.03))
        waiting = asyncio.create_task(dead.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    with Trouble(1, stay_dead, lasts=1000):
        while rest := asyncio.all_tasks() - alive:
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)


async def found_by_another_process(
    hass: HomeAssistant, readers: FakeReaders, entries: list[Any]
) -> bool:
    """Start anew from the file; whether the battery was found off."""
    was_off = not readers[ADDRESSES[0]].sample.discharge_enabled
    await async_setup_guarantee(hass)
    if was_off:
        assert ADDRESSES[0] in hass.data[GUARANTEE].opened
        issue = ir.async_get(hass).async_get_issue(*ISSUE)
        assert issue is not None
        assert issue.severity is ir.IssueSeverity.ERROR
    for entry in entries:
        await async_watch_battery(hass, entry)
    await until_on(hass, readers)
    return was_off


async def test_a_crash_at_any_moment_leaves_it_on(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    """Another process finds nothing but the file."""
    entries = [entry for entry in hass.config_entries.async_entries(DOMAIN) if entry is not bank]
    found_off = 0
    for at in range(1, POINTS):
        await crash(hass, at)
        found_off += await found_by_another_process(hass, readers, entries)
    assert found_off >= 3


async def test_a_caller_that_gives_up_changes_nothing(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    running: asyncio.Task[Any]

    async def give_up() -> None:
        running.cancel()

    for at in range(1, POINTS):
        with Trouble(at, give_up):
            running = asyncio.create_task(async_cycle(hass, first(hass), 0.03))
            with suppress(asyncio.CancelledError):
                await running
            await hass.async_block_till_done(wait_background_tasks=True)
        await until_on(hass, readers)


async def test_an_entry_unloaded_meanwhile_is_switched_on_first(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    entry = first(hass).config_entry

    async def unload() -> None:
        hass.async_create_task(hass.config_entries.async_unload(entry.entry_id))

    for at in range(1, POINTS):
        with Trouble(at, unload), suppress(HomeAssistantError):
            await async_cycle(hass, first(hass), 0.03)
        await hass.async_block_till_done()
        assert readers[ADDRESSES[0]].sample.discharge_enabled is True
        if entry.state is ConfigEntryState.NOT_LOADED:
            await hass.config_entries.async_setup(entry.entry_id)
        await until_on(hass, readers)


async def test_a_lost_link_is_told_and_mended(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    reader = readers[ADDRESSES[0]]
    running = await begin(hass, readers, 0.05)
    reader.switch_error = Unreachable(Reason.LINK_LOST)
    with pytest.raises(HomeAssistantError) as error:
        await running
    assert error.value.translation_key == "not_on_again"
    issue = ir.async_get(hass).async_get_issue(*ISSUE)
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.ERROR
    assert issue.translation_key == "left_off"
    why = await refused(hass, "set_discharge", 1, enabled=False, force=True)
    assert NAMES[0] in why
    reader.switch_error = None
    await until_on(hass, readers)


async def test_it_is_switched_on_when_its_entry_comes_back(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    reader, entry = readers[ADDRESSES[0]], first(hass).config_entry
    running = await begin(hass, readers, 0.05)
    reader.switch_error = Unreachable(Reason.OUT_OF_RANGE)
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(HomeAssistantError):
        await running
    assert reader.sample.discharge_enabled is False
    assert ir.async_get(hass).async_get_issue(*ISSUE)
    reader.switch_error = None
    await asyncio.sleep(0.1)
    assert reader.sample.discharge_enabled is False, "nobody may touch an unloaded battery"
    await hass.config_entries.async_setup(entry.entry_id)
    await until_on(hass, readers)


async def test_home_assistant_that_stops_switches_on_first(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    running = await begin(hass, readers, 20)
    began = time.monotonic()
    await hass.async_stop(force=True)
    assert readers[ADDRESSES[0]].sample.discharge_enabled is True
    assert time.monotonic() - began < 10
    running.cancel()


async def test_the_owner_may_decide_that_it_stays_off(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    reader = readers[ADDRESSES[0]]
    with patch.object(switching_on, "RETRY", (60,)), patch.object(guarantee, "PROMPT", 0):
        running = await begin(hass, readers, 0.05)
        reader.switch_error = Unreachable(Reason.LINK_LOST)
        with pytest.raises(HomeAssistantError):
            await running
        await hass.async_block_till_done()
        reader.switch_error = None
        await call(hass, "set_discharge", enabled=False, force=True)
    assert hass.data[GUARANTEE].opened == {}
    assert ir.async_get(hass).async_get_issue(*ISSUE) is None
    await asyncio.sleep(0.1)
    assert reader.sample.discharge_enabled is False
