"""Findings and wrong sensors in plain sentences, in the language of this Home Assistant."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN
from .core.battery import Battery
from .core.diagnosis.calibration import far
from .core.diagnosis.finding import BankState, Finding, GainEstimate
from .core.diagnosis.naming import Naming
from .core.layout import Layout
from .core.wording import faults, listed


@callback
def async_naming(hass: HomeAssistant, batteries: Mapping[str, Battery], layout: Layout) -> Naming:
    """Return what sentences call these batteries, and all words that sentences are made of."""
    return Naming(batteries, layout, _texts(hass))


def sensor_sentences(state: BankState, naming: Naming) -> list[str]:
    """Say which current sensors are wrong: the shunt, and those whose gain is far from 1."""
    trouble = state.sample.shunt_trouble if state.sample else None
    said = [] if trouble is None else [naming.texts[f"shunt_{trouble}"]]
    wrong: dict[GainEstimate, list[str]] = {}
    for battery, gain in state.current_gain.items():
        if far(gain):
            wrong.setdefault(gain, []).append(battery)
    for gain, batteries in wrong.items():
        way = "high" if gain.value > 1 else "low"
        percent = f"{100 * abs(gain.value - 1):.0f}"
        text = naming.texts[f"gain_{gain.witness}_{way}"]
        said.append(text.format(battery=naming.listed(batteries), percent=percent))
    return said


@callback
def async_listed(hass: HomeAssistant, names: Sequence[str], language: str | None = None) -> str:
    """Join names the way people do, in the language of this Home Assistant or another."""
    return listed(names, _common(hass, language or hass.config.language))


def _texts(hass: HomeAssistant) -> dict[str, str]:
    return _common(hass, hass.config.language) | _flags(hass)


def _common(hass: HomeAssistant, language: str) -> dict[str, str]:
    texts = async_get_cached_translations(hass, language, "common", DOMAIN)
    prefix = f"component.{DOMAIN}.common."
    return {key.removeprefix(prefix): text for key, text in texts.items()}


def _flags(hass: HomeAssistant) -> dict[str, str]:
    """Give the words for what a BMS protects from, which its binary sensor uses, too."""
    texts = async_get_cached_translations(hass, hass.config.language, "entity", DOMAIN)
    prefix = f"component.{DOMAIN}.entity.binary_sensor.problem.state_attributes.protections.state."
    return {
        f"flag_{key.removeprefix(prefix)}": text
        for key, text in texts.items()
        if key.startswith(prefix)
    }


@callback
def async_flag_words(hass: HomeAssistant, flags: Iterable[str]) -> str:
    """Say what a BMS protects its battery from."""
    return faults(flags, _texts(hass))


def described(finding: Finding, batteries: Mapping[str, Battery], message: str) -> dict[str, Any]:
    """Return a finding for attributes, events and answers; batteries by name."""
    return {
        "kind": finding.kind.value,
        "cause": finding.cause,
        "severity": finding.severity.name.lower(),
        "batteries": [
            batteries[battery].name if battery in batteries else battery
            for battery in finding.batteries
        ],
        "evidence": {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in finding.evidence.items()
        },
        "message": message,
    }
