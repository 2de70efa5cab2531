"""The guard: translations that it flags, and translations that it must not flag."""

import pytest

from service.tasks.text.languages import find_language
from service.tasks.translation.language.detection import Detection, Detector
from service.tasks.translation.prompting.example_sentences import SENTENCES
from service.tasks.translation.quality import guard
from service.tasks.translation.quality.flags import Flag

# Failures of other translation servers, as their users reported them, shortened: source and target language, source,
# translation, and the flag.
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


def flags(detector: Detector, source: str, target: str, text: str, translation: str) -> tuple[Flag, ...]:
    languages = {"source_language": find_language(source), "target": find_language(target)}
    return guard.check(text, translation, **languages, detect=detector.detect)


@pytest.mark.parametrize(("source", "target", "text", "translation", "flag"), REPORTED)
def test_reported_failures_are_flagged(
    detector: Detector, source: str, target: str, text: str, translation: str, flag: Flag
) -> None:
    assert flag in flags(detector, source, target, text, translation)


@pytest.mark.parametrize(("source", "target", "text", "translation"), SOUND)
def test_sound_translations_are_not_flagged(
    detector: Detector, source: str, target: str, text: str, translation: str
) -> None:
    assert flags(detector, source, target, text, translation) == ()


@pytest.mark.parametrize("target", [code for code in SENTENCES if code != "en"])
def test_the_languages_of_the_examples_are_those_that_they_say(detector: Detector, target: str) -> None:
    source, translation = " ".join(SENTENCES["en"]), " ".join(SENTENCES[target])
    assert not {Flag.LANGUAGE, Flag.SCRIPT, Flag.LENGTH} & set(flags(detector, "en", target, source, translation))


def test_cantonese_is_written_with_traditional_characters(detector: Detector) -> None:
    assert Flag.LANGUAGE in flags(detector, "en", "yue", "Where is the station?", "请问火车站在哪里？")
    assert Flag.LANGUAGE not in flags(detector, "en", "yue-CN", "Where is the station?", "请问火车站在哪里？")


def test_an_empty_translation_has_no_other_flag(detector: Detector) -> None:
    assert flags(detector, "en", "fr", "Good morning to all of you.", " [1] ") == (Flag.EMPTY,)


def test_a_copy_is_not_flagged_for_its_language_too(detector: Detector) -> None:
    text = "She was recognized as a visionary leader."
    assert flags(detector, "en", "fr", text, text) == (Flag.COPIED,)


def test_a_loop_that_the_source_has_too_is_not_flagged(detector: Detector) -> None:
    assert Flag.REPETITION not in flags(detector, "en", "es", "very often " * 9, "cada vez " * 9)


@pytest.mark.parametrize(
    ("source", "confidence", "flagged"),
    [("de", 0.75, True), ("de", 0.65, False), (None, 0.75, True), ("en", 0.75, False), ("en", 0.95, True)],
)
def test_a_third_language_must_be_detected_with_more_confidence(
    source: str | None, confidence: float, flagged: bool
) -> None:
    found = guard.check(
        "Where is the nearest train station, please?",
        "Wo ist der nächste Bahnhof, bitte?",
        source_language=None if source is None else find_language(source),
        target=find_language("fr"),
        detect=lambda text: [Detection(find_language("de"), confidence)],
    )
    assert found == ((Flag.LANGUAGE,) if flagged else ())
