"""LiTime frames against captures: what was decoded by others encodes to the very same bytes."""

import pytest

from virtual_bank.litime_frames import (
    CHECKSUM_ERROR,
    HANDSHAKE_ERROR,
    LENGTH_ERROR,
    OK,
    TYPE_ERROR,
    Status,
    Version,
    answer,
    refusal,
    request,
)

VECTORS = {
    "redodo_24v": (
        Status(
            terminal_mv=26182,
            cell_sum_mv=26556,
            cells_mv=(3317, 3319, 3324, 3323, 3320, 3314, 3322, 3317),
            current_ma=-1435,
            temperatures=(23, 22, -2),
            remaining_cah=6889,
            capacity_cah=10500,
            soc=65,
            cycles=3,
            discharged_ah=351,
        ),
        "000065019355aa0046660000bc670000f50cf70cfc0cfb0cf80cf20cfa0cf50c0000000000000000000000000000000065faffff17001600feff00000000e91a0429000000000000000000000000000000000000000000000000410064000000030000005f010000a2",
    ),
    "redodo_12v_idle": (
        Status(
            terminal_mv=13180,
            cell_sum_mv=13324,
            cells_mv=(3331,) * 4,
            temperatures=(23, 24),
            remaining_cah=10000,
            capacity_cah=10000,
            soc=99,
        ),
        "000065019355aa007c3300000c340000030d030d030d030d00000000000000000000000000000000000000000000000000000000170018000000000000001027102700000000000000000000000000000000000000000000000063006400000000000000000000008b",
    ),
    "redodo_12v_over_capacity": (
        Status(
            terminal_mv=13382,
            cell_sum_mv=13348,
            cells_mv=(3338, 3338, 3336, 3336),
            temperatures=(21, 21),
            remaining_cah=11126,
            capacity_cah=10099,
            soc=99,
            cycles=2,
            discharged_ah=222,
        ),
        "000065019355aa0046340000243400000a0d0a0d080d080d0000000000000000000000000000000000000000000000000000000015001500000000000000762b732700000000000000000000000000000000000000000000000063006400000002000000de0000002e",
    ),
    "litime_200ah": (
        Status(
            terminal_mv=13164,
            cell_sum_mv=13316,
            cells_mv=(3329,) * 4,
            temperatures=(17, 18),
            remaining_cah=19161,
            capacity_cah=21000,
            soc=91,
            soh=103,
            cycles=1,
            discharged_ah=297,
        ),
        "000065019355aa006c33000004340000010d010d010d010d0000000000000000000000000000000000000000000000000000000011001200000000000000d94a08520000000000000000000000000000000000000000000000005b0067000000010000002901000094",
    ),
    "power_queen_full": (
        Status(
            terminal_mv=14219,
            cell_sum_mv=13876,
            cells_mv=(3471, 3476, 3464, 3465),
            temperatures=(26, 26),
            remaining_cah=10058,
            capacity_cah=10058,
            other=0x48,
            alarm=0x04,
            soc=100,
            cycles=1,
            discharged_ah=191,
        ),
        "000065019355aa008b370000343600008f0d940d880d890d000000000000000000000000000000000000000000000000000000001a001a000000000000004a274a2700004800000004000000000000000000000000000000000064006400000001000000bf00000076",
    ),
    "litime_balancing": (
        Status(
            terminal_mv=14034,
            cell_sum_mv=13862,
            cells_mv=(3462, 3484, 3440, 3476),
            temperatures=(26, 25),
            remaining_cah=10089,
            capacity_cah=10089,
            other=0x48,
            alarm=0x04,
            balancing=0x04,
            soc=100,
            cycles=1,
            discharged_ah=107,
        ),
        "000065019355aa00d236000026360000860d9c0d700d940d000000000000000000000000000000000000000000000000000000001a00190000000000000069276927000048000000040000000000000000000000040000000000640064000000010000006b0000008d",
    ),
    "litime_full_cold": (
        Status(
            terminal_mv=13559,
            cell_sum_mv=13423,
            cells_mv=(3347, 3357, 3366, 3353),
            temperatures=(-1, -1),
            remaining_cah=14700,
            capacity_cah=14700,
            other=0x00010048,
            alarm=0x04,
            state=4,
            soc=100,
            soh=104,
            cycles=4,
            discharged_ah=661,
        ),
        "000065019355aa00f73400006f340000130d1d0d260d190d00000000000000000000000000000000000000000000000000000000ffffffff0000000000006c396c39000048000100040000000000000000000000000000000400640068000000040000009502000067",
    ),
    "discharge_off": (
        Status(
            terminal_mv=2731,
            cell_sum_mv=13324,
            cells_mv=(3331,) * 4,
            temperatures=(23, 24),
            remaining_cah=10000,
            capacity_cah=10000,
            other=0x80,
            soc=99,
        ),
        "000065019355aa00ab0a00000c340000030d030d030d030d000000000000000000000000000000000000000000000000000000001700180000000000000010271027000080000000000000000000000000000000000000000000630064000000000000000000000011",
    ),
    "undervoltage": (
        Status(
            terminal_mv=13180,
            cell_sum_mv=13324,
            cells_mv=(3331,) * 4,
            temperatures=(23, 24),
            remaining_cah=10000,
            capacity_cah=10000,
            other=0x80,
            protection=0x20,
            soc=99,
        ),
        "000065019355aa007c3300000c340000030d030d030d030d00000000000000000000000000000000000000000000000000000000170018000000000000001027102700008000000000000000200000000000000000000000000063006400000000000000000000002b",
    ),
}


@pytest.mark.parametrize(("status", "captured"), VECTORS.values(), ids=VECTORS)
def test_status_is_encoded_as_captured(status: Status, captured: str) -> None:
    assert status.encode().hex() == captured


@pytest.mark.parametrize(
    ("command", "captured"),
    [
        (0x01, "000004010155aa05"),
        (0x0A, "000004010a55aa0e"),
        (0x0B, "000004010b55aa0f"),
        (0x0C, "000004010c55aa10"),
        (0x0D, "000004010d55aa11"),
        (0x10, "000004011055aa14"),
        (0x13, "000004011355aa17"),
        (0x16, "000004011655aa1a"),
    ],
)
def test_requests_are_as_published(command: int, captured: str) -> None:
    assert request(command).hex() == captured
    assert refusal(bytes.fromhex(captured)) == OK


@pytest.mark.parametrize(
    ("command", "code", "published"),
    [
        (0x01, 0, "000005018155aa0086"),
        (0x01, 6, "000005018155aa068c"),
        (0x0A, 0, "000005018a55aa008f"),
        (0x0B, 0, "000005018b55aa0090"),
        (0x0C, 0, "000005018c55aa0091"),
        (0x0D, 0, "000005018d55aa0092"),
    ],
)
def test_acknowledgements_are_as_published(command: int, code: int, published: str) -> None:
    assert answer(command, code).hex() == published


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("000004010d55aa12", CHECKSUM_ERROR),
        ("000004010d55ab12", HANDSHAKE_ERROR),
        ("000004020d55aa12", TYPE_ERROR),
        ("000005010d55aa12", LENGTH_ERROR),
        ("000004010d55aa", LENGTH_ERROR),
        ("", LENGTH_ERROR),
    ],
)
def test_malformed_requests_are_refused_with_their_code(frame: str, code: int) -> None:
    assert refusal(bytes.fromhex(frame)) == code


def test_version_has_its_fields_where_published() -> None:
    frame = Version(number=(1, 4, 0), date=(2024, 3, 31), hardware="T12100-V1.2").encode()

    assert len(frame) == 89
    assert frame[:8].hex() == "000055019655aa00"
    assert frame[8:18].hex() == "010004000000e807031f"
    assert frame[18:48] == b"T12100-V1.2".ljust(30, b"\x00")
