"""Conditions, as automations use them."""

from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.diagnosis.finding import Finding, Status

from .automations import device_id, entity_id, load
from .conftest import bank_entry, battery_entry, set_up
from .test_bank import of
from .test_bank_findings import SHARING, Says

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]


@pytest.mark.parametrize(
    ("findings", "status", "state", "expected"),
    [
        ((SHARING,), Status.OUT_OF_SYNC, "on", ["is_out_of_sync", "not is_in_sync"]),
        ((), Status.NO_LOAD, "off", ["is_in_sync", "not is_out_of_sync"]),
        ((), Status.UNKNOWN, "unknown", ["not is_in_sync", "not is_out_of_sync"]),
    ],
)
async def test_in_sync_out_of_sync_and_neither(
    hass: HomeAssistant,
    make_bank: MakeBank,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    findings: tuple[Finding, ...],
    status: Status,
    state: str,
    expected: list[str],
) -> None:
    bank = await make_bank(2)
    Says(bank, monkeypatch).now(*findings, status=status)
    await pass_time(28)
    assert of(hass, bank, "out_of_sync").state == state
    assert await held(hass, {"device_id": device_id(hass, bank)}) == expected


async def held(hass: HomeAssistant, target: dict[str, object], **options: str) -> list[str]:
    """Which of the conditions are met, and which are not."""
    calls = async_mock_service(hass, "test", "told")
    choices = []
    for name in ("is_in_sync", "is_out_of_sync"):
        condition = {"condition": f"{DOMAIN}.{name}", "target": target, "options": options}
        tell = {"action": "test.told", "data": {"held": name}}
        other = {"action": "test.told", "data": {"held": f"not {name}"}}
        choices.append({"if": [condition], "then": [tell], "else": [other]})
    asked = {"trigger": "event", "event_type": "asked"}
    await load(hass, {"alias": "Ask", "triggers": [asked], "actions": choices})
    hass.bus.async_fire("asked")
    await hass.async_block_till_done()
    return sorted(
        (call.data["held"] for call in calls), key=lambda name: (name.startswith("not"), name)
    )


@pytest.mark.parametrize(
    ("behavior", "expected"),
    [
        ("any", ["is_in_sync", "is_out_of_sync"]),
        ("all", ["not is_in_sync", "not is_out_of_sync"]),
    ],
)
async def test_of_two_banks_any_or_all(
    hass: HomeAssistant,
    make_bank: MakeBank,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    behavior: str,
    expected: list[str],
) -> None:
    bank = await make_bank(2)
    more = [battery_entry(number) for number in (2, 3)]
    await set_up(hass, *more)
    other = bank_entry(more)
    await set_up(hass, other)
    Says(bank, monkeypatch).now(SHARING)
    Says(other, monkeypatch).now(status=Status.IN_SYNC)
    await pass_time(28)
    banks: list[object] = [entity_id(hass, entry, "out_of_sync") for entry in (bank, other)]
    assert await held(hass, {"entity_id": banks}, behavior=behavior) == expected
