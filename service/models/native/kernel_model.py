"""What the decoder and the encoder-decoder of the kernels have in common: the library, its threads and the head."""

import weakref
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from service.models.contracts.key_value_store import KeyValueStore
from service.models.contracts.step_view import Ints, StepView
from service.models.native import kernels
from service.models.native.matrices import CACHE_KINDS
from service.models.native.result_memory import ResultMemory
from service.models.native.stored_blocks import StoredBlocks
from service.models.native.structures import PARTS, KernelLinear, KernelStep


class KernelModel:
    """A model that the compiled kernels compute. Its weights and its steps are those of the subclass."""

    def __init__(self, head_dim: int, *, block_size: int, architecture: str, dtype: torch.dtype, threads: int) -> None:
        """``decoder.unsupported_reason`` must be empty.

        ``block_size`` is the size of blocks that the configuration asks for; 0: any.
        """
        library, build = kernels.load(head_dim, block_size), kernels.find_build(head_dim, block_size)
        assert library is not None
        assert build is not None
        self.build = build.name
        self.library = library
        self.block_size = 2 * int(library.trivium_lanes())
        """Tokens in a block, as the kernels lay it out. A block of the store holds one of them or several."""
        self.architecture = architecture
        self.dtype = dtype
        self._team = library.trivium_create_team(threads)
        weakref.finalize(self, library.trivium_delete_team, self._team)
        self._times: Ints | None = None
        self._results = ResultMemory()

    @property
    def backend(self) -> Literal["native"]:
        return "native"

    @property
    def build_reason(self) -> str:
        """Why this build of the kernels was chosen, in words."""
        return kernels.choice_reason(self.build)

    def copy_blocks(self, copies: Ints) -> None:
        """As ``NativeModel.copy_blocks``."""
        self._blocks.copy(self.library, self._team, copies)

    def measure_parts(self) -> Ints:
        """An array that every later step adds its nanoseconds to, one number for each of ``PARTS``."""
        self._times = np.zeros(len(PARTS), dtype=np.int64)
        return self._times

    def all_finite(self, hidden: Tensor) -> bool:
        """Whether every number of ``hidden`` [T, hidden_size], float32, is finite."""
        return bool(self.library.trivium_all_finite(hidden.data_ptr(), hidden.numel()))

    def find_likeliest(self, logits: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """As ``contracts.language_model.FindLikeliest``. k is at most V."""
        logits = logits.contiguous()
        rows, columns = logits.shape
        ids, values = torch.empty(rows, k, dtype=torch.int64), torch.empty(rows, k)
        addresses = ids.data_ptr(), values.data_ptr()
        self.library.trivium_likeliest(self._team, logits.data_ptr(), rows, columns, k, *addresses)
        return ids, values

    def _attach(self, store: KeyValueStore) -> int:
        """Copy blocks of ``store`` from now on. Returns the kind of its keys and values.

        The kernels have their own layout within a block, so nothing else may read or write single tokens of it.
        """
        self._blocks = StoredBlocks(store)
        return CACHE_KINDS[store.layers[0].key.dtype]

    def _multiply_head(self, head: KernelLinear, hidden: Tensor) -> Tensor:
        """The logits [R, V], float32, of ``hidden`` [R, hidden_size]."""
        hidden = hidden.contiguous()
        out = self._results.empty(hidden.shape[0], head.n)
        self.library.trivium_linear(self._team, head, hidden.data_ptr(), hidden.shape[0], out.data_ptr(), head.n)
        return out

    def _kernel_step(self, step: StepView, **fields: int) -> KernelStep:
        """The step with the further ``fields``. It holds addresses of the arrays of ``step``."""
        return KernelStep(
            ids=step.input_ids.ctypes.data,
            offsets=step.offsets.ctypes.data,
            contexts=step.contexts.ctypes.data,
            blocks=step.blocks.ctypes.data,
            rows=step.num_rows,
            chunks=len(step.contexts),
            block_size=step.block_size,
            times=self._times_address,
            **fields,
        )

    @property
    def _times_address(self) -> int | None:
        return None if self._times is None else self._times.ctypes.data
