/* A view of a buffer, and what can be known of two of them without running anything. */
#ifndef DAGPROP_VIEWS_H
#define DAGPROP_VIEWS_H

#include "tape.h"

#define MAX_BYTES ((npy_intp)1 << 46) /* of anything: sums of a few such numbers do not overflow */

typedef struct {
    int buffer;
    npy_intp offset;
    int ndim;
    npy_intp shape[MAX_DIMS], strides[MAX_DIMS];
    int type;
    npy_intp itemsize, alignment;
    int written;
    npy_intp partial_bytes; /* where not 0: one result per block, this far apart */
    int anywhere;           /* indexed: any row of the buffer may be meant */
} View;

npy_intp magnitude(npy_intp stride);
npy_intp round_up(npy_intp bytes); /* to whole cache lines */
npy_intp product(const npy_intp *numbers, int count);

/* The bytes that the view touches, as [low, high) around its start. False where they cannot lie in `room`. */
int find_extent(const View *view, npy_intp room, npy_intp *low, npy_intp *high);

/* Whether no element overlaps another, leaving out, if wished, the dimensions that a stride of 0 repeats. */
int is_injective(const View *view, int ignore_zero);

/* Whether it is certain that the views share no byte. */
int are_disjoint(const View *a, const View *b);

/* Whether the views have the same elements in the same places. */
int are_identical(const View *a, const View *b);

/* Whether what is done to one row of `a` concerns no other row of `b`: rows, counted by the first dimension, may then
   be worked on in any order. */
int are_independent(const View *a, const View *b);

#endif
