"""What the batteries of a bank read now, in words, for pages that people read."""

from homeassistant.const import UnitOfTemperature
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations, async_get_translations
from homeassistant.util.unit_conversion import TemperatureConverter

from .bank import BankCoordinator
from .bank_sentence import async_flag_words
from .const import DOMAIN
from .coordinator import BatteryCoordinator
from .core.battery import Amperes, BatterySample


@callback
def async_text(hass: HomeAssistant, key: str, **placeholders: str) -> str:
    """Return a text of the `common` section in the language of this Home Assistant."""
    texts = async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)
    return texts.get(f"component.{DOMAIN}.common.{key}", key).format(**placeholders)


async def async_live_values(bank: BankCoordinator, *, warmth: bool = False) -> str:
    """List every battery with its voltage, current, charge and switches, and how warm it is."""
    hass = bank.hass
    await async_get_translations(hass, hass.config.language, "common", [DOMAIN])
    return "\n".join(
        f"- **{seat.battery.name}**: "
        + (async_text(hass, "live_gone") if seat.gone else _line(hass, seat.coordinator, warmth))
        for seat in bank.seats.values()
    )


def _line(hass: HomeAssistant, coordinator: BatteryCoordinator | None, warmth: bool) -> str:
    reading = coordinator.data if coordinator else None
    if coordinator is None or reading is None or not coordinator.answered:
        return async_text(hass, "live_silent")
    parts = []
    if reading.voltage is not None:
        parts.append(f"{reading.voltage:.2f} V")
    if reading.current is not None:
        parts.append(_current(hass, reading.current))
    if reading.soc is not None:
        parts.append(async_text(hass, "live_charged", percent=f"{100 * reading.soc:.0f}"))
    for key, on in (("discharge", reading.discharge_enabled), ("charge", reading.charge_enabled)):
        if on is not None:
            parts.append(async_text(hass, f"live_{key}_{'on' if on else 'off'}"))
    if reading.protections:
        flags = async_flag_words(hass, reading.protections)
        parts.append(async_text(hass, "live_protection", flags=flags))
    if warmth or any("temperature" in flag for flag in reading.protections):
        parts += _temperature(hass, reading)
    return ", ".join(parts)


def _temperature(hass: HomeAssistant, reading: BatterySample) -> list[str]:
    """Tell how warm the cells are, in the owner's unit; nothing where that is not known."""
    if reading.temperature is None:
        return []
    unit = hass.config.units.temperature_unit
    degrees = TemperatureConverter.convert(reading.temperature, UnitOfTemperature.CELSIUS, unit)
    return [f"{degrees:.0f} {unit}"]


def _current(hass: HomeAssistant, current: Amperes) -> str:
    """Say in words which way it flows."""
    amperes = f"{abs(current):.1f}"
    if not float(amperes):
        return async_text(hass, "live_no_current")
    return async_text(hass, "live_gives" if current < 0 else "live_takes", amperes=amperes)
