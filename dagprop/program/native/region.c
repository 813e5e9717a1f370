/* A Loop over much data, or a group of them, is cut into blocks of rows: a region.
 *
 * A Loop on its own is treated as a group of one, so that there is one way to cut. */
#include "assemble.h"

#include <assert.h>
#include <string.h>

/* Bytes that the widest operand of a block spans. In a group the temporaries of a block should stay in cache: 16 KiB
   each, a few of them in L1, dozens in L2. A loop on its own has none; larger blocks spend less on handing out. */
#define GROUP_BLOCK_BYTES 16384
#define LOOP_BLOCK_BYTES 131072

#define WORK_FOR_THREADS 131072 /* waking a thread costs 5 to 20 us */
#define WORK_PER_OP 32
#define ENOUGH_ROWS 16    /* to share out between threads */
#define LONG_STRETCH 1024 /* elements side by side, beyond which a loop gains nothing */

/* What is cut together. */
typedef struct {
    Loop *loops;
    Py_ssize_t count;
    int is_group; /* or one instruction, which has no parts to be blamed */
} Parts;

static double count_work(const Loop *loop)
{
    return WORK_PER_OP + (double)count_elements(loop) * loop->cost;
}

static void at_part(Builder *b, const Parts *parts, Py_ssize_t i)
{
    b->part = parts->is_group ? i : -1;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* Whether all parts see their first two axes as one. */
static int can_flatten(const Parts *parts)
{
    for (Py_ssize_t i = 0; i < parts->count; i++) {
        const Loop *loop = parts->loops + i, *first = parts->loops;
        if (loop->ndim < 2 || loop->views[0].shape[1] < 1 || loop->views[0].shape[1] != first->views[0].shape[1] ||
            !can_merge(loop, 0))
            return 0;
    }
    return 1;
}

/* Long rows of a matrix without gaps become one long row, which cuts into blocks of any length. Returns how many rows
   there are now for one that the caller knows. */
static npy_intp flatten(const Parts *parts)
{
    npy_intp unit = 1;
    while (can_flatten(parts)) {
        unit *= parts->loops[0].views[0].shape[1];
        for (Py_ssize_t i = 0; i < parts->count; i++)
            merge_axis(parts->loops + i, 0);
    }
    return unit;
}

static npy_intp widest_row(const Parts *parts)
{
    npy_intp widest = 1;
    for (Py_ssize_t i = 0; i < parts->count; i++)
        for (int k = 0; k < parts->loops[i].nargs; k++) {
            const View *view = parts->loops[i].views + k;
            npy_intp width = view->itemsize * (view->ndim > 0 ? product(view->shape + 1, view->ndim - 1) : 1);
            if (width > widest)
                widest = width;
        }
    return widest;
}

/* How many rows make a block: never a matter of how many threads there are, so that sums are the same on any.
   `asked` for are so many of the caller's rows, or 0: as many as span so many bytes. */
static Region cut_rows(const Parts *parts, npy_intp asked, npy_intp unit, npy_intp bytes)
{
    npy_intp rows = parts->loops[0].views[0].shape[0], block;
    if (asked > 0)
        block = asked < rows / unit ? asked * unit : rows;
    else {
        block = bytes / widest_row(parts);
        if (block > 64)
            block -= block % 64; /* whole cache lines and vectors */
        block = block < 1 ? 1 : block < rows ? block : rows;
    }
    block = block > 0 ? block : 1; /* of no rows at all, too */
    return (Region){rows, block, (rows + block - 1) / block};
}

/* ---- what the parts may do to each other ------------------------------------------------------------------------- */

/* Blocks run in any order, so what one row writes must be nothing to the others. */
static int check_independence(Builder *b, const Parts *parts)
{
    const Loop *loops = parts->loops;
    for (Py_ssize_t i = 0; i < parts->count; i++)
        for (Py_ssize_t j = 0; j < parts->count; j++)
            for (int k = 0; k < loops[i].nargs; k++)
                for (int l = 0; loops[i].views[k].written && l < loops[j].nargs; l++) {
                    const View *written = loops[i].views + k, *other = loops[j].views + l;
                    int same = i == j && (k == l || loops[i].reduces); /* a reduction names its target twice */
                    if (!same && b->tape->buffers[written->buffer].kind != LOCAL && !are_independent(written, other)) {
                        at_part(b, parts, i);
                        return refuse(b, "writes rows that part %zd sees as other rows", j);
                    }
                }
    return 0;
}

/* A local needs memory for the rows of one block. `unit` rows of the region are one that its bytes are counted by. */
static int make_room(Builder *b, const Loop *loop, const View *view, const Region *region, npy_intp unit)
{
    Buffer *buffer = b->tape->buffers + view->buffer;
    View in_block = *view;
    if (buffer->bytes > MAX_BYTES / region->block)
        return refuse(b, "buffer %d does not fit into memory", view->buffer);
    if (loop->reduces && view->written && view->strides[0] == 0)
        return refuse(b, "a sum over rows is complete only after the group, so it cannot be local to it");
    npy_intp room = (buffer->bytes * region->block + unit - 1) / unit;
    if (in_block.shape[0] > region->block)
        in_block.shape[0] = region->block;
    if (check_range(b, &in_block, room) < 0)
        return -1;
    if (room > buffer->room)
        buffer->room = room;
    return 0;
}

static int make_room_for_locals(Builder *b, const Parts *parts, const Region *region, npy_intp unit)
{
    for (Py_ssize_t i = 0; i < parts->count; i++)
        for (int k = 0; k < parts->loops[i].nargs; k++) {
            const View *view = parts->loops[i].views + k;
            at_part(b, parts, i);
            if (b->tape->buffers[view->buffer].kind == LOCAL && make_room(b, parts->loops + i, view, region, unit) < 0)
                return -1;
        }
    return 0;
}

/* ---- reductions over the rows ------------------------------------------------------------------------------------ */

static int sums_rows(const Loop *loop)
{
    return loop->reduces && loop->views[0].strides[0] == 0 && !is_empty(loop);
}

/* Makes the loop write one result for each block, and `combine` a loop that reduces those when all blocks are done.
 *
 * x of shape (1000, 7) is reduced to y of shape (1, 7), in 10 blocks of 100 rows, float32:
 *
 *                        loop               combine
 *     source     x    (1000, 7)       partial  (10, 7)
 *     target  partial (1000, 7)          y     (10, 7)
 *                strides 0, 4            strides 0, 4
 *
 * partial has room for 10 times 7 numbers, from 64 bytes to 64 bytes: block i reduces to the i-th. */
static int make_partial(Builder *b, Loop *loop, const Region *region, Loop *combine)
{
    const View *target = loop->views;
    View partial = *target;
    npy_intp bytes = target->itemsize;
    *combine = *loop;
    for (int i = partial.ndim - 1; i > 0; i--)
        if (target->strides[i] != 0) {
            partial.strides[i] = bytes;
            bytes *= partial.shape[i];
        }
        else /* reduced in every block */
            for (int k = 0; k < 3; k++)
                combine->views[k].shape[i] = 1;
    bytes = round_up(bytes); /* or threads would write to one cache line in turns */
    if (bytes > MAX_BYTES / region->blocks)
        return refuse(b, "its partial results do not fit into memory");
    partial.buffer = b->tape->nbuffers;
    partial.offset = 0;
    partial.partial_bytes = bytes;
    if (add_buffer(b, SCRATCH, bytes * region->blocks, CACHE_LINE) == NULL)
        return -1;
    loop->views[0] = loop->views[2] = partial;

    View *source = combine->views + 1;
    source->buffer = partial.buffer;
    source->offset = 0;
    memcpy(source->strides, partial.strides, sizeof partial.strides);
    source->strides[0] = bytes;
    for (int k = 0; k < 3; k++)
        combine->views[k].shape[0] = region->blocks;
    assert(have_one_shape(loop) && have_one_shape(combine));
    return 0;
}

/* ---- ops --------------------------------------------------------------------------------------------------------- */

/* One after the other, where one block holds all rows. */
static int emit_in_turn(Builder *b, const Parts *parts)
{
    for (Py_ssize_t i = 0; i < parts->count; i++) {
        at_part(b, parts, i);
        if (emit(b, parts->loops + i, NULL) < 0)
            return -1;
    }
    return 0;
}

/* The op of the region, and behind it those of its parts. */
static int emit_blocks(Builder *b, const Parts *parts, const Region *region, int threads, Loop *combines)
{
    Tape *tape = b->tape;
    size_t at = tape->nops;
    b->part = -1; /* the region is the group's */
    if (push_op(b, OP_REGION, "region", 0, 0) == NULL)
        return -1;
    for (Py_ssize_t i = 0; i < parts->count; i++) {
        Loop *loop = parts->loops + i;
        combines[i].nargs = 0; /* for most there is nothing to combine */
        at_part(b, parts, i);
        if (sums_rows(loop) && make_partial(b, loop, region, combines + i) < 0)
            return -1;
        if (emit(b, loop, region) < 0)
            return -1;
    }
    Op *op = tape->ops + at; /* the ops may have moved meanwhile */
    op->region.rows = region->rows;
    op->region.block = region->block;
    op->region.blocks = region->blocks;
    op->region.count = tape->nops - at - 1;
    op->region.threads = threads;
    for (Py_ssize_t i = 0; i < parts->count; i++) {
        at_part(b, parts, i);
        if (combines[i].nargs > 0 && emit(b, combines + i, NULL) < 0)
            return -1;
    }
    return 0;
}

static int emit_region(Builder *b, const Parts *parts, const Region *region, int threads)
{
    Loop *combines = PyMem_Malloc((size_t)parts->count * sizeof(Loop));
    if (combines == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int result = emit_blocks(b, parts, region, threads, combines);
    PyMem_Free(combines);
    return result;
}

static int lower_region(Builder *b, const Parts *parts, npy_intp asked, npy_intp bytes)
{
    double work = 0;
    int serial = 0;
    npy_intp unit = flatten(parts);
    if (check_independence(b, parts) < 0)
        return -1;
    Region region = cut_rows(parts, asked, unit, bytes);
    for (Py_ssize_t i = 0; i < parts->count; i++) {
        work += count_work(parts->loops + i);
        serial |= parts->loops[i].serial;
    }
    b->work += work;
    if (make_room_for_locals(b, parts, &region, unit) < 0)
        return -1;
    int result = region.blocks <= 1 ? emit_in_turn(b, parts)
                                    : emit_region(b, parts, &region, !serial && work >= WORK_FOR_THREADS);
    b->part = -1;
    return result;
}

int lower_group(Builder *b, Loop *loops, Py_ssize_t count, npy_intp block)
{
    Parts parts = {loops, count, 1};
    return lower_region(b, &parts, block, GROUP_BLOCK_BYTES);
}

/* ---- a loop on its own ------------------------------------------------------------------------------------------- */

/* The axis outermost in memory or, where that is short, a longer one: the innermost only where its stretches stay long.
   The axes are in the order of memory. */
static int choose_rows(const Loop *loop)
{
    const npy_intp *shape = loop->views[0].shape;
    int axis = 0, last = loop->ndim - 1;
    for (int i = 1; i < last && shape[axis] < ENOUGH_ROWS; i++)
        if (shape[i] > shape[axis])
            axis = i;
    return shape[axis] < ENOUGH_ROWS && shape[last] >= ENOUGH_ROWS * LONG_STRETCH ? last : axis;
}

int lower_loop(Builder *b, Loop *loop)
{
    double work = count_work(loop);
    if (work < WORK_FOR_THREADS || loop->serial || loop->ndim == 0 || is_empty(loop)) {
        b->work += work;
        return emit(b, loop, NULL);
    }
    Parts parts = {loop, 1, 0};
    coalesce(loop, 0);
    move_axis(loop, choose_rows(loop), 0);
    return lower_region(b, &parts, 0, LOOP_BLOCK_BYTES);
}
