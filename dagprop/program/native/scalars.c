/* Arithmetic on single numbers.
 *
 * A loop over one element is mostly the call of it. So neighbouring instructions on single numbers become one op: their
 * codes, three pointers each, and a jump from one to the next. */
#include "scalars.h"

#include <math.h>

/* ---- the codes --------------------------------------------------------------------------------------------------- */

/* name, inputs, whether IEEE 754 fixes its bits, value. M(f) is the libm function of the type. */
#define SCALAR_CODES(X, T, M)                                                                                       \
    X(T, add, 2, 1, a + b)                                                                                          \
    X(T, subtract, 2, 1, a - b)                                                                                     \
    X(T, multiply, 2, 1, a * b)                                                                                     \
    X(T, divide, 2, 1, a / b)                                                                                       \
    X(T, negative, 1, 1, -a)                                                                                        \
    X(T, copy, 1, 1, a)                                                                                             \
    X(T, positive, 1, 1, a)                                                                                         \
    X(T, reciprocal, 1, 1, 1 / a)                                                                                   \
    X(T, square, 1, 1, a * a)                                                                                       \
    X(T, sqrt, 1, 1, M(sqrt)(a))                                                                                    \
    X(T, absolute, 1, 1, M(fabs)(a))                                                                                \
    X(T, maximum, 2, 0, (a >= b || a != a) ? a : b)                                                                 \
    X(T, minimum, 2, 0, (a <= b || a != a) ? a : b)                                                                 \
    X(T, power, 2, 0, b == (npy_##T)0.5 ? M(sqrt)(a) : M(pow)(a, b))                                                \
    X(T, exp, 1, 0, M(exp)(a))                                                                                      \
    X(T, expm1, 1, 0, M(expm1)(a))                                                                                  \
    X(T, log, 1, 0, M(log)(a))                                                                                      \
    X(T, log1p, 1, 0, M(log1p)(a))                                                                                  \
    X(T, tanh, 1, 0, M(tanh)(a))                                                                                    \
    X(T, sinh, 1, 0, M(sinh)(a))                                                                                    \
    X(T, cosh, 1, 0, M(cosh)(a))                                                                                    \
    X(T, sin, 1, 0, M(sin)(a))                                                                                      \
    X(T, cos, 1, 0, M(cos)(a))                                                                                      \
    X(T, tan, 1, 0, M(tan)(a))                                                                                      \
    X(T, arctan, 1, 0, M(atan)(a))
#define IN_SINGLE(name) name##f
#define IN_DOUBLE(name) name
#define ALL_SCALAR_CODES(X) SCALAR_CODES(X, float32, IN_SINGLE) SCALAR_CODES(X, float64, IN_DOUBLE)

#define AS_ENUM(T, name, nin, exact, value) code_##name##_##T,
enum { ALL_SCALAR_CODES(AS_ENUM) code_stop };
const npy_uint8 scalar_stop = code_stop;

#define TYPE_float32 NPY_FLOAT32
#define TYPE_float64 NPY_FLOAT64
#define AS_ROW(T, name, nin, exact, value) {means_##name, #name, nin, exact, TYPE_##T},
static const struct {
    Meaning meaning;
    const char *name;
    int nin, exact, type;
} codes[] = {ALL_SCALAR_CODES(AS_ROW)};

const char *scalar_name(npy_uint8 code, int *nin)
{
    *nin = codes[code].nin;
    return codes[code].name;
}

int scalar_code(Meaning meaning, int type, int libm)
{
    for (int code = 0; code < code_stop; code++)
        if (codes[code].meaning == meaning && codes[code].type == type && (codes[code].exact || libm))
            return code;
    return -1;
}

/* ---- running them ------------------------------------------------------------------------------------------------ */

/* A jump per code, not one jump for all: the branch predictor then learns what follows what. */
#if defined(__GNUC__)
#define AS_LABEL(T, name, nin, exact, value) &&do_##name##_##T,
#define DISPATCH goto *labels[*code];
#define CASE(T, name) do_##name##_##T:
#define STOP do_stop:
#else
#define DISPATCH                                                                                                    \
    next:                                                                                                           \
    switch (*code)
#define NEXT goto next;
#define CASE(T, name) case code_##name##_##T:
#define STOP case code_stop:
#endif
#ifndef NEXT
#define NEXT DISPATCH
#endif

void run_scalars(const npy_uint8 *code, char *const *at)
{
#if defined(__GNUC__)
    static const void *const labels[] = {ALL_SCALAR_CODES(AS_LABEL) && do_stop};
#endif
#define AS_CASE(T, name, nin, exact, value)                                                                         \
    CASE(T, name)                                                                                                   \
    {                                                                                                               \
        npy_##T a = *(const npy_##T *)at[0], b = *(const npy_##T *)at[1];                                           \
        (void)b;                                                                                                    \
        *(npy_##T *)at[2] = value;                                                                                  \
        code++;                                                                                                     \
        at += 3;                                                                                                    \
        NEXT                                                                                                        \
    }
    DISPATCH
    {
        ALL_SCALAR_CODES(AS_CASE)
        STOP return;
    }
}
