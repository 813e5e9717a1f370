#!/bin/sh
# The native tape's tests under AddressSanitizer and UndefinedBehaviorSanitizer, with its assertions. For GCC on Linux;
# `python`, or what PYTHON names, needs NumPy, setuptools and what the tests need.
#
#     tests/sanitizers.sh                            # the tests of programs
#     tests/sanitizers.sh tests/oracle tests/fuzz    # or any others
#
# All happens in a directory of its own, with a module built there, so that none built earlier can be run instead. Before
# the tests a module with two planted faults shows that either would be reported.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python=${PYTHON:-python}
sanitize="-fsanitize=address,undefined,float-cast-overflow -fno-omit-frame-pointer"

# $1: where to. Without pyproject.toml, which asks for a newer setuptools than may be installed; and against the -fwrapv
# that Python was built with, under which nothing overflows
build() {
    (cd "$1" && CC=${CC:-gcc} CFLAGS="-O1 -g -UNDEBUG -fno-wrapv $sanitize" LDFLAGS="$sanitize" \
        "$python" setup.py -q build_ext --inplace >build.log 2>&1) || true # an optional module may fail, silently
    set -- "$1"/dagprop/program/_tape*
    [ -f "$1" ] || { cat "$scratch"/*/build.log; echo "the module was not built" >&2; exit 1; }
}

# $1: where the module lies, then a command
sanitized() {
    home=$1
    shift
    (cd "$home" && env LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so) \
$(gcc -print-file-name=libstdc++.so)" PYTHONPATH="$home:$home/plugins/dagprop-special" PYTHONMALLOC=malloc \
        ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 "$@")
}

mkdir "$scratch/planted" "$scratch/tests"
for home in "$scratch/planted" "$scratch/tests"; do
    (cd "$root" && tar cf - --exclude '*.so' --exclude __pycache__ dagprop plugins tests setup.py) | tar xf - -C "$home"
done

cat >>"$scratch/planted/dagprop/program/native/run.c" <<'END'
#include <limits.h>
#include <stdlib.h>
void plant(void)
{
    const char *kind = getenv("PLANTED");
    volatile int large = INT_MAX;
    char *volatile eight = malloc(8);
    if (kind[0] == 'a')
        eight[8] = 1;
    else
        large = large + 1;
    free(eight);
}
END
sed -i 's/^PyObject \*tape_run(Tape \*tape, PyObject \*inputs)$/void plant(void);\n&/; s/^    State \*state = tape->idle;$/    plant();\n&/' \
    "$scratch/planted/dagprop/program/native/run.c"
build "$scratch/planted"
for kind in address undefined; do
    case $kind in
    address) wanted="AddressSanitizer: heap-buffer-overflow" ;;
    undefined) wanted="runtime error: signed integer overflow" ;;
    esac
    told=$(PLANTED=$kind sanitized "$scratch/planted" "$python" -c \
        "from dagprop.program._tape import Tape; Tape([], [])(())" 2>&1) && told="nothing: $told"
    case $told in
    *"$wanted"*) echo "a planted fault is reported: $wanted" ;;
    *) echo "the planted fault ($kind) was not reported: $told" >&2; exit 1 ;;
    esac
done

build "$scratch/tests"
cp "$root/pyproject.toml" "$scratch/tests"
[ $# -gt 0 ] || set -- tests/program
sanitized "$scratch/tests" "$python" -c "import dagprop.program._tape as tape; print('testing', tape.__file__)"
sanitized "$scratch/tests" "$python" -m pytest -q -p no:cacheprovider "$@"
