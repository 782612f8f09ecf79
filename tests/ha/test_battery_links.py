"""A virtual battery on Home Assistant's own Bluetooth manager, whose adapters come and go."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
import time
from time import monotonic
from typing import Any
from unittest.mock import patch

from homeassistant.components import bluetooth
from homeassistant.config_entries import SOURCE_BLUETOOTH, SOURCE_USER, ConfigEntryState
from homeassistant.const import CONF_ADDRESS, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.radio import async_links
from tests.virtual_bank.client import READING, SettableBattery, made
from virtual_bank.clock import Clock
from virtual_bank.radio import Radio

from .conftest import battery_entry, set_up
from .scanners import Adapter

type Poll = Callable[[float], Awaitable[None]]
type Plug = Callable[..., Adapter]

VOLTAGE = "sensor.battery_voltage"
STATE = "sensor.battery_state"
ENERGY = "sensor.battery_energy_discharged"
LOGGER = "custom_components.lifepo4_bank.radio"


@pytest.fixture
async def radio() -> Radio:
    """A LiTime battery under load."""
    return Radio(made("litime"), Clock(50))


@pytest.fixture
def plug(hass: HomeAssistant, radio: Radio) -> Iterator[Plug]:
    """A function that plugs in an adapter which hears the battery."""
    plugged = []

    def plug_in(source: str, **options: Any) -> Adapter:
        adapter = Adapter(source, **options)
        plugged.append(adapter)
        adapter.plug_in(hass, [radio])
        return adapter

    yield plug_in
    for adapter in plugged:
        adapter.unplug()


@pytest.fixture
def entry(radio: Radio) -> MockConfigEntry:
    """Its entry, which is not set up yet."""
    data = {**battery_entry().data, CONF_ADDRESS: radio.wire.address}
    return battery_entry(title="Battery", unique_id=radio.wire.address, data=data)


class Clocks:
    """The computer's two clocks: one that is set now and then, one that only ever goes on."""

    def __init__(self) -> None:
        self._time = time.time
        self.passed = self.jumped = 0.0

    def wall(self) -> float:
        return self._time() + self.passed + self.jumped

    def steady(self) -> float:
        return monotonic() + self.passed


@pytest.fixture
def clocks() -> Iterator[Clocks]:
    """Clocks that a test sets, with the radio's own timers running as ever."""
    clocks = Clocks()
    with (
        patch("time.time", clocks.wall),
        patch("custom_components.lifepo4_bank.coordinator.monotonic", clocks.steady),
        patch("custom_components.lifepo4_bank.ble.reader.monotonic", clocks.steady),
    ):
        yield clocks


@pytest.fixture
def poll(hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks) -> Poll:
    """Let seconds pass and read the battery: `await poll(30)`."""

    async def passed(seconds: float) -> None:
        clocks.passed += seconds
        entry.runtime_data.source._reader._clock = clocks.wall
        await entry.runtime_data.async_refresh()
        await hass.async_block_till_done()

    return passed


async def until(hass: HomeAssistant, condition: Callable[[], bool]) -> None:
    """Wait for something that happens by itself."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  nothing tells when
            await asyncio.sleep(0.01)
    await hass.async_block_till_done()


def shown(hass: HomeAssistant, entity_id: str) -> str:
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


def reason(entry: MockConfigEntry) -> str:
    """Why the last reading failed."""
    error = entry.runtime_data.last_exception
    assert error is not None
    return str(error.translation_key).removeprefix("unreachable_")


async def test_an_adapter_that_goes_away_takes_nothing_with_it(
    hass: HomeAssistant,
    radio: Radio,
    entry: MockConfigEntry,
    plug: Plug,
    poll: Poll,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Unplugged with the link up: no value is invented, and another adapter takes over at once."""
    caplog.set_level("DEBUG", LOGGER)
    adapter = plug("hci0")
    await set_up(hass, entry)
    assert adapter.linked == [radio.wire.address]

    adapter.unplug()
    await until(hass, lambda: radio.central is None)
    assert async_links(hass).may_keep(radio.wire.address)
    for _ in range(5):
        await poll(31)
        assert shown(hass, VOLTAGE) in ("26.56", STATE_UNAVAILABLE)
    assert shown(hass, VOLTAGE) == STATE_UNAVAILABLE
    assert reason(entry) == "out_of_range"
    assert "no scanner currently has it" not in str(entry.runtime_data.last_exception)
    assert "no scanner currently has it" in caplog.text

    other = plug("hci1")
    await until(hass, lambda: entry.runtime_data.answered)
    assert shown(hass, VOLTAGE) == "26.56"
    assert other.linked == [radio.wire.address]


async def test_a_battery_moves_from_one_proxy_to_another(
    hass: HomeAssistant, radio: Radio, entry: MockConfigEntry, plug: Plug, poll: Poll
) -> None:
    bow = plug("bow")
    await set_up(hass, entry)
    stern = plug("stern")
    radio.drop()
    stern.hear(-40)
    bow.unplug()
    await poll(31)
    assert stern.linked == [radio.wire.address]
    assert entry.runtime_data.answered


async def test_a_battery_that_nobody_can_connect_to_says_so(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    plug: Plug,
    poll: Poll,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", LOGGER)
    plug("listener", connectable=False)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "unreachable_not_connectable"
    assert entry.reason is not None
    assert "connectable=False" not in entry.reason
    assert "connectable=False" in caplog.text


async def test_a_battery_that_is_heard_is_not_asleep(
    hass: HomeAssistant, radio: Radio, entry: MockConfigEntry, plug: Plug, poll: Poll
) -> None:
    """Idle, and out of reach of all but a proxy that only listens."""
    assert isinstance(radio.wire.battery, SettableBattery)
    radio.wire.battery.values = replace(READING, current=0.0, state=BatteryState.STANDBY)
    adapter = plug("hci0")
    await set_up(hass, entry)
    assert shown(hass, STATE) == "standby"
    adapter.unplug()
    await until(hass, lambda: radio.central is None)
    listener = plug("listener", connectable=False)
    for _ in range(5):
        await poll(50)
        listener.hear()
    assert shown(hass, STATE) == STATE_UNAVAILABLE


async def test_only_a_listener_is_left_and_the_reason_is_given_at_once(
    hass: HomeAssistant, radio: Radio, entry: MockConfigEntry, plug: Plug, poll: Poll
) -> None:
    """Home Assistant remembers for minutes that the battery could be connected to."""
    adapter = plug("hci0")
    await set_up(hass, entry)
    radio.drop()
    adapter.unplug()
    listener = plug("listener", connectable=False)
    assert bluetooth.async_address_present(hass, radio.wire.address, connectable=True)
    for _ in range(5):
        await poll(31)
        listener.hear()
    assert shown(hass, VOLTAGE) == STATE_UNAVAILABLE
    assert reason(entry) == "not_connectable"


async def test_the_set_up_tells_a_battery_that_nobody_can_connect_to(
    hass: HomeAssistant, radio: Radio, plug: Plug
) -> None:
    listener = plug("listener", connectable=False)
    await hass.async_block_till_done()
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    with patch.object(bluetooth, "async_request_active_scan"):
        menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
        form = await hass.config_entries.flow.async_configure(
            menu["flow_id"], {"next_step_id": "battery"}
        )
    answer = {CONF_ADDRESS: radio.wire.address}
    form = await hass.config_entries.flow.async_configure(form["flow_id"], answer)
    assert form["errors"] == {"base": "not_connectable"}

    listener.unplug()
    plug("proxy")
    done = await hass.config_entries.flow.async_configure(form["flow_id"], answer)
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("source", ["hci0", "proxy"])
async def test_adapters_and_proxies_discover_alike(
    hass: HomeAssistant, radio: Radio, plug: Plug, source: str
) -> None:
    plug(source)
    await hass.async_block_till_done(wait_background_tasks=True)
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_BLUETOOTH
    assert flow["context"]["unique_id"] == radio.wire.address


@pytest.mark.parametrize("hours", [-3, 3])
async def test_a_clock_that_jumps_makes_no_reading_older_or_younger(
    hass: HomeAssistant,
    radio: Radio,
    entry: MockConfigEntry,
    plug: Plug,
    poll: Poll,
    clocks: Clocks,
    hours: float,
) -> None:
    adapter = plug("hci0")
    await set_up(hass, entry)
    await poll(30)
    clocks.jumped = hours * 3600

    # a missed reading is no outage, whatever the clock says
    radio.place(None)
    await poll(30)
    assert shown(hass, VOLTAGE) == "26.56"
    # and an outage is one
    for _ in range(3):
        await poll(31)
    assert shown(hass, VOLTAGE) == STATE_UNAVAILABLE

    radio.place(-60)
    adapter.hear()
    await poll(60)
    assert shown(hass, VOLTAGE) == "26.56"
    assert entry.runtime_data.last_seen.timestamp() == pytest.approx(clocks.wall(), abs=5)


@pytest.mark.parametrize("hours", [-3, 3])
async def test_a_clock_that_jumps_invents_no_energy(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    plug: Plug,
    poll: Poll,
    clocks: Clocks,
    hours: float,
) -> None:
    plug("hci0")
    await set_up(hass, entry)
    for _ in range(120):
        await poll(30)
    before = float(shown(hass, ENERGY))
    assert before == pytest.approx(26.556 * 14.35 / 1000, rel=0.05)
    clocks.jumped = hours * 3600
    for _ in range(120):
        await poll(30)
        assert float(shown(hass, ENERGY)) >= before
    assert float(shown(hass, ENERGY)) == pytest.approx(2 * before, rel=0.06)


async def test_a_clock_that_jumps_back_ends_what_was_quickened(
    hass: HomeAssistant, entry: MockConfigEntry, plug: Plug, poll: Poll, clocks: Clocks
) -> None:
    plug("hci0")
    await set_up(hass, entry)
    entry.runtime_data.quicken(60)
    clocks.jumped = -3 * 3600
    await poll(30)
    assert entry.runtime_data.update_interval.total_seconds() < 15
    await poll(40)
    assert entry.runtime_data.update_interval.total_seconds() > 15
