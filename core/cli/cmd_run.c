/* The main job, and the screen that says what came of it. */
#include "cli/approve_gate.h"
#include "cli/plan.h"
#include "cli/quality_gate.h"
#include "cli/session.h"
#include "cli/steward.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const struct kf_cli_option OPTIONS[] = {
    {"as-of", 0, "INSTANT", "decide as of this instant or day (default: the newest event)", false},
    {"force", 'f', NULL, "decide again even if nothing is new", false},
    {"published", 0, NULL, "decide with the published rules, whatever stands in the tree", false},
    {"store", 0, "FILE", "store here instead of where kinfold.yaml says", false},
    KF_DESPITE_OPTION,
    {"by", 0, "NAME", "who goes on although a quality gate is shut (default: who is logged in)",
     false},
    {0},
};

/* ---- what was read ---- */

static const struct kf_config_source *waiting(const struct kf_ingest_source *s)
{
    return s->config->cadence == KF_CADENCE_APPROVAL && !s->config->approved_by ? s->config : NULL;
}

/* A count that stands out unless it is 0. */
static void add_number(struct kf_table *t, uint64_t n, enum kf_style style)
{
    char text[32];
    kf_table_style(t, n ? style : KF_PLAIN, kf_count_text(n, text));
}

static void add_sources(const struct kf_run_report *r, bool colour, struct kf_buf *b)
{
    struct kf_table t;
    kf_table_start(&t, "lrrrrl");
    kf_table_head(&t, "source|records|events|duplicates|quarantined|");
    for (uint32_t i = 0; i < r->ingest->n_source; i++) {
        const struct kf_ingest_source *s = &r->ingest->source[i];
        kf_table_cell(&t, s->config->name);
        kf_table_count(&t, s->records);
        kf_table_count(&t, s->events);
        kf_table_count(&t, s->duplicates);
        add_number(&t, s->rejected, KF_YELLOW);
        if (waiting(s))
            kf_table_style(&t, KF_YELLOW, "waits for approval");
        kf_table_end_row(&t);
    }
    kf_table_print(&t, 2, colour, b);
}

struct reason {
    const char *name;
    uint32_t n, first;
};

/* Reasons in the order of their first record; quarantine is sorted by place. */
static uint32_t reasons(const struct kf_ingest_result *in, struct reason *out, uint32_t cap)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < in->n_quarantine; i++) {
        uint32_t k = 0;
        while (k < n && strcmp(out[k].name, in->quarantine[i].reason))
            k++;
        if (k == n && n < cap)
            out[n++] = (struct reason){in->quarantine[i].reason, 0, i};
        if (k < n)
            out[k].n++;
    }
    return n;
}

static void quarantine_place(const struct kf_run_report *r, uint32_t i, struct kf_buf *b)
{
    const struct kf_quarantine *q = &r->ingest->quarantine[i];
    struct kf_str file = kf_symbols_text(r->events->dict->file, q->file);
    kf_buf_add(b, file.p ? file.p : "?", file.p ? file.n : 1);
    if (q->record) /* 0: the file as a whole */
        kf_buf_addf(b, ":%u", q->record);
}

static void add_quarantine(const struct kf_run_report *r, bool colour, struct kf_buf *b)
{
    if (!r->ingest->n_quarantine)
        return;
    struct reason reason[64];
    uint32_t n = reasons(r->ingest, reason, 64);
    struct kf_buf head = {0};
    kf_buf_adds(&head, "Quarantined ");
    kf_count_add(&head, r->ingest->n_quarantine, "record", NULL);
    kf_buf_addc(b, '\n');
    kf_style_add(b, colour, KF_BOLD, head.p);
    kf_buf_adds(b, " ('kinfold quality' shows them)\n");
    kf_buf_free(&head);
    struct kf_table t;
    kf_table_start(&t, "lrl");
    for (uint32_t i = 0; i < n; i++) {
        struct kf_buf place = {0};
        kf_table_cell(&t, reason[i].name);
        kf_table_count(&t, reason[i].n);
        kf_buf_adds(&place, reason[i].n > 1 ? "first at " : "at ");
        quarantine_place(r, reason[i].first, &place);
        kf_table_cell(&t, place.p);
        kf_table_end_row(&t);
        kf_buf_free(&place);
    }
    kf_table_print(&t, 2, colour, b);
}

/* ---- people ---- */

static uint64_t held(const struct kf_world *w)
{
    return w->n_profiles ? w->ids_first[w->n_profiles] : 0;
}

struct tally {
    const char *name;
    uint64_t n;
};

static void tally(struct tally *t, uint32_t *n, uint32_t cap, const char *name)
{
    for (uint32_t i = 0; i < *n; i++)
        if (strcmp(t[i].name, name) == 0) {
            t[i].n++;
            return;
        }
    if (*n < cap)
        t[(*n)++] = (struct tally){name, 1};
}

static int by_count(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : strcmp(x->name, y->name);
}

/* Links by what made them, or refusals by reason; most frequent first. */
static uint32_t tally_links(const struct kf_world *w, bool refused, struct tally *out, uint32_t cap)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->identity->n_link; i++) {
        const struct kf_id_link *l = &w->identity->link[i];
        if ((l->reason != KF_ID_KEPT) == refused)
            tally(out, &n, cap, refused ? kf_identity_reason_name(l->reason) : l->rule);
    }
    qsort(out, n, sizeof *out, by_count);
    return n;
}

/* "sign_in 18, crm_record 15" */
static void add_joined(const struct tally *t, uint32_t n, struct kf_buf *b)
{
    struct kf_buf list = {0};
    for (uint32_t i = 0; i < n; i++) {
        char s[32];
        kf_buf_addf(&list, "%s%s %s", i ? ", " : "", t[i].name, kf_count_text(t[i].n, s));
    }
    if (n) {
        kf_buf_adds(b, "  joined   ");
        kf_wrap_add(b, list.p, 11, 11, true);
        kf_buf_addc(b, '\n');
    }
    kf_buf_free(&list);
}

/* What a reason of kf_identity_reason_name says to somebody who sees it for the first time. */
static const char *refusal(const char *reason)
{
    static const char *const meaning[][2] = {
        {"consent", "the person did not agree to it"},
        {"unlinked", "a steward took it apart"},
        {"shared_above", "more people use it than the rule allows"},
        {"shared", "several people use it"},
        {"never_link", "a rule forbids it"},
        {"keep_apart", "a steward keeps them apart"},
        {"per_profile", "more than one person has"},
        {"within", "more in that time than one person has"},
        {"ceiling", "the profile would grow too large"},
    };
    for (size_t i = 0; i < sizeof meaning / sizeof *meaning; i++)
        if (strcmp(meaning[i][0], reason) == 0)
            return meaning[i][1];
    return "";
}

static void add_refused(const struct tally *t, uint32_t n, bool colour, struct kf_buf *b)
{
    struct kf_table table;
    kf_table_start(&table, "llrl");
    for (uint32_t i = 0; i < n; i++) {
        kf_table_cell(&table, i ? "" : "refused");
        kf_table_cell(&table, t[i].name);
        kf_table_count(&table, t[i].n);
        kf_table_style(&table, KF_DIM, refusal(t[i].name));
        kf_table_end_row(&table);
    }
    kf_table_print(&table, 2, colour, b);
}

static void add_people(const struct kf_run_report *r, bool colour, struct kf_buf *b)
{
    const struct kf_world *w = r->world;
    struct tally t[96];
    struct kf_buf head = {0};
    kf_count_add(&head, w->n_profiles, "profile", NULL);
    kf_buf_adds(&head, " from ");
    kf_count_add(&head, held(w), "identifier", NULL);
    kf_buf_addc(b, '\n');
    kf_style_add(b, colour, KF_BOLD, head.p);
    kf_buf_addc(b, '\n');
    kf_buf_free(&head);
    uint32_t n = tally_links(w, false, t, 96);
    add_joined(t, n, b);
    n = tally_links(w, true, t, 96);
    add_refused(t, n, colour, b);
    if (w->identity->n_shared || w->n_unowned) {
        kf_buf_adds(b, "  set aside ");
        kf_count_add(b, w->identity->n_shared, "shared identifier", NULL);
        kf_buf_adds(b, ", ");
        kf_count_add(b, w->n_unowned, "event of nobody", "events of nobody");
        kf_buf_addc(b, '\n');
    }
}

/* ---- decisions ---- */

static void add_reasons(const struct kf_run_report *r, uint32_t segment, struct kf_buf *b)
{
    uint32_t n;
    const struct kf_rule *const *s = kf_rules_kind(r->world->rules, KF_KIND_SUPPRESS, &n);
    bool first = true;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t count = r->stopped[(size_t)segment * r->n_rules + s[i]->number];
        if (!count)
            continue;
        kf_buf_addf(b, "%s%s %u", first ? "" : ", ", s[i]->name, count);
        first = false;
    }
}

static void add_segments(const struct kf_run_report *r, bool colour, struct kf_buf *b)
{
    uint32_t n;
    const struct kf_rule *const *s = kf_rules_kind(r->world->rules, KF_KIND_SEGMENT, &n);
    if (!n)
        return;
    struct kf_table t;
    kf_table_start(&t, "lrrrrl");
    t.wrap = t.list = true;
    kf_table_head(&t, "segment|members|suppressed|no consent|undecided|suppressed by");
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = s[i]->number;
        struct kf_buf why = {0};
        add_reasons(r, k, &why);
        kf_table_style(&t, KF_BOLD, s[i]->name);
        kf_table_count(&t, r->members[k]);
        add_number(&t, r->members_suppressed[k], KF_YELLOW);
        kf_table_count(&t, r->no_consent[k]);
        kf_table_count(&t, r->undecided[k]);
        kf_table_cell(&t, why.p ? why.p : "");
        kf_table_end_row(&t);
        kf_buf_free(&why);
    }
    kf_buf_addc(b, '\n');
    kf_table_print(&t, 2, colour, b);
}

struct fraud_count {
    uint32_t suspicious, reject, undecided;
};

static uint32_t count_fraud(const struct kf_run_report *r, const struct kf_rule *rule,
                            struct fraud_count *ret)
{
    uint32_t n, total = 0;
    const struct kf_fraud_row *row = kf_decide_fraud(r->decide, &n);
    *ret = (struct fraud_count){0};
    for (uint32_t i = 0; i < n; i++)
        if (row[i].rule == rule->number) {
            total++;
            ret->undecided += row[i].undecided;
            ret->reject += row[i].verdict == KF_VERDICT_REJECT;
            ret->suspicious += row[i].verdict == KF_VERDICT_SUSPICIOUS;
        }
    return total;
}

static void add_fraud(const struct kf_run_report *r, bool colour, struct kf_buf *b)
{
    uint32_t n;
    const struct kf_rule *const *f = kf_rules_kind(r->world->rules, KF_KIND_FRAUD, &n);
    struct kf_table t;
    kf_table_start(&t, "lrrl");
    t.wrap = true;
    kf_table_head(&t, "fraud|rejected|suspicious|looks at");
    for (uint32_t i = 0; i < n; i++) {
        struct fraud_count c;
        if (!count_fraud(r, f[i], &c))
            continue;
        kf_table_style(&t, KF_BOLD, f[i]->name);
        add_number(&t, c.reject, KF_RED);
        add_number(&t, c.suspicious, KF_YELLOW);
        kf_table_cell(&t, f[i]->title ? f[i]->title : "");
        kf_table_end_row(&t);
    }
    if (kf_table_empty(&t)) {
        struct kf_buf none = {0};
        kf_table_print(&t, 0, false, &none);
        kf_buf_free(&none);
        return;
    }
    kf_buf_addc(b, '\n');
    kf_table_print(&t, 2, colour, b);
}

/* ---- what to type next ---- */

/* An identifier a person may type: none that is masked. */
static void add_name(const struct kf_world *w, uint32_t profile, bool reveal, struct kf_buf *b)
{
    char hex[17];
    for (uint32_t i = w->ids_first[profile]; i < w->ids_first[profile + 1]; i++) {
        struct kf_str ns = kf_cstr(w->ids->rules.ns[w->ids->ns[w->ids_of[i]]].name);
        struct kf_str v = kf_idset_value(w->ids, w->ids_of[i]);
        bool odd = false;
        for (size_t k = 0; k < v.n; k++)
            odd |= (unsigned char)v.p[k] <= ' ' || strchr("\"'$`\\&|;<>()*?!#~", v.p[k]) != NULL;
        if (odd || (!reveal && kf_personal_kind(ns, NULL)))
            continue;
        kf_buf_addf(b, "%.*s:", (int)ns.n, ns.p);
        kf_mask_add(b, KF_PERSONAL_NONE, v, reveal);
        return;
    }
    kf_profile_id_format(w->identity->profile_id[profile], hex);
    kf_buf_adds(b, hex);
}

static const struct kf_rule *biggest_exported(const struct kf_run_report *r,
                                              const struct kf_rule **ret_export)
{
    uint32_t n;
    const struct kf_rule *const *e = kf_rules_kind(r->world->rules, KF_KIND_EXPORT, &n),
                                *best = NULL;
    for (uint32_t i = 0; i < n; i++) {
        const char *name = kf_rule_text(e[i], "segment", NULL);
        const struct kf_rule *s =
            name ? kf_rules_find(r->world->rules, KF_KIND_SEGMENT, name) : NULL;
        uint32_t free_members = s ? r->members[s->number] - r->members_suppressed[s->number] : 0;
        if (free_members && (!best || free_members > r->members[best->number] -
                                                         r->members_suppressed[best->number])) {
            best = s;
            *ret_export = e[i];
        }
    }
    return best;
}

static uint32_t example_profile(const struct kf_run_report *r, const struct kf_rule *segment)
{
    if (segment)
        return r->example[segment->number];
    uint32_t best = KF_ID_NONE;
    for (uint32_t p = 0; p < r->world->n_profiles; p++)
        if (best == KF_ID_NONE || r->world->ids_first[p + 1] - r->world->ids_first[p] >
                                      r->world->ids_first[best + 1] - r->world->ids_first[best])
            best = p;
    return best;
}

/* A command as it works where the person stands: the program as it was called, the workspace if
 * it is not this folder. */
static void add_command(const struct kf_cli *cli, const char *what, const char *says,
                        struct kf_buf *b)
{
    struct kf_buf line = {0};
    kf_buf_adds(&line, cli->program);
    if (kf_cli_has(cli, "dir"))
        kf_buf_addf(&line, " -C %s", cli->dir);
    kf_buf_addf(&line, " %s", what);
    kf_buf_addf(b, "  %s\n    ", says);
    kf_style_add(b, cli->colour, KF_GREEN, line.p);
    kf_buf_addc(b, '\n');
    kf_buf_free(&line);
}

static void add_next(const struct kf_session *s, const struct kf_run_report *r, struct kf_buf *b)
{
    const struct kf_rule *export = NULL, *segment = biggest_exported(r, &export);
    uint32_t profile = example_profile(r, segment);
    struct kf_buf what = {0};
    kf_buf_addc(b, '\n');
    kf_style_add(b, s->cli->colour, KF_BOLD, "Try next");
    kf_buf_addc(b, '\n');
    if (profile != KF_ID_NONE) {
        kf_buf_adds(&what, "explain ");
        add_name(r->world, profile, s->reveal, &what);
        add_command(s->cli, what.p, "Why is this person who they are, and in these segments?", b);
    }
    if (export) {
        kf_buf_clear(&what);
        kf_buf_addf(&what, "export --export %s --dry-run", export->name);
        add_command(s->cli, what.p, "Who of an audience would be sent, who not, and why?", b);
    } else {
        add_command(s->cli, "status", "What is stored, and how fresh is it?", b);
    }
    add_command(s->cli, "dry-run", "Change a rule, then: what would be different?", b);
    kf_buf_free(&what);
}

/* ---- the report ---- */

static void add_stored(const struct kf_session *s, const struct kf_run_report *r, const char *path,
                       struct kf_buf *b)
{
    struct stat st;
    kf_buf_addf(b, "\nStored in %s", path);
    if (stat(path, &st) == 0)
        kf_buf_addf(b, " (%.1f MB)", (double)st.st_size / 1e6);
    if (r->world->as_of == KF_NO_TIME) {
        kf_buf_adds(b, ": there is no event yet\n");
    } else {
        kf_buf_adds(b, ", as of ");
        kf_when_add(b, s->ws.config->zone, r->world->as_of);
        kf_buf_addf(b, " %s\n", s->ws.config->zone_name ? s->ws.config->zone_name : "UTC");
    }
    kf_buf_addf(b, "  read %.2f s, join %.2f s, decide %.2f s, store %.2f s\n", r->seconds_read,
                r->seconds_identity, r->seconds_decide, r->seconds_store);
}

static void say_text(const struct kf_session *s, const struct kf_run_report *r, const char *path,
                     struct kf_buf *b)
{
    bool colour = s->cli->colour;
    struct kf_buf head = {0};
    kf_count_add(&head, r->ingest->events, "event", NULL);
    kf_buf_adds(&head, " from ");
    kf_count_add(&head, r->ingest->n_source, "source", NULL);
    kf_buf_addf(&head, " in %.2f s", r->seconds);
    kf_style_add(b, colour, KF_BOLD, head.p);
    kf_buf_free(&head);
    if (r->carried_events) {
        kf_buf_adds(b, ", beside ");
        kf_count_add(b, r->carried_events, "earlier one", "earlier ones");
    }
    if (r->ingest->skipped_files) {
        kf_buf_adds(b, "; ");
        kf_count_add(b, r->ingest->skipped_files, "file unchanged", "files unchanged");
    }
    kf_buf_addc(b, '\n');
    if (r->despite) {
        kf_style_add(b, colour, KF_YELLOW, "Stored although a quality gate is shut");
        kf_buf_adds(b, " ('kinfold quality' says which; the store keeps who and why)\n");
    }
    add_sources(r, colour, b);
    add_quarantine(r, colour, b);
    add_people(r, colour, b);
    add_segments(r, colour, b);
    add_fraud(r, colour, b);
    add_stored(s, r, path, b);
    add_next(s, r, b);
}

static void json_read(const struct kf_run_report *r, struct kf_json *j)
{
    kf_json_open(j, "sources", '[');
    for (uint32_t i = 0; i < r->ingest->n_source; i++) {
        const struct kf_ingest_source *s = &r->ingest->source[i];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "name", s->config->name);
        kf_json_count(j, "records", s->records);
        kf_json_count(j, "events", s->events);
        kf_json_count(j, "duplicates", s->duplicates);
        kf_json_count(j, "quarantined", s->rejected);
        kf_json_count(j, "skipped", s->skipped);
        kf_json_bool(j, "waits_for_approval", waiting(s) != NULL);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    struct reason reason[64];
    uint32_t n = reasons(r->ingest, reason, 64);
    kf_json_open(j, "quarantine", '[');
    for (uint32_t i = 0; i < n; i++) {
        struct kf_buf place = {0};
        quarantine_place(r, reason[i].first, &place);
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "reason", reason[i].name);
        kf_json_count(j, "records", reason[i].n);
        kf_json_text(j, "first", place.p);
        kf_json_close(j, '}');
        kf_buf_free(&place);
    }
    kf_json_close(j, ']');
}

static void json_tally(struct kf_json *j, const char *key, const struct tally *t, uint32_t n)
{
    kf_json_open(j, key, '{');
    for (uint32_t i = 0; i < n; i++)
        kf_json_count(j, t[i].name, t[i].n);
    kf_json_close(j, '}');
}

static void json_decisions(const struct kf_run_report *r, struct kf_json *j)
{
    uint32_t n, n_suppress;
    const struct kf_rule *const *s = kf_rules_kind(r->world->rules, KF_KIND_SEGMENT, &n);
    const struct kf_rule *const *x = kf_rules_kind(r->world->rules, KF_KIND_SUPPRESS, &n_suppress);
    kf_json_open(j, "segments", '[');
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = s[i]->number;
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "name", s[i]->name);
        kf_json_count(j, "members", r->members[k]);
        kf_json_count(j, "suppressed", r->members_suppressed[k]);
        kf_json_open(j, "suppressed_by", '{');
        for (uint32_t m = 0; m < n_suppress; m++)
            if (r->stopped[(size_t)k * r->n_rules + x[m]->number])
                kf_json_count(j, x[m]->name, r->stopped[(size_t)k * r->n_rules + x[m]->number]);
        kf_json_close(j, '}');
        kf_json_count(j, "no_consent", r->no_consent[k]);
        kf_json_count(j, "undecided", r->undecided[k]);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_open(j, "suppressions", '{');
    for (uint32_t m = 0; m < n_suppress; m++)
        kf_json_count(j, x[m]->name, r->suppressed[x[m]->number]);
    kf_json_close(j, '}');
    const struct kf_rule *const *f = kf_rules_kind(r->world->rules, KF_KIND_FRAUD, &n);
    kf_json_open(j, "fraud", '[');
    for (uint32_t i = 0; i < n; i++) {
        struct fraud_count c;
        count_fraud(r, f[i], &c);
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "name", f[i]->name);
        kf_json_count(j, "reject", c.reject);
        kf_json_count(j, "suspicious", c.suspicious);
        kf_json_count(j, "undecided", c.undecided);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void json_values(const struct kf_run_report *r, struct kf_json *j)
{
    struct kf_arena arena = {0};
    const struct kf_plan_values *v;
    uint32_t n = kf_plan_values_of(r->world->config, &arena, &v);
    kf_plan_values_json(j, "values", v, n);
    kf_arena_free(&arena);
}

static void say_json(const struct kf_run_report *r, const char *path, struct kf_buf *b)
{
    struct kf_json j;
    struct tally t[96];
    kf_json_start(&j, b, "kinfold.run/1");
    kf_json_bool(&j, "nothing_new", false);
    kf_json_bool(&j, "interrupted", r->interrupted);
    kf_json_bool(&j, "despite_quality", r->despite);
    kf_json_text(&j, "store", path);
    kf_json_time(&j, "as_of", r->world->as_of);
    kf_json_text(&j, "rules_digest", r->world->rules->digest);
    json_values(r, &j);
    kf_json_count(&j, "events", r->ingest->events);
    kf_json_count(&j, "carried_events", r->carried_events);
    kf_json_count(&j, "duplicates", r->ingest->duplicates);
    kf_json_count(&j, "quarantined", r->ingest->n_quarantine);
    json_read(r, &j);
    kf_json_count(&j, "profiles", r->world->n_profiles);
    kf_json_count(&j, "identifiers", held(r->world));
    kf_json_count(&j, "shared_identifiers", r->world->identity->n_shared);
    kf_json_count(&j, "events_of_nobody", r->world->n_unowned);
    json_tally(&j, "joined", t, tally_links(r->world, false, t, 96));
    json_tally(&j, "refused", t, tally_links(r->world, true, t, 96));
    json_decisions(r, &j);
    kf_json_open(&j, "seconds", '{');
    kf_json_seconds(&j, "total", r->seconds);
    kf_json_seconds(&j, "read", r->seconds_read);
    kf_json_seconds(&j, "identity", r->seconds_identity);
    kf_json_seconds(&j, "decide", r->seconds_decide);
    kf_json_seconds(&j, "store", r->seconds_store);
    kf_json_close(&j, '}');
    kf_json_end(&j);
}

static void say_nothing_new(struct kf_session *s, const char *path, struct kf_buf *b)
{
    struct kf_error ignored = KF_ERROR_INIT;
    struct kf_store *store = NULL;
    struct kf_store_run last = {0};
    if (kf_store_open(path, &store, &ignored) == 0)
        kf_store_last_run(store, &last, &ignored);
    if (s->cli->json) {
        struct kf_json j;
        kf_json_start(&j, b, "kinfold.run/1");
        kf_json_bool(&j, "nothing_new", true);
        kf_json_text(&j, "store", path);
        kf_json_time(&j, "as_of", last.as_of);
        kf_json_count(&j, "events", 0);
        kf_json_count(&j, "carried_events", last.events);
        kf_json_count(&j, "profiles", last.profiles);
        kf_json_end(&j);
    } else {
        kf_buf_addf(b, "Nothing new: no file, rule or setting has changed since run %lld, as of ",
                    (long long)last.number);
        kf_when_add(b, s->ws.config->zone, last.as_of);
        kf_buf_adds(b, ".\n");
        kf_count_add(b, last.events, "event", NULL);
        kf_buf_adds(b, ", ");
        kf_count_add(b, last.profiles, "profile", NULL);
        kf_buf_addf(b, "; %s was not touched. --force decides again.\n", path);
    }
    kf_store_close(store);
}

static int despite(const struct kf_session *s, struct kf_run_options *o, struct kf_error *err)
{
    int rc = kf_despite(s->cli, &o->despite, err);
    return rc || !o->despite ? rc : kf_desk_who(s->cli, &o->despite_by, err);
}

static int work(struct kf_session *s, struct kf_run_report *r, struct kf_run_options *o,
                struct kf_error *err)
{
    int rc = despite(s, o, err);
    if (rc == 0)
        rc = kf_gate_rules(s, kf_cli_has(s->cli, "published"), err);
    if (rc == 0)
        rc = kf_workspace_load_plugins(&s->ws, err);
    if (rc == 0)
        rc = kf_session_as_of(s, &o->as_of, err);
    return rc ? rc : kf_pipeline_run(&s->ws, o, r, err);
}

static int run(struct kf_cli *cli)
{
    struct kf_session s;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_run_report r = {0};
    struct kf_run_options o = {.as_of = KF_NO_TIME,
                               .force = kf_cli_has(cli, "force"),
                               .store = kf_cli_get(cli, "store"),
                               .at = kf_desk_now()};
    struct kf_buf b = {0};
    int status = 0, rc = kf_session_open(&s, cli, &err);
    if (rc == 0)
        rc = work(&s, &r, &o, &err);
    if (rc) {
        status = kf_session_fail(&s, &err);
    } else {
        const char *path = o.store ? o.store : s.ws.config->store;
        if (r.nothing_new && (cli->json || !cli->quiet))
            say_nothing_new(&s, path, &b);
        else if (cli->json)
            say_json(&r, path, &b);
        else if (!cli->quiet)
            say_text(&s, &r, path, &b);
        kf_out_flush(&b);
        if (r.interrupted) {
            fprintf(
                stderr,
                "kinfold: interrupted; what was read is stored, the next run goes on from there\n");
            status = kf_cli_signal == 15 ? 143 : 130;
        }
    }
    kf_run_report_free(&r);
    kf_session_close(&s);
    return status;
}

static const char *const EXAMPLES[] = {"kinfold run",
                                       "read what is new, join, decide, store",
                                       "kinfold run --as-of 2026-07-01",
                                       "as it stood at the end of that day",
                                       "kinfold run --json | jq .segments",
                                       "for a program",
                                       NULL};
static const struct kf_cli_exit EXITS[] = {
    {75, "another run is at work on this store"},
    {77, "the rules are not approved and published, or a quality gate is shut: nothing stored"},
    {78, "kinfold.yaml, a connector or a rule does not load; nothing was done"},
    {130, "interrupted: what was read is stored; a second signal stops at once"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_run = {
    .name = "run",
    .purpose = "read the sources, join people, decide, store",
    .about = "One atomic step: whoever looks sees the store as it was before or after. A run with "
             "nothing new changes nothing.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
