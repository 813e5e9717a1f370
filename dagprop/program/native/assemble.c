/* Reads all instructions and lays out the memory of the tape they make. */
#include "assemble.h"

#include <limits.h>
#include <string.h>

#include "scalars.h"

#define WORK_FOR_RELEASING_THE_GIL 65536

/* ---- instructions ------------------------------------------------------------------------------------------------ */

/* ("group", instructions, rows per block or 0) */
static int assemble_group(Builder *b, PyObject *given)
{
    Py_ssize_t block = PyTuple_GET_SIZE(given) == 3 ? PyLong_AsSsize_t(PyTuple_GET_ITEM(given, 2)) : 0;
    PyObject *parts = PySequence_Fast(PyTuple_GET_ITEM(given, 1), "");
    Py_ssize_t count = parts == NULL ? 0 : PySequence_Fast_GET_SIZE(parts);
    if (PyErr_Occurred() || block < 0 || block > MAX_BYTES || count == 0) {
        Py_XDECREF(parts);
        return refuse(b, "a group is ('group', instructions, rows per block or 0)");
    }
    Loop *loops = PyMem_Malloc((size_t)count * sizeof(Loop));
    int result = 0;
    if (loops == NULL) {
        PyErr_NoMemory();
        result = -1;
    }
    for (Py_ssize_t i = 0; i < count && result == 0; i++) {
        b->part = i;
        result = read_loop(b, PySequence_Fast_GET_ITEM(parts, i), loops + i);
        if (result == 0 && (loops[i].ndim < 1 || loops[i].views[0].shape[0] != loops[0].views[0].shape[0]))
            result = refuse(b, "the parts of a group have one number of rows, the length of their first axis");
        if (result == 0 && loops[i].meaning == means_scatter_add)
            result = refuse(b, "scatter_add may write any row, so it cannot be part of a group");
    }
    if (result == 0)
        result = lower_group(b, loops, count, block);
    PyMem_Free(loops);
    Py_DECREF(parts);
    b->part = -1;
    return result;
}

/* 1 where the loop became part of a stretch of single numbers, 0 where it is none. */
static int assemble_scalar(Builder *b, const Loop *loop)
{
    Tape *tape = b->tape;
    const View *views = loop->views;
    int same_type = loop->nargs <= 3 && loop->nargs - loop->nin == 1 && loop->ncore == 0 && !loop->reduces;
    for (int k = 1; k < loop->nargs && same_type; k++)
        same_type = views[k].type == views[0].type;
    if (!same_type || count_elements(loop) != 1)
        return 0;
    int code = scalar_code(loop->meaning, views[0].type, loop->libm);
    if (code < 0)
        return 0;
    Op *op = tape->nops > 0 ? tape->ops + tape->nops - 1 : NULL;
    if (op != NULL && op->kind == OP_SCALARS && op->instruction + (Py_ssize_t)op->scalars.count == b->instruction)
        tape->ncodes--; /* the code that ended the stretch so far */
    else {
        op = push_op(b, OP_SCALARS, "scalars", 0, 0);
        if (op == NULL)
            return -1;
        op->scalars.first = tape->ncodes;
    }
    op->scalars.count++;
    Operand operands[3];
    for (int k = 0; k < 3; k++) {
        const View *view = views + (k < loop->nin ? k : k == 2 ? loop->nin : 0);
        operands[k] = (Operand){view->buffer, view->offset, 0, view->itemsize};
    }
    b->work += 8;
    if (push_code(b, (npy_uint8)code) < 0 || push_code(b, scalar_stop) < 0 || push_operands(b, operands, 3) < 0)
        return -1;
    return 1;
}

/* One array that a call is given or fills. */
static int assemble_operand(Builder *b, PyObject *given, int written, CallView *kept)
{
    View view;
    if (read_view(b, given, &view, written) < 0)
        return -1;
    if (written && !is_injective(&view, 0))
        return refuse(b, "a result has elements that overlap each other");
    size_t ndim = (size_t)view.ndim, bytes = ndim * sizeof(npy_intp);
    Operand operand = {view.buffer, view.offset, 0, 0};
    find_extent(&view, MAX_BYTES, &operand.low, &operand.high);
    npy_intp *numbers = take_numbers(b, 2 * ndim);
    if (numbers == NULL || push_operands(b, &operand, 1) < 0)
        return -1;
    kept->dtype = PyArray_DescrFromType(view.type);
    kept->ndim = view.ndim;
    kept->shape = memcpy(numbers, view.shape, bytes);
    kept->strides = memcpy(numbers + ndim, view.strides, bytes);
    if (product(view.shape, view.ndim) == 0) /* as NumPy's own: with others np.einsum writes beyond its result */
        memset(kept->strides, 0, bytes);
    return 0;
}

/* ("call", function, inputs, outputs) */
static int assemble_call(Builder *b, PyObject *given)
{
    PyObject *function = PyTuple_GET_ITEM(given, 1);
    PyObject *inputs = PyTuple_GET_ITEM(given, 2), *outputs = PyTuple_GET_ITEM(given, 3);
    if (!PyCallable_Check(function) || !PyTuple_Check(inputs) || !PyTuple_Check(outputs) ||
        PyTuple_GET_SIZE(outputs) == 0)
        return refuse(b, "a call is ('call', function, views, views)");
    Py_ssize_t nin = PyTuple_GET_SIZE(inputs), nout = PyTuple_GET_SIZE(outputs);
    CallView *call_views = nin + nout > INT_MAX ? NULL : PyMem_Calloc((size_t)(nin + nout), sizeof(CallView));
    if (call_views == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    Op *op = push_op(b, OP_CALL, "call", (int)(nin + nout), (int)nin);
    if (op == NULL) {
        PyMem_Free(call_views);
        return -1;
    }
    op->call.views = call_views; /* from now on freed with the tape */
    op->call.function = function;
    for (Py_ssize_t k = 0; k < nin + nout; k++)
        if (assemble_operand(b, k < nin ? PyTuple_GET_ITEM(inputs, k) : PyTuple_GET_ITEM(outputs, k - nin), k >= nin,
                             call_views + k) < 0)
            return -1;
    return PyList_Append(b->tape->keep, function);
}

static int assemble_instruction(Builder *b, PyObject *given)
{
    if (PyTuple_Check(given) && PyTuple_GET_SIZE(given) > 1) {
        PyObject *kind = PyTuple_GET_ITEM(given, 0);
        if (is_word(kind, "group") && PyTuple_GET_SIZE(given) <= 3)
            return assemble_group(b, given);
        if (is_word(kind, "call") && PyTuple_GET_SIZE(given) == 4)
            return assemble_call(b, given);
    }
    Loop loop;
    if (read_loop(b, given, &loop) < 0)
        return -1;
    int is_scalar = assemble_scalar(b, &loop);
    if (is_scalar != 0)
        return is_scalar < 0 ? -1 : 0;
    return lower_loop(b, &loop);
}

/* ---- the whole tape ---------------------------------------------------------------------------------------------- */

/* Scratch first, then the locals of each worker. */
static int lay_out_arena(Builder *b)
{
    Tape *tape = b->tape;
    npy_intp local_bytes = 0;
    for (int i = 0; i < tape->nbuffers; i++) {
        Buffer *buffer = tape->buffers + i;
        if (buffer->kind == SCRATCH) {
            buffer->place = tape->arena_bytes;
            tape->arena_bytes += round_up(buffer->bytes);
        }
        if (buffer->kind == LOCAL) {
            buffer->place = local_bytes;
            local_bytes += round_up(buffer->room);
        }
        if (tape->arena_bytes > MAX_BYTES || local_bytes > MAX_BYTES)
            return refuse(b, "the tape does not fit into memory");
    }
    for (int i = 0; i < tape->nbuffers; i++)
        if (tape->buffers[i].kind == LOCAL)
            tape->buffers[i].place += tape->arena_bytes;
    tape->local_bytes = local_bytes;
    tape->arena_bytes += local_bytes * tape->threads;
    return 0;
}

/* Sorts the numbers of operands by buffer. */
static int index_uses(Tape *tape)
{
    size_t nbuffers = (size_t)tape->nbuffers, *next;
    tape->uses = PyMem_Calloc(tape->noperands + 1, sizeof(size_t));
    tape->first_use = PyMem_Calloc(nbuffers + 2, sizeof(size_t));
    if (tape->uses == NULL || tape->first_use == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    next = tape->first_use + 1; /* counts, then where the next use goes, then where the buffer's uses end */
    for (size_t i = 0; i < tape->noperands; i++)
        next[tape->operands[i].buffer + 1]++;
    for (size_t i = 1; i <= nbuffers; i++)
        next[i] += next[i - 1];
    for (size_t i = 0; i < tape->noperands; i++)
        tape->uses[next[tape->operands[i].buffer]++] = i;
    return 0;
}

static int number_arrays(Tape *tape)
{
    tape->inputs = PyMem_Calloc((size_t)tape->ndeclared + 1, sizeof(int));
    tape->outputs = PyMem_Calloc((size_t)tape->ndeclared + 1, sizeof(int));
    if (tape->inputs == NULL || tape->outputs == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (int i = 0; i < tape->ndeclared; i++) {
        BufferKind kind = tape->buffers[i].kind;
        if (kind == INPUT || kind == INOUT)
            tape->inputs[tape->ninputs++] = i;
        if (kind == OUTPUT)
            tape->outputs[tape->noutputs++] = i;
    }
    return 0;
}

int tape_assemble(Tape *tape, PyObject *buffers, PyObject *instructions)
{
    Builder b = {.tape = tape, .instruction = -1, .part = -1};
    PyObject *given = PySequence_Fast(buffers, "buffers must be a sequence");
    if (given == NULL)
        return -1;
    int result = 0;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(given) && result == 0; i++)
        result = read_buffer(&b, PySequence_Fast_GET_ITEM(given, i));
    Py_DECREF(given);
    tape->ndeclared = tape->nbuffers;
    if (result < 0 || add_buffer(&b, STATUS, sizeof(Status), sizeof(npy_int64)) == NULL)
        return -1;

    given = PySequence_Fast(instructions, "instructions must be a sequence");
    if (given == NULL)
        return -1;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(given) && result == 0; i++) {
        b.instruction = i;
        result = assemble_instruction(&b, PySequence_Fast_GET_ITEM(given, i));
    }
    Py_DECREF(given);
    b.instruction = -1;
    tape->releases_gil = b.work >= WORK_FOR_RELEASING_THE_GIL;
    return result < 0 || lay_out_arena(&b) < 0 || number_arrays(tape) < 0 ? -1 : index_uses(tape);
}
