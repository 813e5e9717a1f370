/* Inner loops that NumPy has no ufunc for. */
#ifndef DAGPROP_LOOPS_H
#define DAGPROP_LOOPS_H

#include "tape.h"

/* Each returns a loop with the signature of a ufunc's, or NULL where there is none for the type.
   Arguments come in the order named, inputs first. */
PyUFuncGenericFunction copy_loop(npy_intp itemsize);          /* source, target */
PyUFuncGenericFunction cast_loop(int from_type, int to_type); /* source, target; in casts.c */
PyUFuncGenericFunction where_loop(npy_intp itemsize);         /* condition, if true, if false, target */

/* Adds up rows of few columns: NumPy has a loop for one row, and calling it costs more than the row. The core dimension
   is the rows. The same additions in the same order as NumPy's, so the same bits. */
PyUFuncGenericFunction sum_rows_loop(int type);               /* target, source, target */
#define SUM_ROWS_MAX_COLUMNS 64

/* These two have one core dimension, as gufuncs do: the rows an index may choose from, and their stride.
   An index out of bounds is written to the status and its element skipped. */
PyUFuncGenericFunction take_loop(npy_intp itemsize);          /* index, source, target, status */
PyUFuncGenericFunction scatter_add_loop(int type);            /* index, values, target, status */

#endif
