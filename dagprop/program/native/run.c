/* Walks over the ops of a tape. */
#include "run.h"

#include <assert.h>
#include <string.h>

#include "pool.h"
#include "scalars.h"

#define POISON 0xFF /* as a float NaN, as an integer -1 */

/* ---- loops ---------------------------------------------------------------------------------------------------- */

/* Each call of an inner loop gets pointers of its own, for some ufuncs advance theirs. A copy of constant size is a
   move or two where a loop over few pointers would be a call of memcpy; so tables end in MAX_OPERANDS spare ones. */
static inline void copy_pointers(char **to, char *const *from, int count)
{
    if (count <= 4)
        memcpy(to, from, 4 * sizeof(char *));
    else
        memcpy(to, from, MAX_OPERANDS * sizeof(char *));
}

/* Runs the inner loop once for every point of the outer dimensions, whose lengths follow those of the inner: an
   odometer, the last dimension its fastest wheel. */
static void sweep(const Op *op, char *const *at, const npy_intp *dims)
{
    const npy_intp *outer_dims = dims + op->loop.ndims;
    const int nargs = op->nargs;
    char *args[MAX_OPERANDS], *row[MAX_OPERANDS];
    npy_intp index[MAX_DIMS];
    memset(index, 0, (size_t)op->loop.outer * sizeof(npy_intp));
    copy_pointers(row, at, nargs);
    for (;;) {
        copy_pointers(args, row, nargs);
        op->loop.function(args, dims, op->loop.steps, op->loop.data);
        int axis = op->loop.outer - 1;
        for (; axis >= 0; axis--) {
            const npy_intp *strides = op->loop.outer_strides + axis * nargs;
            if (++index[axis] < outer_dims[axis]) {
                for (int k = 0; k < nargs; k++)
                    row[k] += strides[k];
                break;
            }
            index[axis] = 0;
            for (int k = 0; k < nargs; k++)
                row[k] -= strides[k] * (outer_dims[axis] - 1);
        }
        if (axis < 0)
            return;
    }
}

static inline void run_loop(const Op *op, char *const *at)
{
    if (op->loop.outer == 0) { /* by far the most */
        char *args[MAX_OPERANDS];
        copy_pointers(args, at, op->nargs);
        op->loop.function(args, op->loop.dims, op->loop.steps, op->loop.data);
    }
    else
        sweep(op, at, op->loop.dims);
}

typedef struct {
    const Tape *tape;
    const Op *region;
    char *const *args;
} RegionRun;

/* Runs the region's ops over one block of rows: the drawing in emit.c shows one of them. */
static void run_block(void *context, ptrdiff_t block, int worker)
{
    const RegionRun *run = context;
    const Op *region = run->region;
    npy_intp rows = region->region.rows - block * region->region.block;
    if (rows > region->region.block)
        rows = region->region.block;
    npy_intp own = worker * run->tape->local_bytes;
    for (const Op *op = region + 1; op <= region + region->region.count; op++) {
        char *at[MAX_OPERANDS] = {NULL};
        npy_intp dims[1 + MAX_CORE + MAX_DIMS]; /* inner and outer ones */
        for (int k = 0; k < op->nargs; k++) {
            at[k] = run->args[op->operands + (size_t)k] + block * op->loop.block_steps[k];
            if (op->loop.local >> k & 1)
                at[k] += own;
        }
        assert(op->kind == OP_LOOP && op->loop.outer_dims == op->loop.dims + op->loop.ndims);
        memcpy(dims, op->loop.dims, (size_t)(op->loop.ndims + op->loop.outer) * sizeof(npy_intp));
        if (op->loop.split >= 0)
            dims[op->loop.split] = rows * op->loop.per_row;
        sweep(op, at, dims);
    }
}

static void run_region(const Tape *tape, const Op *op, char *const *args)
{
    RegionRun run = {tape, op, args};
    pool_run(run_block, &run, op->region.blocks, op->region.threads ? tape->threads : 1);
}

/* ---- the ops --------------------------------------------------------------------------------------------------- */

static int run_ops(const Run *run)
{
    const Tape *tape = run->tape;
    State *state = run->state;
    char *const *args = state->args;
    const Op *op = tape->ops, *end = tape->ops + tape->nops;
    PyThreadState *released = tape->releases_gil ? PyEval_SaveThread() : NULL;
    int code = 0;
    for (; op < end && code == 0; op++) {
        switch (op->kind) {
        case OP_LOOP:
            run_loop(op, args + op->operands);
            break;
        case OP_SCALARS:
            run_scalars(tape->codes + op->scalars.first, args + op->operands);
            break;
        case OP_REGION:
            run_region(tape, op, args);
            op += op->region.count;
            break;
        case OP_CALL:
            if (released != NULL)
                PyEval_RestoreThread(released);
            code = run_call(run, op);
            released = tape->releases_gil ? PyEval_SaveThread() : NULL;
            break;
        }
        if (tape->indexes && state->status.failed)
            code = -2;
    }
    if (released != NULL)
        PyEval_RestoreThread(released);
    if (code == -2) {
        Py_ssize_t instruction = op[-1].instruction;
        tape_raise(PyExc_IndexError, instruction, -1, "instruction %zd: index %lld is out of bounds", instruction,
                   (long long)state->status.index);
        state->status.failed = 0;
    }
    return code == 0 ? 0 : -1;
}

/* ---- the checked mode ----------------------------------------------------------------------------------------- */

static int check_operands(const Tape *tape, const State *state)
{
    for (size_t i = 0; i < tape->noperands; i++) {
        const Operand *operand = tape->operands + i;
        const Buffer *buffer = tape->buffers + operand->buffer;
        const char *start = state->base[operand->buffer], *at = state->args[i];
        npy_intp bytes = buffer->kind == LOCAL ? buffer->room : buffer->bytes;
        if (operand->low < operand->high && (at + operand->low < start || at + operand->high > start + bytes)) {
            PyErr_Format(PyExc_SystemError, "operand %zd of the tape points out of buffer %d", (Py_ssize_t)i,
                         operand->buffer);
            return -1;
        }
    }
    return 0;
}

static void poison(const Tape *tape, State *state)
{
    PyArrayObject *arena = (PyArrayObject *)state->arena;
    memset(PyArray_BYTES(arena), POISON, (size_t)PyArray_NBYTES(arena));
    for (int i = 0; i < tape->noutputs; i++)
        memset(state->base[tape->outputs[i]], POISON, (size_t)tape->buffers[tape->outputs[i]].bytes);
}

/* ---- a call --------------------------------------------------------------------------------------------------- */

PyObject *tape_run(Tape *tape, PyObject *inputs)
{
    if (!PyTuple_Check(inputs) || PyTuple_GET_SIZE(inputs) != tape->ninputs) {
        PyErr_Format(PyExc_TypeError, "this tape takes a tuple of %d arrays", tape->ninputs);
        return NULL;
    }
    State *state = tape->idle;
    if (state != NULL)
        tape->idle = state->next;
    else if ((state = state_new(tape)) == NULL)
        return NULL;
    PyObject *outputs = tape->reuse_outputs ? Py_NewRef(state->outputs) : state_outputs(tape);
    int code = outputs == NULL ? -1 : state_bind(tape, state, inputs, outputs);
    if (code < 0) /* half bound: the next call must look at every input again */
        for (int i = 0; i < tape->ninputs; i++)
            state->base[tape->inputs[i]] = NULL;
    if (code == 0 && tape->checked) {
        poison(tape, state);
        code = check_operands(tape, state);
    }
    if (code == 0) {
        Run run = {tape, state, inputs, outputs};
        code = run_ops(&run);
        if (code == 0 && PyErr_Occurred())
            code = -1; /* some inner loops raise: they take the GIL themselves */
        PyUFunc_clearfperr(); /* most leave floating-point flags, which are for others no news */
    }
    state->next = tape->idle;
    tape->idle = state;
    if (code < 0)
        Py_CLEAR(outputs);
    return outputs;
}
