/* Casts of which C and IEEE 754 say what they give.
 *
 * What a float beyond an integer's range becomes, C leaves open, and float16 it does not know: there is no loop for
 * these. Whoever needs one asks NumPy, and gets what NumPy makes of it on this machine. */
#include "loops.h"

/* A complex number is two reals, one behind the other. */
#define REAL_TO_BOOL(TO) y[0] = x[0] != 0;
#define REAL_TO_REAL(TO) y[0] = (TO)x[0];
#define REAL_TO_COMPLEX(TO) y[0] = (TO)x[0], y[1] = 0;
#define COMPLEX_TO_BOOL(TO) y[0] = x[0] != 0 || x[1] != 0;
#define COMPLEX_TO_REAL(TO) y[0] = (TO)x[0];
#define COMPLEX_TO_COMPLEX(TO) y[0] = (TO)x[0], y[1] = (TO)x[1];

#define EACH(FROM, TO, WRITE, FROM_STEP, TO_STEP)                                                                   \
    for (npy_intp i = 0; i < dims[0]; i++) {                                                                        \
        const FROM *x = (const FROM *)(source + i * (FROM_STEP));                                                   \
        TO *y = (TO *)(target + i * (TO_STEP));                                                                     \
        WRITE(TO)                                                                                                   \
    }
#define CAST(name, FROM, FROM_PARTS, to, TO, TO_PARTS, WRITE)                                                       \
    static void cast_##name##_##to(char **args, npy_intp const *dims, npy_intp const *steps, void *data)            \
    {                                                                                                               \
        (void)data;                                                                                                 \
        const char *source = args[0];                                                                               \
        char *target = args[1];                                                                                     \
        npy_intp from_step = steps[0], to_step = steps[1], from_size = FROM_PARTS * (npy_intp)sizeof(FROM),         \
                 to_size = TO_PARTS * (npy_intp)sizeof(TO);                                                         \
        if (from_step == from_size && to_step == to_size) /* constant steps let the compiler use vectors */         \
            EACH(FROM, TO, WRITE, from_size, to_size)                                                               \
        else                                                                                                        \
            EACH(FROM, TO, WRITE, from_step, to_step)                                                               \
    }

/* A source and its targets: all it has casts to as they are, and among them, for an integer, the integers. */
#define TO_FLOATS(name, FROM, PARTS, BOOL, REAL, COMPLEX)                                                           \
    CAST(name, FROM, PARTS, bool, npy_bool, 1, BOOL)                                                                \
    CAST(name, FROM, PARTS, float, npy_float, 1, REAL)                                                              \
    CAST(name, FROM, PARTS, double, npy_double, 1, REAL)                                                            \
    CAST(name, FROM, PARTS, longdouble, npy_longdouble, 1, REAL)                                                    \
    CAST(name, FROM, PARTS, cfloat, npy_float, 2, COMPLEX)                                                          \
    CAST(name, FROM, PARTS, cdouble, npy_double, 2, COMPLEX)                                                        \
    CAST(name, FROM, PARTS, clongdouble, npy_longdouble, 2, COMPLEX)
#define TO_INTEGERS(name, FROM)                                                                                     \
    CAST(name, FROM, 1, int8, npy_int8, 1, REAL_TO_REAL)                                                            \
    CAST(name, FROM, 1, uint8, npy_uint8, 1, REAL_TO_REAL)                                                          \
    CAST(name, FROM, 1, int16, npy_int16, 1, REAL_TO_REAL)                                                          \
    CAST(name, FROM, 1, uint16, npy_uint16, 1, REAL_TO_REAL)                                                        \
    CAST(name, FROM, 1, int32, npy_int32, 1, REAL_TO_REAL)                                                          \
    CAST(name, FROM, 1, uint32, npy_uint32, 1, REAL_TO_REAL)                                                        \
    CAST(name, FROM, 1, int64, npy_int64, 1, REAL_TO_REAL)                                                          \
    CAST(name, FROM, 1, uint64, npy_uint64, 1, REAL_TO_REAL)

#define CASE_FLOATS(name)                                                                                           \
    case NPY_BOOL: return cast_##name##_bool;                                                                       \
    case NPY_FLOAT: return cast_##name##_float;                                                                     \
    case NPY_DOUBLE: return cast_##name##_double;                                                                   \
    case NPY_LONGDOUBLE: return cast_##name##_longdouble;                                                           \
    case NPY_CFLOAT: return cast_##name##_cfloat;                                                                   \
    case NPY_CDOUBLE: return cast_##name##_cdouble;                                                                 \
    case NPY_CLONGDOUBLE: return cast_##name##_clongdouble;
#define CASE_INTEGERS(name)                                                                                         \
    case NPY_INT8: return cast_##name##_int8;                                                                       \
    case NPY_UINT8: return cast_##name##_uint8;                                                                     \
    case NPY_INT16: return cast_##name##_int16;                                                                     \
    case NPY_UINT16: return cast_##name##_uint16;                                                                   \
    case NPY_INT32: return cast_##name##_int32;                                                                     \
    case NPY_UINT32: return cast_##name##_uint32;                                                                   \
    case NPY_INT64: return cast_##name##_int64;                                                                     \
    case NPY_UINT64: return cast_##name##_uint64;
#define CHOOSE(name, CASES)                                                                                         \
    static PyUFuncGenericFunction cast_from_##name(int to_type)                                                     \
    {                                                                                                               \
        switch (to_type) {                                                                                          \
            CASES                                                                                                   \
        default: return NULL;                                                                                       \
        }                                                                                                           \
    }
#define FROM_INTEGER(name, FROM)                                                                                    \
    TO_FLOATS(name, FROM, 1, REAL_TO_BOOL, REAL_TO_REAL, REAL_TO_COMPLEX)                                           \
    TO_INTEGERS(name, FROM)                                                                                         \
    CHOOSE(name, CASE_FLOATS(name) CASE_INTEGERS(name))
#define FROM_FLOAT(name, FROM)                                                                                      \
    TO_FLOATS(name, FROM, 1, REAL_TO_BOOL, REAL_TO_REAL, REAL_TO_COMPLEX)                                           \
    CHOOSE(name, CASE_FLOATS(name))
#define FROM_COMPLEX(name, FROM)                                                                                    \
    TO_FLOATS(name, FROM, 2, COMPLEX_TO_BOOL, COMPLEX_TO_REAL, COMPLEX_TO_COMPLEX)                                  \
    CHOOSE(name, CASE_FLOATS(name))

FROM_INTEGER(int8, npy_int8)
FROM_INTEGER(uint8, npy_uint8)
FROM_INTEGER(int16, npy_int16)
FROM_INTEGER(uint16, npy_uint16)
FROM_INTEGER(int32, npy_int32)
FROM_INTEGER(uint32, npy_uint32)
FROM_INTEGER(int64, npy_int64)
FROM_INTEGER(uint64, npy_uint64)
FROM_FLOAT(float, npy_float)
FROM_FLOAT(double, npy_double)
FROM_FLOAT(longdouble, npy_longdouble)
FROM_COMPLEX(cfloat, npy_float)
FROM_COMPLEX(cdouble, npy_double)
FROM_COMPLEX(clongdouble, npy_longdouble)

PyUFuncGenericFunction cast_loop(int from_type, int to_type)
{
    switch (from_type) {
    case NPY_BOOL: return cast_from_uint8(to_type); /* 0 or 1 */
    case NPY_INT8: return cast_from_int8(to_type);
    case NPY_UINT8: return cast_from_uint8(to_type);
    case NPY_INT16: return cast_from_int16(to_type);
    case NPY_UINT16: return cast_from_uint16(to_type);
    case NPY_INT32: return cast_from_int32(to_type);
    case NPY_UINT32: return cast_from_uint32(to_type);
    case NPY_INT64: return cast_from_int64(to_type);
    case NPY_UINT64: return cast_from_uint64(to_type);
    case NPY_FLOAT: return cast_from_float(to_type);
    case NPY_DOUBLE: return cast_from_double(to_type);
    case NPY_LONGDOUBLE: return cast_from_longdouble(to_type);
    case NPY_CFLOAT: return cast_from_cfloat(to_type);
    case NPY_CDOUBLE: return cast_from_cdouble(to_type);
    case NPY_CLONGDOUBLE: return cast_from_clongdouble(to_type);
    default: return NULL;
    }
}
