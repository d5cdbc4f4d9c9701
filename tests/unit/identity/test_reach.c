/* On which events rules may name identifiers that the events do not carry, and what they name. */
#include "../check_main.h"

#include "config/config.h"
#include "identity/reach.h"

#include <stdio.h>
#include <string.h>

#define IDS                                                                                        \
    "identifiers { user_id = { rank = 1 }, email = { rank = 2, normalise = 'email' }, "            \
    "device_id = { rank = 3 } }\n"
#define ABOUT "title = 't', owner = 'a@b.example', because = 'b', "

static const char YAML[] = "zone: UTC\ncurrency: EUR\nstore: s.db\nrules: rules\n"
                           "sources:\n  - name: web\n    plugin: source_segment\n"
                           "    path: e.jsonl\n    cadence: schedule\n";

static struct kf_error err;
static struct kf_config *config;
static struct kf_ruleset *rules;
static struct kf_dict dict;
static struct kf_events *events;
static struct kf_arena bodies;
static struct kf_idset *ids;
static struct kf_reach reach;

#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, err.message)

static void add(struct kf_event_builder *b, enum kf_event_type type, const char *name,
                const char *owner)
{
    struct kf_event_head h = {.name = kf_cstr(name), .type = (uint8_t)type, .file = 1, .record = 1};
    struct kf_dec d;
    h.id = kf_cstr(name);
    kf_event_builder_begin(b);
    kf_event_builder_ident(b, kf_symbols_add(dict.ns, kf_cstr("user_id")), kf_cstr("u1"), 0);
    uint32_t key = kf_symbols_add(dict.key, kf_cstr("properties.owner"));
    if (owner && kf_dec_parse(kf_cstr(owner), &d))
        kf_event_builder_dec(b, key, d);
    else if (owner)
        kf_event_builder_text(b, key, kf_cstr(owner));
    ck_assert_uint_ne(kf_event_builder_end(b, events, &h), UINT32_MAX);
}

/* Events 0: Moved, 1: Moved by nobody, 2: Split Up, 3: Other, 4: an identify. */
static void open_with(const char *text)
{
    err = (struct kf_error)KF_ERROR_INIT;
    OK(kf_config_parse(YAML, sizeof YAML - 1, "/tmp", true, &config, NULL, NULL, &err));
    struct kf_rules_text file = {"r.lua", kf_cstr(text)};
    struct kf_rules_options o = {.config = config, .root = ""};
    OK(kf_rules_load_text(&o, &file, 1, &rules, &err));
    for (uint32_t i = 0; i < rules->n_diagnostic; i++)
        ck_assert_msg(rules->diagnostic[i].severity != KF_SEV_ERROR, "%u: %s",
                      rules->diagnostic[i].pos.line, rules->diagnostic[i].message);
    ck_assert_int_eq(kf_dict_init(&dict), 0);
    events = kf_events_new(&dict, kf_idents_new());
    kf_symbols_add(dict.source, kf_cstr("web"));
    kf_symbols_add(dict.file, kf_cstr("f"));
    kf_arena_init(&bodies, 0);
    struct kf_event_builder *b = kf_event_builder_new(&dict, events->idents, &bodies);
    add(b, KF_EVENT_TRACK, "Moved", " Anna@Example.com ");
    add(b, KF_EVENT_TRACK, "Moved", NULL);
    add(b, KF_EVENT_TRACK, "Split Up", "4711");
    add(b, KF_EVENT_TRACK, "Other", "x");
    add(b, KF_EVENT_IDENTIFY, "", "x");
    kf_event_builder_free(b);
    kf_events_take_arena(events, &bodies);
    OK(kf_idset_new(rules, config, events, 1, &ids, &err));
    OK(kf_reach_new(rules, ids, &dict, &reach, &err));
}

static void shut(void)
{
    struct kf_idents *raw = events->idents;
    kf_reach_free(&reach);
    kf_idset_free(ids);
    kf_events_free(events);
    kf_idents_free(raw);
    kf_dict_free(&dict);
    kf_rules_free(rules);
    kf_config_free(config);
}

/* The events that are looked into, as "0 2". */
static const char *looked_into(void)
{
    static char out[32];
    size_t n = 0;
    out[0] = '\0';
    for (uint32_t e = 0; e < events->n; e++)
        if (kf_reach_has(&reach, events, e))
            n += (size_t)snprintf(out + n, sizeof out - n, n ? " %u" : "%u", e);
    return out;
}

START_TEST(only_rules_with_a_property)
{
    open_with(IDS "transfer 't' { " ABOUT
                  "when = event 'Moved', identifier = 'device_id', to = 'user_id' }\n"
                  "never_link 'n' { " ABOUT
                  "when = event 'Split Up', separate = { 'user_id', 'email' } }\n");
    ck_assert_uint_eq(reach.field.n, 0);
    ck_assert_str_eq(looked_into(), "");
    shut();
}
END_TEST

START_TEST(events_by_their_names)
{
    open_with(IDS "transfer 't' { " ABOUT
                  "when = all { event 'Mov*', event('Moved'):where { x = 'y' } }, "
                  "identifier = 'device_id', to = { 'properties.owner', as = 'email' } }\n");
    ck_assert_uint_eq(reach.field.n, 1);
    ck_assert_str_eq(looked_into(), "0 1");
    shut();
    open_with(IDS "never_link 'n' { " ABOUT "when = any { event 'Split*', event 'identify' }, "
                  "separate = { 'device_id', { 'properties.owner', as = 'user_id' } } }\n");
    ck_assert_str_eq(looked_into(), "2 4");
    shut();
}
END_TEST

/* What does not begin with names may hold anywhere. */
START_TEST(every_event_when_in_doubt)
{
    static const char *const when[] = {"any_event()", "none { event 'Moved' }",
                                       "any { event 'Moved', property 'x':exists() }"};
    for (size_t i = 0; i < sizeof when / sizeof *when; i++) {
        char text[600];
        snprintf(text, sizeof text,
                 IDS "transfer 't' { " ABOUT "when = %s, identifier = 'device_id', "
                     "to = { 'properties.owner', as = 'email' } }\n",
                 when[i]);
        open_with(text);
        ck_assert_str_eq(looked_into(), "0 1 2 3 4");
        shut();
    }
}
END_TEST

START_TEST(values_normalised)
{
    static const struct kf_eval_ops none;
    struct kf_plan *plan;
    struct kf_eval ev;
    char out[KF_IDSET_VALUE];
    size_t n;
    open_with(IDS "transfer 't' { " ABOUT "when = event 'Moved', identifier = 'device_id', "
                  "to = { 'properties.owner', as = 'email' } }\n"
                  "never_link 'n' { " ABOUT "when = event 'Split Up', "
                  "separate = { { 'properties.owner', as = 'user_id' }, 'email' } }\n");
    ck_assert_uint_eq(reach.field.n, 2);
    OK(kf_plan_new(rules, config, &dict, 0, &plan, &err));
    OK(kf_eval_init(&ev, plan, events, &none, NULL, &err));
    const struct kf_reach_field *to = &reach.field.p[0], *apart = &reach.field.p[1];
    kf_eval_event(&ev, 0);
    ck_assert(kf_reach_value(&ev, 0, to, ids, out, &n));
    ck_assert(kf_str_eq(kf_str(out, n), kf_cstr("anna@example.com")));
    kf_eval_event(&ev, 1);
    ck_assert(!kf_reach_value(&ev, 1, to, ids, out, &n));
    kf_eval_event(&ev, 2);
    ck_assert(!kf_reach_value(&ev, 2, to, ids, out, &n)); /* a number is no address */
    ck_assert(kf_reach_value(&ev, 2, apart, ids, out, &n));
    ck_assert(kf_str_eq(kf_str(out, n), kf_cstr("4711")));
    kf_eval_free(&ev);
    kf_plan_free(plan);
    shut();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("reach");
    TCase *t = tcase_create("reach");
    tcase_add_test(t, only_rules_with_a_property);
    tcase_add_test(t, events_by_their_names);
    tcase_add_test(t, every_event_when_in_doubt);
    tcase_add_test(t, values_normalised);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
