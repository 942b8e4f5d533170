/* What the benchmarks need below Python: a thread that only wakes at 1 kHz, and a disk wait with its own clock. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS 1000000L

extern const ptrdiff_t __rseq_offset __attribute__((weak)); /* glibc 2.35: where a thread finds the core it runs on */

static pthread_t thread;
static atomic_int is_over;
static const volatile int *core_of_caller;

static void move_to(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static void *wake(void *argument) {
    int core = -1;
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    while (!atomic_load(&is_over)) {
        if (core_of_caller && core != *core_of_caller) move_to(core = *core_of_caller);
        due.tv_nsec += PERIOD_NS;
        if (due.tv_nsec >= 1000000000L) due.tv_sec += 1, due.tv_nsec -= 1000000000L;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
    return argument;
}

/* Starts the thread; if `follows`, it stays on the caller's core. 0, or an error number; -1 where the core is not told. */
int tick_start(int follows) {
    core_of_caller = NULL;
    if (follows) {
        if (!&__rseq_offset) return -1;
        core_of_caller = (const volatile int *)((char *)__builtin_thread_pointer() + __rseq_offset + sizeof(int));
    }
    atomic_store(&is_over, 0);
    return pthread_create(&thread, NULL, wake, NULL);
}

void tick_stop(void) {
    atomic_store(&is_over, 1);
    pthread_join(thread, NULL);
}

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

static double queued(int schedstat) {
    char text[96];
    unsigned long long on_core, in_queue = 0;
    ssize_t length = pread(schedstat, text, sizeof text - 1, 0);
    if (length <= 0) return 0;
    text[length] = 0;
    sscanf(text, "%llu %llu", &on_core, &in_queue);
    return in_queue * 1e-9;
}

/* Seconds that the calling thread was neither on a core nor in a run queue during one fsync. */
double sync_blocked(int file, int schedstat) {
    double queue = queued(schedstat), cpu = seconds(CLOCK_THREAD_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
    fsync(file);
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
    return wall - cpu - (queued(schedstat) - queue);
}
