"""The Pods of the Helm chart run the service as it wants: settings, keys, volumes, probes, and its end."""

import tomllib
from pathlib import Path

from service.api.operations import health
from service.keys.file import KeyFile
from service.settings import Settings, env_name
from tests.deploy.helm.chart import Charts, Rendered


def test_the_settings_are_settings_of_the_service(chart: Rendered, tmp_path: Path) -> None:
    """The service itself reads the file, and then the variables override nothing of it."""
    path = tmp_path / "trivium.toml"
    path.write_text(chart.one("ConfigMap")["data"]["trivium.toml"], encoding="utf-8")
    assert Settings.load({"config": str(path)}).model_specs()
    variables = {each["name"] for each in chart.container["env"] if each["name"].startswith("TRIVIUM_")}
    assert variables <= {env_name(name) for name in Settings.model_fields}
    assert not variables & {env_name(name) for name in tomllib.loads(path.read_text(encoding="utf-8"))}


def test_values_of_settings_arrive_as_they_are_given(rendered_charts: Charts, tmp_path: Path) -> None:
    """Helm writes whole numbers as 6.4e+01 in TOML, which the service takes."""
    path = tmp_path / "trivium.toml"
    path.write_text(rendered_charts["settings"].one("ConfigMap")["data"]["trivium.toml"], encoding="utf-8")
    settings = Settings.load({"config": str(path)})
    assert (settings.max_requests, settings.memory_budget, settings.kv_cache_memory) == (64, 16 << 30, 2 << 30)
    assert (settings.queue_timeout, settings.shutdown_timeout, settings.log_json) == (2.5, 90, True)
    assert settings.model == ("qwen2.5-0.5b-instruct", "small=qwen2.5-coder-0.5b-instruct")
    assert (settings.models["small"].load, settings.models["small"].max_num_seqs) == ("demand", 4)


def test_probes_ask_routes_of_the_service_that_need_no_key(chart: Rendered) -> None:
    routes = {route.path for route in health.router.routes}  # type: ignore[attr-defined]
    probes = {name: chart.container[f"{name}Probe"] for name in ("startup", "liveness", "readiness")}
    assert {probe["httpGet"]["path"] for probe in probes.values()} <= routes
    assert probes["liveness"]["httpGet"]["path"] == "/health/live"  # 200 while an engine is restarted
    assert probes["readiness"]["httpGet"]["path"] == "/health/ready"
    assert {probe["httpGet"]["port"] for probe in probes.values()} == {
        each["name"] for each in chart.container["ports"]
    }


def test_a_slow_start_is_not_a_dead_one(rendered_charts: Charts) -> None:
    for name, seconds in (("open", 1800), ("settings", 61)):
        probe = rendered_charts[name].container["startupProbe"]
        assert seconds <= probe["periodSeconds"] * probe["failureThreshold"] < seconds + probe["periodSeconds"]


def test_a_pod_may_end_after_its_drain(rendered_charts: Charts) -> None:
    """Time until load balancers have noticed, the setting shutdown_timeout, and ten seconds for the processes."""
    for name, waits, drains in (("open", 5, Settings.model_fields["shutdown_timeout"].default), ("settings", 15, 90)):
        assert rendered_charts[name].container["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", str(waits)]
        assert rendered_charts[name].pod["terminationGracePeriodSeconds"] == waits + drains + 10


def test_keys_are_a_file_of_a_secret(rendered_charts: Charts, tmp_path: Path) -> None:
    assert not rendered_charts["open"].all("Secret")
    assert rendered_charts["open"].variable("TRIVIUM_ALLOW_UNAUTHENTICATED") == "1"
    assert "NOBODY NEEDS A KEY" in rendered_charts["open"].notes

    secret = rendered_charts["new keys"].one("Secret")
    (tmp_path / "keys.json").write_text(secret["stringData"]["keys.json"], encoding="utf-8")
    assert [key.name for key in KeyFile(tmp_path / "keys.json").read()] == ["alice"]
    assert _keys_path(rendered_charts["new keys"]) == (secret["metadata"]["name"], "/etc/trivium-keys/keys.json")

    assert not rendered_charts["existing keys"].all("Secret")
    assert _keys_path(rendered_charts["existing keys"]) == ("my-keys", "/etc/trivium-keys/all.json")
    assert "NOBODY" not in rendered_charts["existing keys"].notes
    for name in ("new keys", "existing keys"):
        assert rendered_charts[name].variable("TRIVIUM_ALLOW_UNAUTHENTICATED") is None
        assert all("subPath" not in mount for mount in rendered_charts[name].container["volumeMounts"])


def _keys_path(chart: Rendered) -> tuple[str, str | None]:
    """The secret of the keys file, and the file's path, which is in the directory of the secret."""
    path = chart.variable("TRIVIUM_KEYS_FILE")
    (mount,) = [each for each in chart.container["volumeMounts"] if each["name"] == "keys"]
    assert path
    assert path.startswith(mount["mountPath"] + "/")
    return chart.volume("keys")["secret"]["secretName"], path


def test_the_models_have_a_volume_that_outlives_the_pods(rendered_charts: Charts) -> None:
    (claim,) = rendered_charts["open"].one("StatefulSet")["spec"]["volumeClaimTemplates"]
    assert (claim["metadata"]["name"], claim["spec"]["accessModes"]) == ("models", ["ReadWriteOnce"])
    assert (
        rendered_charts["open"].one("StatefulSet")["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"]
        == "Retain"
    )
    assert rendered_charts["shared volume"].volume("models") == {"persistentVolumeClaim": {"claimName": "models"}}
    assert rendered_charts["no volume"].volume("models") == {"emptyDir": {}}
    for name in ("shared volume", "no volume"):
        assert "volumeClaimTemplates" not in rendered_charts[name].one("StatefulSet")["spec"]
    assert rendered_charts["open"].variable("TRIVIUM_MODEL_DIR") == "/models"


def test_data_of_clients_have_a_volume(rendered_charts: Charts) -> None:
    claims = [
        each["metadata"]["name"] for each in rendered_charts["data"].one("StatefulSet")["spec"]["volumeClaimTemplates"]
    ]
    assert claims == ["models", "data"]
    settings = tomllib.loads(rendered_charts["data"].one("ConfigMap")["data"]["trivium.toml"])
    directories = {name: value for name, value in settings.items() if name.endswith("_dir")}
    assert directories == {
        "batches_dir": "/data/batches",
        "documents_dir": "/data/papers",
        "glossaries_dir": "/data/glossaries",
    }


def test_new_settings_make_new_pods_and_new_keys_do_not(rendered_charts: Charts) -> None:
    def annotation(name: str) -> str:
        template = rendered_charts[name].one("StatefulSet")["spec"]["template"]
        return str(template["metadata"]["annotations"]["trivium/settings"])

    assert annotation("open") == annotation("new keys") == annotation("existing keys")
    assert annotation("open") != annotation("settings")


def test_a_gpu_is_a_limit_of_resources(rendered_charts: Charts) -> None:
    assert rendered_charts["gpu"].container["resources"]["limits"] == {"memory": "4Gi", "nvidia.com/gpu": 2}
    assert "nvidia.com/gpu" not in rendered_charts["open"].container["resources"]["limits"]
    assert rendered_charts["gpu"].pod["runtimeClassName"] == "nvidia"


def test_platforms_may_choose_the_user(rendered_charts: Charts) -> None:
    users = {"runAsUser", "runAsGroup", "fsGroup"}
    assert users <= rendered_charts["open"].pod["securityContext"].keys()
    assert not users & rendered_charts["openshift"].pod["securityContext"].keys()
