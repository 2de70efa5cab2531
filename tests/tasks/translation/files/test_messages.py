"""Messages in ICU's format in catalogues: whole sentences in their branches, in the escapes of each format."""

import json
import re

import javaproperties
import pytest
from ruamel.yaml import YAML

from service.tasks.translation.documents.marks.restoring import restore
from service.tasks.translation.files.file_format import FileText
from tests.tasks.translation.documents.reading import document
from tests.tasks.translation.files.translating import translated

VOTES = 'You have {count, plural, one {# vote} other {# votes}} left, "{name}".'
WRITTEN = '{count, plural, one {D\'ici # vote là, "{name}".} other {D\'ici # votes là, "{name}".}}'


def in_french(text: FileText) -> str:
    found = document(text.text, text.format)
    french = [unit.text.replace("You have", "D'ici").replace("left", "là") for unit in found.units]
    return found.join([restore(unit, each) or "" for unit, each in zip(found.units, french, strict=True)])


def test_json() -> None:
    written = translated("a.json", json.dumps({"votes": VOTES}, indent=1).encode(), in_french)
    assert json.loads(written) == {"votes": WRITTEN}


def test_yaml() -> None:
    data = b"fr:\n  votes: >-\n    You have {count, plural,\n    one {# vote} other {# votes}} left.\n"
    assert YAML(typ="safe").load(translated("a.yaml", data, in_french)) == {
        "fr": {"votes": "{count, plural, one {D'ici # vote là.} other {D'ici # votes là.}}"}
    }


@pytest.mark.parametrize(("number", "quote"), [("0", "''"), ("count", "'")])
def test_properties(number: str, quote: str) -> None:
    text = f"You have what''s {{{number}, plural, one {{# vote}} other {{# votes}}}}"
    written = translated("a.properties", f"votes={text}\n".encode(), in_french)
    branches = f"one {{D{quote}ici what''s # vote}} other {{D{quote}ici what''s # votes}}"
    assert javaproperties.loads(written) == {"votes": f"{{{number}, plural, {branches}}}"}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("You have C#, that''s {0, plural, other {#}}", "{0, plural, other {D''ici C'#', that''s #}}"),
        ("''You have {0, plural, other {#}}''", "{0, plural, other {''D''ici #’}}"),
        ("You have ''{0}'' or {1, plural, other {#}}", "{1, plural, other {D''ici ''{0}'' or #}}"),
        ("You have ''#'' or {0, plural, other {#}}", "{0, plural, other {D'ici '''#''' or #}}"),
    ],
)
def test_quotes_in_patterns_of_java(text: str, written: str) -> None:
    data = f"votes={text}\n".encode()
    assert javaproperties.loads(translated("a.properties", data, in_french)) == {"votes": written}


def test_android() -> None:
    data = (
        '<resources>\n<string name="a">You have {n, plural, one {# vote} other {# votes}} left</string>\n'
        '<string name="b"><b>You have</b> {n, plural, one {# vote} other {# votes}} left</string>\n</resources>\n'
    )
    assert translated("strings.xml", data.encode(), in_french).decode() == data.replace(
        "You have {n, plural, one {# vote} other {# votes}} left",
        "{n, plural, one {D\\'ici # vote là} other {D\\'ici # votes là}}",
    ).replace(
        "<b>You have</b> {n, plural, one {# vote} other {# votes}} left",
        "{n, plural, one {<b>D\\'ici</b> # vote là} other {<b>D\\'ici</b> # votes là}}",
    )


def test_xliff() -> None:
    message = "{n, plural, one {# vote} other {# votes}}"
    data = f"""<xliff version="1.2"><file source-language="en" datatype="x" original="x"><body>
<trans-unit id="1"><source>You have {message} left</source></trans-unit>
<trans-unit id="2"><source>You have <x id="1"/> {message} left</source></trans-unit>
<trans-unit id="3"><source>{{n, plural, =0 {{left}} other {{You have <x id="N"/> left}}}}</source></trans-unit>
</body></file></xliff>"""
    written = translated("a.xliff", data.encode(), in_french).decode()
    assert re.findall("<target.*?>(.*?)</target>", written) == [
        "{n, plural, one {D'ici # vote là} other {D'ici # votes là}}",
        f'D\'ici <x id="1"/> {message} là',  # one element with this id, so no copy in the branches
        '{n, plural, =0 {là} other {D\'ici <x id="N"/> là}}',
    ]
