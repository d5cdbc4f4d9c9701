/* A plan that was made for one dictionary and bound to another says what a plan of its own says. */
#include "eval_support.h"

#include "../check_main.h"

static const char RULES[] =
    "local function s(name, who)\n"
    "  segment(name) { title = 't', owner = 'a@b.example', because = 'b', who = who }\n"
    "end\n"
    "s('a_name', event 'Order')\n"
    "s('b_glob', event 'Or*':count():at_least(2))\n"
    "s('c_property', event 'Order':where { color = 'red' })\n"
    "s('d_money', event 'Order':sum 'revenue':at_least(money(50, 'EUR')))\n"
    "s('e_source', event 'Order':from_source 'crm')\n"
    "s('f_list', event 'Order':each 'products':where { sku = 'x' })\n"
    "s('g_type', event 'identify')\n"
    "s('h_nothing', event 'Never Seen':where { unheard_of = 1 })\n"
    "s('i_once', event 'Order':once_per 'order_id':count():at_least(2))\n";

static const char LINES[] =
    "2026-03-01 10:00 page color=blue\n"
    "2026-03-01 10:01 Order color=red revenue=30 currency=EUR order_id=o1 source=web\n"
    "2026-03-01 10:02 identify plan=pro\n";
static const char MORE[] = "2026-03-01 10:03 Order revenue=25 currency=EUR order_id=o2 source=crm "
                           "products='[{\"sku\":\"x\"}]'\n"
                           "2026-03-01 10:04 Ordered weight=1\n";

static struct kf_ruleset *load(void)
{
    struct kf_rules_options o = {0};
    struct kf_rules_text file = {"rules.lua", kf_str(RULES, strlen(RULES))};
    struct kf_ruleset *r;
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_msg(kf_rules_load_text(&o, &file, 1, &r, &err) == 0, "%s", err.message);
    for (uint32_t i = 0; i < r->n_diagnostic; i++)
        ck_assert_msg(r->diagnostic[i].severity != KF_SEV_ERROR, "%s", r->diagnostic[i].message);
    ck_assert_uint_eq(r->n, 9);
    return r;
}

/* A letter a rule: t, f or ?. */
static void truths(const struct shop *s, const struct kf_ruleset *r, const struct kf_plan *p,
                   char *out)
{
    struct kf_eval ev;
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_int_eq(kf_eval_init(&ev, p, s->events, NULL, NULL, &err), 0);
    for (uint32_t i = 0; i < r->n; i++) {
        kf_eval_profile(&ev, s->order, s->n);
        out[i] = "ft?"[kf_eval_cond(&ev, kf_rule_get(r->rule[i], "who"))];
    }
    out[r->n] = '\0';
    kf_eval_free(&ev);
}

/* Both say the same, and this. */
static void both_say(const struct shop *s, const struct kf_ruleset *r, const struct kf_plan *like,
                     const char *want)
{
    struct kf_plan *own;
    struct kf_error err = KF_ERROR_INIT;
    char its[16], mine[16];
    struct shop copy = *s;
    ck_assert_int_eq(kf_plan_new(r, &copy.config, &copy.dict, s->as_of, &own, &err), 0);
    truths(s, r, own, its);
    truths(s, r, like, mine);
    ck_assert_str_eq(its, want);
    ck_assert_str_eq(mine, want);
    kf_plan_free(own);
}

/* Further events, which bring names, sources and keys that the dictionary did not have. */
static void grow(struct shop *s, const char *lines)
{
    struct kf_event_builder *b = kf_event_builder_new(&s->dict, s->ids, &s->arena);
    for (const char *p = lines; *p; p += strcspn(p, "\n") + 1)
        add_event(s, b, p);
    kf_event_builder_free(b);
    free(s->order);
    s->n = s->events->n;
    s->order = malloc(s->n * sizeof *s->order);
    for (uint32_t i = 0; i < s->n; i++)
        s->order[i] = i;
}

START_TEST(bound_to_another_dictionary)
{
    struct shop first, second;
    struct kf_ruleset *r = load();
    struct kf_plan *base, *like;
    struct kf_error err = KF_ERROR_INIT;
    shop_open(&first, "2026-03-02 12:00", "2026-03-01 10:00 Other size=1 source=crm\n");
    ck_assert_int_eq(kf_plan_new(r, &first.config, &first.dict, first.as_of, &base, &err), 0);
    shop_open(&second, "2026-03-02 12:00", LINES);
    ck_assert_int_eq(kf_plan_like(base, &second.config, &second.dict, second.as_of, &like, &err),
                     0);
    both_say(&second, r, like, "tftffftff");
    grow(&second, MORE);
    ck_assert_int_eq(kf_plan_again(like, second.as_of, &err), 0);
    both_say(&second, r, like, "tttttttft");
    ck_assert_int_eq(kf_plan_again(like, at("2026-03-01 10:01"), &err), 0);
    ck_assert_int_eq(kf_plan_as_of(like), at("2026-03-01 10:01"));
    kf_plan_free(like);
    both_say(&first, r, base, "fffffffff"); /* what it was made like is as it was */
    kf_plan_free(base);
    kf_rules_free(r);
    shop_close(&first);
    shop_close(&second);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("plan_like");
    TCase *t = tcase_create("plans");
    tcase_add_test(t, bound_to_another_dictionary);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
