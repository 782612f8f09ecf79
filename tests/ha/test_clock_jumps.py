"""The computer's clock is set while something is off, as on a boat that gets the time at last."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
import time
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank import journal
from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.core import loadtest
from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.guarantee import (
    GUARANTEE,
    async_setup_guarantee,
    async_watch_battery,
)
from custom_components.lifepo4_bank.journal import Journal, Opened
from custom_components.lifepo4_bank.start_check import async_start_check

from .conftest import ADDRESSES, NAMES, FakeReaders
from .test_cycle_discharge import ISSUE, begin, first, until_on
from .test_set_discharge import call, refused

type SetClock = Callable[[float], None]

HOUR = 3600.0
OPENED = Opened(battery=ADDRESSES[0], name="", entry_id="entry", mosfet="discharge", since=0.0)
JUMPS = pytest.mark.parametrize("hours", [-30, -1, 1, 30])

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Set the date by some hours; time itself goes on as before."""
    now = time.time

    def jump(hours: float) -> None:
        monkeypatch.setattr(time, "time", lambda: now() + HOUR * hours)

    return jump


@JUMPS
async def test_a_battery_is_off_as_long_as_was_asked_for(
    hass: HomeAssistant,
    readers: FakeReaders,
    bank: MockConfigEntry,
    set_clock: SetClock,
    hours: float,
) -> None:
    began = time.monotonic()
    running = await begin(hass, readers, 0.3)
    set_clock(hours)
    done = await running
    assert 0.3 <= done.seconds <= time.monotonic() - began < 2
    assert done.stopped_by == (), "what is read all the time is not old because of a date"
    await until_on(hass, readers)


@JUMPS
async def test_attempts_go_on(
    hass: HomeAssistant,
    readers: FakeReaders,
    bank: MockConfigEntry,
    set_clock: SetClock,
    hours: float,
) -> None:
    running = await begin(hass, readers, 0.05)
    readers[ADDRESSES[0]].switch_error = Unreachable(Reason.LINK_LOST)
    with pytest.raises(HomeAssistantError, match="could not be switched on again yet"):
        await running
    set_clock(hours)
    await asyncio.sleep(0.05)
    assert ir.async_get(hass).async_get_issue(*ISSUE), "it is off, whatever the date"
    readers[ADDRESSES[0]].switch_error = None
    await until_on(hass, readers)


@JUMPS
async def test_a_record_counts_whatever_its_date(
    hass: HomeAssistant,
    readers: FakeReaders,
    bank: MockConfigEntry,
    set_clock: SetClock,
    hours: float,
) -> None:
    entry = first(hass).config_entry
    readers[ADDRESSES[0]].shows(discharge_enabled=False)
    await Journal(hass).async_write(Opened.now(entry, "discharge"))
    set_clock(hours)
    await async_setup_guarantee(hass)
    assert ADDRESSES[0] in hass.data[GUARANTEE].opened
    await async_watch_battery(hass, entry)
    await until_on(hass, readers)


@JUMPS
async def test_a_date_makes_no_reading_old(
    hass: HomeAssistant,
    readers: FakeReaders,
    bank: MockConfigEntry,
    set_clock: SetClock,
    hours: float,
) -> None:
    reads = readers[ADDRESSES[1]].reads
    set_clock(hours)
    assert (await call(hass, "set_discharge", enabled=False))["discharge_enabled"] is False
    assert readers[ADDRESSES[1]].reads == reads, "it has just been read"


@pytest.mark.parametrize("hours", [0, -1, -30])
async def test_a_date_makes_no_reading_new(
    hass: HomeAssistant,
    readers: FakeReaders,
    bank: MockConfigEntry,
    freezer: Any,
    set_clock: SetClock,
    hours: float,
) -> None:
    await first(hass).async_read()
    readers[ADDRESSES[1]].error = Unreachable(Reason.OUT_OF_RANGE)
    freezer.tick(61)
    set_clock(hours)
    why = await refused(hass, "set_discharge", enabled=False)
    assert f"There is no new and complete reading of {NAMES[1]}" in why


@pytest.mark.parametrize(("minutes", "hours", "proven"), [(50, 30, True), (70, -1, False)])
async def test_proof_lasts_an_hour_of_real_time(
    hass: HomeAssistant,
    readers: FakeReaders,
    freezer: Any,
    make_bank: Callable[..., Awaitable[MockConfigEntry]],
    pass_time: Callable[[float], Awaitable[None]],
    set_clock: SetClock,
    minutes: float,
    hours: float,
    proven: bool,
) -> None:
    await make_bank(2)
    for address in ADDRESSES[:2]:
        readers[address].shows(current=0.0, state=BatteryState.STANDBY)
    for _ in range(int(minutes)):
        await pass_time(60)
    set_clock(hours)
    if proven:
        assert (await call(hass, "set_discharge", enabled=False))["discharge_enabled"] is False
    else:
        why = await refused(hass, "set_discharge", enabled=False)
        assert "A load of 10 A or more for a minute would prove it" in why


@JUMPS
async def test_a_load_test_takes_its_time(
    bank: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    set_clock: SetClock,
    hours: float,
    hass: HomeAssistant,
) -> None:
    monkeypatch.setattr(loadtest, "LASTS", 0.3)
    began = time.monotonic()
    running = asyncio.create_task(async_start_check(hass, bank.runtime_data, "load_test"))
    await asyncio.sleep(0.1)
    set_clock(hours)
    assert (await running)["all_carry"] is True
    assert 0.3 <= time.monotonic() - began < 2


async def test_a_broken_record_is_kept_beside_an_older_one_of_the_same_time(
    hass: HomeAssistant, freezer: Any, tmp_path: Path
) -> None:
    """As a computer without a clock has it: each start is at the same time."""
    folder = tmp_path / ".storage"
    names = []
    for content in ("first", "second", "third"):
        await Journal(hass).async_write(OPENED)
        (folder / journal.KEY).write_text(content)
        record = Journal(hass)
        await record.async_load()
        assert record.set_aside is not None
        names.append(record.set_aside)
    assert [(folder / name).read_text() for name in names] == ["first", "second", "third"]
