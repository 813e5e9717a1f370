/* What can be known of views without running anything. */
#include "views.h"

#include <string.h>

npy_intp magnitude(npy_intp stride)
{
    return stride < 0 ? -stride : stride;
}

npy_intp round_up(npy_intp bytes)
{
    return (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

npy_intp product(const npy_intp *numbers, int count)
{
    npy_intp total = 1;
    for (int i = 0; i < count; i++)
        total *= numbers[i];
    return total;
}

int find_extent(const View *view, npy_intp room, npy_intp *low, npy_intp *high)
{
    *low = *high = 0;
    for (int i = 0; i < view->ndim; i++)
        if (view->shape[i] == 0)
            return 1;
    for (int i = 0; i < view->ndim; i++) {
        npy_intp steps = view->shape[i] - 1, stride = view->strides[i];
        if (steps == 0)
            continue;
        if (stride < -MAX_BYTES || magnitude(stride) > room / steps)
            return 0;
        *(stride < 0 ? low : high) += stride * steps;
    }
    *high += view->itemsize;
    return 1;
}

/* Each stride must step over all that the smaller ones span, where there are elements at all. */
int is_injective(const View *view, int ignore_zero)
{
    npy_intp span = view->itemsize;
    int done[MAX_DIMS] = {0};
    while (product(view->shape, view->ndim) != 0) {
        int next = -1;
        for (int i = 0; i < view->ndim; i++) {
            int skip = view->shape[i] < 2 || (ignore_zero && view->strides[i] == 0);
            if (!done[i] && !skip && (next < 0 || magnitude(view->strides[i]) < magnitude(view->strides[next])))
                next = i;
        }
        if (next < 0)
            return 1;
        if (magnitude(view->strides[next]) < span)
            return 0;
        span += magnitude(view->strides[next]) * (view->shape[next] - 1);
        done[next] = 1;
    }
    return 1;
}

/* A view as items of `span` bytes at start + multiples of strides whose greatest common divisor is `grid` (0 where
   there is one item). What lies without gaps is one item. */
typedef struct {
    npy_intp start, span, grid;
} Lattice;

static npy_intp common_divisor(npy_intp a, npy_intp b)
{
    while (b != 0) {
        npy_intp rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static Lattice find_lattice(const View *view)
{
    Lattice lattice = {view->offset, view->itemsize, 0};
    int done[MAX_DIMS] = {0};
    for (;;) {
        int next = -1;
        for (int i = 0; i < view->ndim; i++)
            if (!done[i] && view->shape[i] > 1 && view->strides[i] != 0 &&
                (next < 0 || magnitude(view->strides[i]) < magnitude(view->strides[next])))
                next = i;
        if (next < 0)
            return lattice;
        npy_intp stride = view->strides[next], steps = view->shape[next] - 1;
        if (stride < 0)
            lattice.start += stride * steps;
        if (magnitude(stride) <= lattice.span)
            lattice.span += magnitude(stride) * steps;
        else
            lattice.grid = common_divisor(magnitude(stride), lattice.grid);
        done[next] = 1;
    }
}

int are_disjoint(const View *a, const View *b)
{
    npy_intp a_low, a_high, b_low, b_high;
    if (a->buffer != b->buffer)
        return 1;
    find_extent(a, MAX_BYTES, &a_low, &a_high);
    find_extent(b, MAX_BYTES, &b_low, &b_high);
    if (a->offset + a_high <= b->offset + b_low || b->offset + b_high <= a->offset + a_low)
        return 1;
    Lattice one = find_lattice(a), two = find_lattice(b);
    npy_intp grid = common_divisor(one.grid, two.grid);
    if (grid == 0)
        return 0;
    npy_intp apart = (two.start - one.start) % grid; /* of the nearest items, one before two */
    if (apart < 0)
        apart += grid;
    return apart >= one.span && grid - apart >= two.span;
}

int are_identical(const View *a, const View *b)
{
    if (a->buffer != b->buffer || a->offset != b->offset || a->itemsize != b->itemsize || a->ndim != b->ndim)
        return 0;
    for (int i = 0; i < a->ndim; i++)
        if (a->shape[i] != b->shape[i] || (a->shape[i] > 1 && a->strides[i] != b->strides[i]))
            return 0;
    return 1;
}

int are_independent(const View *a, const View *b)
{
    npy_intp a_low, a_high, b_low, b_high, stride = a->strides[0];
    View a_row = *a, b_row = *b;
    if (a->buffer == b->buffer && b->anywhere)
        return 0;
    if (are_disjoint(a, b) || (stride != 0 && are_identical(a, b)))
        return 1;
    a_row.shape[0] = b_row.shape[0] = 1;
    find_extent(&a_row, MAX_BYTES, &a_low, &a_high);
    find_extent(&b_row, MAX_BYTES, &b_low, &b_high);
    npy_intp low = a->offset + a_low < b->offset + b_low ? a->offset + a_low : b->offset + b_low;
    npy_intp high = a->offset + a_high > b->offset + b_high ? a->offset + a_high : b->offset + b_high;
    return b->strides[0] == stride && high - low <= magnitude(stride);
}
