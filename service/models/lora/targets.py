"""Which linear layers an adapter changes, and with which rank and scaling: the rules of peft."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.errors import UnsupportedAdapter
from service.models.lora.adapter_config import AdapterConfig
from service.models.lora.name_patterns import NamePatterns, ends_with_any

_ALL_LINEAR = "all-linear"
_NUMBER = r"\.(?P<layer>\d+)\."
_ANY_LAYERS = r".*?\.[^.]*" + _NUMBER  # the first number in a name is that of the layer


@dataclass(slots=True, frozen=True)
class Target:
    """A linear layer that the adapter changes."""

    name: str
    rank: int
    scaling: float


def find_targets(config: AdapterConfig, linears: Iterable[str]) -> list[Target]:
    """The targets among the linear layers of the model. Raises UnsupportedAdapter if there are none."""
    rules = _Rules(config)
    targets = [rules.target(name) for name in linears if rules.selects(name)]
    if not targets:
        raise UnsupportedAdapter("adapter_config.json: target_modules names no linear layer of the model's decoder")
    return targets


class _Rules:
    def __init__(self, config: AdapterConfig) -> None:
        self._config = config
        self._patterns = NamePatterns()
        self._targets = _listed(config.target_modules)
        self._excluded = _listed(config.exclude_modules)

    def selects(self, name: str) -> bool:
        """Whether the adapter changes the linear layer ``name``."""
        if self._excludes(name):
            return False
        target_modules = self._config.target_modules
        if isinstance(target_modules, str):
            return target_modules.lower() == _ALL_LINEAR or self._patterns.matches_whole(target_modules, name)
        if name in self._targets:
            return True
        return ends_with_any(name, self._targets) and self._transforms_layer_of(name)

    def target(self, name: str) -> Target:
        """The rank and the scaling of a selected layer."""
        config = self._config
        ranks, alphas = config.rank_pattern or {}, config.alpha_pattern or {}
        rank_key, alpha_key = self._patterns.first_match(ranks, name), self._patterns.first_match(alphas, name)
        rank = config.r if rank_key is None else ranks[rank_key]
        alpha = config.lora_alpha if alpha_key is None else alphas[alpha_key]
        return Target(name, rank, config.scaling(rank, alpha))

    def _excludes(self, name: str) -> bool:
        excluded = self._config.exclude_modules
        if isinstance(excluded, str):
            return bool(excluded) and self._patterns.matches_whole(excluded, name)
        return ends_with_any(name, self._excluded)

    def _transforms_layer_of(self, name: str) -> bool:
        """Whether ``layers_to_transform``, if given, has the layer that ``name`` is in."""
        layers = self._config.layers_to_transform
        if layers is None or layers == []:
            return True
        names = self._config.layers_pattern or []
        patterns = [rf"(?:^|.*?\.){each}{_NUMBER}" for each in ([names] if isinstance(names, str) else names)]
        found = (self._patterns.match(pattern, name) for pattern in patterns or [_ANY_LAYERS])
        match = next((each for each in found if each is not None), None)
        if match is None:
            return False
        return int(match["layer"]) in ([layers] if isinstance(layers, int) else layers)


def _listed(names: list[str] | str | None) -> frozenset[str]:
    """The names, if they are a list and no pattern."""
    return frozenset(() if isinstance(names, str) else names or ())
