"""Models with a draft model, served beside the same model without one."""

from pathlib import Path

import pytest

from tests.engine.execution.test_draft_model import rename_a_token
from tests.engine.tiny_models import served_model
from tests.serving.tiny_service import metric, serving, state, states, until


@pytest.mark.slow
async def test_a_draft_model_changes_no_text_and_one_with_other_tokens_is_refused(tmp_path: Path) -> None:
    path, other = served_model(tmp_path / "model"), rename_a_token(served_model(tmp_path / "other"))
    models = {
        "plain": {"source": str(path), "speculation": "off"},
        "drafted": {"source": str(path), "speculation": "draft", "draft_model": str(path)},
        "refused": {"source": str(path), "speculation": "draft", "draft_model": str(other)},
    }
    with serving(tmp_path, models) as server:
        await until(lambda: states(server) == {"plain": "ready", "drafted": "ready", "refused": "failed"})
        assert "token 300" in state(server, "refused")["reason"]
        body = {"prompt": "a b c", "max_tokens": 60, "temperature": 0.8, "seed": 3, "ignore_eos": True}
        plain, drafted = (
            server.http.post("/v1/completions", json=body | {"model": name}).raise_for_status().json()["choices"]
            for name in ("plain", "drafted")
        )
        assert plain == drafted
        assert metric(server, "drafted", "trivium_speculation_drafted_tokens_total") > 0
        assert metric(server, "plain", "trivium_speculation_drafted_tokens_total") == 0
