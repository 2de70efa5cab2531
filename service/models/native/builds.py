"""The builds of the kernels: one for each kind of arithmetic that processors have.

The source is the same. The compiler's options say which instructions ``source/vector.h`` and its neighbours may use.
Encoders use AMX in every build: the kernels ask the processor for it themselves (``source/amx.h``).
"""

from service.models.native.compiler import KernelBuild
from service.models.native.processor import X86_64_V3, X86_64_V4, architecture

_AVX2 = ("-march=x86-64-v3", "-mtune=generic")
_AVX512 = ("-march=x86-64-v4", "-mtune=generic", "-mprefer-vector-width=512")
_VNNI = (*_AVX512, "-mavx512vnni")
_WITH_AVX512 = (*X86_64_V3, *X86_64_V4)
_WITH_VNNI = (*_WITH_AVX512, "avx512_vnni")

# For each architecture, the fastest one first.
_BUILDS = {
    "x86_64": (
        KernelBuild("avx512-amx", 16, (*_VNNI, "-DKERNEL_BYTE_TILES=1"), (*_WITH_VNNI, "amx_tile", "amx_int8")),
        KernelBuild("avx512-vnni", 16, _VNNI, _WITH_VNNI),
        KernelBuild("avx512", 16, _AVX512, _WITH_AVX512),
        KernelBuild("avx2-vnni", 8, (*_AVX2, "-mavxvnni"), (*X86_64_V3, "avx_vnni")),
        KernelBuild("avx2", 8, _AVX2, X86_64_V3),
    ),
    "aarch64": (
        KernelBuild("neon-i8mm", 4, ("-march=armv8.2-a+dotprod+i8mm",), ("asimd", "asimddp", "i8mm")),
        KernelBuild("neon-dotprod", 4, ("-march=armv8.2-a+dotprod",), ("asimd", "asimddp")),
        KernelBuild("neon", 4, ("-march=armv8-a",), ("asimd",)),
    ),
}
# For tests, by name only: the layout for 16 lanes on any processor with AVX2. Each vector takes two registers. To make
# fast code of it would take the compiler three times as long.
_FOR_TESTS = {
    "x86_64": (KernelBuild("avx2-16-lanes", 16, (*_AVX2, "-Wno-psabi", "-O1"), X86_64_V3),),
}
# For processors that none of the others fits: the compiler makes of the vectors what it can.
PORTABLE = KernelBuild("portable", 4, ("-Wno-psabi",), ())


def builds_for(processor: str) -> tuple[KernelBuild, ...]:
    """The builds for one architecture, the fastest one first, and the portable one last."""
    return (*_BUILDS.get(processor, ()), PORTABLE)


def named_builds() -> dict[str, KernelBuild]:
    """Every build for this machine's architecture by its name, those for tests too."""
    processor = architecture()
    return {build.name: build for build in (*builds_for(processor), *_FOR_TESTS.get(processor, ()))}
