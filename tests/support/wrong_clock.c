/* Loaded before a program's own libraries (LD_PRELOAD): a machine whose clock is wrong by WRONG_BY_S seconds. Only the wall
 * clock; the counter that runs since the start of the machine is right, as it is where a battery is empty.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long long wrong_by(void)
{
    const char *seconds = getenv("WRONG_BY_S");
    return seconds ? atoll(seconds) : 0;
}

int clock_gettime(clockid_t which, struct timespec *into)
{
    int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int answer = real(which, into);
    if (answer == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) into->tv_sec += wrong_by();
    return answer;
}

int gettimeofday(struct timeval *restrict into, void *restrict zone)
{
    (void)zone;
    struct timespec now;
    int answer = clock_gettime(CLOCK_REALTIME, &now);
    into->tv_sec = now.tv_sec;
    into->tv_usec = now.tv_nsec / 1000;
    return answer;
}

time_t time(time_t *into)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}
