"""Checks of what the service runs on: Python, torch, the compiler and the kernels.

torch is imported by the checks, not with this module: a torch that cannot be imported is a finding.
"""

import ctypes
import platform
import sys
import warnings

from service.doctor.finding import Finding, ok, problem, warning
from service.doctor.machine import gibibytes
from service.errors import EngineError
from service.settings import Settings

_INSTALL = "install the packages of requirements.lock again, in the environment that runs trivium"


def python(_: Settings) -> Finding:
    """The interpreter."""
    return ok(f"{platform.python_implementation()} {platform.python_version()} at {sys.executable}")


def torch(settings: Settings) -> Finding:
    """torch, and its threads."""
    try:
        import torch as library

        from service.models.hardware import num_cores
    except (ImportError, OSError) as error:
        return problem(f"cannot be imported: {error}", _INSTALL)
    return ok(f"{library.__version__}, {settings.threads or num_cores()} threads for each model")


def compiler(_: Settings) -> Finding:
    """The C++ compiler, which is needed once."""
    from service.models.native.compiler import find_compiler

    found = find_compiler()
    return ok(found) if found else ok("none; it is needed only where the kernels are not compiled yet")


def kernels(settings: Settings) -> Finding:
    """The compiled kernels of this processor."""
    from service.models.native.compiler import find_compiler
    from service.models.native.kernels import existing_library, find_build

    if not settings.native_kernels:
        return ok("switched off by native_kernels; torch computes")
    try:
        build = find_build()
    except EngineError as error:
        return problem(str(error), "unset TRIVIUM_KERNELS; trivium settings lists the builds of the kernels")
    if build is None:
        return warning("there are none for this processor; torch computes, more slowly", "use a processor with AVX2")
    path = existing_library(build)
    if path is None:
        if find_compiler() is None:
            return warning(f"not compiled for {build.name}, and there is no C++ compiler", "install g++ or clang++")
        return ok(f"not compiled for {build.name} yet; the first start compiles them")
    try:
        ctypes.CDLL(str(path))
    except OSError as error:
        return warning(f"cannot be loaded: {error}", f"remove {path}; the next start compiles them again")
    return ok(f"compiled for {build.name}: {path}")


def gpu(settings: Settings) -> Finding:
    """The graphics processor and its driver, or the device that the settings name."""
    import torch as library

    from service.errors import EngineError
    from service.models.hardware import find_device

    with warnings.catch_warnings(record=True) as caught:  # torch warns of a driver that is too old
        warnings.simplefilter("always")
        try:
            device = find_device(settings.device)
        except EngineError as error:
            return problem(str(error), "choose another device with --device, or install the GPU's driver")
        told = "; ".join(str(each.message).splitlines()[0] for each in caught)
    if device.type == "cuda":
        free, total = library.cuda.mem_get_info(device)
        name = library.cuda.get_device_name(device)
        return ok(f"{name}, {gibibytes(free)} of {gibibytes(total)} free, CUDA {library.version.cuda}")
    if told:
        return warning(f"not used: {told}", "install a driver that fits this build of torch")
    return ok("none is used; the processor computes")
