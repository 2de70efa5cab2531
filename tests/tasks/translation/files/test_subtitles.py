"""Subtitles: srt and webvtt-py read the translated files, with the times and tags of the sources."""

import contextlib
from datetime import timedelta
from io import StringIO

import pytest
import srt
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InvalidOption, MalformedFile
from service.tasks.translation.files.encoding import is_recoded
from service.tasks.translation.files.formats import find_file_format
from service.tasks.translation.prompting.example_sentences import SENTENCES
from tests.tasks.translation.files.translating import texts_of, translated

SUBRIP = b"""1\r
00:00:01,000 --> 00:00:02,000\r
{\\an8}<i>Hello there,\r
my</i> old friend.\r
\r
2\r
00:00:03,000 --> 00:00:04,000 X1:40 X2:60\r
- Who is it?\r
- Me & 5 < 6.\r
\r
3\r
00:00:05,000 --> 00:00:06,000\r
<font color="red">All in red.</font>\r
"""
WEBVTT = """WEBVTT - a title

NOTE not --> text
kept

STYLE
::cue { color: red }

first
00:01.000 --> 00:02.000 align:start
<v Roger>Fish &amp; chips
and <i>more</i>.

00:03.000 --> 00:04.000
你好，世界
我们来了
""".encode()
WORDS = st.text(st.sampled_from("ab é你<>&{}\\-→1:,"), min_size=1).map(str.strip).filter(lambda text: "-->" not in text)
CUES = st.lists(st.lists(WORDS.filter(bool), min_size=1, max_size=3), max_size=5)


def test_the_lines_of_a_cue_are_one_text_and_each_speaker_is_another() -> None:
    assert texts_of("a.srt", SUBRIP) == [
        '<span id="0">Hello there, my</span> old friend.',
        "Who is it?",
        "Me & 5 < 6.",
        "All in red.",
    ]
    assert texts_of("a.vtt", WEBVTT) == ['Fish &amp; chips and <span id="3">more</span>.', "你好，世界我们来了"]


def test_srt_reads_the_translation_with_its_tags_and_as_many_lines() -> None:
    before, after = (list(srt.parse(data.decode())) for data in (SUBRIP, translated("a.srt", SUBRIP)))
    assert [(each.index, each.start, each.end, each.proprietary) for each in after] == [
        (each.index, each.start, each.end, each.proprietary) for each in before
    ]
    assert [each.content.replace("\r", "") for each in after] == [
        "{\\an8}<i>HELLO THERE,\nMY</i> OLD FRIEND.",
        "- WHO IS IT?\n- ME & 5 < 6.",
        '<font color="red">ALL IN RED.</font>',
    ]


def test_webvtt_reads_the_translation_with_its_voices_and_settings() -> None:
    written = translated("a.vtt", WEBVTT, lambda text: text.text.replace("Fish", "A <fish> --> b").replace("世界", "1"))
    first, second = webvtt.from_buffer(StringIO(written.decode())).captions
    assert (first.identifier, first.start, first.voice) == ("first", "00:00:01.000", "Roger")
    assert first.raw_text == "<v Roger>A &lt;fish&gt; --&gt; b &amp;\nchips and <i>more</i>."
    assert second.lines == ["你好，1我", "们来了"]
    assert written.startswith(WEBVTT[: WEBVTT.index(b"<v Roger>")])


@settings(max_examples=20)
@given(CUES)
def test_cues_of_the_srt_package(cues: list[list[str]]) -> None:
    second = timedelta(seconds=1)
    made = [
        srt.Subtitle(index, second * index, second * (index + 1), "\n".join(lines))
        for index, lines in enumerate(cues, 1)
    ]
    data = srt.compose(made, reindex=False).encode()
    after = list(srt.parse(translated("a.srt", data).decode()))
    assert [(each.index, each.start) for each in after] == [(each.index, each.start) for each in made]


@settings(max_examples=20)
@given(CUES)
def test_cues_of_the_webvtt_package(cues: list[list[str]]) -> None:
    document = webvtt.WebVTT()
    for index, lines in enumerate(cues):
        text = "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;")
        document.captions.append(webvtt.Caption(f"00:00:{index:02}.000", f"00:00:{index + 1:02}.000", text))
    data = document.content.encode()
    after = webvtt.from_buffer(StringIO(translated("a.vtt", data).decode())).captions
    assert [each.start for each in after] == [each.start for each in document.captions]


def test_other_bytes_are_refused() -> None:
    for name, data, reason in (
        ("a.srt", b"One. Two.", "no line of times"),
        ("a.srt", b"\xff\xfe\x00\xd8\x00\x00", "not UTF-16-LE at byte 2"),
        ("a.vtt", b"00:01.000 --> 00:02.000\nHi", "does not begin with WEBVTT"),
    ):
        with pytest.raises(MalformedFile, match=reason):
            find_file_format(name).read(data)


def test_subtitles_in_utf_16_stay_in_utf_16() -> None:
    data = SUBRIP.decode().encode("utf-16")
    assert translated("a.srt", data).decode("utf-16") == translated("a.srt", SUBRIP).decode()


ENCODINGS = [
    *((language, "cp1252") for language in ("fr", "de", "es", "pt", "it", "nl", "sv", "da", "no", "fi")),
    *((language, "cp1250") for language in ("pl", "cs", "hu", "sk", "sl")),
    *((language, "cp1251") for language in ("ru", "uk", "bg")),
    *(("el", "cp1253"), ("tr", "cp1254"), ("he", "cp1255"), ("ar", "cp1256"), ("lt", "cp1257"), ("th", "cp874")),
    *(("zh", "gb18030"), ("zh-Hant", "big5"), ("ja", "cp932"), ("ja", "euc_jp"), ("ko", "cp949"), ("ru", "koi8_r")),
]


@pytest.mark.parametrize(("language", "encoding"), ENCODINGS)
def test_the_encoding_of_a_region_is_found_and_kept(language: str, encoding: str) -> None:
    cues = [f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{text}\n" for n, text in enumerate(SENTENCES[language], 1)]
    data = "\n".join(cues).encode(encoding)
    assert texts_of("a.srt", data) == list(SENTENCES[language])
    written = translated("a.srt", data, lambda text: text.text[::-1])
    assert written.decode(encoding) == "\n".join(
        [cue.replace(text, text[::-1]) for cue, text in zip(cues, SENTENCES[language], strict=True)]
    )
    assert not is_recoded(data, written)


def test_a_translation_that_the_encoding_has_no_characters_for_is_in_utf_8() -> None:
    data = "1\n00:00:01,000 --> 00:00:02,000\nDéjà vu\n".encode("cp1252")
    written = translated("a.srt", data, lambda _: "似曾相识")
    assert written.decode("utf-8-sig") == "1\n00:00:01,000 --> 00:00:02,000\n似曾相识\n"
    assert is_recoded(data, written)
    page = "WEBVTT\n\n00:01.000 --> 00:02.000\nDéjà vu\n".encode("cp1252")
    assert translated("a.vtt", page, lambda _: "Vu à").decode() == "WEBVTT\n\n00:01.000 --> 00:02.000\nVu à\n"


def test_the_client_may_name_the_encoding() -> None:
    data = "1\n00:00:01,000 --> 00:00:02,000\nПривет\n".encode("cp866")
    [text] = find_file_format("a.srt", encoding="cp866").read(data).texts
    assert text.text == "Привет"
    with pytest.raises(MalformedFile, match="not ASCII at byte 32"):
        find_file_format("a.srt", encoding="ascii").read(data)
    with pytest.raises(InvalidOption, match="only subtitles"):
        find_file_format("a.txt", encoding="cp866")


@given(st.binary(max_size=300))
def test_any_bytes_are_subtitles_or_are_refused(data: bytes) -> None:
    with contextlib.suppress(MalformedFile):
        texts_of("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\n" + data)
