"""What the guard finds doubtful, and what it must not."""

import time

import pytest

from service.tasks.text.languages import find_language
from service.tasks.translation.language.detection import Detector
from service.tasks.translation.quality import guard
from service.tasks.translation.quality.flags import Flag
from service.tasks.translation.quality.loops import ends_in_loop, has_loop

# Inputs and outputs that people reported of small translation servers, shortened.
REPORTED = [
    ("en", "es", "increasingly", "cada vez " * 30, Flag.REPETITION),
    ("en", "es", "never", "nunca jamás " * 20, Flag.REPETITION),
    ("fr", "en", "défavorable", "adverse " * 40, Flag.REPETITION),
    ("en", "pt", "enrolled", "matriculados matriculados matriculados", Flag.REPETITION),
    ("id", "en", "Saya pergi ke pasar pagi ini.", "I'm sorry " * 8, Flag.REPETITION),
    ("en", "de", "[Applause]", "Applaus " * 50, Flag.REPETITION),
    (
        "en",
        "es",
        "She was recognized as a visionary leader.",
        "She was recognized as a visionary leader.",
        Flag.COPIED,
    ),
    ("en", "zh", "The unpaid amount is due.", "未付的 unpaid 金额到期。", Flag.LANGUAGE),
    (
        "es",
        "en",
        "Las Conclusiones más recientes instaban a afrontar la opacidad. El Parlamento ha llevado a cabo una gran "
        "labor en el ámbito de la inteligencia artificial, y seguirá haciéndolo en los próximos años con sus medios.",
        "The most recent conclusions call for the opacity to be addressed.",
        Flag.LENGTH,
    ),
    ("ja", "zh", "この航空機はイルクーツクに向かっており、内務省所属の部隊が操縦していました。", "飞机", Flag.LENGTH),
    ("en", "fr", "Where is the nearest train station, please?", "Wo ist der nächste Bahnhof, bitte?", Flag.LANGUAGE),
    ("en", "zh", "Good morning to all of you.", "Buenos días a todos.", Flag.LANGUAGE),
    ("en", "zh-TW", "The phone is at home.", "电话在家里。", Flag.LANGUAGE),
    ("en", "fr", "Good morning.", "", Flag.EMPTY),
]

SOUND = [
    ("en", "zh", "Good morning.", "早上好。"),
    ("en", "fr", "No, no, no, no!", "Non, non, non, non !"),
    ("en", "fr", "Bye bye bye bye bye bye bye bye.", "Au revoir revoir revoir revoir revoir revoir revoir."),
    ("en", "de", "Microsoft Windows", "Microsoft Windows"),
    ("en", "fr", "Restaurant", "Restaurant"),
    ("en", "zh", "iPhone 15 Pro", "iPhone 15 Pro"),
    ("en", "zh", "Open GitHub, then click Settings.", "打开 GitHub，然后点击 Settings。"),
    ("en", "zh", "Write to help@example.com, see example.com/help.", "请致信 help@example.com，见 example.com/help。"),
    ("en", "fr", "------------------------------ yes", "------------------------------ oui"),
    ("zh", "en", "你好", "Hello"),
    ("en", "ja", "The phone is at home.", "電話は家にあります。"),
    ("en", "fr", "Keep [1] and [2].", "Gardez [1] et [2]."),
]  # fmt: skip


@pytest.fixture
async def detector() -> Detector:
    detector = Detector()
    await detector.load()
    return detector


def flags(detector: Detector, source: str, target: str, given: str, made: str) -> tuple[Flag, ...]:
    languages = {"source_language": find_language(source), "target": find_language(target)}
    return guard.check(given, made, **languages, detect=detector.detect)


async def test_reported_failures_are_flagged(detector: Detector) -> None:
    found = {given: flags(detector, source, target, given, made) for source, target, given, made, _ in REPORTED}
    assert {given: flag in found[given] for _, _, given, _, flag in REPORTED} == dict.fromkeys(found, True)


async def test_sound_translations_are_not(detector: Detector) -> None:
    found = {given: flags(detector, source, target, given, made) for source, target, given, made in SOUND}
    assert found == dict.fromkeys(found, ())


@pytest.mark.parametrize("text", ["salad " * 10, "cada vez " * 4, "好" * 20, "abcdefgh" * 3])
def test_a_loop_is_heard_at_its_end(text: str) -> None:
    before = "What came first was sound. "
    assert ends_in_loop(before + text)
    assert has_loop(before + text + " And this again.")
    assert not ends_in_loop(before + text + " And this again.")


@pytest.mark.parametrize(
    "text", ["", "ha ha ha ha", "=" * 100, "0, " * 40, "a b c d e f g h", "the cat, the dog, the cow", "aaaa"]
)
def test_what_is_no_loop(text: str) -> None:
    assert not ends_in_loop(text)
    assert not has_loop(text)


@pytest.mark.parametrize("text", ["a" * 50_000, ". " * 25_000, "ab" * 25_000, "1 2 3 4 5 6 7 8 9 " * 3000])
def test_hostile_texts_take_no_longer(text: str) -> None:
    started = time.process_time()
    has_loop(text)
    ends_in_loop(text)
    assert time.process_time() - started < 5
