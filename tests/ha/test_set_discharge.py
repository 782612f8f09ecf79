"""Switching by action: confirmed, asked for first, and only by those who may."""

from collections.abc import Awaitable, Callable
import time
from typing import Any

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.battery import BatteryState

from .conftest import ADDRESSES, NAMES, FakeReaders, battery_entry, set_up

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]


def device(hass: HomeAssistant, identifier: str) -> str:
    """Device id of a battery or a bank."""
    return next(
        device.id
        for entry in hass.config_entries.async_entries(DOMAIN)
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        if (DOMAIN, identifier) in device.identifiers
    )


async def call(hass: HomeAssistant, action: str, number: int = 0, **fields: Any) -> dict[str, Any]:
    """Call an action on a battery and return its response."""
    context = fields.pop("context", None)
    answer = await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": device(hass, ADDRESSES[number]), **fields},
        blocking=True,
        return_response=True,
        context=context,
    )
    assert isinstance(answer, dict)
    return answer


async def refused(hass: HomeAssistant, action: str, number: int = 0, **fields: Any) -> str:
    """Call an action that must be refused and return the sentence."""
    with pytest.raises(ServiceValidationError) as error:
        await call(hass, action, number, **fields)
    return str(error.value)


async def test_off_is_confirmed_and_every_check_reported(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    await make_bank(2)
    answer = await call(hass, "set_discharge", enabled=False)
    assert readers[ADDRESSES[0]].commands == [("discharge", False)]
    assert answer["battery"] == NAMES[0]
    assert answer["discharge_enabled"] is False
    assert [check["outcome"] for check in answer["checks"]] == ["passed"] * 10
    answer = await call(hass, "set_discharge", enabled=True)
    assert answer["discharge_enabled"] is True
    assert readers[ADDRESSES[1]].commands == []


async def test_the_interlock_says_why_not(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    readers.of(ADDRESSES[1]).shows(soc=0.1)
    await make_bank(2)
    why = await refused(hass, "set_discharge", enabled=False)
    assert why == (
        f"{NAMES[0]} was not switched off. Charge or voltage is so low that the battery may "
        f"switch off by itself: {NAMES[1]}"
    )
    assert readers[ADDRESSES[0]].commands == []
    answer = await call(hass, "set_discharge", enabled=False, force=True)
    assert readers[ADDRESSES[0]].commands == [("discharge", False)]
    assert [c["check"] for c in answer["checks"] if c["outcome"] != "passed"] == ["not_low"]


async def test_readings_are_taken_anew(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank, pass_time: Any
) -> None:
    await make_bank(2)
    await pass_time(7)
    readers[ADDRESSES[1]].shows(discharge_enabled=False)
    why = await refused(hass, "set_discharge", enabled=False)
    assert f"Already off: {NAMES[1]}" in why


async def test_a_battery_that_does_not_answer_forbids(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank, freezer: Any
) -> None:
    await make_bank(2)
    readers[ADDRESSES[1]].error = Unreachable(Reason.OUT_OF_RANGE)
    freezer.tick(61)
    why = await refused(hass, "set_discharge", enabled=False)
    assert f"There is no new and complete reading of {NAMES[1]}" in why


async def test_without_proof_it_tells_what_would_prove_it(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    readers.of(ADDRESSES[1]).shows(current=0.0, state=BatteryState.STANDBY)
    await make_bank(2)
    why = await refused(hass, "set_discharge", enabled=False)
    assert f"{NAMES[1]}. A load of 10 A or more for a minute would prove it" in why


async def test_what_conducted_lately_is_remembered(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank, pass_time: Any
) -> None:
    await make_bank(2)
    for address in ADDRESSES[:2]:
        readers[address].shows(current=0.0, state=BatteryState.STANDBY)
    for _ in range(3):
        await pass_time(60)
    assert (await call(hass, "set_discharge", enabled=False))["discharge_enabled"] is False


async def test_the_option_that_the_bank_does_not_power_home_assistant(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    readers.of(ADDRESSES[1]).shows(current=0.0, state=BatteryState.STANDBY)
    await make_bank(2, options={"powers_home_assistant": False})
    assert (await call(hass, "set_discharge", enabled=False))["discharge_enabled"] is False


async def test_a_battery_without_a_bank_needs_force(
    hass: HomeAssistant, readers: FakeReaders, battery: MockConfigEntry
) -> None:
    why = await refused(hass, "set_discharge", enabled=False)
    assert why == (
        f"{NAMES[0]} was not switched off. This battery belongs to no bank, so it is not known "
        "what else would carry the load"
    )
    answer = await call(hass, "set_discharge", enabled=False, force=True)
    assert answer["discharge_enabled"] is False


async def test_a_bank_that_is_not_loaded_has_an_unknown_bus(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    readers.of(ADDRESSES[0]).shows(discharge_enabled=False, current=0.0, state=BatteryState.STANDBY)
    bank = await make_bank(2)
    await hass.config_entries.async_unload(bank.entry_id)
    why = await refused(hass, "set_discharge", enabled=True)
    assert "It is not known whether its voltage is that of the others" in why
    assert readers[ADDRESSES[0]].commands == []
    await hass.config_entries.async_remove(bank.entry_id)
    assert (await call(hass, "set_discharge", enabled=True))["discharge_enabled"] is True


async def test_charging_is_switched_the_same_way(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    await make_bank(2)
    answer = await call(hass, "set_charge", enabled=False, force=True)
    assert readers[ADDRESSES[0]].commands == [("charge", False)]
    assert answer["charge_enabled"] is False
    assert answer["discharge_enabled"] is True


async def test_a_failed_command_is_told(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    await make_bank(2)
    readers[ADDRESSES[0]].switch_error = Unreachable(Reason.LINK_LOST)
    with pytest.raises(HomeAssistantError) as error:
        await call(hass, "set_discharge", enabled=False)
    assert error.value.translation_key == "switch_unreachable"


async def test_a_bank_is_no_battery(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    bank = await make_bank(2)
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(
            DOMAIN,
            "set_discharge",
            {"device_id": device(hass, bank.entry_id), "enabled": False},
            blocking=True,
        )
    assert error.value.translation_key == "not_a_battery"


@pytest.mark.parametrize(
    ("entities", "allowed"),
    [
        ({"domains": {"switch": {POLICY_CONTROL: True}}}, True),
        ({"domains": {"sensor": {POLICY_CONTROL: True}}}, False),
        ({}, False),
        (True, True),
    ],
)
async def test_only_those_who_may_use_the_switch_may_call(
    hass: HomeAssistant,
    readers: FakeReaders,
    make_bank: MakeBank,
    entities: Any,
    allowed: bool,
) -> None:
    await make_bank(2)
    user = MockUser(name="guest").add_to_hass(hass)
    user.mock_policy({"entities": entities})
    context = Context(user_id=user.id)
    if allowed:
        await call(hass, "set_discharge", enabled=False, context=context)
        assert readers[ADDRESSES[0]].commands == [("discharge", False)]
        return
    with pytest.raises(Unauthorized):
        await call(hass, "set_discharge", enabled=False, context=context)
    assert readers[ADDRESSES[0]].commands == []


async def test_one_battery_of_a_bank_at_a_time(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    await make_bank(2)
    lone = battery_entry(2)
    await set_up(hass, lone)
    gear = hass.data["lifepo4_bank.switchgear"]
    with gear.hold(hass.config_entries.async_loaded_entries(DOMAIN)[0].runtime_data):
        for number in (0, 1):
            why = await refused(hass, "set_discharge", number, enabled=True, force=True)
            assert f"still has to be switched on again: {NAMES[0]}" in why
        assert (await call(hass, "set_discharge", 2, enabled=False, force=True))["battery"]
    assert (await call(hass, "set_discharge", enabled=True))["discharge_enabled"] is True


async def test_nothing_is_switched_off_while_home_assistant_stops(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    await make_bank(2)
    assert time.time() > 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(hass), "is_stopping", property(lambda _: True))
        with pytest.raises(HomeAssistantError) as error:
            await call(hass, "set_discharge", enabled=False)
    assert error.value.translation_key == "stopping"
