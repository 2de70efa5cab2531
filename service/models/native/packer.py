"""Packs the weights of a model for the compiled kernels.

The packer loads tensors one by one, by the names that they have in a checkpoint, and keeps only what it has packed. So
a model is never in memory twice.
"""

import ctypes
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise

import torch
from torch import Tensor

from service.models.contracts.stored_matrix import StoredMatrix
from service.models.native.matrices import AnyMatrix, alternate, alternate_bias, can_pack, equal, join, pack, storage
from service.models.native.structures import INT8, Q4_1, KernelLinear
from service.models.native.weight_memory import WeightMemory

# Returns the tensor with a given name, or None if the model has none. The source does not need the tensor afterwards.
# A matrix of a linear layer, the head or the embeddings may be quantized.
LoadTensor = Callable[[str], AnyMatrix | None]

QUANTIZATIONS = {"int8": INT8, "int4": Q4_1}


class Packer:
    """Packs the tensors that ``load_tensor`` returns. Addresses are valid as long as ``tensors`` and ``parts`` live.

    ``library`` holds the kernels, ``team`` the threads that pack. ``kind`` is the kind of the packed linear layers: one
    of ``KINDS``, or ``INT8`` or ``Q4_1``, which quantize. A matrix that a checkpoint has quantized stays ``as_stored``,
    or is dequantized to ``dtype`` first, as one that the kernels do not multiply always is.
    """

    def __init__(
        self,
        library: ctypes.CDLL,
        load_tensor: LoadTensor,
        *,
        team: int,
        kind: int,
        dtype: torch.dtype = torch.float32,
        as_stored: bool = True,
    ) -> None:
        self._library = library
        self._team = team
        self._panel = 2 * int(library.trivium_lanes())  # columns of a panel
        self._load_tensor = load_tensor
        self._kind = kind
        self._dtype = dtype
        self._as_stored = as_stored
        self._memory = WeightMemory()
        self.tensors: list[Tensor] = []
        self.parts: list[KernelLinear] = []  # those that other structures point to

    def pack_linear(
        self, *names: str, kind: int | None = None, gated: bool = False, activation: int = 0
    ) -> KernelLinear:
        """Pack several matrices with the same input as one. Two ``gated`` matrices alternate panel by panel.

        ``activation`` is the number of what is computed of the result, or of the first of two gated matrices.
        """
        kind = self._kind if kind is None else kind
        matrices = [self._load_matrix(f"{name}.weight") for name in names]
        biases = [self._load_vector(f"{name}.bias") for name in names]
        pairs = list(zip(matrices, biases, strict=True))
        groups = [list(group) for _, group in groupby(pairs, key=lambda pair: storage(pair[0]))]
        if gated and len(groups) > 1:
            groups = [[(self._dequantized(matrix), bias) for matrix, bias in pairs]]
        parts = [self._pack_joined(group, kind, gated=gated) for group in groups]
        for part in parts:
            part.activation = activation
        for part, following in pairwise(parts):
            part.next = ctypes.addressof(following)
        self.parts += parts[1:]
        return parts[0]

    def _pack_joined(self, pairs: Sequence[tuple[AnyMatrix, Tensor | None]], kind: int, *, gated: bool) -> KernelLinear:
        """Pack matrices and their biases, which are stored in the same way, as one."""
        joined = join([matrix for matrix, _ in pairs])
        bias = None
        if any(each is not None for _, each in pairs):
            bias = torch.cat([torch.zeros(matrix.shape[0]) if b is None else b.float() for matrix, b in pairs])
        n = joined.shape[0]
        if gated:
            joined = alternate(joined, self._panel)
            bias = None if bias is None else alternate_bias(bias, self._panel)
        linear = self._pack(joined, bias, kind)
        linear.n, linear.gated = n, gated
        return linear

    def pack_head_and_embeddings(self, head: str, embeddings: str) -> tuple[KernelLinear, KernelLinear]:
        """The head, and the embeddings, whose columns are read one by one. Equal matrices are packed once.

        Under quantization to int8 or int4 both have eight bits, because the head decides between tokens with nearly
        equal logits.
        """
        of_head, of_embeddings = self.pack_vocabularies((head,), (embeddings,), bias=f"{head}.bias")
        return of_head, of_embeddings

    def pack_vocabularies(self, head: Sequence[str], *embeddings: Sequence[str], bias: str) -> list[KernelLinear]:
        """As ``pack_head_and_embeddings``, with several embeddings, and the tensor that the head adds.

        Each matrix may have several names, of which the model has one.
        """
        kind = INT8 if self._kind in (INT8, Q4_1) else self._kind
        loaded: dict[str, AnyMatrix | None] = {}
        matrices = [self._load_first(names, loaded) for names in (head, *embeddings)]
        vector = self._load_vector(bias)
        packed = [self._pack(matrices[0], None if vector is None else vector.flatten(), kind)]
        for number, matrix in enumerate(matrices[1:], start=1):
            same = next((other for other in range(number) if equal(matrices[other], matrix)), None)
            packed.append(self._pack(matrix, None, kind) if same is None else packed[same])
        return packed

    def copy_vector(self, name: str) -> int | None:
        """The address of a float32 copy of a vector, or of an unpacked matrix; None if the model has no such tensor."""
        vector = self.load_vector(name)
        return None if vector is None else self.address_of(vector)

    def load_vector(self, name: str) -> Tensor | None:
        """A vector as float32; None if the model has no such vector."""
        tensor = self._load_vector(name)
        return None if tensor is None else tensor.to(torch.float32, copy=True)

    def address_of(self, tensor: Tensor) -> int:
        """The address of ``tensor``, which is kept alive in ``tensors``."""
        self.tensors.append(tensor)
        return tensor.data_ptr()

    def _pack(self, matrix: AnyMatrix, bias: Tensor | None, kind: int) -> KernelLinear:
        panels, linear = pack(self._library, self._team, matrix, kind, self._memory)
        self.tensors.append(panels)
        if bias is not None:
            padded = -(-len(bias) // (2 * self._panel)) * 2 * self._panel
            linear.bias = self.address_of(torch.cat((bias.float(), torch.zeros(padded - len(bias)))))
        return linear

    def _load_first(self, names: Sequence[str], loaded: dict[str, AnyMatrix | None]) -> AnyMatrix:
        """The first of these matrices that the model has. ``loaded`` are those that were asked for before."""
        for name in names:
            if name not in loaded:
                loaded[name] = self._load_tensor(f"{name}.weight")
            matrix = loaded[name]
            if matrix is not None:
                return self._packable(matrix)
        raise AssertionError(f"the model has no tensor {names[0]}.weight")

    def _load_matrix(self, name: str) -> AnyMatrix:
        return self._packable(self._load_existing(name))

    def _packable(self, matrix: AnyMatrix) -> AnyMatrix:
        if isinstance(matrix, StoredMatrix) and not (self._as_stored and can_pack(matrix)):
            return matrix.dequantize(self._dtype)
        return matrix

    def _dequantized(self, matrix: AnyMatrix) -> Tensor:
        return matrix.dequantize(self._dtype) if isinstance(matrix, StoredMatrix) else matrix

    def _load_vector(self, name: str) -> Tensor | None:
        tensor = self._load_tensor(name)
        assert not isinstance(tensor, StoredMatrix), f"{name} is no vector"
        return tensor

    def _load_existing(self, name: str) -> AnyMatrix:
        matrix = self._load_tensor(name)
        assert matrix is not None, f"the model has no tensor {name}"
        return matrix
