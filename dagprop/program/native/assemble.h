/* What stands between instructions and ops.
 *
 *   builder.c    adds to a tape, and says no
 *   read.c       an instruction, checked, becomes a Loop
 *   lower.c      a Loop, or a group of them, becomes ops
 *   assemble.c   all together
 */
#ifndef DAGPROP_ASSEMBLE_H
#define DAGPROP_ASSEMBLE_H

#include "views.h"

/* An inner loop over an iteration space. The first ndim dimensions of every view are the space; dimensions after
   those are the core dimensions of a gufunc, already copied to `core` and `core_strides`. */
typedef struct {
    PyUFuncGenericFunction function;
    void *data;
    const char *name;
    int nargs, nin, ndim;
    int ncore, ncore_strides;
    npy_intp core[MAX_CORE], core_strides[MAX_OPERANDS * 4];
    int reduces;         /* views are (target, source, target), target's stride is 0 along what is reduced */
    int initial;         /* of a reduction: the constant it starts from, or -1: its first elements */
    int indexes;         /* may note a bad index */
    int whole_rows;      /* in a region: runs once a block, not over its rows */
    int serial;          /* must not be cut */
    int libm;            /* of single numbers: need not have NumPy's bits */
    double cost;         /* of one element */
    View views[MAX_OPERANDS];
} Loop;

/* A tape in the making. */
typedef struct {
    Tape *tape;
    Py_ssize_t instruction, part; /* being read; part is -1 outside a group */
    size_t buffers, ops, operands, codes; /* capacities */
    double work;                  /* in units of one cheap operation on one element, 0.1 to 0.3 ns */
} Builder;

/* ---- builder.c: where memory runs out, a Python error is set and NULL or -1 returned ---- */

/* Sets a ValueError that says which instruction is at fault; -1. */
int refuse(Builder *b, const char *format, ...);

npy_intp *take_numbers(Builder *b, size_t count);
Op *push_op(Builder *b, OpKind kind, const char *name, int nargs, int nin);
int push_operands(Builder *b, const Operand *operands, int count);
int push_code(Builder *b, npy_uint8 code);
Buffer *add_buffer(Builder *b, BufferKind kind, npy_intp bytes, npy_intp alignment);
int add_constant(Builder *b, PyObject *array);

/* ---- read.c ---- */

int is_word(PyObject *object, const char *word);
int read_buffer(Builder *b, PyObject *given);
int read_views(Builder *b, PyObject *tuple, View *views, int nin, int nargs);
int check_range(Builder *b, const View *view, npy_intp room);

/* Any instruction but a call or a group. */
int read_loop(Builder *b, PyObject *given, Loop *loop);

/* ---- lower.c ---- */

npy_intp count_elements(const Loop *loop);
int lower_loop(Builder *b, Loop *loop);
int lower_group(Builder *b, Loop *loops, Py_ssize_t count, npy_intp block);

#endif
