/* Times kf_identity_resolve on generated loads. Prints one line: shape, events, identifiers,
 * seconds by the clock and of the processor, links (observations) a processor second, profiles,
 * refusals, peak RSS in MB and how much of it the input is. `run` beside it holds these against the
 * targets.
 */
#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"
#include "identity/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static const char usage[] =
    "bench_resolve SHAPE [EVENTS] [THREADS] [links]   (links: ask for the kept links too)\n"
    "  plain    ten events a person, three identifiers an event, no limits: the fast path\n"
    "  wide     four events a person, five identifiers: many identifiers for their events\n"
    "  limits   plain with the limits of a shop; nobody breaks one\n"
    "  shared   every device is shared by two persons: every component is constrained\n"
    "  consent  every link needs consent, one person in five withdraws it\n"
    "  logout   reset_on_logout: a sign-out every fifth event\n"
    "  hub      one device with EVENTS / 2 neighbours, of which every second is an account's\n"
    "  chain    one chain of EVENTS links between two accounts\n"
    "  kiosk    one device, EVENTS sign-ins of 1000 accounts in turn, split_by_login\n"
    "  crowd    one account, EVENTS cookies over a year, at most 50 within 30 days\n"
    "  bots     three heavy accounts and EVENTS / 4 cookies that all three claim\n";

#define DAY (86400 * (int64_t)1000000000)

struct load {
    struct kf_id_input in;
    struct kf_id_rules rules;
    struct kf_id_namespace ns[3];
    struct kf_id_link_rule link[1];
    uint32_t n_ev, n_id, cap_id, n_said, n_out;
    uint64_t n_ref;
    int64_t *time;
    uint64_t *off;
    uint32_t *ids;
    uint8_t *id_ns;
    char (*value)[12];
    struct kf_id_statement *said;
    struct kf_id_signout *out;
};

static uint64_t seed = 88172645463325252ull;
static uint64_t rnd(uint64_t n)
{
    seed = kf_mix64(seed + 0x9e3779b97f4a7c15ull);
    return seed % n;
}

static struct kf_str value_of(const void *ctx, uint32_t id)
{
    const struct load *l = ctx;
    return kf_str(l->value[id], sizeof l->value[id]);
}

static uint64_t hash_of(const void *ctx, uint32_t id)
{
    (void)ctx;
    return kf_mix64(id + 12345u);
}

static uint32_t add_id(struct load *l, uint8_t ns)
{
    uint64_t h = kf_mix64(l->n_id);
    if (l->n_id == l->cap_id)
        abort();
    l->id_ns[l->n_id] = ns;
    memcpy(l->value[l->n_id], &h, 8);
    memcpy(l->value[l->n_id] + 8, &l->n_id, 4);
    return l->n_id++;
}

static void add_event(struct load *l, int64_t t, const uint32_t *ids, uint32_t n)
{
    l->time[l->n_ev++] = t;
    memcpy(l->ids + l->n_ref, ids, n * sizeof *ids);
    l->n_ref += n;
    l->off[l->n_ev] = l->n_ref;
}

static int64_t when(void)
{
    return (int64_t)rnd(365 * 86400) * 1000000000;
}

/* Ten events a person over three devices; `own` devices or, shared, those of the person before too.
 */
static void people(struct load *l, uint32_t n, bool shared, bool consent, bool logout)
{
    uint32_t persons = n / 10 + 1, *user = malloc(persons * sizeof *user);
    uint32_t *dev = malloc(3 * persons * sizeof *dev), *anon = malloc(3 * persons * sizeof *anon);
    for (uint32_t p = 0; p < persons; p++) {
        user[p] = add_id(l, 0);
        for (uint32_t k = 0; k < 3; k++) {
            dev[3 * p + k] = add_id(l, 1);
            anon[3 * p + k] = add_id(l, 2);
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t p = (uint32_t)rnd(persons), q = shared ? p & ~1u : p;
        uint32_t d = 3 * q + (uint32_t)rnd(3), ids[3] = {dev[d], anon[3 * p + d % 3], user[p]};
        if (consent) {
            l->said[l->n_said++] = (struct kf_id_statement){i, 0, p % 5 != 0 || rnd(4) != 0};
        }
        if (logout && rnd(5) == 0)
            l->out[l->n_out++] = (struct kf_id_signout){i, 6};
        add_event(l, when(), ids, shared || rnd(3) == 0 ? 3 : 2);
    }
    free(user);
    free(dev);
    free(anon);
}

/* Two devices a person, each with its cookie, and the account on every second event. */
static void wide(struct load *l, uint32_t n)
{
    for (uint32_t p = 0; p < n / 4; p++) {
        uint32_t user = add_id(l, 0);
        for (uint32_t k = 0; k < 2; k++) {
            uint32_t ids[3] = {add_id(l, 1), add_id(l, 2), user};
            add_event(l, when(), ids, 2);
            add_event(l, when(), ids, 3);
        }
    }
}

static void hub(struct load *l, uint32_t n)
{
    uint32_t d = add_id(l, 1);
    for (uint32_t i = 0; i < n / 2; i++) {
        uint32_t a[2] = {add_id(l, 2), d}, b[2] = {a[0], 0};
        add_event(l, when(), a, 2);
        b[1] = add_id(l, i % 2 ? 0 : 2);
        add_event(l, when(), b, 2);
    }
}

static void chain(struct load *l, uint32_t n)
{
    uint32_t last = add_id(l, 0);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t ids[2] = {last, add_id(l, i + 1 == n ? 0 : 1 + i % 2)};
        add_event(l, when(), ids, 2);
        last = ids[1];
    }
}

static void kiosk(struct load *l, uint32_t n)
{
    uint32_t d = add_id(l, 1), user[1000];
    for (uint32_t i = 0; i < 1000; i++)
        user[i] = add_id(l, 0);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t ids[2] = {d, user[rnd(1000)]};
        add_event(l, when(), ids, 2);
    }
}

static void crowd(struct load *l, uint32_t n)
{
    uint32_t u = add_id(l, 0);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t ids[2] = {u, add_id(l, 2)};
        add_event(l, when(), ids, 2);
    }
}

static void bots(struct load *l, uint32_t n)
{
    uint32_t user[3] = {add_id(l, 0), add_id(l, 0), add_id(l, 0)};
    for (uint32_t i = 0; i < n / 4; i++) {
        uint32_t ids[2] = {user[i % 3], add_id(l, 1)};
        add_event(l, when(), ids, 2);
    }
    for (uint32_t i = 0; i < n / 4; i++) {
        uint32_t ids[2] = {user[0], add_id(l, 2)};
        for (uint32_t k = 0; k < 3; k++) {
            ids[0] = user[k];
            add_event(l, when(), ids, 2);
        }
    }
}

static void make_rules(struct load *l, const char *shape)
{
    bool plain = strcmp(shape, "plain") == 0 || strcmp(shape, "wide") == 0;
    l->ns[0] = (struct kf_id_namespace){
        .name = "user_id", .rank = 1, .per_profile = plain ? 0 : 1, .history = -1};
    l->ns[1] = (struct kf_id_namespace){.name = "device_id", .rank = 2, .history = -1};
    l->ns[2] = (struct kf_id_namespace){.name = "anonymous_id", .rank = 3, .history = -1};
    l->ns[1].when_shared = l->ns[2].when_shared = KF_ID_SPLIT_BY_LOGIN;
    if (strcmp(shape, "logout") == 0)
        l->ns[1].when_shared = l->ns[2].when_shared = KF_ID_RESET_ON_LOGOUT;
    if (strcmp(shape, "limits") == 0 || strcmp(shape, "crowd") == 0) {
        l->ns[1].per_profile = 10;
        l->ns[2].per_profile = 50;
        l->ns[2].within = 30 * DAY;
    }
    if (strcmp(shape, "bots") == 0) {
        l->ns[0].per_profile = 0;
        l->ns[1].per_profile = 20000;
        l->ns[1].within = 300 * DAY;
    }
    l->link[0] =
        (struct kf_id_link_rule){"all", 7, KF_ID_OBSERVED, strcmp(shape, "consent") == 0 ? 0 : -1};
    l->rules =
        (struct kf_id_rules){.ns = l->ns, .n_ns = 3, .link = l->link, .n_link = 1, .n_purpose = 1};
}

static struct load *make(const char *shape, uint32_t n, unsigned threads)
{
    struct load *l = calloc(1, sizeof *l);
    l->cap_id = n + n / 10 * 7 + 2000;
    l->time = malloc((n + 2u) * sizeof *l->time);
    l->off = calloc(n + 2u, sizeof *l->off);
    l->ids = malloc((3ull * n + 8) * sizeof *l->ids);
    l->id_ns = malloc(l->cap_id);
    l->value = malloc(l->cap_id * sizeof *l->value);
    l->said = malloc((n + 1u) * sizeof *l->said);
    l->out = malloc((n + 1u) * sizeof *l->out);
    make_rules(l, shape);
    if (strcmp(shape, "hub") == 0)
        hub(l, n);
    else if (strcmp(shape, "wide") == 0)
        wide(l, n);
    else if (strcmp(shape, "chain") == 0)
        chain(l, n);
    else if (strcmp(shape, "kiosk") == 0)
        kiosk(l, n);
    else if (strcmp(shape, "crowd") == 0)
        crowd(l, n);
    else if (strcmp(shape, "bots") == 0)
        bots(l, n);
    else
        people(l, n, strcmp(shape, "shared") == 0, strcmp(shape, "consent") == 0,
               strcmp(shape, "logout") == 0);
    l->in = (struct kf_id_input){.rules = &l->rules,
                                 .as_of = 366 * DAY,
                                 .n_ids = l->n_id,
                                 .id_ns = l->id_ns,
                                 .id_value = value_of,
                                 .id_hash = hash_of,
                                 .n_events = l->n_ev,
                                 .event_time = l->time,
                                 .event_off = l->off,
                                 .event_ids = l->ids,
                                 .statement = l->said,
                                 .n_statement = l->n_said,
                                 .signout = l->out,
                                 .n_signout = l->n_out,
                                 .ctx = l,
                                 .threads = threads};
    return l;
}

static double processor(const struct rusage *a, const struct rusage *b)
{
    return (double)(b->ru_utime.tv_sec - a->ru_utime.tv_sec + b->ru_stime.tv_sec -
                    a->ru_stime.tv_sec) +
           (double)(b->ru_utime.tv_usec - a->ru_utime.tv_usec + b->ru_stime.tv_usec -
                    a->ru_stime.tv_usec) /
               1e6;
}

int main(int argc, char **argv)
{
    const char *shape = argc > 1 ? argv[1] : "";
    char word[16];
    snprintf(word, sizeof word, "\n  %s ", shape);
    if (!*shape || !strstr(usage, word)) {
        fputs(usage, stderr);
        return 64;
    }
    uint32_t n = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000000;
    unsigned threads = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
    struct load *l = make(shape, n, threads);
    l->in.want_links = argc > 4;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_id_result *r = NULL;
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    double start = kf_clock_seconds();
    if (kf_identity_resolve(&l->in, &r, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 70;
    }
    double took = kf_clock_seconds() - start;
    getrusage(RUSAGE_SELF, &after);
    double cpu = processor(&before, &after);
    printf("shape=%s threads=%u events=%u ids=%u links=%llu seconds=%.3f cpu=%.3f "
           "links_per_cpu_s=%.0f "
           "profiles=%u links_out=%u spans=%u components=%u slow=%u largest=%u rss_mb=%ld "
           "of_which_input=%ld\n",
           shape, threads, l->n_ev, l->n_id, (unsigned long long)r->n_observations, took, cpu,
           (double)r->n_observations / (cpu > 0 ? cpu : 1e-6), r->n_profiles, r->n_link, r->n_span,
           r->n_components, r->n_slow_components, r->largest_component, after.ru_maxrss / 1024,
           before.ru_maxrss / 1024);
    kf_identity_free(r);
    return 0;
}
