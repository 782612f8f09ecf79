"""Names that several files of the integration share."""

from typing import Final

DOMAIN: Final = "lifepo4_bank"
CONF_KIND: Final = "kind"
KIND_BATTERY: Final = "battery"
KIND_ENTITIES: Final = "entities"
KIND_BANK: Final = "bank"
CONF_FAMILY: Final = "family"
CONF_NOMINAL_VOLTAGE: Final = "nominal_voltage"
CONF_POLL_INTERVAL: Final = "poll_interval"
CONF_LINK: Final = "link"
CONF_CAPACITY: Final = "capacity"
CONF_DETECTION_FLOOR: Final = "detection_floor"
CONF_SECRET: Final = "secret"  # noqa: S105  the name of a field
CONF_BATTERIES: Final = "batteries"
CONF_ARRANGEMENT: Final = "arrangement"
CONF_GROUP_SIZE: Final = "group_size"
CONF_MAX_PARALLEL: Final = "max_parallel"
CONF_MAX_SERIES: Final = "max_series"
CONF_MAX_BATTERY_CURRENT: Final = "max_battery_current"
CONF_POWERS_HOME_ASSISTANT: Final = "powers_home_assistant"
CONF_CURRENT_SENSOR: Final = "current_sensor"
