#include "base/time_zone.h"

#include "base/arena.h"
#include "base/tzif.h"
#include "base/vec.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* A zone is read once into a sorted table of stretches of equal offset from 1900 to 2200
 * and never written again, so threads need no lock. `hint` says for every 52 days (2^52 ns) which
 * stretch they begin in. */
#define RANGE_FROM  (-2208988800LL * KF_SECOND) /* 1900-01-01 */
#define RANGE_UNTIL (7258118400LL * KF_SECOND)  /* 2200-01-01 */
#define LAST_YEAR   2200
#define HINT_SHIFT  52
#define HINTS       ((((uint64_t)RANGE_UNTIL - (uint64_t)RANGE_FROM) >> HINT_SHIFT) + 1)

struct stretch {
    int64_t until; /* first instant behind it; KF_TIME_MAX for the last */
    int64_t offset;
    int64_t local_until; /* what its clocks would show at `until` */
};

struct abbreviation {
    char text[8];
    int64_t offset;
    bool ambiguous;
};

struct kf_zone {
    char name[64];
    kf_vec(struct stretch) parts;
    kf_vec(struct abbreviation) abbreviations;
    uint16_t hint[HINTS];
};

/* ---- look-ups ---- */

static inline const struct stretch *stretch_at(const struct kf_zone *z, int64_t t)
{
    if (t < RANGE_FROM)
        return &z->parts.p[0];
    if (t >= RANGE_UNTIL)
        return &z->parts.p[z->parts.n - 1];
    const struct stretch *s =
        &z->parts.p[z->hint[((uint64_t)t - (uint64_t)RANGE_FROM) >> HINT_SHIFT]];
    while (t >= s->until)
        s++;
    return s;
}

int64_t kf_zone_offset(const struct kf_zone *z, int64_t t)
{
    return z && z->parts.n ? stretch_at(z, t)->offset : 0;
}

int64_t kf_zone_from_local(const struct kf_zone *z, int64_t local)
{
    if (!z || !z->parts.n || local == KF_TIME_MIN || local == KF_TIME_MAX)
        return local;
    /* The first stretch whose clocks end behind `local` shows it first, or begins behind it: then
     * it lay in a gap. */
    size_t low = 0, high = z->parts.n - 1;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (z->parts.p[mid].local_until <= local)
            low = mid + 1;
        else
            high = mid;
    }
    int64_t t = kf_time_sum(local, -z->parts.p[low].offset);
    if (low > 0 && t < z->parts.p[low - 1].until)
        return z->parts.p[low - 1].until;
    return t;
}

bool kf_zone_abbreviation(const struct kf_zone *z, struct kf_str abbreviation, int64_t *ret_offset)
{
    for (size_t i = 0; z && i < z->abbreviations.n; i++) {
        const struct abbreviation *a = &z->abbreviations.p[i];
        if (kf_str_eq(kf_cstr(a->text), abbreviation) && !a->ambiguous) {
            *ret_offset = a->offset;
            return true;
        }
    }
    return false;
}

const char *kf_zone_name(const struct kf_zone *z)
{
    return z ? z->name : "UTC";
}

/* ---- making one ---- */

static void add_abbreviation(struct kf_zone *z, const char *text, int64_t offset)
{
    size_t n = text ? strlen(text) : 0;
    if (n == 0 || n >= sizeof z->abbreviations.p->text || text[0] == '+' || text[0] == '-')
        return;
    for (size_t i = 0; i < z->abbreviations.n; i++) {
        struct abbreviation *a = &z->abbreviations.p[i];
        if (strcmp(a->text, text) == 0) {
            a->ambiguous |= a->offset != offset;
            return;
        }
    }
    struct abbreviation *a = kf_vec_push(&z->abbreviations);
    memset(a, 0, sizeof *a);
    memcpy(a->text, text, n);
    a->offset = offset;
}

static void add_stretch(struct kf_zone *z, int64_t until, int64_t offset)
{
    struct stretch *last = z->parts.n ? &z->parts.p[z->parts.n - 1] : NULL;
    if (!last || last->offset != offset)
        last = kf_vec_push(&z->parts);
    last->until = until;
    last->offset = offset;
    last->local_until = until == KF_TIME_MAX ? until : until + offset;
}

static void fill_zone(struct kf_zone *z, const struct kf_tz_change *changes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct kf_tz_change *c = &changes[i];
        int64_t offset = c->offset * KF_SECOND;
        bool last = i + 1 == n || changes[i + 1].at >= RANGE_UNTIL / KF_SECOND;
        if (!last && changes[i + 1].at <= RANGE_FROM / KF_SECOND)
            continue; /* over before the range begins */
        add_abbreviation(z, c->abbreviation, offset);
        add_stretch(z, last ? KF_TIME_MAX : changes[i + 1].at * KF_SECOND, offset);
        if (last)
            break;
    }
    size_t at = 0;
    for (uint64_t i = 0; i < HINTS; i++) {
        int64_t t = (int64_t)((uint64_t)RANGE_FROM + (i << HINT_SHIFT));
        while (t >= z->parts.p[at].until)
            at++;
        z->hint[i] = (uint16_t)at;
    }
}

static const char *zone_directory(void)
{
    const char *dir = getenv("TZDIR");
    return dir && *dir ? dir : "/usr/share/zoneinfo";
}

static bool is_zone_file(const char *path)
{
    char magic[4];
    struct stat st;
    if (stat(path, &st) || !S_ISREG(st.st_mode))
        return false;
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    bool ok = fread(magic, 1, 4, f) == 4 && memcmp(magic, "TZif", 4) == 0;
    fclose(f);
    return ok;
}

/* The configuration names zones; it does not lead anywhere else in the file system. */
static bool is_zone_name(const char *name)
{
    size_t n = strlen(name);
    if (n >= sizeof((struct kf_zone *)0)->name || name[0] == '/' || strstr(name, ".."))
        return false;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == n;
}

typedef kf_vec(const char *) names_vec;

static void list_zones(struct kf_arena *a, const char *prefix, int depth, names_vec *names)
{
    DIR *dir = opendir(kf_arena_printf(a, "%s/%s", zone_directory(), prefix));
    struct dirent *e;
    while (dir && (e = readdir(dir)) != NULL) {
        if (e->d_name[0] < 'A' ||
            e->d_name[0] > 'Z') /* zones are capitalised, posix/ and right/ are not */
            continue;
        const char *name = kf_arena_printf(a, "%s%s", prefix, e->d_name);
        const char *path = kf_arena_printf(a, "%s/%s", zone_directory(), name);
        struct stat st;
        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
            if (depth < 3)
                list_zones(a, kf_arena_printf(a, "%s/", name), depth + 1, names);
        } else if (is_zone_file(path)) {
            *kf_vec_push(names) = name;
        }
    }
    if (dir)
        closedir(dir);
}

static const char *suggest_zone(struct kf_arena *a, const char *name)
{
    names_vec names = {0};
    list_zones(a, "", 0, &names);
    const char *best = kf_str_suggest(name, names.p, names.n);
    if (!best) { /* "Berlin" for "Europe/Berlin" */
        for (size_t i = 0; i < names.n; i++) {
            const char *city = strrchr(names.p[i], '/');
            if (city && strcasecmp(city + 1, name) == 0 && (!best || strcmp(names.p[i], best) < 0))
                best = names.p[i];
        }
    }
    kf_vec_free(&names);
    return best;
}

static int refuse(struct kf_arena *a, const char *name, struct kf_error *err)
{
    struct stat st;
    if (stat(zone_directory(), &st))
        return kf_error_set(err, KF_E_CONFIG, "time",
                            "time zone '%s' cannot be read: there is no time zone database in %s",
                            name, zone_directory());
    const char *best = suggest_zone(a, name);
    return kf_error_set(err, KF_E_CONFIG, "time", "unknown time zone '%s'%s%s%s", name,
                        best ? "; did you mean '" : "", best ? best : "", best ? "'?" : "");
}

struct kf_zone *kf_zone_new(const char *name, struct kf_error *err)
{
    bool utc = !name || !*name || strcmp(name, "UTC") == 0;
    struct kf_tz_change *changes = NULL;
    size_t n = 0;
    if (utc)
        name = "UTC";
    struct kf_arena a;
    kf_arena_init(&a, 0);
    bool ok = utc || (is_zone_name(name) &&
                      kf_tzif_read(kf_arena_printf(&a, "%s/%s", zone_directory(), name), LAST_YEAR,
                                   &changes, &n));
    struct kf_zone *z = NULL;
    if (!ok) {
        refuse(&a, name, err);
    } else {
        z = calloc(1, sizeof *z);
        if (!z)
            kf_arena_exhausted(sizeof *z);
        memcpy(z->name, name, strlen(name));
        if (!utc)
            fill_zone(z, changes, n);
    }
    free(changes);
    kf_arena_free(&a);
    return z;
}

void kf_zone_free(struct kf_zone *z)
{
    if (!z)
        return;
    kf_vec_free(&z->parts);
    kf_vec_free(&z->abbreviations);
    free(z);
}
