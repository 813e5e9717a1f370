/* Arithmetic on single numbers: a code for each operation, a stretch of codes run by one function. */
#ifndef DAGPROP_SCALARS_H
#define DAGPROP_SCALARS_H

#include "meaning.h"

/* The code of what a loop means, on numbers of a type, or -1. Unless `libm` is allowed, only codes whose result
   IEEE 754 fixes to the bit are given, so they agree with NumPy's loops. */
int scalar_code(Meaning meaning, int type, int libm);
const char *scalar_name(npy_uint8 code, int *nin);
extern const npy_uint8 scalar_stop;

/* Runs the codes up to scalar_stop. Each takes three pointers: two operands (the second repeats the first where
   there is one) and the result. */
void run_scalars(const npy_uint8 *code, char *const *at);

#endif
