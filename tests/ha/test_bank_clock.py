"""The computer's clock is set while a bank is looked after, as on a boat that gets the time."""

from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.core.diagnosis.finding import Status

from .conftest import ADDRESSES, FakeReaders
from .test_bank import of, value
from .test_bank_findings import Says

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]
type SetClock = Callable[[float], None]

JUMPS = pytest.mark.parametrize("hours", [-30, -3, 3, 30])
TOTALS = ("voltage", "current", "power", "soc", "remaining_capacity", "runtime")


@JUMPS
async def test_totals_go_on(
    hass: HomeAssistant,
    make_bank: MakeBank,
    readers: FakeReaders,
    pass_time: PassTime,
    set_clock: SetClock,
    hours: float,
) -> None:
    """Nothing becomes unknown, and no energy is invented or lost beyond one reading's."""
    bank = await make_bank(2)
    for _ in range(120):
        await pass_time(30)
    truth = {key: value(hass, bank, key) for key in TOTALS}
    assert None not in truth.values()
    hour = value(hass, bank, "energy_discharged")
    assert hour is not None
    assert hour == pytest.approx(0.264, abs=0.012)

    set_clock(hours)
    # an old reading is judged again before there is a new one
    bank.runtime_data.async_set_updated_data(bank.runtime_data._conclude())
    for _ in range(120):
        assert {key: value(hass, bank, key) for key in TOTALS} == truth
        await pass_time(30)
    assert of(hass, bank, "batteries_online").state == "2"
    assert value(hass, bank, "energy_discharged") == pytest.approx(2 * hour, abs=0.014)


@JUMPS
async def test_a_silent_battery_is_missing_as_soon_as_ever(
    hass: HomeAssistant,
    make_bank: MakeBank,
    readers: FakeReaders,
    pass_time: PassTime,
    set_clock: SetClock,
    hours: float,
) -> None:
    bank = await make_bank(2)
    for _ in range(4):
        await pass_time(30)
    readers[ADDRESSES[1]].error = Unreachable(Reason.SILENT)
    set_clock(hours)
    await pass_time(30)
    assert of(hass, bank, "batteries_online").state == "2"
    for _ in range(4):
        await pass_time(30)
    assert of(hass, bank, "batteries_online").state == "1"
    assert value(hass, bank, "current") is None


@JUMPS
async def test_a_shunt_is_as_old_as_it_is(
    hass: HomeAssistant,
    make_bank: MakeBank,
    pass_time: PassTime,
    set_clock: SetClock,
    hours: float,
) -> None:
    hass.states.async_set("sensor.shunt", "-21", {"unit_of_measurement": "A"})
    bank = await make_bank(2, options={"current_sensor": "sensor.shunt"})
    await pass_time(27)
    set_clock(hours)
    for _ in range(29):
        await pass_time(30)
        assert value(hass, bank, "current") == -21.0
    sample = bank.runtime_data.data.sample
    assert sample.time - sample.shunt_time == pytest.approx(29 * 30 + 27, abs=30)
    for _ in range(2):
        await pass_time(30)
    assert of(hass, bank, "current").attributes["shunt"] == "stale"


@JUMPS
async def test_a_suspicion_is_watched_no_longer_for_it(
    hass: HomeAssistant,
    make_bank: MakeBank,
    readers: FakeReaders,
    pass_time: PassTime,
    set_clock: SetClock,
    hours: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bank = await make_bank(2)
    Says(bank, monkeypatch).now(status=Status.WATCHING)
    for _ in range(30):
        await pass_time(10)
    set_clock(hours)

    async def readings(minutes: int) -> int:
        before = readers[ADDRESSES[0]].reads
        for _ in range(6 * minutes):
            await pass_time(10)
        return readers[ADDRESSES[0]].reads - before

    assert await readings(1) == 6
    await readings(20)
    assert await readings(1) == 2
