"""Many replicas, simulated."""

from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.commands.options import (
    PASS_ON,
    EngineModel,
    Seed,
    ServedModel,
    default_source,
    load_engine_config,
    parse_numbers,
    select_named,
)
from benchmarks.simulate.load import read_load, write_load
from benchmarks.simulate.machine import DEFAULT, Machine, read_machine
from benchmarks.simulate.sessions import Sessions, make_load
from service.cli.flags import with_settings
from service.settings.groups import EngineSettings, ModelSettings

app = typer.Typer()

MachineFile = Annotated[Path, typer.Option("--machine", help="JSON of the machine, as simulate-fit writes it.")]
RatePerReplica = Annotated[float, typer.Option("--rate", help="Requests per second and replica.", min=0.001)]


@app.command()
def simulate(
    replicas: Annotated[str, typer.Option(help="Numbers of replicas, with commas.")] = "1,8,64",
    policies: Annotated[str, typer.Option(help="Router policies, with commas. Default: all.")] = "",
    rate: RatePerReplica = 0.4,
    requests: Annotated[int, typer.Option(help="Requests of each replica.", min=1)] = 200,
    load: Annotated[Path | None, typer.Option(help="JSON Lines of a load, in place of a load by chance.")] = None,
    machine: MachineFile = DEFAULT,
    price: Annotated[float, typer.Option(help="Price of one replica for an hour.", min=0)] = 1.0,
    seed: Seed = 0,
) -> None:
    """Compare router policies and numbers of replicas, by simulation with the real scheduler."""
    from benchmarks.simulate.benchmark import compare
    from benchmarks.simulate.routing import POLICIES

    chosen = _machine(machine)
    counts = parse_numbers(replicas)
    if load is not None:
        try:
            arrivals = read_load(load)
        except (OSError, ValueError) as error:
            raise typer.BadParameter(f"{load}: {error}") from None
        loads = dict.fromkeys(counts, arrivals)
    else:
        loads = {count: make_load(_sessions(chosen, rate * count, requests * count, seed)) for count in counts}
    compare(chosen, loads, list(select_named(POLICIES, policies)), price)


@app.command()
@with_settings(ModelSettings, EngineSettings)
def simulate_fit(
    model: EngineModel = None,
    output: Annotated[Path, typer.Option(help="Where the machine is written.")] = Path("machine.json"),
    seconds: Annotated[float, typer.Option(help="Seconds of steps.", min=1)] = 60.0,
    clock: Annotated[str, typer.Option(help="wall, or processor: for one thread on a busy machine.")] = "wall",
    seed: Seed = 0,
    **flags: Any,
) -> None:
    """Measure the steps of the engine on this machine, for `simulate`."""
    from benchmarks.simulate.fitting import CLOCKS, measure_steps

    select_named(CLOCKS, clock)
    _, config = load_engine_config(model, flags | {"speculation": "off"})
    found, error, noise = measure_steps(config, seconds, seed, clock)
    found.write(output)
    print(f"{found.processor}, {found.model}, {found.measured}; median error of a step {error:.0%}; noise {noise:.2f}")
    print(found.seconds)


@app.command()
def simulate_record(
    log: Annotated[Path, typer.Argument(help="Log of the service, written with log_json.")],
    output: Annotated[Path, typer.Option(help="Where the load is written.")] = Path("load.jsonl"),
) -> None:
    """Make a load of the access log of a service. It has no text."""
    from benchmarks.simulate.access_log import load_from_log
    from benchmarks.simulate.load import sizes

    try:
        arrivals = load_from_log(log.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    write_load(output, arrivals)
    print(sizes(arrivals))


@app.command(context_settings=PASS_ON)
def simulate_check(
    context: typer.Context,
    model: ServedModel = "",
    machine: MachineFile = DEFAULT,
    rate: RatePerReplica = 0.4,
    requests: Annotated[int, typer.Option(help="Requests.", min=1)] = 60,
    seed: Seed = 0,
) -> None:
    """Put a load on the real service, and simulate the same. Further arguments: `trivium serve`'s."""
    from benchmarks.simulate.benchmark import report_check
    from benchmarks.simulate.checking import check

    chosen = _machine(machine)
    arrivals = make_load(_sessions(chosen, rate, requests, seed))
    report_check(check(model or default_source(), chosen, arrivals, context.args))


def _machine(path: Path) -> Machine:
    try:
        return read_machine(path)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None


def _sessions(machine: Machine, rate: float, requests: int, seed: int) -> Sessions:
    return Sessions(rate=rate, requests=requests, context=machine.max_model_len, seed=seed)
