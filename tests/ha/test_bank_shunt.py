"""An external shunt: the bank's true current, what flows beside, and sensors that are wrong."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.diagnostics import async_get_config_entry_diagnostics

from .conftest import ADDRESSES, NAMES, FakeReaders
from .test_bank import of, value

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]

SHUNT = "sensor.shunt"
OPTIONS = {"current_sensor": SHUNT}


def shunt(hass: HomeAssistant, current: float | str, unit: str | None = "A") -> None:
    """Let the shunt report, also what it has reported before."""
    attributes = {} if unit is None else {"unit_of_measurement": unit}
    hass.states.async_set(SHUNT, str(current), attributes, force_update=True)


async def diagnosed(hass: HomeAssistant, bank: MockConfigEntry) -> dict[str, Any]:
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, bank.entry_id), bank.entry_id
    )
    assert device is not None
    response = await hass.services.async_call(
        DOMAIN, "diagnose", {"device_id": device.id}, blocking=True, return_response=True
    )
    assert response is not None
    return response


async def test_the_shunt_is_the_true_current(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime
) -> None:
    shunt(hass, -22500, "mA")
    bank = await make_bank(2, options=OPTIONS)
    assert value(hass, bank, "current") == -22.5
    assert value(hass, bank, "beside_batteries") == -2.5
    assert "shunt" not in of(hass, bank, "current").attributes


async def test_without_a_shunt_nothing_is_beside(hass: HomeAssistant, make_bank: MakeBank) -> None:
    bank = await make_bank(2)
    with pytest.raises(AssertionError):
        of(hass, bank, "beside_batteries")


@pytest.mark.parametrize(
    ("current", "unit", "why"),
    [
        (None, None, "missing"),
        ("unavailable", None, "unavailable"),
        ("unknown", "A", "unavailable"),
        ("much", "A", "unavailable"),
        ("nan", "A", "unavailable"),
        (-20, "W", "wrong_unit"),
        (20.4, "A", "inverted"),
        (-20400, "A", "unlike_batteries"),
        (-20.4, "mA", "unlike_batteries"),
    ],
)
async def test_a_shunt_that_cannot_be_right_is_left_out_with_the_reason(
    hass: HomeAssistant,
    make_bank: MakeBank,
    pass_time: PassTime,
    current: float | str | None,
    unit: str | None,
    why: str,
) -> None:
    if current is not None:
        shunt(hass, current, unit)
    bank = await make_bank(2, options=OPTIONS)
    await pass_time(27)
    assert value(hass, bank, "current") == -20.0
    assert value(hass, bank, "beside_batteries") is None
    assert of(hass, bank, "current").attributes["shunt"] == why
    (sentence,) = (await diagnosed(hass, bank))["current_sensors"]
    assert sentence.startswith("The current sensor of the bank is not used: ")
    shunt(hass, -20.4)
    await pass_time(27)
    assert value(hass, bank, "current") == -20.4
    assert "shunt" not in of(hass, bank, "current").attributes
    assert (await diagnosed(hass, bank))["current_sensors"] == []


@pytest.mark.parametrize("key", ["current", "battery_current"])
async def test_what_the_integration_itself_shows_is_no_shunt(
    hass: HomeAssistant,
    make_bank: MakeBank,
    readers: FakeReaders,
    pass_time: PassTime,
    key: str,
) -> None:
    """The bank's own current, taken for its shunt, would stand still for ever."""
    bank = await make_bank(2, options=OPTIONS)
    own = of(hass, bank, "current").entity_id
    battery = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{ADDRESSES[0]}_current")
    chosen = own if key == "current" else battery
    hass.config_entries.async_update_entry(bank, options={"current_sensor": chosen})
    await hass.config_entries.async_reload(bank.entry_id)
    await pass_time(27)
    readers[ADDRESSES[0]].shows(current=-14.0)
    await pass_time(130)
    assert value(hass, bank, "current") == -24.0
    assert value(hass, bank, "beside_batteries") is None
    assert of(hass, bank, "current").attributes["shunt"] == "own"
    (sentence,) = (await diagnosed(hass, bank))["current_sensors"]
    assert "which only repeats what the batteries report" in sentence


async def test_a_silent_shunt_is_dead_after_a_while(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime
) -> None:
    shunt(hass, -21.0)
    bank = await make_bank(2, options=OPTIONS)
    await pass_time(800)
    assert value(hass, bank, "current") == -21.0
    await pass_time(120)
    assert value(hass, bank, "current") == -20.0
    assert of(hass, bank, "current").attributes["shunt"] == "stale"


async def test_gains_are_told(
    hass: HomeAssistant, make_bank: MakeBank, readers: FakeReaders, pass_time: PassTime
) -> None:
    """Both batteries read 8 % too much; their shares never change."""
    bank = await make_bank(2, options=OPTIONS)
    for turn in range(80):
        current = (-40.0, -40.0, -40.0, -60.0, -60.0, -60.0)[turn % 6]
        for address in ADDRESSES[:2]:
            readers[address].shows(current=round(current / 2 * 1.08, 2))
        shunt(hass, current)
        await pass_time(28)
    told = await diagnosed(hass, bank)
    for name in NAMES[:2]:
        gain = told["current_gain"][name]
        assert gain["value"] == pytest.approx(108, abs=0.5)
        assert gain["sigma"] < 1
        assert gain["witness"] == "shunt_together"
    (sentence,) = told["current_sensors"]
    assert sentence.startswith(
        f"{NAMES[0]} and {NAMES[1]}: together the BMSs show 8 % more current"
    )
    download = await async_get_config_entry_diagnostics(hass, bank)
    gains = download["state"]["estimates"]["current_gain"]
    assert gains["battery_1"]["value"] == pytest.approx(1.08, abs=0.005)
    assert download["samples"][-1]["shunt_current"] in (-40.0, -60.0)


async def test_another_shunt_is_learned_anew(
    hass: HomeAssistant, make_bank: MakeBank, readers: FakeReaders, pass_time: PassTime
) -> None:
    bank = await make_bank(2, "series", options=OPTIONS)
    for turn in range(60):
        current = (-20.0, -20.0, -20.0, -30.0, -30.0, -30.0)[turn % 6]
        readers[ADDRESSES[0]].shows(current=current)
        readers[ADDRESSES[1]].shows(current=round(current * 1.06, 2))
        shunt(hass, current)
        await pass_time(28)
    gain = (await diagnosed(hass, bank))["current_gain"][NAMES[1]]
    assert gain["value"] == pytest.approx(106, abs=0.5)
    assert gain["witness"] == "shunt"
    await hass.config_entries.async_reload(bank.entry_id)
    await pass_time(130)
    assert (await diagnosed(hass, bank))["current_gain"][NAMES[1]]["count"] >= gain["count"]
    hass.config_entries.async_update_entry(bank, options={"current_sensor": "sensor.other"})
    await hass.config_entries.async_reload(bank.entry_id)
    await pass_time(130)
    assert (await diagnosed(hass, bank))["current_gain"][NAMES[1]]["witness"] == "series"
