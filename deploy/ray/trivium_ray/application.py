"""The application: ``serve run --app-dir deploy/ray trivium_ray.application:build model=NAME``."""

from pydantic import BaseModel, ConfigDict, Field
from ray import serve
from ray.serve import Application
from ray.serve.config import AutoscalingConfig, AutoscalingPolicy, RequestRouterConfig
from starlette.types import ASGIApp

from trivium_ray.engine_replica import EngineReplica

_ROUTERS = {
    "prefix": "trivium_ray.prefix_router:PrefixRouter",
    "session": "ray.serve.experimental.consistent_hash_router:ConsistentHashRouter",
    "load": "ray.serve._private.request_router:PowerOfTwoChoicesRequestRouter",
}


class Arguments(BaseModel):
    """The arguments of ``build``. All other settings are Trivium's, from the environment of the nodes."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(description="The model: a catalogue name, a hub id or a directory on every node.")
    min_replicas: int = Field(default=1, ge=1)
    max_replicas: int = Field(default=4, ge=1)
    queued_tokens: int = Field(default=4096, ge=1, description="Tokens that wait at one replica before another starts.")
    downscale_seconds: float = Field(
        default=300, ge=0, description="A replica is taken away after so many idle seconds."
    )
    router: str = Field(default="prefix", pattern="^(prefix|session|load)$")
    cpus: float = Field(default=1, gt=0, description="Cores of each replica.")
    gpus: float = Field(default=0, ge=0, description="GPUs of each replica.")
    threads: int = Field(default=0, ge=0, description="Threads of each engine; 0: one for each core of the replica.")
    drain_seconds: float = Field(default=120, ge=0, description="Time that a stopping replica has for its requests.")


def build(arguments: Arguments) -> Application:
    """The gateway, bound to the engines."""
    settings: dict[str, str | int] = {
        "model": arguments.model,
        "threads": arguments.threads or max(1, int(arguments.cpus)),
    }
    autoscaling = AutoscalingConfig(
        min_replicas=arguments.min_replicas,
        max_replicas=arguments.max_replicas,
        downscale_delay_s=arguments.downscale_seconds,
        upscale_delay_s=1,
        metrics_interval_s=1,
        look_back_period_s=2,
        policy=AutoscalingPolicy(
            policy_function="trivium_ray.scaling:QueuedTokensPolicy",
            policy_kwargs={"target": arguments.queued_tokens},
        ),
    )
    engines = serve.deployment(
        EngineReplica,
        name="engines",
        autoscaling_config=autoscaling,
        max_ongoing_requests=1024,  # the scheduler of the engine decides which of them run
        ray_actor_options={"num_cpus": arguments.cpus, "num_gpus": arguments.gpus},
        graceful_shutdown_timeout_s=arguments.drain_seconds,
        request_router_config=RequestRouterConfig(request_router_class=_ROUTERS[arguments.router]),
    ).bind(settings)

    def make_app() -> ASGIApp:
        """Called in the gateway's own process, which alone needs the HTTP application."""
        from trivium_ray.gateway import make_gateway

        return make_gateway(settings)

    gateway = serve.deployment(
        serve.ingress(make_app)(),
        name="gateway",
        max_ongoing_requests=4096,
        ray_actor_options={"num_cpus": 0},
        graceful_shutdown_timeout_s=arguments.drain_seconds,
    )
    return gateway.bind(engines)
