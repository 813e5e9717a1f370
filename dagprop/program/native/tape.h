/* What the files of the native tape share.
 *
 *   assemble.c   reads instructions, checks them, lowers them to ops (its other files: see assemble.h)
 *   meaning.c    what the tape knows of NumPy's ufuncs
 *   run.c        binds arrays to a tape and runs its ops (its other files: see run.h)
 *   views.c      what can be known of views without running anything
 *   errors.c     errors that say which instruction they are about
 *   loops.c      inner loops that NumPy lacks
 *   casts.c      casts, where C says what they give
 *   scalars.c    arithmetic on single numbers
 *   pool.c       threads
 *   module.c     the Python type
 *
 * An instruction is what the caller wrote; an op is what runs. An op knows its operands by number only: a state
 * (one call in progress) has a table with the pointer of every operand of every op. Pointers into scratch and
 * constants are written there once; those into a call's arrays are rewritten only when the array has moved. So a
 * run is a walk over ops with no address arithmetic, and several calls may be in progress at once.
 */
#ifndef DAGPROP_TAPE_H
#define DAGPROP_TAPE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL dagprop_tape_array_api
#define PY_UFUNC_UNIQUE_SYMBOL dagprop_tape_ufunc_api
#ifndef TAPE_IMPORTS_NUMPY /* module.c alone imports NumPy's tables of functions */
#define NO_IMPORT_ARRAY
#define NO_IMPORT_UFUNC
#endif
#include <numpy/arrayobject.h>
#include <numpy/ufuncobject.h>

#define MAX_DIMS NPY_MAXDIMS
#define MAX_OPERANDS 16     /* of a loop; a call takes any number */
#define MAX_CORE 8          /* core dimensions of one gufunc, */
#define MAX_CORE_OF_ONE 4   /* and of one of its operands */
#define MAX_THREADS 64
#define CACHE_LINE 64

/* ---- memory --------------------------------------------------------------------------------------------------- */

typedef enum {
    SCRATCH,   /* in a state's arena */
    LOCAL,     /* in a state's arena, one per worker; bytes are counted per row of a group */
    CONSTANT,  /* an array the tape holds */
    INPUT,     /* an array of the caller, read */
    INOUT,     /* an array of the caller, updated in place */
    OUTPUT,    /* an array made for the caller */
    STATUS     /* where a loop notes an index out of bounds */
} BufferKind;

typedef struct {
    BufferKind kind;
    npy_intp bytes;
    npy_intp place;     /* scratch, local: offset in the arena */
    npy_intp room;      /* local: bytes that the groups using it need */
    npy_intp alignment; /* of its first byte, guaranteed */
    PyArrayObject *array;  /* constant */
    PyArray_Descr *dtype;  /* input, inout, output */
    int ndim;
    npy_intp *shape;       /* among the tape's numbers */
} Buffer;

/* One operand of one op: where it starts, and the bytes around there that the op may touch, [low, high). */
typedef struct {
    int buffer;
    npy_intp offset, low, high;
} Operand;

/* ---- ops ------------------------------------------------------------------------------------------------------ */

typedef enum {
    OP_LOOP,     /* an inner loop, under outer dimensions */
    OP_SCALARS,  /* a stretch of arithmetic on single numbers */
    OP_REGION,   /* the ops after it, block by block, on several threads */
    OP_CALL      /* a Python callable */
} OpKind;

typedef struct {
    OpKind kind;
    int nargs, nin;
    size_t operands;     /* the first of its operands */
    Py_ssize_t instruction;        /* where it came from */
    const char *name;
    union {
        struct {
            PyUFuncGenericFunction function;
            void *data;
            npy_intp *dims;                    /* [ndims], as the inner loop takes them, the core ones last */
            npy_intp *outer_dims;              /* [outer], those around the inner loop */
            npy_intp *steps;                   /* as the inner loop takes them */
            npy_intp *outer_strides;           /* [outer][nargs] */
            int ndims, outer;
            /* In a region one dimension, or none, is cut into blocks of rows. */
            int split;                         /* which one, counted from `dims` on, or -1 */
            npy_intp per_row;                  /* its length for one row */
            npy_intp *block_steps;             /* [nargs]: bytes from one block to the next */
            npy_uint32 local;                  /* bit k: operand k lies in a worker's own memory */
        } loop;
        struct {
            npy_intp rows, block, blocks;
            size_t count;                      /* how many ops follow */
            int threads;                       /* worth more than one? */
        } region;
        struct {
            size_t first, count;               /* its codes */
        } scalars;
        struct {
            PyObject *function;
            struct CallView *views;            /* [nargs] */
        } call;
    };
} Op;

typedef struct CallView {
    PyArray_Descr *dtype;
    int ndim;
    npy_intp *shape, *strides; /* among the tape's numbers */
} CallView;

/* Numbers of ops and shapes live in chunks, so that their pointers stay valid while the tape grows. */
typedef struct Chunk {
    struct Chunk *next;
    size_t used, size;
    npy_intp numbers[];
} Chunk;

/* ---- the tape ------------------------------------------------------------------------------------------------- */

/* Where a loop notes an index out of bounds: the last one met. */
typedef struct {
    npy_int64 failed, index;
} Status;

/* Memory of one call in progress; kept for the next. */
typedef struct State {
    struct State *next;
    PyObject *arena;      /* bytes of scratch and locals; an object, for views handed to Python may outlive the run */
    char **args;          /* [noperands] */
    char **base;          /* [nbuffers] */
    PyObject **copies;    /* [ninputs]: contiguous copies of inputs that were not, once needed */
    PyObject *outputs;    /* the tuple returned every time, where outputs are reused */
    Status status;
} State;

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    Buffer *buffers;
    int nbuffers, ndeclared;      /* the tape adds buffers of its own after the declared ones */
    Op *ops;
    size_t nops;
    Operand *operands;
    size_t noperands;
    npy_uint8 *codes;
    size_t ncodes;
    size_t *uses, *first_use;     /* operands by buffer: uses[first_use[b]] .. uses[first_use[b + 1] - 1] */
    int *inputs, ninputs;         /* buffers, in calling order */
    int *outputs, noutputs;
    npy_intp arena_bytes;
    npy_intp local_bytes;         /* all locals of one worker; the arena ends with this for every thread */
    int threads, checked, reuse_outputs, indexes;
    int releases_gil;             /* worth it? */
    PyObject *keep;               /* a list of whatever the ops point to */
    Chunk *numbers;
    State *idle;                  /* guarded by the GIL, as is `states` */
    Py_ssize_t states;
} Tape;

/* Fills an empty tape; -1 and a ValueError that names the instruction where something is wrong. */
int tape_assemble(Tape *tape, PyObject *buffers, PyObject *instructions);

/* The outputs for a tuple of inputs. */
PyObject *tape_run(Tape *tape, PyObject *inputs);

/* Sets an error whose attribute `instruction` says which one failed, and `part` which of a group's, or -1. */
void tape_raise(PyObject *type, Py_ssize_t instruction, Py_ssize_t part, const char *format, ...);

void state_free(Tape *tape, State *state);

#endif
