/* What the freshness ledger says in words. */
#include "cli/freshness.h"

#include <stdlib.h>

#include "cli/approve_source.h"

const char *kf_ledger_state_name(enum kf_ledger_state s)
{
    static const char *const name[] = {"fresh", "late", "overdue", "silent", "waiting", "never"};
    return name[s];
}

const char *kf_ledger_kind_name(const struct kf_rule *r)
{
    return r->kind == KF_KIND_ATTRIBUTION ? "report" : kf_kind_name(r->kind);
}

const char *kf_ledger_answer_name(enum kf_ledger_answer a)
{
    static const char *const name[] = {"yes", "with care", "no"};
    return name[a];
}

void kf_ago_add(struct kf_buf *out, int64_t ns)
{
    static const struct {
        int64_t from, unit;
        const char *name;
    } step[] = {{2 * 365 * KF_DAY, 365 * KF_DAY, "year"},
                {60 * KF_DAY, 30 * KF_DAY, "month"},
                {2 * KF_DAY, KF_DAY, "day"},
                {2 * KF_HOUR, KF_HOUR, "hour"},
                {2 * KF_MINUTE, KF_MINUTE, "minute"},
                {0, KF_SECOND, "second"}};
    uint32_t i = 0;
    if (ns < KF_SECOND) {
        kf_buf_adds(out, "a moment");
        return;
    }
    while (ns < step[i].from)
        i++;
    kf_count_add(out, (uint64_t)(ns / step[i].unit), step[i].name, NULL);
}

static void when(struct kf_buf *out, const struct kf_ledger *l, int64_t t)
{
    kf_when_add(out, l->s->ws.config->zone, t);
}

/* "released by Ada, in kinfold.yaml"; "waits: ..., since 2026-07-01 06:10" */
static void approval_add(struct kf_buf *out, const struct kf_ledger *l,
                         const struct kf_ledger_source *s)
{
    if (l->approvals)
        kf_source_standing(l->s->ws.config, l->approvals, s->config, out);
    else
        kf_buf_adds(out, kf_config_waits(s->config) ? "waits for approval" : "released");
    if (kf_config_waits(s->config) && s->waits_since != KF_NO_TIME) {
        kf_buf_adds(out, ", since ");
        when(out, l, s->waits_since);
    }
}

static void came_add(struct kf_buf *out, const struct kf_ledger *l,
                     const struct kf_ledger_source *s)
{
    kf_buf_adds(out, "last came ");
    when(out, l, s->delivered);
}

/* Whose fault it is: nobody can know what came since the last run. */
static void late_add(struct kf_buf *out, const struct kf_ledger *l,
                     const struct kf_ledger_source *s)
{
    bool error = s->error_since != KF_NO_TIME;
    kf_buf_adds(out, "late since ");
    when(out, l, s->late_since);
    kf_buf_adds(out, error ? ", error_after " : ", warn_after ");
    kf_ago_add(out, error ? s->config->error_after : s->config->warn_after);
    if (l->run_at != KF_NO_TIME && l->run_at < s->late_since) {
        kf_buf_adds(out, "; nothing was read since ");
        when(out, l, l->run_at);
    }
}

void kf_ledger_standing_add(struct kf_buf *out, const struct kf_ledger *l,
                            const struct kf_ledger_source *s)
{
    switch (s->state) {
    case KF_LEDGER_WAITS:
        approval_add(out, l, s);
        break;
    case KF_LEDGER_NEVER:
        kf_buf_adds(out, "nothing ever came");
        break;
    case KF_LEDGER_LATE:
        late_add(out, l, s);
        break;
    case KF_LEDGER_OVERDUE:
        kf_buf_adds(out, "overdue since ");
        when(out, l, s->due);
        kf_buf_adds(out, ", ");
        came_add(out, l, s);
        break;
    case KF_LEDGER_SILENT:
        kf_buf_adds(out, "silent for ");
        kf_ago_add(out, l->run_at - s->last_received);
        break;
    case KF_LEDGER_FRESH:
        if (s->next != KF_NO_TIME) {
            kf_buf_adds(out, "next ");
            when(out, l, s->next);
        } else if (s->config->cadence == KF_CADENCE_APPROVAL) {
            approval_add(out, l, s);
        } else {
            kf_buf_adds(out, s->config->cadence == KF_CADENCE_REALTIME ? "flowing"
                                                                       : "no cron says when");
        }
        break;
    }
    kf_buf_adds(out, "");
}

/* ---- can I rely on the numbers? ---- */

static void reason(struct kf_ledger *l, enum kf_ledger_answer a, const char *text)
{
    if (a > l->answer)
        l->answer = a;
    kf_buf_addf(&l->reason, "%s%s", l->reason.n ? "\n" : "", text);
}

/* error: of those that are late, these that are beyond their error_after, else the others. */
static void reason_sources(struct kf_ledger *l, enum kf_ledger_state state, bool error,
                           const char *one, const char *many)
{
    struct kf_buf b = {0};
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->n_source; i++)
        if (l->source[i].state == state &&
            (state != KF_LEDGER_LATE || (l->source[i].error_since != KF_NO_TIME) == error))
            kf_buf_addf(&b, "%s%s", n++ ? ", " : "", l->source[i].config->name);
    if (n) {
        kf_buf_addf(&b, " %s", n == 1 ? one : many);
        reason(l, error ? KF_LEDGER_NO : KF_LEDGER_WITH_CARE, b.p);
    }
    kf_buf_free(&b);
}

static void reason_age(struct kf_ledger *l)
{
    struct kf_buf b = {0};
    if (l->run_at == KF_NO_TIME || l->now - l->run_at < 2 * KF_DAY)
        return;
    kf_buf_adds(&b, "the last run was ");
    kf_ago_add(&b, l->now - l->run_at);
    kf_buf_adds(&b, " ago");
    reason(l, KF_LEDGER_NO, b.p);
    kf_buf_free(&b);
}

static bool is_error(const struct kf_ledger *l, const char *expect)
{
    const struct kf_rule *r = kf_rules_find(l->s->last_rules, KF_KIND_EXPECT, expect);
    return r && strcmp(kf_rule_text(r, "severity", "warn"), "error") == 0;
}

static void reason_quality(struct kf_ledger *l)
{
    struct kf_buf b = {0};
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->n_failed; i++)
        if (is_error(l, l->failed[i]))
            kf_buf_addf(&b, "%s%s", n++ ? ", " : "", l->failed[i]);
    if (n) {
        kf_buf_addf(&b, " %s not hold ('kinfold quality')", n == 1 ? "does" : "do");
        reason(l, KF_LEDGER_NO, b.p);
    }
    kf_buf_free(&b);
}

void kf_ledger_answer(struct kf_ledger *l)
{
    reason_age(l);
    reason_quality(l);
    reason_sources(l, KF_LEDGER_LATE, true, "is late beyond its error_after",
                   "are late beyond their error_after");
    if (l->despite)
        reason(l, KF_LEDGER_WITH_CARE, "it was stored although a quality gate was shut");
    reason_sources(l, KF_LEDGER_WAITS, false, "waits for approval", "wait for approval");
    reason_sources(l, KF_LEDGER_NEVER, false, "never delivered", "never delivered");
    reason_sources(l, KF_LEDGER_LATE, false, "is late", "are late");
    reason_sources(l, KF_LEDGER_OVERDUE, false, "is overdue", "are overdue");
    reason_sources(l, KF_LEDGER_SILENT, false, "is silent", "are silent");
    if (l->rules_broken)
        reason(l, KF_LEDGER_WITH_CARE, "the rules of the working tree do not load");
    else if (l->rules_changed)
        reason(l, KF_LEDGER_WITH_CARE, "the rules have changed since the run");
    kf_buf_adds(&l->reason, "");
}

static bool fails(const struct kf_ledger_source *s)
{
    if (s->state == KF_LEDGER_LATE)
        return s->error_since != KF_NO_TIME || !s->config->error_after || kf_ledger_overdue(s);
    return s->state == KF_LEDGER_OVERDUE || s->state == KF_LEDGER_SILENT ||
           s->state == KF_LEDGER_NEVER;
}

bool kf_ledger_fails(const struct kf_ledger *l)
{
    for (uint32_t i = 0; i < l->n_source; i++)
        if (fails(&l->source[i]))
            return true;
    return false;
}

/* ---- why ---- */

#define FEEDS_SAID 6

/* "; it feeds segment vip, export mail and 3 more" */
static void feeds_add(const struct kf_ledger *l, const struct kf_ledger_source *s,
                      struct kf_buf *out)
{
    uint32_t number = (uint32_t)(s - l->source), n = 0;
    for (uint32_t i = 0; i < l->n_product; i++) {
        const struct kf_ledger_product *p = &l->product[i];
        bool fed = false;
        for (uint32_t k = 0; k < p->n_source; k++)
            fed |= p->source[k] == number;
        if (fed && n++ < FEEDS_SAID)
            kf_buf_addf(out, "%s %s %s", n == 1 ? "; it feeds" : ",", kf_ledger_kind_name(p->rule),
                        p->rule->name);
    }
    if (n > FEEDS_SAID)
        kf_buf_addf(out, " and %u more", n - FEEDS_SAID);
}

static void why_source(const struct kf_ledger *l, const struct kf_ledger_source *s,
                       struct kf_buf *out)
{
    if (s->last_event != KF_NO_TIME) {
        kf_buf_adds(out, "its newest event is of ");
        when(out, l, s->last_event);
        kf_buf_adds(out, " (");
        kf_ago_add(out, l->now - s->last_event);
        kf_buf_adds(out, " ago), ");
    }
    kf_buf_adds(out, s->state == KF_LEDGER_FRESH && s->next != KF_NO_TIME ? "on time, " : "");
    kf_ledger_standing_add(out, l, s);
    kf_buf_adds(out, s->state == KF_LEDGER_SILENT ? " before the last run" : "");
    if (s->state == KF_LEDGER_WAITS)
        kf_buf_addf(out, "; 'kinfold source approve %s' releases it", s->config->name);
}

static void why_product(const struct kf_ledger *l, const struct kf_ledger_product *p,
                        struct kf_buf *out)
{
    kf_buf_addf(out, "%s %s ", kf_ledger_kind_name(p->rule), p->rule->name);
    if (p->stalest == UINT32_MAX) {
        kf_buf_adds(out, "asks nothing of any source\n");
        return;
    }
    const struct kf_ledger_source *s = &l->source[p->stalest];
    kf_buf_addf(out, "is %s ",
                s->state == KF_LEDGER_FRESH ? "not delayed, and as fresh as" : "delayed by");
    kf_buf_addf(out, "%s: ", s->config->name);
    why_source(l, s, out);
    kf_buf_addc(out, '\n');
}

static const char *name_near(const struct kf_ledger *l, const char *name)
{
    uint32_t n = 0;
    const char **all = malloc((l->n_source + l->n_product + 1u) * sizeof *all);
    for (uint32_t i = 0; all && i < l->n_source; i++)
        all[n++] = l->source[i].config->name;
    for (uint32_t i = 0; all && i < l->n_product; i++)
        all[n++] = l->product[i].rule->name;
    const char *near = all ? kf_str_suggest(name, all, n) : NULL;
    free(all);
    return near;
}

int kf_ledger_why(const struct kf_ledger *l, const char *name, struct kf_buf *out,
                  struct kf_error *err)
{
    size_t before = out->n;
    for (uint32_t i = 0; i < l->n_source; i++)
        if (strcmp(l->source[i].config->name, name) == 0) {
            kf_buf_addf(out, "source %s: ", name);
            why_source(l, &l->source[i], out);
            feeds_add(l, &l->source[i], out);
            kf_buf_addc(out, '\n');
        }
    for (uint32_t i = 0; i < l->n_product; i++)
        if (strcmp(l->product[i].rule->name, name) == 0)
            why_product(l, &l->product[i], out);
    if (out->n > before)
        return 0;
    const char *near = name_near(l, name);
    return kf_error_set(err, KF_E_USAGE, "status",
                        "--why %s: there is no source, segment, export or report of that name at "
                        "the last run%s%s%s",
                        name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}
