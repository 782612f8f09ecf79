"""What no battery can have is unknown, also when an entity shows it."""

from homeassistant.core import HomeAssistant
import pytest

from .test_entities_source import UNITS, read


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("voltage", "0"),
        ("voltage", "-13200"),
        ("voltage", "65535000"),
        ("current", "9999000"),
        ("current", "-1e12"),
        ("capacity", "0"),
        ("capacity", "-100000"),
        ("temperature", "-459"),
        ("temperature", "2000"),
    ],
)
async def test_an_impossible_value_is_unknown(hass: HomeAssistant, key: str, value: str) -> None:
    hass.states.async_set("sensor.odd", value, {"unit_of_measurement": UNITS[key]})
    sample = await read(hass, **{key: "sensor.odd"})
    assert getattr(sample, key) is None
    if key == "capacity":
        assert sample.remaining is None


async def test_cold_is_possible(hass: HomeAssistant) -> None:
    hass.states.async_set("sensor.odd", "-4", {"unit_of_measurement": "°F"})
    assert (await read(hass, temperature="sensor.odd")).temperature == pytest.approx(-20)
