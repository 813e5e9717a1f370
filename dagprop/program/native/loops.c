/* Inner loops that NumPy has no ufunc for.
 *
 * The loops have the signature of a ufunc's inner loop, so that whoever runs instructions need not tell them apart.
 * Elements are moved with memcpy of a constant size: compilers make it one load and one store, and unlike a cast
 * pointer it may alias anything. */
#include "loops.h"

#include <string.h>

#define LOOP(name) static void name(char **args, npy_intp const *dims, npy_intp const *steps, void *data)

/* ---- copy, where, take ------------------------------------------------------------------------------------------- */

/* The row that an index, negative ones counting from the end, chooses; NULL and a note where there is no such row. */
static inline char *chosen(const char *index, char *rows, npy_intp count, npy_intp stride, char *status)
{
    npy_int64 asked, row;
    memcpy(&asked, index, sizeof asked);
    row = asked < 0 ? asked + count : asked;
    if (row < 0 || row >= count) {
        *(Status *)status = (Status){1, asked};
        return NULL;
    }
    return rows + row * stride;
}

/* A choice by bits, which the compiler makes one of vectors. Both values are read; one that is the same for all (of
   stride 0) is read once. The target may be an operand, so elements do not depend on each other: ivdep says so. */
#if defined(__GNUC__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif
#define CHOOSE_WHERE(SIZE, BITS, yes_at, no_at)                                                                     \
    {                                                                                                               \
        INDEPENDENT                                                                                                 \
        for (npy_intp i = 0; i < n; i++) {                                                                          \
            BITS if_true, if_false, mask = (BITS)0 - (BITS)(condition[i] != 0);                                     \
            memcpy(&if_true, yes + (yes_at), SIZE);                                                                 \
            memcpy(&if_false, no + (no_at), SIZE);                                                                  \
            if_false ^= (if_true ^ if_false) & mask;                                                                \
            memcpy(to + i * SIZE, &if_false, SIZE);                                                                 \
        }                                                                                                           \
        return 1;                                                                                                   \
    }
#define CHOOSE(SIZE, BITS)                                                                                          \
    static int choose_##SIZE(char **args, npy_intp n, npy_intp yes_step, npy_intp no_step)                          \
    {                                                                                                               \
        const char *condition = args[0], *yes = args[1], *no = args[2];                                             \
        char *to = args[3];                                                                                         \
        if (yes_step == SIZE && no_step == SIZE)                                                                    \
            CHOOSE_WHERE(SIZE, BITS, i * SIZE, i * SIZE)                                                            \
        if (yes_step == SIZE && no_step == 0)                                                                       \
            CHOOSE_WHERE(SIZE, BITS, i * SIZE, 0)                                                                   \
        if (yes_step == 0 && no_step == SIZE)                                                                       \
            CHOOSE_WHERE(SIZE, BITS, 0, i * SIZE)                                                                   \
        return 0;                                                                                                   \
    }
CHOOSE(4, npy_uint32)
CHOOSE(8, npy_uint64)
#define choose_1(args, n, yes_step, no_step) 0
#define choose_2(args, n, yes_step, no_step) 0
#define choose_16(args, n, yes_step, no_step) 0
#define choose_32(args, n, yes_step, no_step) 0

#define MOVES(SIZE)                                                                                                  \
    LOOP(copy_##SIZE)                                                                                               \
    {                                                                                                               \
        (void)data;                                                                                                 \
        const char *from = args[0];                                                                                 \
        char *to = args[1];                                                                                         \
        if (steps[1] == SIZE && steps[0] == SIZE) {                                                                 \
            memmove(to, from, (size_t)dims[0] * SIZE);                                                              \
            return;                                                                                                 \
        }                                                                                                           \
        if (steps[1] == SIZE && steps[0] == 0) { /* a fill: constant strides let the compiler use vectors */        \
            char item[SIZE];                                                                                        \
            memcpy(item, from, SIZE);                                                                               \
            for (npy_intp i = 0; i < dims[0]; i++)                                                                  \
                memcpy(to + i * SIZE, item, SIZE);                                                                  \
            return;                                                                                                 \
        }                                                                                                           \
        for (npy_intp i = 0; i < dims[0]; i++, from += steps[0], to += steps[1])                                    \
            memcpy(to, from, SIZE);                                                                                 \
    }                                                                                                               \
    LOOP(where_##SIZE)                                                                                              \
    {                                                                                                               \
        (void)data;                                                                                                 \
        const char *condition = args[0], *yes = args[1], *no = args[2];                                             \
        char *to = args[3];                                                                                         \
        npy_intp s0 = steps[0], s1 = steps[1], s2 = steps[2], s3 = steps[3];                                        \
        if (s0 == 1 && s3 == SIZE && choose_##SIZE(args, dims[0], s1, s2))                                          \
            return;                                                                                                 \
        for (npy_intp i = 0; i < dims[0]; i++, condition += s0, yes += s1, no += s2, to += s3) {                    \
            char if_true[SIZE], if_false[SIZE]; /* both are read, so that the choice needs no branch */             \
            memcpy(if_true, yes, SIZE);                                                                             \
            memcpy(if_false, no, SIZE);                                                                             \
            memcpy(to, *condition ? if_true : if_false, SIZE);                                                      \
        }                                                                                                           \
    }                                                                                                               \
    LOOP(take_##SIZE)                                                                                               \
    {                                                                                                               \
        char *from, *to = args[2];                                                                                  \
        if (steps[0] == 0) { /* one index for the whole run: a row of an embedding */                               \
            if ((from = chosen(args[0], args[1], dims[1], steps[4], args[3])) != NULL) {                            \
                char *pair[2] = {from, to};                                                                         \
                copy_##SIZE(pair, dims, steps + 1, data);                                                           \
            }                                                                                                       \
            return;                                                                                                 \
        }                                                                                                           \
        const char *index = args[0];                                                                                \
        char *rows = args[1], *status = args[3];                                                                    \
        npy_intp count = dims[1], s0 = steps[0], s1 = steps[1], s2 = steps[2], stride = steps[4];                   \
        for (npy_intp i = 0; i < dims[0]; i++, index += s0, rows += s1, to += s2)                                   \
            if ((from = chosen(index, rows, count, stride, status)) != NULL)                                        \
                memcpy(to, from, SIZE);                                                                             \
    }

MOVES(1)
MOVES(2)
MOVES(4)
MOVES(8)
MOVES(16)
MOVES(32)

#define BY_SIZE(kind)                                                                                               \
    PyUFuncGenericFunction kind##_loop(npy_intp itemsize)                                                           \
    {                                                                                                               \
        switch (itemsize) {                                                                                         \
        case 1: return kind##_1;                                                                                    \
        case 2: return kind##_2;                                                                                    \
        case 4: return kind##_4;                                                                                    \
        case 8: return kind##_8;                                                                                    \
        case 16: return kind##_16;                                                                                  \
        case 32: return kind##_32;                                                                                  \
        default: return NULL;                                                                                       \
        }                                                                                                           \
    }
BY_SIZE(copy)
BY_SIZE(where)
BY_SIZE(take)

/* ---- scatter_add ---------------------------------------------------------------------------------------------- */

/* Integers wrap, as NumPy's do: their sum is taken without a sign, for C leaves the other open. */
#define SCATTER_ADD(type)                                                                                           \
    LOOP(scatter_add_##type)                                                                                        \
    {                                                                                                               \
        (void)data;                                                                                                 \
        const char *index = args[0], *value = args[1];                                                              \
        char *rows = args[2], *status = args[3], *to;                                                               \
        npy_intp count = dims[1], s0 = steps[0], s1 = steps[1], s2 = steps[2], stride = steps[4];                   \
        for (npy_intp i = 0; i < dims[0]; i++, index += s0, value += s1, rows += s2)                                \
            if ((to = chosen(index, rows, count, stride, status)) != NULL)                                          \
                *(type *)to += *(const type *)value;                                                                \
    }
SCATTER_ADD(npy_float32)
SCATTER_ADD(npy_float64)
SCATTER_ADD(npy_uint32)
SCATTER_ADD(npy_uint64)

PyUFuncGenericFunction scatter_add_loop(int type)
{
    switch (type) {
    case NPY_FLOAT32: return scatter_add_npy_float32;
    case NPY_FLOAT64: return scatter_add_npy_float64;
    case NPY_INT32: return scatter_add_npy_uint32;
    case NPY_INT64: return scatter_add_npy_uint64;
    default: return NULL;
    }
}

/* ---- sums ----------------------------------------------------------------------------------------------------- */

/* Columns are taken a few at a time, their sums in registers. */
#define SUM_COLUMNS(type, WIDTH)                                                                                    \
    for (; columns >= WIDTH; columns -= WIDTH, target += WIDTH, source += WIDTH * sizeof(type)) {                   \
        type sums[WIDTH];                                                                                           \
        memcpy(sums, target, sizeof sums);                                                                          \
        for (npy_intp i = 0; i < rows; i++)                                                                         \
            for (int j = 0; j < WIDTH; j++)                                                                         \
                sums[j] += ((const type *)(source + i * stride))[j];                                                \
        memcpy(target, sums, sizeof sums);                                                                          \
    }
#define SUM_ROWS(type)                                                                                              \
    LOOP(sum_rows_##type)                                                                                           \
    {                                                                                                               \
        (void)data;                                                                                                 \
        type *target = (type *)args[0];                                                                             \
        const char *source = args[1];                                                                               \
        npy_intp columns = dims[0], rows = dims[1], stride = steps[3];                                              \
        SUM_COLUMNS(type, 16)                                                                                       \
        SUM_COLUMNS(type, 4)                                                                                        \
        SUM_COLUMNS(type, 2)                                                                                        \
        SUM_COLUMNS(type, 1)                                                                                        \
    }
SUM_ROWS(npy_float32)
SUM_ROWS(npy_float64)

PyUFuncGenericFunction sum_rows_loop(int type)
{
    switch (type) {
    case NPY_FLOAT32: return sum_rows_npy_float32;
    case NPY_FLOAT64: return sum_rows_npy_float64;
    default: return NULL;
    }
}
