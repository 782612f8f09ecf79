"""Findings in one plain sentence, in the language of this Home Assistant."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN
from .core.battery import Battery
from .core.diagnosis.finding import Finding
from .core.diagnosis.sentence import sentence


@callback
def async_sentence(hass: HomeAssistant, finding: Finding, batteries: Mapping[str, Battery]) -> str:
    """Say what is wrong, with which battery, and how much."""
    texts = async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)
    prefix = f"component.{DOMAIN}.common."
    sentences = {key.removeprefix(prefix): text for key, text in texts.items()}
    return sentence(finding, batteries, sentences)


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
