/* A Loop, or a group of them, becomes ops.
 *
 * A Loop over much data is treated as a group of one, so that there is one way to cut work into blocks. */
#include "assemble.h"

#include <stddef.h>
#include <string.h>

#include "loops.h"

/* Bytes that the widest operand of a block spans. In a group the temporaries of a block should stay in cache: 16 KiB
   each, a few of them in L1, dozens in L2. A loop on its own has none; larger blocks spend less on handing out. */
#define GROUP_BLOCK_BYTES 16384
#define LOOP_BLOCK_BYTES 131072

#define WORK_FOR_THREADS 131072 /* waking a thread costs 5 to 20 us */
#define WORK_PER_OP 32
#define ENOUGH_ROWS 16    /* to share out between threads */
#define LONG_STRETCH 1024 /* elements side by side, beyond which a loop gains nothing */

/* How the rows of a group are cut. */
typedef struct {
    npy_intp rows, block, blocks;
} Region;

/* ---- axes -------------------------------------------------------------------------------------------------------- */

static void move_axis(Loop *loop, int from, int to)
{
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

static void drop_axis(Loop *loop, int axis)
{
    move_axis(loop, axis, loop->ndim - 1);
    loop->ndim--;
}

static int can_merge(const Loop *loop, int axis)
{
    for (int k = 0; k < loop->nargs; k++) {
        const View *view = loop->views + k;
        if (view->strides[axis] != view->strides[axis + 1] * view->shape[axis + 1])
            return 0;
    }
    return 1;
}

/* Makes one axis of this one and the next. */
static void merge_axis(Loop *loop, int axis)
{
    for (int k = 0; k < loop->nargs; k++) {
        View *view = loop->views + k;
        view->shape[axis] *= view->shape[axis + 1];
        view->strides[axis] = view->strides[axis + 1];
        view->shape[axis + 1] = 1;
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

/* Brings the axes from `first` on into the order of memory and makes one of those that can be. */
static void coalesce(Loop *loop, int first)
{
    for (int axis = loop->ndim - 1; axis >= first; axis--)
        if (loop->views[0].shape[axis] == 1)
            drop_axis(loop, axis);
    for (int axis = first + 1; axis < loop->ndim; axis++) {
        int to = axis;
        while (to > first && total_stride(loop, to - 1) < total_stride(loop, axis))
            to--;
        move_axis(loop, axis, to);
    }
    for (int axis = loop->ndim - 2; axis >= first; axis--)
        if (can_merge(loop, axis))
            merge_axis(loop, axis);
}

npy_intp count_elements(const Loop *loop)
{
    return product(loop->views[0].shape, loop->ndim);
}

static double count_work(const Loop *loop)
{
    return WORK_PER_OP + (double)count_elements(loop) * loop->cost;
}

static int is_empty(const Loop *loop)
{
    return count_elements(loop) == 0;
}

/* ---- one loop ---------------------------------------------------------------------------------------------------- */

/* The dimension for the inner loop. A call of it costs as much as 16 elements, and elements that do not lie side by
   side cost triple. A reduction takes what lies closest together, as NumPy does: it is then the same sum. */
static int choose_inner(const Loop *loop)
{
    int best = -1;
    double best_price = 0;
    for (int axis = loop->ndim - 1; axis >= 0; axis--) {
        double elements = (double)count_elements(loop), price = elements * 16 / (double)loop->views[0].shape[axis];
        int side_by_side = 1;
        for (int k = 0; k < loop->nargs; k++) {
            npy_intp stride = loop->views[k].strides[axis];
            side_by_side &= stride == loop->views[k].itemsize || (stride == 0 && !loop->views[k].written);
        }
        price += elements * (side_by_side ? 1 : 3);
        if (loop->reduces)
            price = (double)magnitude(loop->views[1].strides[axis]);
        if (best < 0 || price < best_price) {
            best = axis;
            best_price = price;
        }
    }
    return best;
}

/* Whether this adds up rows of few columns that lie side by side. */
static int can_sum_rows(const Loop *loop)
{
    const View *target = loop->views, *source = loop->views + 1;
    int columns = loop->ndim - 1, rows = loop->ndim - 2;
    return loop->reduces && rows >= 0 && strcmp(loop->name, "add") == 0 && sum_rows_loop(source->type) != NULL &&
           source->shape[columns] <= SUM_ROWS_MAX_COLUMNS && source->strides[columns] == source->itemsize &&
           target->strides[columns] == source->itemsize && target->strides[rows] == 0;
}

/* What a region needs to know of an op beyond its loop: how operands move from block to block, and which dimension is
   cut. */
typedef struct {
    npy_intp steps[MAX_OPERANDS];
    npy_uint32 local;
    int axis;         /* of the loop, or -1 */
    int is_summed;    /* the axis became the rows of sum_rows_loop */
    npy_intp per_row;
} Cut;

static void find_operands(const Builder *b, const Loop *loop, const Region *region, Operand *operands, Cut *cut)
{
    for (int k = 0; k < loop->nargs; k++) {
        View touched = loop->views[k];
        int is_local = b->tape->buffers[touched.buffer].kind == LOCAL;
        if (is_local && region != NULL && touched.shape[0] > region->block)
            touched.shape[0] = region->block; /* all that a worker has of it */
        operands[k].buffer = touched.buffer;
        operands[k].offset = touched.offset;
        find_extent(&touched, MAX_BYTES, &operands[k].low, &operands[k].high);
        cut->local |= (npy_uint32)is_local << k;
        if (region != NULL)
            cut->steps[k] = touched.partial_bytes != 0 ? touched.partial_bytes
                            : is_local                 ? 0
                                                       : touched.strides[0] * region->block;
    }
}

/* Puts the axes into the order in which they are best swept, the inner loop's last, as few as possible. */
static void arrange(Loop *loop, const Region *region, Cut *cut)
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
    if (loop->ndim == 0)
        return;
    int inner = choose_inner(loop);
    move_axis(loop, inner, loop->ndim - 1);
    if (cut->axis == inner)
        cut->axis = loop->ndim - 1;
    if (!can_sum_rows(loop))
        return;
    int rows = loop->ndim - 2;
    loop->function = sum_rows_loop(loop->views[0].type);
    loop->ncore = loop->ncore_strides = 1;
    loop->core[0] = loop->views[1].shape[rows];
    loop->core_strides[0] = loop->views[1].strides[rows];
    cut->is_summed = cut->axis == rows;
    cut->axis = cut->axis > rows ? rows : cut->axis;
    drop_axis(loop, rows);
}

/* Appends the op of a loop. In a region the loop's first axis is the rows, of which a run has one block. */
static int emit(Builder *b, Loop *loop, const Region *region)
{
    Operand operands[MAX_OPERANDS];
    Cut cut = {.axis = -1, .per_row = 1};
    find_operands(b, loop, region, operands, &cut);
    arrange(loop, region, &cut);

    size_t nargs = (size_t)loop->nargs, ncore = (size_t)loop->ncore, ncore_strides = (size_t)loop->ncore_strides;
    size_t ndims = 1 + ncore, outer = loop->ndim > 0 ? (size_t)loop->ndim - 1 : 0;
    npy_intp *numbers = take_numbers(b, ndims + outer + nargs + ncore_strides + outer * nargs + nargs);
    Op *op = numbers == NULL ? NULL : push_op(b, OP_LOOP, loop->name, loop->nargs, loop->nin);
    if (op == NULL || push_operands(b, operands, loop->nargs) < 0)
        return -1;
    op->loop.function = loop->function;
    op->loop.data = loop->data;
    op->loop.ndims = (int)ndims;
    op->loop.outer = (int)outer;
    op->loop.dims = numbers;
    op->loop.outer_dims = op->loop.dims + ndims;
    op->loop.steps = op->loop.outer_dims + outer;
    op->loop.outer_strides = op->loop.steps + nargs + ncore_strides;
    op->loop.block_steps = op->loop.outer_strides + outer * nargs;
    op->loop.local = cut.local;
    op->loop.split = cut.axis < 0 ? -1 : cut.is_summed ? 1 : cut.axis == loop->ndim - 1 ? 0 : (int)ndims + cut.axis;
    op->loop.per_row = cut.per_row;

    op->loop.dims[0] = loop->ndim > 0 ? loop->views[0].shape[outer] : 1;
    memcpy(op->loop.dims + 1, loop->core, ncore * sizeof(npy_intp));
    memcpy(op->loop.outer_dims, loop->views[0].shape, outer * sizeof(npy_intp));
    for (size_t k = 0; k < nargs; k++) {
        const View *view = loop->views + k;
        /* One element has no stride. The size of an item tells loops that it lies side by side, 0 that they reduce. */
        op->loop.steps[k] = loop->ndim > 0 ? view->strides[outer] : loop->reduces ? 0 : view->itemsize;
        for (size_t i = 0; i < outer; i++)
            op->loop.outer_strides[i * nargs + k] = view->strides[i];
    }
    memcpy(op->loop.steps + nargs, loop->core_strides, ncore_strides * sizeof(npy_intp));
    memcpy(op->loop.block_steps, cut.steps, nargs * sizeof(npy_intp));
    b->tape->indexes |= loop->indexes;
    return 0;
}

/* The start of a reduction: its identity, or the first element along all that is reduced. */
static int emit_start(Builder *b, const Loop *reduction, const Region *region)
{
    Loop start;
    const View *target = reduction->views;
    memset(&start, 0, offsetof(Loop, views));
    start.function = copy_loop(target->itemsize);
    start.name = "start";
    start.nin = 1;
    start.nargs = 2;
    start.ndim = reduction->ndim;
    start.views[0] = reduction->views[1];
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
    return is_empty(&start) ? 0 : emit(b, &start, region);
}

static int emit_all_of(Builder *b, Loop *loop, const Region *region)
{
    if (loop->reduces && emit_start(b, loop, region) < 0)
        return -1;
    return is_empty(loop) ? 0 : emit(b, loop, region);
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

/* Whether all loops see their first two axes as one. Long rows of a matrix without gaps become one long row, which
   cuts into blocks of any length. */
static int can_flatten(const Loop *loops, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++)
        if (loops[i].ndim < 2 || loops[i].views[0].shape[1] != loops[0].views[0].shape[1] ||
            loops[i].views[0].shape[1] < 1 || !can_merge(loops + i, 0))
            return 0;
    return 1;
}

static int check_independence(Builder *b, const Loop *loops, Py_ssize_t count, int numbered)
{
    for (Py_ssize_t i = 0; i < count; i++)
        for (Py_ssize_t j = 0; j < count; j++)
            for (int k = 0; k < loops[i].nargs; k++)
                for (int l = 0; loops[i].views[k].written && l < loops[j].nargs; l++) {
                    const View *written = loops[i].views + k, *other = loops[j].views + l;
                    int same = i == j && (k == l || loops[i].reduces); /* a reduction names its target twice */
                    if (!same && b->tape->buffers[written->buffer].kind != LOCAL && !are_independent(written, other)) {
                        b->part = numbered ? i : -1;
                        return refuse(b, "writes rows that part %zd sees as other rows", j);
                    }
                }
    return 0;
}

/* How many rows make a block: never a matter of how many threads there are, so that sums are the same on any. */
static npy_intp choose_block(const Loop *loops, Py_ssize_t count, npy_intp rows, npy_intp bytes)
{
    npy_intp widest = 1;
    for (Py_ssize_t i = 0; i < count; i++)
        for (int k = 0; k < loops[i].nargs; k++) {
            const View *view = loops[i].views + k;
            npy_intp width = view->itemsize * (view->ndim > 0 ? product(view->shape + 1, view->ndim - 1) : 1);
            if (width > widest)
                widest = width;
        }
    npy_intp block = bytes / widest;
    if (block > 64)
        block -= block % 64; /* whole cache lines and vectors */
    return block > rows ? rows : block > 0 ? block : 1;
}

/* The result of a reduction over the rows, one for each block, to be combined when all blocks are done. */
static int make_partial(Builder *b, Loop *loop, const Region *region, Loop *combine)
{
    View *target = loop->views;
    npy_intp bytes = target->itemsize;
    *combine = *loop;
    View partial = *target;
    for (int i = partial.ndim - 1; i > 0; i--)
        if (target->strides[i] != 0) {
            partial.strides[i] = bytes;
            bytes *= partial.shape[i];
        }
        else
            combine->views[0].shape[i] = combine->views[1].shape[i] = combine->views[2].shape[i] = 1;
    bytes = round_up(bytes); /* or threads would write to one cache line in turns */
    if (bytes > MAX_BYTES / region->blocks)
        return refuse(b, "its partial results do not fit into memory");
    partial.buffer = b->tape->nbuffers;
    partial.offset = 0;
    if (add_buffer(b, SCRATCH, bytes * region->blocks, CACHE_LINE) == NULL)
        return -1;
    View *source = combine->views + 1;
    source->buffer = partial.buffer;
    source->offset = 0;
    memcpy(source->strides, partial.strides, sizeof partial.strides);
    source->strides[0] = bytes;
    for (int k = 0; k < 3; k++)
        combine->views[k].shape[0] = region->blocks;
    partial.partial_bytes = bytes;
    loop->views[0] = loop->views[2] = partial;
    return 0;
}

/* `numbered`: the loops are the parts of a group, not a single instruction. */
static int lower_region(Builder *b, Loop *loops, Py_ssize_t count, npy_intp block, npy_intp bytes, int numbered)
{
    Tape *tape = b->tape;
    npy_intp unit = 1;
    double work = 0;
    int serial = 0;
    while (can_flatten(loops, count)) {
        unit *= loops[0].views[0].shape[1];
        for (Py_ssize_t i = 0; i < count; i++)
            merge_axis(loops + i, 0);
    }
    Region region = {.rows = loops[0].views[0].shape[0]};
    if (check_independence(b, loops, count, numbered) < 0)
        return -1;
    if (block == 0)
        block = choose_block(loops, count, region.rows, bytes);
    else
        block = block < region.rows / unit ? block * unit : region.rows;
    region.block = block > 0 ? block : 1;
    region.blocks = (region.rows + region.block - 1) / region.block;
    for (Py_ssize_t i = 0; i < count; i++) {
        work += count_work(loops + i);
        serial |= loops[i].serial;
        for (int k = 0; k < loops[i].nargs; k++) {
            View in_block = loops[i].views[k];
            Buffer *buffer = tape->buffers + in_block.buffer;
            if (buffer->kind != LOCAL)
                continue;
            if (buffer->bytes > MAX_BYTES / region.block)
                return refuse(b, "buffer %d does not fit into memory", in_block.buffer);
            npy_intp room = (buffer->bytes * region.block + unit - 1) / unit;
            if (in_block.shape[0] > region.block)
                in_block.shape[0] = region.block;
            b->part = i;
            if (loops[i].reduces && in_block.written && in_block.strides[0] == 0)
                return refuse(b, "a sum over rows is complete only after the group, so it cannot be local to it");
            if (check_range(b, &in_block, room) < 0)
                return -1;
            if (room > buffer->room)
                buffer->room = room;
        }
    }
    b->work += work;
    b->part = -1;
    if (region.blocks <= 1) {
        for (Py_ssize_t i = 0; i < count; i++) {
            b->part = numbered ? i : -1;
            if (emit_all_of(b, loops + i, NULL) < 0)
                return -1;
        }
        b->part = -1;
        return 0;
    }

    size_t at = tape->nops;
    Loop *combines = PyMem_Malloc((size_t)count * sizeof(Loop));
    if (combines == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int failed = push_op(b, OP_REGION, "region", 0, 0) == NULL;
    for (Py_ssize_t i = 0; i < count && !failed; i++) {
        combines[i].nargs = 0; /* for most there is nothing to combine */
        b->part = numbered ? i : -1;
        if (loops[i].reduces && loops[i].views[0].strides[0] == 0 && !is_empty(loops + i))
            failed = make_partial(b, loops + i, &region, combines + i) < 0;
        failed = failed || emit_all_of(b, loops + i, &region) < 0;
    }
    if (!failed) {
        Op *op = tape->ops + at;
        op->region.rows = region.rows;
        op->region.block = region.block;
        op->region.blocks = region.blocks;
        op->region.count = tape->nops - at - 1;
        op->region.threads = !serial && work >= WORK_FOR_THREADS;
    }
    for (Py_ssize_t i = 0; i < count && !failed; i++) {
        b->part = numbered ? i : -1;
        if (combines[i].nargs > 0)
            failed = emit_all_of(b, combines + i, NULL) < 0;
    }
    b->part = -1;
    PyMem_Free(combines);
    return failed ? -1 : 0;
}

int lower_group(Builder *b, Loop *loops, Py_ssize_t count, npy_intp block)
{
    return lower_region(b, loops, count, block, GROUP_BLOCK_BYTES, 1);
}

/* Much work on one instruction is cut along the axis outermost in memory or, where that is short, a longer one: the
   innermost only where its stretches stay long. */
int lower_loop(Builder *b, Loop *loop)
{
    double work = count_work(loop);
    if (work < WORK_FOR_THREADS || loop->serial || loop->ndim == 0 || is_empty(loop)) {
        b->work += work;
        return emit_all_of(b, loop, NULL);
    }
    coalesce(loop, 0);
    const npy_intp *shape = loop->views[0].shape;
    int axis = 0, last = loop->ndim - 1;
    for (int i = 1; i < last && shape[axis] < ENOUGH_ROWS; i++)
        if (shape[i] > shape[axis])
            axis = i;
    if (shape[axis] < ENOUGH_ROWS && shape[last] >= ENOUGH_ROWS * LONG_STRETCH)
        axis = last;
    move_axis(loop, axis, 0);
    return lower_region(b, loop, 1, 0, LOOP_BLOCK_BYTES, 0);
}
