/* An instruction, checked, becomes a Loop.
 *
 * Everything that keeps a run inside its memory is checked here, once: each view within its buffer, aligned, writable
 * where written, of the shape and dtype its instruction needs. After that, running is pointers and counts. */
#include "assemble.h"

#include <stddef.h>
#include <string.h>

#include "loops.h"

/* Above this many multiplications OpenBLAS uses threads of its own, and two pools must not fight for the cores. */
#define BLAS_THREADS_ABOVE 262144

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
    if (buffer == NULL)
        return -1;
    buffer->dtype = dtype;
    buffer->ndim = ndim;
    memcpy(buffer->shape, numbers, sizeof numbers);
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

static int read_view(Builder *b, PyObject *given, View *view, int written)
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
    view->type = dtype->type_num;
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

/* Results must not depend on the order of the elements: what is written overlaps nothing else of the instruction,
   except that an elementwise loop may write over an operand in place. */
static int check_overlap(Builder *b, const View *views, int nargs, int in_place)
{
    for (int w = 0; w < nargs; w++)
        for (int k = 0; views[w].written && k < nargs; k++)
            if (k != w && !are_disjoint(views + w, views + k) &&
                !(in_place && !views[k].written && are_identical(views + w, views + k)))
                return refuse(b, "operand %d is written over operand %d", w, k);
    return 0;
}

/* ---- instructions ------------------------------------------------------------------------------------------------ */

static int have_same_shape(const View *views, int nargs, int ndim)
{
    for (int k = 1; k < nargs; k++)
        if (memcmp(views[k].shape, views[0].shape, (size_t)ndim * sizeof(npy_intp)) != 0)
            return 0;
    return 1;
}

/* The first of the ufunc's inner loops for exactly these types: the one NumPy would take. Views never have objects for
   elements, so a loop that needs Python objects is never found. */
static int find_function(Builder *b, PyUFuncObject *ufunc, Loop *loop)
{
    for (int i = 0; i < ufunc->ntypes; i++) {
        int k = 0;
        while (k < ufunc->nargs && ufunc->types[i * ufunc->nargs + k] == loop->views[k].type)
            k++;
        if (k == ufunc->nargs && ufunc->functions[i] != NULL) {
            loop->function = ufunc->functions[i];
            loop->data = ufunc->data != NULL ? ufunc->data[i] : NULL;
            return PyList_Append(b->tape->keep, (PyObject *)ufunc);
        }
    }
    return refuse(b, "%s has no inner loop for these dtypes", ufunc->name);
}

static double find_cost(const char *name)
{
    static const char *const cheap[] = {
        "add",  "subtract", "multiply", "divide",     "negative",      "positive", "absolute",   "square",
        "sqrt", "maximum",  "minimum",  "reciprocal", "greater",       "less",     "equal",      "not_equal",
        "fabs", "fmax",     "fmin",     "less_equal", "greater_equal", "sign",     "logical_not"};
    for (size_t i = 0; i < sizeof cheap / sizeof *cheap; i++)
        if (strcmp(cheap[i], name) == 0)
            return 1;
    return 8;
}

static PyUFuncObject *read_ufunc(Builder *b, PyObject *object, int is_gufunc)
{
    PyUFuncObject *ufunc = (PyUFuncObject *)object;
    if (!PyObject_TypeCheck(object, &PyUFunc_Type) || ufunc->core_enabled != is_gufunc || ufunc->nargs > MAX_OPERANDS) {
        refuse(b, "%R is not a %sufunc of at most %d operands", object, is_gufunc ? "generalised " : "", MAX_OPERANDS);
        return NULL;
    }
    return ufunc;
}

/* ("loop", ufunc or "where", views), ("scalar", ufunc, views) */
static int read_elementwise(Builder *b, PyObject *function, PyObject *views, Loop *loop)
{
    if (is_word(function, "where")) {
        loop->name = "where";
        loop->nin = 3;
        loop->nargs = 4;
        loop->cost = 1;
        if (read_views(b, views, loop->views, 3, 4) < 0)
            return -1;
        View *v = loop->views;
        loop->function = where_loop(v[3].itemsize);
        if (v[0].type != NPY_BOOL || v[1].type != v[3].type || v[2].type != v[3].type || loop->function == NULL)
            return refuse(b, "where takes a bool and two operands of the result's dtype");
    }
    else {
        PyUFuncObject *ufunc = read_ufunc(b, function, 0);
        if (ufunc == NULL)
            return -1;
        loop->name = ufunc->name;
        loop->nin = ufunc->nin;
        loop->nargs = ufunc->nargs;
        loop->cost = find_cost(ufunc->name);
        if (read_views(b, views, loop->views, loop->nin, loop->nargs) < 0 || find_function(b, ufunc, loop) < 0)
            return -1;
        /* NumPy's loop raises where an integer's power is negative. What is raised on a worker's thread is lost. */
        loop->serial = strcmp(ufunc->name, "power") == 0 && PyTypeNum_ISINTEGER(loop->views[0].type);
    }
    return 0;
}

/* ("copy", views) */
static int read_copy(Builder *b, PyObject *views, Loop *loop)
{
    if (read_views(b, views, loop->views, 1, 2) < 0)
        return -1;
    View *from = loop->views, *to = loop->views + 1;
    loop->name = from->type == to->type ? "copy" : "cast";
    loop->nin = 1;
    loop->nargs = 2;
    loop->cost = 1;
    loop->function = from->type == to->type ? copy_loop(from->itemsize) : cast_loop(from->type, to->type);
    return loop->function == NULL ? refuse(b, "there is no cast between these dtypes") : 0;
}

/* What elementwise instructions have in common: one shape, nothing written twice. */
static int check_elementwise(Builder *b, Loop *loop)
{
    loop->ndim = loop->views[0].ndim;
    for (int k = 0; k < loop->nargs; k++) {
        if (loop->views[k].ndim != loop->ndim)
            return refuse(b, "views must have one shape (a stride of 0 repeats an operand)");
        if (loop->views[k].written && !is_injective(loop->views + k, 0))
            return refuse(b, "operand %d has elements that overlap each other", k);
    }
    if (!have_same_shape(loop->views, loop->nargs, loop->ndim))
        return refuse(b, "views must have one shape (a stride of 0 repeats an operand)");
    return check_overlap(b, loop->views, loop->nargs, 1);
}

/* ("gufunc", ufunc, views): the last dimensions of each view are its core dimensions */
static int read_gufunc(Builder *b, PyObject *function, PyObject *views, Loop *loop)
{
    PyUFuncObject *ufunc = read_ufunc(b, function, 1);
    if (ufunc == NULL)
        return -1;
    loop->name = ufunc->name;
    loop->nin = ufunc->nin;
    loop->nargs = ufunc->nargs;
    loop->ncore = ufunc->core_num_dim_ix;
    if (loop->ncore > MAX_CORE)
        return refuse(b, "%s has more than %d core dimensions", ufunc->name, MAX_CORE);
    if (read_views(b, views, loop->views, loop->nin, loop->nargs) < 0 || find_function(b, ufunc, loop) < 0)
        return -1;
    for (int i = 0; i < loop->ncore; i++) /* sizes that the signature fixes, such as the 3 of a cross product */
        loop->core[i] = ufunc->core_dim_flags[i] & UFUNC_CORE_DIM_SIZE_INFERRED ? -1 : ufunc->core_dim_sizes[i];
    for (int k = 0; k < loop->nargs; k++) {
        View *view = loop->views + k;
        int ncore = ufunc->core_num_dims[k];
        if (k == 0)
            loop->ndim = view->ndim - ncore;
        if (view->ndim < ncore || view->ndim - ncore != loop->ndim || ncore > 4)
            return refuse(b, "operand %d of %s has %d dimensions", k, ufunc->name, view->ndim);
        for (int i = 0; i < ncore; i++) {
            npy_intp *size = loop->core + ufunc->core_dim_ixs[ufunc->core_offsets[k] + i];
            if (*size < 0 && k < loop->nin)
                *size = view->shape[loop->ndim + i];
            /* A size that only results have is computed by rules that we do not know, so it stays -1 and is refused. */
            if (*size != view->shape[loop->ndim + i])
                return refuse(b, "operand %d does not fit the signature %s of %s", k, ufunc->core_signature,
                              ufunc->name);
            loop->core_strides[loop->ncore_strides++] = view->strides[loop->ndim + i];
        }
        if (view->written && !is_injective(view, 0))
            return refuse(b, "operand %d has elements that overlap each other", k);
    }
    if (!have_same_shape(loop->views, loop->nargs, loop->ndim))
        return refuse(b, "views must have one shape before their core dimensions");
    double multiplications = 1;
    for (int i = 0; i < loop->ncore; i++)
        multiplications *= (double)loop->core[i];
    loop->serial = multiplications > BLAS_THREADS_ABOVE;
    loop->cost = 1 + multiplications / 4;
    return check_overlap(b, loop->views, loop->nargs, 0);
}

/* ("reduce", ufunc, (source, target)): target has length 1 or stride 0 along what is reduced */
static int read_reduce(Builder *b, PyObject *function, PyObject *views, Loop *loop)
{
    static const char *const starts_from_first[] = {"maximum", "minimum", "fmax", "fmin"};
    View given[2];
    PyUFuncObject *ufunc = read_ufunc(b, function, 0);
    if (ufunc == NULL || read_views(b, views, given, 1, 2) < 0)
        return -1;
    if (ufunc->nin != 2 || ufunc->nout != 1 || given[0].type != given[1].type)
        return refuse(b, "a reduction takes a ufunc of two operands and views of one dtype");
    View *source = loop->views + 1, *target = loop->views;
    *source = given[0];
    *target = given[1];
    loop->name = ufunc->name;
    loop->nin = 2;
    loop->nargs = 3;
    loop->cost = find_cost(ufunc->name);
    loop->reduces = 1;
    loop->ndim = source->ndim;
    if (target->ndim != source->ndim)
        return refuse(b, "source and target of a reduction have as many dimensions");
    if (!is_injective(target, 1))
        return refuse(b, "the target has elements that overlap each other");
    if (check_overlap(b, loop->views, 2, 0) < 0)
        return -1;
    int empty = 0;
    for (int i = 0; i < loop->ndim; i++) {
        if (target->shape[i] == 1 && source->shape[i] != 1) {
            target->shape[i] = source->shape[i];
            target->strides[i] = 0;
        }
        if (target->shape[i] != source->shape[i])
            return refuse(b, "the target of a reduction has another shape than its source");
        empty |= target->shape[i] == 0;
    }
    loop->views[2] = *target;
    if (find_function(b, ufunc, loop) < 0)
        return -1;

    PyObject *identity = PyObject_GetAttrString((PyObject *)ufunc, "identity");
    if (identity == NULL)
        return -1;
    if (identity != Py_None) {
        PyArray_Descr *dtype = PyArray_DescrFromType(source->type);
        PyObject *initial = PyArray_FromAny(identity, dtype, 0, 0, NPY_ARRAY_FORCECAST, NULL);
        Py_DECREF(identity);
        loop->initial = b->tape->nbuffers;
        if (initial == NULL || add_constant(b, initial) < 0) {
            Py_XDECREF(initial);
            return refuse(b, "%s cannot start from its identity in this dtype", ufunc->name);
        }
        Py_DECREF(initial);
        return 0;
    }
    Py_DECREF(identity);
    loop->initial = -1;
    for (size_t i = 0; i < sizeof starts_from_first / sizeof *starts_from_first; i++)
        if (strcmp(starts_from_first[i], ufunc->name) == 0)
            return empty ? refuse(b, "%s of nothing has no value", ufunc->name) : 0;
    return refuse(b, "%s does not reduce: it has no identity", ufunc->name);
}

/* Makes the view one of `ndim` dimensions, those from `at` on its own and the rest repeating it. */
static void spread(View *view, const npy_intp *shape, int ndim, int at)
{
    npy_intp strides[MAX_DIMS];
    memcpy(strides, view->strides, sizeof strides);
    for (int i = 0; i < ndim; i++)
        view->strides[i] = i >= at && i < at + view->ndim ? strides[i - at] : 0;
    memcpy(view->shape, shape, (size_t)ndim * sizeof(npy_intp));
    view->ndim = ndim;
}

/* ("take", (rows, index, target)) and ("scatter_add", (index, values, rows)): rows are chosen along their first axis,
   target and values have the shape of the index followed by that of one row */
static int read_indexing(Builder *b, PyObject *views, Loop *loop, int scatters)
{
    if (read_views(b, views, loop->views, 2, 3) < 0)
        return -1;
    if (!scatters) { /* the order of both loops: index, one row, other, status */
        View rows = loop->views[0];
        loop->views[0] = loop->views[1];
        loop->views[1] = rows;
    }
    View *index = loop->views, *rows = loop->views + (scatters ? 2 : 1), *items = loop->views + (scatters ? 1 : 2);
    loop->name = scatters ? "scatter_add" : "take";
    loop->nin = 2;
    loop->nargs = 4;
    loop->cost = 4;
    loop->indexes = 1;
    loop->serial = scatters; /* two rows may be one */
    loop->function = scatters ? scatter_add_loop(items->type) : take_loop(items->itemsize);
    if (index->type != NPY_INT64 || rows->type != items->type || loop->function == NULL)
        return refuse(b, "%s takes int64 indices and two views of one %s", loop->name,
                      scatters ? "float32, float64, int32 or int64" : "dtype");
    loop->ndim = items->ndim;
    if (rows->ndim < 1 || index->ndim + rows->ndim - 1 != items->ndim ||
        memcmp(index->shape, items->shape, (size_t)index->ndim * sizeof(npy_intp)) != 0 ||
        memcmp(rows->shape + 1, items->shape + index->ndim, (size_t)(rows->ndim - 1) * sizeof(npy_intp)) != 0)
        return refuse(b, "the shape must be that of the index followed by that of one row");
    if (!is_injective(scatters ? rows : items, 0))
        return refuse(b, "the result has elements that overlap each other");
    if (check_overlap(b, loop->views, 3, 0) < 0)
        return -1;
    loop->ncore = loop->ncore_strides = 1;
    loop->core[0] = rows->shape[0];
    loop->core_strides[0] = rows->strides[0];
    if (b->tape->buffers[rows->buffer].kind == LOCAL)
        return refuse(b, "an index may choose any row, and a local has only those of one block");
    int index_ndim = index->ndim;
    View row = *rows;
    row.ndim--;
    memmove(row.strides, row.strides + 1, (size_t)row.ndim * sizeof(npy_intp));
    spread(&row, items->shape, items->ndim, index_ndim);
    row.anywhere = 1;
    *rows = row;
    spread(index, items->shape, items->ndim, 0);
    for (int i = index_ndim; i < items->ndim; i++)
        index->strides[i] = 0;
    loop->views[3] = *index;
    loop->views[3].buffer = b->tape->ndeclared; /* the status: the first buffer the tape adds */
    loop->views[3].offset = 0;
    memset(loop->views[3].strides, 0, sizeof loop->views[3].strides);
    return 0;
}

/* Any instruction but a call or a group. */
int read_loop(Builder *b, PyObject *given, Loop *loop)
{
    memset(loop, 0, offsetof(Loop, views));
    loop->initial = -1;
    if (PyTuple_Check(given) && PyTuple_GET_SIZE(given) == 2) {
        PyObject *kind = PyTuple_GET_ITEM(given, 0), *views = PyTuple_GET_ITEM(given, 1);
        if (is_word(kind, "copy"))
            return read_copy(b, views, loop) < 0 ? -1 : check_elementwise(b, loop);
        if (is_word(kind, "take") || is_word(kind, "scatter_add"))
            return read_indexing(b, views, loop, is_word(kind, "scatter_add"));
    }
    if (PyTuple_Check(given) && PyTuple_GET_SIZE(given) == 3) {
        PyObject *kind = PyTuple_GET_ITEM(given, 0), *function = PyTuple_GET_ITEM(given, 1);
        PyObject *views = PyTuple_GET_ITEM(given, 2);
        loop->libm = is_word(kind, "scalar");
        if (loop->libm || is_word(kind, "loop"))
            return read_elementwise(b, function, views, loop) < 0 ? -1 : check_elementwise(b, loop);
        if (is_word(kind, "gufunc"))
            return read_gufunc(b, function, views, loop);
        if (is_word(kind, "reduce"))
            return read_reduce(b, function, views, loop);
    }
    return refuse(b, "no such instruction%s", b->part >= 0 ? " in a group" : "");
}
