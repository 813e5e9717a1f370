"""The one thing that pyproject.toml cannot say: the native tape, an extension that may fail to build.

Without a compiler dagprop installs all the same, and runs its programs as NumPy source.
"""

import sys

import numpy as np
from setuptools import Extension, setup

NATIVE = "dagprop/program/native"
SOURCES = ("module", "assemble", "builder", "read", "views", "lower", "run", "loops", "pool")
HEADERS = ("tape", "assemble", "views", "loops", "pool")
POSIX = sys.platform != "win32"

setup(
    ext_modules=[
        Extension(
            "dagprop.program._tape",
            sources=[f"{NATIVE}/{name}.c" for name in SOURCES],
            depends=[f"{NATIVE}/{name}.h" for name in HEADERS],
            include_dirs=[np.get_include()],
            extra_compile_args=["-std=c11", "-O3", "-pthread", "-fno-math-errno"] if POSIX else [],
            extra_link_args=["-pthread"] if POSIX else [],
            optional=True,
        )
    ]
)
