#!/bin/sh
# slim.sh SITE_PACKAGES: remove what the service never loads, and write bytecode for what it does.
#
# Removed are headers, programs and tests of torch, tests of all packages, what only builds or installs packages, parts of
# Swagger UI that no page asks for, and symbols that only debuggers read. Nothing of it is imported: tests/deploy/
# test_wheel.py starts the service where an import of it fails.
set -eu
cd "$1"

rm -rf torch/include torch/share torch/test torch/lib/libshm_windows
find torch/bin -type f ! -name torch_shm_manager -delete 2>/dev/null || true
find . -type d -name tests -prune -exec rm -rf {} +
rm -rf pip pip-*.dist-info setuptools setuptools-*.dist-info pkg_resources _distutils_hack distutils-precedence.pth
find . -path '*/swagger-ui-*' -type f \( -name '*.map' -o -name '*-es-*' -o -name 'swagger-ui.js' \) -delete

# Of those that shrink by more than a megabyte. Others were changed after they were linked, which strip does not expect.
for library in torch/lib/libtorch_cpu.so torch/lib/libtorch_python.so uvloop/loop.*.so hf_xet/*.so tokenizers/*.so; do
    if [ -f "$library" ]; then strip --strip-unneeded "$library"; fi
done

# Python does not ask whether these files are up to date. The excluded ones are large, and no start imports many of them.
rare='huggingface_hub/(cli|inference)|networkx|numpy/(distutils|f2py)|pygments/lexers'
rare="$rare|sympy/(combinatorics|parsing|physics|stats)|torch/_inductor/(codegen|fx_passes|kernel)|torch/_vendor/quack"
rare="$rare|torch/testing/_internal|transformers/(exporters|pipelines|models/(?!auto)\\w+)"
find . -type d -name __pycache__ -prune -exec rm -rf {} +
"${PYTHON:-python3}" -m compileall -q -j 0 --invalidation-mode unchecked-hash -x "/($rare)/" .
