"""When the sources of a battery report, and what the computer's clock has to do with it."""

from collections.abc import Awaitable, Callable
import time

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.lifepo4_bank.const import DOMAIN

from .conftest import set_up
from .test_entities_flow import on_one_device
from .test_entities_source import VALUES, show, source_entry

type Passed = Callable[[float], Awaitable[None]]
type SetClock = Callable[[float], None]

JUMPS = pytest.mark.parametrize("hours", [-30, -3, 3, 30])
VOLTAGE = "sensor.port_side_voltage"
CURRENT = "sensor.port_side_current"


def shown(hass: HomeAssistant, entity_id: str) -> str:
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


async def test_what_a_slow_source_reports_is_known_at_once(
    hass: HomeAssistant, pass_time: Passed
) -> None:
    show(hass, **VALUES)
    entry = source_entry()
    await set_up(hass, entry)
    for minute in range(3):
        await pass_time(60)
        show(hass, current=str(-20000 - minute))
        show(hass, voltage=str(13100 - 100 * minute))
        await pass_time(2)
        assert entry.runtime_data.data.current == pytest.approx(-20 - minute / 1000)
        assert entry.runtime_data.data.voltage == pytest.approx(13.1 - minute / 10)


async def test_a_quick_source_is_read_no_more_often_for_it(
    hass: HomeAssistant, pass_time: Passed
) -> None:
    show(hass, **VALUES)
    entry = source_entry()
    await set_up(hass, entry)
    readings = []
    entry.runtime_data.async_add_listener(lambda: readings.append(entry.runtime_data.data.current))
    for second in range(300):
        show(hass, current=str(-20000 - 10 * second))
        await pass_time(1)
    assert 9 <= len(readings) <= 12


async def test_nothing_is_read_for_a_report_after_the_end(
    hass: HomeAssistant, pass_time: Passed
) -> None:
    show(hass, **VALUES)
    entry = source_entry()
    await set_up(hass, entry)
    coordinator = entry.runtime_data
    await pass_time(60)
    show(hass, current="-20000")
    assert await hass.config_entries.async_unload(entry.entry_id)
    await pass_time(2)
    show(hass, current="-30000")
    await pass_time(2)
    assert coordinator.data.current == pytest.approx(-10)


async def test_a_state_of_charge_that_stands_still_while_current_flows_is_unknown(
    hass: HomeAssistant, pass_time: Passed
) -> None:
    """Its source has died, and voltage and current come from elsewhere; at rest it is believed."""
    show(hass, **VALUES | {"current": "0"})
    await set_up(hass, source_entry())

    async def go_on(minutes: int, current: str) -> str:
        for _ in range(minutes):
            show(hass, voltage="13200", current=current)
            await pass_time(60)
        return shown(hass, "sensor.port_side_state_of_charge")

    assert await go_on(4 * 60, "0") == "80.0"
    assert await go_on(5, "-50000") == "80.0"
    assert await go_on(4, "-50000") == STATE_UNKNOWN
    assert shown(hass, "sensor.port_side_remaining_capacity") == STATE_UNKNOWN
    show(hass, soc="72")
    assert await go_on(1, "-50000") == "72.0"
    show(hass, soc="100")
    assert await go_on(30, "20000") == "100.0"


@JUMPS
async def test_a_clock_that_is_set_makes_no_source_old(
    hass: HomeAssistant, pass_time: Passed, set_clock: SetClock, hours: float
) -> None:
    show(hass, **VALUES)
    entry = source_entry()
    await set_up(hass, entry)
    await pass_time(60)
    set_clock(hours)
    for _ in range(3):
        await pass_time(60)
        assert shown(hass, VOLTAGE) == "13.2"
    assert entry.runtime_data.data.time == pytest.approx(time.time() - 240, rel=0, abs=1)
    assert entry.runtime_data.age == pytest.approx(240, abs=1)


@JUMPS
async def test_a_clock_that_is_set_makes_no_source_young(
    hass: HomeAssistant, pass_time: Passed, set_clock: SetClock, hours: float
) -> None:
    show(hass, **VALUES)
    entry = source_entry()
    await set_up(hass, entry)
    set_clock(hours)
    for _ in range(8):
        await pass_time(60)
    assert shown(hass, VOLTAGE) == STATE_UNAVAILABLE


@JUMPS
async def test_one_of_two_that_was_not_told_since_holds_the_other_up_no_longer_than_ever(
    hass: HomeAssistant, pass_time: Passed, set_clock: SetClock, hours: float
) -> None:
    """The voltage stands as it was reported before the clock was set, the current is new."""
    show(hass, **VALUES)
    entry = source_entry()
    await set_up(hass, entry)
    await pass_time(60)
    set_clock(hours)
    for minute in range(12):
        show(hass, current=str(-20000 - minute))
        await pass_time(60)
        assert abs(time.time() - entry.runtime_data.data.time) < 90
        assert shown(hass, CURRENT) == "-20.0"
    for minute in range(8):
        show(hass, current=str(-20000 - minute))
        await pass_time(60)
    assert shown(hass, CURRENT) == STATE_UNAVAILABLE


@JUMPS
async def test_a_wrong_sign_takes_its_time_whatever_the_clock(
    hass: HomeAssistant, pass_time: Passed, set_clock: SetClock, hours: float
) -> None:
    on_one_device(hass, charging=("binary_sensor.bms_charging", "battery_charging", "off"))
    entry = source_entry()

    async def go_on(minutes: int) -> None:
        for _ in range(minutes):
            show(hass, **VALUES | {"current": "9000"})
            await pass_time(60)

    show(hass, **VALUES | {"current": "9000"})
    await set_up(hass, entry)
    await go_on(3)
    set_clock(hours)
    await go_on(3)
    issue = (DOMAIN, f"{entry.entry_id}_wrong_sign")
    assert issue not in ir.async_get(hass).issues
    await go_on(8)
    assert issue in ir.async_get(hass).issues
