"""How a JBD battery's Bluetooth module is told its password: frames `FF AA CMD LEN data SUM`.

Older modules take the password as it is. Newer ones take a key that all apps share, and then the
password, disguised with their address and a random byte that they give. The maker's app goes on
with a key of the maker's own; that one is not published with the protocol and never sent here.
"""

HEAD = b"\xff\xaa"
TELL, RANDOM, TELL_DISGUISED = 0x15, 0x17, 0x18
TAKEN, REJECTED, NONE_SET = 0x00, 0x01, 0x02
"""Verdicts on what was told."""

_ANSWER_LENGTH = 6


def _frame(command: int, content: bytes = b"") -> bytes:
    body = bytes((command, len(content))) + content
    return HEAD + body + bytes((sum(body) & 0xFF,))


APP_KEY = _frame(TELL, b"000000")
ASK_RANDOM = _frame(RANDOM)


def told(secret: str) -> bytes:
    """Return the frame that tells a secret as it is."""
    return _frame(TELL, secret.encode("ascii", "replace")[:0xFF])


def told_disguised(secret: str, address: str, random: int) -> bytes | None:
    """Return the frame that tells a secret disguised; None for one that is not of six characters.

    `address` is the module's Bluetooth address, `random` the byte that it gave.
    """
    letters = secret.encode("ascii", "replace")
    mac = bytes.fromhex(address.replace(":", ""))
    if len(letters) != len(mac):
        return None
    mixed = ((ours ^ letter) + random & 0xFF for ours, letter in zip(mac, letters, strict=True))
    return _frame(TELL_DISGUISED, bytes(mixed))


def answer(frame: bytes, command: int) -> int | None:
    """Return the one byte that answers a command; None if this is no such answer."""
    fits = (
        len(frame) == _ANSWER_LENGTH
        and frame.startswith(HEAD)
        and frame[2:4] == bytes((command, 1))
    )
    return frame[4] if fits and sum(frame[2:5]) & 0xFF == frame[5] else None
