"""A battery behind a client without a radio."""

from collections.abc import Callable, Iterator

from aiobmsble.basebms import BaseBMS
from bleak.backends.device import BLEDevice
from hypothesis import settings
import pytest

from custom_components.lifepo4_bank.ble.commands.jbd import Jbd
from custom_components.lifepo4_bank.ble.family import FAMILIES, load_families
from custom_components.lifepo4_bank.ble.link import Link
from custom_components.lifepo4_bank.ble.links import Links
from custom_components.lifepo4_bank.ble.reader import BatteryReader
from tests.ble import litime_frames as litime
from tests.ble.client import ADDRESS, BATTERIES, FakeBattery, FakeClient, establish

settings.register_profile("fuzz", max_examples=1_000, deadline=None)
"""At least 200,000 frames for each family: pytest tests/ble/test_fuzz.py --hypothesis-profile fuzz"""

STATUS = bytes.fromhex("000004011355aa17")
READER = "custom_components.lifepo4_bank.ble.reader"


@pytest.fixture(scope="session", autouse=True)
def families() -> None:
    """Import the library's modules once."""
    load_families()


@pytest.fixture(autouse=True)
def radio(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the client without a radio in bleak's place, late, as Home Assistant does."""
    monkeypatch.setattr("bleak.BleakClient", FakeClient)
    # a link puts it there, too; this takes it away afterwards
    monkeypatch.setattr("aiobmsble.basebms.BleakClient", FakeClient)
    monkeypatch.setattr("bleak_retry_connector.BleakClientWithServiceCache", FakeClient)
    monkeypatch.setattr("bleak_retry_connector.establish_connection", establish)
    # judging a command takes seconds with a battery and nothing here
    monkeypatch.setattr(Link, "SETTLE", 0.001)
    monkeypatch.setattr(Link, "PATIENCE", 0.05)
    monkeypatch.setattr(Jbd, "REPLY_TIMEOUT", 0.02)
    monkeypatch.setattr(BaseBMS, "_RETRY_TIMEOUT", 0.01)
    monkeypatch.setattr(BaseBMS, "TIMEOUT", 0.05)
    monkeypatch.setattr(f"{READER}.DETAILS_TIMEOUT", 0.05)
    yield
    BATTERIES.clear()


@pytest.fixture
def battery() -> FakeBattery:
    """Return the battery at ADDRESS."""
    return BATTERIES.setdefault(ADDRESS, FakeBattery())


@pytest.fixture
def make_reader(battery: FakeBattery) -> Callable[..., BatteryReader]:
    """Return a function that makes a reader of a family for the battery at ADDRESS."""

    def make(key: str, **options: object) -> BatteryReader:
        device = BLEDevice(ADDRESS, "battery", {})
        links = options.pop("links", None) or Links()
        return BatteryReader(
            ADDRESS,
            FAMILIES[key],
            options.pop("ble_device", lambda: device),  # type: ignore[arg-type]
            links,  # type: ignore[arg-type]
            **options,  # type: ignore[arg-type]
        )

    return make


@pytest.fixture
def answering(battery: FakeBattery) -> FakeBattery:
    """Return a LiTime battery that answers."""
    battery.answers[STATUS] = [litime.B]
    return battery
