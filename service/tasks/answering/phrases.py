"""The phrases and examples of the answering prompts, in English and in Chinese."""

import re
from dataclasses import dataclass

from service.tasks.answering.solved_texts import CHINESE, SolvedText
from service.tasks.generation.few_shot import indent_labels

_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\u1100-\u11ff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class SolvedQuestion:
    """A solved question about a text. ``quote`` is the sentence with the answer; both are empty for no answer."""

    text: str
    question: str
    answer: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The texts of the prompts in one language.

    ``examples`` are solved questions about texts, ``questions`` pairs of a question without a text and its answer.
    ``texts`` are the examples of an extraction, in place of ``examples``, in a language that gains from them.
    """

    extract: str
    quote_first: str
    from_knowledge: str
    context: str
    question: str
    quote: str
    answer: str
    colon: str
    examples: tuple[SolvedQuestion, ...]
    questions: tuple[tuple[str, str], ...]
    texts: tuple[SolvedText, ...] = ()

    def question_about(self, text: str, question: str) -> str:
        """A question with its text above it. No line of the two begins with a label, except through this method."""
        labels = [
            label for each in (_ENGLISH, _CHINESE) for label in (each.context, each.question, each.quote, each.answer)
        ]
        text, question = indent_labels(text, labels), indent_labels(question, labels)
        return f"{self.context}{self.colon}{text}\n\n{self.labelled(question)}"

    def labelled(self, question: str) -> str:
        """A question behind its label. It is ours, or has no line that begins with a label."""
        return f"{self.question}{self.colon}{question}"


_ENGLISH = Phrases(
    extract="Answer the question with words copied from the context. Be as short as possible.",
    quote_first="Quote the sentence of the context that answers the question, then answer it briefly.",
    from_knowledge="Answer the question correctly and concisely, in two or three sentences.",
    context="Context",
    question="Question",
    quote="Quote",
    answer="Answer",
    colon=": ",
    examples=(
        SolvedQuestion(
            "The Maple Café opens at eight in the morning and closes at six in the evening. It is closed on Sundays.",
            "When does the Maple Café close?",
            "six in the evening",
            "The Maple Café opens at eight in the morning and closes at six in the evening.",
        ),
        SolvedQuestion(
            "The bridge was designed by Henrik Dahl and built between 1891 and 1894 with steel from a mill in Gent.",
            "How long is the bridge?",
        ),
        SolvedQuestion(
            "Marta grew up in Lisbon. In 2009 she moved to Oslo, where she works as an engineer for a ferry line.",
            "What is Marta's job?",
            "engineer",
            "In 2009 she moved to Oslo, where she works as an engineer for a ferry line.",
        ),
        SolvedQuestion(
            "The two rivers meet near Arlen. Floods are frequent there because the snow of the Kolm mountains melts "
            "within a few weeks.",
            "Why are there often floods near Arlen?",
            "the snow of the Kolm mountains melts within a few weeks",
            "Floods are frequent there because the snow of the Kolm mountains melts within a few weeks.",
        ),
    ),
    questions=(
        (
            "Why is the sky blue?",
            "Sunlight is a mixture of all colours. Air scatters blue light much more than red light, so blue light "
            "reaches our eyes from every direction and the sky looks blue.",
        ),
        ("What is the capital of Australia?", "The capital of Australia is Canberra."),
    ),
)

_CHINESE = Phrases(
    extract="用上下文里的原文回答问题，越短越好。",
    quote_first="先引用上下文里能回答问题的句子，再简短回答。",
    from_knowledge="请准确、简明地回答问题，用两三句话说明。",
    context="上下文",
    question="问题",
    quote="引用",
    answer="答案",
    colon="：",
    texts=CHINESE,
    examples=(
        SolvedQuestion(
            "枫叶咖啡馆每天早上八点开门，晚上六点关门。星期天休息。",
            "枫叶咖啡馆几点关门？",
            "晚上六点",
            "枫叶咖啡馆每天早上八点开门，晚上六点关门。",
        ),
        SolvedQuestion("这座桥由工程师陈建设计，1891年动工，1894年建成，所用的钢材大多来自汉阳。", "这座桥有多长？"),
        SolvedQuestion(
            "李娜在成都长大。2009年她搬到上海，在一家航运公司当工程师。",
            "李娜做什么工作？",
            "工程师",
            "2009年她搬到上海，在一家航运公司当工程师。",
        ),
        SolvedQuestion(
            "两条河在安岭附近汇合。由于雪山上的积雪在几个星期内融化，那里经常发生洪水。",
            "为什么安岭附近经常发生洪水？",
            "雪山上的积雪在几个星期内融化",
            "由于雪山上的积雪在几个星期内融化，那里经常发生洪水。",
        ),
        # Answers in the middle of a sentence that begins as the question does: small models copy from its beginning.
        SolvedQuestion(
            "根据1950年签订的条约，两国的边界由一个联合委员会划定，每十年检查一次。",
            "根据1950年的条约，两国的边界由谁划定？",
            "一个联合委员会",
            "根据1950年签订的条约，两国的边界由一个联合委员会划定，每十年检查一次。",
        ),
        SolvedQuestion(
            "港口的起重机由工程师王磊设计，1962年投入使用，高四十五米，至今仍在工作。",
            "谁设计了港口的起重机？",
            "王磊",
            "港口的起重机由工程师王磊设计，1962年投入使用，高四十五米，至今仍在工作。",
        ),
        SolvedQuestion(
            "许多居民认为，新铁路的主要好处是去省城只需要四十分钟，但票价也因此提高了。",
            "居民认为新铁路的主要好处是什么？",
            "去省城只需要四十分钟",
            "许多居民认为，新铁路的主要好处是去省城只需要四十分钟，但票价也因此提高了。",
        ),
    ),
    questions=(
        (
            "天空为什么是蓝色的？",
            "阳光由各种颜色的光混合而成。空气对蓝光的散射远强于红光，蓝光从四面八方进入我们的眼睛，所以天空看起来是蓝色的。",
        ),
        ("澳大利亚的首都是哪里？", "澳大利亚的首都是堪培拉。"),
    ),
)


def phrases_for(question: str) -> Phrases:
    """The phrases in the language of the question: Chinese, else English."""
    return _CHINESE if _is_chinese(question) else _ENGLISH


def _is_chinese(text: str) -> bool:
    """More Chinese characters than Latin words, and none of the scripts that other languages mix them with."""
    return len(_HAN.findall(text)) > len(_LATIN_WORD.findall(text)) and not _KANA_OR_HANGUL.search(text)
