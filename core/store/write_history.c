/* What a run came to, kept beside what earlier runs came to: rules, checks, sources. And what each
 * source delivers, which says whose delay a rule waits for. */
#include "store/write_internal.h"

#include "base/error.h"
#include "store/sql.h"

#include <stdlib.h>

/* ---- counting while profiles are decided ---- */

int kf_store_history_begin(struct kf_store_writer *w, struct kf_error *err)
{
    w->count = calloc(w->o.world->rules->n + 1u, sizeof *w->count);
    return w->count ? 0 : kf_error_set(err, KF_E_NOMEM, KF_STORE_MODULE, "out of memory");
}

void kf_store_history_free(struct kf_store_writer *w)
{
    for (uint32_t r = 0; w->count && r < w->o.world->rules->n; r++)
        kf_vec_free(&w->count[r].band);
    free(w->count);
}

/* Bands of a score are few, and their names are texts of the rules. */
static void count_band(struct kf_store_count *c, struct kf_str band)
{
    for (size_t i = 0; i < c->band.n; i++)
        if (kf_str_eq(c->band.p[i].name, band)) {
            c->band.p[i].n++;
            return;
        }
    *kf_vec_push(&c->band) = (struct kf_store_band){band, 1};
}

static void count_values(struct kf_store_writer *w, const struct kf_value *value, uint32_t profiles)
{
    for (uint32_t p = 0; p < profiles; p++, value += w->n_columns)
        for (uint32_t i = 0; i < w->n_columns; i++) {
            struct kf_store_count *c = &w->count[w->def[i].rule->number];
            uint32_t type = value[i].type;
            if (!w->def[i].band) {
                c->members += type != KF_VAL_MISSING && type != KF_VAL_UNDECIDED;
                c->undecided += type == KF_VAL_UNDECIDED;
            } else if (type == KF_VAL_TEXT) {
                count_band(c, value[i].text);
            }
        }
}

void kf_store_history_chunk(struct kf_store_writer *w, const struct kf_decided *c)
{
    uint32_t profile = KF_ID_NONE, rule = KF_ID_NONE;
    count_values(w, c->value, c->to - c->from);
    for (uint32_t i = 0; i < c->n_member; i++)
        w->count[c->member[i].rule].members++;
    for (uint32_t i = 0; i < c->n_no_consent; i++)
        w->count[c->no_consent[i].rule].lacking++;
    for (uint32_t i = 0; i < c->n_undecided; i++)
        w->count[c->undecided[i].rule].undecided++;
    for (uint32_t i = 0; i < c->n_eligibility; i++)
        w->count[c->eligibility[i].channel].members += c->eligibility[i].from != KF_TIME_MAX;
    for (uint32_t i = 0; i < c->n_suppression; i++) {
        const struct kf_suppression *s = &c->suppression[i];
        if (s->profile == profile && s->rule == rule)
            continue; /* one profile, several contacts */
        profile = s->profile;
        rule = s->rule;
        w->count[rule].members++;
    }
}

static void count_fraud(struct kf_store_writer *w)
{
    uint32_t n = 0;
    const struct kf_fraud_row *row = kf_decide_fraud(w->o.decide, &n);
    for (uint32_t i = 0; i < n; i++) {
        w->count[row[i].rule].undecided += row[i].undecided;
        w->count[row[i].rule].members += !row[i].undecided;
    }
}

static int count_flags(struct kf_store_writer *w, sqlite3 *db, struct kf_error *err)
{
    sqlite3_stmt *q = NULL;
    int rc = kf_sql_prepare(db, "SELECT rule, count(*) FROM flag GROUP BY rule", &q, err);
    while (rc == 0 && (rc = kf_sql_step(q, err)) > 0) {
        w->count[sqlite3_column_int64(q, 0)].members = (uint64_t)sqlite3_column_int64(q, 1);
        rc = 0;
    }
    sqlite3_finalize(q);
    return rc;
}

/* ---- rules ---- */

static bool has_history(enum kf_kind kind)
{
    switch (kind) {
    case KF_KIND_FLAG:
    case KF_KIND_TRAIT:
    case KF_KIND_COMPUTED:
    case KF_KIND_SEGMENT:
    case KF_KIND_SUPPRESS:
    case KF_KIND_CHANNEL:
    case KF_KIND_FRAUD:
    case KF_KIND_SCORE:
        return true;
    default:
        return false;
    }
}

static int put_rule(sqlite3_stmt *s, int64_t run, const struct kf_rule *r, struct kf_str band,
                    uint64_t members, const struct kf_store_count *c, struct kf_error *err)
{
    kf_sql_i(s, 1, run);
    kf_sql_text(s, 2, kf_kind_name(r->kind));
    kf_sql_text(s, 3, r->name);
    if (band.p)
        kf_sql_str(s, 4, band);
    kf_sql_str(s, 5, r->digest);
    kf_sql_i(s, 6, (int64_t)members);
    kf_sql_i(s, 7, c ? (int64_t)c->undecided : 0);
    kf_sql_i(s, 8, c ? (int64_t)c->lacking : 0);
    return kf_sql_done(s, err);
}

static int by_name(const void *a, const void *b)
{
    return kf_str_cmp(((const struct kf_store_band *)a)->name,
                      ((const struct kf_store_band *)b)->name);
}

static int write_rules(struct kf_store_writer *w, sqlite3 *db, int64_t run, struct kf_error *err)
{
    const struct kf_ruleset *rules = w->o.world->rules;
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(db,
                            "INSERT INTO run_rule(run, kind, name, band, digest, members,"
                            " undecided, lacking) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                            &s, err);
    for (uint32_t i = 0; i < rules->n && rc == 0; i++) {
        const struct kf_rule *r = rules->rule[i];
        struct kf_store_count *c = &w->count[i];
        if (!has_history(r->kind))
            continue;
        rc = put_rule(s, run, r, kf_str(NULL, 0), c->members, c, err);
        if (c->band.n)
            qsort(c->band.p, c->band.n, sizeof *c->band.p, by_name);
        for (size_t k = 0; k < c->band.n && rc == 0; k++)
            rc = put_rule(s, run, r, c->band.p[k].name, c->band.p[k].n, NULL, err);
    }
    sqlite3_finalize(s);
    return rc;
}

/* ---- files of values that kinfold.yaml names ---- */

static int put_file(sqlite3_stmt *s, int64_t run, const char *kind, const char *name,
                    const struct kf_config_file *f, struct kf_error *err)
{
    if (!f->path)
        return 0;
    kf_sql_i(s, 1, run);
    kf_sql_text(s, 2, kind);
    kf_sql_text(s, 3, name);
    kf_sql_text(s, 4, f->digest);
    kf_sql_i(s, 5, (int64_t)f->n);
    return kf_sql_done(s, err);
}

/* Their content belongs to no rule's digest: what it was has to be kept with the run. */
static int write_files(struct kf_store_writer *w, sqlite3 *db, int64_t run, struct kf_error *err)
{
    const struct kf_config *c = w->o.world->config;
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(db,
                            "INSERT INTO run_rule(run, kind, name, digest, members, undecided,"
                            " lacking) VALUES(?1, ?2, ?3, ?4, ?5, 0, 0)",
                            &s, err);
    for (uint32_t i = 0; i < c->n_list && rc == 0; i++)
        rc = put_file(s, run, "list", c->list[i].name, &c->list[i].file, err);
    if (rc == 0)
        rc = put_file(s, run, "rates", "", &c->rates_said.file, err);
    sqlite3_finalize(s);
    return rc;
}

/* ---- sources ---- */

static int write_sources(struct kf_store_writer *w, sqlite3 *db, int64_t run, struct kf_error *err)
{
    const struct kf_ingest_result *in = w->o.ingest;
    const struct kf_config *c = w->o.world->config;
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(db,
                            "INSERT INTO run_source(run, source, records, events, duplicates,"
                            " rejected, waits) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                            &s, err);
    for (uint32_t i = 0; i < c->n_source && rc == 0; i++) {
        const struct kf_ingest_source *got = in && i < in->n_source ? &in->source[i] : NULL;
        kf_sql_i(s, 1, run);
        kf_sql_text(s, 2, c->source[i].name);
        kf_sql_i(s, 3, got ? (int64_t)got->records : 0);
        kf_sql_i(s, 4, got ? (int64_t)got->events : 0);
        kf_sql_i(s, 5, got ? (int64_t)got->duplicates : 0);
        kf_sql_i(s, 6, got ? (int64_t)got->rejected : 0);
        kf_sql_i(s, 7, c->source[i].cadence == KF_CADENCE_APPROVAL && !c->source[i].approved_by);
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    return rc;
}

/* ---- all of it ---- */

/* Of runs by the minute only the last of each day stays: all of the last hundred do. */
static const char CARRY[] =
    "CREATE TEMP TABLE kept AS SELECT number FROM old.run"
    " WHERE number > (SELECT max(number) - 100 FROM old.run) OR number IN"
    " (SELECT max(number) FROM old.run GROUP BY at_ms / 86400000);"
    "INSERT INTO run_rule SELECT * FROM old.run_rule WHERE run IN kept ORDER BY id;"
    "INSERT INTO run_quality SELECT * FROM old.run_quality WHERE run IN kept ORDER BY id;"
    "INSERT INTO run_source SELECT * FROM old.run_source WHERE run IN kept ORDER BY id;"
    "DROP TABLE kept;";

int kf_store_history_write(struct kf_store_writer *w, sqlite3 *db, int64_t run,
                           struct kf_error *err)
{
    count_fraud(w);
    int rc = w->o.previous ? kf_sql_exec(db, CARRY, err) : 0;
    if (rc == 0)
        rc = count_flags(w, db, err);
    if (rc == 0)
        rc = write_rules(w, db, run, err);
    if (rc == 0)
        rc = write_files(w, db, run, err);
    return rc ? rc : write_sources(w, db, run, err);
}
