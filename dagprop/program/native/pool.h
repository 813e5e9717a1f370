/* A few worker threads that share out the blocks of one loop. */
#ifndef DAGPROP_POOL_H
#define DAGPROP_POOL_H

#include <stddef.h>

/* Does one block of the work. `worker` numbers the threads at work from 0 (the caller), for memory of their own. */
typedef void (*PoolTask)(void *context, ptrdiff_t block, int worker);

/* Runs the task for every block 0 .. blocks-1, on the calling thread and on at most `threads - 1` others, and
   returns when all are done. Which thread takes which block is a race, so a task must not depend on it.
   When the pool is at work for another thread, the caller does all its blocks itself. */
void pool_run(PoolTask task, void *context, ptrdiff_t blocks, int threads);

/* To be called once, when the module is imported. */
void pool_prepare(void);

#endif
