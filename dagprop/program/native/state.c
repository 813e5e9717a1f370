/* The memory of one call in progress, and the caller's arrays in it. */
#include "run.h"

/* ---- states --------------------------------------------------------------------------------------------------- */

static void move_base(const Tape *tape, State *state, int buffer, char *base)
{
    state->base[buffer] = base;
    for (size_t i = tape->first_use[buffer]; i < tape->first_use[buffer + 1]; i++) {
        size_t use = tape->uses[i];
        state->args[use] = base + tape->operands[use].offset;
    }
}

PyObject *state_outputs(const Tape *tape)
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

State *state_new(Tape *tape)
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
        state->outputs = state_outputs(tape);
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

int state_bind(const Tape *tape, State *state, PyObject *inputs, PyObject *outputs)
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
