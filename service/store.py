"""The model store of the settings."""

import dataclasses

from model_store.store import Store
from model_store.transfer.network import Network
from service.settings import Settings


def open_store(settings: Settings) -> Store:
    """The store in ``model_dir``, or in the default directory, with the network access that the settings allow."""
    network = Network.from_environment()
    network = dataclasses.replace(network, offline=settings.offline, index=settings.pypi_index or network.index)
    return Store(settings.model_dir.expanduser() if settings.model_dir else None, network=network)
