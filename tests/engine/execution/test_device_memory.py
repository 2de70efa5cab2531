"""The memory of a GPU is measured now and then. No GPU is needed: the driver is a function here."""

from service.engine.execution.device_memory import DeviceMemory, MemoryInUse
from tests.fakes.clock import Clock


def test_it_is_measured_at_most_once_a_second() -> None:
    clock, asked = Clock(), []

    def measure(device: str) -> tuple[int, int]:
        asked.append(device)
        return 60 - len(asked), 100

    memory = DeviceMemory("cuda:1", measure=measure, clock=clock.monotonic)
    assert memory.read() == MemoryInUse(used=41, total=100)
    assert memory.read() is None
    clock.now += 0.9
    assert memory.read() is None
    clock.now += 0.2
    assert memory.read() == MemoryInUse(used=42, total=100)
    assert asked == ["cuda:1", "cuda:1"]
