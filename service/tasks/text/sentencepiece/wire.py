"""The encoding of protocol buffers: the fields of one message."""

from collections.abc import Iterator


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The number and the value of each field: an integer, or the bytes of a text, a message or a float.

    Raises ValueError if the message is broken.
    """
    place, end = 0, len(message)
    while place < end:
        key, place = _varint(message, place)
        match key & 7:
            case 0:  # an integer
                value, place = _varint(message, place)
                yield key >> 3, value
                continue
            case 2:  # as many bytes as it says
                length, place = _varint(message, place)
            case 5:
                length = 4
            case 1:
                length = 8
            case kind:
                raise ValueError(f"a field has the unknown wire type {kind}")
        if place + length > end:
            raise ValueError("a message is cut off")
        yield key >> 3, message[place : place + length]
        place += length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """An integer of seven bits a byte, and the place behind it."""
    value = shift = 0
    while place < len(message) and shift < 64:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
    raise ValueError("a number is cut off")
