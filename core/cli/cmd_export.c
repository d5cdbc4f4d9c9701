/* An audience to a destination, by an export rule; or all profiles to a file. */
#include "cli/approve_gate.h"
#include "cli/export_person.h"
#include "cli/outbox.h"
#include "cli/quality_gate.h"
#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>

static const struct kf_cli_option OPTIONS[] = {
    {"export", 'e', "NAME", "the export rule to carry out", false},
    {"segment", 's', "NAME", "the export rule of this segment ...", false},
    {"to", 0, "DEST", "... to this destination of kinfold.yaml", false},
    {"dry-run", 'n', NULL, "say who would be sent and who not, and write nothing", false},
    KF_DESPITE_OPTION,
    {"allow-empty", 0, NULL, "write even if nobody may be sent", false},
    {"profiles", 0, NULL, "all profiles with what is known of them (masked unless --reveal)",
     false},
    {"person", 0, "ID", "everything known of one person, for that person (masked unless --reveal)",
     false},
    {"out", 'o', "FILE",
     "with --profiles: a .csv or .jsonl file; with --person: JSON, never masked", false},
    {"html", 0, "FILE", "with --person: a page to read, never masked", false},
    {0},
};

/* ---- cells ---- */

struct cell_maker {
    struct kf_session *s;
    struct kf_cell *cell;
    struct kf_arena arena; /* of one row */
    uint32_t n;
};

static void put(struct cell_maker *m, uint32_t type, const char *p, size_t n)
{
    m->cell[m->n++] =
        (struct kf_cell){.type = type, .text = {kf_arena_strndup(&m->arena, p, n), n}};
}

static void put_null(struct cell_maker *m)
{
    m->cell[m->n++] = (struct kf_cell){.type = KF_CELL_NULL};
}

static uint32_t cell_type(const char *type)
{
    if (strcmp(type, "number") == 0 || strcmp(type, "money") == 0)
        return KF_CELL_NUMBER;
    if (strcmp(type, "boolean") == 0)
        return KF_CELL_BOOL;
    if (strcmp(type, "list") == 0)
        return KF_CELL_LIST;
    return strcmp(type, "time") == 0 || strcmp(type, "date") == 0 ? KF_CELL_TIME : KF_CELL_TEXT;
}

/* Amounts without their currency where the rule fixes it, instants as RFC 3339. */
static void put_value(struct cell_maker *m, const struct kf_column_def *def,
                      const struct kf_value *v, bool mask)
{
    struct kf_buf b = {0};
    uint32_t type = KF_CELL_TEXT;
    char text[64];
    switch (v->type) {
    case KF_VAL_MISSING:
    case KF_VAL_UNDECIDED:
        put_null(m);
        return;
    case KF_VAL_BOOL:
        type = KF_CELL_BOOL;
        kf_buf_adds(&b, v->boolean ? "true" : "false");
        break;
    case KF_VAL_NUMBER:
        type = KF_CELL_NUMBER;
        kf_buf_add(&b, text, kf_dec_format(v->number, text));
        break;
    case KF_VAL_MONEY:
        if (def->unit && strcmp(def->unit, v->money.cur) == 0) {
            type = KF_CELL_NUMBER;
            size_t n = kf_money_format(v->money, text, sizeof text);
            kf_buf_add(&b, text, n > 4 ? n - 4 : n);
        } else {
            kf_value_format(v, m->s->ws.config->zone, &b);
        }
        break;
    case KF_VAL_TIME:
        type = KF_CELL_TIME;
        kf_buf_add(&b, text, kf_time_format(v->time, text));
        break;
    case KF_VAL_DATE:
        kf_buf_add(&b, text, kf_day_format(v->day, text));
        break;
    case KF_VAL_LIST:
        type = KF_CELL_LIST;
        kf_value_json(v, &b);
        break;
    case KF_VAL_TEXT:
    case KF_VAL_VERSION:
        kf_buf_add(&b, v->text.p, v->text.n);
        break;
    default:
        kf_value_format(v, m->s->ws.config->zone, &b);
    }
    enum kf_personal kind =
        def->rule->kind == KF_KIND_SCORE
            ? KF_PERSONAL_NONE
            : kf_personal_value(kf_cstr(def->name), def->personal, kf_str(b.p ? b.p : "", b.n));
    if (mask && (kind || type == KF_CELL_TEXT)) {
        struct kf_buf masked = {0};
        kf_mask_add(&masked, kind, kf_str(b.p ? b.p : "", b.n), false);
        put(m, kind ? KF_CELL_TEXT : type, masked.p ? masked.p : "", masked.n);
        kf_buf_free(&masked);
    } else {
        put(m, type, b.p ? b.p : "", b.n);
    }
    kf_buf_free(&b);
}

/* The contact that was chosen where it is of this namespace, else the first current identifier by
 * bytes. */
static uint32_t pick(const struct kf_world *w, uint32_t profile, uint32_t ns, uint32_t contact)
{
    if (contact != KF_ID_NONE && w->ids->ns[contact] == ns)
        return contact;
    for (uint32_t i = w->ids_first[profile]; i < w->ids_first[profile + 1]; i++)
        if (w->ids->ns[w->ids_of[i]] == ns)
            return w->ids_of[i];
    return KF_ID_NONE;
}

static void put_identifier(struct cell_maker *m, uint32_t id, bool hash, bool mask)
{
    const struct kf_idset *ids = m->s->world->ids;
    char hex[65];
    if (id == KF_ID_NONE) {
        put_null(m);
        return;
    }
    struct kf_str ns = kf_cstr(ids->rules.ns[ids->ns[id]].name), v = kf_idset_value(ids, id);
    if (hash && kf_outbox_hash(ns, v, hex)) {
        put(m, KF_CELL_TEXT, hex, 64);
    } else if (mask) {
        struct kf_buf b = {0};
        kf_mask_add(&b, kf_personal_kind(ns, NULL), v, false);
        put(m, KF_CELL_TEXT, b.p ? b.p : "", b.n);
        kf_buf_free(&b);
    } else {
        put(m, KF_CELL_TEXT, v.p, v.n);
    }
}

/* ---- an audience ---- */

struct sending {
    struct kf_session *s;
    const struct kf_rule *rule;
    const struct kf_config_destination *destination;
    const struct kf_audience *audience;
    uint32_t ns[32], n_ns;        /* identifier columns */
    uint32_t field[256], n_field; /* numbers of decided columns */
    struct kf_column *column;
    struct kf_outbox box;
    struct cell_maker maker;
    uint32_t at; /* next of the audience */
};

static const struct kf_config_destination *find_destination(const struct kf_config *c,
                                                            const char *name)
{
    for (uint32_t i = 0; i < c->n_destination; i++)
        if (strcmp(c->destination[i].name, name) == 0)
            return &c->destination[i];
    return NULL;
}

static int no_destination(const struct kf_session *s, const char *name, struct kf_error *err)
{
    const char *names[256];
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->ws.config->n_destination && n < 256; i++)
        names[n++] = s->ws.config->destination[i].name;
    const char *near = kf_str_suggest(name, names, n);
    return kf_error_set(err, KF_E_USAGE, "export", "kinfold.yaml has no destination '%s'%s%s%s",
                        name, near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* What leaves the house is a reviewed rule: a segment and a destination name one. */
static int find_rule(const struct kf_session *s, const struct kf_rule **ret, struct kf_error *err)
{
    const char *name = kf_cli_get(s->cli, "export"), *segment = kf_cli_get(s->cli, "segment"),
               *to = kf_cli_get(s->cli, "to");
    uint32_t n, n_segments;
    const char *names[512];
    const struct kf_rule *const *e = kf_rules_kind(s->last_rules, KF_KIND_EXPORT, &n);
    const struct kf_rule *const *seg = kf_rules_kind(s->last_rules, KF_KIND_SEGMENT, &n_segments);
    if (name) {
        *ret = kf_rules_find(s->last_rules, KF_KIND_EXPORT, name);
        for (uint32_t i = 0; i < n && i < 512; i++)
            names[i] = e[i]->name;
        const char *near = *ret ? NULL : kf_str_suggest(name, names, n < 512 ? n : 512);
        return *ret ? 0
                    : kf_error_set(err, KF_E_USAGE, "export", "there is no export rule '%s'%s%s%s",
                                   name, near ? ", did you mean '" : "", near ? near : "",
                                   near ? "'?" : "");
    }
    if (!segment || !to)
        return kf_error_set(err, KF_E_USAGE, "export",
                            "say which: --export NAME, or --segment NAME --to DEST, or --profiles");
    if (!kf_rules_find(s->last_rules, KF_KIND_SEGMENT, segment)) {
        for (uint32_t i = 0; i < n_segments && i < 512; i++)
            names[i] = seg[i]->name;
        const char *near = kf_str_suggest(segment, names, n_segments < 512 ? n_segments : 512);
        return kf_error_set(err, KF_E_USAGE, "export", "there is no segment '%s'%s%s%s", segment,
                            near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    if (!find_destination(s->ws.config, to))
        return no_destination(s, to, err);
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(kf_rule_text(e[i], "segment", ""), segment) == 0 &&
            strcmp(kf_rule_text(e[i], "to", ""), to) == 0) {
            *ret = e[i];
            return 0;
        }
    return kf_error_set(
        err, KF_E_PERM, "export",
        "no export rule sends %s to %s: write one, so that what leaves the house can be reviewed "
        "(export \"NAME\" { segment = \"%s\", to = \"%s\", ... })",
        segment, to, segment, to);
}

static int find_columns(struct sending *k, struct kf_error *err)
{
    const struct kf_node *ids = kf_rule_get(k->rule, "identifiers"),
                         *fields = kf_rule_get(k->rule, "fields");
    uint32_t n_ids = ids ? kf_node_texts(ids) : 0, n_fields = fields ? kf_node_texts(fields) : 0,
             n_def;
    const struct kf_column_def *def = kf_decide_columns(k->s->decide, &n_def);
    k->column = calloc(n_ids + n_fields + 1u, sizeof *k->column);
    k->maker.cell = calloc(n_ids + n_fields + 1u, sizeof *k->maker.cell);
    if (!k->column || !k->maker.cell || n_ids > 32 || n_fields > 256)
        return kf_error_set(err, KF_E_NOMEM, "export", "too many columns");
    for (uint32_t i = 0; i < n_ids; i++) {
        const char *name = kf_node_text(ids, i);
        k->ns[i] = kf_idset_ns(k->s->world->ids, kf_cstr(name));
        if (k->ns[i] == KF_ID_NONE)
            return kf_error_at(err, KF_E_CONFIG, "export", k->rule->pos.file, k->rule->pos.line, 0,
                               "export \"%s\" names the identifier '%s', which no rule declares",
                               k->rule->name, name);
        k->column[k->n_ns++] =
            (struct kf_column){.name = name, .type = KF_CELL_TEXT, .identifier = 1};
    }
    for (uint32_t i = 0; i < n_fields; i++) {
        const char *name = kf_node_text(fields, i);
        uint32_t c = 0;
        while (c < n_def && strcmp(def[c].name, name))
            c++;
        if (c == n_def)
            return kf_error_at(
                err, KF_E_CONFIG, "export", k->rule->pos.file, k->rule->pos.line, 0,
                "export \"%s\" names the field '%s', which is no trait, computed or score",
                k->rule->name, name);
        k->field[k->n_field] = c;
        k->column[k->n_ns + k->n_field++] =
            (struct kf_column){.name = name, .type = cell_type(def[c].type)};
    }
    return 0;
}

static int send_profile(struct sending *k, const struct kf_decided *c, uint32_t profile,
                        uint32_t contact, struct kf_error *err)
{
    uint32_t n_def;
    const struct kf_column_def *def = kf_decide_columns(k->s->decide, &n_def);
    const struct kf_value *row = c->value + (size_t)(profile - c->from) * n_def;
    k->maker.n = 0;
    kf_arena_reset(&k->maker.arena);
    for (uint32_t i = 0; i < k->n_ns; i++)
        put_identifier(&k->maker, pick(k->s->world, profile, k->ns[i], contact),
                       k->destination->hash_identifiers, false);
    for (uint32_t i = 0; i < k->n_field; i++)
        put_value(&k->maker, &def[k->field[i]], &row[k->field[i]], false);
    return kf_outbox_row(&k->box, k->maker.cell, err);
}

static int on_audience(void *ctx, const struct kf_decided *c, struct kf_error *err)
{
    struct sending *k = ctx;
    int rc = 0;
    while (rc == 0 && k->at < k->audience->n && k->audience->profile[k->at] < c->to) {
        uint32_t i = k->at++;
        if (k->audience->profile[i] >= c->from)
            rc = send_profile(k, c, k->audience->profile[i], k->audience->contact[i], err);
    }
    return rc;
}

static int send(struct sending *k, struct kf_error *err)
{
    const struct kf_plugin_handle *h;
    const struct kf_config *c = k->s->ws.config;
    int rc = kf_plugin_find(&k->s->ws.plugins, k->destination->plugin, &h, err);
    if (rc == 0 && h->plugin.kind != KF_PLUGIN_DESTINATION)
        rc = kf_error_at(err, KF_E_CONFIG, "export", c->file, k->destination->line,
                         k->destination->column, "%s is no destination", k->destination->plugin);
    if (rc == 0)
        rc = find_columns(k, err);
    if (rc == 0)
        rc = kf_outbox_open(&k->box, h, k->destination->options, c->file, c->dir, k->column,
                            k->n_ns + k->n_field, err);
    struct kf_decide_sink sink = {.chunk = on_audience, .ctx = k};
    if (rc == 0 && k->audience->n)
        rc = kf_decide_some(k->s->decide, k->audience->profile, k->audience->n, &sink, err);
    if (k->box.instance)
        rc = rc ? (kf_outbox_finish(&k->box, false, NULL), rc)
                : kf_outbox_finish(&k->box, true, err);
    return rc;
}

/* ---- reporting ---- */

static void why_text(const struct sending *k, struct kf_buf *b)
{
    const struct kf_audience *a = k->audience;
    struct kf_table t;
    kf_table_start(&t, "lr");
    const struct {
        const char *what;
        uint32_t n;
    } row[] = {{"suppressed", a->suppressed},
               {"without the consent it requires", a->no_consent},
               {"not reachable on the channel", a->not_eligible},
               {"held out", a->held_out},
               {"undecided", a->undecided},
               {"beyond the limit", a->over_top}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        if (!row[i].n)
            continue;
        kf_table_cell(&t, row[i].what);
        kf_table_count(&t, row[i].n);
        kf_table_end_row(&t);
        for (uint32_t r = 0; i == 0 && r < a->n_reason; r++) {
            kf_table_cellf(&t, "  by %s", k->s->world->rules->rule[a->reason[r].rule]->name);
            kf_table_count(&t, a->reason[r].count);
            kf_table_end_row(&t);
        }
    }
    if (!kf_table_empty(&t))
        kf_buf_adds(b, "Left out:\n");
    kf_table_print(&t, 2, k->s->cli->colour, b);
}

static void say(const struct sending *k, bool wrote, bool dry, struct kf_buf *b)
{
    const struct kf_audience *a = k->audience;
    if (k->s->cli->json) {
        struct kf_json j;
        kf_json_start(&j, b, "kinfold.export/1");
        kf_json_text(&j, "export", k->rule->name);
        kf_json_text(&j, "segment", kf_rule_text(k->rule, "segment", ""));
        kf_json_text(&j, "to", k->destination->name);
        kf_json_bool(&j, "dry_run", dry);
        kf_json_bool(&j, "written", wrote);
        kf_json_count(&j, "members", a->members);
        kf_json_count(&j, "may_be_sent", a->n);
        kf_json_count(&j, "sent", k->box.sent);
        kf_json_count(&j, "rejected", k->box.rejected);
        kf_json_count(&j, "given_up", k->box.given_up);
        kf_json_count(&j, "suppressed", a->suppressed);
        kf_json_open(&j, "suppressed_by", '{');
        for (uint32_t r = 0; r < a->n_reason; r++)
            kf_json_count(&j, k->s->world->rules->rule[a->reason[r].rule]->name,
                          a->reason[r].count);
        kf_json_close(&j, '}');
        kf_json_count(&j, "no_consent", a->no_consent);
        kf_json_count(&j, "not_eligible", a->not_eligible);
        kf_json_count(&j, "held_out", a->held_out);
        kf_json_count(&j, "undecided", a->undecided);
        kf_json_count(&j, "over_top", a->over_top);
        kf_json_end(&j);
        return;
    }
    kf_buf_addf(b, "%s: %s has ", k->rule->name, kf_rule_text(k->rule, "segment", ""));
    kf_count_add(b, a->members, "member", NULL);
    kf_buf_addf(b, ", %u may be sent to %s\n", a->n, k->destination->name);
    why_text(k, b);
    if (wrote) {
        kf_buf_addf(b, "%llu sent", (unsigned long long)k->box.sent);
        if (k->box.rejected)
            kf_buf_addf(b, ", %llu rejected (%s)", (unsigned long long)k->box.rejected,
                        k->box.first.message);
        if (k->box.given_up)
            kf_buf_addf(b, ", %llu given up after %u tries", (unsigned long long)k->box.given_up,
                        KF_OUTBOX_TRIES);
        kf_buf_addc(b, '\n');
    } else {
        kf_buf_adds(b, dry ? "Nothing was written (--dry-run).\n"
                           : "Nobody may be sent, so nothing was written (--allow-empty writes an "
                             "empty audience).\n");
    }
}

static int export_audience(struct kf_session *s, struct kf_buf *b, struct kf_error *err)
{
    struct sending k = {.s = s, .maker = {.s = s}};
    struct kf_audience *audience = NULL;
    bool dry = kf_cli_has(s->cli, "dry-run");
    int rc = find_rule(s, &k.rule, err);
    if (rc)
        return rc;
    const char *to = kf_rule_text(k.rule, "to", "");
    k.destination = find_destination(s->ws.config, to);
    if (!k.destination)
        return no_destination(s, to, err);
    rc = kf_session_world(s, NULL, false, err);
    if (rc == 0 && !dry)
        rc = kf_quality_gate(s, s->decide, "export", err);
    if (rc == 0)
        rc = kf_decide_audience(s->decide, k.rule, &audience, err);
    k.audience = audience;
    bool write = rc == 0 && !dry && (audience->n || kf_cli_has(s->cli, "allow-empty"));
    if (write)
        rc = send(&k, err);
    if (rc == 0) {
        say(&k, write, dry, b);
        rc = !dry && (!write || k.box.rejected || k.box.given_up) ? 1 : 0;
    }
    kf_outbox_free(&k.box);
    kf_audience_free(audience);
    kf_arena_free(&k.maker.arena);
    free(k.column);
    free(k.maker.cell);
    return rc;
}

/* ---- all profiles ---- */

static int on_profiles(void *ctx, const struct kf_decided *c, struct kf_error *err)
{
    struct sending *k = ctx;
    const struct kf_world *w = k->s->world;
    uint32_t n_def;
    const struct kf_column_def *def = kf_decide_columns(k->s->decide, &n_def);
    int rc = 0;
    for (uint32_t p = c->from; p < c->to && rc == 0; p++) {
        char text[48];
        uint32_t from = w->first[p], to = w->first[p + 1];
        k->maker.n = 0;
        kf_arena_reset(&k->maker.arena);
        kf_profile_id_format(w->identity->profile_id[p], text);
        put(&k->maker, KF_CELL_TEXT, text, 16);
        put(&k->maker, KF_CELL_NUMBER, text, (size_t)snprintf(text, sizeof text, "%u", to - from));
        for (int end = 0; end < 2; end++) {
            if (to > from)
                put(&k->maker, KF_CELL_TIME, text,
                    kf_time_format(w->events->time[w->order[end ? to - 1 : from]], text));
            else
                put_null(&k->maker);
        }
        for (uint32_t i = 0; i < w->ids->rules.n_ns; i++)
            put_identifier(&k->maker, pick(w, p, i, KF_ID_NONE), false, !k->s->reveal);
        for (uint32_t i = 0; i < n_def; i++)
            put_value(&k->maker, &def[i], &c->value[(size_t)(p - c->from) * n_def + i],
                      !k->s->reveal);
        rc = kf_outbox_row(&k->box, k->maker.cell, err);
    }
    return rc;
}

static void profile_columns(struct sending *k)
{
    static const struct kf_column first[] = {{"profile_id", KF_CELL_TEXT, 0},
                                             {"events", KF_CELL_NUMBER, 0},
                                             {"first_seen", KF_CELL_TIME, 0},
                                             {"last_seen", KF_CELL_TIME, 0}};
    const struct kf_idset *ids = k->s->world->ids;
    uint32_t n_def, n = 4;
    const struct kf_column_def *def = kf_decide_columns(k->s->decide, &n_def);
    k->column = calloc(n + ids->rules.n_ns + n_def, sizeof *k->column);
    k->maker.cell = calloc(n + ids->rules.n_ns + n_def, sizeof *k->maker.cell);
    if (!k->column || !k->maker.cell)
        abort();
    memcpy(k->column, first, sizeof first);
    for (uint32_t i = 0; i < ids->rules.n_ns; i++)
        k->column[n++] = (struct kf_column){
            .name = ids->rules.ns[i].name, .type = KF_CELL_TEXT, .identifier = 1};
    for (uint32_t i = 0; i < n_def; i++)
        k->column[n++] = (struct kf_column){.name = def[i].name, .type = cell_type(def[i].type)};
    k->n_field = n;
}

static int export_profiles(struct kf_session *s, struct kf_buf *b, struct kf_error *err)
{
    struct sending k = {.s = s, .maker = {.s = s}};
    const char *out = kf_cli_get(s->cli, "out"), *dot = out ? strrchr(out, '.') : NULL;
    const struct kf_plugin_handle *h;
    if (!dot || (strcmp(dot, ".csv") && strcmp(dot, ".jsonl")))
        return kf_error_set(err, KF_E_USAGE, "export",
                            "--profiles wants --out FILE.csv or --out FILE.jsonl");
    /* The same as `options: { path: FILE }` in kinfold.yaml, but relative to where the command was
     * typed. */
    char *full = out[0] == '/' ? NULL : realpath(".", NULL);
    struct kf_buf path = {0};
    kf_buf_addf(&path, "%s%s%s", full ? full : "", full ? "/" : "", out);
    free(full);
    struct kf_yaml value = {.kind = KF_YAML_SCALAR, .text = path.p, .quoted = true};
    struct kf_yaml_item item = {.key = "path", .value = &value};
    struct kf_yaml options = {.kind = KF_YAML_MAP, .n = 1, .item = &item};
    int rc = kf_session_world(s, NULL, false, err);
    if (rc == 0)
        rc = kf_plugin_find(&s->ws.plugins, dot[1] == 'c' ? "destination_csv" : "destination_jsonl",
                            &h, err);
    if (rc == 0) {
        profile_columns(&k);
        rc = kf_outbox_open(&k.box, h, &options, "command line", s->ws.config->dir, k.column,
                            k.n_field, err);
    }
    struct kf_decide_sink sink = {.chunk = on_profiles, .ctx = &k};
    if (rc == 0)
        rc = kf_decide_run(s->decide, &sink, err);
    if (k.box.instance)
        rc = rc ? (kf_outbox_finish(&k.box, false, NULL), rc) : kf_outbox_finish(&k.box, true, err);
    if (rc == 0 && s->cli->json) {
        struct kf_json j;
        kf_json_start(&j, b, "kinfold.export-profiles/1");
        kf_json_text(&j, "file", out);
        kf_json_count(&j, "profiles", k.box.sent);
        kf_json_count(&j, "rejected", k.box.rejected);
        kf_json_bool(&j, "masked", !s->reveal);
        kf_json_end(&j);
    } else if (rc == 0) {
        kf_count_add(b, k.box.sent, "profile", NULL);
        kf_buf_addf(b, " in %s%s\n", out,
                    s->reveal ? "" : ", personal data masked (--reveal shows them)");
    }
    if (rc == 0 && k.box.rejected)
        rc = 1;
    kf_outbox_free(&k.box);
    kf_arena_free(&k.maker.arena);
    kf_buf_free(&path);
    free(k.column);
    free(k.maker.cell);
    return rc;
}

/* ---- the command ---- */

static int run(struct kf_cli *cli)
{
    struct kf_session s;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    int rc = kf_session_open(&s, cli, &err);
    if (rc == 0)
        rc = kf_session_load(&s, &err);
    /* What a person may ask for needs nobody's approval; a dry run sends nothing. */
    if (rc == 0 && !kf_cli_has(cli, "person") && !kf_cli_has(cli, "dry-run"))
        rc = kf_gate_export(&s, &err);
    if (rc == 0)
        rc = kf_cli_has(cli, "person")     ? kf_export_person(&s, &b, &err)
             : kf_cli_has(cli, "profiles") ? export_profiles(&s, &b, &err)
                                           : export_audience(&s, &b, &err);
    int status = rc < 0 ? kf_session_fail(&s, &err) : rc;
    if (rc >= 0 && (!cli->quiet || cli->json))
        kf_out_flush(&b);
    kf_buf_free(&b);
    kf_session_close(&s);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold export --segment vip_at_risk --to crm_file",
    "the members who may be sent, by the export rule that says so",
    "kinfold export --export cart_reminder --dry-run",
    "who would be sent, who not, and why",
    "kinfold export --profiles --out profiles.csv",
    "all profiles for an analyst, masked",
    "kinfold export --person email:anna@example.com --html anna.html",
    "what she may ask for: everything known of her, nothing of others",
    NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "nobody may be sent, or the destination rejected rows"},
    {66, "with --person: nobody of that name was ever seen, or there was no run yet"},
    {77, "no export rule allows it, a gate is shut, or the last run's rules are not approved"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_export = {
    .name = "export",
    .purpose = "send an audience to a destination",
    .about = "By the rules and events of the last run. Suppressions, consent and the channel of "
             "the export rule hold; whoever is "
             "left out is counted with the reason. --person prints what is kept about one person; "
             "written "
             "to a file it is not masked, because it is for them, and the file is readable for its "
             "owner only.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
