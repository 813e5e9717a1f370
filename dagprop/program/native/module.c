/* The Python type. */
#define TAPE_IMPORTS_NUMPY
#include "meaning.h"
#include "pool.h"
#include "scalars.h"

#include <stddef.h>

/* ---- the type ------------------------------------------------------------------------------------------------- */

static PyObject *tape_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    if (PyVectorcall_NARGS(nargsf) != 1 || (names != NULL && PyTuple_GET_SIZE(names) > 0)) {
        PyErr_SetString(PyExc_TypeError, "a tape is called with one tuple of arrays");
        return NULL;
    }
    return tape_run((Tape *)self, args[0]);
}

static PyObject *tape_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"buffers", "instructions", "threads", "reuse_outputs", "checked", NULL};
    PyObject *buffers, *instructions;
    int threads = 1, reuse_outputs = 0, checked = 0;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "OO|$ipp:Tape", names, &buffers, &instructions, &threads,
                                     &reuse_outputs, &checked))
        return NULL;
    if (threads < 1)
        return PyErr_Format(PyExc_ValueError, "threads must be at least 1, not %d", threads);
    Tape *tape = (Tape *)type->tp_alloc(type, 0);
    if (tape == NULL)
        return NULL;
    tape->vectorcall = tape_call;
    tape->threads = threads < MAX_THREADS ? threads : MAX_THREADS;
    tape->reuse_outputs = reuse_outputs;
    tape->checked = checked;
    tape->keep = PyList_New(0);
    if (tape->keep == NULL || tape_assemble(tape, buffers, instructions) < 0)
        Py_CLEAR(tape);
    return (PyObject *)tape;
}

static void tape_dealloc(PyObject *self)
{
    Tape *tape = (Tape *)self;
    PyObject_GC_UnTrack(self);
    while (tape->idle != NULL) {
        State *state = tape->idle;
        tape->idle = state->next;
        state_free(tape, state);
    }
    while (tape->numbers != NULL) {
        Chunk *chunk = tape->numbers;
        tape->numbers = chunk->next;
        PyMem_Free(chunk);
    }
    for (size_t i = 0; i < tape->nops; i++)
        if (tape->ops[i].kind == OP_CALL) {
            for (int k = 0; k < tape->ops[i].nargs; k++)
                Py_XDECREF(tape->ops[i].call.views[k].dtype);
            PyMem_Free(tape->ops[i].call.views);
        }
    PyMem_Free(tape->buffers);
    PyMem_Free(tape->ops);
    PyMem_Free(tape->operands);
    PyMem_Free(tape->codes);
    PyMem_Free(tape->uses);
    PyMem_Free(tape->first_use);
    PyMem_Free(tape->inputs);
    PyMem_Free(tape->outputs);
    Py_XDECREF(tape->keep);
    Py_TYPE(self)->tp_free(self);
}

/* A callable on the tape may hold the program that holds the tape. There is no tp_clear: a tape never changes, so such
   a circle goes through something else that can be cleared. */
static int tape_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((Tape *)self)->keep);
    return 0;
}

/* ---- looking inside ------------------------------------------------------------------------------------------- */

static int append_operand(PyObject *texts, const Operand *operand)
{
    PyObject *text = PyUnicode_FromFormat("b%d+%zd", operand->buffer, operand->offset);
    int code = text == NULL ? -1 : PyList_Append(texts, text);
    Py_XDECREF(text);
    return code;
}

/* "b0+0, b1+16 -> b2+0" */
static PyObject *describe_operands(const Operand *operands, int nin, int nargs)
{
    PyObject *sides[2] = {PyList_New(0), PyList_New(0)}, *comma = PyUnicode_FromString(", "), *text = NULL;
    int code = sides[0] == NULL || sides[1] == NULL || comma == NULL ? -1 : 0;
    for (int k = 0; k < nargs && code == 0; k++)
        code = append_operand(sides[k >= nin], operands + k);
    if (code == 0) {
        PyObject *from = PyUnicode_Join(comma, sides[0]), *to = PyUnicode_Join(comma, sides[1]);
        if (from != NULL && to != NULL)
            text = PyUnicode_FromFormat("%U -> %U", from, to);
        Py_XDECREF(from);
        Py_XDECREF(to);
    }
    Py_XDECREF(sides[0]);
    Py_XDECREF(sides[1]);
    Py_XDECREF(comma);
    return text;
}

static int append_line(PyObject *lines, PyObject *line)
{
    int code = line == NULL ? -1 : PyList_Append(lines, line);
    Py_XDECREF(line);
    return code;
}

static int describe_scalars(const Tape *tape, const Op *op, PyObject *lines)
{
    int code = 0;
    for (size_t i = 0; i < op->scalars.count && code == 0; i++) {
        const Operand *at = tape->operands + op->operands + 3 * i;
        int nin;
        const char *name = scalar_name(tape->codes[op->scalars.first + i], &nin);
        Operand shown[3] = {at[0], nin == 2 ? at[1] : at[2], at[2]};
        PyObject *operands = describe_operands(shown, nin, nin + 1);
        if (operands == NULL)
            return -1;
        Py_ssize_t instruction = op->instruction + (Py_ssize_t)i;
        code = append_line(lines, PyUnicode_FromFormat("%zd: scalar %s  %U", instruction, name, operands));
        Py_DECREF(operands);
    }
    return code;
}

/* The lengths of the dimensions as they are swept, the inner loop's last. */
static PyObject *describe_space(const Op *op)
{
    PyObject *lengths = PyTuple_New(op->loop.outer + 1);
    for (int i = 0; i <= op->loop.outer && lengths != NULL; i++) {
        PyObject *length = PyLong_FromSsize_t(i < op->loop.outer ? op->loop.outer_dims[i] : op->loop.dims[0]);
        if (length == NULL)
            Py_CLEAR(lengths);
        else
            PyTuple_SET_ITEM(lengths, i, length);
    }
    return lengths;
}

static PyObject *tape_disassemble(PyObject *self, PyObject *unused)
{
    (void)unused;
    const Tape *tape = (Tape *)self;
    PyObject *lines = PyList_New(0);
    size_t in_region = 0;
    int code = lines == NULL ? -1 : 0;
    for (const Op *op = tape->ops; op < tape->ops + tape->nops && code == 0; op++) {
        const char *indent = in_region > 0 ? "    " : "";
        in_region -= in_region > 0;
        if (op->kind == OP_SCALARS)
            code = describe_scalars(tape, op, lines);
        else if (op->kind == OP_REGION) {
            in_region = op->region.count;
            code = append_line(lines, PyUnicode_FromFormat(
                "%zd: %zd rows in %zd blocks of %zd, on %d threads", op->instruction, op->region.rows,
                op->region.blocks, op->region.block, op->region.threads ? tape->threads : 1));
        }
        else {
            PyObject *operands = describe_operands(tape->operands + op->operands, op->nin, op->nargs);
            PyObject *space = op->kind == OP_CALL ? PyObject_Repr(op->call.function) : describe_space(op);
            code = operands == NULL || space == NULL ? -1 : append_line(lines, PyUnicode_FromFormat(
                "%s%zd: %s %S  %U", indent, op->instruction, op->name, space, operands));
            Py_XDECREF(operands);
            Py_XDECREF(space);
        }
    }
    if (code < 0)
        Py_CLEAR(lines);
    return lines;
}

static PyObject *tape_info(PyObject *self, void *unused)
{
    (void)unused;
    const Tape *tape = (Tape *)self;
    return Py_BuildValue("{s:i, s:n, s:n, s:n, s:n}", "threads", tape->threads, "ops", (Py_ssize_t)tape->nops,
                         "operands", (Py_ssize_t)tape->noperands, "scratch_bytes", (Py_ssize_t)tape->arena_bytes,
                         "states", tape->states);
}

/* ---- the module ----------------------------------------------------------------------------------------------- */

static PyMethodDef tape_methods[] = {
    {"disassemble", tape_disassemble, METH_NOARGS, "What runs, one line each."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef tape_properties[] = {
    {"info", tape_info, NULL, "Threads, ops, operands, bytes of scratch for one call, most calls seen at once.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject tape_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "dagprop.program._tape.Tape",
    .tp_doc = "Tape(buffers, instructions, *, threads=1, reuse_outputs=False, checked=False)\n--\n\n"
              "NumPy's inner loops, called one after the other with no Python in between.",
    .tp_basicsize = sizeof(Tape),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_new = tape_new,
    .tp_dealloc = tape_dealloc,
    .tp_traverse = tape_traverse,
    .tp_call = PyVectorcall_Call,
    .tp_vectorcall_offset = offsetof(Tape, vectorcall),
    .tp_methods = tape_methods,
    .tp_getset = tape_properties,
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "dagprop.program._tape",
    .m_doc = "The native form of a program; its instructions are described in _tape.pyi.",
    .m_size = -1,
};

PyMODINIT_FUNC PyInit__tape(void)
{
    import_array();
    import_umath();
    if (PyType_Ready(&tape_type) < 0 || meaning_prepare() < 0)
        return NULL;
    PyObject *result = PyModule_Create(&module);
    if (result == NULL || PyModule_AddObjectRef(result, "Tape", (PyObject *)&tape_type) < 0) {
        Py_XDECREF(result);
        return NULL;
    }
    pool_prepare();
    return result;
}
