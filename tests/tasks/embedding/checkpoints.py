"""Files of sentence-transformers around a tiny model."""

import json
from pathlib import Path
from typing import Any

from tests.encoder.tiny_readers import tiny_reader


def write_checkpoint(
    path: Path,
    *,
    modules: tuple[str, ...] = ("Transformer", "Pooling", "Normalize"),
    include_prompt: bool = True,
    config: dict[str, Any] | None = None,
    **config_json: Any,
) -> Path:
    """A tiny BERT with modules.json, the pooling's file, and config_sentence_transformers.json of this ``config``."""
    tiny_reader("bert", path)
    listed = [
        {
            "idx": n,
            "name": str(n),
            "path": "" if name == "Transformer" else f"{n}_{name}",
            "type": f"sentence_transformers.models.{name}",
        }
        for n, name in enumerate(modules)
    ]
    (path / "modules.json").write_text(json.dumps(listed))
    (path / "1_Pooling").mkdir()
    (path / "1_Pooling" / "config.json").write_text(json.dumps({"include_prompt": include_prompt}))
    (path / "config_sentence_transformers.json").write_text(json.dumps(config or {}))
    own = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(own | {"architectures": ["BertModel"]} | config_json))
    return path
