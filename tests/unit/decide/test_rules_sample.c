/* The sample shop of the rule language does what its scenarios promise. */
#include "../check_main.h"

#include "config/config.h"
#include "decide/scenario.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static const char CONFIG[] =
    "zone: UTC\n"
    "currency: EUR\n"
    "lists:\n"
    "  search_engines: { values: [google, bing, duckduckgo, google.com] }\n"
    "  social_sites: { values: [facebook, instagram] }\n"
    "  partner_sites: { values: [partner] }\n"
    "  eu_countries: { values: [DE, AT, NL, FR] }\n"
    "  do_not_contact: { values: [stop@example.org] }\n"
    "  office_networks: { networks: [192.0.2.0/24] }\n"
    "  partner_networks: { networks: [198.51.100.0/24] }\n"
    "  datacenter_networks: { networks: [203.0.113.0/25] }\n"
    "  vpn_networks: { networks: [203.0.113.128/25] }\n"
    "  monitoring_agents: { patterns: [\"*Pingdom*\"] }\n"
    "  bot_user_agents: { patterns: [\"*bot*\"] }\n";

/* Attribution comes later. */
static const char *const WAITING[] = {"credit for one order by two rules"};

static const char *shared(char *buf, size_t cap)
{
    const char *env = getenv("KF_SHARED");
    snprintf(buf, cap, "%s/rules_sample", env ? env : KF_SOURCE_DIR "/../shared");
    DIR *d = opendir(buf);
    if (!d)
        return NULL;
    closedir(d);
    return buf;
}

static uint32_t passed, failed, waiting, unexpected;

static void count(const struct kf_scenario_result *r)
{
    bool waits = false;
    for (size_t i = 0; i < sizeof WAITING / sizeof *WAITING; i++)
        waits |= strcmp(WAITING[i], r->scenario->name) == 0;
    enum kf_scenario_verdict v = kf_scenario_verdict(r);
    passed += v == KF_SCENARIO_PASSED;
    failed += v == KF_SCENARIO_FAILED;
    waiting += v == KF_SCENARIO_WAITING;
    if (v == (waits ? KF_SCENARIO_WAITING : KF_SCENARIO_PASSED))
        return;
    unexpected++;
    printf("scenario \"%s\" %s%s\n", r->scenario->name, r->case_name,
           waits ? " is evaluated: take it off the list" : "");
    for (uint32_t i = 0; i < r->n_problem; i++) {
        struct kf_buf b = {0};
        kf_scenario_sentence(&r->problem[i], &b);
        printf("%s\n", b.p);
        kf_buf_free(&b);
    }
}

static void run(const struct kf_scenario_set *set, const struct kf_rule *scenario)
{
    struct kf_scenario_options o = {0};
    struct kf_error err = KF_ERROR_INIT;
    for (uint32_t i = 0; i < kf_scenario_cases(scenario); i++) {
        struct kf_scenario_result *r;
        ck_assert_msg(kf_scenario_run(set, &o, scenario, i, &r, &err) == 0, "\"%s\": %s:%u: %s",
                      scenario->name, err.file, err.line, err.message);
        count(r);
        kf_scenario_result_free(r);
    }
}

START_TEST(every_scenario_of_the_sample_holds)
{
    char dir[500];
    const char *path = shared(dir, sizeof dir);
    struct kf_error err = KF_ERROR_INIT;
    struct kf_config *c;
    struct kf_ruleset *rules;
    if (!path) {
        printf("skipped: no ../shared/rules_sample here\n");
        return;
    }
    ck_assert_msg(kf_config_parse(CONFIG, strlen(CONFIG), ".", true, &c, NULL, NULL, &err) == 0,
                  "%s", err.message);
    struct kf_rules_options o = {.config = c, .root = path, .scenarios = true};
    ck_assert_msg(kf_rules_load(&o, &path, 1, &rules, &err) == 0, "%s", err.message);
    for (uint32_t i = 0; i < rules->n_diagnostic; i++)
        if (rules->diagnostic[i].severity == KF_SEV_ERROR)
            printf("%s:%u: %s\n", rules->diagnostic[i].pos.file, rules->diagnostic[i].pos.line,
                   rules->diagnostic[i].message);
    ck_assert_uint_eq(rules->n_errors, 0);
    struct kf_scenario_set *set;
    ck_assert_msg(kf_scenario_set_new(rules, c, &set, &err) == 0, "%s", err.message);
    for (uint32_t i = 0; i < rules->n_scenario; i++)
        run(set, rules->scenario[i]);
    printf("%u cases passed, %u failed, %u wait\n", passed, failed, waiting);
    ck_assert_uint_eq(unexpected, 0);
    ck_assert_uint_eq(failed, 0);
    ck_assert_uint_eq(waiting, sizeof WAITING / sizeof *WAITING);
    ck_assert_uint_ge(passed, 35);
    kf_scenario_set_free(set);
    kf_rules_free(rules);
    kf_config_free(c);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("rules_sample");
    TCase *t = tcase_create("scenarios");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_scenario_of_the_sample_holds);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
