"""The blocks of a store, as the compiled kernels copy them."""

import ctypes

import numpy as np

from service.models.contracts.key_value_store import KeyValueStore
from service.models.contracts.step_view import Ints


class StoredBlocks:
    """Addresses of the keys and values of all layers of a store, which must live as long."""

    def __init__(self, store: KeyValueStore) -> None:
        tensors = [tensor for layer in store.layers for tensor in (layer.key, layer.value)]
        self._addresses = np.array([tensor.data_ptr() for tensor in tensors], dtype=np.int64)
        self._bytes = np.array([tensor[0].nbytes for tensor in tensors], dtype=np.int64)

    def copy(self, library: ctypes.CDLL, team: int, pairs: Ints) -> None:
        """Copy whole blocks of all layers: ``pairs`` [C, 2] are from where, and to where.

        No block is written twice, and none is both read and written.
        """
        pairs = np.ascontiguousarray(pairs, dtype=np.int64)
        arrays = self._addresses.ctypes.data, self._bytes.ctypes.data, len(self._addresses)
        library.trivium_copy_blocks(team, *arrays, pairs.ctypes.data, len(pairs))
