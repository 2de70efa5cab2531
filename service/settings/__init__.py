"""All settings of the service and the only place of their defaults. Knows nothing of HTTP and starts nothing."""

from service.errors import SettingsError
from service.settings.environment import env_name
from service.settings.served_models import ModelSpec
from service.settings.settings import Settings
from service.settings.sources import flag_name

__all__ = ["ModelSpec", "Settings", "SettingsError", "env_name", "flag_name"]
