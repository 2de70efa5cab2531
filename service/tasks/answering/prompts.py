"""What a model is told and shown before it answers, in the language of the question."""

import re
from dataclasses import dataclass

from service.tasks.few_shot import FewShot

_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\u1100-\u11ff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """All that is said in one language."""

    from_context: str
    from_knowledge: str
    context: str
    question: str
    answer: str
    colon: str
    contexts: tuple[tuple[str, str, str], ...]  # context, question, answer
    questions: tuple[tuple[str, str], ...]

    def given(self, question: str, context: str) -> str:
        return f"{self.context}{self.colon}{context}\n\n{self.question}{self.colon}{question}"


_ENGLISH = _Words(
    from_context="Answer the question with the facts in the context. Be as short as possible; do not explain.",
    from_knowledge="Answer the question correctly and concisely, in two or three sentences.",
    context="Context",
    question="Question",
    answer="Answer",
    colon=": ",
    contexts=(
        (
            "The Maple Café opens at eight in the morning and closes at six in the evening. It is closed on Sundays.",
            "When does the Maple Café close?",
            "At six in the evening.",
        ),
        (
            "Marta grew up in Lisbon. In 2009 she moved to Oslo, where she works as an engineer for a ferry line.",
            "In which year did Marta move to Oslo?",
            "In 2009.",
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

_CHINESE = _Words(
    from_context="根据上下文回答问题。答案要尽量简短，不要解释。",
    from_knowledge="请准确、简明地回答问题，用两三句话说明。",
    context="上下文",
    question="问题",
    answer="答案",
    colon="：",
    contexts=(
        ("枫叶咖啡馆每天早上八点开门，晚上六点关门，星期天休息。", "枫叶咖啡馆几点关门？", "晚上六点。"),
        ("李娜在成都长大，2009年搬到上海，在一家航运公司当工程师。", "李娜哪一年搬到上海？", "2009年。"),
    ),
    questions=(
        (
            "天空为什么是蓝色的？",
            "阳光由各种颜色的光混合而成。空气对蓝光的散射远强于红光，蓝光从四面八方进入我们的眼睛，所以天空看起来是蓝色的。",
        ),
        ("澳大利亚的首都是哪里？", "澳大利亚的首都是堪培拉。"),
    ),
)


def answering_prompt(question: str, context: str | None) -> tuple[FewShot, str]:
    """Instruction and examples for a question, and the question as it is put to the model."""
    words = _CHINESE if _is_chinese(question) else _ENGLISH
    if context is None:
        return FewShot(
            instruction=words.from_knowledge, examples=words.questions, labels=(words.question, words.answer)
        ), question
    examples = tuple((words.given(asked, text), answer) for text, asked, answer in words.contexts)
    prompt = FewShot(instruction=words.from_context, examples=examples, labels=("", words.answer))
    return prompt, words.given(question, context)


def _is_chinese(text: str) -> bool:
    """More Chinese characters than Latin words, and none of the scripts that other languages mix them with."""
    return len(_HAN.findall(text)) > len(_LATIN_WORD.findall(text)) and not _KANA_OR_HANGUL.search(text)
