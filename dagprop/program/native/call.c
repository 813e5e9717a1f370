/* A Python callable, given views of the tape's memory. */
#include "run.h"

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
        tape_raise(PyExc_TypeError, op->instruction, -1, "instruction %zd: the call returned %R, not an array",
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
        tape_raise(PyExc_ValueError, op->instruction, -1,
                   "instruction %zd: the call returned an array of another dtype or shape than planned: %R",
                   op->instruction, (PyObject *)array);
    int result_code = target == NULL ? -1 : PyArray_CopyInto((PyArrayObject *)target, array);
    Py_XDECREF(target);
    Py_DECREF(array);
    return result_code;
}

int run_call(const Run *run, const Op *op)
{
    PyObject **args = PyMem_Calloc((size_t)op->nin + 1, sizeof(PyObject *)), *result = NULL;
    int made = 0, code = -1, nout = op->nargs - op->nin;
    if (args == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    while (made < op->nin && (args[made] = make_view(run, op, made)) != NULL)
        made++;
    if (made == op->nin)
        result = PyObject_Vectorcall(op->call.function, args, (size_t)op->nin, NULL);
    while (made > 0)
        Py_DECREF(args[--made]);
    PyMem_Free(args);
    if (result == NULL)
        return -1;
    if (nout == 1)
        code = store_result(run, op, op->nin, result);
    else if (!PyTuple_Check(result) || PyTuple_GET_SIZE(result) != nout)
        tape_raise(PyExc_TypeError, op->instruction, -1, "instruction %zd: the call must return a tuple of %d arrays",
                   op->instruction, nout);
    else
        for (int k = 0; k < nout && (k == 0 || code == 0); k++)
            code = store_result(run, op, op->nin + k, PyTuple_GET_ITEM(result, k));
    Py_DECREF(result);
    return code;
}
