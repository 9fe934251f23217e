/* Test only, in one library with faulty_disk.c: a wall clock that is wrong when the test says so.
 *
 * ANTA_TEST_CLOCK=FILE   while FILE exists, CLOCK_REALTIME is ahead by the number of seconds that it holds;
 * behind, if that is negative. The other clocks go on as they are
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef int (*clock_reader)(clockid_t, struct timespec*);

/* Looked up anew after this long, so that a clock that is read often opens no file each time. */
static const long look_again_ms = 20;

static long seconds_ahead(clock_reader real) {
  static atomic_long looked_at, found;
  const char* path = getenv("ANTA_TEST_CLOCK");
  if (!path) return 0;
  struct timespec now;
  real(CLOCK_MONOTONIC, &now);
  const long at = now.tv_sec * 1000 + now.tv_nsec / 1000000;
  if (at - atomic_load(&looked_at) < look_again_ms) return atomic_load(&found);
  long ahead = 0;
  FILE* file = fopen(path, "r");
  if (file) {
    if (fscanf(file, "%ld", &ahead) != 1) ahead = 0;
    fclose(file);
  }
  atomic_store(&found, ahead);
  atomic_store(&looked_at, at);
  return ahead;
}

int clock_gettime(clockid_t id, struct timespec* time) {
  static _Atomic(clock_reader) known;
  clock_reader real = atomic_load(&known);
  if (!real) {
    real = (clock_reader)dlsym(RTLD_NEXT, "clock_gettime");
    atomic_store(&known, real);
  }
  const int failed = real(id, time);
  if (!failed && id == CLOCK_REALTIME) time->tv_sec += seconds_ahead(real);
  return failed;
}
