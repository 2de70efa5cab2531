"""Settings come from flags, environment and file, in this order. A wrong value is refused in one line."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ByteSize

from model_store.types import LocalModel
from service.engine.protocol.config import EngineConfig
from service.errors import SettingsError
from service.settings import Settings, env_name


@pytest.fixture(autouse=True)
def _no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(env_name(name), raising=False)


def toml(directory: Path, text: str) -> Path:
    path = directory / "trivium.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_local_and_need_nothing() -> None:
    settings = Settings.load()
    assert (settings.host, settings.port, settings.model) == ("127.0.0.1", 8000, ("qwen2.5-coder-0.5b-instruct",))


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = toml(tmp_path, "port = 1\nmax_n = 1\nmax_texts = 1")
    monkeypatch.setenv("TRIVIUM_CONFIG", str(path))
    monkeypatch.setenv("TRIVIUM_PORT", "2")
    monkeypatch.setenv("TRIVIUM_MAX_N", "2")
    settings = Settings.load({"port": "3", "max_n": None})
    assert (settings.port, settings.max_n, settings.max_texts, settings.max_prompts) == (3, 2, 1, 64)


def test_the_flag_names_another_file_than_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVIUM_CONFIG", str(tmp_path / "missing.toml"))
    assert Settings.load({"config": str(toml(tmp_path, "port = 7"))}).port == 7


def test_an_empty_variable_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVIUM_PORT", "")
    monkeypatch.setenv("TRIVIUM_CONFIG", "")
    assert Settings.load().port == 8000


@pytest.mark.parametrize(
    ("text", "size"), [("2GiB", 2 << 30), ("512 MiB", 512 << 20), ("1GB", 10**9), ("1048576", 1 << 20)]
)
def test_sizes_may_have_units(text: str, size: int) -> None:
    assert Settings.load({"kv_cache_memory": text}).kv_cache_memory == ByteSize(size)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"port": "many"}, "port: should be a valid integer"),
        ({"port": "70000"}, "port: should be less than or equal to 65535; got '70000' from --port"),
        ({"device": "gpu"}, "device: "),
        ({"dtype": "int3"}, "dtype: should be 'auto', 'bfloat16', 'float16' or 'float32'; got 'int3' from --dtype"),
        ({"kv_cache_memory": "much"}, "kv_cache_memory: "),
        ({"gpu_memory_fraction": "1.5"}, "gpu_memory_fraction: "),
        ({"prefix_caching": "perhaps"}, "prefix_caching: "),
        ({"heartbeat_seconds": "nan"}, "heartbeat_seconds: "),
        ({"ageing_seconds": "inf"}, "ageing_seconds: "),
        ({"config": "/does/not/exist.toml"}, "config: cannot read /does/not/exist.toml: No such file or directory"),
        ({"cors_origins": "app.example.org"}, "cors_origins: should be an origin without a path"),
        ({"cors_origins": "https://a.example,https://b.example/app"}, "cors_origins: should be an origin"),
        ({"trusted_proxies": "proxy.example.org"}, "trusted_proxies: should be addresses or networks"),
        ({"trusted_proxies": "10.0.0.1/8"}, "trusted_proxies: should be addresses or networks"),
        ({"trusted_proxies": ["*", "10.0.0.1"]}, "trusted_proxies: should be addresses or networks"),
        ({"metrics_compat": "vllm,sglang"}, "metrics_compat: should be of vllm, tgi; got 'vllm,sglang' from --metrics"),
        ({"metrics_compat": ["tgi", ""]}, "metrics_compat: should be of vllm, tgi"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_setting_and_source(flags: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(flags)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "origins"),
    [
        ("https://App.example.org/, http://localhost:3000", ("https://app.example.org", "http://localhost:3000")),
        (["*"], ("*",)),
        (["null", "chrome-extension://abc"], ("null", "chrome-extension://abc")),
    ],
)
def test_origins_are_written_as_browsers_send_them(given: Any, origins: tuple[str, ...]) -> None:
    assert Settings.load({"cors_origins": given}).cors_origins == origins


@pytest.mark.parametrize(
    ("given", "proxies"),
    [
        ("10.0.0.0/8, ::1", ("10.0.0.0/8", "::1")),
        (["10.0.0.1", "fd00::/8"], ("10.0.0.1", "fd00::/8")),
        ("*", ("*",)),
        (",", ()),
    ],
)
def test_proxies_are_addresses_and_networks(given: Any, proxies: tuple[str, ...]) -> None:
    assert Settings.load({"trusted_proxies": given}).trusted_proxies == proxies


@pytest.mark.parametrize("given", ["vLLM, tgi,vllm", ["vllm", "tgi"], ["vllm,tgi"]])
def test_programs_of_metrics_are_named_once(given: Any) -> None:
    assert Settings.load({"metrics_compat": given}).metrics_compat == ("vllm", "tgi")


def test_a_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVIUM_PORTT", "1")
    for read in (Settings.load, Settings.sources):
        with pytest.raises(SettingsError, match=r"^TRIVIUM_PORTT: unknown setting .*; did you mean TRIVIUM_PORT\?$"):
            read()


def test_links_of_kubernetes_leave_the_file_and_the_default_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIVIUM_PORT", "tcp://10.0.0.1:8000")
    monkeypatch.setenv("TRIVIUM_SERVICE_HOST", "10.0.0.1")
    assert (Settings.load().port, Settings.sources()["port"]) == (8000, "default")
    monkeypatch.setenv("TRIVIUM_CONFIG", str(toml(tmp_path, "port = 7")))
    assert (Settings.load().port, Settings.sources()["port"]) == (7, "file")


def test_a_wrong_variable_is_reported_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVIUM_MAX_N", "0")
    with pytest.raises(SettingsError, match=r"got '0' from TRIVIUM_MAX_N$"):
        Settings.load()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 1", r"^prot: unknown setting in .*trivium.toml; did you mean port\?$"),
        ("config = 'x'", "^config: unknown setting in"),
        ("port = ", "^config: cannot read .*trivium.toml: "),
        ("port = 'x'", "^port: .*; got 'x' from the config file$"),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.load({"config": str(toml(tmp_path, text))})


def test_every_engine_setting_reaches_the_engine() -> None:
    values: dict[str, Any] = {
        "device": "cpu", "dtype": "float32", "max_model_len": 512, "max_num_seqs": 3, "max_batch_tokens": 64,
        "prefill_chunk": 32, "block_size": 8, "num_blocks": 99, "kv_cache_memory": 1 << 20, "gpu_memory_fraction": 0.5,
        "prefix_caching": False, "ageing_seconds": 1.5, "threads": 2, "cuda_graphs": False, "target_itl_ms": 50.0,
        "log_level": "error", "log_json": True, "log_prompts": True, "native_kernels": False, "quantization": "int8",
        "kv_cache_dtype": "int8", "deterministic": True, "speculation": "off", "draft_quantization": "none",
        "tensor_parallel": 2,
    }  # fmt: skip
    assert set(EngineConfig.__struct_fields__) == {*values, "model_path", "draft_model_path", "adapters"}
    model, draft = (LocalModel(name=name, path=Path(f"/{name}"), context_length=4096) for name in "md")
    expected = EngineConfig(model_path="/m", draft_model_path="/d", adapters={}, **values)
    assert Settings.load(values).engine_config(model, draft) == expected
    assert Settings.load(values).engine_config(model).draft_model_path == ""


def test_a_draft_model_is_used_only_if_it_shall_guess() -> None:
    assert Settings.load({"draft_model": "small"}).draft_source == ""
    assert Settings.load({"draft_model": "small", "speculation": "draft"}).draft_source == "small"
    with pytest.raises(SettingsError, match=r"^speculation: draft needs a draft_model$"):
        Settings.load({"speculation": "draft"})


def test_a_table_gives_one_model_its_draft_model(tmp_path: Path) -> None:
    text = '[models.big]\nspeculation = "draft"\ndraft_model = "small"\n[models.small]\n'
    big, small = Settings.load({"config": str(toml(tmp_path, text))}).model_specs()
    assert (big.settings.draft_source, small.settings.draft_source) == ("small", "")


def test_the_context_length_comes_from_the_catalogue_unless_it_is_set() -> None:
    model = LocalModel(name="m", path=Path("/m"), context_length=4096)
    assert Settings.load().engine_config(model).max_model_len == 4096
    assert Settings.load({"max_model_len": 100}).engine_config(model).max_model_len == 100


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
