"""What can go wrong between us and one battery."""
# ruff: noqa: N818 - the names say what is the matter; that they are errors shows at `raise`

from enum import StrEnum

from ..core.battery import BatterySample, Seconds


class Reason(StrEnum):
    """Why a battery cannot be reached; the keys that translations use."""

    OUT_OF_RANGE = "out_of_range"
    """No adapter or proxy hears it."""
    NO_SLOT = "no_slot"
    """Every connection slot stayed taken."""
    NO_CONNECTION = "no_connection"
    """It is heard, but the connection does not come about."""
    HELD_BY_ANOTHER = "held_by_another"
    """It is heard well, but somebody else, probably a phone app, has its only connection."""
    SILENT = "silent"
    """Connected, but no answer."""
    LINK_LOST = "link_lost"
    """The connection broke off."""
    RELEASED = "released"
    """We let go on purpose, so that the phone app can connect."""


class BatteryError(Exception):
    """Base of everything that this package raises on purpose."""


class Unreachable(BatteryError):
    """No reading, because there is no conversation; `retry_after` says when to try again."""

    def __init__(self, reason: Reason, retry_after: Seconds = 0.0, detail: str = "") -> None:
        """Keep the reason; `detail` is for the log only."""
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.retry_after = retry_after


class HeldByAnother(Unreachable):
    """Somebody else has the battery's only connection."""

    def __init__(self, retry_after: Seconds = 0.0, detail: str = "") -> None:
        """Fill in the reason."""
        super().__init__(Reason.HELD_BY_ANOTHER, retry_after, detail)


class AuthenticationRefused(BatteryError):
    """The battery does not accept the secret."""


class GarbledReply(BatteryError):
    """The battery answered, but nothing that can be understood."""


class NotSwitchable(BatteryError):
    """No published command switches this MOSFET of this family."""


class CommandRefused(BatteryError):
    """The battery answered a command with an error code."""

    def __init__(self, code: int) -> None:
        """Keep the battery's own code."""
        super().__init__(f"refused with code {code:#04x}")
        self.code = code


class NotConfirmed(BatteryError):
    """The command was sent, but the reading does not follow it; `sample` is that reading."""

    def __init__(self, sample: BatterySample) -> None:
        """Keep the last reading."""
        super().__init__("reading does not follow the command")
        self.sample = sample


class ForbiddenBytes(BatteryError):
    """Something tried to send bytes that are not on the list; nothing was sent."""

    def __init__(self, frame: bytes) -> None:
        """Name the bytes."""
        super().__init__(f"not on the list: {frame.hex(' ')}")
        self.frame = frame
