"""Command-line agents and clients, as processes of their own whose base URL is the service."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import claude_agent_sdk

from tests.frameworks.conftest import MODEL

_CLAUDE = Path(claude_agent_sdk.__file__).parent / "_bundled" / "claude"
# Without its own tools and instructions, the agent's prompt fits the small model.
_SHORT = ("--tools", "", "--system-prompt", "Answer shortly.", "--disable-slash-commands", "--setting-sources", "")


def _claude(url: str, home: Path, *flags: str) -> dict[str, Any]:
    """What Claude Code answers to one prompt. It sends everything that it sends to Anthropic's API."""
    environment = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "any",
        "ANTHROPIC_MODEL": MODEL,
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": MODEL,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "30",
    }
    command = [str(_CLAUDE), "-p", "Say hello.", "--output-format", "json", "--no-session-persistence", *flags]
    done = subprocess.run(
        command, env=environment, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_claude_code_answers_a_prompt(url: str, tmp_path: Path) -> None:
    answer = _claude(url, tmp_path, *_SHORT)
    usage = answer["usage"]
    assert usage["input_tokens"] + usage["cache_read_input_tokens"] > 0
    assert usage["output_tokens"] > 0
    # The small model may talk on to the limit. Then the agent asks it to go on, some times, and says so.
    assert answer["result"] if not answer["is_error"] else answer["api_error"] == "max_output_tokens", answer


def test_claude_code_understands_that_its_prompt_is_too_long(url: str, tmp_path: Path) -> None:
    """With all its tools its prompt has 11,000 tokens, and the small model reads 8,192."""
    answer = _claude(url, tmp_path)
    assert answer["is_error"]
    assert "too long" in answer["result"].lower(), answer


def test_llm_answers_and_streams(url: str, tmp_path: Path) -> None:
    """llm of Simon Willison, with the model in its file of further OpenAI models."""
    (tmp_path / "extra-openai-models.yaml").write_text(
        f"- model_id: ours\n  model_name: {MODEL}\n  api_base: {url}/v1\n  supports_schema: true\n"
    )
    environment = os.environ | {"LLM_USER_PATH": str(tmp_path), "OPENAI_API_KEY": "any"}

    def ask(*arguments: str) -> str:
        command = [sys.executable, "-m", "llm", "-m", "ours", "-o", "temperature", "0", "-o", "max_tokens", "60"]
        done = subprocess.run(
            [*command, *arguments], env=environment, check=True, capture_output=True, text=True, timeout=300
        )
        return done.stdout.strip()

    assert ask("Say hello.") == ask("--no-stream", "Say hello.") != ""
    schema = {
        "type": "object",
        "properties": {"sky": {"enum": ["clear", "cloudy"]}},
        "required": ["sky"],
        "additionalProperties": False,
    }
    assert json.loads(ask("--schema", json.dumps(schema), "The sky?"))["sky"] in ("clear", "cloudy")
