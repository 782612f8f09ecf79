"""The guided repair measures who carries a load, as proof that each battery conducts."""

from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank import start_check
from custom_components.lifepo4_bank.core import loadtest

from .conftest import ADDRESSES, NAMES, FakeReaders, RepairStep as Step
from .test_repairs import to_page, trip

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
async def tripped(
    hass: HomeAssistant,
    readers: FakeReaders,
    make_bank: MakeBank,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """A bank with a repair that ends with a load; measurements are short."""
    monkeypatch.setattr(start_check, "LASTS", 0.1)
    monkeypatch.setattr(loadtest, "LASTS", 0.1)
    return await trip(hass, readers, make_bank)


async def test_what_each_battery_carries_is_told_on_the_page(
    readers: FakeReaders, tripped: str, browser: Step
) -> None:
    page = await to_page(browser, tripped, "load")
    assert page["menu_options"] == ["test_load", "again", "next"]
    readers[ADDRESSES[0]].shows(current=-14.0)
    page = await browser(next_step_id="test_load")
    assert page["step_id"] == "load"
    assert page["description_placeholders"]["result"].startswith(
        f"Not even a quarter of its part was seen from {NAMES[1]}."
    )
    for address in ADDRESSES[:2]:
        readers[address].shows(current=-30.0)
    page = await browser(next_step_id="test_load")
    assert page["description_placeholders"]["result"] == (
        "Every battery carries current. With 60 A at most the load was large enough to be sure."
    )
    page = await browser(next_step_id="again")
    assert page["description_placeholders"]["result"] == ""


async def test_without_a_load_the_page_asks_for_one_and_does_not_wait(
    readers: FakeReaders, tripped: str, browser: Step
) -> None:
    await to_page(browser, tripped, "load")
    for address in ADDRESSES[:2]:
        readers[address].shows(current=0.0)
    page = await browser(next_step_id="test_load")
    assert page["description_placeholders"]["result"] == (
        "No load of 10 A or more flows now. Connect one, then measure again."
    )
