/* The axes of a Loop, put into the order of memory, as few as possible.
 *
 * The sum of x, of shape (5, 1, 3, 64), and of y, of shape (64,), goes to z, all of them float32:
 *
 *        axis     0    1    2   3             0    1   2             0   1
 *     lengths     5    1    3  64             5    3  64            15  64
 *        of x   768  768  256   4     -->   768  256   4     -->   256   4
 *        of y     0    0    0   4             0    0   4             0   4
 *        of z   768  768  256   4           768  256   4           256   4
 *
 * Axis 1 has one element and goes. Then axes 0 and 1 are one to all three, for 768 = 3 * 256 and 0 = 3 * 0; axes 1 and
 * 2 are not, for y is repeated: 0 is not 64 * 4. So two are left, to be swept by an inner loop and one around it. */
#include "assemble.h"

#include <assert.h>

npy_intp count_elements(const Loop *loop)
{
    return product(loop->views[0].shape, loop->ndim);
}

int is_empty(const Loop *loop)
{
    return count_elements(loop) == 0;
}

int have_one_shape(const Loop *loop)
{
    for (int k = 1; k < loop->nargs; k++)
        for (int axis = 0; axis < loop->ndim; axis++)
            if (loop->views[k].shape[axis] != loop->views[0].shape[axis])
                return 0;
    return 1;
}

void move_axis(Loop *loop, int from, int to)
{
    assert(0 <= from && from < loop->ndim && 0 <= to && to < loop->ndim);
    for (int k = 0; k < loop->nargs; k++) {
        View *view = loop->views + k;
        npy_intp length = view->shape[from], stride = view->strides[from];
        int step = from < to ? 1 : -1;
        for (int i = from; i != to; i += step) {
            view->shape[i] = view->shape[i + step];
            view->strides[i] = view->strides[i + step];
        }
        view->shape[to] = length;
        view->strides[to] = stride;
    }
}

/* It stays behind those that are left: a view may still be asked for the bytes that it touches. */
void drop_axis(Loop *loop, int axis)
{
    move_axis(loop, axis, loop->ndim - 1);
    loop->ndim--;
}

int can_merge(const Loop *loop, int axis)
{
    assert(0 <= axis && axis + 1 < loop->ndim);
    for (int k = 0; k < loop->nargs; k++) {
        const View *view = loop->views + k;
        if (view->strides[axis] != view->strides[axis + 1] * view->shape[axis + 1])
            return 0;
    }
    return 1;
}

void merge_axis(Loop *loop, int axis)
{
    assert(can_merge(loop, axis));
    for (int k = 0; k < loop->nargs; k++) {
        View *view = loop->views + k;
        view->shape[axis] *= view->shape[axis + 1];
        view->strides[axis] = view->strides[axis + 1];
        view->shape[axis + 1] = 1; /* what is dropped spans no bytes */
    }
    drop_axis(loop, axis + 1);
}

static npy_intp total_stride(const Loop *loop, int axis)
{
    npy_intp total = 0;
    for (int k = 0; k < loop->nargs; k++)
        total += magnitude(loop->views[k].strides[axis]);
    return total;
}

static void drop_single(Loop *loop, int first)
{
    for (int axis = loop->ndim - 1; axis >= first; axis--)
        if (loop->views[0].shape[axis] == 1)
            drop_axis(loop, axis);
}

/* The longest strides first; axes that are alike keep their order. */
static void sort_axes(Loop *loop, int first)
{
    for (int axis = first + 1; axis < loop->ndim; axis++) {
        int to = axis;
        while (to > first && total_stride(loop, to - 1) < total_stride(loop, axis))
            to--;
        move_axis(loop, axis, to);
    }
}

void coalesce(Loop *loop, int first)
{
    assert(have_one_shape(loop));
    drop_single(loop, first);
    sort_axes(loop, first);
    for (int axis = loop->ndim - 2; axis >= first; axis--)
        if (can_merge(loop, axis))
            merge_axis(loop, axis);
    assert(have_one_shape(loop));
}
