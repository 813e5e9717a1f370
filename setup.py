r"""The one thing that pyproject.toml cannot say: the native tape, an extension that may fail to build.

Without a compiler dagprop installs all the same, and runs its programs as NumPy source.

The tape's tests with its assertions, under AddressSanitizer and UndefinedBehaviorSanitizer:

    CFLAGS="-O1 -g -UNDEBUG -fsanitize=address,undefined -fno-omit-frame-pointer" \
        LDFLAGS="-fsanitize=address,undefined" python setup.py build_ext --inplace --force
    LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" \
        ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1 python -m pytest tests/program
"""

import sys

import numpy as np
from setuptools import Extension, setup

NATIVE = "dagprop/program/native"
SOURCES = (
    "module", "assemble", "builder", "read", "instruction", "meaning", "views", "axes", "emit", "region",
    "run", "state", "call", "loops", "scalars", "pool", "errors",
)  # fmt: skip
HEADERS = ("tape", "assemble", "views", "meaning", "run", "loops", "scalars", "pool")
POSIX = sys.platform != "win32"
FLAGS = ["-std=c11", "-O3", "-pthread", "-fno-math-errno", "-fvisibility=hidden"]

setup(
    ext_modules=[
        Extension(
            "dagprop.program._tape",
            sources=[f"{NATIVE}/{name}.c" for name in SOURCES],
            depends=[f"{NATIVE}/{name}.h" for name in HEADERS],
            include_dirs=[np.get_include()],
            extra_compile_args=FLAGS if POSIX else ["/std:c11"],
            extra_link_args=["-pthread"] if POSIX else [],
            optional=True,
        )
    ]
)
