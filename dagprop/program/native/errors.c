/* Errors that say which instruction they are about. */
#include "tape.h"

#include <stdarg.h>

void tape_raise(PyObject *type, Py_ssize_t instruction, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    PyObject *text = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    PyObject *error = text == NULL ? NULL : PyObject_CallOneArg(type, text);
    PyObject *number = error == NULL ? NULL : PyLong_FromSsize_t(instruction);
    if (number != NULL && PyObject_SetAttrString(error, "instruction", number) == 0)
        PyErr_SetObject(type, error);
    Py_XDECREF(number);
    Py_XDECREF(error);
    Py_XDECREF(text);
}

