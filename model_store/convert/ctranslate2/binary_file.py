"""The file ``model.bin`` of CTranslate2: its variables, memory-mapped.

Format, little-endian, version 6 (``python/ctranslate2/specs/model_spec.py`` in its repository): the version, the name
and the revision of the specification, the number of variables; for each its name, number of dimensions, dimensions,
number type, size in bytes, and bytes; then the number of aliases, and for each its name and that of a variable. A name
is its length with the closing zero byte (2 bytes), the bytes and the zero. Matrices of bytes have a variable
``<name>_scale``: a row's numbers are its bytes divided by the row's scale.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_store.convert.mapped_file import MappedFile
from model_store.convert.safetensors_file import NumberType
from model_store.errors import ModelRefused

_VERSION = 6
_CHUNK = 1 << 20  # numbers that are read at a time
_TYPES: dict[int, Any] = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}  # 5 is bfloat16


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable's place in the file and its numbers."""

    name: str
    shape: tuple[int, ...]
    type: Any  # numpy's type of a number
    offset: int  # bytes, from the beginning of the file


class BinaryFile(MappedFile):
    """An open ``model.bin``: a context manager. Arrays are valid until it closes."""

    def __init__(self, path: Path) -> None:
        """Raises ModelRefused if the file is not of this format and version, or was truncated or changed."""
        try:
            super().__init__(path)
        except ValueError as error:
            raise ModelRefused(f"{path} is empty") from error
        try:
            self.specification, self.variables, self.aliases = self._read_header()
        except (struct.error, UnicodeDecodeError, ValueError, KeyError) as error:
            self.close()
            raise ModelRefused(f"{path} is not a model of CTranslate2 that can be read: {error}") from error

    def number(self, name: str) -> int:
        """The value of a variable without dimensions. Raises ModelRefused if there is no such variable."""
        variable = self.variables.get(name)
        if variable is None or variable.shape:
            raise ModelRefused(f"the model of CTranslate2 lacks {name}")
        return int(self._numbers(variable)[0])

    def number_type(self, name: str) -> NumberType:
        """The type in which the numbers of a variable are written: its own, or float32 for bytes with scales."""
        return NumberType.FLOAT16 if self.variables[name].type is np.float16 else NumberType.FLOAT32

    def chunks(self, name: str, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """The numbers of rows [start, stop) of a variable, in arrays of whole rows: float32 or float16.

        Raises ModelRefused for values that are not numbers, and for integers without scales.
        """
        variable = self.variables[name]
        rows = self._numbers(variable).reshape(variable.shape[0], -1)
        scales = self._scales(variable)
        step = max(1, _CHUNK // rows.shape[1])
        for first in range(start, stop, step):
            chunk = rows[first : min(first + step, stop)]
            if scales is not None:
                chunk = chunk.astype(np.float32) / scales[first : min(first + step, stop), None]
            if not np.isfinite(chunk).all():
                raise ModelRefused(f"the model of CTranslate2 holds values in {name} that are not numbers")
            yield chunk

    def _scales(self, variable: Variable) -> NDArray[np.float32] | None:
        if variable.type in (np.float32, np.float16):
            return None
        scale = self.variables.get(f"{variable.name}_scale")
        if variable.type is not np.int8 or scale is None or scale.shape != variable.shape[:1]:
            raise ModelRefused(f"the model of CTranslate2 has {variable.name} in a number type that is not converted")
        return self._numbers(scale).astype(np.float32)

    def _numbers(self, variable: Variable) -> NDArray[Any]:
        return np.frombuffer(self._map, variable.type, prod(variable.shape), variable.offset)

    def _read_header(self) -> tuple[tuple[str, int], dict[str, Variable], dict[str, str]]:
        if (version := self._read("I")) != _VERSION:
            raise ValueError(f"it has version {version}; version {_VERSION} is read")
        specification = (self._read_name(), self._read("I"))
        variables = {}
        for _ in range(self._read("I")):
            name = self._read_name()
            shape = tuple(self._read("I") for _ in range(self._read("B")))
            number, size = self._read("B"), self._read("I")
            if number not in _TYPES:
                raise ValueError(f"{name} has numbers of type {number}, which is not read")
            if size != prod(shape) * np.dtype(_TYPES[number]).itemsize or self._position + size > len(self._map):
                raise ValueError(f"the size of {name} is wrong")
            variables[name] = Variable(name, shape, _TYPES[number], self._position)
            self._position += size
        aliases = {self._read_name(): self._read_name() for _ in range(self._read("I"))}
        if self._position != len(self._map):
            raise ValueError("bytes follow its end")
        return specification, variables, aliases

    def _read(self, kind: str) -> int:
        (value,) = self._unpack(kind)
        return int(value)

    def _read_name(self) -> str:
        end = self._position + 2 + (length := self._read("H"))
        text = self._map[self._position : end]
        if len(text) != length or not text.endswith(b"\0"):
            raise ValueError("a name has no end")
        self._position = end
        return text[:-1].decode()
