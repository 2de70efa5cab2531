"""llama.cpp, compiled on this machine from the source in the sdist of llama-cpp-python."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.checkpoints import fingerprint, original_gguf, plain_checkpoint
from benchmarks.peers.environment import TORCH, Environment, our_version
from benchmarks.peers.peer import Launch, usable_cores

_VERSION = "0.3.36"
_CONVERTER = (TORCH, f"transformers=={our_version('transformers')}", "gguf==0.19.0", "sentencepiece==0.2.3")
_OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DGGML_NATIVE=ON",
    *(f"-DLLAMA_{part}=OFF" for part in ("BUILD_EXAMPLES", "BUILD_TESTS", "CURL", "OPENSSL", "USE_PREBUILT_UI")),
)
_TARGETS = ("llama-server", "llama-quantize")
_SLOTS = 16  # further requests wait for a slot
_SLOT_TOKENS = 2048
_CONVERTED = ("bf16", "q8_0")  # what the converter writes; other number types are made of its BF16
AS_IT_COMES = "gguf"


@dataclass(frozen=True, slots=True)
class LlamaCpp:
    """llama.cpp's server. ``kind`` is a number type that it quantizes to, such as bf16, q8_0 or q4_0.

    With the kind ``gguf`` it serves the GGUF file that the model was made of, as it comes.
    """

    kind: str
    environment: Environment

    @property
    def name(self) -> str:
        return f"llama.cpp {self.kind.upper()}"

    @property
    def origin(self) -> str:
        return f"llama.cpp in llama-cpp-python {_VERSION}, compiled by {_clang() or 'the default compiler'}"

    def install(self) -> None:
        """Fetch and compile the server, and install its converter."""
        self.environment.do_once(
            f"python-{_VERSION}", lambda: self.environment.create_venv("cmake==4.4.5", *_CONVERTER)
        )
        self.environment.do_once(f"source-{_VERSION}", self._fetch)
        self.environment.do_once(f"{self._build.name}-{'-'.join(_TARGETS)}-{_VERSION}", self._compile)

    def launch(self, model: Path) -> Launch:
        """The server for this model, which is converted first if it was not converted before. Raises InstallFailed."""
        gguf = self._gguf(model)
        threads = str(len(usable_cores()))
        context = str(_SLOTS * _SLOT_TOKENS)
        server = [str(self._build / "bin" / "llama-server"), "-m", str(gguf), "-c", context, "-np", str(_SLOTS)]
        return Launch(
            lambda port: [*server, "-t", threads, "--no-webui", "--port", str(port)],
            schema_fields=lambda schema: {"json_schema": schema},  # response_format is read in chats only
        )

    @property
    def _source(self) -> Path:
        return self.environment.path / f"llama_cpp_python-{_VERSION}" / "vendor" / "llama.cpp"

    @property
    def _build(self) -> Path:
        return self.environment.path / f"build-{_clang() or 'default'}"

    def _fetch(self) -> None:
        requirement = f"llama-cpp-python=={_VERSION}"
        self.environment.pip("download", "--no-deps", "--no-binary", "llama-cpp-python", requirement)
        (archive,) = self.environment.path.glob(f"llama_cpp_python-{_VERSION}.tar.*")
        shutil.unpack_archive(archive, self.environment.path, filter="data")
        archive.unlink()

    def _compile(self) -> None:
        environment, clang = self.environment, _clang()
        # GCC 12 stops with an internal error in the AMX kernels.
        compilers = [f"-DCMAKE_C_COMPILER={clang}", f"-DCMAKE_CXX_COMPILER={clang}++"] if clang else []
        # Not for Ninja, which stopped on one machine: "manifest still dirty after 100 tries".
        generator = ["--fresh", "-G", "Unix Makefiles"]
        cmake, jobs = str(environment.bin / "cmake"), str(len(usable_cores()))
        environment.run(cmake, "-S", str(self._source), "-B", str(self._build), *generator, *compilers, *_OPTIONS)
        environment.run(cmake, "--build", str(self._build), "--parallel", jobs, "--target", *_TARGETS)

    def _gguf(self, model: Path) -> Path:
        if self.kind == AS_IT_COMES:
            return original_gguf(model)
        return self._convert_once(plain_checkpoint(model, self.environment), self.kind)

    def _convert_once(self, model: Path, kind: str) -> Path:
        """The model directory as one GGUF file of this number type, from the same weights that Trivium serves."""
        gguf = self.environment.path / f"{model.name}-{fingerprint(model)}-{kind}.gguf"
        if kind in _CONVERTED:
            script = str(self._source / "convert_hf_to_gguf.py")
            python = str(self.environment.bin / "python")
            command = [python, script, str(model), "--outtype", kind, "--outfile", str(gguf)]
        else:
            exact = self._convert_once(model, "bf16")
            command = [str(self._build / "bin" / "llama-quantize"), str(exact), str(gguf), kind.upper()]
        self.environment.do_once(gguf.stem, lambda: self.environment.run(*command))
        return gguf


def _clang() -> str | None:
    """The name of clang, if it is installed."""
    return "clang" if shutil.which("clang") and shutil.which("clang++") else None
