/* Binds arrays to a tape and runs its ops. */
#include "loops.h"
#include "pool.h"

#include <string.h>

#define POISON 0xFF /* as a float NaN, as an integer -1 */

/* ---- states --------------------------------------------------------------------------------------------------- */

static void move_base(const Tape *tape, State *state, int buffer, char *base)
{
    state->base[buffer] = base;
    for (size_t i = tape->first_use[buffer]; i < tape->first_use[buffer + 1]; i++) {
        size_t use = tape->uses[i];
        state->args[use] = base + tape->operands[use].offset;
    }
}

static PyObject *new_outputs(const Tape *tape)
{
    PyObject *outputs = PyTuple_New(tape->noutputs);
    for (int i = 0; i < tape->noutputs && outputs != NULL; i++) {
        const Buffer *buffer = tape->buffers + tape->outputs[i];
        PyArray_Descr *dtype = buffer->dtype;
        Py_INCREF(dtype);
        PyObject *array = PyArray_NewFromDescr(&PyArray_Type, dtype, buffer->ndim, buffer->shape, NULL, NULL, 0, NULL);
        if (array == NULL)
            Py_CLEAR(outputs);
        else
            PyTuple_SET_ITEM(outputs, i, array);
    }
    return outputs;
}

void state_free(Tape *tape, State *state)
{
    for (int i = 0; i < tape->ninputs && state->copies != NULL; i++)
        Py_XDECREF(state->copies[i]);
    Py_XDECREF(state->arena);
    Py_XDECREF(state->outputs);
    PyMem_Free(state->copies);
    PyMem_Free(state->args);
    PyMem_Free(state->base);
    PyMem_Free(state);
}

static State *new_state(Tape *tape)
{
    State *state = PyMem_Calloc(1, sizeof(State));
    if (state == NULL)
        return (State *)PyErr_NoMemory();
    npy_intp bytes = tape->arena_bytes + CACHE_LINE;
    state->args = PyMem_Calloc(tape->noperands + MAX_OPERANDS, sizeof(char *));
    state->base = PyMem_Calloc((size_t)tape->nbuffers, sizeof(char *));
    state->copies = PyMem_Calloc((size_t)tape->ninputs + 1, sizeof(PyObject *));
    state->arena = PyArray_SimpleNew(1, &bytes, NPY_UINT8);
    if (state->arena != NULL && tape->reuse_outputs)
        state->outputs = new_outputs(tape);
    if (state->args == NULL || state->base == NULL || state->copies == NULL || state->arena == NULL ||
        (tape->reuse_outputs && state->outputs == NULL)) {
        if (!PyErr_Occurred())
            PyErr_NoMemory();
        state_free(tape, state);
        return NULL;
    }
    char *arena = PyArray_BYTES((PyArrayObject *)state->arena);
    arena += (CACHE_LINE - (npy_uintp)arena % CACHE_LINE) % CACHE_LINE;
    for (int i = 0; i < tape->nbuffers; i++) {
        const Buffer *buffer = tape->buffers + i;
        if (buffer->kind == SCRATCH || buffer->kind == LOCAL)
            move_base(tape, state, i, arena + buffer->place);
        else if (buffer->kind == CONSTANT)
            move_base(tape, state, i, PyArray_BYTES(buffer->array));
        else if (buffer->kind == STATUS)
            move_base(tape, state, i, (char *)&state->status);
    }
    tape->states++;
    return state;
}

/* ---- binding -------------------------------------------------------------------------------------------------- */

static int overlap(const Tape *tape, const State *state, int a, int b)
{
    return a != b && state->base[a] < state->base[b] + tape->buffers[b].bytes &&
           state->base[b] < state->base[a] + tape->buffers[a].bytes;
}

static int overlaps_outputs(const Tape *tape, const State *state, int input)
{
    for (int i = 0; i < tape->noutputs && tape->reuse_outputs; i++)
        if (overlap(tape, state, input, tape->outputs[i]))
            return 1;
    return 0;
}

static int copy_input(State *state, int position, const Buffer *buffer, PyArrayObject *array)
{
    if (state->copies[position] == NULL) {
        Py_INCREF(buffer->dtype);
        state->copies[position] = PyArray_NewFromDescr(&PyArray_Type, buffer->dtype, buffer->ndim, buffer->shape, NULL,
                                                       NULL, 0, NULL);
    }
    return state->copies[position] == NULL ? -1 : PyArray_CopyInto((PyArrayObject *)state->copies[position], array);
}

static int bind_input(const Tape *tape, State *state, int position, PyObject *given)
{
    int number = tape->inputs[position];
    const Buffer *buffer = tape->buffers + number;
    PyArrayObject *array = (PyArrayObject *)given;
    if (!PyArray_Check(given)) {
        PyErr_Format(PyExc_TypeError, "input %d is no array but %R", position, (PyObject *)Py_TYPE(given));
        return -1;
    }
    if (PyArray_DESCR(array) != buffer->dtype && !PyArray_EquivTypes(PyArray_DESCR(array), buffer->dtype)) {
        PyErr_Format(PyExc_TypeError, "input %d has dtype %S, not %S", position, (PyObject *)PyArray_DESCR(array),
                     (PyObject *)buffer->dtype);
        return -1;
    }
    if (PyArray_NDIM(array) != buffer->ndim ||
        !PyArray_CompareLists(PyArray_DIMS(array), buffer->shape, buffer->ndim)) {
        PyErr_Format(PyExc_ValueError, "input %d does not have the shape this tape was made for", position);
        return -1;
    }
    int direct = PyArray_IS_C_CONTIGUOUS(array) && PyArray_ISALIGNED(array);
    if (buffer->kind == INOUT && !(direct && PyArray_ISWRITEABLE(array))) {
        PyErr_Format(PyExc_ValueError, "input %d is updated in place, so it must be contiguous, aligned and writable",
                     position);
        return -1;
    }
    char *base = PyArray_BYTES(array);
    if (direct && base == state->base[number])
        return 0;
    if (direct) {
        move_base(tape, state, number, base);
        if (!overlaps_outputs(tape, state, number))
            return 1;
        if (buffer->kind == INOUT) {
            PyErr_Format(PyExc_ValueError, "input %d is updated in place, but is an output of this tape", position);
            return -1;
        }
    }
    if (copy_input(state, position, buffer, array) < 0)
        return -1;
    move_base(tape, state, number, PyArray_BYTES((PyArrayObject *)state->copies[position]));
    return 0; /* memory of our own overlaps nothing */
}

/* An array updated in place may share no byte with another input. Looked at only when an array has moved. */
static int check_updates(const Tape *tape, const State *state, int position)
{
    int moved = tape->inputs[position];
    for (int i = 0; i < tape->ninputs; i++) {
        int other = tape->inputs[i];
        if ((tape->buffers[moved].kind == INOUT || tape->buffers[other].kind == INOUT) &&
            overlap(tape, state, moved, other)) {
            PyErr_Format(PyExc_ValueError, "inputs %d and %d share memory, and one is updated in place", position, i);
            return -1;
        }
    }
    return 0;
}

static int bind(const Tape *tape, State *state, PyObject *inputs, PyObject *outputs)
{
    for (int i = 0; i < tape->noutputs; i++) {
        char *base = PyArray_BYTES((PyArrayObject *)PyTuple_GET_ITEM(outputs, i));
        if (base != state->base[tape->outputs[i]])
            move_base(tape, state, tape->outputs[i], base);
    }
    int moved = 0, last_moved = -1;
    for (int i = 0; i < tape->ninputs; i++) {
        int result = bind_input(tape, state, i, PyTuple_GET_ITEM(inputs, i));
        if (result < 0)
            return -1;
        moved += result;
        last_moved = result ? i : last_moved;
    }
    if (moved == 1)
        return check_updates(tape, state, last_moved);
    for (int i = 0; i < tape->ninputs && moved > 1; i++)
        if (check_updates(tape, state, i) < 0)
            return -1;
    return 0;
}

/* ---- running -------------------------------------------------------------------------------------------------- */

typedef struct {
    const Tape *tape;
    State *state;
    PyObject *inputs, *outputs;
} Run;

/* Each call of an inner loop gets pointers of its own, for some ufuncs advance theirs. A copy of constant size is a
   move or two where a loop over few pointers would be a call of memcpy; so tables end in MAX_OPERANDS spare ones. */
static inline void copy_pointers(char **to, char *const *from, int count)
{
    if (count <= 4)
        memcpy(to, from, 4 * sizeof(char *));
    else
        memcpy(to, from, MAX_OPERANDS * sizeof(char *));
}

/* Runs the inner loop once for every point of the outer dimensions, whose lengths follow those of the inner. */
static void sweep(const Op *op, char *const *at, const npy_intp *dims)
{
    const npy_intp *outer_dims = dims + op->loop.ndims;
    const int nargs = op->nargs;
    char *args[MAX_OPERANDS], *row[MAX_OPERANDS];
    npy_intp index[MAX_DIMS] = {0};
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
        memcpy(dims, op->loop.dims, (size_t)(op->loop.ndims + op->loop.outer) * sizeof(npy_intp));
        if (op->loop.split >= 0)
            dims[op->loop.split] = rows * op->loop.per_row;
        sweep(op, at, dims);
    }
}

/* The object whose life keeps the buffer's memory. */
static PyObject *find_owner(const Run *run, int buffer)
{
    const Tape *tape = run->tape;
    for (int i = 0; i < tape->ninputs; i++)
        if (tape->inputs[i] == buffer) {
            PyObject *given = PyTuple_GET_ITEM(run->inputs, i), *copy = run->state->copies[i];
            int is_copied = copy != NULL && PyArray_BYTES((PyArrayObject *)copy) == run->state->base[buffer];
            return is_copied ? copy : given;
        }
    for (int i = 0; i < tape->noutputs; i++)
        if (tape->outputs[i] == buffer)
            return PyTuple_GET_ITEM(run->outputs, i);
    return tape->buffers[buffer].kind == CONSTANT ? (PyObject *)tape->buffers[buffer].array : run->state->arena;
}

static PyObject *make_view(const Run *run, const Op *op, int k)
{
    const CallView *view = op->call.views + k;
    size_t operand = op->operands + (size_t)k;
    int flags = NPY_ARRAY_ALIGNED | (k < op->nin ? 0 : NPY_ARRAY_WRITEABLE);
    Py_INCREF(view->dtype);
    PyObject *array = PyArray_NewFromDescr(&PyArray_Type, view->dtype, view->ndim, view->shape, view->strides,
                                           run->state->args[operand], flags, NULL);
    if (array == NULL)
        return NULL;
    PyObject *owner = find_owner(run, run->tape->operands[operand].buffer);
    Py_INCREF(owner);
    if (PyArray_SetBaseObject((PyArrayObject *)array, owner) < 0)
        Py_CLEAR(array);
    return array;
}

static int store_result(const Run *run, const Op *op, int k, PyObject *result)
{
    const CallView *view = op->call.views + k;
    if (!PyArray_Check(result) && !PyArray_IsScalar(result, Generic)) {
        tape_raise(PyExc_TypeError, op->instruction, "instruction %zd: the call returned %R, not an array",
                   op->instruction, (PyObject *)Py_TYPE(result));
        return -1;
    }
    PyArrayObject *array = (PyArrayObject *)PyArray_FromAny(result, NULL, 0, 0, 0, NULL);
    if (array == NULL)
        return -1;
    int fits = PyArray_EquivTypes(PyArray_DESCR(array), view->dtype) && PyArray_NDIM(array) == view->ndim &&
               PyArray_CompareLists(PyArray_DIMS(array), view->shape, view->ndim);
    PyObject *target = fits ? make_view(run, op, k) : NULL;
    if (!fits)
        tape_raise(PyExc_ValueError, op->instruction,
                   "instruction %zd: the call returned an array of another dtype or shape than planned: %R",
                   op->instruction, (PyObject *)array);
    int result_code = target == NULL ? -1 : PyArray_CopyInto((PyArrayObject *)target, array);
    Py_XDECREF(target);
    Py_DECREF(array);
    return result_code;
}

static int run_call(const Run *run, const Op *op)
{
    PyObject *args[MAX_OPERANDS], *result = NULL;
    int made = 0, code = -1, nout = op->nargs - op->nin;
    while (made < op->nin && (args[made] = make_view(run, op, made)) != NULL)
        made++;
    if (made == op->nin)
        result = PyObject_Vectorcall(op->call.function, args, (size_t)op->nin, NULL);
    while (made > 0)
        Py_DECREF(args[--made]);
    if (result == NULL)
        return -1;
    if (nout == 1)
        code = store_result(run, op, op->nin, result);
    else if (!PyTuple_Check(result) || PyTuple_GET_SIZE(result) != nout)
        tape_raise(PyExc_TypeError, op->instruction, "instruction %zd: the call must return a tuple of %d arrays",
                   op->instruction, nout);
    else
        for (int k = 0; k < nout && (k == 0 || code == 0); k++)
            code = store_result(run, op, op->nin + k, PyTuple_GET_ITEM(result, k));
    Py_DECREF(result);
    return code;
}

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
        case OP_REGION: {
            RegionRun region = {tape, op, args};
            pool_run(run_block, &region, op->region.blocks, op->region.threads ? tape->threads : 1);
            op += op->region.count;
            break;
        }
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
        tape_raise(PyExc_IndexError, instruction, "instruction %zd: index %lld is out of bounds", instruction,
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
    else if ((state = new_state(tape)) == NULL)
        return NULL;
    PyObject *outputs = tape->reuse_outputs ? Py_NewRef(state->outputs) : new_outputs(tape);
    int code = outputs == NULL ? -1 : bind(tape, state, inputs, outputs);
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
