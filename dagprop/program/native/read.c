/* What instructions are made of: buffers and views.
 *
 * What keeps a view inside its memory is checked here, once: it lies within its buffer, aligned, writable where written.
 * What an instruction needs of its views is checked in instruction.c, the range of a local in region.c. After that,
 * running is pointers and counts. */
#include "assemble.h"

#include <string.h>

/* ---- buffers ----------------------------------------------------------------------------------------------------- */

int is_word(PyObject *object, const char *word)
{
    return PyUnicode_Check(object) && PyUnicode_CompareWithASCIIString(object, word) == 0;
}

/* Plain numbers in this machine's byte order: nothing that owns memory or needs Python. */
static int is_plain(PyArray_Descr *dtype)
{
    return (PyTypeNum_ISNUMBER(dtype->type_num) || PyTypeNum_ISBOOL(dtype->type_num)) &&
           PyArray_ISNBO(dtype->byteorder);
}

static size_t size_of_integer(int type)
{
    switch (type) {
    case NPY_BYTE: case NPY_UBYTE: return sizeof(npy_byte);
    case NPY_SHORT: case NPY_USHORT: return sizeof(npy_short);
    case NPY_INT: case NPY_UINT: return sizeof(npy_int);
    case NPY_LONG: case NPY_ULONG: return sizeof(npy_long);
    default: return sizeof(npy_longlong);
    }
}

int canonical_type(int type)
{
    if (!PyTypeNum_ISINTEGER(type))
        return type;
    int is_signed = PyTypeNum_ISSIGNED(type);
    switch (size_of_integer(type)) {
    case 1: return is_signed ? NPY_INT8 : NPY_UINT8;
    case 2: return is_signed ? NPY_INT16 : NPY_UINT16;
    case 4: return is_signed ? NPY_INT32 : NPY_UINT32;
    default: return is_signed ? NPY_INT64 : NPY_UINT64;
    }
}

/* A tuple of integers; their count, or -1 (no Python error is set). */
static int read_numbers(PyObject *tuple, npy_intp *numbers)
{
    if (!PyTuple_Check(tuple) || PyTuple_GET_SIZE(tuple) > MAX_DIMS)
        return -1;
    int count = (int)PyTuple_GET_SIZE(tuple);
    for (int i = 0; i < count; i++) {
        numbers[i] = PyLong_AsSsize_t(PyTuple_GET_ITEM(tuple, i));
        if (numbers[i] == -1 && PyErr_Occurred()) {
            PyErr_Clear();
            return -1;
        }
    }
    return count;
}

static int read_array_buffer(Builder *b, BufferKind kind, PyObject *shape, PyObject *dtype_like)
{
    npy_intp numbers[MAX_DIMS], bytes;
    int ndim = read_numbers(shape, numbers);
    PyArray_Descr *dtype;
    if (ndim < 0)
        return refuse(b, "buffer %d: its shape is not a tuple of at most %d integers: %R", b->tape->nbuffers, MAX_DIMS,
                      shape);
    if (!PyArray_DescrConverter(dtype_like, &dtype))
        return refuse(b, "buffer %d: %R is no dtype", b->tape->nbuffers, dtype_like);
    if (PyList_Append(b->tape->keep, (PyObject *)dtype) < 0) {
        Py_DECREF(dtype);
        return -1;
    }
    Py_DECREF(dtype); /* the tape keeps it */
    if (!is_plain(dtype))
        return refuse(b, "buffer %d: %R is not a plain number", b->tape->nbuffers, dtype);
    bytes = PyDataType_ELSIZE(dtype);
    for (int i = 0; i < ndim; i++) {
        if (numbers[i] < 0 || (numbers[i] > 0 && bytes > MAX_BYTES / numbers[i]))
            return refuse(b, "buffer %d: no array has the shape %R", b->tape->nbuffers, shape);
        bytes *= numbers[i] > 0 ? numbers[i] : 1;
    }
    for (int i = 0; i < ndim; i++)
        if (numbers[i] == 0)
            bytes = 0;
    Buffer *buffer = add_buffer(b, kind, bytes, PyDataType_ALIGNMENT(dtype));
    npy_intp *kept = take_numbers(b, (size_t)ndim);
    if (buffer == NULL || kept == NULL)
        return -1;
    buffer->dtype = dtype;
    buffer->ndim = ndim;
    buffer->shape = kept;
    memcpy(kept, numbers, (size_t)ndim * sizeof(npy_intp));
    return 0;
}

int read_buffer(Builder *b, PyObject *given)
{
    static const struct {
        const char *word;
        BufferKind kind;
    } kinds[] = {{"scratch", SCRATCH}, {"local", LOCAL}, {"constant", CONSTANT},
                 {"input", INPUT},     {"inout", INOUT}, {"output", OUTPUT}};
    if (PyTuple_Check(given) && PyTuple_GET_SIZE(given) > 1)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            PyObject *first = PyTuple_GET_ITEM(given, 1);
            if (!is_word(PyTuple_GET_ITEM(given, 0), kinds[k].word))
                continue;
            if (kinds[k].kind >= INPUT && PyTuple_GET_SIZE(given) == 3)
                return read_array_buffer(b, kinds[k].kind, first, PyTuple_GET_ITEM(given, 2));
            if (PyTuple_GET_SIZE(given) != 2)
                break;
            if (kinds[k].kind == CONSTANT) {
                if (!PyArray_Check(first) || !is_plain(PyArray_DESCR((PyArrayObject *)first)))
                    return refuse(b, "buffer %d: a constant is an array of plain numbers", b->tape->nbuffers);
                return add_constant(b, first);
            }
            npy_intp bytes = PyLong_AsSsize_t(first);
            if (bytes < 0 || bytes > MAX_BYTES)
                return refuse(b, "buffer %d: %R is no size in bytes", b->tape->nbuffers, first);
            return add_buffer(b, kinds[k].kind, bytes, CACHE_LINE) == NULL ? -1 : 0;
        }
    return refuse(b, "buffer %d: %R is none of ('scratch', bytes), ('local', bytes per row), ('constant', array), "
                  "('input' or 'inout' or 'output', shape, dtype)", b->tape->nbuffers, given);
}

/* ---- views ------------------------------------------------------------------------------------------------------- */

int check_range(Builder *b, const View *view, npy_intp room)
{
    npy_intp low, high;
    if (view->offset < 0 || view->offset > room || !find_extent(view, room, &low, &high) ||
        view->offset + low < 0 || view->offset + high > room)
        return refuse(b, "a view reaches out of buffer %d, which has %zd bytes", view->buffer, room);
    return 0;
}

int read_view(Builder *b, PyObject *given, View *view, int written)
{
    PyArray_Descr *dtype;
    if (!PyTuple_Check(given) || PyTuple_GET_SIZE(given) != 5)
        return refuse(b, "a view is (buffer, offset, shape, strides, dtype), not %R", given);
    npy_intp buffer = PyLong_AsSsize_t(PyTuple_GET_ITEM(given, 0));
    view->offset = PyLong_AsSsize_t(PyTuple_GET_ITEM(given, 1));
    view->ndim = read_numbers(PyTuple_GET_ITEM(given, 2), view->shape);
    if (PyErr_Occurred() || view->ndim < 0 || read_numbers(PyTuple_GET_ITEM(given, 3), view->strides) != view->ndim)
        return refuse(b, "buffer and offset are integers, shape and strides tuples of at most %d: %R", MAX_DIMS, given);
    if (buffer < 0 || buffer >= b->tape->ndeclared)
        return refuse(b, "there is no buffer %zd", buffer);
    if (!PyArray_DescrConverter(PyTuple_GET_ITEM(given, 4), &dtype))
        return refuse(b, "%R is no dtype", PyTuple_GET_ITEM(given, 4));
    int plain = is_plain(dtype);
    view->type = canonical_type(dtype->type_num);
    view->itemsize = PyDataType_ELSIZE(dtype);
    view->alignment = PyDataType_ALIGNMENT(dtype);
    Py_DECREF(dtype);
    if (!plain)
        return refuse(b, "%R is not a plain number", PyTuple_GET_ITEM(given, 4));

    const Buffer *memory = b->tape->buffers + buffer;
    view->buffer = (int)buffer;
    view->written = written;
    view->partial_bytes = 0;
    view->anywhere = 0;
    npy_intp size = 1;
    for (int i = 0; i < view->ndim; i++)
        if (view->shape[i] == 0)
            view->offset = 0; /* it touches nothing, so it may as well lie at the start */
    int aligned = view->offset % view->alignment == 0 && memory->alignment % view->alignment == 0;
    for (int i = 0; i < view->ndim; i++) {
        if (view->shape[i] < 0 || (view->shape[i] > 0 && size > MAX_BYTES / view->shape[i]))
            return refuse(b, "no view has the shape %R", PyTuple_GET_ITEM(given, 2));
        size *= view->shape[i] > 0 ? view->shape[i] : 1;
        aligned &= view->shape[i] < 2 || view->strides[i] % view->alignment == 0;
    }
    if (!aligned)
        return refuse(b, "a view of buffer %zd is not aligned for its dtype", buffer);
    if (written && (memory->kind == CONSTANT || memory->kind == INPUT))
        return refuse(b, "buffer %zd is not to be written", buffer);
    if (memory->kind != LOCAL)
        return check_range(b, view, memory->bytes);
    if (b->part < 0)
        return refuse(b, "buffer %zd is local to groups", buffer);
    return 0; /* its range is checked when the length of a block is known */
}

int read_views(Builder *b, PyObject *tuple, View *views, int nin, int nargs)
{
    if (!PyTuple_Check(tuple) || PyTuple_GET_SIZE(tuple) != nargs)
        return refuse(b, "expects a tuple of %d views", nargs);
    for (int k = 0; k < nargs; k++)
        if (read_view(b, PyTuple_GET_ITEM(tuple, k), views + k, k >= nin) < 0)
            return -1;
    return 0;
}
