"""OpenAPI 3.1 to 3.0: Swagger UI 4 reads only 3.0, and more generators of clients do."""

from typing import Any

_EXAMPLES = {"example", "value"}  # these hold data, not schemas


def to_version_3_0(node: Any) -> Any:
    """The same document without what 3.0 lacks: the type null, const, numeric exclusive bounds, lists of examples."""
    if isinstance(node, list):
        return [to_version_3_0(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: value if key in _EXAMPLES else to_version_3_0(value) for key, value in node.items()}
    if isinstance(node.get("anyOf"), list):
        node = _nullable(node)
    if node.get("type") == "null":
        node = {"nullable": True, "enum": [None]} | {key: value for key, value in node.items() if key != "type"}
    if "const" in node:
        node["enum"] = [node.pop("const")]
    for bound in ("Minimum", "Maximum"):
        value = node.get(f"exclusive{bound}")
        if isinstance(value, int | float) and not isinstance(value, bool):
            node[bound.lower()] = value
            node[f"exclusive{bound}"] = True
    return node


def _nullable(node: dict[str, Any]) -> dict[str, Any]:
    """A schema with ``anyOf``, in which null is no longer one of the alternatives."""
    kinds = [kind for kind in node["anyOf"] if kind.get("enum") != [None]]
    nullable = {"nullable": True} if len(kinds) < len(node["anyOf"]) else {}
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    if len(kinds) == 1 and "$ref" not in kinds[0]:
        return {**kinds[0], **rest, **nullable}
    return {"allOf" if len(kinds) == 1 else "anyOf": kinds} | rest | nullable
