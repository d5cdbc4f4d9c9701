/* Times single changes to an incremental engine that holds many profiles. Prints one line for the
 * load and one for each kind of change: how many, median, 99th percentile and slowest, in
 * microseconds. */
#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"
#include "identity/incremental.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const char usage[] =
    "bench_incremental [PROFILES] [EVENTS_A_PERSON] [CHANGES] [plain|shared]   (1000000 5 20000 "
    "shared)\n"
    "  plain    everybody has an account, a mailbox, two devices\n"
    "  shared   the same, and every device is used by two persons: split_by_login cuts it\n";

#define DAY (86400 * KF_SECOND)

enum { USER, EMAIL, DEVICE, NS };
enum { PER_PERSON = 4, IDS_PER_EVENT = 3 };

static uint64_t seed = 88172645463325252ull;
static uint64_t rnd(uint64_t n)
{
    seed += 0x9e3779b97f4a7c15ull;
    return kf_mix64(seed) % n;
}

/* Identifiers of person p: 4p account, 4p + 1 mailbox, 4p + 2 and 4p + 3 devices. */
static uint8_t ns_of(const void *ctx, uint32_t id)
{
    (void)ctx;
    return id % PER_PERSON == 0 ? USER : id % PER_PERSON == 1 ? EMAIL : DEVICE;
}

static struct kf_str value_of(const void *ctx, uint32_t id)
{
    char(*value)[12] = (char(*)[12])(uintptr_t)ctx;
    return kf_str(value[id], sizeof value[id]);
}

static uint64_t hash_of(const void *ctx, uint32_t id)
{
    (void)ctx;
    return kf_mix64(id + 12345u);
}

static int order_of(const void *ctx, uint32_t a, uint32_t b)
{
    (void)ctx;
    return (a > b) - (a < b);
}

struct bench {
    struct kf_id_namespace ns[NS];
    struct kf_id_link_rule link[1];
    struct kf_id_rules rules;
    struct kf_incremental *inc;
    struct kf_error err;
    uint32_t persons, changes;
    bool shared;
    int64_t now;
    double *took, *worked; /* seconds of each change: by the clock, of the processor */
    double started, working;
};

static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void start(struct bench *b)
{
    b->working = processor_seconds();
    b->started = kf_clock_seconds();
}

static void stop(struct bench *b, uint32_t i)
{
    b->took[i] = kf_clock_seconds() - b->started;
    b->worked[i] = processor_seconds() - b->working;
}

static void must(const struct bench *b, int rc)
{
    if (!rc)
        return;
    fprintf(stderr, "%s\n", b->err.message);
    exit(70);
}

static struct kf_incremental_event event_of(const struct bench *b, uint32_t p, int64_t t,
                                            uint32_t *ids)
{
    uint32_t q = b->shared ? p & ~1u : p;
    ids[0] = PER_PERSON * q + 2 + (uint32_t)rnd(2);
    ids[1] = PER_PERSON * p + (rnd(3) ? USER : EMAIL);
    ids[2] = PER_PERSON * p + EMAIL;
    return (struct kf_incremental_event){.time = t,
                                         .ids = ids,
                                         .n_ids = ids[1] == ids[2] ? 2 : 3,
                                         .links = UINT64_MAX,
                                         .signout = rnd(20) == 0 ? 1u << DEVICE : 0};
}

static void open_engine(struct bench *b)
{
    b->ns[USER] =
        (struct kf_id_namespace){.name = "user_id", .rank = 1, .per_profile = 1, .history = -1};
    b->ns[EMAIL] = (struct kf_id_namespace){
        .name = "email", .rank = 2, .per_profile = 5, .shared_above = 3, .history = -1};
    b->ns[DEVICE] = (struct kf_id_namespace){.name = "device_id",
                                             .rank = 3,
                                             .when_shared = KF_ID_SPLIT_BY_LOGIN,
                                             .expires_after = 400 * DAY,
                                             .history = -1};
    b->link[0] = (struct kf_id_link_rule){"all", 7, KF_ID_OBSERVED, -1};
    b->rules = (struct kf_id_rules){.ns = b->ns, .n_ns = NS, .link = b->link, .n_link = 1};
    b->now = 366 * DAY;
    size_t n_ids = (size_t)PER_PERSON * (b->persons + 2);
    char(*value)[12] = malloc(n_ids * sizeof *value);
    for (uint32_t x = 0; x < n_ids; x++) {
        uint64_t h = kf_mix64(x);
        memcpy(value[x], &h, 8);
        memcpy(value[x] + 8, &x, 4);
    }
    struct kf_incremental_options o = {.rules = &b->rules,
                                       .as_of = b->now,
                                       .id_ns = ns_of,
                                       .id_value = value_of,
                                       .id_hash = hash_of,
                                       .event_cmp = order_of,
                                       .ctx = value,
                                       .threads = 1};
    must(b, kf_incremental_new(&o, &b->inc, &b->err));
}

static void load(struct bench *b, uint32_t each)
{
    size_t n = (size_t)b->persons * each;
    struct kf_incremental_event *ev = malloc((n + 1) * sizeof *ev);
    uint32_t *ids = malloc((n + 1) * IDS_PER_EVENT * sizeof *ids);
    for (size_t i = 0; i < n; i++)
        ev[i] = event_of(b, (uint32_t)(i / each), (int64_t)rnd(365 * 86400) * KF_SECOND,
                         ids + i * IDS_PER_EVENT);
    start(b);
    must(b, kf_incremental_add(b->inc, ev, (uint32_t)n, NULL, &b->err));
    stop(b, 0);
    free(ev);
    free(ids);
    struct rusage usage_now;
    getrusage(RUSAGE_SELF, &usage_now);
    printf("load persons=%u events=%zu identifiers=%u seconds=%.2f processor_seconds=%.2f "
           "rss_mb=%ld\n",
           b->persons, n, PER_PERSON * b->persons, b->took[0], b->worked[0],
           usage_now.ru_maxrss / 1024);
}

static int took_cmp(const void *pa, const void *pb)
{
    double a = *(const double *)pa, b = *(const double *)pb;
    return a < b ? -1 : a > b;
}

static void figures(const char *unit, double *took, uint32_t n)
{
    qsort(took, n, sizeof *took, took_cmp);
    printf(" median_%s=%.1f p99_%s=%.1f max_%s=%.1f", unit, took[n / 2] * 1e6, unit,
           took[(size_t)n * 99 / 100] * 1e6, unit, took[n - 1] * 1e6);
}

static void report(struct bench *b, const char *what, size_t changed)
{
    printf("%s changes=%u", what, b->changes);
    figures("us", b->took, b->changes);
    figures("processor_us", b->worked, b->changes);
    printf(" changed_events=%zu\n", changed);
}

/* One more event of somebody; time goes on with it, and what expires meanwhile is in the figure. */
static void add_one_by_one(struct bench *b, bool moves_in)
{
    struct kf_incremental_changes c = {0};
    size_t changed = 0;
    for (uint32_t i = 0; i < b->changes; i++) {
        uint32_t ids[IDS_PER_EVENT];
        b->now += KF_SECOND;
        struct kf_incremental_event e = event_of(b, (uint32_t)rnd(b->persons), b->now, ids);
        if (moves_in) /* on somebody else's device */
            ids[0] = PER_PERSON * (uint32_t)rnd(b->persons) + 2;
        start(b);
        must(b, kf_incremental_advance(b->inc, b->now, &c, &b->err));
        must(b, kf_incremental_add(b->inc, &e, 1, &c, &b->err));
        stop(b, i);
        changed += c.n_event;
    }
    report(b, moves_in ? "add_on_anothers_device" : "add", changed);
}

static void remove_one_by_one(struct bench *b)
{
    struct kf_incremental_changes c = {0};
    size_t changed = 0;
    uint32_t n = kf_incremental_events(b->inc), gap = n / (b->changes + 1);
    for (uint32_t i = 0; i < b->changes; i++) {
        uint32_t e = i * gap + (uint32_t)rnd(gap);
        start(b);
        must(b, kf_incremental_remove(b->inc, &e, 1, &c, &b->err));
        stop(b, i);
        changed += c.n_event;
    }
    report(b, "remove", changed);
}

static void decide_one_by_one(struct bench *b)
{
    struct kf_incremental_changes c = {0};
    size_t changed = 0;
    for (uint32_t i = 0; i < b->changes; i++) {
        uint32_t p = (uint32_t)rnd(b->persons);
        struct kf_id_decision d = {KF_ID_DO_UNLINK, PER_PERSON * p, PER_PERSON * p + EMAIL, 0, i};
        start(b);
        must(b, kf_incremental_decide(b->inc, &d, 1, &c, &b->err));
        stop(b, i);
        changed += c.n_event;
    }
    report(b, "unlink", changed);
}

int main(int argc, char **argv)
{
    struct bench b = {.err = KF_ERROR_INIT};
    b.persons = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    uint32_t each = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 5;
    b.changes = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 20000;
    b.shared = argc <= 4 || strcmp(argv[4], "shared") == 0;
    if (b.persons == 0 || each == 0 || b.changes == 0 || b.changes >= b.persons) {
        fputs(usage, stderr);
        return 64;
    }
    b.took = malloc(b.changes * sizeof *b.took);
    b.worked = malloc(b.changes * sizeof *b.worked);
    open_engine(&b);
    load(&b, each);
    add_one_by_one(&b, false);
    add_one_by_one(&b, true);
    decide_one_by_one(&b);
    remove_one_by_one(&b);
    kf_incremental_free(b.inc);
    free(b.took);
    free(b.worked);
    return 0;
}
