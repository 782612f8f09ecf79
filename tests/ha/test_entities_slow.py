"""Switching in a bank whose entities report rarely: they are waited for, and never for long.

Everything is thirty times as fast as in truth: a source that reports every 30 s does it every second.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.lifepo4_bank import cycle, measure, news, resync
from custom_components.lifepo4_bank.coordinator import BatteryCoordinator
from custom_components.lifepo4_bank.core import interlock
from custom_components.lifepo4_bank.cycle import Cycle, async_await_others, async_cycle
from custom_components.lifepo4_bank.guarantee import GUARANTEE
from custom_components.lifepo4_bank.resync import async_resync

from .conftest import set_up
from .test_entities_actions import Boat, Source

FASTER = 30
EVERY = 30 / FASTER
OFF = resync.OFF / FASTER
OFF_AND_ON = [("discharge", "off"), ("discharge", "on")]


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the seconds that switching takes be short, and all in proportion."""
    for module, name in (
        (news, "NEW_ENOUGH"),
        (news, "NEWS_WITHIN"),
        (news, "LOOK"),
        (resync, "NEWS_WITHIN"),
        (resync, "OFF"),
        (resync, "WATCH"),
        (cycle, "GLANCE"),
        (measure, "PACE"),
        (interlock, "LOST_AFTER"),
        (interlock, "STALE_AFTER"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name) / FASTER)


@pytest.fixture
async def boat(hass: HomeAssistant) -> Boat:
    """Two batteries of entities in parallel, and their bank."""
    made = Boat(hass)
    await set_up(hass, *made.entries, made.bank)
    return made


@asynccontextmanager
async def reporting(source: Source, every: float, first: float = 0.0) -> AsyncIterator[None]:
    """Let a source report again and again."""

    async def report() -> None:
        await asyncio.sleep(first)
        while True:
            source.report()
            await asyncio.sleep(every)

    task = asyncio.create_task(report())
    try:
        yield
    finally:
        task.cancel()


def port(boat: Boat) -> BatteryCoordinator:
    coordinator: BatteryCoordinator = boat.entries[0].runtime_data
    return coordinator


async def switched_off(boat: Boat) -> None:
    """Wait until the first battery has been told to switch off."""
    while not boat.port.commands:  # noqa: ASYNC110 - what a source does is told to nobody
        await asyncio.sleep(0.01)


async def cycled(hass: HomeAssistant, boat: Boat, seconds: float = OFF) -> tuple[float, Cycle]:
    """Do what the action does; returns what it waited, and what happened then."""
    waited = await async_await_others(hass, port(boat))
    done = await async_cycle(hass, port(boat), seconds)
    assert boat.port.commands == OFF_AND_ON
    assert hass.data[GUARANTEE].opened == {}
    return waited, done


async def test_a_slow_source_is_waited_for(hass: HomeAssistant, boat: Boat) -> None:
    async with reporting(boat.port, 0.05), reporting(boat.starboard, EVERY):
        await asyncio.sleep(0.6 * EVERY)
        waited, done = await cycled(hass, boat)
    assert 0.2 * EVERY < waited < EVERY
    assert done.stopped_by == ()
    assert done.seconds >= OFF


async def test_sources_that_are_never_new_together_are_each_waited_for(
    hass: HomeAssistant, boat: Boat
) -> None:
    async with reporting(boat.port, EVERY), reporting(boat.starboard, EVERY, EVERY / 2):
        await asyncio.sleep(0.3 * EVERY)  # so that the other one is the older when both are new
        waited, done = await cycled(hass, boat)
    assert 0.5 * EVERY < waited < 1.2 * EVERY
    assert done.stopped_by == ()
    assert done.seconds >= OFF


async def test_nobody_waits_for_a_quick_source(hass: HomeAssistant, boat: Boat) -> None:
    async with reporting(boat.port, 0.03), reporting(boat.starboard, 0.03):
        await asyncio.sleep(0.2)
        waited, done = await cycled(hass, boat)
    assert waited < EVERY / 4
    assert done.stopped_by == ()


async def test_silence_while_a_battery_is_off_ends_that_as_soon_as_ever(
    hass: HomeAssistant, boat: Boat
) -> None:
    async with reporting(boat.port, 0.03):
        async with reporting(boat.starboard, 0.03):
            running = asyncio.create_task(cycled(hass, boat, seconds=20.0))
            await switched_off(boat)
        _, done = await running
    assert [check.key for check in done.stopped_by] == ["readings_fresh"]
    assert 0.8 * interlock.LOST_AFTER < done.seconds < 4 * interlock.LOST_AFTER


async def test_a_source_that_tells_nothing_in_time_is_not_known(
    hass: HomeAssistant, boat: Boat
) -> None:
    await asyncio.sleep(EVERY / 2)
    began = monotonic()
    with pytest.raises(ServiceValidationError, match="no new and complete reading"):
        await cycled(hass, boat)
    assert news.NEWS_WITHIN <= monotonic() - began < 2 * news.NEWS_WITHIN
    assert boat.port.commands == []


def gone(hass: HomeAssistant, _: Boat) -> None:
    hass.states.async_set("sensor.starboard_current", "unavailable")


def low(_: HomeAssistant, boat: Boat) -> None:
    boat.port.values["soc"] = 10.0
    boat.port.report()


@pytest.mark.parametrize(
    ("trouble", "why"),
    [(gone, "no new and complete reading of starboard"), (low, "port")],
)
async def test_what_no_news_would_change_is_refused_at_once(
    hass: HomeAssistant, boat: Boat, trouble: Callable[[HomeAssistant, Boat], None], why: str
) -> None:
    await asyncio.sleep(2.1 if trouble is gone else 0.5)
    trouble(hass, boat)
    began = monotonic()
    with pytest.raises(ServiceValidationError, match=why):
        async with reporting(boat.port, 0.05):
            await cycled(hass, boat)
    assert monotonic() - began < news.NEWS_WITHIN / 4
    assert boat.port.commands == []


async def test_nothing_is_switched_for_a_caller_who_gives_up_waiting(
    hass: HomeAssistant, boat: Boat
) -> None:
    await asyncio.sleep(EVERY / 2)
    running = asyncio.create_task(cycled(hass, boat))
    await asyncio.sleep(EVERY / 2)
    running.cancel()
    async with reporting(boat.port, 0.05), reporting(boat.starboard, 0.05):
        await asyncio.sleep(EVERY)
    assert boat.port.commands == []


async def test_resync_waits_before_and_after(hass: HomeAssistant, boat: Boat) -> None:
    async with reporting(boat.port, 0.05), reporting(boat.starboard, 3 * EVERY):
        await asyncio.sleep(0.2 * EVERY)
        running = asyncio.create_task(async_resync(hass, boat.bank.runtime_data))
        await switched_off(boat)
        boat.starboard.values["current"] = -16.0
        answer = await running
    assert boat.port.commands == OFF_AND_ON
    assert answer["waited_seconds"] > 2 * EVERY
    assert answer["off_seconds"] >= round(OFF, 1)
    assert answer["share_before"] == {"port": 80.0, "starboard": 20.0}
    assert answer["share_after"] == {"port": 50.0, "starboard": 50.0}
    assert answer["stopped_because"] == answer["not_heard_since"] == []


async def test_resync_tells_who_was_not_heard_after_it(hass: HomeAssistant, boat: Boat) -> None:
    async with reporting(boat.port, 0.03):
        async with reporting(boat.starboard, 0.03):
            running = asyncio.create_task(async_resync(hass, boat.bank.runtime_data))
            await switched_off(boat)
        answer = await running
    assert boat.port.commands == OFF_AND_ON
    assert answer["stopped_because"] == []
    assert answer["not_heard_since"] == ["starboard"]
    assert answer["share_after"] == {"port": None, "starboard": None}
    assert "Nothing new has been heard of starboard since" in answer["message"]
