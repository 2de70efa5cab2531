"""The prompts of the answering task, in the language of the question: English or Chinese."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.tasks.generation.few_shot import FewShot
from service.tasks.text.tokenizer import Tokenizer

_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\u1100-\u11ff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPrompt:
    """The few-shot prompt of a question. ``input`` is the question, with its texts if it has any."""

    few_shot: FewShot
    input: str

    async def encode(self, tokenizer: Tokenizer, *, style: str, answer_prefix: str = "") -> list[int]:
        """The prompt's token ids. ``answer_prefix`` is the beginning of the answer."""
        return await self.few_shot.encode(tokenizer, self.input, style=style, answer_prefix=answer_prefix)

    def stop(self, tokenizer: Tokenizer, *, style: str, several_lines: bool = False) -> tuple[str, ...]:
        """The stop strings that end the answer."""
        return self.few_shot.stop(tokenizer, style=style, several_lines=several_lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotingPrompt(AnswerPrompt):
    """A prompt whose answer begins with a quotation. The two labels mark the answer's parts."""

    quote_label: str  # before the quotation, at the start of the model's text
    answer_label: str  # between quotation and answer


@dataclass(frozen=True, slots=True)
class _Example:
    """A solved question about a text. ``quote`` is the sentence with the answer; both are empty for no answer."""

    text: str
    question: str
    answer: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phrases:
    """Everything that the prompts say in one language."""

    extract: str
    quote_first: str
    from_knowledge: str
    context: str
    question: str
    quote: str
    answer: str
    colon: str
    examples: tuple[_Example, ...]
    questions: tuple[tuple[str, str], ...]

    def question_about(self, text: str, question: str) -> str:
        return f"{self.context}{self.colon}{text}\n\n{self.question}{self.colon}{question}"


_ENGLISH = _Phrases(
    extract="Answer the question with words copied from the context. Be as short as possible.",
    quote_first="Quote the sentence of the context that answers the question, then answer it briefly.",
    from_knowledge="Answer the question correctly and concisely, in two or three sentences.",
    context="Context",
    question="Question",
    quote="Quote",
    answer="Answer",
    colon=": ",
    examples=(
        _Example(
            "The Maple Café opens at eight in the morning and closes at six in the evening. It is closed on Sundays.",
            "When does the Maple Café close?",
            "six in the evening",
            "The Maple Café opens at eight in the morning and closes at six in the evening.",
        ),
        _Example(
            "The bridge was designed by Henrik Dahl and built between 1891 and 1894 with steel from a mill in Gent.",
            "How long is the bridge?",
        ),
        _Example(
            "Marta grew up in Lisbon. In 2009 she moved to Oslo, where she works as an engineer for a ferry line.",
            "What is Marta's job?",
            "engineer",
            "In 2009 she moved to Oslo, where she works as an engineer for a ferry line.",
        ),
        _Example(
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

_CHINESE = _Phrases(
    extract="用上下文里的原文回答问题，越短越好。",
    quote_first="先引用上下文里能回答问题的句子，再简短回答。",
    from_knowledge="请准确、简明地回答问题，用两三句话说明。",
    context="上下文",
    question="问题",
    quote="引用",
    answer="答案",
    colon="：",
    examples=(
        _Example(
            "枫叶咖啡馆每天早上八点开门，晚上六点关门。星期天休息。",
            "枫叶咖啡馆几点关门？",
            "晚上六点",
            "枫叶咖啡馆每天早上八点开门，晚上六点关门。",
        ),
        _Example("这座桥由工程师陈建设计，1891年动工，1894年建成，所用的钢材大多来自汉阳。", "这座桥有多长？"),
        _Example(
            "李娜在成都长大。2009年她搬到上海，在一家航运公司当工程师。",
            "李娜做什么工作？",
            "工程师",
            "2009年她搬到上海，在一家航运公司当工程师。",
        ),
        _Example(
            "两条河在安岭附近汇合。由于雪山上的积雪在几个星期内融化，那里经常发生洪水。",
            "为什么安岭附近经常发生洪水？",
            "雪山上的积雪在几个星期内融化",
            "由于雪山上的积雪在几个星期内融化，那里经常发生洪水。",
        ),
        # Answers in the middle of a sentence that begins as the question does: small models copy from its beginning.
        _Example(
            "根据1950年签订的条约，两国的边界由一个联合委员会划定，每十年检查一次。",
            "根据1950年的条约，两国的边界由谁划定？",
            "一个联合委员会",
            "根据1950年签订的条约，两国的边界由一个联合委员会划定，每十年检查一次。",
        ),
        _Example(
            "港口的起重机由工程师王磊设计，1962年投入使用，高四十五米，至今仍在工作。",
            "谁设计了港口的起重机？",
            "王磊",
            "港口的起重机由工程师王磊设计，1962年投入使用，高四十五米，至今仍在工作。",
        ),
        _Example(
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


def knowledge_prompt(question: str) -> AnswerPrompt:
    """Ask the question alone. The model answers from what it knows."""
    phrases = _phrases(question)
    few_shot = FewShot(
        instruction=phrases.from_knowledge, examples=phrases.questions, labels=(phrases.question, phrases.answer)
    )
    return AnswerPrompt(few_shot=few_shot, input=question)


def extraction_prompt(question: str, text: str) -> AnswerPrompt:
    """Ask for an answer in words of the text. An empty answer means that the text has none."""
    phrases = _phrases(question)
    examples = tuple((phrases.question_about(each.text, each.question), each.answer) for each in phrases.examples)
    few_shot = FewShot(instruction=phrases.extract, examples=examples, labels=("", phrases.answer))
    return AnswerPrompt(few_shot=few_shot, input=phrases.question_about(text, question))


def quoting_prompt(question: str, texts: Sequence[str]) -> QuotingPrompt:
    """Ask for a quotation from the texts and then for an answer; without a quotation there is no answer."""
    phrases = _phrases(question)
    quote = f"{phrases.quote}{phrases.colon}".rstrip()
    answer = f"\n{phrases.answer}{phrases.colon}".rstrip()
    space = phrases.colon[len(phrases.colon.rstrip()) :]
    examples = tuple(
        (
            phrases.question_about(each.text, each.question),
            f"{quote}{space}{each.quote}{answer}{space}{each.answer}" if each.answer else quote,
        )
        for each in phrases.examples
    )
    return QuotingPrompt(
        few_shot=FewShot(instruction=phrases.quote_first, examples=examples, labels=("", phrases.answer)),
        input=phrases.question_about("\n\n".join(texts), question),
        quote_label=quote,
        answer_label=answer,
    )


def _phrases(question: str) -> _Phrases:
    return _CHINESE if _is_chinese(question) else _ENGLISH


def _is_chinese(text: str) -> bool:
    """More Chinese characters than Latin words, and none of the scripts that other languages mix them with."""
    return len(_HAN.findall(text)) > len(_LATIN_WORD.findall(text)) and not _KANA_OR_HANGUL.search(text)
