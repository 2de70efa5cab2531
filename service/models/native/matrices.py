"""Packs single matrices for the compiled kernels: in panels of columns, with the numbers of the kind that is asked for.

A quantized matrix keeps its codes and scales: nothing is rounded again.
"""

import ctypes
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from service.models.contracts.stored_matrix import BlockFormat, BlockMatrix, GroupMatrix, StoredMatrix
from service.models.native import structures
from service.models.native.structures import BF16, F16, F32, INT4, INT8, SPLIT, STORED_INT8, TILED, KernelLinear
from service.models.native.weight_memory import WeightMemory

AnyMatrix = Tensor | StoredMatrix  # [n, k]

KINDS = {torch.float32: F32, torch.bfloat16: BF16, torch.float16: F16}
CACHE_KINDS = KINDS | {torch.int8: INT8}
DTYPES = {F32: torch.float32, BF16: torch.bfloat16, F16: torch.float16, SPLIT: torch.bfloat16, TILED: torch.bfloat16}

CHUNK = 32  # k is padded to a multiple of it in quantized matrices
FEWEST, MOST = 96, 192  # weights that share a scale when weights are quantized to eight bits
MOST_ON_TILES = 512  # the same where tiles multiply bytes: see source/two_byte_rows.h
TILE_K = TILE_COLUMNS = 32  # k and the columns of a matrix in tiles are multiples of these

# IQ4_NL's four bits stand for numbers of eight bits, and are stored as these.
_BLOCK_KINDS = {BlockFormat.IQ4_NL: structures.Q8_0}
_BLOCK_KINDS |= {each: getattr(structures, each.name) for each in BlockFormat if each not in _BLOCK_KINDS}


# The names of kinds, as metrics and the start-up table show them.
QUANTIZED_KINDS = {INT8: "int8", STORED_INT8: "int8", INT4: "int4"}
QUANTIZED_KINDS |= {kind: each.name.lower() for each, kind in _BLOCK_KINDS.items() if each is not BlockFormat.IQ4_NL}


def can_pack(matrix: StoredMatrix) -> bool:
    """Whether the kernels multiply this quantized matrix as it is."""
    k = matrix.shape[1]
    return isinstance(matrix, BlockMatrix) or matrix.group % CHUNK == 0 or matrix.group == k


def equal(a: AnyMatrix, b: AnyMatrix) -> bool:
    """Whether both hold the same numbers in the same way."""
    return storage(a) == storage(b) and all(map(torch.equal, _tensors(a), _tensors(b)))


def join(matrices: Sequence[AnyMatrix]) -> AnyMatrix:
    """The rows of all ``matrices``, which are stored in the same way, in one."""
    return _like(matrices[0], [torch.cat(parts) for parts in zip(*map(_tensors, matrices), strict=True)])


def with_rows(matrix: AnyMatrix, change: Callable[[Tensor], Tensor]) -> AnyMatrix:
    """The matrix after a ``change`` of its rows, which is made in each tensor that has them."""
    return _like(matrix, [change(tensor) for tensor in _tensors(matrix)])


def alternate(matrix: AnyMatrix, panel: int) -> AnyMatrix:
    """The rows of gate and up, half of the matrix each: ``panel`` rows of gate, as many of up, and so on.

    Rows of zeros fill up the last panels. Blocks of zeros stand for zeros, and so does any code with a scale of zero.
    """
    return with_rows(matrix, lambda tensor: _alternate_rows(tensor, panel))


def alternate_bias(bias: Tensor, panel: int) -> Tensor:
    """The bias of ``alternate``'s matrix."""
    return _alternate_rows(bias, panel)


def pack(
    library: ctypes.CDLL, team: int, matrix: AnyMatrix, kind: int, memory: WeightMemory
) -> tuple[Tensor, KernelLinear]:
    """The packed matrix in ``memory``, and the structure that holds its address.

    ``kind`` is the kind of a matrix of floating-point numbers. A quantized one keeps its own.
    """
    n, k = matrix.shape
    if isinstance(matrix, BlockMatrix):
        kind, stripe = _BLOCK_KINDS[matrix.format], matrix.format.block_weights
    elif isinstance(matrix, GroupMatrix):
        kind = INT4 if matrix.bits == 4 else STORED_INT8
        stripe = _padded(k) if matrix.group == k else matrix.group
    else:
        kind = with_tiles(library, kind, k)
        stripe = {INT8: _eight_bit_stripe(k, library.trivium_int8_chunk()), structures.Q4_1: CHUNK}.get(kind, 0)
    if stripe:
        num_bytes = int(library.trivium_quantized_bytes(kind, n, k, stripe))
    else:
        columns = 4 * int(library.trivium_lanes())
        num_bytes = -(-n // columns) * columns * (2 * k if kind == SPLIT else k) * DTYPES[kind].itemsize
    panels = memory.allocate(num_bytes)
    to = panels.data_ptr()
    library.trivium_clear(team, to, panels.nbytes)
    if isinstance(matrix, BlockMatrix):
        blocks = matrix.blocks.contiguous()
        library.trivium_pack_blocks(team, blocks.data_ptr(), matrix.format.value, to, n, k)
    elif isinstance(matrix, GroupMatrix):
        codes, scales, zeros = matrix.codes.contiguous(), matrix.scales.float().contiguous(), matrix.zeros.contiguous()
        addresses = codes.data_ptr(), scales.data_ptr(), zeros.data_ptr()
        library.trivium_pack_groups(team, *addresses, matrix.group, kind, to, n, k, stripe)
    else:
        matrix = matrix.contiguous()
        library.trivium_pack(team, matrix.data_ptr(), KINDS[matrix.dtype], to, kind, n, k, stripe)
    return panels, KernelLinear(panels=to, n=n, k=k, stripe=stripe, kind=kind)


def with_tiles(library: ctypes.CDLL, kind: int, k: int) -> int:
    """TILED instead of BF16 on a processor with AMX, and BF16 instead of TILED where tiles do not fit.

    Tiles fit if k does, and if a piece of work, which is ``4 * lanes`` columns, has whole squares of tiles.
    """
    if kind == BF16 and library.trivium_has_amx():
        kind = TILED
    fits = k % TILE_K == 0 and 4 * library.trivium_lanes() % TILE_COLUMNS == 0
    return BF16 if kind == TILED and not fits else kind


def parts_of(linear: KernelLinear) -> Iterator[KernelLinear]:
    """The matrices of a linear layer: itself, and those whose outputs follow."""
    yield linear
    while linear.next:
        linear = KernelLinear.from_address(linear.next)
        yield linear


def packed_bytes(library: ctypes.CDLL, linear: KernelLinear) -> int:
    """The bytes of one packed matrix. ``library`` holds the kernels that packed it."""
    if not linear.stripe:
        return int(linear.n * linear.k * DTYPES[linear.kind].itemsize)
    return int(library.trivium_quantized_bytes(linear.kind, linear.n, linear.k, linear.stripe))


def storage(matrix: AnyMatrix) -> tuple[object, ...]:
    """How the matrix is stored. Only matrices that are stored in the same way can be joined."""
    if isinstance(matrix, Tensor):
        return (matrix.dtype,)
    return (matrix.format,) if isinstance(matrix, BlockMatrix) else (matrix.group, matrix.bits)


def _tensors(matrix: AnyMatrix) -> list[Tensor]:
    """The tensors that have a row for each row of the matrix."""
    if isinstance(matrix, Tensor):
        return [matrix]
    return [matrix.blocks] if isinstance(matrix, BlockMatrix) else [matrix.codes, matrix.scales, matrix.zeros]


def _like(matrix: AnyMatrix, tensors: list[Tensor]) -> AnyMatrix:
    """A matrix of the same layout with other ``_tensors``."""
    if isinstance(matrix, Tensor):
        return tensors[0]
    if isinstance(matrix, BlockMatrix):
        return BlockMatrix(matrix.format, tensors[0])
    return GroupMatrix(tensors[0], tensors[1], tensors[2], matrix.group, matrix.bits)


def _padded(k: int) -> int:
    return -(-k // CHUNK) * CHUNK


def _eight_bit_stripe(k: int, chunk: int) -> int:
    """How many of a row's weights share a scale: whole chunks, as many as leave the least padding."""
    most = (MOST if chunk == CHUNK else MOST_ON_TILES) // chunk
    chunks, fewest = -(-k // chunk), -(-FEWEST // chunk)
    if chunks <= most:
        return chunks * chunk
    return chunk * min(range(most, fewest - 1, -1), key=lambda each: -(-chunks // each) * each)


def _alternate_rows(tensor: Tensor, panel: int) -> Tensor:
    """The rows of gate and up by turns, ``panel`` of each. Rows of zeros fill up the last panels."""
    halves = tensor.view(2, -1, *tensor.shape[1:])
    if missing := -halves.shape[1] % panel:
        halves = torch.cat((halves, halves.new_zeros(2, missing, *tensor.shape[1:])), dim=1)
    return halves.view(2, -1, panel, *tensor.shape[1:]).transpose(0, 1).reshape(-1, *tensor.shape[1:])
