"""What can go wrong on the radio of one battery, switched on demand."""

from dataclasses import asdict, dataclass, fields
import random


@dataclass(slots=True)
class Faults:
    """Disturbances of one battery's radio; the defaults are a good radio."""

    latency: float = 0.0
    """Seconds added to every notification and acknowledgement of a write."""
    connect_delay: float = 0.0
    """Seconds added to every attempt to connect."""
    silent: bool = False
    """Connected and written to, the battery notifies nothing."""
    fragment: int | None = None
    """Largest notification in bytes, as with an MTU of this size + 3."""
    garbled: int = 0
    """How many of the next frames arrive with wrong bytes; -1 for all."""
    truncated: int = 0
    """How many of the next frames lose their end; -1 for all."""
    stale: int = 0
    """How many of the next frames come behind a piece of an older one; -1 for all."""
    ack_delay: float = 0.0
    """Seconds added to acknowledgements of commands, so that a later answer comes first."""
    drop_mid_frame: int = 0
    """How many of the next frames break off half way, with the link lost."""
    loss: float = 0.0
    """Probability that an advertisement is not heard, a connection not made or a link lost
    at an exchange: a weak signal."""

    def change(self, **values: object) -> None:
        """Set faults by name.

        Raises ValueError for a name or a type that does not exist.
        """
        kinds = {field.name: type(field.default) for field in fields(self)}
        for name, value in values.items():
            if name not in kinds:
                raise ValueError(f"no fault named {name}; there are {', '.join(sorted(kinds))}")
            setattr(self, name, _converted(name, value, kinds[name]))

    def clear(self) -> None:
        """Make it a good radio again."""
        for name, value in asdict(Faults()).items():
            setattr(self, name, value)

    def take(self, name: str) -> bool:
        """Say whether the counted fault concerns this frame, and count it."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left != 0

    def disturb(self, payload: bytes, older: bytes, chance: random.Random) -> list[bytes]:
        """Return the frame as it arrives: whole, garbled, cut, or behind a piece of `older`."""
        if self.garbled and self.take("garbled"):
            place = chance.randrange(len(payload))
            wrong = payload[place] ^ chance.randrange(1, 256)
            payload = payload[:place] + bytes([wrong]) + payload[place + 1 :]
        if self.truncated and self.take("truncated"):
            payload = payload[: chance.randrange(len(payload))]
        pieces = [payload] if payload else []
        if self.stale and self.take("stale"):
            pieces.insert(0, (older or payload)[-min(20, len(older or payload)) :])
        return pieces


def _converted(name: str, value: object, kind: type) -> object:
    """Return a value from JSON as the type of the fault, or raise ValueError."""
    if kind is type(None):
        if value is None or (isinstance(value, int) and value > 0):
            return value
    elif kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif isinstance(value, kind) and isinstance(value, bool) == (kind is bool):
        return value
    raise ValueError(f"{name} cannot be {value!r}")
