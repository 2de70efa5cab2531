"""The rules of a transcript: which tokens of a speech model may follow which."""

from msgspec import Struct


class TranscriptRules(Struct, frozen=True, tag="transcript"):
    """The rules of Whisper's transcripts (Radford et al., 2022, arXiv:2212.04356), as transformers obeys them.

    A timestamp is a token from ``first_timestamp`` on; later ones stand for later times. With timestamps, a transcript
    begins with one. Two of them stand between two segments: the end of the first and the beginning of the second one.
    Times never decrease. Where all timestamps together are likelier than any other token, the next token is one.
    """

    suppressed: tuple[int, ...] = ()  # tokens that never occur
    suppressed_first: tuple[int, ...] = ()  # tokens that are not the first one
    end: int = 0  # the end of a text; all smaller tokens are text
    first_timestamp: int | None = None  # None: there are no timestamps, and the rules about them are off
    latest_first: int | None = None  # the greatest timestamp with which a transcript may begin
