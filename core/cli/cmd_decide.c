/* What people decide by hand: an append-only log that every run takes into account. */
#include "cli/steward.h"

#include "base/error.h"
#include "base/vec.h"
#include "cli/approve_gate.h"

#include <stdlib.h>

static const struct kf_cli_option OPTIONS[] = {
    {"because", 0, "TEXT", "why; whoever finds the decision later wants to know", false},
    {"by", 0, "NAME", "who decides (default: who is logged in)", false},
    {"at", 0, "INSTANT", "of a transfer: from when on, a day or an instant", false},
    {"to", 0, "ID", "of a transfer: the new owner (default: nobody)", false},
    {"dry-run", 'n', NULL, "say what it would change and write nothing", false},
    {"run", 0, NULL, "let it take effect at once, by a run", false},
    {0},
};

static const char *const VERBS[] = {"unlink", "join", "keep-apart", "transfer",
                                    "undo",   "list", "export",     "import"};
#define N_VERBS (sizeof VERBS / sizeof *VERBS)

/* ---- the decision on the command line ---- */

static int needs(const struct kf_cli *cli, uint32_t operands, const char *form,
                 struct kf_error *err)
{
    return cli->n_operand == operands
               ? 0
               : kf_error_set(err, KF_E_USAGE, "decide", "%s wants %s: kinfold decide %s %s",
                              cli->operand[0], operands == 3 ? "two identifiers" : "one",
                              cli->operand[0], form);
}

static int read_at(struct kf_desk *d, int64_t *ret, struct kf_error *err)
{
    const char *t = kf_cli_get(d->s.cli, "at");
    bool offset;
    if (!t)
        return kf_error_set(err, KF_E_USAGE, "decide",
                            "a transfer wants --at: from which day or instant on it is another's");
    if (!kf_time_parse(kf_cstr(t), d->s.ws.config->zone, ret, &offset))
        return kf_error_set(err, KF_E_USAGE, "decide",
                            "--at wants a day or an instant such as 2026-07-01T12:00:00Z, not '%s'",
                            t);
    return 0;
}

static int read_transfer(struct kf_desk *d, struct kf_steward_entry *e, struct kf_error *err)
{
    const char *to = kf_cli_get(d->s.cli, "to");
    int rc = needs(d->s.cli, 2, "ID --at INSTANT [--to ID]", err);
    if (rc == 0)
        rc = kf_desk_identifier(d, d->s.cli->operand[1], &e->a, err);
    if (rc == 0 && to)
        rc = kf_desk_identifier(d, to, &e->b, err);
    return rc ? rc : read_at(d, &e->at, err);
}

static int read_pair(struct kf_desk *d, struct kf_steward_entry *e, struct kf_error *err)
{
    const struct kf_cli *cli = d->s.cli;
    int rc = needs(cli, 3, "ID ID", err);
    if (rc == 0)
        rc = kf_desk_identifier(d, cli->operand[1], &e->a, err);
    if (rc == 0)
        rc = kf_desk_identifier(d, cli->operand[2], &e->b, err);
    if (rc == 0 && (kf_cli_has(cli, "at") || kf_cli_has(cli, "to")))
        return kf_error_set(err, KF_E_USAGE, "decide", "--at and --to belong to a transfer");
    return rc;
}

static int read_undo(struct kf_desk *d, struct kf_steward_entry *e, struct kf_error *err)
{
    char *end;
    int rc = needs(d->s.cli, 2, "NUMBER", err);
    if (rc)
        return rc;
    unsigned long n = strtoul(d->s.cli->operand[1], &end, 10);
    for (uint32_t i = 0; !*end && i < d->n; i++)
        if (d->log[i].number == n) {
            e->undoes = (uint32_t)n;
            return 0;
        }
    return kf_error_set(err, KF_E_USAGE, "decide",
                        "there is no decision %s: kinfold decide list names them",
                        d->s.cli->operand[1]);
}

static int read_entry(struct kf_desk *d, struct kf_steward_entry *e, struct kf_error *err)
{
    const char *verb = d->s.cli->operand[0];
    *e = (struct kf_steward_entry){.at = KF_NO_TIME, .made = kf_desk_now()};
    e->verb = strcmp(verb, "keep-apart") == 0 ? "keep_apart" : verb;
    e->number = d->n ? d->log[d->n - 1].number + 1 : 1;
    int rc = kf_desk_words(d, &e->why, &e->who, err);
    if (rc)
        return rc;
    if (strcmp(verb, "undo") == 0)
        rc = read_undo(d, e, err);
    else if (strcmp(verb, "transfer") == 0)
        rc = read_transfer(d, e, err);
    else
        rc = read_pair(d, e, err);
    if (rc == 0 && e->a && e->b && strcmp(e->a, e->b) == 0)
        return kf_error_set(err, KF_E_USAGE, "decide",
                            "%s and %s are one identifier, there is nothing to decide",
                            d->s.cli->operand[1],
                            strcmp(verb, "transfer") ? d->s.cli->operand[2] : "the new owner");
    return rc;
}

/* Two words within a millisecond have two keys. */
static void name_entry(struct kf_desk *d, struct kf_steward_entry *e)
{
    const char *undoes = NULL;
    char *key = kf_arena_alloc(&d->arena, 17);
    bool taken = true;
    for (uint32_t i = 0; i < d->n; i++)
        if (e->undoes && d->log[i].number == e->undoes)
            undoes = d->log[i].key;
    while (taken) {
        kf_steward_key(e, undoes, key);
        taken = false;
        for (uint32_t i = 0; i < d->n; i++)
            taken |= strcmp(d->log[i].key, key) == 0;
        e->made += taken ? 1000000 : 0;
    }
    e->key = key;
}

/* Naming somebody who was erased would keep their name again. */
static int refuse_erased(struct kf_desk *d, struct kf_steward_entry *e, struct kf_error *err)
{
    const char *id[] = {e->a, e->b};
    struct kf_tombstone *t;
    uint32_t n;
    uint64_t hash;
    int rc = kf_store_tombstones(d->s.store, 0, &t, &n, err);
    if (rc || !n)
        return rc;
    struct kf_tombstones *set = kf_tombstones_new(d->s.ws.config, d->ids, t, n);
    for (int i = 0; i < 2 && rc == 0; i++)
        if (id[i] && kf_tombstones_identifier(set, id[i], &hash))
            rc = kf_error_set(err, KF_E_USAGE, "decide",
                              "whoever had %s was erased: no decision can name them", id[i]);
    if (rc == 0 && kf_tombstones_text(set, kf_cstr(e->why), 6))
        e->why = KF_ERASED_TEXT;
    kf_tombstones_free(set);
    return rc;
}

/* ---- what is worth saying about it ---- */

struct remarks {
    const char *unseen[2]; /* identifiers no event ever carried */
    uint32_t n_unseen;
    uint32_t overrides; /* number of what no longer holds, 0: none */
    uint32_t same;      /* number of what says the same already */
    uint32_t circle;    /* number of a transfer the other way */
    uint32_t waiting;   /* decisions that wait for a run, without this one */
};

static int remark(struct kf_desk *d, const struct kf_steward_entry *e, struct remarks *r,
                  struct kf_error *err)
{
    const char *id[2] = {e->a, e->b};
    int rc = 0;
    *r = (struct remarks){0};
    for (uint32_t i = 0; i < d->n; i++) {
        const struct kf_steward_entry *o = &d->log[i];
        r->waiting += o->number > d->s.last.decisions;
        if (d->fate[i].state != KF_STEWARD_HOLDS)
            continue;
        if (kf_steward_contradict(o, e))
            r->overrides = o->number;
        if (kf_steward_same(o, e))
            r->same = o->number;
        if (strcmp(e->verb, "transfer") == 0 && strcmp(o->verb, "transfer") == 0 && e->b && o->b &&
            strcmp(e->a, o->b) == 0 && strcmp(e->b, o->a) == 0)
            r->circle = o->number;
    }
    for (uint32_t i = 0; rc == 0 && i < d->n && e->undoes; i++)
        if (d->log[i].number == e->undoes && d->fate[i].state == KF_STEWARD_UNDONE)
            r->same = d->fate[i].by;
    for (int i = 0; i < 2 && rc == 0; i++) {
        bool seen = true;
        if (id[i])
            rc = kf_desk_seen(d, id[i], &seen, err);
        if (!seen)
            r->unseen[r->n_unseen++] = id[i];
    }
    return rc;
}

static void remarks_text(struct kf_desk *d, const struct remarks *r, struct kf_buf *b)
{
    if (r->overrides)
        kf_buf_addf(b,
                    "  It contradicts decision %u, which no longer holds: the later word counts.\n",
                    r->overrides);
    if (r->circle)
        kf_buf_addf(b,
                    "  With decision %u it makes a circle of transfers: in the end both are one "
                    "person's.\n",
                    r->circle);
    for (uint32_t i = 0; i < r->n_unseen; i++) {
        kf_buf_adds(b, "  ");
        kf_steward_ident_add(b, r->unseen[i], d->s.reveal);
        kf_buf_adds(b, " was never seen: the decision waits until an event carries it.\n");
    }
}

/* ---- saying what was done ---- */

static void entry_json(struct kf_desk *d, const struct kf_steward_entry *e, struct kf_json *j)
{
    struct kf_buf b = {0};
    const char *id[2] = {e->a, e->b};
    kf_json_count(j, "number", e->number);
    kf_json_text(j, "verb", e->verb);
    for (int i = 0; i < 2; i++) {
        kf_buf_clear(&b);
        if (id[i])
            kf_steward_ident_add(&b, id[i], d->s.reveal);
        kf_json_text(j, i ? "b" : "a", id[i] ? b.p : NULL);
    }
    kf_json_time(j, "at", e->at);
    if (e->undoes)
        kf_json_count(j, "undoes", e->undoes);
    kf_json_text(j, "by", e->who);
    kf_json_text(j, "because", e->why);
    kf_json_time(j, "made", e->made);
    kf_json_text(j, "key", e->key);
    kf_buf_free(&b);
}

static void say_json(struct kf_desk *d, const struct kf_steward_entry *e, const struct remarks *r,
                     const struct kf_desk_change *c, const char *effect, struct kf_buf *b)
{
    struct kf_json j;
    struct kf_buf id = {0};
    kf_json_start(&j, b, "kinfold.decide/1");
    kf_json_open(&j, "decision", '{');
    entry_json(d, e, &j);
    kf_json_close(&j, '}');
    kf_json_text(&j, "effect", effect);
    kf_json_open(&j, "never_seen", '[');
    for (uint32_t i = 0; i < r->n_unseen; i++) {
        kf_buf_clear(&id);
        kf_steward_ident_add(&id, r->unseen[i], d->s.reveal);
        kf_json_text(&j, NULL, id.p);
    }
    kf_json_close(&j, ']');
    if (r->overrides)
        kf_json_count(&j, "overrides", r->overrides);
    if (r->same)
        kf_json_count(&j, "said_already", r->same);
    if (c)
        kf_desk_change_json(c, &j);
    kf_json_end(&j);
    kf_buf_free(&id);
}

static void say_text(struct kf_desk *d, const struct kf_steward_entry *e, const struct remarks *r,
                     const struct kf_desk_change *c, struct kf_buf *b)
{
    if (c)
        kf_buf_adds(b, "Would ");
    else
        kf_buf_addf(b, "Decision %u by %s: ", e->number, e->who);
    kf_steward_sentence(b, e, d->s.ws.config->zone, d->s.reveal);
    kf_buf_adds(b, c ? ", which changes\n" : "\n");
    if (c)
        kf_desk_change_text(c, b);
    remarks_text(d, r, b);
    if (c && r->waiting) {
        kf_buf_adds(b, "  ");
        kf_count_add(b, r->waiting, "earlier decision waits", "earlier decisions wait");
        kf_buf_adds(b, " for the next run and is counted on both sides.\n");
    }
}

static int say_already(struct kf_desk *d, const struct kf_steward_entry *e, const struct remarks *r,
                       struct kf_buf *b)
{
    if (d->s.cli->json)
        say_json(d, e, r, NULL, "said already", b);
    else
        kf_buf_addf(b, "Decision %u says so already; nothing was written.\n", r->same);
    return 1;
}

/* ---- making it ---- */

static int compare(struct kf_desk *d, const struct kf_steward_entry *e, struct kf_desk_change **ret,
                   struct kf_error *err)
{
    uint32_t n = d->n + 1;
    struct kf_steward_entry *log = kf_arena_alloc(&d->arena, n * sizeof *log);
    struct kf_steward_fate *fate = kf_arena_alloc(&d->arena, n * sizeof *fate);
    struct kf_decision_text *before = kf_arena_alloc(&d->arena, n * sizeof *before),
                            *after = kf_arena_alloc(&d->arena, n * sizeof *after);
    if (d->n)
        memcpy(log, d->log, d->n * sizeof *log);
    log[d->n] = *e;
    uint32_t n_before = kf_steward_holding(d->log, d->n, d->fate, before);
    kf_steward_fates(log, n, fate);
    uint32_t n_after = kf_steward_holding(log, n, fate, after);
    return kf_desk_compare(d, before, n_before, after, n_after, ret, err);
}

/* Whole run, as `kinfold run`: with the rules of the working tree, or the published ones where only
 * those may decide. */
static int run_now(struct kf_desk *d, struct kf_buf *b, struct kf_error *err)
{
    struct kf_run_options o = {.as_of = KF_NO_TIME, .at = kf_desk_now()};
    struct kf_run_report r = {0};
    int rc = kf_gate_rules(&d->s, d->s.ws.config->approval_required, err);
    if (rc == 0)
        rc = kf_workspace_load_plugins(&d->s.ws, err);
    if (rc == 0)
        rc = kf_pipeline_run(&d->s.ws, &o, &r, err);
    if (rc == 0 && !d->s.cli->json) {
        kf_buf_adds(b, "  It holds now: ");
        kf_count_add(b, r.nothing_new ? 0 : r.world->n_profiles, "profile", NULL);
        kf_buf_adds(b, " after a run.\n");
    }
    kf_run_report_free(&r);
    return rc;
}

static int decide(struct kf_desk *d, struct kf_buf *b, struct kf_error *err)
{
    struct kf_steward_entry e;
    struct remarks r;
    struct kf_desk_change *c = NULL;
    bool dry = kf_cli_has(d->s.cli, "dry-run"), now = kf_cli_has(d->s.cli, "run");
    int rc = read_entry(d, &e, err);
    if (rc == 0 && dry && now)
        return kf_error_set(err, KF_E_USAGE, "decide", "--dry-run and --run contradict each other");
    if (rc == 0)
        rc = refuse_erased(d, &e, err);
    if (rc == 0)
        rc = remark(d, &e, &r, err);
    if (rc)
        return rc;
    name_entry(d, &e);
    if (r.same)
        return say_already(d, &e, &r, b);
    rc = dry ? compare(d, &e, &c, err) : kf_store_append(d->s.ws.config->store, &e, 1, err);
    if (rc)
        return rc;
    if (d->s.cli->json)
        say_json(d, &e, &r, c, dry ? "none" : now ? "now" : "next run", b);
    else
        say_text(d, &e, &r, c, b);
    kf_desk_change_free(c);
    if (!dry && !now && !d->s.cli->json)
        kf_buf_adds(b, "  It takes effect with the next 'kinfold run'.\n");
    if (!now)
        return 0;
    kf_desk_let_go(d);
    return run_now(d, b, err);
}

/* ---- list ---- */

static void fate_text(const struct kf_desk *d, uint32_t i, struct kf_buf *b)
{
    const struct kf_steward_fate *f = &d->fate[i];
    bool waits = d->log[i].number > d->s.last.decisions;
    kf_buf_clear(b);
    if (f->state == KF_STEWARD_UNDONE)
        kf_buf_addf(b, "undone by %u", f->by);
    else if (f->state == KF_STEWARD_OVERRIDDEN)
        kf_buf_addf(b, "overridden by %u", f->by);
    else
        kf_buf_adds(b, "holds");
    if (waits)
        kf_buf_adds(b, ", waits for a run");
}

static void list_text(struct kf_desk *d, struct kf_buf *b)
{
    struct kf_table t;
    struct kf_buf what = {0}, fate = {0}, when = {0};
    if (!d->n) {
        kf_buf_adds(b, "No decision was ever made here.\n");
        return;
    }
    kf_table_start(&t, "rlllll");
    kf_table_head(&t, "no.|decision|by|on|because|");
    for (uint32_t i = 0; i < d->n; i++) {
        const struct kf_steward_entry *e = &d->log[i];
        kf_buf_clear(&what);
        kf_buf_clear(&when);
        kf_steward_sentence(&what, e, d->s.ws.config->zone, d->s.reveal);
        if (e->made != KF_NO_TIME)
            kf_when_add(&when, d->s.ws.config->zone, e->made);
        fate_text(d, i, &fate);
        kf_table_cellf(&t, "%u", e->number);
        kf_table_cell(&t, what.p);
        kf_table_cell(&t, e->who);
        kf_table_cell(&t, when.p ? when.p : "");
        kf_table_cell(&t, e->why);
        kf_table_style(&t, d->fate[i].state == KF_STEWARD_HOLDS ? KF_PLAIN : KF_DIM, fate.p);
        kf_table_end_row(&t);
    }
    kf_table_print(&t, 0, d->s.cli->colour, b);
    kf_buf_free(&what);
    kf_buf_free(&fate);
    kf_buf_free(&when);
}

static int list(struct kf_desk *d, struct kf_buf *b)
{
    static const char *const state[] = {"holds", "undone", "overridden"};
    if (!d->s.cli->json) {
        list_text(d, b);
        return 0;
    }
    struct kf_json j;
    kf_json_start(&j, b, "kinfold.decisions/1");
    kf_json_open(&j, "decisions", '[');
    for (uint32_t i = 0; i < d->n; i++) {
        kf_json_open(&j, NULL, '{');
        entry_json(d, &d->log[i], &j);
        kf_json_text(&j, "state", state[d->fate[i].state]);
        if (d->fate[i].by)
            kf_json_count(&j, "state_by", d->fate[i].by);
        kf_json_bool(&j, "waits_for_run", d->log[i].number > d->s.last.decisions);
        kf_json_close(&j, '}');
    }
    kf_json_close(&j, ']');
    kf_json_end(&j);
    return 0;
}

/* ---- the command ---- */

static int check_verb(const struct kf_cli *cli, struct kf_error *err)
{
    const char *verb = cli->operand[0];
    for (size_t i = 0; i < N_VERBS; i++)
        if (strcmp(VERBS[i], verb) == 0)
            return 0;
    const char *near = kf_str_suggest(verb, VERBS, N_VERBS);
    return kf_error_set(err, KF_E_USAGE, "decide", "nobody can decide to '%s'%s%s%s", verb,
                        near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int dispatch(struct kf_desk *d, struct kf_cli *cli, struct kf_buf *b, struct kf_error *err)
{
    const char *verb = cli->operand[0];
    bool reads = strcmp(verb, "list") == 0 || strcmp(verb, "export") == 0;
    int rc = check_verb(cli, err);
    if (rc == 0)
        rc = kf_desk_open(d, cli, !reads && !kf_cli_has(cli, "dry-run"), err);
    if (rc)
        return rc;
    if (strcmp(verb, "list") == 0) {
        rc = cli->n_operand > 1 ? kf_error_set(err, KF_E_USAGE, "decide", "list takes nothing more")
                                : list(d, b);
        return rc;
    }
    if (strcmp(verb, "export") && strcmp(verb, "import"))
        return decide(d, b, err);
    rc = needs(cli, 2, "FILE", err);
    if (rc)
        return rc;
    return strcmp(verb, "export") == 0 ? kf_decide_export(d, cli->operand[1], b, err)
                                       : kf_decide_import(d, cli->operand[1], b, err);
}

static int run(struct kf_cli *cli)
{
    struct kf_desk d = {0};
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    int rc = dispatch(&d, cli, &b, &err);
    int status = rc < 0 ? (d.s.cli ? kf_session_fail(&d.s, &err) : kf_cli_fail(cli, &err)) : rc;
    if (rc >= 0 && (!cli->quiet || cli->json))
        kf_out_flush(&b);
    kf_buf_free(&b);
    kf_desk_close(&d);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold decide keep-apart user_id:u7 user_id:u9 --because \"twins\" --dry-run",
    "what would change if these two may never be one",
    "kinfold decide unlink email:team@example.com user_id:u7 --because \"a shared mailbox\"",
    "take one tie away; another way round may still join them",
    "kinfold decide join user_id:u7 user_id:legacy-7 --because \"moved in May\" --run",
    "two spellings of one account, at once",
    "kinfold decide transfer phone:+15551234 --at 2026-05-01 --to user_id:u9 --because \"resold\"",
    "from that day on the number is somebody else's",
    "kinfold decide undo 3 --because \"they were not twins\"",
    "decision 3 holds no longer; the log keeps both",
    "kinfold decide export decisions.jsonl",
    "the log as a file, for another store or a vault",
    NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "an earlier decision says so already; nothing was written"},
    {65, "a line of the file to import is no decision; nothing was imported"},
    {66, "there was no run yet: decisions are kept in the store"},
    {75, "a run is at work on this store"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_decide = {
    .name = "decide",
    .operands = "unlink|join|keep-apart ID ID | transfer ID | undo N | list | export|import FILE",
    .min_operands = 1,
    .max_operands = 3,
    .purpose = "part people, join them, hand an identifier over",
    .about = "ID is namespace:value (or namespace=value). A decision is an entry in a log that is "
             "never shortened: undo adds one, and of two that contradict each other the later "
             "holds. It takes effect with the next run, survives every replay and rebuild of the "
             "data, and waits if nobody has the identifier yet. dry-run, explain and export go by "
             "the decisions that the last run knew. The exported file names people in full and "
             "carries the receipts of erasures too, for a store that is made anew; importing it "
             "again adds nothing.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
