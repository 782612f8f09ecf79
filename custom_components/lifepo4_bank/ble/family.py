"""Which batteries there are: one row for each family that aiobmsble reads.

A family is a protocol; its key is the name of the aiobmsble module without `_bms`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
import importlib
import logging

from aiobmsble import MatcherPattern
from aiobmsble.basebms import BaseBMS
from aiobmsble.utils import bms_supported
from bleak.backends.scanner import AdvertisementData

from ..core.battery import Amperes
from ..core.verdict import Mosfet

__all__ = [
    "FAMILIES",
    "NO_BATTERY",
    "Family",
    "Mosfet",
    "identify",
    "is_known",
    "library_class",
    "load_families",
    "matchers",
]

_LOGGER = logging.getLogger(__name__)

BOTH = frozenset(Mosfet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One protocol and the batteries that speak it."""

    key: str
    brand: str
    model: str
    switchable: frozenset[Mosfet] = frozenset()
    secret: bool = False
    """Whether the battery may ask for a password or PIN."""
    floor: Amperes | None = None
    """Smallest current that the BMS reports, where it is known."""


def _family(
    key: str,
    brand: str,
    model: str = "smart BMS",
    *,
    switchable: frozenset[Mosfet] = frozenset(),
    secret: bool = False,
    floor: Amperes | None = None,
) -> tuple[str, Family]:
    """Make one row."""
    row = Family(
        key=key, brand=brand, model=model, switchable=switchable, secret=secret, floor=floor
    )
    return key, row


FAMILIES: Mapping[str, Family] = dict(
    (
        _family("redodo", "LiTime", "Bluetooth battery", switchable=BOTH, floor=1.5),
        _family("jbd", "JBD", switchable=BOTH, secret=True),
        _family("jikong", "JK", switchable=BOTH),
        _family("daly", "Daly", switchable=BOTH),
        _family("ant", "ANT", switchable=BOTH, secret=True),
        _family("abc", "ABC/SOK", "ABC-BMS"),
        _family("ag", "AG Automotive", "AG Power Lithium"),
        _family("ant_leg", "ANT", "legacy smart BMS"),
        _family("braunpwr", "Braun Power"),
        _family("buknuwo", "Buknuwo", "smart battery"),
        _family("c4s", "Generic", "C4S100"),
        _family("cbtpwr", "CBT Power"),
        _family("cbtpwr_vb", "Creabest", "VB series"),
        _family("daren", "Daren"),
        _family("dometic", "Dometic", "Büttner BMS", secret=True),
        _family("dpwrcore", "D-powercore"),
        _family("ecoworthy", "ECO-WORTHY", "BW 02/0B"),
        _family("eg4", "EG4 electronics", "LL"),
        _family("ej", "E&J Technology"),
        _family("ejpro", "E&J Technology", "smart BMS PRO"),
        _family("eleksol", "Eleksol", secret=True),
        _family("epoch_pro", "Epoch", "Pro"),
        _family("felicity", "Felicity Solar", "LiFePO4 battery"),
        _family("gobel", "Gobel Power", "BLE BMS"),
        _family("greenway", "Greenway", "BMS"),
        _family("humsienk", "Humsienk", "BMC"),
        _family("lipower", "Ective", "LiPower BMS"),
        _family("lithionics", "Lithionics", "NeverDie smart BMS"),
        _family("myvolta", "Voltagen Power Solutions", "MyVolta"),
        _family("ogt", "Offgridtec", "LiFePO4 Smart Pro"),
        _family("pace", "PeiCheng Technology", "PACEEX Smart BMS"),
        _family("pro", "Pro BMS", "Smart Shunt"),
        _family("pwrboozt", "Powerboozt", "battery"),
        _family("pwrxtreme", "PowerXtreme"),
        _family("pylontech", "Pylontech", "RT series"),
        _family("renogy", "Renogy", "Bluetooth battery"),
        _family("renogy_pro", "Renogy", "BT battery pro"),
        _family("roypow", "RoyPow"),
        _family("saftkiste", "Batterieschmiede", "Saftkiste BMS", secret=True),
        _family("saihang", "Saihang Technology", "intelligent BMS"),
        _family("seplos", "Seplos", "smart BMS V3"),
        _family("seplos_v2", "Seplos", "smart BMS V2"),
        _family("superb", "Super-B", "Epsilon"),
        _family("superb_v2", "Super-B", "Epsilon v2"),
        _family("tdt", "TDT"),
        _family("tianpwr", "TianPwr"),
        _family("topband", "Topband"),
        _family("vatrer", "Vatrer"),
        _family("ws_nova", "Wattstunde", "Nova Core"),
        _family("x123smart", "123electric", "123\\SmartBMS", secret=True),
    )
)

NO_BATTERY: Mapping[str, str] = {
    "allpowers": "a power station; its two switches are outputs, it reports no cells or capacity",
    "dummy": "a template for developers",
    "neey": "an active balancer beside a BMS: it knows neither the current nor the MOSFETs",
}
"""Modules of aiobmsble that we leave alone, and why."""


@cache
def library_class(key: str) -> type[BaseBMS]:
    """Return aiobmsble's class of a family.

    Imports a module at its first call: blocking, so let an executor do it.
    """
    module = importlib.import_module(f"aiobmsble.bms.{key}_bms")
    found: type[BaseBMS] = module.BMS
    return found


@cache
def is_known(key: str) -> bool:
    """Whether this version and the installed aiobmsble can read such a family.

    Blocking at its first call for a family (imports); see `load_families`.
    """
    if key not in FAMILIES:
        return False
    try:
        # our commands import this module
        importlib.import_module(f"{__package__}.commands").link_class(key)
    except (ImportError, AttributeError) as error:
        _LOGGER.warning("The installed aiobmsble does not read the family %s: %s", key, error)
        return False
    return True


def load_families() -> None:
    """Import all families' modules, the library's and ours.

    Blocking (about a second): Home Assistant must call it in an executor, once, before
    `identify`, `is_known`, `matchers` or a BatteryReader; afterwards those never touch the disk.
    """
    for key in FAMILIES:
        is_known(key)


def matchers(family: Family) -> Sequence[MatcherPattern]:
    """Advertisements of this family, in the form that Home Assistant's manifest takes."""
    return library_class(family.key).matcher_dict_list()


def identify(
    name: str | None,
    service_uuids: Sequence[str] = (),
    manufacturer_data: Mapping[int, bytes] | None = None,
    service_data: Mapping[str, bytes] | None = None,
    address: str = "",
) -> Family | None:
    """Return the family that sends such an advertisement; None if no battery does.

    Call `load_families` in an executor before.
    """
    advertisement = AdvertisementData(
        local_name=name or None,
        manufacturer_data=dict(manufacturer_data or {}),
        service_data=dict(service_data or {}),
        service_uuids=[uuid.lower() for uuid in service_uuids],
        tx_power=None,
        rssi=-127,
        platform_data=(),
    )
    for family in FAMILIES.values():
        if not is_known(family.key):
            continue
        # its annotation says instance, its code needs the class
        if bms_supported(library_class(family.key), advertisement, address):  # type: ignore[arg-type]
            return family
    return None
