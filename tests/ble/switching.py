"""What the families answer while they are switched."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from custom_components.lifepo4_bank.ble.family import Mosfet
from custom_components.lifepo4_bank.ble.reader import BatteryReader
from custom_components.lifepo4_bank.core.battery import BatterySample
from tests.ble import frames

type MakeReader = Callable[..., BatteryReader]
type Answers = dict[bytes, Iterable[bytes]]

JBD_READ = bytes.fromhex("DDA50300FFFD77")
JBD_READ_CELLS = bytes.fromhex("DDA50400FFFC77")
JBD_TAKEN = bytes.fromhex("DDE10000000077")
JK_STREAM = bytes.fromhex("AA5590EB96" + "00" * 14 + "10")
JK_IDENTITY = bytes.fromhex("AA5590EB97" + "00" * 14 + "11")
DALY_READ = bytes.fromhex("D2030000003ED7B9")
DALY_SETTINGS = bytes.fromhex("D20300800029965F")
DALY_TEMPERATURE = bytes.fromhex("D203003E0009F7A3")
ANT_READ = bytes.fromhex("7EA1010000BE1855AA55")


def jbd_answers(status: bytes) -> Answers:
    return {JBD_READ: [status], JBD_READ_CELLS: [frames.JBD_CELLS]}


def jk_answers(cells: bytes, settings: bytes) -> Answers:
    return {JK_IDENTITY: [frames.jk_identity()], JK_STREAM: [settings, cells]}


def daly_answers(status: bytes, settings: bytes) -> Answers:
    return {
        DALY_READ: [status],
        DALY_SETTINGS: [settings],
        DALY_TEMPERATURE: [frames.DALY_MOSFET_TEMPERATURE],
    }


@dataclass(frozen=True)
class Case:
    """A command, and what the battery answers before and after it."""

    key: str
    mosfet: Mosfet
    on: bool
    sent: str
    before: Answers = field(repr=False)
    after: Answers = field(repr=False)

    def __str__(self) -> str:
        return f"{self.key}-{self.mosfet}-{'on' if self.on else 'off'}"


def switched(key: str, mosfet: Mosfet, on: bool, sent: str) -> Case:
    """Make the case of a family whose MOSFETs simply follow."""

    def answers(state: bool) -> Answers:
        now = {"charge": True, "discharge": True, mosfet.value: state}
        match key:
            case "jbd":
                code = 0 if all(now.values()) else 0x1000
                return jbd_answers(frames.jbd_status(code=code, **now))
            case "jikong":
                return jk_answers(frames.jk_cells(**now), frames.jk_settings(**now))
            case "daly":
                return daly_answers(
                    frames.daly_status(charge=now["charge"], discharge=now["discharge"]),
                    frames.daly_settings(**now),
                )
        codes = {name: 1 if closed else 0x0F for name, closed in now.items()}
        return {ANT_READ: [frames.ant_status(**codes)]}

    return Case(key, mosfet, on, sent, answers(not on), answers(on))


CASES = [
    switched("jbd", Mosfet.DISCHARGE, False, "DD5AE1020002FF1B77"),
    switched("jbd", Mosfet.DISCHARGE, True, "DD5AE1020000FF1D77"),
    switched("jbd", Mosfet.CHARGE, False, "DD5AE1020001FF1C77"),
    switched("jbd", Mosfet.CHARGE, True, "DD5AE1020000FF1D77"),
    switched("jikong", Mosfet.DISCHARGE, False, "AA5590EB1E04000000000000000000000000009C"),
    switched("jikong", Mosfet.DISCHARGE, True, "AA5590EB1E04010000000000000000000000009D"),
    switched("jikong", Mosfet.CHARGE, False, "AA5590EB1D04000000000000000000000000009B"),
    switched("jikong", Mosfet.CHARGE, True, "AA5590EB1D04010000000000000000000000009C"),
    switched("daly", Mosfet.DISCHARGE, False, "D20600A600007A4A"),
    switched("daly", Mosfet.DISCHARGE, True, "D20600A60001BB8A"),
    switched("daly", Mosfet.CHARGE, False, "D20600A500008A4A"),
    switched("daly", Mosfet.CHARGE, True, "D20600A500014B8A"),
    switched("ant", Mosfet.DISCHARGE, False, "7EA151010000D8E5AA55"),
    switched("ant", Mosfet.DISCHARGE, True, "7EA1510300007925AA55"),
    switched("ant", Mosfet.CHARGE, False, "7EA151040000C8E4AA55"),
    switched("ant", Mosfet.CHARGE, True, "7EA1510600006924AA55"),
]
WRITES = {bytes.fromhex(case.sent) for case in CASES}


def enabled(sample: BatterySample, mosfet: Mosfet) -> bool | None:
    discharge = mosfet is Mosfet.DISCHARGE
    return sample.discharge_enabled if discharge else sample.charge_enabled


def commanded(sample: BatterySample, mosfet: Mosfet) -> bool | None:
    discharge = mosfet is Mosfet.DISCHARGE
    return sample.discharge_commanded if discharge else sample.charge_commanded
