"""Answers of JBD, JK, Daly and ANT batteries, put together field by field."""

from collections.abc import Sequence

from aiobmsble.basebms import crc_modbus


def jbd(register: int, content: bytes, status: int = 0) -> bytes:
    """Return a JBD reply."""
    checked = bytes((status, len(content))) + content
    return b"\xdd" + bytes((register,)) + checked + (-sum(checked) & 0xFFFF).to_bytes(2) + b"\x77"


JBD_ON = bytes.fromhex("DD03001D0618000001F201F400002C7C00000000000080640304030B8B0B8A0B84FA8D77")
JBD_CHARGE_LOCKED = bytes.fromhex(
    "DD03001D060B000001ED01F400002C7C00000000100080630204030BA00B9D0B98FA5577"
)
JBD_CELL_HIGH = bytes.fromhex(
    "DD03001D059400006D606D6000082C7C00000000000180640204030B820B7C0B77FA7C77"
)
JBD_DISCHARGE_LOCKED = bytes.fromhex(
    "DD03001D0618000001F201F400002C7C00000000100080640104030B8B0B8A0B84FA7F77"
)
"""The first three as batteries sent them; the fourth made from the first."""
JBD_CELLS = jbd(0x04, b"".join(cell.to_bytes(2) for cell in (3901, 3900, 3899, 3900)))


def jbd_status(
    current: float = 0.0, code: int = 0, *, charge: bool = True, discharge: bool = True
) -> bytes:
    """Return JBD_ON with another current (A), code and MOSFETs."""
    content = bytearray(JBD_ON[4:-3])
    content[2:4] = round(current * 100).to_bytes(2, signed=True)
    content[16:18] = code.to_bytes(2)
    content[20] = charge | discharge << 1
    return jbd(0x03, bytes(content))


def _jk(kind: int, fields: dict[int, bytes]) -> bytes:
    frame = bytearray(300)
    frame[:5] = b"\x55\xaa\xeb\x90" + bytes((kind,))
    for at, value in fields.items():
        frame[at : at + len(value)] = value
    frame[-1] = sum(frame[:-1]) & 0xFF
    return bytes(frame)


def jk_identity(software: str = "15.10") -> bytes:
    """Return the answer to 97, with the "ready" that follows it."""
    ready = bytes.fromhex("AA5590EBC80101000000000000000000000000 44")
    return _jk(3, {6: b"JK_B2A8S20P", 22: b"15A", 30: software.encode(), 86: b"serial01"}) + ready


def jk_settings(*, charge: bool = True, discharge: bool = True) -> bytes:
    """Return the settings frame."""
    return _jk(1, {118: bytes((charge,)), 122: bytes((discharge,))})


def jk_cells(
    current: float = 0.0,
    code: int = 0,
    *,
    charge: bool = True,
    discharge: bool = True,
    soc: int = 80,
    shift: int = 0,
) -> bytes:
    """Return a cell frame; `shift` is -32 for 24 cells."""
    cells = {6 + 2 * n: (3300 + n).to_bytes(2, "little") for n in range(4)}
    code_field = {136: code.to_bytes(2, "little")} if shift else {166: code.to_bytes(4, "little")}
    return _jk(2, {
        **cells,
        70 + shift // 2: b"\x0f",
        150 + shift: (13_206).to_bytes(4, "little"),
        158 + shift: round(current * 1000).to_bytes(4, "little", signed=True),
        173 + shift: bytes((soc,)),
        174 + shift: (80_000).to_bytes(4, "little"),
        178 + shift: (100_000).to_bytes(4, "little"),
        182 + shift: (7).to_bytes(4, "little"),
        190 + shift: b"\x63",
        198 + shift: bytes((charge,)),
        199 + shift: bytes((discharge,)),
        **code_field,
    })  # fmt: skip


def modbus(head: str, content: bytes = b"") -> bytes:
    """Return a Modbus frame with its checksum."""
    frame = bytes.fromhex(head) + content
    return frame + crc_modbus(frame).to_bytes(2, "little")


def _registers(count: int, values: dict[int, int]) -> bytes:
    return b"".join(values.get(register, 0).to_bytes(2) for register in range(count))


def daly_status(
    current: float = 0.0,
    alarms: Sequence[int] = (0, 0, 0, 0),
    *,
    charge: bool = True,
    discharge: bool = True,
) -> bytes:
    """Return the 62 registers of the D2 protocol."""
    values = {
        **{n: 3300 + n for n in range(4)},
        0x20: 65,
        0x28: 132,
        0x29: 30_000 + round(current * 10),
        0x2A: 805,
        0x30: 800,
        0x31: 4,
        0x32: 1,
        0x33: 12,
        0x35: charge,
        0x36: discharge,
        **dict(enumerate(alarms, start=0x3A)),
    }
    return modbus("D2 03 7C", _registers(62, values))


def daly_settings(*, charge: bool = True, discharge: bool = True) -> bytes:
    """Return the 41 registers from 80 on."""
    return modbus("D2 03 52", _registers(41, {0: 1000, 0x25: charge, 0x26: discharge}))


DALY_MOSFET_TEMPERATURE = modbus("D2 03 12", bytes(8) + (25 + 40).to_bytes(2) + bytes(8))


def ant_status(
    current: float = 0.0, *, charge: int = 1, discharge: int = 1, state: int = 1
) -> bytes:
    """Return the status of a battery with four cells and two temperature sensors."""
    cells, sensors = 4, 2
    shift = 2 * (cells + sensors)
    frame = bytearray(152 + shift + 4)
    frame[:6] = bytes((0x7E, 0xA1, 0x11, 0, 0, 0))
    frame[5] = len(frame) - 10
    frame[7], frame[8], frame[9] = state, sensors, cells
    for n in range(cells):
        frame[34 + 2 * n : 36 + 2 * n] = (3300 + n).to_bytes(2, "little")
    for n in range(sensors + 2):
        at = 34 + 2 * cells + 2 * n
        frame[at : at + 2] = (20 + n).to_bytes(2, "little")
    frame[38 + shift : 40 + shift] = (1321).to_bytes(2, "little")
    frame[40 + shift : 42 + shift] = round(current * 10).to_bytes(2, "little", signed=True)
    frame[42 + shift : 44 + shift] = (80).to_bytes(2, "little")
    frame[44 + shift : 46 + shift] = (99).to_bytes(2, "little")
    frame[46 + shift], frame[47 + shift] = charge, discharge
    frame[50 + shift : 54 + shift] = (100_000_000).to_bytes(4, "little")
    frame[54 + shift : 58 + shift] = (80_000_000).to_bytes(4, "little")
    frame[58 + shift : 62 + shift] = (123_000).to_bytes(4, "little")
    frame[-4:-2] = crc_modbus(bytes(frame[1:-4])).to_bytes(2, "little")
    frame[-2:] = b"\xaa\x55"
    return bytes(frame)
