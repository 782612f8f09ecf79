"""The password of a JBD battery's Bluetooth module, which answers nothing before it is told."""

from .wire import checksum

HEAD = b"\xff\xaa"
TELL, RANDOM, TELL_DISGUISED = 0x15, 0x17, 0x18
APP_KEY = b"000000"
TAKEN, REJECTED, NONE_SET = 0, 1, 2


class PasswordGate:
    """What one link has told so far."""

    def __init__(self, address: str, secret: str | None, *, disguised: bool) -> None:
        """Ask for nothing where `secret` is None; newer modules want it `disguised`."""
        self.open = secret is None
        self._mac = bytes.fromhex(address.replace(":", ""))
        self._secret = secret
        self._wants_disguise = disguised
        self._random: int | None = None
        self._key_told = False

    def answer(self, payload: bytes) -> bytes | None:
        """Return the answer to a frame; None for one that must never be sent."""
        if (
            len(payload) < 5
            or len(payload) != payload[3] + 5
            or payload[-1] != checksum(payload[2:-1])
        ):
            return None
        command, content = payload[2], payload[4:-1]
        if command == TELL:
            verdict = self._tell(content)
        elif command == RANDOM and not content and self._key_told:
            self._random = verdict = checksum(self._mac) ^ 0x62
        elif command == TELL_DISGUISED and self._random is not None:
            verdict = self._tell_disguised(content, self._random)
        else:
            return None
        body = bytes((command, 1, verdict))
        return HEAD + body + bytes((checksum(body),))

    def _tell(self, content: bytes) -> int:
        """Take the apps' key where the password comes later, else the password itself."""
        if self._secret is None:
            return NONE_SET
        if self._wants_disguise:
            self._key_told = content == APP_KEY
            return TAKEN if self._key_told else REJECTED
        self.open = content == self._secret.encode()
        return TAKEN if self.open else REJECTED

    def _tell_disguised(self, content: bytes, random: int) -> int:
        letters = (self._secret or "").encode()
        expected = bytes(
            (mine ^ letter) + random & 0xFF
            for mine, letter in zip(self._mac, letters, strict=False)
        )
        self._random = None
        self.open = content == expected
        return TAKEN if self.open else REJECTED
