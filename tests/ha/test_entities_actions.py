"""The actions work on batteries made from entities, through their own switches."""

from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.guarantee import GUARANTEE

from .conftest import bank_entry, set_up
from .test_set_discharge import device

UNITS = {"voltage": "V", "current": "A", "soc": "%"}

pytestmark = pytest.mark.usefixtures("quick")


class Source:
    """Another integration's battery: entities, and switches that obey."""

    def __init__(self, hass: HomeAssistant, name: str, current: float) -> None:
        self.hass = hass
        self.name = name
        self.values = {"voltage": 13.2, "current": current, "soc": 80.0}
        self.switches = {"discharge": "on", "charge": "on"}
        self.commands: list[tuple[str, str]] = []
        self.report()

    def report(self) -> None:
        """Tell everything anew."""
        for key, value in self.values.items():
            unit = {"unit_of_measurement": UNITS[key]}
            self.hass.states.async_set(
                f"sensor.{self.name}_{key}", str(value), unit, force_update=True
            )
        for key, state in self.switches.items():
            self.hass.states.async_set(f"switch.{self.name}_{key}", state)

    def turn(self, key: str, state: str) -> None:
        """Obey."""
        self.commands.append((key, state))
        self.switches[key] = state
        self.report()

    def entry(self) -> MockConfigEntry:
        """Return what the config flow makes of it."""
        data = {"kind": "entities", "nominal_voltage": 12.8, "invert_current": False}
        data |= {key: f"sensor.{self.name}_{key}" for key in self.values}
        data |= {f"{key}_switch": f"switch.{self.name}_{key}" for key in self.switches}
        options = {"capacity": 100.0}
        return MockConfigEntry(domain=DOMAIN, title=self.name, data=data, options=options)


class Boat:
    """Two such batteries in parallel."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.port, self.starboard = Source(hass, "port", -16.0), Source(hass, "starboard", -4.0)
        self.entries = [self.port.entry(), self.starboard.entry()]
        self.bank = bank_entry(self.entries)

        async def turn(call: ServiceCall) -> None:
            name, _, key = call.data["entity_id"].removeprefix("switch.").partition("_")
            source: Source = getattr(self, name)
            source.turn(key, call.service.removeprefix("turn_"))

        for service in ("turn_on", "turn_off"):
            hass.services.async_register("homeassistant", service, turn)

    async def call(self, action: str, entry: MockConfigEntry, **fields: Any) -> dict[str, Any]:
        """Call an action on a battery or the bank."""
        answer = await self.hass.services.async_call(
            DOMAIN,
            action,
            {"device_id": device(self.hass, entry.entry_id), **fields},
            blocking=True,
            return_response=True,
        )
        assert isinstance(answer, dict)
        return answer


@pytest.fixture
async def boat(hass: HomeAssistant) -> Boat:
    """Two such batteries that are set up, and their bank."""
    made = Boat(hass)
    await set_up(hass, *made.entries, made.bank)
    return made


@pytest.mark.parametrize("mosfet", ["discharge", "charge"])
async def test_a_switch_is_set(boat: Boat, mosfet: str) -> None:
    port, _ = boat.entries
    # What is charged was not seen to be taken over by the other.
    force = mosfet == "charge"
    answer = await boat.call(f"set_{mosfet}", port, enabled=False, force=force)
    assert answer["battery"] == "port"
    assert answer[f"{mosfet}_enabled"] is False
    answer = await boat.call(f"set_{mosfet}", port, enabled=True)
    assert answer[f"{mosfet}_enabled"] is True
    assert boat.port.commands == [(mosfet, "off"), (mosfet, "on")]
    assert boat.starboard.commands == []


async def test_the_interlock_asks_the_same(boat: Boat) -> None:
    boat.starboard.turn("discharge", "off")
    with pytest.raises(ServiceValidationError, match="Already off: starboard"):
        await boat.call("set_discharge", boat.entries[0], enabled=False)
    assert boat.port.commands == []


async def test_a_battery_is_switched_off_and_on_again(hass: HomeAssistant, boat: Boat) -> None:
    answer = await boat.call("cycle_discharge", boat.entries[0], off_seconds=2)
    assert answer["while_off"]["discharge_enabled"] is False
    assert answer["after"]["discharge_enabled"] is True
    assert answer["stopped_early_because"] == []
    assert 0 <= answer["waited_seconds"] < 5
    assert boat.port.commands == [("discharge", "off"), ("discharge", "on")]
    assert hass.data[GUARANTEE].opened == {}


async def test_the_bank_is_resynced_diagnosed_and_checked(boat: Boat) -> None:
    answer = await boat.call("resync", boat.bank)
    assert answer["battery"] == "port"
    assert answer["share_before"] == {"port": 80.0, "starboard": 20.0}
    assert boat.port.commands == [("discharge", "off"), ("discharge", "on")]
    assert (await boat.call("diagnose", boat.bank))["bank"] == boat.bank.title
    answer = await boat.call("start_check", boat.bank, check="pre_parallel")
    assert answer["waits"][0]["reason"] == "current_flows"


async def test_a_battery_without_switches_refuses(hass: HomeAssistant) -> None:
    boat = Boat(hass)
    boat.port.switches.clear()
    boat.entries[0] = boat.port.entry()
    await set_up(hass, *boat.entries, bank_entry(boat.entries))
    for force in (False, True):
        with pytest.raises(ServiceValidationError, match="knows no safe command"):
            await boat.call("set_discharge", boat.entries[0], enabled=False, force=force)
