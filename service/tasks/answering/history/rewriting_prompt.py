"""The prompt that asks for the last question of a conversation in words that need no conversation."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.tasks.answering.phrases import Phrases, phrases_for
from service.tasks.answering.prompts import AnswerPrompt
from service.tasks.answering.query import Exchange
from service.tasks.generation.few_shot import FewShot, indent_labels


@dataclass(frozen=True, slots=True)
class _SolvedRewriting:
    history: tuple[Exchange, ...]
    question: str
    rewritten: str


@dataclass(frozen=True, slots=True)
class _RewritingPhrases:
    instruction: str
    last_question: str
    rewritten: str
    examples: tuple[_SolvedRewriting, ...]


_ENGLISH = _RewritingPhrases(
    "Rewrite the last question of the conversation so that it can be understood without the conversation. Replace "
    "words such as he, she, it and they with what they stand for. Keep all other words. Do not answer it.",
    "Last question",
    "Rewritten question",
    (
        _SolvedRewriting(
            (Exchange("Who designed the bridge near Arlen?", "Henrik Dahl"),),
            "When did he die?",
            "When did Henrik Dahl die?",
        ),
        _SolvedRewriting(
            (
                Exchange("What happened in 2009?", "Marta moved to Oslo."),
                Exchange("Why?", "She found work at a ferry line."),
            ),
            "How long did she stay?",
            "How long did Marta stay in Oslo?",
        ),
        _SolvedRewriting(
            (Exchange("Which museum did the fire destroy?", "The Museum of Clocks in Gent"),),
            "Why?",
            "Why did the fire destroy the Museum of Clocks in Gent?",
        ),
        _SolvedRewriting(
            (Exchange("When was the album Low Tide released?", "In March 1974"),),
            "Was it popular?",
            "Was the album Low Tide popular?",
        ),
    ),
)
_CHINESE = _RewritingPhrases(
    "改写对话的最后一个问题，使它不看对话也能看懂。把“他”“她”“它”等词换成所指的人或事物，其他的词不变，不要回答。",
    "最后的问题",
    "改写后的问题",
    (
        _SolvedRewriting(
            (Exchange("谁设计了港口的起重机？", "工程师王磊"),), "他是哪一年去世的？", "王磊是哪一年去世的？"
        ),
        _SolvedRewriting(
            (Exchange("2009年发生了什么？", "李娜搬到了上海。"), Exchange("为什么？", "她在航运公司找到了工作。")),
            "她住了多久？",
            "李娜在上海住了多久？",
        ),
        _SolvedRewriting(
            (Exchange("大火烧毁了哪座博物馆？", "根特的钟表博物馆"),), "为什么？", "大火为什么烧毁了根特的钟表博物馆？"
        ),
        _SolvedRewriting(
            (Exchange("专辑《退潮》是什么时候发行的？", "1974年3月"),), "它受欢迎吗？", "专辑《退潮》受欢迎吗？"
        ),
    ),
)


def rewriting_prompt(question: str, history: Sequence[Exchange]) -> AnswerPrompt:
    """Ask for the question again, in the language of the question."""
    shared = phrases_for(question)
    phrases = _CHINESE if shared is phrases_for("问题") else _ENGLISH
    examples = tuple(
        (_conversation(shared, phrases, each.history, each.question), each.rewritten) for each in phrases.examples
    )
    few_shot = FewShot(instruction=phrases.instruction, examples=examples, labels=("", phrases.rewritten))
    return AnswerPrompt(few_shot=few_shot, input=_conversation(shared, phrases, history, question))


def _conversation(shared: Phrases, phrases: _RewritingPhrases, history: Sequence[Exchange], question: str) -> str:
    """The conversation, a label before each of its texts. No line of a text begins with a label."""
    labels = [label for language in (_ENGLISH, _CHINESE) for label in (language.last_question, language.rewritten)] + [
        label for each in (phrases_for("?"), phrases_for("问题")) for label in (each.question, each.answer)
    ]
    lines = [
        (label, text)
        for each in history
        for label, text in ((shared.question, each.question), (shared.answer, each.answer))
    ]
    lines.append((phrases.last_question, question))
    return "\n".join(f"{label}{shared.colon}{indent_labels(text, labels)}" for label, text in lines)
