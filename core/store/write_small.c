#include "store/write_internal.h"

#include "base/error.h"
#include "base/hash.h"
#include "store/approval.h"
#include "store/read_internal.h"
#include "store/sql.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what an earlier run left ---- */

/* Histories and people's decisions go on; source_status is summed up below. */
static const char CARRY[] =
    "INSERT INTO run SELECT number, engine, rules_digest, config_digest, data_digest, as_of_ns,"
    " events, profiles, identifiers, quarantined, duplicates, read_records, read_events,"
    " read_bytes, compression, decisions, erasures, ids_gone, ids_new, at_ms, despite_by, despite"
    " FROM old.run ORDER BY number;"
    "INSERT INTO source_status SELECT * FROM old.source_status ORDER BY id;"
    "INSERT INTO source_file SELECT * FROM old.source_file ORDER BY id;"
    "INSERT INTO quarantine SELECT * FROM old.quarantine ORDER BY id;"
    "INSERT INTO decision SELECT * FROM old.decision ORDER BY number;"
    "INSERT INTO approval SELECT * FROM old.approval ORDER BY number;"
    "INSERT INTO erasure SELECT * FROM old.erasure ORDER BY number;"
    "INSERT INTO tombstone SELECT * FROM old.tombstone ORDER BY id;"
    "INSERT INTO setting SELECT * FROM old.setting ORDER BY name;";

static int carry(sqlite3 *db, const struct kf_store *previous, struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(db, "ATTACH ?1 AS old", &s, err);
    if (rc)
        return rc;
    kf_sql_text(s, 1, previous->path);
    rc = kf_sql_done(s, err);
    sqlite3_finalize(s);
    return rc;
}

/* ---- rules ---- */

static void sentence(const struct kf_rule *r, struct kf_buf *out)
{
    static const char *const key[] = {"who", "when", "is", "expect", "where", "from"};
    for (size_t i = 0; i < sizeof key / sizeof *key; i++) {
        const struct kf_node *n = kf_rule_get(r, key[i]);
        if (n && n->cls != KF_CLASS_CONST && n->cls != KF_CLASS_TABLE) {
            kf_node_sentence(n, out);
            return;
        }
    }
}

static int write_rules(struct kf_store_writer *w, sqlite3 *db, struct kf_error *err)
{
    const struct kf_ruleset *rules = w->o.world->rules;
    sqlite3_stmt *s = NULL;
    struct kf_buf text = {0};
    uint32_t place = 0;
    int rc = kf_sql_prepare(
        db, "INSERT INTO rule VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)", &s, err);
    for (uint32_t i = 0; i < rules->n && rc == 0; i++) {
        const struct kf_rule *r = rules->rule[i];
        place = i && rules->rule[i - 1]->kind == r->kind ? place + 1 : 0;
        kf_buf_clear(&text);
        sentence(r, &text);
        kf_sql_i(s, 1, r->number);
        kf_sql_text(s, 2, kf_kind_name(r->kind));
        kf_sql_i(s, 3, place);
        kf_sql_text(s, 4, r->name ? r->name : "");
        kf_sql_text(s, 5, r->title);
        kf_sql_text(s, 6, r->owner);
        kf_sql_text(s, 7, r->because);
        kf_sql_text(s, 8, r->pos.file);
        kf_sql_i(s, 9, r->pos.line);
        kf_sql_text(s, 10, text.n ? text.p : NULL);
        kf_sql_str(s, 11, r->digest);
        rc = kf_sql_done(s, err);
    }
    kf_buf_free(&text);
    sqlite3_finalize(s);
    return rc;
}

static int write_rule_files(struct kf_store_writer *w, sqlite3 *db, struct kf_error *err)
{
    uint32_t n = 0;
    struct kf_arena arena = {0};
    const struct kf_rules_text *f = kf_rules_kept(w->o.world->rules, &arena, &n);
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(db, "INSERT INTO rule_file(name, text) VALUES(?1, ?2)", &s, err);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        kf_sql_text(s, 1, f[i].name);
        kf_sql_str(s, 2, f[i].text.p ? f[i].text : kf_str("", 0));
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    kf_arena_free(&arena);
    return rc;
}

static int write_columns(struct kf_store_writer *w, sqlite3 *db, struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(db, "INSERT INTO profile_column VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", &s,
                            err);
    for (uint32_t i = 0; i < w->n_columns && rc == 0; i++) {
        kf_sql_i(s, 1, (int64_t)i + 1);
        kf_sql_text(s, 2, w->column[i].name);
        kf_sql_i(s, 3, w->def[i].rule->number);
        kf_sql_i(s, 4, w->def[i].band);
        kf_sql_text(s, 5, w->def[i].type ? w->def[i].type : "text");
        kf_sql_text(s, 6, w->def[i].unit);
        kf_sql_text(s, 7, w->def[i].personal);
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    return rc;
}

static int write_names(struct kf_store_writer *w, sqlite3 *db, struct kf_error *err)
{
    const struct kf_world *x = w->o.world;
    const struct kf_symbols *ns = x->events->dict->ns;
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(db, "INSERT INTO namespace VALUES(?1, ?2, ?3)", &s, err);
    for (uint32_t i = 1; i <= kf_symbols_count(ns) && rc == 0; i++) {
        uint32_t number = kf_idset_ns(x->ids, kf_symbols_text(ns, i));
        kf_sql_i(s, 1, i);
        kf_sql_str(s, 2, kf_symbols_text(ns, i));
        if (number != KF_ID_NONE)
            kf_sql_i(s, 3, x->ids->rules.ns[number].rank);
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    s = NULL;
    if (rc == 0)
        rc = kf_sql_prepare(db, "INSERT INTO purpose VALUES(?1, ?2)", &s, err);
    for (uint32_t i = 0; i < x->statements.n_purpose && rc == 0; i++) {
        kf_sql_i(s, 1, i);
        kf_sql_text(s, 2, x->statements.purpose[i]);
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    return rc;
}

/* ---- what was read ---- */

static void bind_ms(sqlite3_stmt *s, int at, int64_t ns)
{
    if (ns == KF_NO_TIME || ns == KF_TIME_MAX)
        sqlite3_bind_null(s, at);
    else
        kf_sql_i(s, at, kf_store_ms(ns));
}

static int write_sources(struct kf_store_writer *w, sqlite3 *db, int64_t run, struct kf_error *err)
{
    const struct kf_ingest_result *in = w->o.ingest;
    const struct kf_config *c = w->o.world->config;
    sqlite3_stmt *s = NULL;
    /* What was read adds up over the runs; the rest says what the log holds now: a copy that came
     * today may have taken the place of yesterday's event. */
    int rc = kf_sql_prepare(
        db,
        "INSERT INTO source_status(name, plugin, cadence, cron, approved_by, records, events,"
        " duplicates, rejected, skipped, late, last_event_ms, last_received_ms, last_run)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        " ON CONFLICT(name) DO UPDATE SET plugin = excluded.plugin, cadence = excluded.cadence,"
        " cron = excluded.cron, approved_by = excluded.approved_by,"
        " records = records + excluded.records, events = excluded.events,"
        " duplicates = duplicates + excluded.duplicates, rejected = rejected + excluded.rejected,"
        " skipped = skipped + excluded.skipped, late = excluded.late,"
        " last_event_ms = excluded.last_event_ms, last_received_ms = excluded.last_received_ms,"
        " last_run = coalesce(excluded.last_run, last_run)",
        &s, err);
    for (uint32_t i = 0; i < c->n_source && rc == 0; i++) {
        const struct kf_config_source *src = &c->source[i];
        const struct kf_ingest_source *got = in && i < in->n_source ? &in->source[i] : NULL;
        kf_sql_text(s, 1, src->name);
        kf_sql_text(s, 2, src->plugin);
        kf_sql_text(s, 3, kf_config_cadence_name(src->cadence));
        kf_sql_text(s, 4, src->cron);
        kf_sql_text(s, 5, src->approved_by);
        kf_sql_i(s, 6, got ? (int64_t)got->records : 0);
        kf_sql_i(s, 7, got ? (int64_t)got->all_events : 0);
        kf_sql_i(s, 8, got ? (int64_t)got->duplicates : 0);
        kf_sql_i(s, 9, got ? (int64_t)got->rejected : 0);
        kf_sql_i(s, 10, got ? (int64_t)got->skipped : 0);
        kf_sql_i(s, 11, got ? (int64_t)got->all_late : 0);
        bind_ms(s, 12, got ? got->all_last_event : KF_NO_TIME);
        bind_ms(s, 13, got ? got->all_last_received : KF_NO_TIME);
        if (got && got->records)
            kf_sql_i(s, 14, run);
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    return rc;
}

static struct kf_str source_name(const struct kf_store_writer *w, uint16_t source)
{
    const struct kf_ingest_result *in = w->o.ingest;
    return source < in->n_source && in->source[source].config
               ? kf_cstr(in->source[source].config->name)
               : kf_symbols_text(w->o.world->events->dict->source, source + 1u);
}

static int write_files(struct kf_store_writer *w, sqlite3 *db, int64_t run, struct kf_error *err)
{
    const struct kf_ingest_result *in = w->o.ingest;
    const struct kf_symbols *file = w->o.world->events->dict->file;
    sqlite3_stmt *s = NULL;
    char hash[20];
    int rc = kf_sql_prepare(
        db,
        "INSERT INTO source_file(source, path, size, hash, modified_ms, records, events, rejected,"
        " skipped, run) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        " ON CONFLICT(source, path) DO UPDATE SET size = excluded.size, hash = excluded.hash,"
        " modified_ms = excluded.modified_ms, records = excluded.records, events = excluded.events,"
        " rejected = excluded.rejected, skipped = excluded.skipped, run = excluded.run",
        &s, err);
    for (uint32_t i = 0; in && i < in->n_file && rc == 0; i++) {
        const struct kf_ingest_file *f = &in->file[i];
        snprintf(hash, sizeof hash, "%016llx", (unsigned long long)f->hash);
        kf_sql_str(s, 1, source_name(w, f->source));
        kf_sql_str(s, 2, kf_symbols_text(file, f->file));
        kf_sql_i(s, 3, (int64_t)f->size);
        kf_sql_text(s, 4, hash);
        bind_ms(s, 5, f->mtime);
        kf_sql_i(s, 6, f->records);
        kf_sql_i(s, 7, f->events);
        kf_sql_i(s, 8, f->rejected);
        kf_sql_i(s, 9, f->skipped);
        kf_sql_i(s, 10, run);
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    return rc;
}

/* A file that has grown is read again from its beginning: what was wrong with it is there once. */
static const char FOUND_AGAIN[] =
    "DELETE FROM quarantine WHERE run < (SELECT max(run) FROM quarantine)"
    " AND (source, file, reason, raw) IN (SELECT source, file, reason, raw FROM quarantine"
    "  WHERE run = (SELECT max(run) FROM quarantine));"
    "UPDATE source_status SET rejected ="
    " (SELECT count(*) FROM quarantine q WHERE q.source = source_status.name);";

static int write_quarantine(struct kf_store_writer *w, sqlite3 *db, int64_t run,
                            struct kf_error *err)
{
    const struct kf_ingest_result *in = w->o.ingest;
    const struct kf_symbols *file = w->o.world->events->dict->file;
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(db,
                            "INSERT INTO quarantine(run, source, file, record, reason, detail,"
                            " raw) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                            &s, err);
    for (uint32_t i = 0; in && i < in->n_quarantine && rc == 0; i++) {
        const struct kf_quarantine *q = &in->quarantine[i];
        kf_sql_i(s, 1, run);
        kf_sql_str(s, 2, source_name(w, q->source));
        kf_sql_str(s, 3, kf_symbols_text(file, q->file));
        kf_sql_i(s, 4, q->record);
        kf_sql_text(s, 5, q->reason);
        kf_sql_str(s, 6, q->detail);
        sqlite3_bind_blob64(s, 7, q->raw.n ? q->raw.p : "", q->raw.n, SQLITE_TRANSIENT);
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    return rc ? rc : kf_sql_exec(db, FOUND_AGAIN, err);
}

/* ---- quality ---- */

/* The same without examples, for the history. */
static int note_quality(sqlite3 *db, const struct kf_expect_row *row, uint32_t n, int64_t run,
                        struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(
        db, "INSERT INTO run_quality VALUES(NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", &s, err);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        kf_sql_i(s, 1, run);
        kf_sql_text(s, 2, row[i].rule ? row[i].rule->name : NULL);
        kf_sql_text(s, 3, row[i].check);
        kf_sql_text(s, 4, row[i].detail);
        kf_sql_i(s, 5, (int64_t)row[i].bad);
        kf_sql_i(s, 6, (int64_t)row[i].of);
        kf_sql_i(s, 7, row[i].passed);
        kf_sql_text(s, 8, row[i].rule ? kf_rule_text(row[i].rule, "gate", NULL) : NULL);
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    return rc;
}

/* The checklist walks all events: only where the rules expect something of the data. */
static int write_quality(struct kf_store_writer *w, sqlite3 *db, int64_t run, struct kf_error *err)
{
    uint32_t n = 0;
    kf_rules_kind(w->o.world->rules, KF_KIND_EXPECT, &n);
    if (n == 0)
        return 0;
    const struct kf_expect_row *row = NULL;
    sqlite3_stmt *s = NULL;
    struct kf_buf ids = {0};
    int rc =
        kf_decide_quality((struct kf_decide *)(uintptr_t)w->o.decide, &w->arena, &row, &n, err);
    if (rc == 0)
        rc = kf_sql_prepare(db, "INSERT INTO quality VALUES(NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7)", &s,
                            err);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        kf_buf_clear(&ids);
        kf_buf_addc(&ids, '[');
        for (uint32_t k = 0; k < row[i].n_example; k++) {
            kf_buf_adds(&ids, k ? "," : "");
            kf_buf_add_json(&ids, kf_event_id(w->o.world->events, row[i].example[k]));
        }
        kf_buf_addc(&ids, ']');
        if (row[i].rule)
            kf_sql_i(s, 1, row[i].rule->number);
        kf_sql_text(s, 2, row[i].check);
        kf_sql_text(s, 3, row[i].detail);
        kf_sql_i(s, 4, (int64_t)row[i].bad);
        kf_sql_i(s, 5, (int64_t)row[i].of);
        kf_sql_i(s, 6, row[i].passed);
        kf_sql_str(s, 7, kf_str(ids.p, ids.n));
        rc = kf_sql_done(s, err);
    }
    kf_buf_free(&ids);
    sqlite3_finalize(s);
    return rc ? rc : note_quality(db, row, n, run, err);
}

/* ---- the run itself ---- */

/* What was read, whatever it was called: the hashes of all files, sorted. */
static int data_digest(sqlite3 *db, char out[65], struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    struct kf_buf all = {0};
    int rc = kf_sql_prepare(db, "SELECT hash FROM source_file ORDER BY hash", &s, err), got = 0;
    while (rc == 0 && (got = kf_sql_step(s, err)) > 0) {
        struct kf_str h = kf_sql_column(s, 0);
        kf_buf_add(&all, h.p, h.n);
        kf_buf_addc(&all, '\n');
    }
    sqlite3_finalize(s);
    if (rc == 0 && got == 0)
        kf_sha256_hex(all.p, all.n, out);
    kf_buf_free(&all);
    return rc ? rc : got;
}

/* Ids of the run before that nobody has now: whoever had one is found by it still. Both lists are
 * in order; the texts are hex digits, so that their order is that of the numbers. */
static int count_gone(struct kf_store_writer *w, sqlite3 *db, int64_t *gone, int64_t *common,
                      struct kf_error *err)
{
    const struct kf_world *x = w->o.world;
    sqlite3_stmt *s = NULL;
    uint32_t k = 0;
    int rc = kf_sql_prepare(db, "SELECT profile_id FROM old.profile ORDER BY profile_id", &s, err);
    int got = 0;
    while (rc == 0 && (got = kf_sql_step(s, err)) > 0) {
        const char *text = (const char *)sqlite3_column_text(s, 0);
        uint64_t id = text ? strtoull(text, NULL, 16) : 0;
        while (k < x->n_profiles && x->identity->profile_id[k] < id)
            k++;
        bool there = k < x->n_profiles && x->identity->profile_id[k] == id;
        *gone += !there;
        *common += there;
    }
    sqlite3_finalize(s);
    return rc ? rc : got;
}

static int write_run(struct kf_store_writer *w, sqlite3 *db, int64_t number, struct kf_error *err)
{
    static const char *const compression[] = {"none", "fast", "small"};
    const struct kf_ingest_result *in = w->o.ingest;
    const struct kf_world *x = w->o.world;
    int64_t quarantined = 0, duplicates = 0, gone = 0, common = 0;
    char digest[65];
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_int(db, "SELECT count(*) FROM quarantine", 0, &quarantined, err);
    if (rc == 0)
        rc = kf_sql_int(db, "SELECT sum(duplicates) FROM source_status", 0, &duplicates, err);
    if (rc == 0)
        rc = data_digest(db, digest, err);
    if (rc == 0 && w->o.previous)
        rc = count_gone(w, db, &gone, &common, err);
    if (rc == 0)
        rc = kf_sql_prepare(db,
                            "INSERT INTO run VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
                            " ?12, ?13, ?14, ?15, ?16, (SELECT coalesce(max(number), 0)"
                            " FROM erasure), ?17, ?18, ?19, ?20, ?21)",
                            &s, err);
    if (rc)
        return rc;
    kf_sql_i(s, 1, number);
    kf_sql_text(s, 2, KF_VERSION);
    kf_sql_text(s, 3, x->rules->digest);
    kf_sql_text(s, 4, w->o.config_digest ? w->o.config_digest : "");
    kf_sql_text(s, 5, digest);
    kf_sql_i(s, 6, x->as_of);
    kf_sql_i(s, 7, (int64_t)w->n_events);
    kf_sql_i(s, 8, x->n_profiles);
    kf_sql_i(s, 9, (int64_t)w->n_identifiers);
    kf_sql_i(s, 10, quarantined);
    kf_sql_i(s, 11, duplicates);
    kf_sql_i(s, 12, in ? (int64_t)in->records : 0);
    kf_sql_i(s, 13, in ? (int64_t)in->events : 0);
    kf_sql_i(s, 14, in ? (int64_t)in->bytes : 0);
    kf_sql_text(s, 15, compression[w->compression]);
    kf_sql_i(s, 16, w->o.decisions);
    if (w->o.previous) {
        kf_sql_i(s, 17, gone);
        kf_sql_i(s, 18, x->n_profiles - common);
    }
    if (w->o.at)
        kf_sql_i(s, 19, kf_store_ms(w->o.at));
    kf_sql_text(s, 20, w->o.despite_by);
    kf_sql_text(s, 21, w->o.despite);
    rc = kf_sql_done(s, err);
    sqlite3_finalize(s);
    return rc;
}

static int write_setting(struct kf_store_writer *w, sqlite3 *db, struct kf_error *err)
{
    char raw[32];
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(db, "INSERT OR REPLACE INTO setting VALUES(?1, ?2)", &s, err);
    snprintf(raw, sizeof raw, "%u", w->o.world->ids->raw);
    const char *const all[][2] = {{"raw_identifiers", raw},
                                  {"zone", w->o.world->config->zone_name},
                                  {"currency", w->o.world->config->currency}};
    for (size_t i = 0; i < sizeof all / sizeof *all && rc == 0; i++) {
        kf_sql_text(s, 1, all[i][0]);
        kf_sql_text(s, 2, all[i][1] ? all[i][1] : "");
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    return rc;
}

static int write_all(struct kf_store_writer *w, sqlite3 *db, struct kf_error *err)
{
    int64_t run = 1;
    int rc = kf_sql_exec(db, "BEGIN", err);
    if (rc == 0 && w->o.previous)
        rc = kf_sql_exec(db, CARRY, err);
    if (rc == 0 && w->o.approvals)
        rc = kf_store_approvals_copy(db, w->o.approvals, err);
    if (rc == 0)
        rc = kf_sql_int(db, "SELECT max(number) + 1 FROM run", 1, &run, err);
    if (rc == 0)
        rc = write_rules(w, db, err);
    if (rc == 0)
        rc = write_rule_files(w, db, err);
    if (rc == 0)
        rc = write_columns(w, db, err);
    if (rc == 0)
        rc = write_names(w, db, err);
    if (rc == 0)
        rc = write_sources(w, db, run, err);
    if (rc == 0)
        rc = write_files(w, db, run, err);
    if (rc == 0)
        rc = write_quarantine(w, db, run, err);
    if (rc == 0 && w->o.erasure)
        rc = kf_store_erase_write(w, db, err);
    if (rc == 0)
        rc = kf_store_history_write(w, db, run, err);
    if (rc == 0)
        rc = kf_store_delivered_write(w, db, err);
    if (rc == 0)
        rc = write_quality(w, db, run, err);
    if (rc == 0)
        rc = write_setting(w, db, err);
    if (rc == 0)
        rc = write_run(w, db, run, err);
    return rc ? rc : kf_sql_exec(db, "COMMIT", err);
}

int kf_store_small_write(struct kf_store_writer *w, struct kf_error *err)
{
    sqlite3 *db = NULL;
    int rc = kf_sql_open(w->path, SQLITE_OPEN_READWRITE, &db, err);
    if (rc)
        return rc;
    /* secure_delete: what a row said before it was cleaned of an erased person is overwritten */
    rc = kf_sql_exec(
        db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON", err);
    if (rc == 0 && w->o.previous)
        rc = carry(db, w->o.previous, err);
    if (rc == 0)
        rc = write_all(w, db, err);
    if (sqlite3_close(db) && rc == 0)
        rc = kf_error_set(err, KF_E_INTERNAL, KF_STORE_MODULE, "cannot close %s", w->path);
    return rc;
}
