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

static uint32_t unexpected;

static void result(void *ctx, const struct kf_rule *scenario, const char *case_name,
                   const char *problem, const char *todo)
{
    (void)ctx;
    bool waiting = false;
    for (size_t i = 0; i < sizeof WAITING / sizeof *WAITING; i++)
        waiting |= strcmp(WAITING[i], scenario->name) == 0;
    if (waiting != (strcmp(todo, "credit") == 0) || *problem) {
        unexpected++;
        printf("scenario \"%s\" %s%s\n%s", scenario->name, case_name,
               waiting && !*todo ? " is evaluated: take it off the list" : "", problem);
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
    struct kf_scenario_report report = {.result = result};
    unexpected = 0;
    for (uint32_t i = 0; i < rules->n_scenario; i++)
        ck_assert_msg(kf_scenario_run(rules, c, rules->scenario[i], 2, &report, &err) == 0,
                      "\"%s\": %s:%u: %s", rules->scenario[i]->name, err.file, err.line,
                      err.message);
    printf("%u cases passed, %u failed, %u wait\n", report.passed, report.failed, report.todo);
    ck_assert_uint_eq(unexpected, 0);
    ck_assert_uint_eq(report.failed, 0);
    ck_assert_uint_eq(report.todo, sizeof WAITING / sizeof *WAITING);
    ck_assert_uint_ge(report.passed, 35);
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
