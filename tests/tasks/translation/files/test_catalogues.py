"""Catalogues: the library of each format reads the translations under their keys, and everything else as it was."""

import csv
import io
import json
import plistlib

import javaproperties
import polib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from service.errors import MalformedFile
from service.tasks.translation.files.formats import find_file_format
from tests.tasks.translation.files.translating import texts_of, translated

TEXTS = st.text(st.sampled_from("aZé 你'\"\\\n:#{}%😀&<->,;=!"), min_size=1, max_size=20)
NAMES = st.text(st.sampled_from("abc_."), min_size=1, max_size=5)
MESSAGES = st.dictionaries(NAMES, TEXTS, max_size=5)
CONTENTS = st.recursive(
    TEXTS | st.integers() | st.none(), lambda each: st.lists(each) | st.dictionaries(NAMES, each), max_leaves=8
)
CATALOGUE = rb"""# A translator
msgid ""
msgstr ""
"Language: \n"
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=3; plural=(n>1);\n"

#. The command, not the state
#: a.c:1
msgctxt "menu"
msgid "Open \"it\""
msgstr ""

#, fuzzy
#| msgid "old"
msgid "Guessed"
msgstr ""

msgid "done"
msgstr "fait"

msgid "%d file"
msgid_plural "%d files"
msgstr[0] ""
msgstr[1] ""
msgstr[2] ""

msgid ""
"Two\n"
"lines\n"
msgstr ""

#~ msgid "old"
#~ msgstr ""
"""


def test_polib_finds_the_translations_of_what_was_not_translated() -> None:
    assert texts_of("a.po", CATALOGUE) == ['Open "it"', "%d file", "%d files", "Two\nlines\n"]
    (first, *_) = find_file_format("a.po").read(CATALOGUE).texts
    assert first.context == "menu\nThe command, not the state"
    after = polib.pofile(translated("a.po", CATALOGUE, target="pt-BR").decode())
    assert after.metadata["Language"] == "pt_BR"
    assert {each.msgid: each.msgstr_plural or each.msgstr for each in after} == {
        'Open "it"': 'OPEN "IT"',
        "Guessed": "",
        "done": "fait",
        "%d file": {0: "%D FILE", 1: "%D FILES", 2: "%D FILES"},
        "Two\nlines\n": "TWO\nLINES\n",
        "old": "",
    }


def test_a_header_without_a_language_gets_one_and_a_region_stays() -> None:
    data = CATALOGUE.replace(b'"Language: \\n"\n', b"")
    assert polib.pofile(translated("a.po", data).decode()).metadata["Language"] == "fr"
    data = CATALOGUE.replace(b"Language: ", b"Language: fr_CA")
    assert polib.pofile(translated("a.po", data).decode()).metadata["Language"] == "fr_CA"


@settings(max_examples=20)
@given(MESSAGES, st.sampled_from(["utf-8", "gb18030"]))
def test_catalogues_of_polib(messages: dict[str, str], encoding: str) -> None:
    made = polib.POFile(encoding=encoding)
    made.metadata = {"Content-Type": f"text/plain; charset={encoding}"}
    for name, text in messages.items():
        made.append(polib.POEntry(msgid=text, msgctxt=name, comment="a\nb", flags=["c-format"]))
    data = str(made).encode(encoding)
    after = polib.pofile(translated("a.po", data).decode(encoding))
    assert [(each.msgctxt, each.msgid, each.comment) for each in after] == [
        (each.msgctxt, each.msgid, each.comment) for each in made
    ]
    for each in after:
        assert each.msgstr.strip("\n") in ("", each.msgid.upper().strip("\n"))


@settings(max_examples=20)
@given(CONTENTS)
def test_json_values_are_translated_and_keys_are_not(content: object) -> None:
    for in_ascii in (True, False):
        data = json.dumps(content, ensure_ascii=in_ascii, indent=1).encode()
        assert json.loads(translated("a.json", data)) == _shouted(content)


@settings(max_examples=20)
@given(CONTENTS)
def test_yaml_values_are_translated_and_keys_are_not(content: object) -> None:
    yaml = YAML(typ="safe", pure=True)
    for style in (None, "'", '"'):
        stream = io.BytesIO()
        yaml.default_flow_style = False  # libyaml does not read every plain scalar that 1.2 allows between brackets
        yaml.default_style = style  # type: ignore[assignment]
        yaml.dump(content, stream)
        before = yaml.load(stream.getvalue())
        assert yaml.load(translated("a.yaml", stream.getvalue())) == _shouted(before)


def test_blocks_comments_and_anchors_of_yaml_stay() -> None:
    data = b"""en: # English
  yes: Yes, sir  # a word
  no: no
  ref: &a One
  same: *a
  !x tagged: !x kept
  lines: |-
    Line one
    line two

  folded: >
    One long
    line.

    Another.
  flow: [a, {b: "c"}]
"""
    assert texts_of("a.yml", data)[:3] == ["Yes, sir", "One", "Line one\nline two"]
    written = translated("a.yml", data, lambda text: text.text.upper() + ": #")
    assert written.count(b"# a word") == written.count(b"# English") == 1
    assert b"no: no" in written
    assert b"same: *a" in written
    after = YAML(typ="safe", pure=True)
    after.constructor.add_constructor("!x", lambda _, node: node.value)
    assert after.load(written)["en"] == {
        "yes": "YES, SIR: #",
        "no": "no",
        "ref": "ONE: #",
        "same": "ONE: #",
        "tagged": "kept",
        "lines": "LINE ONE\nLINE TWO: #",
        "folded": "ONE LONG LINE.\nANOTHER.: #\n",
        "flow": ["A: #", {"b": "C: #"}],
    }


def test_arb_files_and_messages_of_extensions_have_rules() -> None:
    arb = b'{"@@locale": "en", "hi": "Hello {name}", "@hi": {"description": "A greeting"}, "site": "https://a.b/c"}'
    assert texts_of("a.arb", arb) == ["Hello {name}"]
    assert json.loads(translated("a.arb", arb, target="pt-BR"))["@@locale"] == "pt_BR"
    assert texts_of("a.json", b'{"a": {"message": "Hi", "description": "no"}}') == ["Hi"]


@settings(max_examples=20)
@given(MESSAGES)
def test_properties_of_javaproperties(messages: dict[str, str]) -> None:
    for data in (
        javaproperties.dumps(messages, timestamp=False).encode(),
        javaproperties.dumps(messages, timestamp=False, ensure_ascii=False).encode(),
    ):
        after = javaproperties.loads(translated("a.properties", data).decode())
        assert after == {name: text.upper() for name, text in messages.items()}


def test_properties_keep_their_encoding_and_double_the_apostrophes_of_patterns() -> None:
    data = "a=caf\u00e9 \\\n    au lait\n# For {0}\nb : It''s {0}\nc=it's\n".encode("latin-1")
    assert texts_of("a.properties", data) == ["café au lait", "It's {0}", "it's"]
    written = translated("a.properties", data, lambda text: f"l'{text.text} €😀")
    assert b"a=l'caf\xe9 au lait \\u20ac\\ud83d\\ude00\n" in written
    after = javaproperties.load(io.BytesIO(written))
    assert after == {"a": "l'café au lait €😀", "b": "l''It''s {0} €😀", "c": "l'it's €😀"}


def test_strings_of_apple_keep_keys_comments_and_encoding() -> None:
    text = '/* Title */\n"a.b" = "Say \\"hi\\" to %@\\n";\n// plain\nfoo = "Caf\\u00e9 \U0001f600"; alone;\n'
    for encoding in ("utf-8", "utf-16", "utf-16-be"):
        data = text.encode(encoding)
        assert texts_of("a.strings", data) == ['Say "hi" to %@\n', "Café 😀"]
        written = translated("a.strings", data).decode(encoding)
        assert written.startswith('/* Title */\n"a.b" = "SAY \\"HI\\" TO %@\\n";\n// plain\nfoo = "CAFÉ 😀"; alone;')
    (first, second) = find_file_format("a.strings").read(text.encode()).texts
    assert (first.context, second.context) == ("Title", "plain")


@settings(max_examples=20)
@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), max_size=4), st.sampled_from(["excel", "excel-tab", "unix"]))
def test_tables_of_csv(rows: list[list[str]], dialect: str) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, dialect).writerows([["key", "text of it"], *rows])
    columns = find_file_format("a.csv", columns=["2"])
    parsed = columns.read(stream.getvalue().encode())
    texts = [each.text for each in parsed.texts]
    assert parsed.write(texts, target="fr") == stream.getvalue().encode()
    written = parsed.write([text.upper() for text in texts], target="fr").decode()
    assert list(csv.reader(io.StringIO(written, newline=""), dialect)) == [
        ["key", "TEXT OF IT"],
        *([key, text.upper()] for key, text in rows),
    ]


def test_columns_are_chosen_by_name_or_by_what_stands_in_them() -> None:
    data = b'id;text;note\r\na_1;"Hello ""you""";see a.b\r\n2;World;x@y.z\r\n'
    assert texts_of("a.csv", data) == ['Hello "you"', "see a.b", "World"]
    assert [each.text for each in find_file_format("a.csv", columns=["note"]).read(data).texts] == ["see a.b", "x@y.z"]
    with pytest.raises(MalformedFile, match="no column 'other'"):
        find_file_format("a.csv", columns=["other"]).read(data)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.po", b'msgid "a"\nmsgstr "b\n', "line 2 is neither a comment nor"),
        ("a.po", b'msgstr "b"\n', "msgstr in line 1 does not belong"),
        ("a.po", b'msgid ""\nmsgstr "charset=rot13"\n', "not one of texts"),
        ("a.json", b"{'a': 1}", "not JSON at line 1"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.yaml", b"a: b: c", "not YAML at line 1"),
        ("a.yaml", b"[" * 900, "nested more than 200"),
        ("a.properties", b"a=\\u12", "four digits"),
        ("a.strings", b'"a" = ;', "line 1 is not a pair"),
        ("a.strings", plistlib.dumps({"a": "b"}, fmt=plistlib.FMT_BINARY), "not"),
        ("a.csv", b'a,"b', "row 1 does not end with its quote"),
    ],
)
def test_other_bytes_are_refused_with_the_reason(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(MalformedFile, match=reason):
        find_file_format(name).read(data)


def _shouted(content: object) -> object:
    match content:
        case str():
            return content.upper()
        case list():
            return [_shouted(each) for each in content]
        case dict():
            return {key: _shouted(each) for key, each in content.items()}
        case _:
            return content
