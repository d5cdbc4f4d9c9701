#include "cli/test_cover.h"

#include "decide/scenario.h"

#include <stdio.h>
#include <stdlib.h>

#define BOTH 3u

int kf_test_cover_read(const struct kf_cli *cli, struct kf_test_cover *ret, struct kf_error *err)
{
    const char *said = kf_cli_get(cli, "min");
    *ret = (struct kf_test_cover){0};
    if (!said)
        return 0;
    size_t n = strlen(said);
    n -= n && said[n - 1] == '%';
    if (!kf_dec_parse(kf_str(said, n), &ret->min) || kf_dec_cmp(ret->min, kf_dec_int(0)) < 0 ||
        kf_dec_cmp(ret->min, kf_dec_int(100)) > 0)
        return kf_error_set(err, KF_E_USAGE, "test", "--min is a share like 80%%, not '%s'", said);
    ret->has_min = true;
    return 0;
}

/* ---- adding a suite ---- */

struct adding {
    struct kf_test_cover *c;
    const uint8_t *seen;
    const struct kf_rule *rule; /* whose conditions are coming */
    struct kf_test_cover_rule *to;
    uint32_t at; /* condition of it */
    uint32_t n;
};

static const char *place_of(struct kf_test_cover *c, const struct kf_pos *pos)
{
    struct kf_buf b = {0};
    kf_place_add(&b, pos);
    const char *text = kf_arena_strndup(&c->arena, b.p ? b.p : "", b.n);
    kf_buf_free(&b);
    return text;
}

/* Of which events a selection asks something: "of 'A' or 'B': ". */
static void add_events(const struct kf_node *select, struct kf_buf *out)
{
    const struct kf_node *names = select->op == KF_S_EVENT ? select->kid[0] : NULL;
    if (select->op == KF_S_ANY)
        kf_buf_adds(out, "of any activity: ");
    for (uint32_t i = 0; names && i < kf_node_texts(names); i++)
        kf_buf_addf(out, "%s'%s'", i ? " or " : "of ", kf_node_text(names, i));
    if (names)
        kf_buf_adds(out, ": ");
}

static const char *sentence_of(struct kf_test_cover *c, const struct kf_node *n,
                               const struct kf_node *of)
{
    struct kf_buf b = {0};
    if (of)
        add_events(of, &b);
    kf_node_sentence(n, &b);
    const char *text = kf_arena_strndup(&c->arena, b.p ? b.p : "", b.n);
    kf_buf_free(&b);
    return text;
}

static struct kf_test_cover_rule *find(struct kf_test_cover *c, const struct kf_rule *r)
{
    const char *where = place_of(c, &r->pos);
    for (size_t i = 0; i < c->rule.n; i++)
        if (strcmp(c->rule.p[i].name, r->name) == 0 &&
            strcmp(c->rule.p[i].kind, kf_kind_name(r->kind)) == 0 &&
            strcmp(c->rule.p[i].where, where) == 0)
            return &c->rule.p[i];
    struct kf_test_cover_rule *to = kf_vec_push(&c->rule);
    *to = (struct kf_test_cover_rule){
        .kind = kf_kind_name(r->kind), .name = kf_arena_strdup(&c->arena, r->name), .where = where};
    return to;
}

static void count_one(void *ctx, const struct kf_rule *rule, const struct kf_node *condition,
                      const struct kf_node *of)
{
    struct adding *a = ctx;
    (void)condition;
    (void)of;
    a->n += rule == a->rule;
}

/* Room for the conditions of a rule that is new. */
static void begin_rule(struct adding *a, const struct kf_rule *rule)
{
    a->rule = rule;
    a->to = find(a->c, rule);
    a->at = 0;
    if (a->to->condition)
        return;
    a->n = 0;
    kf_scenario_conditions(rule, count_one, a);
    a->to->n = a->n;
    a->to->condition = kf_arena_zalloc(&a->c->arena, (a->n + 1) * sizeof *a->to->condition);
}

static void add_one(void *ctx, const struct kf_rule *rule, const struct kf_node *condition,
                    const struct kf_node *of)
{
    struct adding *a = ctx;
    (void)rule;
    if (a->at >= a->to->n)
        return;
    struct kf_test_cover_condition *k = &a->to->condition[a->at++];
    if (!k->where) {
        k->where = place_of(a->c, &condition->pos);
        k->pos = condition->pos;
        k->pos.file = kf_arena_strdup(&a->c->arena, k->pos.file);
        k->sentence = sentence_of(a->c, condition, of);
    }
    k->seen |= a->seen[condition->id];
}

static int place_cmp(const void *pa, const void *pb, void *rule)
{
    const struct kf_test_cover_rule *r = rule;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    const struct kf_pos *x = &r->condition[a].pos, *y = &r->condition[b].pos;
    int c = strcmp(x->file, y->file);
    if (!c)
        c = (x->line > y->line) - (x->line < y->line);
    if (!c)
        c = (x->column > y->column) - (x->column < y->column);
    return c ? c : (a > b) - (a < b);
}

/* The tests of a `where` are a set, sorted by name: people look for them by line. */
static void put_in_order(struct kf_test_cover *c, struct kf_test_cover_rule *r)
{
    if (r->order)
        return;
    r->order = kf_arena_alloc(&c->arena, (r->n + 1) * sizeof *r->order);
    for (uint32_t i = 0; i < r->n; i++)
        r->order[i] = i;
    qsort_r(r->order, r->n, sizeof *r->order, place_cmp, r);
}

static void sum_up(struct kf_test_cover *c)
{
    c->conditions = c->both = 0;
    for (size_t i = 0; i < c->rule.n; i++) {
        struct kf_test_cover_rule *r = &c->rule.p[i];
        r->both = 0;
        put_in_order(c, r);
        for (uint32_t k = 0; k < r->n; k++)
            r->both += (r->condition[k].seen & BOTH) == BOTH;
        c->conditions += r->n;
        c->both += r->both;
    }
}

void kf_test_cover_add(struct kf_test_cover *c, const struct kf_ruleset *rules, const uint8_t *seen)
{
    struct adding a = {.c = c, .seen = seen};
    for (uint32_t i = 0; i < rules->n; i++) {
        begin_rule(&a, rules->rule[i]);
        kf_scenario_conditions(rules->rule[i], add_one, &a);
    }
    sum_up(c);
}

/* both * 100 >= min * conditions, exactly. */
bool kf_test_cover_reached(const struct kf_test_cover *c)
{
    if (!c->has_min)
        return true;
    __int128 left = (__int128)c->both * 100, right = (__int128)c->min.m * c->conditions;
    for (int i = 0; i < c->min.scale; i++)
        left *= 10;
    return left >= right;
}

void kf_test_cover_reset(struct kf_test_cover *c)
{
    kf_vec_free(&c->rule);
    kf_arena_free(&c->arena);
    c->conditions = c->both = 0;
}

/* ---- saying it ---- */

/* Tenths of a percent, cut off: 100 % means all. */
static uint32_t tenths(uint32_t part, uint32_t of)
{
    return of ? (uint32_t)((uint64_t)part * 1000 / of) : 1000;
}

static void add_share(const struct kf_test_cover *c, struct kf_buf *out)
{
    uint32_t t = tenths(c->both, c->conditions);
    kf_buf_addf(out, "coverage %u.%u %%: %u of %u conditions were seen both true and false", t / 10,
                t % 10, c->both, c->conditions);
    if (c->has_min) {
        char want[64];
        size_t n = kf_dec_format(c->min, want);
        kf_buf_addf(out,
                    kf_test_cover_reached(c) ? "; at least %.*s %% is asked for"
                                             : "; less than the %.*s %% asked for",
                    (int)n, want);
    }
}

static const char *gap(const struct kf_test_cover_condition *k)
{
    switch (k->seen & BOTH) {
    case 0:
        return k->seen ? "only undecided" : "never asked";
    case 1:
        return "never true";
    default:
        return "never false";
    }
}

void kf_test_cover_text(const struct kf_test_cover *c, bool colour, struct kf_buf *out)
{
    for (size_t i = 0; i < c->rule.n; i++) {
        const struct kf_test_cover_rule *r = &c->rule.p[i];
        if (r->both == r->n)
            continue;
        kf_style_add(out, colour, KF_BOLD, r->kind);
        kf_buf_addf(out, " %s  %u of %u  ", r->name, r->both, r->n);
        kf_style_add(out, colour, KF_DIM, r->where);
        kf_buf_addc(out, '\n');
        for (uint32_t k = 0; k < r->n; k++) {
            const struct kf_test_cover_condition *x = &r->condition[r->order[k]];
            if ((x->seen & BOTH) == BOTH)
                continue;
            struct kf_buf line = {0};
            kf_buf_addf(&line, "%-14s %s  %s", gap(x), x->where, x->sentence);
            kf_buf_adds(out, "  ");
            kf_wrap_add(out, line.p, 19, 2, false);
            kf_buf_addc(out, '\n');
            kf_buf_free(&line);
        }
    }
    add_share(c, out);
    kf_buf_addc(out, '\n');
}

static void json_rule(const struct kf_test_cover_rule *r, struct kf_json *j)
{
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "kind", r->kind);
    kf_json_text(j, "rule", r->name);
    kf_json_text(j, "where", r->where);
    kf_json_count(j, "conditions", r->n);
    kf_json_count(j, "both", r->both);
    kf_json_open(j, "gaps", '[');
    for (uint32_t k = 0; k < r->n; k++) {
        const struct kf_test_cover_condition *x = &r->condition[r->order[k]];
        if ((x->seen & BOTH) == BOTH)
            continue;
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "where", x->where);
        kf_json_text(j, "sentence", x->sentence);
        kf_json_bool(j, "seen_true", x->seen >> KF_TRUE & 1);
        kf_json_bool(j, "seen_false", x->seen >> KF_FALSE & 1);
        kf_json_bool(j, "seen_undecided", x->seen >> KF_UNDECIDED & 1);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_close(j, '}');
}

void kf_test_cover_json(const struct kf_test_cover *c, struct kf_json *j)
{
    char text[64];
    kf_json_open(j, "coverage", '{');
    kf_json_count(j, "conditions", c->conditions);
    kf_json_count(j, "both", c->both);
    snprintf(text, sizeof text, "%u.%u", tenths(c->both, c->conditions) / 10,
             tenths(c->both, c->conditions) % 10);
    kf_json_text(j, "percent", text);
    if (c->has_min)
        text[kf_dec_format(c->min, text)] = '\0';
    kf_json_text(j, "min", c->has_min ? text : NULL);
    kf_json_bool(j, "reached", kf_test_cover_reached(c));
    kf_json_open(j, "rules", '[');
    for (size_t i = 0; i < c->rule.n; i++)
        if (c->rule.p[i].n)
            json_rule(&c->rule.p[i], j);
    kf_json_close(j, ']');
    kf_json_close(j, '}');
}

void kf_test_cover_note(const struct kf_test_cover *c, const char *before, const char *after,
                        struct kf_buf *out)
{
    kf_buf_adds(out, before);
    add_share(c, out);
    kf_buf_addf(out, "%s\n", after);
}
