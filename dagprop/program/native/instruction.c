/* An instruction, checked, becomes a Loop.
 *
 * One function reads each kind. Of the ufunc it gets its inner loop for these dtypes, and what NumPy's own means. */
#include "assemble.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "loops.h"

/* Above this many multiplications OpenBLAS uses threads of its own, and two pools must not fight for the cores. */
#define BLAS_THREADS_ABOVE 262144

/* ---- what several kinds have in common --------------------------------------------------------------------------- */

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

/* Operands of one shape (a gufunc's: before their core dimensions), none of which is written twice. */
static int check_operands(Builder *b, const Loop *loop, int in_place)
{
    for (int k = 0; k < loop->nargs; k++)
        if (loop->views[k].written && !is_injective(loop->views + k, 0))
            return refuse(b, "operand %d has elements that overlap each other", k);
    if (!have_one_shape(loop))
        return refuse(b, "views must have one shape (a stride of 0 repeats an operand)");
    return check_overlap(b, loop->views, loop->nargs, in_place);
}

/* The first of the ufunc's inner loops for exactly these types: the one NumPy would take. Views never have objects for
   elements, so a loop that needs Python objects is never found. */
static int find_function(Builder *b, PyUFuncObject *ufunc, Loop *loop)
{
    for (int i = 0; i < ufunc->ntypes; i++) {
        int k = 0;
        while (k < ufunc->nargs && canonical_type(ufunc->types[i * ufunc->nargs + k]) == loop->views[k].type)
            k++;
        if (k == ufunc->nargs && ufunc->functions[i] != NULL) {
            loop->function = ufunc->functions[i];
            loop->data = ufunc->data != NULL ? ufunc->data[i] : NULL;
            return PyList_Append(b->tape->keep, (PyObject *)ufunc);
        }
    }
    return refuse(b, "%s has no inner loop for these dtypes", ufunc->name);
}

static PyUFuncObject *read_ufunc(Builder *b, PyObject *object, int is_gufunc, Loop *loop)
{
    PyUFuncObject *ufunc = (PyUFuncObject *)object;
    if (!PyObject_TypeCheck(object, &PyUFunc_Type) || ufunc->core_enabled != is_gufunc || ufunc->nargs > MAX_OPERANDS) {
        refuse(b, "%R is not a %sufunc of at most %d operands", object, is_gufunc ? "generalised " : "", MAX_OPERANDS);
        return NULL;
    }
    loop->name = ufunc->name;
    loop->nin = ufunc->nin;
    loop->nargs = ufunc->nargs;
    loop->meaning = find_meaning(ufunc, &loop->cost);
    return ufunc;
}

/* ---- elementwise ------------------------------------------------------------------------------------------------- */

static int check_elementwise(Builder *b, Loop *loop)
{
    loop->ndim = loop->views[0].ndim;
    for (int k = 1; k < loop->nargs; k++)
        if (loop->views[k].ndim != loop->ndim)
            return refuse(b, "views must have one shape (a stride of 0 repeats an operand)");
    return check_operands(b, loop, 1);
}

/* ("loop", ufunc, views), ("scalar", ufunc, views) */
static int read_ufunc_loop(Builder *b, PyObject *function, PyObject *views, Loop *loop)
{
    PyUFuncObject *ufunc = read_ufunc(b, function, 0, loop);
    if (ufunc == NULL || read_views(b, views, loop->views, loop->nin, loop->nargs) < 0 ||
        find_function(b, ufunc, loop) < 0)
        return -1;
    /* NumPy's loop raises where an integer's power is negative. What is raised on a worker's thread is lost. */
    loop->serial = loop->meaning == means_power && PyTypeNum_ISINTEGER(loop->views[0].type);
    return check_elementwise(b, loop);
}

/* ("where", (condition, if true, if false, target)) */
static int read_where(Builder *b, PyObject *views, Loop *loop)
{
    View *v = loop->views;
    loop->name = "where";
    loop->nin = 3;
    loop->nargs = 4;
    loop->cost = 1;
    if (read_views(b, views, v, 3, 4) < 0)
        return -1;
    loop->function = where_loop(v[3].itemsize);
    if (v[0].type != NPY_BOOL || v[1].type != v[3].type || v[2].type != v[3].type || loop->function == NULL)
        return refuse(b, "where takes a bool and two operands of the result's dtype");
    return check_elementwise(b, loop);
}

/* ("copy", (source, target)) */
static int read_copy(Builder *b, PyObject *views, Loop *loop)
{
    if (read_views(b, views, loop->views, 1, 2) < 0)
        return -1;
    View *from = loop->views, *to = loop->views + 1;
    int is_cast = from->type != to->type;
    loop->name = is_cast ? "cast" : "copy";
    loop->meaning = is_cast ? means_unknown : means_copy;
    loop->nin = 1;
    loop->nargs = 2;
    loop->cost = 1;
    loop->function = is_cast ? cast_loop(from->type, to->type) : copy_loop(from->itemsize);
    if (loop->function == NULL)
        return refuse(b, "C does not say what a cast between these dtypes gives");
    return check_elementwise(b, loop);
}

/* ---- gufuncs ----------------------------------------------------------------------------------------------------- */

/* The lengths and strides of one operand's last dimensions. For numpy.matmul, (n?,k),(k,m?)->(n?,m?), the core becomes
   n, k, m; the strides those of the operands' dimensions, one after the other. */
static int read_core(Builder *b, const PyUFuncObject *ufunc, Loop *loop, int k)
{
    const View *view = loop->views + k;
    int ncore = ufunc->core_num_dims[k];
    if (view->ndim < ncore || view->ndim - ncore != loop->ndim || ncore > MAX_CORE_OF_ONE)
        return refuse(b, "operand %d of %s has %d dimensions", k, ufunc->name, view->ndim);
    for (int i = 0; i < ncore; i++) {
        int number = ufunc->core_dim_ixs[ufunc->core_offsets[k] + i];
        assert(0 <= number && number < loop->ncore);
        npy_intp *size = loop->core + number;
        if (*size < 0 && k < loop->nin)
            *size = view->shape[loop->ndim + i];
        /* A size that only results have is computed by rules that we do not know, so it stays -1 and is refused. */
        if (*size != view->shape[loop->ndim + i])
            return refuse(b, "operand %d does not fit the signature %s of %s", k, ufunc->core_signature, ufunc->name);
        loop->core_strides[loop->ncore_strides++] = view->strides[loop->ndim + i];
    }
    return 0;
}

/* ("gufunc", ufunc, views): the last dimensions of each view are its core dimensions */
static int read_gufunc(Builder *b, PyObject *function, PyObject *views, Loop *loop)
{
    PyUFuncObject *ufunc = read_ufunc(b, function, 1, loop);
    if (ufunc == NULL)
        return -1;
    loop->ncore = ufunc->core_num_dim_ix;
    if (loop->ncore > MAX_CORE)
        return refuse(b, "%s has more than %d core dimensions", ufunc->name, MAX_CORE);
    if (read_views(b, views, loop->views, loop->nin, loop->nargs) < 0 || find_function(b, ufunc, loop) < 0)
        return -1;
    for (int i = 0; i < loop->ncore; i++) /* sizes that the signature fixes, such as the 3 of a cross product */
        loop->core[i] = ufunc->core_dim_flags[i] & UFUNC_CORE_DIM_SIZE_INFERRED ? -1 : ufunc->core_dim_sizes[i];
    loop->ndim = loop->views[0].ndim - ufunc->core_num_dims[0];
    for (int k = 0; k < loop->nargs; k++)
        if (read_core(b, ufunc, loop, k) < 0)
            return -1;
    double multiplications = 1;
    for (int i = 0; i < loop->ncore; i++)
        multiplications *= (double)loop->core[i];
    loop->serial = multiplications > BLAS_THREADS_ABOVE;
    loop->cost = 1 + multiplications / 4;
    return check_operands(b, loop, 0);
}

/* ---- reductions -------------------------------------------------------------------------------------------------- */

/* Gives the target the source's shape: a stride of 0 along what is reduced. */
static int spread_target(Builder *b, View *target, const View *source)
{
    if (target->ndim != source->ndim)
        return refuse(b, "source and target of a reduction have as many dimensions");
    if (!is_injective(target, 1))
        return refuse(b, "the target has elements that overlap each other");
    for (int i = 0; i < source->ndim; i++) {
        if (target->shape[i] == 1 && source->shape[i] != 1) {
            target->shape[i] = source->shape[i];
            target->strides[i] = 0;
        }
        if (target->shape[i] != source->shape[i])
            return refuse(b, "the target of a reduction has another shape than its source");
    }
    return 0;
}

/* Whether a reduction has any result: one of no elements has results where none of its other axes is empty. */
static int has_results(const Loop *loop)
{
    for (int i = 0; i < loop->ndim; i++)
        if (loop->views[0].strides[i] != 0 && loop->views[0].shape[i] == 0)
            return 0;
    return 1;
}

/* What the reduction starts from: the ufunc's identity, or else the first elements. This takes an order that does not
   matter, as of maximum, for the tape reduces blocks on their own. subtract has neither. */
static int find_initial(Builder *b, PyUFuncObject *ufunc, Loop *loop)
{
    PyObject *identity = PyObject_GetAttrString((PyObject *)ufunc, "identity");
    if (identity == NULL)
        return -1;
    if (identity == Py_None) {
        Py_DECREF(identity);
        loop->initial = -1;
        if (ufunc->identity == PyUFunc_None)
            return refuse(b, "%s does not reduce: it has no identity, and its order matters", ufunc->name);
        return is_empty(loop) && has_results(loop) ? refuse(b, "%s of nothing has no value", ufunc->name) : 0;
    }
    PyArray_Descr *dtype = PyArray_DescrFromType(loop->views[1].type);
    PyObject *initial = PyArray_FromAny(identity, dtype, 0, 0, NPY_ARRAY_FORCECAST, NULL);
    Py_DECREF(identity);
    loop->initial = b->tape->nbuffers;
    int result = initial == NULL ? -1 : add_constant(b, initial);
    Py_XDECREF(initial);
    return result < 0 ? refuse(b, "%s cannot start from its identity in this dtype", ufunc->name) : 0;
}

/* ("reduce", ufunc, (source, target)): target has length 1 or stride 0 along what is reduced */
static int read_reduce(Builder *b, PyObject *function, PyObject *views, Loop *loop)
{
    View given[2], *target = loop->views, *source = loop->views + 1;
    PyUFuncObject *ufunc = read_ufunc(b, function, 0, loop);
    if (ufunc == NULL || read_views(b, views, given, 1, 2) < 0)
        return -1;
    if (ufunc->nin != 2 || ufunc->nout != 1 || given[0].type != given[1].type)
        return refuse(b, "a reduction takes a ufunc of two operands and views of one dtype");
    *source = given[0];
    *target = given[1];
    loop->reduces = 1;
    loop->ndim = source->ndim;
    if (check_overlap(b, loop->views, 2, 0) < 0 || spread_target(b, target, source) < 0)
        return -1;
    loop->views[2] = *target; /* the inner loop adds to what is there */
    return find_function(b, ufunc, loop) < 0 ? -1 : find_initial(b, ufunc, loop);
}

/* ---- indexing ---------------------------------------------------------------------------------------------------- */

/* Makes the view one of this shape: the dimensions from `at` on are its own, the rest repeat it. */
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
   the items (target or values) have the shape of the index followed by that of one row.

   With rows of shape (7, 3) and an index of shape (5,), the items have shape (5, 3), and all views get it:

       index   shape (5,)    strides  8        -->      8   0
       row     shape    (3,) strides     4     -->      0   4      a row: any of 7, which are 12 bytes apart
       items   shape (5, 3)  strides 12  4             12   4
       status  one number                               0   0

   How many rows there are to choose from, and how far apart they lie, is the one core dimension. */
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
    View *status = loop->views + 3;
    loop->name = scatters ? "scatter_add" : "take";
    loop->meaning = scatters ? means_scatter_add : means_unknown;
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
    if (b->tape->buffers[rows->buffer].kind == LOCAL)
        return refuse(b, "an index may choose any row, and a local has only those of one block");

    loop->ncore = loop->ncore_strides = 1;
    loop->core[0] = rows->shape[0];
    loop->core_strides[0] = rows->strides[0];
    rows->anywhere = 1;
    rows->ndim--;
    memmove(rows->strides, rows->strides + 1, (size_t)rows->ndim * sizeof(npy_intp));
    spread(rows, items->shape, items->ndim, index->ndim);
    spread(index, items->shape, items->ndim, 0);
    *status = *index;
    status->buffer = b->tape->ndeclared; /* the first buffer that the tape adds */
    status->offset = 0;
    memset(status->strides, 0, sizeof status->strides);
    assert(have_one_shape(loop));
    return 0;
}

/* ---- any of them ------------------------------------------------------------------------------------------------- */

int read_loop(Builder *b, PyObject *given, Loop *loop)
{
    memset(loop, 0, offsetof(Loop, views));
    loop->initial = -1;
    if (PyTuple_Check(given) && PyTuple_GET_SIZE(given) == 2) {
        PyObject *kind = PyTuple_GET_ITEM(given, 0), *views = PyTuple_GET_ITEM(given, 1);
        if (is_word(kind, "copy"))
            return read_copy(b, views, loop);
        if (is_word(kind, "where"))
            return read_where(b, views, loop);
        if (is_word(kind, "take"))
            return read_indexing(b, views, loop, 0);
        if (is_word(kind, "scatter_add"))
            return read_indexing(b, views, loop, 1);
    }
    if (PyTuple_Check(given) && PyTuple_GET_SIZE(given) == 3) {
        PyObject *kind = PyTuple_GET_ITEM(given, 0), *function = PyTuple_GET_ITEM(given, 1);
        PyObject *views = PyTuple_GET_ITEM(given, 2);
        loop->libm = is_word(kind, "scalar");
        if (loop->libm || is_word(kind, "loop"))
            return read_ufunc_loop(b, function, views, loop);
        if (is_word(kind, "gufunc"))
            return read_gufunc(b, function, views, loop);
        if (is_word(kind, "reduce"))
            return read_reduce(b, function, views, loop);
    }
    return refuse(b, "no such instruction%s", b->part >= 0 ? " in a group" : "");
}
