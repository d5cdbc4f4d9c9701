#include "cli/test_report.h"

int kf_test_format_read(const struct kf_cli *cli, enum kf_test_format *ret, struct kf_error *err)
{
    static const char *const word[] = {"text", "json", "junit", "tap"};
    const char *said = kf_cli_get(cli, "format");
    *ret = cli->json ? KF_TEST_JSON : KF_TEST_TEXT;
    for (unsigned i = 0; said && i < sizeof word / sizeof *word; i++)
        if (strcmp(said, word[i]) == 0) {
            if (cli->json && i != KF_TEST_JSON)
                return kf_error_set(err, KF_E_USAGE, "test",
                                    "--json and --format %s exclude each "
                                    "other",
                                    said);
            *ret = (enum kf_test_format)i;
            return 0;
        }
    if (said)
        return kf_error_set(err, KF_E_USAGE, "test",
                            "--format is text, json, junit or tap, not '%s'", said);
    return 0;
}

void kf_test_report_begin(struct kf_test_report *r)
{
    if (r->format != KF_TEST_JSON)
        return;
    kf_json_start(&r->json, &r->out, "kinfold.test/1");
    kf_json_open(&r->json, "results", '[');
}

static void count(struct kf_test_report *r, const struct kf_test_item *item)
{
    r->n++;
    if (!item->result) {
        r->failed++;
        r->errors++;
        return;
    }
    switch (kf_scenario_verdict(item->result)) {
    case KF_SCENARIO_PASSED:
        r->passed++;
        break;
    case KF_SCENARIO_FAILED:
        r->failed++;
        break;
    case KF_SCENARIO_TODO:
        r->todo++;
        break;
    case KF_SCENARIO_WAITING:
        r->waiting++;
        break;
    case KF_SCENARIO_BONUS:
        r->bonus++;
        break;
    }
}

void kf_test_report_add(struct kf_test_report *r, const struct kf_test_item *item)
{
    if (!item->ran)
        return;
    count(r, item);
    switch (r->format) {
    case KF_TEST_TEXT:
        kf_test_text_add(r, item);
        break;
    case KF_TEST_JSON:
        kf_test_json_add(r, item);
        break;
    case KF_TEST_JUNIT:
        kf_test_junit_add(r, item);
        break;
    case KF_TEST_TAP:
        kf_test_tap_add(r, item);
        break;
    }
}

static void json_end(struct kf_test_report *r)
{
    kf_json_close(&r->json, ']');
    kf_json_count(&r->json, "passed", r->passed + r->bonus);
    kf_json_count(&r->json, "failed", r->failed);
    kf_json_count(&r->json, "todo", r->todo + r->waiting);
    kf_json_count(&r->json, "could_not_run", r->errors);
    kf_json_count(&r->json, "not_evaluated_yet", r->waiting);
    kf_json_count(&r->json, "unexpected_passes", r->bonus);
    kf_json_bool(&r->json, "stopped", r->stopped);
}

void kf_test_report_end(struct kf_test_report *r)
{
    switch (r->format) {
    case KF_TEST_TEXT:
        kf_test_text_end(r);
        break;
    case KF_TEST_JSON:
        json_end(r);
        break;
    case KF_TEST_JUNIT:
        kf_test_junit_end(r);
        break;
    case KF_TEST_TAP:
        kf_test_tap_end(r);
        break;
    }
}
