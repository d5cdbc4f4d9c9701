/* What waits for a person, each with the evidence and a command that would settle it. */
#include "cli/review.h"

#include "base/error.h"

static const struct kf_cli_option OPTIONS[] = {
    {"kind", 'k', "KIND", "only shared, contradictory, refused, dangling or oversize", false},
    {"oversize", 0, "N",
     "look at people of so many identifiers (default: nine tenths of max_identifiers, or 100)",
     false},
    {"limit", 0, "N", "print at most N of a kind (default: 20; --json prints all)", false},
    {0},
};

static const char *const HEAD[KF_REVIEW_KINDS] = {
    "Identifiers that several people use: they are nobody's until somebody decides",
    "Events that name two people: they make no links and belong to nobody",
    "Good evidence that was refused, because a limit of the rules stands against it",
    "Sign-ins that tie nothing, because the other identifier is missing",
    "People of many identifiers: perhaps several people",
};

/* ---- a line of evidence ---- */

static void ident(const struct kf_review *r, uint32_t id, struct kf_buf *b)
{
    kf_ident_add(b, r->d->s.world->ids, id, r->d->s.reveal);
}

static void what(const struct kf_review *r, const struct kf_review_item *i, struct kf_buf *b)
{
    const struct kf_world *w = r->d->s.world;
    if (i->kind == KF_REVIEW_DANGLING) {
        struct kf_str name = kf_symbols_text(w->events->dict->name, w->events->what[i->event].name);
        struct kf_str source =
            kf_symbols_text(w->events->dict->source, w->events->at[i->event].source + 1u);
        if (!name.n) /* identify, alias */
            name = kf_cstr(kf_event_type_name(w->events->what[i->event].type));
        kf_buf_addf(b, "'%.*s' of %.*s with ", (int)name.n, name.p, (int)source.n, source.p);
        if (i->ns == KF_ID_NONE)
            kf_buf_adds(b, "no identifier");
        else
            kf_buf_addf(b, "no more than %s", w->ids->rules.ns[i->ns].name);
        return;
    }
    ident(r, i->a, b);
    if (i->kind == KF_REVIEW_SHARED || i->b == KF_ID_NONE)
        return;
    kf_buf_adds(b, " and ");
    ident(r, i->b, b);
}

static void evidence(const struct kf_review *r, const struct kf_review_item *i, struct kf_buf *b)
{
    const struct kf_zone *z = r->d->s.ws.config->zone;
    switch (i->kind) {
    case KF_REVIEW_SHARED:
        kf_count_add(b, i->count, "tie", NULL);
        kf_buf_adds(b, " refused");
        if (i->b != KF_ID_NONE) {
            kf_buf_adds(b, ", the newest to ");
            ident(r, i->b, b);
        }
        break;
    case KF_REVIEW_REFUSED:
        kf_buf_addf(b, "link %s was refused (%s), ", i->rule, i->reason);
        kf_count_add(b, i->count, "event", NULL);
        break;
    case KF_REVIEW_OVERSIZE:
        kf_count_add(b, i->count, "identifier", NULL);
        kf_buf_adds(b, i->reason ? ", and more were refused (ceiling)" : "");
        break;
    default:
        kf_count_add(b, i->count, "event", NULL);
        if (i->rule)
            kf_buf_addf(b, " for which link %s holds", i->rule);
    }
    if (i->last != KF_NO_TIME) {
        kf_buf_adds(b, ", last on ");
        kf_when_add(b, z, i->last);
    }
    if (i->event != KF_ID_NONE) {
        kf_buf_adds(b, ", ");
        kf_event_place_add(b, r->d->s.events, i->event);
    }
}

/* ---- what may be done ---- */

static void typed(const struct kf_review *r, uint32_t id, struct kf_buf *b)
{
    const struct kf_idset *ids = r->d->s.world->ids;
    struct kf_str v = kf_idset_value(ids, id);
    char *text =
        kf_arena_printf(&r->d->arena, "%s=%.*s", ids->rules.ns[ids->ns[id]].name, (int)v.n, v.p);
    kf_steward_shell_add(b, text, r->d->s.reveal);
}

static void pair(const struct kf_review *r, const char *verb, uint32_t x, uint32_t y,
                 struct kf_buf *b)
{
    kf_buf_addf(b, "kinfold decide %s ", verb);
    typed(r, x, b);
    kf_buf_addc(b, ' ');
    typed(r, y, b);
    kf_buf_adds(b, " --because \"...\"");
}

/* A hand-over begins where the newest claim does. */
static void hand_over(const struct kf_review *r, const struct kf_review_item *i, struct kf_buf *b)
{
    char at[48];
    int64_t t = i->event == KF_ID_NONE ? i->last : r->d->s.events->time[i->event];
    at[kf_time_format(t, at)] = 0;
    kf_buf_adds(b, "kinfold decide transfer ");
    typed(r, i->a, b);
    kf_buf_addf(b, " --at %s --to ", at);
    typed(r, i->b, b);
    kf_buf_adds(b, " --because \"...\"");
}

static void command(const struct kf_review *r, const struct kf_review_item *i, struct kf_buf *b)
{
    switch (i->kind) {
    case KF_REVIEW_SHARED:
        if (i->b != KF_ID_NONE)
            hand_over(r, i, b);
        break;
    case KF_REVIEW_CONTRADICTORY:
        pair(r, "join", i->a, i->b, b);
        break;
    case KF_REVIEW_REFUSED:
        pair(r, "unlink", i->a, i->b, b);
        break;
    case KF_REVIEW_OVERSIZE:
        if (i->weak_a != KF_ID_NONE)
            pair(r, "unlink", i->weak_a, i->weak_b, b);
        break;
    default:
        kf_buf_adds(b, "kinfold quality");
    }
}

static const char *advice(const struct kf_review_item *i)
{
    switch (i->kind) {
    case KF_REVIEW_SHARED:
        return i->b == KF_ID_NONE ? "let the rules ignore it (ignore_values)"
                                  : "if it changed hands; a mailbox of everybody belongs into "
                                    "ignore_values";
    case KF_REVIEW_CONTRADICTORY:
        return "if both are one person; else the source is wrong";
    case KF_REVIEW_REFUSED:
        return "if the refusal is right; else the limit of the rule file is too low";
    case KF_REVIEW_DANGLING:
        return "shows the source; its field map should deliver the other identifier";
    default:
        return "takes the weakest link away";
    }
}

/* ---- the report ---- */

static void say_item(const struct kf_review *r, const struct kf_review_item *i, struct kf_buf *b)
{
    struct kf_buf line = {0}, todo = {0};
    kf_buf_addf(&line, "  %s  ", i->key);
    what(r, i, &line);
    kf_buf_adds(&line, ": ");
    evidence(r, i, &line);
    kf_wrap_add(b, line.p, 6, 0, false);
    kf_buf_addc(b, '\n');
    command(r, i, &todo);
    if (todo.n)
        kf_buf_addf(b, "      %s\n", todo.p);
    kf_buf_addf(b, "      %s\n", advice(i));
    kf_buf_free(&line);
    kf_buf_free(&todo);
}

static void say_text(const struct kf_review *r, const bool *want, uint32_t limit, struct kf_buf *b)
{
    uint32_t n = 0;
    for (uint32_t i = 0, at = 0; i < r->n; i++) {
        const struct kf_review_item *it = &r->item[i];
        if (!want[it->kind])
            continue;
        bool first = n == 0 || r->item[i - 1].kind != it->kind;
        at = first ? 0 : at + 1;
        n++;
        if (first) {
            kf_buf_adds(b, n > 1 ? "\n" : "");
            kf_style_add(b, r->d->s.cli->colour, KF_BOLD, HEAD[it->kind]);
            kf_buf_addc(b, '\n');
        }
        if (at < limit)
            say_item(r, it, b);
        else if (at == limit)
            kf_buf_adds(b, "  ... (--limit shows more)\n");
    }
    kf_buf_adds(b, n ? "\n" : "");
    kf_count_add(b, n, "matter", NULL);
    kf_buf_adds(b, n == 1 ? " waits for a person" : " wait for a person");
    if (r->waiting) {
        kf_buf_adds(b, "; ");
        kf_count_add(b, r->waiting, "decision", NULL);
        kf_buf_adds(b, r->waiting == 1 ? " that waits for a run is counted in"
                                       : " that wait for a run are counted in");
    }
    kf_buf_adds(b,
                n && !r->d->s.reveal ? ". --reveal prints commands that can be copied.\n" : ".\n");
}

static void json_id(const struct kf_review *r, const char *key, uint32_t id, struct kf_json *j)
{
    struct kf_buf b = {0};
    if (id == KF_ID_NONE)
        return;
    ident(r, id, &b);
    kf_json_text(j, key, b.p);
    kf_buf_free(&b);
}

static void json_item(const struct kf_review *r, const struct kf_review_item *i, struct kf_json *j)
{
    struct kf_buf b = {0};
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "key", i->key);
    kf_json_text(j, "kind", kf_review_kind_name(i->kind));
    json_id(r, "a", i->a, j);
    json_id(r, "b", i->b, j);
    json_id(r, "other", i->other, j);
    kf_json_count(j, "count", i->count);
    kf_json_text(j, "rule", i->rule);
    kf_json_text(j, "reason", i->reason);
    if (i->ns != KF_ID_NONE)
        kf_json_text(j, "has_only", r->d->s.world->ids->rules.ns[i->ns].name);
    kf_json_time(j, "first", i->first);
    kf_json_time(j, "last", i->last);
    if (i->event != KF_ID_NONE) {
        kf_event_place_add(&b, r->d->s.events, i->event);
        kf_json_text(j, "where", b.p);
        kf_json_str(j, "event", kf_event_id(r->d->s.events, i->event));
    }
    kf_buf_clear(&b);
    command(r, i, &b);
    kf_json_text(j, "command", b.n ? b.p : NULL);
    kf_json_text(j, "advice", advice(i));
    kf_json_close(j, '}');
    kf_buf_free(&b);
}

static void say_json(const struct kf_review *r, const bool *want, struct kf_buf *b)
{
    uint32_t count[KF_REVIEW_KINDS] = {0};
    struct kf_json j;
    kf_json_start(&j, b, "kinfold.review/1");
    kf_json_open(&j, "items", '[');
    for (uint32_t i = 0; i < r->n; i++) {
        if (!want[r->item[i].kind])
            continue;
        count[r->item[i].kind]++;
        json_item(r, &r->item[i], &j);
    }
    kf_json_close(&j, ']');
    kf_json_open(&j, "counts", '{');
    for (int i = 0; i < KF_REVIEW_KINDS; i++)
        kf_json_count(&j, kf_review_kind_name((enum kf_review_kind)i), count[i]);
    kf_json_close(&j, '}');
    kf_json_count(&j, "oversize_from", r->oversize);
    kf_json_count(&j, "decisions_waiting", r->waiting);
    kf_json_end(&j);
}

/* ---- the command ---- */

static int wanted(const struct kf_cli *cli, bool *want, struct kf_error *err)
{
    const char *kind = kf_cli_get(cli, "kind"), *names[KF_REVIEW_KINDS];
    bool any = !kind;
    for (int i = 0; i < KF_REVIEW_KINDS; i++) {
        names[i] = kf_review_kind_name((enum kf_review_kind)i);
        want[i] = !kind || strcmp(kind, names[i]) == 0;
        any |= want[i];
    }
    if (any)
        return 0;
    const char *near = kf_str_suggest(kind, names, KF_REVIEW_KINDS);
    return kf_error_set(err, KF_E_USAGE, "review",
                        "--kind is shared, contradictory, refused, dangling or oversize%s%s%s",
                        near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static int work(struct kf_desk *d, struct kf_review *r, struct kf_buf *b, struct kf_error *err)
{
    const struct kf_cli *cli = d->s.cli;
    bool want[KF_REVIEW_KINDS];
    int64_t oversize = 0, limit = 20;
    int rc = wanted(cli, want, err);
    if (rc == 0)
        rc = kf_cli_number(cli, "oversize", 2, UINT32_MAX, &oversize, err);
    if (rc == 0)
        rc = kf_cli_number(cli, "limit", 1, UINT32_MAX, &limit, err);
    if (rc == 0)
        rc = kf_desk_open(d, cli, false, err);
    if (rc == 0)
        rc = kf_review_gather(d, (uint32_t)oversize, r, err);
    if (rc)
        return rc;
    if (cli->json)
        say_json(r, want, b);
    else
        say_text(r, want, (uint32_t)limit, b);
    return 0;
}

static int run(struct kf_cli *cli)
{
    struct kf_desk d = {.s = {.cli = cli}};
    struct kf_review r = {0};
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    int rc = work(&d, &r, &b, &err);
    int status = rc < 0 ? kf_session_fail(&d.s, &err) : rc;
    if (rc >= 0)
        kf_out_flush(&b);
    kf_buf_free(&b);
    kf_review_free(&r);
    kf_desk_close(&d);
    return status;
}

static const char *const EXAMPLES[] = {"kinfold review",
                                       "everything that waits, with a command for each",
                                       "kinfold review --kind shared --reveal",
                                       "shared mailboxes and devices, commands ready to copy",
                                       "kinfold review --json | jq .counts",
                                       "how much is left to do",
                                       NULL};
static const struct kf_cli_exit EXITS[] = {{66, "there was no run yet"}, {-1, NULL}};

const struct kf_cli_command kf_cmd_review = {
    .name = "review",
    .purpose = "list what waits for a person",
    .about = "Shared identifiers, events that contradict themselves, good evidence that was "
             "refused, sign-ins that tie nothing, people of many identifiers; by the rules and "
             "events of the last run and every decision so far. Each has a key that stays the same "
             "as long as the matter is, and is gone when the data, the rules or a decision no "
             "longer raise it. Personal data are masked unless --reveal is given.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
