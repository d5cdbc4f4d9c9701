/* Rule sets compared by meaning: paths and words of edits by hand, then two properties on every
 * rule file there is: what is only written otherwise is no change, and one random edit is found as
 * exactly that edit. */
#include "lua/compare.h"

#include "../check_main.h"

#include <stdio.h>
#include <string.h>

#define ABOUT "title = \"T\", owner = \"a@example.com\", because = \"B\", "

static struct kf_ruleset *load(const char *text)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_rules_text file = {"rules/a.lua", kf_cstr(text)};
    struct kf_ruleset *s = NULL;
    ck_assert_msg(kf_rules_load_text(NULL, &file, 1, &s, &err) == 0, "%s", err.message);
    ck_assert_msg(s->n_errors == 0, "%s\n%s", s->n_diagnostic ? s->diagnostic[0].message : "",
                  text);
    return s;
}

/* "path: was -> is | +path: is | -path: was" of all edits of all rules. */
static const char *edits_of(const struct kf_compare *c)
{
    static char out[4096];
    size_t n = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < c->n; i++) {
        if (c->rule[i].change != KF_COMPARE_CHANGED && c->rule[i].change != KF_COMPARE_TEXT)
            n += (size_t)snprintf(out + n, sizeof out - n, "%s%s", n ? " | " : "",
                                  kf_compare_word(c->rule[i].change));
        for (uint32_t k = 0; k < c->rule[i].n_edit; k++) {
            const struct kf_edit *e = &c->rule[i].edit[k];
            const char *bar = n ? " | " : "";
            if (e->kind == KF_EDIT_ADDED)
                n += (size_t)snprintf(out + n, sizeof out - n, "%s+%s: %s", bar, e->path, e->is);
            else if (e->kind == KF_EDIT_REMOVED)
                n += (size_t)snprintf(out + n, sizeof out - n, "%s-%s: %s", bar, e->path, e->was);
            else
                n += (size_t)snprintf(out + n, sizeof out - n, "%s%s%s: %s -> %s", bar,
                                      e->kind == KF_EDIT_REORDERED ? "~" : "", e->path, e->was,
                                      e->is);
            ck_assert_uint_lt(n, sizeof out);
        }
    }
    return out;
}

static void expect_edits(const char *before, const char *after, const char *wanted)
{
    struct kf_ruleset *a = load(before), *b = load(after);
    struct kf_compare c;
    kf_compare_rules(a, b, &c);
    ck_assert_str_eq(edits_of(&c), wanted);
    kf_compare_free(&c);
    kf_rules_free(a);
    kf_rules_free(b);
}

/* The same of two `who` of a segment. */
static void expect_who(const char *before, const char *after, const char *wanted)
{
    char a[2048], b[2048];
    const char *form = "segment \"s\" { " ABOUT "who = %s }";
    ck_assert_uint_lt((size_t)snprintf(a, sizeof a, form, before), sizeof a);
    ck_assert_uint_lt((size_t)snprintf(b, sizeof b, form, after), sizeof b);
    expect_edits(a, b, wanted);
}

#define A "event \"A\":within(days(30)):count():at_least(3)"
#define P "trait \"p\":is(\"x\")"
#define Q "trait \"q\":exists()"

START_TEST(constants_and_tests)
{
    expect_who("all { " P ", " A " }",
               "all { " P ", event \"A\":within(days(30)):count():at_least(2) }",
               "who.all[2].at_least: 3 -> 2");
    expect_who(A, "event \"A\":within(days(60)):count():at_least(3)",
               "who.within: 30 days -> 60 days");
    expect_who(A, "event \"A\":within(days(30)):count():more_than(3)",
               "who: is at least 3 -> is more than 3");
    expect_who(A, "event \"B\":within(days(30)):count():at_least(3)", "who.event: 'A' -> 'B'");
    expect_who(A, "event { \"A\", \"B\" }:within(days(30)):count():at_least(3)", "+who.event: 'B'");
    expect_who(A, "event \"A\":count():at_least(3)", "-who.within: in the last 30 days");
    expect_who("event \"A\":where { coupon = \"X\", size = 2 }",
               "event \"A\":where { coupon = \"Y\", size = at_least(2) }",
               "who.where.coupon: 'X' -> 'Y' | who.where.size: is 2 -> is at least 2");
    expect_who("trait \"p\":is_one_of { \"a\", \"b\" }",
               "trait \"p\":is_one_of { \"b\", \"c\", \"d\" }",
               "+who.is_one_of: 'c' | +who.is_one_of: 'd' | -who.is_one_of: 'a'");
    expect_who("event \"A\":sum \"points\":at_least(3)", "event \"A\":sum \"stars\":at_least(3)",
               "who.sum: points -> stars");
}
END_TEST

START_TEST(conditions)
{
    expect_who("all { " P ", " Q " }", "all { " Q ", " P " }", "");
    expect_who("all { " P ", " Q " }", "any { " Q ", " P " }", "who: all -> any");
    expect_who("all { " P ", " Q " }", "all { " P ", " Q ", " A " }",
               "+who.all[3]: the number of 'A' in the last 30 days is at least 3");
    expect_who("all { " P ", " Q ", " A " }", "all { " A ", " P " }",
               "-who.all[2]: trait 'q' is there");
    expect_who(P, "all { " Q ", " P " }", "+who.all[1]: trait 'q' is there");
    expect_who("any { " Q ", " P " }", P, "-who.any[1]: trait 'q' is there");
    expect_who(P, "segment \"t\" } segment \"t\" { " ABOUT "who = " P,
               "who: trait 'p' is 'x' -> is in segment 't' | added");
    expect_who("at_least_of(1, { " P ", " Q " })", "at_least_of(2, { " P ", " Q " })",
               "who.at_least_of: 1 -> 2");
    expect_who("all { " P ", any { " Q ", " A " } }",
               "all { any { event \"A\":within(days(30)):count():at_least(5), " Q " }, " P " }",
               "who.all[1].any[1].at_least: 3 -> 5");
}
END_TEST

START_TEST(settings_and_lists)
{
    expect_edits("identifiers { email = { rank = 1, per_profile = 3 } }",
                 "identifiers { email = { rank = 1, per_profile = 5 }, phone = { rank = 2 } }",
                 "email.per_profile: 3 -> 5 | +phone: rank 2");
    expect_edits(
        "score \"s\" { " ABOUT "add = { { points = 5, when = " Q
        ", label = \"q\" } }, bands = { { \"low\", 0 }, { \"high\", 70 } } }",
        "score \"s\" { " ABOUT "add = { { points = 5, when = " Q
        ", label = \"q\" } }, bands = { { \"low\", 0 }, { \"mid\", 40 }, { \"high\", 80 } } }",
        "+bands.mid: 'mid' 40 | bands.high: 70 -> 80");
    expect_edits(
        "segment \"s\" { " ABOUT "who = " P " }",
        "segment \"s\" { title = \"U\", owner = \"a@example.com\", because = \"B\", who = " P
        ", max_size = 3 }",
        "+max_size: 3 | title: 'T' -> 'U'");
    expect_edits("segment \"s\" { " ABOUT "who = " P " }", "segment \"t\" { " ABOUT "who = " P " }",
                 "renamed");
    expect_edits("segment \"s\" { " ABOUT "who = " P " }", "segment \"t\" { " ABOUT "who = " Q " }",
                 "removed | added");
}
END_TEST

START_TEST(sentences_stand_around)
{
    struct kf_ruleset *a = load("segment \"s\" { " ABOUT "who = all { " P ", " A " } }"),
                      *b = load("segment \"s\" { " ABOUT
                                "who = all { event \"A\":within(days(31)):count():at_least(3), " P
                                " } }");
    struct kf_compare c;
    struct kf_buf s = {0};
    kf_compare_rules(a, b, &c);
    ck_assert_uint_eq(c.n, 1);
    ck_assert_uint_eq(c.rule[0].n_edit, 1);
    kf_node_sentence(c.rule[0].edit[0].around_before, &s);
    ck_assert_str_eq(s.p, "the number of 'A' in the last 30 days is at least 3");
    kf_buf_clear(&s);
    kf_node_sentence(c.rule[0].edit[0].around_after, &s);
    ck_assert_str_eq(s.p, "the number of 'A' in the last 31 days is at least 3");
    ck_assert_uint_eq(kf_edit_setting(&c.rule[0].edit[0]).n, 3);
    kf_buf_free(&s);
    kf_compare_free(&c);
    kf_rules_free(a);
    kf_rules_free(b);
}
END_TEST

/* ---- properties, on the rules of the project and of the shop ---- */

struct dice {
    uint64_t state;
};

static uint32_t roll(struct dice *d, uint32_t sides)
{
    d->state = d->state * 6364136223846793005ULL + 1442695040888963407ULL;
    return sides ? (uint32_t)(d->state >> 33) % sides : 0;
}

static struct kf_ruleset *load_folder(const char *folder)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_ruleset *s = NULL;
    struct kf_rules_options o = {.root = folder};
    if (kf_rules_load(&o, &folder, 1, &s, &err))
        return NULL;
    return s;
}

static struct kf_ruleset *each_set(uint32_t i)
{
    static char path[3][512];
    const char *shared = getenv("KF_SHARED");
    snprintf(path[0], sizeof path[0], "%s/rules", KF_SOURCE_DIR);
    snprintf(path[1], sizeof path[1], "%s/tests/bench/workspace/rules", KF_SOURCE_DIR);
    snprintf(path[2], sizeof path[2], "%s/rules_sample", shared ? shared : "../shared");
    return load_folder(path[i]);
}

static bool order_means_nothing(uint16_t op)
{
    return op == KF_C_ALL || op == KF_C_ANY || op == KF_C_NONE || op == KF_C_AT_LEAST_OF ||
           op == KF_T_ONE_OF || op == KF_T_NONE_OF || op == KF_F_WHERE || op == KF_F_ON ||
           op == KF_F_FROM_SOURCE || op == KF_E_TOTAL;
}

static struct kf_node *copy(const struct kf_node *n, struct dice *shuffle, struct kf_arena *arena)
{
    struct kf_node *c = kf_arena_alloc(arena, sizeof *c);
    *c = *n;
    c->kid = kf_arena_alloc(arena, (n->kids + 1u) * sizeof *c->kid);
    for (uint32_t i = 0; i < n->kids; i++)
        c->kid[i] = copy(n->kid[i], shuffle, arena);
    for (uint32_t i = n->kids; shuffle && i > 1 && order_means_nothing(n->op); i--) {
        uint32_t k = roll(shuffle, i);
        struct kf_node *x = c->kid[k];
        c->kid[k] = c->kid[i - 1];
        c->kid[i - 1] = x;
    }
    return c;
}

START_TEST(another_order_is_no_change)
{
    struct dice d = {42};
    uint32_t rules = 0;
    for (uint32_t set = 0; set < 3; set++) {
        struct kf_ruleset *s = each_set(set);
        for (uint32_t i = 0; s && i < s->n; i++, rules++) {
            struct kf_arena arena = {0};
            struct kf_rule r = *s->rule[i];
            const struct kf_edit *e;
            r.body = copy(s->rule[i]->body, &d, &arena);
            uint32_t n = kf_compare_pair(s->rule[i], &r, &arena, &e);
            ck_assert_msg(n == 0, "%s %s: %s", kf_kind_name(r.kind), r.name, n ? e->path : "");
            kf_arena_free(&arena);
        }
        kf_rules_free(s);
    }
    ck_assert_uint_gt(rules, 60);
}
END_TEST

/* More blank lines, comments and blanks, where no long text is open. */
static void scatter(struct kf_str text, struct dice *d, struct kf_buf *out)
{
    bool open = false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '[' && i + 1 < text.n && text.p[i + 1] == '[')
            open = true;
        if (text.p[i] == ']' && i && text.p[i - 1] == ']')
            open = false;
        if (text.p[i] == '\n' && !open) {
            if (roll(d, 3) == 0)
                kf_buf_adds(out, "  -- a word [in] \"passing\"");
            for (uint32_t k = roll(d, 3); k > 0; k--)
                kf_buf_adds(out, "\n \t");
        }
        kf_buf_addc(out, text.p[i]);
    }
}

START_TEST(another_layout_is_no_change)
{
    struct dice d = {7};
    for (uint32_t set = 0; set < 3; set++) {
        struct kf_ruleset *s = each_set(set), *t = NULL;
        struct kf_error err = KF_ERROR_INIT;
        struct kf_arena arena = {0};
        uint32_t n;
        if (!s)
            continue;
        const struct kf_rules_text *file = kf_rules_files(s, &n);
        struct kf_rules_text *other = kf_arena_alloc(&arena, n * sizeof *other);
        for (uint32_t i = 0; i < n; i++) {
            struct kf_buf b = {0};
            scatter(file[i].text, &d, &b);
            other[i].name = file[i].name; /* `use` finds libraries by it */
            other[i].text = kf_str(kf_arena_strndup(&arena, b.p, b.n), b.n);
            kf_buf_free(&b);
        }
        ck_assert_int_eq(kf_rules_load_text(NULL, other, n, &t, &err), 0);
        ck_assert_uint_eq(t->n_errors, s->n_errors);
        struct kf_compare c;
        kf_compare_rules(s, t, &c);
        ck_assert_msg(c.n == 0, "%s", edits_of(&c));
        kf_compare_free(&c);
        kf_rules_free(s);
        kf_rules_free(t);
        kf_arena_free(&arena);
    }
}
END_TEST

/* ---- one edit ---- */

struct place {
    struct kf_node *n, *parent;
    uint32_t at;
};

static void places(struct kf_node *n, struct kf_node *parent, uint32_t at, struct place *out,
                   uint32_t *ret_n)
{
    bool constant = n->op == KF_K && (n->value.type == KF_K_NUMBER || n->value.type == KF_K_TEXT ||
                                      n->value.type == KF_K_LENGTH || n->value.type == KF_K_MONEY);
    bool part = parent && parent->kids > 1 && n->cls == KF_CLASS_COND &&
                (parent->op == KF_C_ALL || parent->op == KF_C_ANY || parent->op == KF_C_NONE);
    if ((constant || part) && *ret_n < 4096)
        out[(*ret_n)++] = (struct place){n, parent, at};
    for (uint32_t i = 0; i < n->kids; i++)
        places(n->kid[i], n, i, out, ret_n);
}

static void change(struct kf_const *k)
{
    switch (k->type) {
    case KF_K_NUMBER:
        k->number = kf_dec_int(987654);
        break;
    case KF_K_TEXT:
        k->text = kf_cstr("something quite new");
        break;
    case KF_K_LENGTH:
        k->ns = 987654321 * KF_SECOND;
        break;
    default:
        k->money.minor = 98765432;
    }
}

static bool same_node(const struct kf_node *a, const struct kf_node *b)
{
    struct kf_buf x = {0}, y = {0};
    kf_node_canonical(a, &x);
    kf_node_canonical(b, &y);
    bool same = strcmp(x.p, y.p) == 0;
    kf_buf_free(&x);
    kf_buf_free(&y);
    return same;
}

static bool has_twin(const struct kf_node *parent, uint32_t at)
{
    for (uint32_t i = 0; parent && i < parent->kids; i++)
        if (i != at && same_node(parent->kid[i], parent->kid[at]))
            return true;
    return false;
}

static uint32_t try_one(const struct kf_rule *rule, struct dice *d)
{
    static struct place place[4096];
    struct kf_arena arena = {0};
    const struct kf_edit *e;
    uint32_t n = 0;
    struct kf_rule r = *rule;
    struct kf_node *body = copy(rule->body, NULL, &arena);
    for (uint32_t i = 0; i < body->kids; i++)
        places(body->kid[i], NULL, 0, place, &n);
    if (!n) {
        kf_arena_free(&arena);
        return 0;
    }
    struct place p = place[roll(d, n)];
    bool constant = p.n->op == KF_K;
    if (has_twin(p.parent, p.at)) { /* said twice: to change one of them is another edit */
        kf_arena_free(&arena);
        return 0;
    }
    struct kf_node old = *p.n;
    if (constant) {
        change(&p.n->value);
    } else {
        memmove(p.parent->kid + p.at, p.parent->kid + p.at + 1,
                (p.parent->kids - p.at - 1) * sizeof *p.parent->kid);
        p.parent->kids--;
    }
    r.body = copy(body, d, &arena); /* and all orders that mean nothing are other ones */
    uint32_t found = kf_compare_pair(rule, &r, &arena, &e);
    ck_assert_msg(found == 1, "%s %s: %u edits, first %s: %s -> %s", kf_kind_name(rule->kind),
                  rule->name, found, found ? e->path : "", found && e->was ? e->was : "",
                  found && e->is ? e->is : "");
    if (!constant) {
        ck_assert_msg(e->kind == KF_EDIT_REMOVED, "%s %s", rule->name, e->path);
        ck_assert(same_node(e->before, &old));
    } else {
        ck_assert_msg(e->kind == KF_EDIT_CHANGED, "%s %s", rule->name, e->path);
        if (e->before->op == KF_K) {
            ck_assert(same_node(e->before, &old));
            ck_assert(same_node(e->after, p.n));
        }
    }
    /* and backwards: what was removed is added */
    found = kf_compare_pair(&r, rule, &arena, &e);
    ck_assert_msg(found == 1, "%s %s backwards: %u", kf_kind_name(rule->kind), rule->name, found);
    ck_assert_int_eq(e->kind, constant ? KF_EDIT_CHANGED : KF_EDIT_ADDED);
    kf_arena_free(&arena);
    return 1;
}

START_TEST(one_edit_is_found_as_that_edit)
{
    struct dice d = {2026};
    uint32_t tried = 0;
    for (uint32_t set = 0; set < 3; set++) {
        struct kf_ruleset *s = each_set(set);
        for (uint32_t i = 0; s && i < s->n; i++)
            for (uint32_t k = 0; k < 20; k++)
                tried += try_one(s->rule[i], &d);
        kf_rules_free(s);
    }
    ck_assert_uint_gt(tried, 800);
}
END_TEST

/* ---- settings of kinfold.yaml ---- */

static struct kf_ruleset *load_under(const char *yaml, struct kf_config **ret)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_rules_text file = {"rules/a.lua",
                                 kf_cstr("segment \"s\" { " ABOUT "who = trait \"x\":exists() }")};
    struct kf_ruleset *s = NULL;
    ck_assert_int_eq(kf_config_parse(yaml, strlen(yaml), "/w", true, ret, NULL, NULL, &err), 0);
    struct kf_rules_options o = {.config = *ret};
    ck_assert_int_eq(kf_rules_load_text(&o, &file, 1, &s, &err), 0);
    return s;
}

START_TEST(settings_are_compared)
{
    struct kf_config *then, *now;
    struct kf_ruleset *a = load_under("lists: { stop: { values: [a, b] }, old: { values: [x] } }\n",
                                      &then),
                      *b = load_under("zone: Europe/Berlin\nlists: { stop: { values: [b, c, d], "
                                      "ignore_case: true } }\n",
                                      &now);
    struct kf_compare c;
    kf_compare_rules(a, b, &c);
    ck_assert_uint_eq(c.n_meaning, 0);
    ck_assert(kf_compare_any(&c));
    ck_assert_uint_eq(c.n_setting, 3);
    ck_assert_str_eq(c.setting[0].before->name, "old");
    ck_assert_int_eq(c.setting[0].change, KF_COMPARE_REMOVED);
    ck_assert_uint_eq(c.setting[0].values_removed, 1);
    ck_assert_str_eq(c.setting[1].after->name, "stop");
    ck_assert_uint_eq(c.setting[1].n_part, 4);
    ck_assert_str_eq(c.setting[1].part[0].path, "ignore_case");
    ck_assert_str_eq(c.setting[1].part[1].was, "a");
    ck_assert_ptr_null(c.setting[1].part[1].is);
    ck_assert_str_eq(c.setting[1].part[3].is, "d");
    ck_assert_uint_eq(c.setting[1].values_added, 2);
    ck_assert_str_eq(c.setting[2].after->what, "zone");
    ck_assert_str_eq(c.setting[2].part[0].was, "UTC");
    ck_assert_str_eq(c.setting[2].part[0].is, "Europe/Berlin");
    kf_compare_free(&c);
    ck_assert_str_ne(a->digest, b->digest);
    ck_assert(kf_str_eq(a->rule[0]->digest, b->rule[0]->digest));
    kf_rules_free(a);
    kf_rules_free(b);
    kf_config_free(then);
    kf_config_free(now);
}
END_TEST

/* What is kept of a set loads as the same, whatever kinfold.yaml says by then. */
START_TEST(kept_rules_bring_their_settings)
{
    struct kf_config *then, *now;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_arena arena = {0};
    uint32_t n, files;
    struct kf_ruleset *a = load_under("lists: { stop: { values: [a] } }\n", &then),
                      *b = load_under("zone: Europe/Berlin\n", &now), *again = NULL;
    const struct kf_rules_text *kept = kf_rules_kept(a, &arena, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(kept[1].name, "rules/" KF_RULES_SETTINGS);
    struct kf_rules_options o = {.config = now};
    ck_assert_int_eq(kf_rules_load_text(&o, kept, n, &again, &err), 0);
    ck_assert_str_eq(again->digest, a->digest);
    ck_assert_str_eq(again->text_digest, a->text_digest);
    ck_assert(kf_rules_same_settings(again, a) && !kf_rules_same_settings(again, b));
    ck_assert_ptr_nonnull(kf_config_find_list(again->config, "stop"));
    kf_rules_files(again, &files);
    ck_assert_uint_eq(files, 1);
    kf_rules_free(again);
    kf_rules_free(a);
    kf_rules_free(b);
    kf_config_free(then);
    kf_config_free(now);
    kf_arena_free(&arena);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("compare");
    TCase *t = tcase_create("compare");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, constants_and_tests);
    tcase_add_test(t, conditions);
    tcase_add_test(t, settings_and_lists);
    tcase_add_test(t, sentences_stand_around);
    tcase_add_test(t, another_order_is_no_change);
    tcase_add_test(t, another_layout_is_no_change);
    tcase_add_test(t, settings_are_compared);
    tcase_add_test(t, kept_rules_bring_their_settings);
    tcase_add_test(t, one_edit_is_found_as_that_edit);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
