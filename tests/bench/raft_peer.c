/* Debian's libraft (package libraft-dev), measured as raft_own.cc measures ours: three servers in one
 * process, opaque entries, synced. Compiled by the bench itself when it is asked for (peers.py). One JSON line.
 *
 *     raft_peer DIRECTORY FLIGHT SECONDS BYTES [WARM_SECONDS]
 *
 * One thread and one libuv loop for all three, TCP on loopback, logs in DIRECTORY written with O_DIRECT and
 * O_DSYNC by the library itself; a snapshot is never taken in a run. FLIGHT entries are outstanding: one that is
 * applied on the leader is followed by the next. Time is from raft_apply() to its callback. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <raft.h>
#include <raft/uv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SERVERS = 3, TIMES_MAX = 10 * 1000 * 1000 };

struct server {
    struct raft raft;
    struct raft_uv_transport transport;
    struct raft_io io;
    struct raft_fsm fsm;
    char address[64];
    char directory[4096];
};

struct slot {
    struct raft_apply request;
    double begun;
};

static uv_loop_t loop;
static uv_prepare_t look;
static struct raft *leader;
static struct server servers[SERVERS];
static struct slot *slots;
static size_t flight, entry_bytes, counted;
static double *times;
static double warm_seconds, seconds, window_begin, window_end, cpu_begin, cpu_used;
static int counting, over;

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void check(int code, const char *what, const char *why) {
    if (code == 0) return;
    fprintf(stderr, "raft_peer: %s: %s %s\n", what, raft_strerror(code), why);
    exit(1);
}

static int fsm_apply(struct raft_fsm *fsm, const struct raft_buffer *buf, void **result) {
    (void)fsm;
    (void)buf;
    *result = NULL;
    return 0;
}

/* Wanted by the library once in snapshot_threshold entries, which is set out of reach. */
static int fsm_snapshot(struct raft_fsm *fsm, struct raft_buffer *bufs[], unsigned *n_bufs) {
    (void)fsm;
    (void)bufs;
    (void)n_bufs;
    return RAFT_BUSY;
}

static int fsm_restore(struct raft_fsm *fsm, struct raft_buffer *buf) {
    (void)fsm;
    raft_free(buf->base);
    return 0;
}

static void send_entry(struct slot *slot);

static void applied(struct raft_apply *request, int status, void *result) {
    struct slot *slot = request->data;
    (void)result;
    if (over) return;
    check(status, "an entry was not applied", "");
    if (counting && counted < TIMES_MAX) times[counted++] = seconds_of(CLOCK_MONOTONIC) - slot->begun;
    send_entry(slot);
}

static void send_entry(struct slot *slot) {
    struct raft_buffer buffer;
    buffer.len = entry_bytes;
    buffer.base = raft_malloc(buffer.len);
    if (buffer.base == NULL) exit(1);
    memset(buffer.base, (int)(slot - slots), buffer.len);
    slot->request.data = slot;
    slot->begun = seconds_of(CLOCK_MONOTONIC);
    check(raft_apply(leader, &slot->request, &buffer, 1, applied), "raft_apply", leader->errmsg);
}

/* The loads' beginning and end, looked at once in each turn of the loop. */
static void turn(uv_prepare_t *handle) {
    const double now = seconds_of(CLOCK_MONOTONIC);
    (void)handle;
    if (leader == NULL) {
        for (int i = 0; i < SERVERS; i++)
            if (raft_state(&servers[i].raft) == RAFT_LEADER) leader = &servers[i].raft;
        if (leader == NULL) return;
        window_begin = now + warm_seconds;
        window_end = window_begin + seconds;
        for (size_t i = 0; i < flight; i++) send_entry(&slots[i]);
    } else if (!counting && now >= window_begin) {
        counting = 1;
        window_begin = now;
        window_end = now + seconds;
        cpu_begin = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    } else if (counting && now >= window_end) {
        cpu_used = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu_begin;
        window_end = now;
        over = 1;
        uv_stop(&loop);
    }
}

/* So that the loop turns also while nothing happens. */
static void tick(uv_timer_t *timer) { (void)timer; }

static int free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&address, length) != 0 || getsockname(fd, (struct sockaddr *)&address, &length) != 0) exit(1);
    close(fd);
    return ntohs(address.sin_port);
}

static void start_server(struct server *server, raft_id id, const struct raft_configuration *configuration) {
    server->transport.data = NULL;
    check(raft_uv_tcp_init(&server->transport, &loop), "raft_uv_tcp_init", "");
    check(raft_uv_init(&server->io, &loop, server->directory, &server->transport), "raft_uv_init", server->io.errmsg);
    server->fsm.version = 1;
    server->fsm.apply = fsm_apply;
    server->fsm.snapshot = fsm_snapshot;
    server->fsm.restore = fsm_restore;
    check(raft_init(&server->raft, &server->io, &server->fsm, id, server->address), "raft_init", server->raft.errmsg);
    check(raft_bootstrap(&server->raft, configuration), "raft_bootstrap", server->raft.errmsg);
    raft_set_snapshot_threshold(&server->raft, UINT32_MAX);
    raft_set_pre_vote(&server->raft, true);
    check(raft_start(&server->raft), "raft_start", server->raft.errmsg);
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void start_all(const char *directory) {
    struct raft_configuration configuration;
    raft_configuration_init(&configuration);
    for (int i = 0; i < SERVERS; i++) {
        snprintf(servers[i].address, sizeof servers[i].address, "127.0.0.1:%d", free_port());
        snprintf(servers[i].directory, sizeof servers[i].directory, "%s/s%d", directory, i);
        mkdir(servers[i].directory, 0700);
        check(raft_configuration_add(&configuration, (raft_id)i + 1, servers[i].address, RAFT_VOTER), "raft_configuration_add", "");
    }
    for (int i = 0; i < SERVERS; i++) start_server(&servers[i], (raft_id)i + 1, &configuration);
}

int main(int argc, char **argv) {
    uv_timer_t timer;
    if (argc < 5 || argc > 6) {
        fprintf(stderr, "raft_peer DIRECTORY FLIGHT SECONDS BYTES [WARM_SECONDS]\n");
        return 2;
    }
    flight = strtoul(argv[2], NULL, 10);
    seconds = strtod(argv[3], NULL);
    entry_bytes = (strtoul(argv[4], NULL, 10) + 7) / 8 * 8; /* the library wants words */
    warm_seconds = argc == 6 ? strtod(argv[5], NULL) : 0.5;
    slots = calloc(flight, sizeof *slots);
    times = malloc(TIMES_MAX * sizeof *times);
    if (slots == NULL || times == NULL || uv_loop_init(&loop) != 0) return 1;
    start_all(argv[1]);
    uv_prepare_init(&loop, &look);
    uv_prepare_start(&look, turn);
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, tick, 1, 1);
    uv_run(&loop, UV_RUN_DEFAULT);
    if (counted == 0) {
        fprintf(stderr, "raft_peer: no entry was applied\n");
        return 1;
    }
    qsort(times, counted, sizeof *times, ascending);
    printf("{\"entries\": %zu, \"per_second\": %f, \"p50_ms\": %f, \"p99_ms\": %f, \"cpu_us\": %f}\n", counted,
           (double)counted / (window_end - window_begin), 1e3 * times[counted / 2], 1e3 * times[counted * 99 / 100],
           1e6 * cpu_used / (double)counted);
    fflush(stdout);
    _exit(0); /* the servers are not worth an orderly end */
}
