"""Chat templates: the environment and its limits, and the end of a continued message."""

from datetime import datetime
from typing import Any

import pytest

from service.errors import ChatTemplateError
from service.tasks.text.chat_template import ChatTemplate

CHATML = (
    "{%- for message in messages %}\n"
    "    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}\n"
    "{%- endfor %}\n"
    "{%- if add_generation_prompt %}\n"
    "    {{- '<|im_start|>assistant\\n' }}\n"
    "{%- endif %}\n"
)
TRIMMING = "{% for m in messages %}[{{ m.role }}]{{ m.content | trim }}</s>{% endfor %}"
HI = [{"role": "user", "content": "hi"}]


def render(source: str, messages: list[dict[str, str]] = HI, **options: Any) -> str:
    return ChatTemplate(source, {"bos_token": "<s>"}).render(messages, **options)


def test_a_conversation_becomes_a_prompt() -> None:
    messages = [{"role": "system", "content": "Be brief."}, *HI]
    expected = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n"
    assert render(CHATML, messages) == expected + "<|im_start|>assistant\n"
    assert render(CHATML, messages, add_generation_prompt=False) == expected


def test_blocks_leave_no_whitespace() -> None:
    assert render("{% if true %}\n    {% set x = 1 %}\nyes\n{% endif %}\n") == "yes\n"


def test_variables_of_the_model_and_of_the_call() -> None:
    assert render("{{ bos_token }}{{ enable_thinking }}", enable_thinking=False) == "<s>False"


def test_variables_that_are_not_passed_are_undefined_or_none() -> None:
    assert render("{% if tools is none and not documents and not other %}none{% endif %}") == "none"


def test_json_is_not_escaped_for_html() -> None:
    assert render("{{ {'a': '<你好> & \\'x\\''} | tojson }}") == '{"a": "<你好> & \'x\'"}'
    assert render("{{ {'b': 1, 'a': 2} | tojson(indent=2, sort_keys=true) }}") == '{\n  "a": 2,\n  "b": 1\n}'


def test_loops_can_be_left() -> None:
    assert render("{% for i in range(9) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}") == "01"


def test_the_training_mark_is_its_body() -> None:
    assert render("a{% generation %}{{ messages[0].content }}{% endgeneration %}b") == "ahib"


def test_the_date_is_today() -> None:
    assert render("{{ strftime_now('%Y') }}") in {str(datetime.now().year), str(datetime.now().year + 1)}


def test_the_templates_own_words_reach_the_client() -> None:
    with pytest.raises(ChatTemplateError, match=r"^Roles must alternate$") as error:
        render("{{ raise_exception('Roles must alternate') }}")
    assert isinstance(error.value, ValueError)
    assert error.value.param == "messages"


def test_words_that_quote_a_message_do_not_reach_the_client() -> None:
    for source in ("{{ raise_exception('No: ' + messages[0].content) }}", "{{ ''.encode(messages[0].content) }}"):
        with pytest.raises(ChatTemplateError, match=r"^the model's chat template does not take these messages$"):
            render(source, [{"role": "user", "content": "a secret"}])


@pytest.mark.parametrize(
    "messages", [[{"role": "user"}], [{"content": "hi"}], [{"role": "user", "content": None}], ["hi"]]
)
def test_messages_that_do_not_fit_the_template_are_the_clients_fault(messages: list) -> None:
    with pytest.raises(ChatTemplateError):
        render(CHATML, messages)


def test_no_messages_are_refused() -> None:
    with pytest.raises(ChatTemplateError, match="empty"):
        render(CHATML, [])


def test_a_template_that_does_not_compile_is_named() -> None:
    with pytest.raises(ChatTemplateError, match="does not compile"):
        ChatTemplate("{% if %}", {})


@pytest.mark.parametrize("source", [CHATML, TRIMMING])
@pytest.mark.parametrize("content", ["The answer", "The answer is ", "hi", "", "a</s>b"])
def test_a_continued_message_ends_with_its_content(source: str, content: str) -> None:
    text = render(source, [*HI, {"role": "assistant", "content": content}], continue_final_message=True)
    assert text.endswith(("assistant\n" if source == CHATML else "[assistant]") + content)
    assert text.count("hi") == 1 + (content == "hi")


def test_a_message_that_the_template_leaves_out_cannot_be_continued() -> None:
    with pytest.raises(ChatTemplateError, match="leaves out"):
        render("nothing", [*HI, {"role": "assistant", "content": "a"}], continue_final_message=True)


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.__class__.__base__ }}",
        "{{ raise_exception.__globals__ }}",
        "{{ strftime_now.__globals__['datetime'] }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ lipsum.__globals__['os'].system('id') }}",
        "{{ self._TemplateReference__context.environment.globals }}",
        "{{ ('{0.__class__.__init__.__globals__}').format(messages) }}",
        "{{ messages[0] | attr('__class__') }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{{ messages.append({'role': 'system', 'content': 'x'}) }}",
        "{{ messages[0].update({'content': 'x'}) }}",
        "{% for i in range(10**9) %}{% endfor %}",
    ],
)
def test_a_template_cannot_leave_the_sandbox(attack: str) -> None:
    messages = [dict(HI[0])]
    try:
        text = render(attack, messages)
    except ChatTemplateError:
        text = ""
    assert text == ""
    assert messages == HI
