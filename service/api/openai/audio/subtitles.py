"""Segments as subtitles: SubRip and WebVTT."""

from collections.abc import Sequence

from service.tasks.speech.transcript import TranscriptSegment


def subrip(segments: Sequence[TranscriptSegment]) -> str:
    """The segments as a SubRip file."""
    return "".join(
        f"{number}\n{_time(each.start, ',')} --> {_time(each.end, ',')}\n{_line(each.text)}\n\n"
        for number, each in enumerate(segments, 1)
    )


def webvtt(segments: Sequence[TranscriptSegment]) -> str:
    """The segments as a WebVTT file. Characters that begin markup there are written as references."""
    cues = (
        f"{_time(each.start, '.')} --> {_time(each.end, '.')}\n{_escaped(_line(each.text))}\n\n" for each in segments
    )
    return "WEBVTT\n\n" + "".join(cues)


def _time(seconds: float, mark: str) -> str:
    """Hours, minutes, seconds and milliseconds, with ``mark`` before the last."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{mark}{rest % 1000:03}"


def _line(text: str) -> str:
    """The text on one line: an empty line would end the subtitle, and an arrow would begin one."""
    return " ".join(text.split()).replace("-->", "→")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
