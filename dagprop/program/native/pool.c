/* A persistent pool: threads are made when first wanted, then sleep between jobs.
 *
 * Blocks are handed out under the lock, not by atomics: a block is microseconds of work, so the lock is never the
 * bottleneck, and C11 atomics are not to be had from every compiler. */
#include "pool.h"

#ifdef _WIN32

#include <windows.h>
typedef SRWLOCK Lock;
typedef CONDITION_VARIABLE Signal;
#define LOCK_FREE SRWLOCK_INIT
#define SIGNAL_FREE CONDITION_VARIABLE_INIT
#define lock(l) AcquireSRWLockExclusive(l)
#define unlock(l) ReleaseSRWLockExclusive(l)
#define wait_for(s, l) SleepConditionVariableSRW(s, l, INFINITE, 0)
#define wake_one(s) WakeConditionVariable(s)
#define wake_all(s) WakeAllConditionVariable(s)
#define THREAD_RESULT DWORD WINAPI

#else

#include <pthread.h>
typedef pthread_mutex_t Lock;
typedef pthread_cond_t Signal;
#define LOCK_FREE PTHREAD_MUTEX_INITIALIZER
#define SIGNAL_FREE PTHREAD_COND_INITIALIZER
#define lock(l) pthread_mutex_lock(l)
#define unlock(l) pthread_mutex_unlock(l)
#define wait_for(s, l) pthread_cond_wait(s, l)
#define wake_one(s) pthread_cond_signal(s)
#define wake_all(s) pthread_cond_broadcast(s)
#define THREAD_RESULT void *

#endif

typedef struct {
    Lock lock;
    Signal job_posted, job_done;
    int workers;             /* threads that exist */
    int busy;                /* a job is running */
    int seats;               /* workers that may still join it */
    int active;              /* workers that have joined and not yet left */
    ptrdiff_t next, blocks;  /* the next block to hand out, and how many there are */
    PoolTask task;
    void *context;
} Pool;

#define EMPTY_POOL {.lock = LOCK_FREE, .job_posted = SIGNAL_FREE, .job_done = SIGNAL_FREE}
static Pool pool = EMPTY_POOL;

/* Takes blocks until none is left. The lock is held on entry and on return. */
static void work(int worker)
{
    while (pool.next < pool.blocks) {
        ptrdiff_t block = pool.next++;
        unlock(&pool.lock);
        pool.task(pool.context, block, worker);
        lock(&pool.lock);
    }
}

static THREAD_RESULT worker_main(void *unused)
{
    (void)unused;
    lock(&pool.lock);
    for (;;) {
        while (pool.seats == 0)
            wait_for(&pool.job_posted, &pool.lock);
        int worker = pool.seats--;
        pool.active++;
        work(worker);
        if (--pool.active == 0)
            wake_one(&pool.job_done);
    }
    return 0;
}

static int start_worker(void)
{
#ifdef _WIN32
    HANDLE thread = CreateThread(NULL, 0, worker_main, NULL, 0, NULL);
    return thread != NULL && CloseHandle(thread);
#else
    pthread_t thread;
    return pthread_create(&thread, NULL, worker_main, NULL) == 0 && pthread_detach(thread) == 0;
#endif
}

void pool_run(PoolTask task, void *context, ptrdiff_t blocks, int threads)
{
    int helpers = threads - 1 < blocks - 1 ? threads - 1 : (int)(blocks - 1);
    int shared = 0;
    if (helpers > 0) {
        lock(&pool.lock);
        shared = !pool.busy;
        if (!shared)
            unlock(&pool.lock);
    }
    if (!shared) {
        for (ptrdiff_t block = 0; block < blocks; block++)
            task(context, block, 0);
        return;
    }
    pool.busy = 1;
    while (pool.workers < helpers && start_worker())
        pool.workers++;
    pool.task = task;
    pool.context = context;
    pool.next = 0;
    pool.blocks = blocks;
    pool.seats = helpers;
    if (helpers == 1)
        wake_one(&pool.job_posted);
    else
        wake_all(&pool.job_posted);
    work(0);
    pool.seats = 0;  /* who has not joined by now need not */
    while (pool.active > 0)
        wait_for(&pool.job_done, &pool.lock);
    pool.busy = 0;
    unlock(&pool.lock);
}

#ifndef _WIN32
/* A forked child has only the thread that forked: the workers are gone, and the lock may be held by one of them. */
static void forget_workers(void)
{
    pool = (Pool)EMPTY_POOL;
}
#endif

void pool_prepare(void)
{
#ifndef _WIN32
    pthread_atfork(NULL, NULL, forget_workers);
#endif
}
