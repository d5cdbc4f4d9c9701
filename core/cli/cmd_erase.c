/* Erasing a person: everything of theirs goes, a keyed hash stays, a receipt proves it. */
#include "cli/erase.h"

#include "base/error.h"

#include <stdio.h>

static const struct kf_cli_option OPTIONS[] = {
    {"because", 0, "TEXT", "why: the request, its number, the law", false},
    {"by", 0, "NAME", "who does it (default: who is logged in)", false},
    {"dry-run", 'n', NULL, "say what would go and write nothing", false},
    {0},
};

/* ---- saying it ---- */

static void row(struct kf_table *t, const char *what, uint64_t n, const char *note)
{
    if (!n)
        return;
    kf_table_count(t, n);
    kf_table_cell(t, what);
    kf_table_cell(t, note);
    kf_table_end_row(t);
}

static void names(const struct kf_erase_plan *p, const uint32_t *id, uint32_t n, struct kf_buf *b)
{
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_adds(b, "    ");
        kf_ident_add(b, p->d->s.world->ids, id[i], p->d->s.reveal);
        kf_buf_addc(b, '\n');
    }
}

static void say_numbers(const struct kf_erase_plan *p, struct kf_buf *b)
{
    struct kf_table t;
    kf_table_start(&t, "rll");
    row(&t, "identifiers", p->n_id, "");
    row(&t, "events", p->events.gone, "theirs");
    row(&t, "events", p->events.edited, "of others, which lose what names them");
    row(&t, "links", p->links, "");
    row(&t, "traits and scores", p->traits, "");
    row(&t, "memberships", p->memberships, "");
    row(&t, "suppressions", p->suppressions, "");
    row(&t, "consent states", p->consents, "");
    row(&t, "touches", p->touches, "");
    row(&t, "quarantined records", p->quarantined, "emptied");
    row(&t, "decisions", p->decisions, "which no longer say about whom");
    row(&t, "blocks of the log", p->blocks, "written anew");
    kf_table_print(&t, 2, false, b);
}

static void say_text(const struct kf_erase_plan *p, const struct kf_receipt *r, struct kf_buf *b)
{
    kf_buf_adds(b, r ? "Erased " : "Would erase ");
    kf_count_add(b, p->n_person, "person", "people");
    kf_buf_adds(b, p->n_id ? ", known by\n" : "\n");
    names(p, p->id, p->n_id, b);
    say_numbers(p, b);
    if (p->n_kept) {
        kf_buf_adds(b, "  stays, because others had it too; their events on it go:\n");
        names(p, p->kept, p->n_kept, b);
    }
    if (p->n_source || p->n_elsewhere)
        kf_buf_adds(b, "  These files are not Kinfold's to change and still name them:\n");
    for (uint32_t i = 0; i < p->n_source; i++) {
        kf_buf_addf(b, "    %s (", p->source[i].path);
        kf_count_add(b, p->source[i].records, "record", NULL);
        kf_buf_adds(b, ")\n");
    }
    for (uint32_t i = 0; i < p->n_elsewhere; i++)
        kf_buf_addf(b, "    %s\n", p->elsewhere[i]);
    if (p->in_rules)
        kf_buf_adds(b,
                    "  The store keeps its rules as they were: until those named here are changed "
                    "and run, it\n  names them too.\n");
    if (r)
        kf_buf_addf(b, "  Receipt %u, by %s: %s\n", r->number, r->who, r->hash);
}

static void json_names(const struct kf_erase_plan *p, const char *key, const uint32_t *id,
                       uint32_t n, struct kf_json *j)
{
    struct kf_buf b = {0};
    kf_json_open(j, key, '[');
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_clear(&b);
        kf_ident_add(&b, p->d->s.world->ids, id[i], p->d->s.reveal);
        kf_json_text(j, NULL, b.p);
    }
    kf_json_close(j, ']');
    kf_buf_free(&b);
}

static void receipt_json(const struct kf_erase_plan *p, const struct kf_receipt *r,
                         struct kf_json *j)
{
    struct kf_buf counts = {0};
    kf_buf_adds(&counts, r->counts);
    kf_json_open(j, "receipt", '{');
    kf_json_count(j, "number", r->number);
    kf_json_time(j, "at", r->at);
    kf_json_text(j, "by", r->who);
    kf_json_text(j, "because", r->why);
    kf_json_text(j, "rule", r->rule);
    kf_json_raw(j, "counts", &counts);
    kf_json_count(j, "tombstones", p->n_tombstone);
    kf_json_text(j, "previous", r->previous);
    kf_json_text(j, "hash", r->hash);
    kf_json_close(j, '}');
    kf_buf_free(&counts);
}

static void say_json(const struct kf_erase_plan *p, const struct kf_receipt *r, struct kf_buf *b)
{
    struct kf_json j;
    struct kf_buf counts = {0};
    kf_buf_adds(&counts, kf_erase_counts(p));
    kf_json_start(&j, b, "kinfold.erase/1");
    kf_json_bool(&j, "erased", r != NULL);
    kf_json_raw(&j, "counts", &counts);
    json_names(p, "identifiers", p->id, p->n_id, &j);
    json_names(p, "stay", p->kept, p->n_kept, &j);
    kf_json_open(&j, "sources", '[');
    for (uint32_t i = 0; i < p->n_source; i++) {
        kf_json_open(&j, NULL, '{');
        kf_json_text(&j, "file", p->source[i].path);
        kf_json_count(&j, "records", p->source[i].records);
        kf_json_close(&j, '}');
    }
    kf_json_close(&j, ']');
    kf_json_open(&j, "elsewhere", '[');
    for (uint32_t i = 0; i < p->n_elsewhere; i++)
        kf_json_text(&j, NULL, p->elsewhere[i]);
    kf_json_close(&j, ']');
    kf_json_count(&j, "in_rules", p->in_rules);
    if (r)
        receipt_json(p, r, &j);
    kf_json_end(&j);
    kf_buf_free(&counts);
}

static void say(const struct kf_erase_plan *p, const struct kf_receipt *r, struct kf_buf *b)
{
    if (p->d->s.cli->json)
        say_json(p, r, b);
    else
        say_text(p, r, b);
}

/* ---- doing it ---- */

static int make_receipt(struct kf_erase_plan *p, struct kf_receipt *r, struct kf_error *err)
{
    const struct kf_receipt *before;
    uint32_t n;
    char *hash = kf_arena_alloc(&p->d->arena, 65);
    int rc = kf_desk_words(p->d, &r->why, &r->who, err);
    if (rc == 0)
        rc = kf_store_receipts(p->d->s.store, &before, &n, err);
    if (rc)
        return rc;
    if (kf_tombstones_text(p->set, kf_cstr(r->why), 6)) /* "asked for by anna@example.com" */
        r->why = KF_ERASED_TEXT;
    r->number = n ? before[n - 1].number + 1 : 1;
    r->at = kf_desk_now();
    r->rule = KF_ERASE_RULE;
    r->counts = kf_erase_counts(p);
    r->previous = n ? before[n - 1].hash : "";
    kf_receipt_hash(r, p->tombstone, p->n_tombstone, hash);
    r->hash = hash;
    return 0;
}

/* By the rules and the instant of the last run: nothing but the person changes. */
static int erase(struct kf_erase_plan *p, struct kf_receipt *r, struct kf_error *err)
{
    struct kf_session *s = &p->d->s;
    struct kf_erase e = {.run = s->last.number, .tombstone = p->tombstone, .n = p->n_tombstone};
    struct kf_run_options o = {.as_of = s->last.as_of, .erase = &e, .at = kf_desk_now()};
    struct kf_run_report report = {0};
    int rc = make_receipt(p, r, err);
    if (rc)
        return rc;
    e.receipt = *r;
    struct kf_ruleset *mine = s->ws.rules;
    s->ws.rules = s->last_rules;
    rc = kf_pipeline_run(&s->ws, &o, &report, err);
    s->ws.rules = mine;
    kf_run_report_free(&report);
    return rc;
}

/* Looks at every byte. Rules are kept in the store as people wrote them, and may name the person
 * until people change them: the status is 1 then. */
static int check_gone(const struct kf_erase_plan *p, struct kf_error *err)
{
    const char *const *file;
    uint32_t n = kf_erase_leftovers(p, &file);
    if (n == 0 || p->in_rules)
        return n ? 1 : 0;
    return kf_error_set(err, KF_E_FAIL, "erase", "erased, but %s still holds a value of theirs",
                        file[0]);
}

/* Somebody who was erased before is not simply unknown. */
static int erased_before(struct kf_desk *d, struct kf_error *err)
{
    struct kf_tombstone *t;
    uint32_t n;
    uint64_t hash;
    struct kf_error ignored = KF_ERROR_INIT;
    if (err->code != KF_E_NOINPUT || !d->s.store ||
        kf_store_tombstones(d->s.store, 0, &t, &n, &ignored))
        return err->code;
    struct kf_tombstones *set = kf_tombstones_new(d->s.ws.config, d->ids, t, n);
    bool known = false;
    for (uint32_t i = 0; i < d->s.cli->n_operand; i++)
        known |= kf_tombstones_identifier(set, d->s.cli->operand[i], &hash);
    kf_tombstones_free(set);
    return known ? kf_error_set(err, KF_E_NOINPUT, "erase",
                                "they were erased already: see 'erasures' in the store")
                 : err->code;
}

static int work(struct kf_desk *d, struct kf_erase_plan *p, struct kf_buf *b, struct kf_error *err)
{
    struct kf_receipt r = {0};
    const char *why, *who;
    bool dry = kf_cli_has(d->s.cli, "dry-run");
    int rc = kf_desk_open(d, d->s.cli, false, err);
    if (rc == 0 && !dry)
        rc = kf_desk_words(d, &why, &who, err);
    if (rc == 0)
        rc = kf_erase_plan(d, p, err);
    if (rc)
        return erased_before(d, err);
    if (dry) {
        say(p, NULL, b);
        return 0;
    }
    rc = erase(p, &r, err);
    if (rc)
        return rc;
    say(p, &r, b);
    return check_gone(p, err);
}

static int run(struct kf_cli *cli)
{
    struct kf_desk d = {.s = {.cli = cli}};
    struct kf_erase_plan p = {0};
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    int rc = work(&d, &p, &b, &err);
    int status = rc < 0 ? kf_session_fail(&d.s, &err) : rc;
    if (b.n && (!cli->quiet || cli->json))
        kf_out_flush(&b);
    kf_buf_free(&b);
    kf_erase_plan_free(&p);
    kf_desk_close(&d);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold erase email:anna@example.com --dry-run",
    "what of her would go, and which files Kinfold cannot change",
    "kinfold erase email:anna@example.com --because \"request 4711, GDPR article 17\"",
    "she is gone, for good; a receipt with its hash stays",
    "sqlite3 kinfold.db \"SELECT * FROM erasures\"",
    "all receipts",
    NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "done, but a rule names the person, and the store keeps its rules as people wrote them"},
    {66, "nobody of that name was ever seen, or they were erased already"},
    {75, "another run is at work on this store, or came in between"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_erase = {
    .name = "erase",
    .operands = "ID...",
    .min_operands = 1,
    .max_operands = 64,
    .purpose = "erase a person for good",
    .about = "ID is namespace:value or a profile id; the whole person goes: every identifier that "
             "is theirs alone, their events, and all that was worked out from them. Events of "
             "others stay and lose what names the person. The store is written anew without them, "
             "and keyed hashes see to it that neither a replay nor another delivery of the same "
             "data brings them back. Source files, exports already written, backups and snapshots "
             "are not Kinfold's to change: the report names the files it knows.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
