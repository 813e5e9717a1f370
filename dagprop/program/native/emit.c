/* A Loop becomes an op.
 *
 * x + y goes to z, in a region of 1000 rows that is cut into blocks of 100; x and z have shape (1000, 3, 64), y has
 * (64,), all are float32. Another part of the region keeps the second axis apart: else there would be 3000 rows. Of the
 * rows a block has 100, and they and the next axis are one to all three, 3 for each row:
 *
 *        axis      0     1    2               0    1          op.loop
 *     lengths   1000     3   64             300   64          dims           64
 *        of x    768   256    4     -->     256    4          outer_dims    300
 *        of y      0     0    4               0    4          steps           4    4      4
 *        of z    768   256    4             256    4          outer_strides 256    0    256
 *                                                             block_steps 76800    0  76800
 *
 * So run.c calls the inner loop for 64 elements, 300 times a block, and goes on by 100 * 768 bytes to the next. Where a
 * block has fewer rows, dims[split] is other than told here: 3 (per_row) for each row. The split is 1, for outer_dims
 * stands right behind dims. */
#include "assemble.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "loops.h"

/* ---- what moves from block to block ------------------------------------------------------------------------------ */

/* What a region needs to know of an op beyond its loop. */
typedef struct {
    npy_intp steps[MAX_OPERANDS]; /* bytes from one block to the next */
    npy_uint32 local;             /* bit k: operand k lies in a worker's own memory */
    int axis;                     /* the one that is cut, or -1 */
    int is_summed;                /* it became the rows of sum_rows_loop */
    npy_intp per_row;             /* its length for one row */
} Cut;

static npy_intp step_of_block(const View *view, int is_local, const Region *region)
{
    if (region == NULL || is_local)
        return 0;
    return view->partial_bytes != 0 ? view->partial_bytes : view->strides[0] * region->block;
}

static void find_operands(const Builder *b, const Loop *loop, const Region *region, Operand *operands, Cut *cut)
{
    for (int k = 0; k < loop->nargs; k++) {
        View touched = loop->views[k];
        int is_local = b->tape->buffers[touched.buffer].kind == LOCAL;
        cut->local |= (npy_uint32)is_local << k;
        cut->steps[k] = step_of_block(&touched, is_local, region);
        if (is_local && region != NULL && touched.shape[0] > region->block)
            touched.shape[0] = region->block; /* all that a worker has of it */
        operands[k].buffer = touched.buffer;
        operands[k].offset = touched.offset;
        find_extent(&touched, MAX_BYTES, &operands[k].low, &operands[k].high);
    }
}

/* ---- the axes, as they are swept --------------------------------------------------------------------------------- */

/* As few axes as possible; in a region the first is that of the rows, of one block. */
static void merge_axes(Loop *loop, const Region *region, Cut *cut)
{
    if (region == NULL)
        coalesce(loop, 0);
    else if (loop->whole_rows) {
        drop_axis(loop, 0);
        coalesce(loop, 0);
    }
    else {
        coalesce(loop, 1);
        for (int k = 0; k < loop->nargs; k++)
            loop->views[k].shape[0] = region->block;
        if (loop->ndim > 1 && can_merge(loop, 0)) {
            cut->per_row = loop->views[0].shape[1];
            merge_axis(loop, 0);
        }
        cut->axis = 0;
    }
}

static int is_side_by_side(const Loop *loop, int axis)
{
    for (int k = 0; k < loop->nargs; k++) {
        const View *view = loop->views + k;
        if (view->strides[axis] != view->itemsize && (view->strides[axis] != 0 || view->written))
            return 0;
    }
    return 1;
}

/* The axis for the inner loop. A call of it costs as much as 16 elements, and elements that do not lie side by side
   cost triple. A reduction takes what lies closest together, as NumPy does: it is then the same sum. */
static int choose_inner(const Loop *loop)
{
    int best = -1;
    double best_price = 0, elements = (double)count_elements(loop);
    for (int axis = loop->ndim - 1; axis >= 0; axis--) {
        double calls = elements / (double)loop->views[0].shape[axis];
        double price = loop->reduces ? (double)magnitude(loop->views[1].strides[axis])
                                     : calls * 16 + elements * (is_side_by_side(loop, axis) ? 1 : 3);
        if (best < 0 || price < best_price) {
            best = axis;
            best_price = price;
        }
    }
    return best;
}

static void put_inner_last(Loop *loop, Cut *cut)
{
    int inner = choose_inner(loop), last = loop->ndim - 1;
    assert(cut->axis <= 0); /* the rows are in front, where they are cut at all */
    move_axis(loop, inner, last);
    if (cut->axis == inner)
        cut->axis = last;
}

/* Whether this adds up rows of few columns that lie side by side. */
static int can_sum_rows(const Loop *loop)
{
    const View *target = loop->views, *source = loop->views + 1;
    int columns = loop->ndim - 1, rows = loop->ndim - 2;
    return loop->reduces && rows >= 0 && loop->meaning == means_add && sum_rows_loop(source->type) != NULL &&
           source->shape[columns] <= SUM_ROWS_MAX_COLUMNS && source->strides[columns] == source->itemsize &&
           target->strides[columns] == source->itemsize && target->strides[rows] == 0;
}

/* The last axis but one, the rows, becomes the core dimension of another inner loop. */
static void sum_rows(Loop *loop, Cut *cut)
{
    int columns = loop->ndim - 1, rows = loop->ndim - 2;
    assert(loop->ncore == 0 && loop->ncore_strides == 0);
    loop->function = sum_rows_loop(loop->views[0].type);
    loop->ncore = loop->ncore_strides = 1;
    loop->core[0] = loop->views[1].shape[rows];
    loop->core_strides[0] = loop->views[1].strides[rows];
    drop_axis(loop, rows); /* the columns take its place */
    if (cut->axis == rows) {
        cut->is_summed = 1;
        cut->axis = -1;
    }
    else if (cut->axis == columns)
        cut->axis = rows;
}

/* Puts the axes into the order in which they are best swept, the inner loop's last. */
static void arrange(Loop *loop, const Region *region, Cut *cut)
{
    merge_axes(loop, region, cut);
    if (loop->ndim == 0)
        return;
    put_inner_last(loop, cut);
    if (can_sum_rows(loop))
        sum_rows(loop, cut);
    assert(have_one_shape(loop) && cut->axis < loop->ndim);
}

/* ---- the op ------------------------------------------------------------------------------------------------------ */

/* Where the length that is cut stands among an op's: the inner loop's, those of the core, the outer ones. */
static int find_split(const Loop *loop, const Cut *cut)
{
    if (cut->is_summed)
        return 1; /* the first of the core */
    if (cut->axis < 0)
        return -1;
    return cut->axis == loop->ndim - 1 ? 0 : 1 + loop->ncore + cut->axis;
}

static npy_intp *next_numbers(npy_intp **numbers, size_t count)
{
    *numbers += count;
    return *numbers - count;
}

/* Gives the op room for the numbers that tell how its loop is swept. */
static int take_room(Builder *b, Op *op, const Loop *loop)
{
    size_t nargs = (size_t)loop->nargs, ndims = 1 + (size_t)loop->ncore, nsteps = nargs + (size_t)loop->ncore_strides;
    size_t outer = loop->ndim > 0 ? (size_t)loop->ndim - 1 : 0;
    size_t count = ndims + outer + nsteps + outer * nargs + nargs;
    npy_intp *numbers = take_numbers(b, count);
    if (numbers == NULL)
        return -1;
    op->loop.ndims = (int)ndims;
    op->loop.outer = (int)outer;
    op->loop.dims = next_numbers(&numbers, ndims);
    op->loop.outer_dims = next_numbers(&numbers, outer); /* right behind dims: a block copies both at once */
    op->loop.steps = next_numbers(&numbers, nsteps);
    op->loop.outer_strides = next_numbers(&numbers, outer * nargs);
    op->loop.block_steps = next_numbers(&numbers, nargs);
    assert(numbers == op->loop.dims + count && ndims + outer <= 1 + MAX_CORE + MAX_DIMS);
    return 0;
}

static void fill_numbers(Op *op, const Loop *loop, const Cut *cut)
{
    size_t nargs = (size_t)loop->nargs, outer = (size_t)op->loop.outer;
    op->loop.dims[0] = loop->ndim > 0 ? loop->views[0].shape[outer] : 1;
    memcpy(op->loop.dims + 1, loop->core, (size_t)loop->ncore * sizeof(npy_intp));
    memcpy(op->loop.outer_dims, loop->views[0].shape, outer * sizeof(npy_intp));
    for (size_t k = 0; k < nargs; k++) {
        const View *view = loop->views + k;
        /* One element has no stride. The size of an item tells loops that it lies side by side, 0 that they reduce. */
        op->loop.steps[k] = loop->ndim > 0 ? view->strides[outer] : loop->reduces ? 0 : view->itemsize;
        for (size_t i = 0; i < outer; i++)
            op->loop.outer_strides[i * nargs + k] = view->strides[i];
    }
    memcpy(op->loop.steps + nargs, loop->core_strides, (size_t)loop->ncore_strides * sizeof(npy_intp));
    memcpy(op->loop.block_steps, cut->steps, nargs * sizeof(npy_intp));
}

static int emit_one(Builder *b, Loop *loop, const Region *region)
{
    Operand operands[MAX_OPERANDS];
    Cut cut = {.axis = -1, .per_row = 1};
    find_operands(b, loop, region, operands, &cut);
    arrange(loop, region, &cut);
    Op *op = push_op(b, OP_LOOP, loop->name, loop->nargs, loop->nin);
    if (op == NULL || push_operands(b, operands, loop->nargs) < 0 || take_room(b, op, loop) < 0)
        return -1;
    fill_numbers(op, loop, &cut);
    op->loop.function = loop->function;
    op->loop.data = loop->data;
    op->loop.local = cut.local;
    op->loop.split = find_split(loop, &cut);
    op->loop.per_row = cut.per_row;
    assert(op->loop.split < op->loop.ndims + op->loop.outer);
    b->tape->indexes |= loop->indexes;
    return 0;
}

/* The start of a reduction: its identity, or the first element along all that is reduced. */
static int emit_start(Builder *b, const Loop *reduction, const Region *region)
{
    Loop start;
    const View *target = reduction->views, *source = reduction->views + 1;
    memset(&start, 0, offsetof(Loop, views));
    start.function = copy_loop(target->itemsize);
    start.name = "start";
    start.nin = 1;
    start.nargs = 2;
    start.ndim = reduction->ndim;
    start.views[0] = *source;
    start.views[1] = *target;
    for (int i = 0; i < start.ndim; i++)
        if (target->strides[i] == 0) {
            start.views[0].shape[i] = start.views[1].shape[i] = 1;
            start.whole_rows |= i == 0;
        }
    if (reduction->initial >= 0) {
        start.views[0].buffer = reduction->initial;
        start.views[0].offset = 0;
        memset(start.views[0].strides, 0, sizeof start.views[0].strides);
    }
    return is_empty(&start) ? 0 : emit_one(b, &start, region);
}

int emit(Builder *b, Loop *loop, const Region *region)
{
    if (loop->reduces && emit_start(b, loop, region) < 0)
        return -1;
    return is_empty(loop) ? 0 : emit_one(b, loop, region);
}
