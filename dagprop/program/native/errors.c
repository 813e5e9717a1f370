/* Errors that say which instruction they are about. */
#include "tape.h"

#include <stdarg.h>

static int set_number(PyObject *error, const char *name, Py_ssize_t value)
{
    PyObject *number = PyLong_FromSsize_t(value);
    int code = number == NULL ? -1 : PyObject_SetAttrString(error, name, number);
    Py_XDECREF(number);
    return code;
}

void tape_raise(PyObject *type, Py_ssize_t instruction, Py_ssize_t part, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    PyObject *text = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    PyObject *error = text == NULL ? NULL : PyObject_CallOneArg(type, text);
    if (error != NULL && set_number(error, "instruction", instruction) == 0 && set_number(error, "part", part) == 0)
        PyErr_SetObject(type, error);
    Py_XDECREF(error);
    Py_XDECREF(text);
}
