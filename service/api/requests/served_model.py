"""The name of a model in a path."""

from typing import Annotated

from fastapi import Path

ModelPath = Annotated[str, Path(max_length=512, description="The served model's id, which may hold slashes.")]
