"""Families: all of the library's, found by its own matchers, told apart, and woken by Home Assistant."""

import json
from pathlib import Path
import pkgutil
import time
from typing import cast

from aiobmsble import bms as library
from aiobmsble.test_data import bms_advertisements, ignore_advertisements
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.components.bluetooth.match import BluetoothMatcherIndex
from homeassistant.loader import BluetoothMatcher
import pytest

from custom_components.lifepo4_bank.ble.details import details_of
from custom_components.lifepo4_bank.ble.family import (
    FAMILIES,
    NO_BATTERY,
    Family,
    Mosfet,
    identify,
    library_class,
)
from script.matchers import MANIFEST, manifest_matchers

LITIME_SERVICE = "0000ffe0-0000-1000-8000-00805f9b34fb"
ADVERTISEMENTS = bms_advertisements()
IGNORED = ignore_advertisements()


def identified(advertisement: AdvertisementData, address: str) -> Family | None:
    """Ask as the glue asks."""
    return identify(
        advertisement.local_name,
        advertisement.service_uuids,
        advertisement.manufacturer_data,
        advertisement.service_data,
        address,
    )


def litime(name: str, company: int = 0x585A) -> Family | None:
    """Identify an advertisement as the LiTime house sends it."""
    return identify(name, [LITIME_SERVICE], {company: bytes.fromhex("c8478015d834")})


def test_every_module_of_the_library_has_its_row() -> None:
    modules = {
        module.name.removesuffix("_bms")
        for module in pkgutil.iter_modules(library.__path__)
        if module.name.endswith("_bms")
    }
    assert modules == set(FAMILIES) | set(NO_BATTERY)
    assert not set(FAMILIES) & set(NO_BATTERY)


@pytest.mark.parametrize("key", FAMILIES)
def test_row_agrees_with_the_library(key: str) -> None:
    assert FAMILIES[key].key == key
    assert FAMILIES[key].secret is library_class(key).accept_secret


def test_five_families_can_be_switched() -> None:
    switchable = {key for key, family in FAMILIES.items() if family.switchable}
    assert switchable == {"redodo", "jbd", "jikong", "daly", "ant"}
    assert all(FAMILIES[key].switchable == frozenset(Mosfet) for key in switchable)


@pytest.mark.parametrize(
    ("advertisement", "address", "module"),
    [pytest.param(*row[:3], id=f"{row[2]}-{row[0].local_name}") for row in ADVERTISEMENTS],
)
def test_recorded_advertisement(
    advertisement: AdvertisementData, address: str, module: str
) -> None:
    key = module.removesuffix("_bms")
    family = identified(advertisement, address)
    assert family == FAMILIES.get(key)


@pytest.mark.parametrize(
    ("advertisement", "address"), [row[:2] for row in IGNORED], ids=[row[2] for row in IGNORED]
)
def test_other_things_are_no_battery(advertisement: AdvertisementData, address: str) -> None:
    assert identified(advertisement, address) is None


def test_manifest_is_up_to_date() -> None:
    assert json.loads(Path(MANIFEST).read_text("utf-8"))["bluetooth"] == manifest_matchers()


@pytest.fixture(scope="module")
def index() -> BluetoothMatcherIndex:
    """Return Home Assistant's own matching over our manifest."""
    index = BluetoothMatcherIndex()
    for matcher in json.loads(Path(MANIFEST).read_text("utf-8"))["bluetooth"]:
        assert index.add(cast("BluetoothMatcher", {"domain": "lifepo4_bank", **matcher}))
    index.build()
    return index


@pytest.mark.parametrize(
    ("advertisement", "address"),
    [
        pytest.param(*row[:2], id=f"{row[2]}-{row[0].local_name}")
        for row in ADVERTISEMENTS
        if row[2].removesuffix("_bms") in FAMILIES
    ],
)
def test_home_assistant_wakes_for_it(
    advertisement: AdvertisementData, address: str, index: BluetoothMatcherIndex
) -> None:
    name = advertisement.local_name or address
    info = BluetoothServiceInfoBleak(
        name=name,
        address=address,
        rssi=-60,
        manufacturer_data=advertisement.manufacturer_data,
        service_data=advertisement.service_data,
        service_uuids=advertisement.service_uuids,
        source="local",
        device=BLEDevice(address, name, {}),
        advertisement=advertisement,
        connectable=True,
        time=time.monotonic(),
        tx_power=None,
    )
    assert index.match(info)


@pytest.mark.parametrize(
    ("name", "key", "brand", "model", "voltage", "capacity"),
    [
        ("R-24100BNN160-A00643", "redodo", "Redodo", "R-24100BNN160", 25.6, 100),
        ("L-12100BNNA70-A09683", "redodo", "LiTime", "L-12100BNNA70", 12.8, 100),
        ("LT-51230BGC-A00229", "redodo", "LiTime", "LT-51230BGC", 51.2, 230),
        ("PQ-24100B-A00292", "redodo", "Power Queen", "PQ-24100B", 25.6, 100),
        ("LT-12100BG-A07001", "redodo", "LiTime", "LT-12100BG", 12.8, 100),
        ("LT-12100BG-A06001", "ej", "LiTime", "LT-12100BG (older protocol)", 12.8, 100),
        ("LT-24100B-A00200", "ej", "LiTime", "LT-24100B (older protocol)", 25.6, 100),
        ("LT-24100B-A00300", "redodo", "LiTime", "LT-24100B", 25.6, 100),
    ],
)
def test_the_name_tells_brand_and_size(
    name: str, key: str, brand: str, model: str, voltage: float, capacity: float
) -> None:
    family = litime(name)
    assert family is FAMILIES[key]
    details = details_of(family, name)
    assert (details.brand, details.model) == (brand, model)
    assert details.nominal_voltage == pytest.approx(voltage)
    assert details.capacity == capacity
    assert details.serial == name.rpartition("-")[2]


def test_older_litime_with_its_other_company_number_cannot_be_switched() -> None:
    family = litime("LT-12100BG-A03042", company=33384)
    assert family is FAMILIES["ej"]
    assert not family.switchable


def test_solar_charger_of_the_same_house_is_no_battery() -> None:
    assert litime("BT-LTMPPT4860") is None


def test_unknown_name_tells_nothing() -> None:
    details = details_of(FAMILIES["redodo"], "S-17")
    assert (details.model, details.serial) == (FAMILIES["redodo"].model, None)
    assert details.nominal_voltage is None
    assert details.capacity is None
