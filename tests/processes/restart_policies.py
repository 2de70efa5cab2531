"""Restart policies for tests: the settings' defaults."""

from service.processes.restart_policy import RestartPolicy
from service.settings import Settings


def restart_policy() -> RestartPolicy:
    """The defaults of the settings; the environment is not read."""
    settings = Settings.model_construct()
    return RestartPolicy(settings.stall_seconds, settings.max_restarts)
