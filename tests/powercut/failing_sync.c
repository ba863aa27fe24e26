/* Loaded before a program's own libraries (LD_PRELOAD): a disk that answers EIO to every fsync of a till's journal as long
 * as the file FAIL_SYNC_WHILE is there. Nothing is synced then; all other files and calls are as ever.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int fd)
{
    const char *while_there = getenv("FAIL_SYNC_WHILE");
    char link[64], path[PATH_MAX];
    int kept = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) length = 0;
    path[length] = 0;
    int failing = while_there && strstr(path, "/journal.db") && access(while_there, F_OK) == 0;
    errno = failing ? EIO : kept;
    return failing;
}

static int synced(int fd, const char *name)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return fails(fd) ? -1 : real(fd);
}

int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }
