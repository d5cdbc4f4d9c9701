/* Golden cases of sources: plugins/<name>/testdata/<case>/
 *   input.*               what the vendor writes
 *   options.yaml          optional: what stands below `options:`
 *   expected.jsonl        the events, in order of time and id
 *   expected_quarantine   optional: record, reason and sentence of what was refused, tab-separated
 * Every input is also read with its lines in reverse order and twice in a row, which must change
 * nothing but the numbers of records. KF_GOLDEN_WRITE=1 writes the expectations instead; read the
 * diff before committing it. */
#include "../unit/check_main.h"

#include "config/problems.h"
#include "config/yaml.h"
#include "event/ingest.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct kf_arena arena; /* names of cases */
static struct {
    const char *plugin, *dir;
} cases[200];
static int n_cases;

static char *slurp(const char *path, size_t *ret_len)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    struct kf_buf b = {0};
    char chunk[4096];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        kf_buf_add(&b, chunk, n);
    fclose(f);
    kf_buf_add(&b, "", 0);
    if (ret_len)
        *ret_len = b.n;
    return b.p;
}

struct run {
    struct kf_config *config;
    struct kf_dict dict;
    struct kf_idents *idents;
    struct kf_events *events;
    struct kf_buf json, quarantine;
};

static const struct kf_events *sorting;

static int by_time_and_id(const void *a, const void *b)
{
    return kf_event_cmp(sorting, *(const uint32_t *)a, *(const uint32_t *)b);
}

static void run_free(struct run *r)
{
    kf_events_free(r->events);
    kf_idents_free(r->idents);
    kf_dict_free(&r->dict);
    kf_config_free(r->config);
    kf_buf_free(&r->json);
    kf_buf_free(&r->quarantine);
}

static void write_events(struct run *r)
{
    uint32_t n = 0, *order = malloc((r->events->n + 1) * sizeof *order);
    for (uint32_t i = 0; i < r->events->n; i++)
        if (!r->events->dropped[i])
            order[n++] = i;
    sorting = r->events;
    qsort(order, n, sizeof *order, by_time_and_id);
    kf_buf_adds(&r->json, "");
    for (uint32_t i = 0; i < n; i++) {
        kf_event_json(r->events, order[i], &r->json);
        if (r->json.p[r->json.n - 1] != '\n')
            kf_buf_addc(&r->json, '\n');
    }
    free(order);
}

static const struct kf_plugin_handle *plugin_of(const char *name)
{
    char file[600];
    const struct kf_plugin_handle *h = NULL;
    struct kf_error err = KF_ERROR_INIT;
    snprintf(file, sizeof file, "%s/%s.so",
             name[0] == '_'                  ? KF_TEMPLATE_DIR
             : strncmp(name, "abi_", 4) == 0 ? KF_ABI_DIR
                                             : KF_MODULE_DIR,
             name);
    ck_assert_msg(kf_plugin_load(file, &h, &err) == 0, "%s", err.message);
    return h;
}

static int ingest(struct run *r, const char *plugin, const char *options, const char *input,
                  size_t len, struct kf_error *err)
{
    static const char workspace[] = "zone: Europe/Berlin\ncurrency: EUR\n";
    struct kf_problems p = {.module = "t", .file = "options.yaml"};
    struct kf_yaml *y = NULL;
    struct kf_ingest_result *result = NULL;
    memset(r, 0, sizeof *r);
    ck_assert_int_eq(
        kf_config_parse(workspace, strlen(workspace), "/w", true, &r->config, NULL, NULL, err), 0);
    if (options)
        kf_yaml_read(options, strlen(options), &arena, &p, &y);
    ck_assert_uint_eq(p.n, 0);
    struct kf_config_source source = {
        .name = "test", .plugin = plugin, .options = y, .line = 1, .column = 1};
    ck_assert_int_eq(kf_dict_init(&r->dict), 0);
    r->idents = kf_idents_new();
    r->events = kf_events_new(&r->dict, r->idents);
    int code = kf_ingest_buffer(r->config, &source, plugin_of(plugin), "input", input, len,
                                r->events, &result, err);
    if (code < 0)
        return code;
    write_events(r);
    kf_buf_adds(&r->quarantine, "");
    for (uint32_t i = 0; i < result->n_quarantine; i++) {
        const struct kf_quarantine *q = &result->quarantine[i];
        kf_buf_addf(&r->quarantine, "%u\t%s\t%.*s\n", q->record, q->reason, (int)q->detail.n,
                    q->detail.p);
    }
    kf_ingest_free(result);
    return 0;
}

static void compare(const char *dir, const char *name, const char *got, bool optional)
{
    char path[700];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (getenv("KF_GOLDEN_WRITE")) {
        if (optional && !*got) {
            remove(path);
            return;
        }
        FILE *f = fopen(path, "wb");
        ck_assert_ptr_nonnull(f);
        fputs(got, f);
        fclose(f);
        return;
    }
    char *want = slurp(path, NULL);
    ck_assert_msg(want || optional, "%s is not there", path);
    ck_assert_msg(strcmp(want ? want : "", got) == 0, "%s\nwanted\n%sgot\n%s", path,
                  want ? want : "", got);
    free(want);
}

/* Lines in reverse, the first one (a heading) where it is if `keep`. */
static char *reversed(const char *input, size_t len, bool keep)
{
    struct kf_buf b = {0};
    size_t begin = 0, end = len;
    if (keep) {
        const char *nl = memchr(input, '\n', len);
        begin = nl ? (size_t)(nl - input) + 1 : len;
        kf_buf_add(&b, input, begin);
    }
    while (end > begin) {
        size_t at = end - 1;
        while (at > begin && input[at - 1] != '\n')
            at--;
        kf_buf_add(&b, input + at, end - at);
        if (input[end - 1] != '\n')
            kf_buf_addc(&b, '\n');
        end = at;
    }
    kf_buf_adds(&b, "");
    return b.p;
}

static char *input_of(const char *dir, size_t *len, bool *csv)
{
    char path[700];
    struct dirent **list;
    char *text = NULL;
    int n = scandir(dir, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (!text && strncmp(list[i]->d_name, "input.", 6) == 0) {
            snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name);
            text = slurp(path, len);
            *csv = strcmp(list[i]->d_name, "input.csv") == 0; /* has a heading */
        }
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    return text;
}

START_TEST(golden)
{
    const char *dir = cases[_i].dir;
    char path[700];
    struct kf_error err = KF_ERROR_INIT;
    struct run r;
    size_t len = 0;
    bool csv = false;
    snprintf(path, sizeof path, "%s/options.yaml", dir);
    char *options = slurp(path, NULL), *input = input_of(dir, &len, &csv);
    ck_assert_msg(input != NULL, "%s has no input", dir);
    int code = ingest(&r, cases[_i].plugin, options, input, len, &err);
    ck_assert_msg(code == 0, "%s: %s", dir, err.message);
    ck_assert_msg(r.events->n > 0, "%s makes no event", dir);
    compare(dir, "expected.jsonl", r.json.p, false);
    compare(dir, "expected_quarantine", r.quarantine.p, true);
    snprintf(path, sizeof path, "%s/fixed_order",
             dir); /* for inputs whose lines are no records of their own */
    struct stat st;
    if (stat(path, &st) != 0) {
        struct run again;
        char *other = reversed(input, len, csv);
        ck_assert_int_eq(ingest(&again, cases[_i].plugin, options, other, strlen(other), &err), 0);
        ck_assert_str_eq(again.json.p, r.json.p);
        run_free(&again);
        free(other);
    }
    run_free(&r);
    free(options);
    free(input);
}
END_TEST

/* Options that a connector itself refuses when it is opened. */
START_TEST(options_a_connector_refuses)
{
    static const struct {
        const char *plugin, *options, *says;
    } bad[] = {
        {"source_csv", "{fields: {A: x}, event: E}",
         "no field goes to time; say which column says when it happened"},
        {"source_csv", "{fields: {A: time}}",
         "events have no name; give event, event_column, event_names or a field to name"},
        {"source_csv", "{fields: {A: {to: time}, B: {as: identifier}}, event: E}",
         "field 'B': has no 'to'"},
        {"source_csv", "{fields: {A: {to: x, typ: text}}, event: E}",
         "field 'A': knows to, type, as, normalise, also and format only"},
        {"source_csv", "{fields: {A: {to: x, type: date}}, event: E}",
         "field 'A': type must be any, text, number, boolean, money, micros or time"},
        {"source_csv", "{fields: {A: time}, event_names: {x: y}}",
         "event_names: 'x' needs event_column, or write it as \"Column = x\""},
        {"source_salesforce", "{object: Contact, identifiers: {A: 5}}",
         "identifiers: 'A' must name a namespace like user_id"},
        {"abi_open_fails", "{}", "the vendor's server says no"},
        {"abi_pull_csv", "{}", "fetches by itself and says that it hands out CSV"},
    };
    struct kf_error err = KF_ERROR_INIT;
    struct run r;
    int code = ingest(&r, bad[_i].plugin, bad[_i].options, "A,B\n1,2\n", 8, &err);
    ck_assert_int_lt(code, 0);
    ck_assert_msg(strstr(err.message, bad[_i].says) != NULL, "%s", err.message);
    run_free(&r);
}
END_TEST

/* A connector that hands over rubbish: quarantine, no crash, no event. */
START_TEST(rubbish_is_quarantined)
{
    struct kf_error err = KF_ERROR_INIT;
    struct run r;
    ck_assert_int_eq(
        ingest(&r, "abi_good", "{}", "\xff\xfe{{{\x00\x01 no\n{}\n[1,[2]]\n", 20, &err), 0);
    ck_assert_uint_eq(r.events->n, 0);
    ck_assert_uint_gt(r.quarantine.n, 0);
    run_free(&r);
}
END_TEST

static void find_cases(const char *plugin)
{
    char path[600];
    struct dirent **list;
    snprintf(path, sizeof path, "%s/plugins/%s/testdata", KF_SOURCE_DIR, plugin);
    int n = scandir(path, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (list[i]->d_name[0] != '.' && n_cases < 200) {
            cases[n_cases].plugin = kf_arena_strdup(&arena, plugin);
            cases[n_cases++].dir = kf_arena_printf(&arena, "%s/%s", path, list[i]->d_name);
        }
        free(list[i]);
    }
    if (n >= 0)
        free(list);
}

static Suite *suite(void)
{
    struct dirent **list;
    int n = scandir(KF_SOURCE_DIR "/plugins", &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (list[i]->d_name[0] != '.')
            find_cases(list[i]->d_name);
        free(list[i]);
    }
    free(list);
    Suite *s = suite_create("sources");
    TCase *t = tcase_create("sources");
    tcase_add_loop_test(t, golden, 0, n_cases);
    tcase_add_loop_test(t, options_a_connector_refuses, 0, 8);
    tcase_add_test(t, rubbish_is_quarantined);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
