/* Loaded before a program's own libraries (LD_PRELOAD): writes down, in their order, everything the program does to the
 * files below RECORD_BELOW, into the file RECORD_TO. The program itself runs as ever.
 *
 * One record: operation (1 byte), length of the path (u32), offset (u64), length of the data (u64), the path relative to
 * RECORD_BELOW, the data. Little endian. A file that is mapped into memory (SQLite's -shm) is not seen through its
 * mapping; it holds nothing that outlives a power cut.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { OP_CREATE = 'c', OP_WRITE = 'w', OP_TRUNCATE = 't', OP_SYNC = 's', OP_UNLINK = 'u', OP_RENAME = 'r' };

#define FDS 4096
static char *paths[FDS];          /* path of each open file below the folder, relative to it */
static const char *below;
static size_t below_length;
static int log_fd = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_ftruncate)(int, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);
static int (*real_rename)(const char *, const char *);
static int (*real_fallocate)(int, off64_t, off64_t);

__attribute__((constructor)) static void begin(void)
{
    real_open = dlsym(RTLD_NEXT, "open64");
    real_openat = dlsym(RTLD_NEXT, "openat64");
    real_close = dlsym(RTLD_NEXT, "close");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_fallocate = dlsym(RTLD_NEXT, "posix_fallocate64");
    below = getenv("RECORD_BELOW");
    const char *to = getenv("RECORD_TO");
    if (below && to) {
        below_length = strlen(below);
        log_fd = real_open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
}

static const char *inside(const char *path)
{
    if (log_fd < 0 || !path || strncmp(path, below, below_length) != 0) return NULL;
    if (path[below_length] == 0) return "";
    return path[below_length] == '/' ? path + below_length + 1 : NULL;
}

static void put(const void *data, size_t length)
{
    const char *at = data;
    while (length > 0) {
        ssize_t done = real_write(log_fd, at, length);
        if (done < 0) abort();
        at += done;
        length -= (size_t)done;
    }
}

static void record(char operation, const char *path, uint64_t offset, const void *data, uint64_t length)
{
    int kept = errno;
    uint32_t path_length = (uint32_t)strlen(path);
    char head[21];
    head[0] = operation;
    memcpy(head + 1, &path_length, 4);
    memcpy(head + 5, &offset, 8);
    memcpy(head + 13, &length, 8);
    put(head, sizeof head);
    put(path, path_length);
    if (data) put(data, length);
    errno = kept;
}

static const char *path_of(int fd) { return fd >= 0 && fd < FDS ? paths[fd] : NULL; }

/* The call and its record are one step, so that the log has the order in which things really happened. */
static int opened(int fd, const char *path, int flags, int was_there)
{
    const char *name = inside(path);
    if (fd < 0 || fd >= FDS || !name) return fd;
    free(paths[fd]);
    paths[fd] = strdup(name);
    if ((flags & O_CREAT) && !was_there) record(OP_CREATE, name, 0, NULL, 0);
    if ((flags & O_TRUNC) && was_there) record(OP_TRUNCATE, name, 0, NULL, 0);
    return fd;
}

static int open_any(int folder, const char *path, int flags, mode_t mode)
{
    struct stat found;
    pthread_mutex_lock(&lock);
    int was_there = inside(path) && stat(path, &found) == 0;
    int fd = opened(real_openat(folder, path, flags, mode), path, flags, was_there);
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE_OF(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }

int open(const char *path, int flags, ...) { MODE_OF(flags) return open_any(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return open_any(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE_OF(flags) return open_any(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE_OF(flags) return open_any(folder, path, flags, mode); }

int close(int fd)
{
    pthread_mutex_lock(&lock);
    if (path_of(fd)) { free(paths[fd]); paths[fd] = NULL; }
    int answer = real_close(fd);
    pthread_mutex_unlock(&lock);
    return answer;
}

ssize_t write(int fd, const void *data, size_t length)
{
    if (!path_of(fd)) return real_write(fd, data, length);
    pthread_mutex_lock(&lock);
    off64_t at = lseek64(fd, 0, SEEK_CUR);
    if (fcntl(fd, F_GETFL) & O_APPEND) at = lseek64(fd, 0, SEEK_END);
    ssize_t done = real_write(fd, data, length);
    if (done > 0) record(OP_WRITE, paths[fd], (uint64_t)at, data, (uint64_t)done);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
    if (!path_of(fd)) return real_pwrite(fd, data, length, offset);
    pthread_mutex_lock(&lock);
    ssize_t done = real_pwrite(fd, data, length, offset);
    if (done > 0) record(OP_WRITE, paths[fd], (uint64_t)offset, data, (uint64_t)done);
    pthread_mutex_unlock(&lock);
    return done;
}
ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }

int ftruncate64(int fd, off64_t size)
{
    if (!path_of(fd)) return real_ftruncate(fd, size);
    pthread_mutex_lock(&lock);
    int answer = real_ftruncate(fd, size);
    if (answer == 0) record(OP_TRUNCATE, paths[fd], (uint64_t)size, NULL, 0);
    pthread_mutex_unlock(&lock);
    return answer;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int posix_fallocate64(int fd, off64_t offset, off64_t length)
{
    if (!path_of(fd)) return real_fallocate(fd, offset, length);
    pthread_mutex_lock(&lock);
    int answer = real_fallocate(fd, offset, length);
    if (answer == 0) record(OP_TRUNCATE, paths[fd], (uint64_t)(offset + length), NULL, 0);
    pthread_mutex_unlock(&lock);
    return answer;
}
int posix_fallocate(int fd, off_t offset, off_t length) { return posix_fallocate64(fd, offset, length); }

static int synced(int fd, int (*real)(int))
{
    if (!path_of(fd)) return real(fd);
    pthread_mutex_lock(&lock);
    int answer = real(fd);
    if (answer == 0) record(OP_SYNC, paths[fd], 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return answer;
}
int fsync(int fd) { return synced(fd, real_fsync); }
int fdatasync(int fd) { return synced(fd, real_fdatasync); }

int unlink(const char *path)
{
    if (!inside(path)) return real_unlink(path);
    pthread_mutex_lock(&lock);
    int answer = real_unlink(path);
    if (answer == 0) record(OP_UNLINK, inside(path), 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return answer;
}

int rename(const char *from, const char *to)
{
    if (!inside(from) || !inside(to)) return real_rename(from, to);
    pthread_mutex_lock(&lock);
    int answer = real_rename(from, to);
    if (answer == 0) record(OP_RENAME, inside(from), 0, inside(to), strlen(inside(to)));
    pthread_mutex_unlock(&lock);
    return answer;
}
