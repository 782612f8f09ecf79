"""Findings in one plain sentence, in the language of this Home Assistant."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN
from .core.battery import Battery
from .core.diagnosis.finding import Finding
from .core.diagnosis.sentence import key, placeholders


@callback
def async_sentence(hass: HomeAssistant, finding: Finding, batteries: Mapping[str, Battery]) -> str:
    """Say what is wrong, with which battery, and how much."""
    texts = async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)
    prefix = f"component.{DOMAIN}.common."
    template = texts.get(prefix + key(finding)) or texts.get(f"{prefix}finding_{finding.kind}")
    if template is None:
        return finding.kind.replace("_", " ")
    filled = placeholders(finding, batteries)
    return template.format_map(defaultdict(lambda: "?", filled))


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
