"""Names that several files of the integration share."""

from typing import Final

DOMAIN: Final = "lifepo4_bank"

CONF_KIND: Final = "kind"
KIND_BATTERY: Final = "battery"
KIND_ENTITIES: Final = "entities"
KIND_BANK: Final = "bank"

CONF_POLL_INTERVAL: Final = "poll_interval"
CONF_LINK: Final = "link"
CONF_CAPACITY: Final = "capacity"
CONF_DETECTION_FLOOR: Final = "detection_floor"
CONF_SECRET: Final = "secret"  # noqa: S105  the name of a field
CONF_FAMILY: Final = "family"
CONF_NOMINAL_VOLTAGE: Final = "nominal_voltage"

CONF_BATTERIES: Final = "batteries"
CONF_ARRANGEMENT: Final = "arrangement"
CONF_GROUP_SIZE: Final = "group_size"
