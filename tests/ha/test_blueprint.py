"""The blueprint tells the sentence, and shares the load out anew when asked to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
import shutil
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.diagnosis.finding import Kind, Severity, Status

from .automations import device_id, load
from .conftest import NAMES
from .test_bank_findings import NOTE, SHARING, Says

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]

TOP = Path(__file__).parents[2] / "blueprints" / "automation"
BLUEPRINT = "lifepo4_bank/notify_about_findings.yaml"
PHONE = {
    "action": "notify.mobile_app_phone",
    "data": {
        "title": "{{ title }}",
        "message": "{{ message }}",
        "data": {"actions": "{{ actions }}"},
    },
}
STANDS_BY = replace(SHARING, kind=Kind.NOT_PARTICIPATING, cause="unknown")


@dataclass
class Boat:
    """A bank, and what its owner is told."""

    bank: str
    says: Says
    phone: list[ServiceCall]

    def told(self) -> list[tuple[str, str, list[dict[str, str]]]]:
        """Title, message and buttons of each notification since the last question."""
        found = [
            (call.data["title"], call.data["message"], call.data["data"]["actions"])
            for call in self.phone
        ]
        self.phone.clear()
        return found


@pytest.fixture
async def boat(
    hass: HomeAssistant,
    make_bank: MakeBank,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Boat:
    """A bank with an automation from the blueprint; parametrized with its inputs."""
    shutil.copytree(TOP, tmp_path / "blueprints" / "automation")
    hass.config.config_dir = str(tmp_path)
    bank = await make_bank(2)
    phone = async_mock_service(hass, "notify", "mobile_app_phone")
    inputs = {"bank": device_id(hass, bank), "notification": [PHONE], **request.param}
    await load(hass, {"alias": "Boat", "use_blueprint": {"path": BLUEPRINT, "input": inputs}})
    return Boat(inputs["bank"], Says(bank, monkeypatch), phone)


@pytest.mark.parametrize("boat", [{}], indirect=True)
async def test_tells_the_sentence_and_that_it_is_over(boat: Boat, pass_time: PassTime) -> None:
    boat.says.now(SHARING, NOTE)
    await pass_time(28)
    ((title, message, buttons),) = boat.told()
    assert title == "House bank"
    assert message.startswith(f"{NAMES[1]} carries 30 % of the load")
    assert buttons == []
    boat.says.now(status=Status.IN_SYNC)
    await pass_time(28)
    ((title, again, _),) = boat.told()
    assert (title, again) == ("House bank", f"No longer so: {message}")


@pytest.mark.parametrize(
    "boat", [{"tell_when_cleared": False, "minimum_severity": "error"}], indirect=True
)
async def test_tells_no_more_than_wanted(boat: Boat, pass_time: PassTime) -> None:
    boat.says.now(SHARING)
    await pass_time(28)
    assert boat.told() == []
    boat.says.now(replace(SHARING, severity=Severity.ERROR))
    await pass_time(28)
    assert len(boat.told()) == 1
    boat.says.now(status=Status.IN_SYNC)
    await pass_time(28)
    assert boat.told() == []


@pytest.mark.parametrize("boat", [{"offer_resync": True}], indirect=True)
@pytest.mark.parametrize("refused", [False, True])
async def test_offers_to_share_the_load_out_anew(
    hass: HomeAssistant, boat: Boat, pass_time: PassTime, refused: bool
) -> None:
    asked: list[dict[str, Any]] = []

    async def resync(call: ServiceCall) -> dict[str, Any]:
        asked.append(dict(call.data))
        if refused:
            raise ServiceValidationError("Already off: B2")
        return {"message": "B1 was switched off for a moment."}

    hass.services.async_register(
        DOMAIN, "resync", resync, supports_response=SupportsResponse.OPTIONAL
    )
    boat.says.now(STANDS_BY, replace(SHARING, cause="path_resistance"))
    await pass_time(28)
    told = boat.told()
    buttons = [button for _, _, buttons in told for button in buttons]
    assert len(told) == 2, "both findings are told"
    assert [button["title"] for button in buttons] == ["Share the load out anew"]

    for action in ("LIFEPO4_RESYNC_another", buttons[0]["action"]):
        hass.bus.async_fire("mobile_app_notification_action", {"action": action})
        await hass.async_block_till_done()
    assert asked == [{"device_id": boat.bank}]
    ((title, message, _),) = boat.told()
    assert title == "House bank"
    assert message.startswith("The load was not shared" if refused else "B1 was switched off")


@pytest.mark.parametrize("boat", [{"offer_resync": False}], indirect=True)
async def test_does_not_switch_what_was_not_offered(
    hass: HomeAssistant, boat: Boat, pass_time: PassTime
) -> None:
    asked = async_mock_service(hass, DOMAIN, "resync")
    boat.says.now(STANDS_BY)
    await pass_time(28)
    ((_, _, buttons),) = boat.told()
    assert buttons == []
    action = f"LIFEPO4_RESYNC_{boat.bank}"
    hass.bus.async_fire("mobile_app_notification_action", {"action": action})
    await hass.async_block_till_done()
    assert asked == []
