/* Adds to a tape, and says no. */
#include "assemble.h"

#include <stdarg.h>
#include <string.h>

int refuse(Builder *b, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    PyObject *text = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    PyErr_Clear(); /* the reason why a number could not be read, say: the text tells it better */
    if (text == NULL)
        return -1;
    if (b->part >= 0)
        tape_raise(PyExc_ValueError, b->instruction, b->part, "instruction %zd, part %zd: %U", b->instruction, b->part,
                   text);
    else if (b->instruction >= 0)
        tape_raise(PyExc_ValueError, b->instruction, -1, "instruction %zd: %U", b->instruction, text);
    else
        PyErr_SetObject(PyExc_ValueError, text);
    Py_DECREF(text);
    return -1;
}

static int reserve(void **items, size_t *capacity, size_t wanted, size_t size)
{
    if (wanted <= *capacity)
        return 0;
    size_t larger = wanted + wanted / 2 + 16;
    void *moved = PyMem_Realloc(*items, larger * size);
    if (moved == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *items = moved;
    *capacity = larger;
    return 0;
}

npy_intp *take_numbers(Builder *b, size_t count)
{
    Chunk *chunk = b->tape->numbers;
    if (chunk == NULL || chunk->size - chunk->used < count) {
        size_t size = count > 2048 ? count : 2048;
        Chunk *fresh = PyMem_Malloc(sizeof(Chunk) + size * sizeof(npy_intp));
        if (fresh == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        fresh->next = chunk;
        fresh->used = 0;
        fresh->size = size;
        b->tape->numbers = chunk = fresh;
    }
    chunk->used += count;
    return chunk->numbers + chunk->used - count;
}

Op *push_op(Builder *b, OpKind kind, const char *name, int nargs, int nin)
{
    Tape *tape = b->tape;
    if (reserve((void **)&tape->ops, &b->ops, tape->nops + 1, sizeof(Op)) < 0)
        return NULL;
    Op *op = tape->ops + tape->nops++;
    memset(op, 0, sizeof *op);
    op->kind = kind;
    op->name = name;
    op->nargs = nargs;
    op->nin = nin;
    op->operands = tape->noperands;
    op->instruction = b->instruction;
    return op;
}

int push_operands(Builder *b, const Operand *operands, int count)
{
    Tape *tape = b->tape;
    if (reserve((void **)&tape->operands, &b->operands, tape->noperands + (size_t)count, sizeof(Operand)) < 0)
        return -1;
    memcpy(tape->operands + tape->noperands, operands, (size_t)count * sizeof(Operand));
    tape->noperands += (size_t)count;
    return 0;
}

int push_code(Builder *b, npy_uint8 code)
{
    if (reserve((void **)&b->tape->codes, &b->codes, b->tape->ncodes + 1, 1) < 0)
        return -1;
    b->tape->codes[b->tape->ncodes++] = code;
    return 0;
}

Buffer *add_buffer(Builder *b, BufferKind kind, npy_intp bytes, npy_intp alignment)
{
    Tape *tape = b->tape;
    if (reserve((void **)&tape->buffers, &b->buffers, (size_t)tape->nbuffers + 1, sizeof(Buffer)) < 0)
        return NULL;
    Buffer *buffer = tape->buffers + tape->nbuffers++;
    memset(buffer, 0, sizeof *buffer);
    buffer->kind = kind;
    buffer->bytes = bytes;
    buffer->alignment = alignment;
    return buffer;
}

int add_constant(Builder *b, PyObject *array)
{
    PyArrayObject *contiguous = (PyArrayObject *)PyArray_FromAny(
        array, NULL, 0, 0, NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED | NPY_ARRAY_NOTSWAPPED, NULL);
    if (contiguous == NULL)
        return -1;
    npy_intp alignment = CACHE_LINE;
    while ((npy_uintp)PyArray_DATA(contiguous) % (npy_uintp)alignment)
        alignment /= 2;
    Buffer *buffer = NULL;
    if (PyList_Append(b->tape->keep, (PyObject *)contiguous) == 0)
        buffer = add_buffer(b, CONSTANT, PyArray_NBYTES(contiguous), alignment);
    if (buffer != NULL)
        buffer->array = contiguous;
    Py_DECREF(contiguous); /* the tape keeps it */
    return buffer == NULL ? -1 : 0;
}
