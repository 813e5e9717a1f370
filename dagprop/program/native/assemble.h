/* What stands between instructions and ops.
 *
 *   builder.c       adds to a tape, and says no
 *   read.c          buffers and views, checked
 *   instruction.c   an instruction, checked, becomes a Loop
 *   axes.c          the axes of a Loop, put into the order of memory
 *   emit.c          a Loop becomes an op
 *   region.c        a Loop over much data, or a group of them, is cut into blocks
 *   assemble.c      all together
 */
#ifndef DAGPROP_ASSEMBLE_H
#define DAGPROP_ASSEMBLE_H

#include "meaning.h"
#include "views.h"

/* An inner loop over a space. The first ndim axes of every view are the space, of one shape in all; those after them
   are the core dimensions of a gufunc, already copied to `core` and `core_strides`.

   ("reduce", numpy.add, (x, y)) with x of shape (2, 3, 4) and y of (2, 3, 1), both float32, is

                              axis     0   1   2
                           lengths     2   3   4
       views[0], views[2]   of y      12   4   0     bytes from one element to the next; 0 where it is reduced
       views[1]             of x      48  16   4
*/
typedef struct {
    PyUFuncGenericFunction function;
    void *data;
    const char *name;    /* to be shown, never compared */
    Meaning meaning;
    int nargs, nin, ndim;
    int ncore, ncore_strides;
    npy_intp core[MAX_CORE], core_strides[MAX_OPERANDS * MAX_CORE_OF_ONE];
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

/* How the rows of a group are cut: into blocks of so many, the last one of what is left. */
typedef struct {
    npy_intp rows, block, blocks;
} Region;

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

/* One number for integers that are alike: `long` is as wide as `int` on some systems, as `long long` on others. */
int canonical_type(int type);

int read_buffer(Builder *b, PyObject *given);
int read_view(Builder *b, PyObject *given, View *view, int written);
int read_views(Builder *b, PyObject *tuple, View *views, int nin, int nargs);
int check_range(Builder *b, const View *view, npy_intp room);

/* ---- instruction.c ---- */

/* Any instruction but a call or a group. */
int read_loop(Builder *b, PyObject *given, Loop *loop);

/* ---- axes.c ---- */

npy_intp count_elements(const Loop *loop);
int is_empty(const Loop *loop);
int have_one_shape(const Loop *loop);

void move_axis(Loop *loop, int from, int to);
void drop_axis(Loop *loop, int axis);

/* Whether this axis and the next are one to every view; makes one of them. */
int can_merge(const Loop *loop, int axis);
void merge_axis(Loop *loop, int axis);

/* Brings the axes from `first` on into the order of memory and makes one of those that can be. */
void coalesce(Loop *loop, int first);

/* ---- emit.c ---- */

/* Appends the ops of a loop: one, and before it one for the start of a reduction. In a region the loop's first axis is
   the rows, of which a run has one block; else `region` is NULL. */
int emit(Builder *b, Loop *loop, const Region *region);

/* ---- region.c ---- */

int lower_loop(Builder *b, Loop *loop);
int lower_group(Builder *b, Loop *loops, Py_ssize_t count, npy_intp block);

#endif
