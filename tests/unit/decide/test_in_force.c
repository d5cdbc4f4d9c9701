/* Rules of every kind hold from `starts` on until `ends`, and for nobody outside (RULES 1). */
#include "../check_main.h"

#include "config/config.h"
#include "decide/scenario.h"

#include <stdio.h>
#include <string.h>

#define MARCH                                                                                      \
    "title = 't', owner = 'a@b.example', because = 'b', starts = date '2026-03-01', "              \
    "ends = date '2026-04-01', "

static const char RULES[] =
    "identifiers { user_id = { rank = 1, per_profile = 1 }, email = { rank = 2 }, "
    "phone = { rank = 3 }, device_id = { rank = 4 } }\n"
    "link 'l' { " MARCH "when = event 'A', connect = { 'user_id', 'email' }, "
    "strength = 'verified' }\n"
    "never_link 'n' { " MARCH "when = event 'N', separate = { 'phone', 'device_id' } }\n"
    "link 'always' { title = 't', owner = 'a@b.example', because = 'b', when = event 'N', "
    "connect = { 'phone', 'device_id' }, strength = 'verified' }\n"
    "transfer 't' { " MARCH "when = event 'T', identifier = 'phone', "
    "to = { 'properties.to', as = 'user_id' } }\n"
    "consent 'mail' { " MARCH "from = 'segment:Mail', granted = event 'A' }\n"
    "flag 'f' { " MARCH "when = event 'A', leave_out = true }\n"
    "trait 'x' { " MARCH "from = 'traits.x' }\n"
    "computed 'c' { " MARCH "is = event 'B':count() }\n"
    "custom 'u' { " MARCH "reads = { event 'B' }, returns = 'number', "
    "check = function(c) return 7 end }\n"
    "segment 's' { " MARCH "who = event 'B' }\n"
    "suppress 'p' { " MARCH "who = event 'B', blocks = { 'ch' } }\n"
    "channel 'ch' { title = 't', owner = 'a@b.example', because = 'b', contact = 'email' }\n"
    "segment 'all' { title = 't', owner = 'a@b.example', because = 'b', purpose = 'x', "
    "who = event 'B' }\n"
    "export 'e' { " MARCH "segment = 'all', channel = 'free', to = 'd', "
    "identifiers = { 'user_id' } }\n"
    "channel 'free' { title = 't', owner = 'a@b.example', because = 'b', contact = 'user_id' }\n"
    "expect 'q' { " MARCH "check = 'duplicates', on = event 'B', key = 'k' }\n"
    "fraud 'd' { " MARCH "look_at = event 'B', suspicious = property 'k':is(1), action = 'mark' }\n"
    "score 'r' { " MARCH "start = 5, add = { { points = 1, when = event 'B', label = 'b' } } }\n"
    "channel_group 'default' { " MARCH "{ name = 'Straight', when = touch { direct = true } } }\n"
    "local out = { exactly = { { 'user_id=u1' }, { 'phone=+491551' , 'device_id=d1' } }, "
    "  consent = { ['user_id=u1'] = { mail = 'unknown' } }, flags = { f = {} }, "
    "  traits = { ['user_id=u1'] = { x = 'missing', c = 'missing' } }, "
    "  custom = { u = { ['user_id=u1'] = 'missing' } }, segments = { s = {} }, "
    "  suppressed = { p = {} }, exported = { e = {} }, quality = { q = { bad = {}, of = 0 } }, "
    "  channels = { default = { [7] = 'Unassigned' } }, "
    "  fraud = { d = { suspicious = {} } }, scores = { r = { ['user_id=u1'] = 'missing' } } }\n"
    "scenario 'march' { zone = 'UTC', given = [[\n"
    "2026-01-01 10:00 A user_id=u1 email=a@b.example "
    "context.consent.category_preferences.Mail=true\n"
    "2026-01-01 11:00 B user_id=u1 k=1\n"
    "2026-01-01 11:00 B user_id=u1 k=1\n"
    "2026-01-01 11:00 identify user_id=u1 trait.x=y\n"
    "2026-01-01 12:00 N phone=+491551 device_id=d1\n"
    "2026-01-02 12:00 T phone=+491551 to=u1\n"
    "2026-01-03 12:00 C user_id=u1\n"
    "]], cases = {\n"
    "{ 'before', as_of = '2026-02-28 23:59', expect = out },\n"
    "{ 'first instant', as_of = '2026-03-01 00:00', expect = {\n"
    "  exactly = { { 'user_id=u1', 'email=a@b.example', 'phone=+491551' } }, "
    "  consent = { ['user_id=u1'] = { mail = 'granted' } }, flags = { f = { 1 } }, "
    "  traits = { ['user_id=u1'] = { x = 'y', c = 2 } }, custom = { u = { ['user_id=u1'] = 7 } }, "
    "  segments = { s = { 'user_id=u1' } }, suppressed = { p = { 'user_id=u1' } }, "
    "  channels = { default = { [7] = 'Straight' } }, "
    "  exported = { e = { 'user_id=u1' } }, quality = { q = { bad = { 3 }, of = 2 } }, "
    "  fraud = { d = { suspicious = { 2, 3 } } }, scores = { r = { ['user_id=u1'] = 6 } } } },\n"
    "{ 'after', as_of = '2026-04-01 00:00', expect = out },\n"
    "} }\n";

static void expect_pass(const struct kf_scenario_set *set, const struct kf_rule *scenario,
                        uint32_t i)
{
    struct kf_scenario_options o = {0};
    struct kf_scenario_result *r;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    ck_assert_msg(kf_scenario_run(set, &o, scenario, i, &r, &err) == 0, "%s", err.message);
    for (uint32_t k = 0; k < r->n_problem; k++) {
        kf_scenario_sentence(&r->problem[k], &b);
        kf_buf_addc(&b, '\n');
    }
    ck_assert_msg(kf_scenario_verdict(r) == KF_SCENARIO_PASSED, "%s: %s", r->case_name,
                  b.p ? b.p : "it waits");
    kf_buf_free(&b);
    kf_scenario_result_free(r);
}

START_TEST(rules_hold_between_their_dates)
{
    static const char CONFIG[] = "zone: UTC\ncurrency: EUR\n";
    struct kf_error err = KF_ERROR_INIT;
    struct kf_config *c;
    struct kf_ruleset *rules;
    ck_assert_int_eq(kf_config_parse(CONFIG, strlen(CONFIG), ".", true, &c, NULL, NULL, &err), 0);
    struct kf_rules_options o = {.config = c, .scenarios = true};
    struct kf_rules_text file = {"rules.lua", kf_str(RULES, strlen(RULES))};
    ck_assert_msg(kf_rules_load_text(&o, &file, 1, &rules, &err) == 0, "%s", err.message);
    for (uint32_t i = 0; i < rules->n_diagnostic; i++)
        if (rules->diagnostic[i].severity == KF_SEV_ERROR)
            ck_abort_msg("line %u: %s", rules->diagnostic[i].pos.line,
                         rules->diagnostic[i].message);
    struct kf_scenario_set *set;
    ck_assert_msg(kf_scenario_set_new(rules, c, &set, &err) == 0, "%s", err.message);
    ck_assert_uint_eq(kf_scenario_cases(rules->scenario[0]), 3);
    for (uint32_t i = 0; i < 3; i++)
        expect_pass(set, rules->scenario[0], i);
    kf_scenario_set_free(set);
    kf_rules_free(rules);
    kf_config_free(c);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("in_force");
    TCase *t = tcase_create("kinds");
    tcase_add_test(t, rules_hold_between_their_dates);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
