/* kinfold.yaml: what is read, and the sentence and place of every mistake. */
#include "../check_main.h"

#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char said[16384]; /* every report as line:column: message */

static void report(void *ctx, const struct kf_error *e)
{
    (void)ctx;
    size_t n = strlen(said);
    snprintf(said + n, sizeof said - n, "%s%s%u:%u: %s\n",
             strcmp(e->file, "kinfold.yaml") ? e->file : "",
             strcmp(e->file, "kinfold.yaml") ? ":" : "", e->line, e->column, e->message);
}

static struct kf_config *parse(const char *text, int want)
{
    struct kf_config *c = NULL;
    struct kf_error err = KF_ERROR_INIT;
    said[0] = 0;
    int r = kf_config_parse(text, strlen(text), "/w", true, &c, report, NULL, &err);
    ck_assert_msg(r == want, "code %d wanted %d: %s\n%s", r, want, err.message, said);
    if (r)
        ck_assert_ptr_null(c);
    return c;
}

/* All problems of `text`, in order. */
static void wrong(const char *text, const char *problems)
{
    ck_assert_ptr_null(parse(text, KF_E_CONFIG));
    ck_assert_str_eq(said, problems);
}

START_TEST(empty_file_gives_the_defaults)
{
    struct kf_config *c = parse("", 0);
    ck_assert_str_eq(c->store, "/w/kinfold.db");
    ck_assert_str_eq(c->rules, "/w/rules");
    ck_assert_str_eq(c->zone_name, "UTC");
    ck_assert_str_eq(c->currency, "EUR");
    ck_assert_ptr_null(c->zone);
    ck_assert_ptr_null(c->rates);
    ck_assert_uint_eq(c->n_money, 8);
    ck_assert(kf_config_is_money(c, kf_cstr("revenue")));
    ck_assert(kf_config_is_money(c, kf_cstr("refund")));
    ck_assert(!kf_config_is_money(c, kf_cstr("quantity")));
    ck_assert(c->mask && !c->approval_required);
    ck_assert_uint_ge(strlen(c->secret), 32);
    ck_assert_uint_eq(strspn(c->secret, "0123456789abcdef"), strlen(c->secret));
    ck_assert_uint_eq(strlen(c->secret) % 2, 0);
    ck_assert(c->max_segment_change < 0 && c->max_merges == -1 && c->max_splits == -1);
    ck_assert_int_eq(c->retention, 0);
    ck_assert_str_eq(c->compression, "fast");
    ck_assert(c->store_links);
    kf_config_free(c);
}
END_TEST

START_TEST(every_key_is_read)
{
    struct kf_config *c =
        parse("zone: Europe/Berlin\n"
              "currency: SEK\n"
              "store: data/x.db\n"
              "rules: /abs/rules\n"
              "sources:\n"
              "  - name: web\n"
              "    plugin: source_segment\n"
              "    path: events/*.jsonl\n"
              "    cadence: realtime\n"
              "    options: { ecommerce_v1: false }\n"
              "  - name: crm\n"
              "    plugin: source_csv\n"
              "    path: [a.csv, b.csv]\n"
              "    cadence: schedule\n"
              "    cron: \"15 3 * * 1-5\"\n"
              "    warn_after: 90m\n"
              "    error_after: 2d\n"
              "  - {name: ads, plugin: p, cadence: approval, approved_by: jo@example.com}\n"
              "destinations:\n"
              "  - name: out\n"
              "    plugin: destination_csv\n"
              "    hash: true\n"
              "lists:\n"
              "  vip: { values: [Ann, Bo], ignore_case: true }\n"
              "money: [revenue, fee]\n"
              "rates:\n"
              "  2026-01-08: { EUR: \"11.25\" }\n"
              "geoip: city.mmdb\n"
              "secret: 000102030405060708090a0b0c0d0e0f\n"
              "privacy: { mask: false }\n"
              "retention: 730d\n"
              "compression: small\n"
              "links: false\n"
              "approval: required\n"
              "limits: { max_segment_change: 20%, max_merges: 100, max_splits: 0, "
              "max_newly_contactable: 5, max_undecided: 7, max_audience_change: 2.5% }\n",
              0);
    ck_assert_str_eq(c->zone_name, "Europe/Berlin");
    ck_assert_str_eq(c->currency, "SEK");
    ck_assert_str_eq(c->store, "/w/data/x.db");
    ck_assert_str_eq(c->rules, "/abs/rules");
    ck_assert_uint_eq(c->n_source, 3);
    ck_assert_str_eq(c->source[0].path[0], "events/*.jsonl");
    ck_assert_int_eq(c->source[0].cadence, KF_CADENCE_REALTIME);
    ck_assert_str_eq(c->source[0].options->item[0].key, "ecommerce_v1");
    ck_assert_uint_eq(c->source[0].line, 6);
    ck_assert_uint_eq(c->source[1].n_path, 2);
    ck_assert_uint_eq(c->source[1].number, 1);
    ck_assert_str_eq(c->source[1].path[1], "b.csv");
    ck_assert_str_eq(c->source[1].cron, "15 3 * * 1-5");
    ck_assert_int_eq(c->source[1].warn_after, 90 * KF_MINUTE);
    ck_assert_int_eq(c->source[1].error_after, 2 * KF_DAY);
    ck_assert_int_eq(c->source[0].warn_after, 0);
    ck_assert_str_eq(c->source[2].approved_by, "jo@example.com");
    ck_assert(c->destination[0].hash_identifiers);
    ck_assert_uint_eq(c->n_money, 2);
    ck_assert(!kf_config_is_money(c, kf_cstr("price")));
    ck_assert_str_eq(c->geoip, "/w/city.mmdb");
    ck_assert_str_eq(c->secret, "000102030405060708090a0b0c0d0e0f");
    ck_assert(!c->mask && c->approval_required);
    ck_assert_int_eq(c->retention, 730 * KF_DAY);
    ck_assert_str_eq(c->compression, "small");
    ck_assert(!c->store_links);
    ck_assert(c->max_segment_change == 20);
    ck_assert_int_eq(c->max_merges, 100);
    ck_assert_int_eq(c->max_splits, 0);
    ck_assert_int_eq(c->max_newly_contactable, 5);
    ck_assert_int_eq(c->max_undecided, 7);
    ck_assert_int_eq(c->max_newly_flagged, -1);
    ck_assert(c->max_audience_change == 2.5);
    const struct kf_config_list *l = kf_config_find_list(c, "vip");
    ck_assert_ptr_nonnull(l);
    ck_assert_uint_eq(l->n, 2);
    ck_assert(kf_list_has(l->list, kf_cstr("ANN")));
    ck_assert_ptr_null(kf_config_find_list(c, "vips"));
    struct kf_money one = {100, "EUR"}, got; /* one euro */
    ck_assert(kf_rates_convert(c->rates, one, "SEK", kf_day_from_ymd(2026, 1, 8), &got));
    ck_assert_int_eq(got.minor, 1125);
    ck_assert(!kf_rates_convert(c->rates, one, "SEK", kf_day_from_ymd(2026, 1, 9), &got));
    kf_config_free(c);
}
END_TEST

START_TEST(all_mistakes_are_reported_in_order)
{
    wrong("zone: Europe/Berlin\n"
          "sorces: []\n"
          "currency: XXQ\n"
          "retention: two years\n",
          "2:1: unknown key 'sorces' in kinfold.yaml; did you mean 'sources'?\n"
          "3:11: 'XXQ' is no currency of ISO 4217\n"
          "4:12: 'retention' is 'two years' but must be a length like 730d or 104w, or forever\n");
}
END_TEST

START_TEST(first_problem_is_in_err)
{
    const char *text = "a: 1\nb: 2\n";
    struct kf_config *c = NULL;
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_int_eq(kf_config_parse(text, strlen(text), "/w", true, &c, NULL, NULL, &err),
                     KF_E_CONFIG);
    ck_assert_str_eq(err.file, "kinfold.yaml");
    ck_assert_str_eq(err.module, "config");
    ck_assert_uint_eq(err.line, 1);
    ck_assert_uint_eq(err.column, 1);
    ck_assert_str_eq(err.message, "unknown key 'a' in kinfold.yaml");
}
END_TEST

START_TEST(yaml_that_is_refused)
{
    wrong("zone: UTC\nzone: UTC\n", "2:1: 'zone' is written twice, first in line 1\n");
    wrong("zone: &z UTC\nrules: *z\n",
          "1:7: anchors (&name) are not supported; write the value out\n"
          "2:8: aliases (*name) are not supported; write the value out\n");
    wrong("zone: !!str UTC\n",
          "1:7: tags (!name) are not supported; quote a value to make it a text\n");
    wrong("zone: UTC\n---\nzone: UTC\n", "2:1: only one document (---) a file\n");
    wrong("[a, b]: c\n", "1:1: a key must be a text, not a list or mapping\n");
    wrong("- a\n", "1:1: kinfold.yaml must be a mapping, not a list\n");
    wrong("zone: \"a\\0b\"\n", "1:7: a text must not hold a NUL character\n"
                               "1:7: unknown time zone 'a'\n");
}
END_TEST

START_TEST(bombs_are_bounded)
{
    char deep[400] = "";
    for (int i = 0; i < 60; i++)
        strcat(deep, "[");
    wrong(deep, "1:34: nested more than 32 levels deep\n");
    const char *laugh = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
    parse(laugh, KF_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(said, "1:4: anchors (&name) are not supported"));
    ck_assert_ptr_nonnull(strstr(said, "3:5: aliases (*name) are not supported"));
    size_t n = 5u << 20;
    char *big = malloc(n + 1);
    memset(big, '#', n);
    big[n] = 0;
    wrong(big,
          "1:1: the file has 5242880 bytes, at most 4 MiB are read; put long lists into files\n");
    free(big);
    char *many = malloc(1000000);
    size_t at = (size_t)snprintf(many, 100, "money: [");
    for (int i = 0; i < 210000; i++)
        at += (size_t)snprintf(many + at, 10, "a, ");
    snprintf(many + at, 10, "]\n");
    parse(many, KF_E_CONFIG);
    ck_assert_ptr_nonnull(
        strstr(said, "more than 200000 values; put long lists into files of their own"));
    free(many);
}
END_TEST

START_TEST(syntax_errors_have_a_place)
{
    wrong("zone: [UTC\nrules: x\n", "2:6: not YAML: did not find expected ',' or ']' (while "
                                    "parsing a flow sequence that began in line 1)\n");
    parse("a: \"\xff\"\n", KF_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(said, "1:5: not a text in UTF-8"));
    parse("zone:\tUTC\n  x: y\n", KF_E_CONFIG);
    ck_assert_ptr_nonnull(
        strstr(said, "2:4: not YAML: mapping values are not allowed in this context"));
}
END_TEST

START_TEST(columns_are_bytes)
{
    /* "\xc3\xa4" is one character and two bytes */
    wrong("privacy: { mask: \"\xc3\xa4\", maks: 1 }\n",
          "1:18: 'mask' must be true or false\n"
          "1:24: unknown key 'maks' in 'privacy'; did you mean 'mask'?\n");
}
END_TEST

START_TEST(sources_are_checked)
{
    wrong("sources:\n"
          "  - plugin: source_csv\n"
          "  - name: a b\n"
          "    plugin: p\n"
          "  - {name: x, plugin: p, cadence: realtim}\n"
          "  - {name: x, plugin: p, cadence: approval, cron: \"* * * * *\"}\n"
          "  - {name: y, plugin: p, approved_by: jo}\n"
          "  - {name: z, plugin: p, cron: \"* 25 * * *\"}\n"
          "  - {name: u, plugin: p, options: [1], paht: x}\n"
          "  - just text\n"
          "  - {name: v, plugin: p, path: []}\n"
          "  - {name: w, plugin: p, warn_after: 6 hours, error_after: 0}\n"
          "  - {name: k, plugin: p, warn_after: 2d, error_after: 24h}\n",
          "2:5: a source has no 'name'\n"
          "3:11: 'name' is 'a b' but may hold letters, digits, - and _ only, at most 64\n"
          "5:35: 'cadence' is 'realtim' but must be schedule, realtime or approval; did you mean "
          "'realtime'?\n"
          "6:12: another source is called 'x' already, in line 5\n"
          "6:45: 'cron' needs the cadence schedule\n"
          "7:26: 'approved_by' needs the cadence approval\n"
          "8:32: the hour of 'cron' is wrong in '* 25 * * *'; five fields like '15 3 * * 1-5' are "
          "needed\n"
          "9:35: 'options' must be a mapping, not a list\n"
          "9:40: unknown key 'paht' in a source; did you mean 'path'?\n"
          "10:5: a source must be a mapping, not a text\n"
          "11:32: 'path' is an empty list\n"
          "12:38: 'warn_after' is '6 hours' but must be a length like 90m, 6h or 2d\n"
          "12:60: 'error_after' is '0' but must be a length like 90m, 6h or 2d\n"
          "13:42: 'error_after' is shorter than 'warn_after': it would never only warn\n");
    wrong("sources: { web: {} }\n",
          "1:10: 'sources' must be a list: each entry starts with '- name: ...'\n");
    wrong("destinations:\n  - {name: a, hash: maybe}\n",
          "2:5: a destination has no 'plugin'\n2:21: 'hash' must be true or false\n");
}
END_TEST

START_TEST(lists_are_checked)
{
    wrong("lists:\n"
          "  a: {}\n"
          "  b: { values: [x], networks: [10.0.0.0/8] }\n"
          "  c: { networks: [10.0.0.1/8, 300.1.1.1, \"2001:db8::/200\", 10.0.0.0/] }\n"
          "  d: { sha256: [abc], ignore_case: true }\n"
          "  e: { values: x }\n"
          "  f: { kind: network, file: x }\n"
          "  g: { values: [\"\"] }\n",
          "2:3: list 'a' is empty: give it values, networks, patterns, sha256 or a file\n"
          "3:21: a list holds one kind; it is of 'values' already\n"
          "4:19: '10.0.0.1/8' sets bits beyond its prefix; did you mean '10.0.0.0/8'?\n"
          "4:31: '300.1.1.1' is no IP address or network like 192.0.2.0/24 or 2001:db8::/32\n"
          "4:42: '2001:db8::/200' has a prefix of more than 128 bits\n"
          "4:60: '10.0.0.0/' has no prefix length after the /\n"
          "5:3: 'ignore_case' has no meaning for sha256\n"
          "5:17: 'abc' is no SHA-256: 64 hexadecimal digits are needed\n"
          "6:16: 'values' must be a list, or { file: path }\n"
          "7:14: 'kind' is 'network' but must be values, networks, patterns or sha256; did you "
          "mean 'networks'?\n"
          "8:17: 'an element' is empty\n");
}
END_TEST

START_TEST(other_values_are_checked)
{
    wrong("secret: tooshort\n"
          "approval: maybe\n"
          "limits: { max_merges: -1, max_segment_change: lots, max_split: 1 }\n"
          "money: revenue\n"
          "privacy: yes\n"
          "store: [a]\n"
          "rates: { 2026-13-01: { SEK: 1 }, 2026-01-02: { SEK: -1, XYZ: 1 }, 2026-01-03: 5 }\n",
          "1:9: 'secret' must be 32 to 128 hexadecimal digits (16 to 64 bytes); it is not shown\n"
          "2:11: 'approval' is 'maybe' but must be none or required\n"
          "3:23: 'max_merges' is '-1' but must be a whole number from 0\n"
          "3:47: 'max_segment_change' is 'lots' but must be a share like 20%\n"
          "3:53: unknown key 'max_split' in 'limits'; did you mean 'max_splits'?\n"
          "4:8: 'money' must be a list of property names\n"
          "5:10: 'privacy' must be a mapping, not a text\n"
          "6:8: 'store' must be a text, not a list\n"
          "7:10: '2026-13-01' in 'rates' is no day like 2026-03-01 and neither file nor carry\n"
          "7:48: '-1' is no exchange rate above 0\n"
          "7:57: 'XYZ' is no currency of ISO 4217\n"
          "7:79: the rates of a day are a mapping like { SEK: \"0.1\" }\n");
    wrong("rates: { \"-026-01-08\": { SEK: 1 } }\n",
          "1:10: '-026-01-08' in 'rates' is no day like 2026-03-01 and neither file nor carry\n");
    unsetenv("KF_TEST_SECRET");
    wrong("secret: ${KF_TEST_SECRET}\n",
          "1:9: 'secret' asks for the environment variable 'KF_TEST_SECRET', which is not set\n");
    setenv("KF_TEST_SECRET", "ffffffffffffffffffffffffffffffff", 1);
    struct kf_config *c = parse("secret: ${KF_TEST_SECRET}\n", 0);
    ck_assert_str_eq(c->secret, "ffffffffffffffffffffffffffffffff");
    kf_config_free(c);
}
END_TEST

START_TEST(at_most_a_hundred_and_a_hint)
{
    char text[4000] = "";
    for (int i = 0; i < 200; i++)
        snprintf(text + strlen(text), 20, "kkkk%d: 1\n", i);
    parse(text, KF_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(said, "100:1: unknown key 'kkkk99'"));
    ck_assert_ptr_null(strstr(said, "kkkk100"));
    ck_assert_ptr_nonnull(strstr(said, "more problems follow; correct these first"));
}
END_TEST

/* ---- files ---- */

static char dir[] = "/tmp/kf-config-XXXXXX";

static void put(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

START_TEST(folder_and_files_beside_it)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    put("nets.txt", "# ours\n10.0.0.0/8\r\n\n2001:db8::/32\n");
    put("rates.csv", "day,currency,rate\n2026-01-08,USD,0.9\n");
    put("kinfold.yaml", "lists:\n  office: { networks: { file: nets.txt } }\n  same: { kind: "
                        "networks, file: nets.txt }\n"
                        "rates: { file: rates.csv, carry: true }\n");
    struct kf_config *c = NULL;
    struct kf_error err = KF_ERROR_INIT;
    said[0] = 0;
    ck_assert_msg(kf_config_load(dir, &c, report, NULL, &err) == 0, "%s %s", err.message, said);
    char want[300];
    snprintf(want, sizeof want, "%s/kinfold.yaml", dir);
    ck_assert_str_eq(c->file, want);
    ck_assert_uint_eq(c->list[0].n, 2);
    ck_assert(kf_list_has(c->list[0].list, kf_cstr("10.1.2.3")));
    ck_assert(kf_list_has(c->list[1].list, kf_cstr("2001:db8::1")));
    struct kf_money usd = {1000, "USD"}, got;
    ck_assert(kf_rates_convert(c->rates, usd, "EUR", kf_day_from_ymd(2026, 2, 1), &got));
    ck_assert_int_eq(got.minor, 900);
    kf_config_free(c);

    put("nets.txt", "10.0.0.0/8\nnonsense\n");
    put("rates.csv", "day,currency\n");
    said[0] = 0;
    ck_assert_int_eq(kf_config_load(want, &c, report, NULL, &err), KF_E_CONFIG);
    char expected[900];
    snprintf(expected, sizeof expected,
             "%s/nets.txt:2:1: 'nonsense' is no IP address or network like 192.0.2.0/24 or "
             "2001:db8::/32\n"
             "%s/nets.txt:2:1: 'nonsense' is no IP address or network like 192.0.2.0/24 or "
             "2001:db8::/32\n"
             "%s/rates.csv:1:1: the first line must name the columns day,currency,rate\n",
             dir, dir, dir);
    ck_assert_str_eq(said + strcspn(said, "/"), expected);

    ck_assert_int_eq(kf_config_load("/tmp/no/such", &c, NULL, NULL, &err), KF_E_NOINPUT);
    put("kinfold.yaml", "lists:\n  office: { networks: { file: gone.txt } }\n");
    said[0] = 0;
    ck_assert_int_eq(kf_config_load(want, &c, report, NULL, &err), KF_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(said, "/gone.txt': No such file or directory"));
    unlink(want);
    ck_assert_int_eq(kf_config_load(dir, &c, NULL, NULL, &err), KF_E_NOINPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "there is no kinfold.yaml in"));
    char cmd[100];
    snprintf(cmd, sizeof cmd, "rm -r %s", dir);
    ck_assert_int_eq(system(cmd), 0);
}
END_TEST

static void settings_are(const char *text, const char *want)
{
    struct kf_config *c = parse(text, 0), *again = NULL;
    struct kf_error err = KF_ERROR_INIT;
    const char *line = strchr(c->settings.p, '\n') + 1;
    ck_assert_str_eq(line, want);
    ck_assert_int_eq(kf_settings_default(c->settings), !*want);
    ck_assert_int_eq(
        kf_config_parse(c->settings.p, c->settings.n, "/w", true, &again, NULL, NULL, &err), 0);
    ck_assert(kf_str_eq(again->settings, c->settings));
    kf_config_free(again);
    kf_config_free(c);
}

/* One text for all ways of writing the same; nothing in it that decides nothing. */
START_TEST(settings_have_one_form)
{
    settings_are("", "");
    settings_are(
        "zone: UTC\ncurrency: EUR\nmoney: [total, tax, subtotal, shipping, revenue, refund, "
        "price, discount]\nretention: 730d\nprivacy: { mask: false }\nlimits: { max_merges: "
        "3 }\nsources:\n  - { name: web, plugin: p, path: x }\n",
        "");
    settings_are("lists:\n"
                 "  b: { values: [y, \"x: 1\", y, \"\\x85#\"], ignore_case: true }\n"
                 "  a: { file: a.txt, kind: sha256 }\n"
                 "  c: { networks: { file: n.txt } }\n"
                 "currency: SEK\n"
                 "money: [b, a]\n"
                 "rates: { \"2026-01-08\": { USD: \"1.10\", EUR: \"0.1\" }, carry: true }\n"
                 "destinations:\n  - { name: f, plugin: p, hash: true, options: { path: x } }\n"
                 "zone: Europe/Berlin\n",
                 "currency: SEK\n"
                 "destinations:\n  - name: \"f\"\n    plugin: \"p\"\n    hash: true\n"
                 "lists:\n"
                 "  \"a\":\n    file: \"a.txt\"\n    kind: sha256\n"
                 "  \"b\":\n    ignore_case: true\n    values:\n      - \"x: 1\"\n      - "
                 "\"y\"\n      - \"\\u0085#\"\n"
                 "  \"c\":\n    file: \"n.txt\"\n    kind: networks\n"
                 "money:\n      - \"a\"\n      - \"b\"\n"
                 "rates:\n  carry: true\n  \"2026-01-08\":\n    EUR: \"0.1\"\n    USD: \"1.1\"\n"
                 "zone: \"Europe/Berlin\"\n");
}
END_TEST

/* The rules decide under what was kept; everything else is as it is now. */
START_TEST(settings_of_then_in_a_config_of_now)
{
    struct kf_config *then = parse("zone: Europe/Berlin\nlists: { stop: { values: [ann] } }\n"
                                   "secret: 000102030405060708090a0b0c0d0e0f\n",
                                   0),
                     *now =
                         parse("currency: SEK\nlists: { stop: { values: [bob] }, more: { values: "
                               "[x] } }\nstore: other.db\n",
                               0),
                     *c = NULL;
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_int_eq(kf_config_with(now, then->settings, &c, &err), 0);
    ck_assert_str_eq(c->zone_name, "Europe/Berlin");
    ck_assert_str_eq(c->currency, "EUR");
    ck_assert(kf_list_has(kf_config_find_list(c, "stop")->list, kf_cstr("ann")));
    ck_assert(!kf_list_has(kf_config_find_list(c, "stop")->list, kf_cstr("bob")));
    ck_assert_ptr_null(kf_config_find_list(c, "more"));
    ck_assert_str_eq(c->store, "/w/other.db");
    ck_assert_str_eq(c->secret, now->secret);
    ck_assert(kf_str_eq(c->settings, then->settings));
    kf_config_free(c);
    ck_assert_int_eq(kf_config_with(now, kf_cstr("lists: 7\n"), &c, &err), KF_E_CONFIG);
    kf_config_free(then);
    kf_config_free(now);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("config");
    TCase *t = tcase_create("config");
    tcase_add_test(t, empty_file_gives_the_defaults);
    tcase_add_test(t, every_key_is_read);
    tcase_add_test(t, all_mistakes_are_reported_in_order);
    tcase_add_test(t, first_problem_is_in_err);
    tcase_add_test(t, yaml_that_is_refused);
    tcase_add_test(t, bombs_are_bounded);
    tcase_add_test(t, syntax_errors_have_a_place);
    tcase_add_test(t, columns_are_bytes);
    tcase_add_test(t, sources_are_checked);
    tcase_add_test(t, lists_are_checked);
    tcase_add_test(t, other_values_are_checked);
    tcase_add_test(t, at_most_a_hundred_and_a_hint);
    tcase_add_test(t, folder_and_files_beside_it);
    tcase_add_test(t, settings_have_one_form);
    tcase_add_test(t, settings_of_then_in_a_config_of_now);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
