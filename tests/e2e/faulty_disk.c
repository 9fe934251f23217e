/* Test only, loaded with LD_PRELOAD into antad: a disk that fails when the test says so.
 *
 * ANTA_TEST_DIE_IN_SYNC=FILE   while FILE exists: it holds a number n, and the process is killed (SIGKILL) inside the
 *                              n-th fdatasync of a write-ahead log from then on: the append is written and not synced,
 *                              and nothing of it was acknowledged
 * ANTA_TEST_SYNC_FAILS=FILE    while FILE exists, every fdatasync of a write-ahead log gives EIO and syncs nothing
 * ANTA_TEST_DISK_FULL=FILE     while FILE exists, every write to a file of RocksDB gives ENOSPC
 *
 * RocksDB's write-ahead logs are NNNNNN.log, its tables NNNNNN.sst. Files of the node's own log do not match.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* Whether the descriptor is a file with digits for a name and this ending; any ending of RocksDB's when it is null. */
static int is_rocks_file(int fd, const char* ending) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  const char* name = strrchr(path, '/');
  if (!name) return 0;
  const char* dot = strrchr(++name, '.');
  if (!dot || dot == name) return 0;
  for (const char* c = name; c < dot; ++c) {
    if (!isdigit((unsigned char)*c)) return 0;
  }
  return ending ? strcmp(dot, ending) == 0 : strcmp(dot, ".log") == 0 || strcmp(dot, ".sst") == 0;
}

/* The number in the file that the variable names; 0 without variable or file. */
static long armed(const char* variable) {
  const char* path = getenv(variable);
  FILE* file = path ? fopen(path, "r") : NULL;
  if (!file) return 0;
  long number = 0;
  if (fscanf(file, "%ld", &number) != 1) number = 0;
  fclose(file);
  return number;
}

/* Whether the file that the variable names is there. */
static int flagged(const char* variable) {
  const char* path = getenv(variable);
  return path && access(path, F_OK) == 0;
}

int fdatasync(int fd) {
  static atomic_long seen;
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  const long wanted = armed("ANTA_TEST_DIE_IN_SYNC");
  if (wanted > 0 && is_rocks_file(fd, ".log") && atomic_fetch_add(&seen, 1) + 1 == wanted) raise(SIGKILL);
  if (flagged("ANTA_TEST_SYNC_FAILS") && is_rocks_file(fd, ".log")) {
    errno = EIO;
    return -1;
  }
  return real(fd);
}

ssize_t write(int fd, const void* bytes, size_t count) {
  static ssize_t (*real)(int, const void*, size_t);
  if (!real) real = (ssize_t(*)(int, const void*, size_t))dlsym(RTLD_NEXT, "write");
  if (flagged("ANTA_TEST_DISK_FULL") && is_rocks_file(fd, NULL)) {
    errno = ENOSPC;
    return -1;
  }
  return real(fd, bytes, count);
}
