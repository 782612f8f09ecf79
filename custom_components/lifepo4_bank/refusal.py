"""The interlock's answers in words, and as data for a response."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import async_get_hass
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.translation import async_get_exception_message

from .bank_sentence import async_listed
from .const import DOMAIN
from .core.verdict import Check, Verdict

_DIGITS = {"V": 2, "A": 0, "pct": 0, "s": 0}


def sentence(check: Check, names: Mapping[str, str]) -> str:
    """Tell the outcome of one check."""
    return async_get_exception_message(DOMAIN, check.translation_key, _placeholders(check, names))


def refusal(verdict: Verdict, names: Mapping[str, str]) -> ServiceValidationError:
    """Make the error that tells why a command was not sent.

    With `force`, only what force does not override counts.
    """
    force = verdict.command.force
    reasons = [check for check in verdict.reasons if not (force and check.overridable)]
    battery = verdict.command.battery
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="refused_on" if verdict.command.on else "refused_off",
        translation_placeholders={
            "battery": names.get(battery, battery),
            "reasons": ". ".join(sentence(check, names) for check in reasons),
        },
    )


def response(verdict: Verdict, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Report every check."""
    return [
        {
            "check": check.key,
            "outcome": check.outcome.value,
            "batteries": [names.get(battery, battery) for battery in check.batteries],
            "numbers": dict(check.numbers),
            "message": "" if check.passed else sentence(check, names),
        }
        for check in verdict.checks
    ]


def _placeholders(check: Check, names: Mapping[str, str]) -> dict[str, str]:
    numbers = {
        name: f"{value:.{_DIGITS[name.rpartition('_')[2]]}f}"
        for name, value in check.numbers.items()
    }
    batteries = [names.get(battery, battery) for battery in check.batteries]
    # Home Assistant tells what an exception is about in English.
    return numbers | {"batteries": async_listed(async_get_hass(), batteries, "en")}
