"""ZIP archives within bounds, written with some members replaced: all others are copied as they are, compressed.

zipfile reads; it cannot copy a member without compressing it again, so the records are written here.
"""

import struct
import zlib
from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from service.errors import MalformedFile

_MAX_MEMBERS = 10_000
_MAX_TOTAL = 256 << 20  # bytes of all members, as the archive declares them
_MAX_READ = 32 << 20  # bytes of the members that are read, which takes a second of a processor for each MiB
_MAX_RATIO = 200  # of a member's size to its compressed size, for members of more than a MiB
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_ZIP64 = 0x0001  # the extra field of large archives
_DESCRIPTOR = 0x0008  # the flag of sizes that follow the data


class Archive:
    """An archive. Raises MalformedFile if it is damaged, encrypted, or larger than it may be."""

    def __init__(self, data: bytes) -> None:
        if data.startswith(b"\xd0\xcf\x11\xe0"):
            raise MalformedFile("it is protected by a password, or in the old binary format")
        self._data = data
        self._left = _MAX_READ
        try:
            self._zip = ZipFile(BytesIO(data))
            self._members = {each.filename: each for each in self._zip.infolist()}
            _check(self._zip.infolist(), self._members, data)
        except MalformedFile:
            raise
        except Exception:  # zipfile raises errors of many kinds for damaged archives
            raise MalformedFile("it is not a ZIP archive, or it is damaged") from None

    @property
    def names(self) -> list[str]:
        return list(self._members)

    def read(self, name: str) -> bytes:
        """The content of a member. Raises MalformedFile if it is missing, damaged or too large."""
        member = self._members.get(name)
        if member is None:
            raise MalformedFile(f"its part {name[:100]} is missing")
        self._left -= member.file_size
        if self._left < 0:
            raise MalformedFile(f"its parts are larger than {_MAX_READ >> 20} MiB")
        try:
            with self._zip.open(member) as stream:
                content = stream.read(member.file_size + 1)
        except Exception:  # those of zipfile and zlib
            raise MalformedFile(f"its part {name[:100]} is damaged") from None
        if len(content) != member.file_size:
            raise MalformedFile(f"its part {name[:100]} is damaged")
        return content

    def write(self, changed: Mapping[str, bytes]) -> bytes:
        """The archive with the content of some members replaced, in the same order and with the same compression."""
        members = sorted(self._members.values(), key=lambda each: each.header_offset)
        ends = [each.header_offset for each in members[1:]] + [self._zip.start_dir]
        parts = [self._data[: members[0].header_offset]] if members else []
        length = len(parts[0]) if parts else 0
        placed: dict[str, tuple[int, _Content | None]] = {}
        for member, end in zip(members, ends, strict=True):
            record = self._data[member.header_offset : end]
            content = None
            if member.filename in changed:
                content = _Content(changed[member.filename], member.compress_type)
                record = _local_record(record, content)
            placed[member.filename] = (length, content)
            parts.append(record)
            length += len(record)
        directory = b"".join(self._central_records(placed))
        ending = self._data[self._data.rindex(b"PK\5\6") :]
        fields = list(_END.unpack_from(ending))
        fields[5:7] = [len(directory), length]
        return b"".join([*parts, directory, _END.pack(*fields), ending[_END.size :]])

    def _central_records(self, placed: "Mapping[str, tuple[int, _Content | None]]") -> list[bytes]:
        records = []
        position = self._zip.start_dir
        for member in self._zip.infolist():
            fields = list(_CENTRAL.unpack_from(self._data, position))
            lengths = fields[10:13]  # of the name, the extra field and the comment
            end = position + _CENTRAL.size + sum(lengths)
            name_end = position + _CENTRAL.size + lengths[0]
            rest = self._data[position + _CENTRAL.size : end]
            offset, content = placed[member.filename]
            if content is not None:
                extra = _without_zip64(self._data[name_end : name_end + lengths[1]])
                rest = rest[: lengths[0]] + extra + rest[lengths[0] + lengths[1] :]
                fields[3] &= ~_DESCRIPTOR
                fields[7:10] = [content.crc, len(content.packed), content.size]
                fields[11] = len(extra)
            fields[16] = offset
            records.append(_CENTRAL.pack(*fields) + rest)
            position = end
        return records


class _Content:
    """The new content of a member."""

    def __init__(self, content: bytes, method: int) -> None:
        self.size = len(content)
        self.crc = zlib.crc32(content)
        if method == ZIP_DEFLATED:
            packer = zlib.compressobj(6, zlib.DEFLATED, -15)
            self.packed = packer.compress(content) + packer.flush()
        else:
            self.packed = content


def _local_record(record: bytes, content: _Content) -> bytes:
    fields = list(_LOCAL.unpack_from(record))
    name_end = _LOCAL.size + fields[9]
    extra = _without_zip64(record[name_end : name_end + fields[10]])
    fields[2] &= ~_DESCRIPTOR
    fields[6:9] = [content.crc, len(content.packed), content.size]
    fields[10] = len(extra)
    return _LOCAL.pack(*fields) + record[_LOCAL.size : name_end] + extra + content.packed


def _without_zip64(extra: bytes) -> bytes:
    kept, position = b"", 0
    while position + 4 <= len(extra):
        number, size = struct.unpack_from("<2H", extra, position)
        if number != _ZIP64:
            kept += extra[position : position + 4 + size]
        position += 4 + size
    return kept


def _check(members: list[ZipInfo], by_name: Mapping[str, ZipInfo], data: bytes) -> None:
    if len(members) > _MAX_MEMBERS:
        raise MalformedFile(f"it has more than {_MAX_MEMBERS} parts")
    if len(by_name) != len(members):
        raise MalformedFile("two of its parts have the same name")
    if sum(each.file_size for each in members) > _MAX_TOTAL:
        raise MalformedFile(f"its parts are larger than {_MAX_TOTAL >> 20} MiB")
    for each in members:
        if each.filename.startswith("/") or ".." in each.filename.replace("\\", "/").split("/"):
            raise MalformedFile("one of its parts has a name that leads out of it")
        if each.flag_bits & 0x1:
            raise MalformedFile("it is protected by a password")
        if each.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise MalformedFile("one of its parts is compressed in a way that is not read")
        if each.file_size > 1 << 20 and each.file_size > _MAX_RATIO * each.compress_size:
            raise MalformedFile("one of its parts is compressed far more than text is")
        if data[each.header_offset : each.header_offset + 4] != b"PK\3\4":
            raise MalformedFile("it is damaged")
