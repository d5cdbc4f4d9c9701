/* A small shop for the tests of the store: its rules as text, its events made up by number, and a
 * whole run of it into a store, as core/pipeline does it. */
#ifndef KF_TESTS_STORE_SUPPORT_H
#define KF_TESTS_STORE_SUPPORT_H

#include "event/keys.h"
#include "store/publish.h"
#include "store/sql.h"
#include "store/store.h"

#include "../check_main.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[96];
static struct kf_error err;

#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, err.message)

static inline void setup(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/kf_store_XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/shop.db", dir);
    err = (struct kf_error)KF_ERROR_INIT;
    unsetenv("KF_STORE_API");
}

static inline const char *beside(const char *suffix)
{
    static char name[4][128];
    static unsigned at;
    char *p = name[at++ % 4];
    snprintf(p, sizeof name[0], "%s%s", path, suffix);
    return p;
}

static inline void teardown(void)
{
    chmod(dir, 0700);
    unlink(path);
    unlink(beside(".lock"));
    ck_assert_msg(rmdir(dir) == 0, "something was left in %s", dir);
}

static const char SHOP_RULES[] =
    "identifiers {\n"
    "  user_id = { rank = 1, per_profile = 1 },\n"
    "  email = { rank = 2, normalise = 'email' },\n"
    "  anonymous_id = { rank = 3 },\n"
    "}\n"
    "ignore_values { anonymous_id = { 'null' } }\n"
    "link 'login' {\n"
    "  title = 'Signing in', owner = 'a@example.com', because = 'A password was entered.',\n"
    "  when = any { any_event(), event 'identify' },\n"
    "  connect = { 'user_id', 'email', 'anonymous_id' }, strength = 'verified',\n"
    "}\n"
    "trait 'country' {\n"
    "  title = 'Country', owner = 'a@example.com', because = 'Asked for at the till.',\n"
    "  from = { 'traits.country' }, keep = 'newest', type = 'text',\n"
    "}\n"
    "trait 'newsletter' {\n"
    "  title = 'Newsletter', owner = 'a@example.com', because = 'A tick.',\n"
    "  from = { 'traits.newsletter' }, keep = 'newest', type = 'boolean',\n"
    "}\n"
    "computed 'orders' {\n"
    "  title = 'Orders', owner = 'a@example.com', because = 'Counted.',\n"
    "  is = event('Order Completed'):count(),\n"
    "}\n"
    "computed 'revenue' {\n"
    "  title = 'Revenue', owner = 'a@example.com', because = 'Added up.',\n"
    "  is = event('Order Completed'):sum 'revenue', unit = 'EUR',\n"
    "}\n"
    "segment 'buyers' {\n"
    "  title = 'Bought something', owner = 'a@example.com', because = 'Thank them.',\n"
    "  who = event 'Order Completed',\n"
    "}\n"
    "suppress 'no_newsletter' {\n"
    "  title = 'Did not ask for it', owner = 'a@example.com', because = 'They said so.',\n"
    "  who = trait 'newsletter':is_not(true), blocks = everything,\n"
    "}\n"
    "flag 'large' {\n"
    "  title = 'Unusually large', owner = 'a@example.com', because = 'Looked at by hand.',\n"
    "  when = event('Order Completed'):where { revenue = at_least(money(29, 'EUR')) },\n"
    "}\n"
    "score 'loyalty' {\n"
    "  title = 'How\\noften', owner = 'a@example.com', because = 'For the till.',\n"
    "  add = { { points = 10, when = event('Order Completed'):count():at_least(2), label = 'two' } "
    "},\n"
    "  bands = { { 'low', 0 }, { 'high', 10 } },\n"
    "}\n";

struct shop {
    struct kf_config *config;
    struct kf_ruleset *rules;
    struct kf_events *events;
    struct kf_world *world;
    struct kf_decide *decide;
    int64_t at; /* as in kf_store_write_options */
    const char *despite;
};

static inline void shop_open(struct shop *s)
{
    static const char yaml[] = "zone: UTC\ncurrency: EUR\nstore: shop.db\nrules: rules\n"
                               "sources:\n  - name: web\n    plugin: source_segment\n"
                               "    path: events.jsonl\n    cadence: schedule\n";
    struct kf_rules_text file = {"shop.lua", {SHOP_RULES, sizeof SHOP_RULES - 1}};
    *s = (struct shop){0};
    OK(kf_config_parse(yaml, sizeof yaml - 1, dir, true, &s->config, NULL, NULL, &err));
    struct kf_rules_options o = {.config = s->config, .root = ""};
    OK(kf_rules_load_text(&o, &file, 1, &s->rules, &err));
    for (uint32_t i = 0; i < s->rules->n_diagnostic; i++)
        ck_assert_msg(s->rules->diagnostic[i].severity != KF_SEV_ERROR, "%u: %s",
                      s->rules->diagnostic[i].pos.line, s->rules->diagnostic[i].message);
}

static inline void shop_new_events(struct shop *s)
{
    struct kf_dict *d = calloc(1, sizeof *d);
    ck_assert_int_eq(kf_dict_init(d), 0);
    s->events = kf_events_new(d, kf_idents_new());
    ck_assert_uint_eq(kf_symbols_add(d->source, kf_cstr("web")), 1);
    ck_assert_uint_eq(kf_symbols_add(d->file, kf_cstr("events.jsonl")), 1);
}

/* Events first .. first + n - 1 of the shop: ten a person, every seventh an order, every tenth
 * tells who it is. Person 3 never does; each spelling of an e-mail address occurs. */
static inline void shop_sell(struct shop *s, uint32_t first, uint32_t n)
{
    struct kf_events *e = s->events;
    struct kf_dict *d = e->dict;
    struct kf_arena bodies;
    kf_arena_init(&bodies, 0);
    struct kf_event_builder *b = kf_event_builder_new(d, e->idents, &bodies);
    uint32_t anonymous = kf_symbols_add(d->ns, kf_cstr("anonymous_id")),
             email = kf_symbols_add(d->ns, kf_cstr("email")),
             country = kf_symbols_add(d->key, kf_cstr("traits.country")),
             newsletter = kf_symbols_add(d->key, kf_cstr("traits.newsletter")), reserve = 0;
    for (uint32_t i = first; i < first + n; i++) {
        uint32_t person = i / 10;
        char id[32], value[64];
        bool order = i % 7 == 0, tells = i % 10 == 9 && person != 3;
        struct kf_event_head h = {.time = 1767225600 * KF_SECOND + (int64_t)i * 1000003 * 1000,
                                  .name = kf_cstr(tells   ? ""
                                                  : order ? "Order Completed"
                                                          : "Page"),
                                  .type = tells ? KF_EVENT_IDENTIFY : KF_EVENT_TRACK,
                                  .platform = KF_PLATFORM_WEB,
                                  .file = 1,
                                  .record = i + 1};
        h.received = h.time + (int64_t)(i % 5) * KF_SECOND;
        h.id = kf_str(id, (size_t)snprintf(id, sizeof id, "m-%u", i));
        kf_event_builder_begin(b);
        snprintf(value, sizeof value, person % 50 == 49 ? "null" : "anon-%05u", person);
        kf_event_builder_ident(b, anonymous, kf_cstr(value), 0);
        if (order && !tells) {
            kf_event_builder_dec(b, KF_KEY_REVENUE, (struct kf_dec){1999 + (int64_t)i, 2});
            kf_event_builder_text(b, KF_KEY_CURRENCY, kf_cstr("EUR"));
        }
        if (i % 7 == 1) {
            kf_event_builder_text(b, KF_KEY_CAMPAIGN_SOURCE, kf_cstr(i % 2 ? "news" : "ads"));
            kf_event_builder_text(b, KF_KEY_CAMPAIGN_NAME, kf_cstr("spring & \"summer\""));
        }
        if (tells) {
            snprintf(value, sizeof value, i % 4 == 1 ? "P%u@Example.com" : "p%u@example.com",
                     person);
            kf_event_builder_ident(b, email, kf_cstr(value), KF_KEY_TRAITS_EMAIL);
            kf_event_builder_text(b, country, kf_cstr(person % 2 ? "DE" : "\xc3\x89tat"));
            if (person % 3)
                kf_event_builder_bool(b, newsletter, person % 3 == 1);
        }
        reserve += kf_event_builder_end(b, e, &h) == UINT32_MAX;
    }
    ck_assert_uint_eq(reserve, 0);
    kf_event_builder_free(b);
    kf_events_take_arena(e, &bodies);
}

static inline void shop_decide(struct shop *s, unsigned threads)
{
    struct kf_world_options o = {.config = s->config,
                                 .rules = s->rules,
                                 .events = s->events,
                                 .as_of = KF_NO_TIME,
                                 .threads = threads,
                                 .want_links = true};
    OK(kf_world_new(&o, &s->world, &err));
    OK(kf_decide_new(s->world, &s->decide, &err));
}

/* From begin to finish; the code of whatever failed first. */
static inline int shop_store(struct shop *s, const struct kf_store *previous,
                             const char *compression, unsigned threads)
{
    struct kf_publish *p = NULL;
    struct kf_store_writer *w = NULL;
    int rc = kf_publish_begin(path, &p, &err);
    if (rc)
        return rc;
    struct kf_store_write_options o = {.publish = p,
                                       .world = s->world,
                                       .decide = s->decide,
                                       .previous = previous,
                                       .compression = compression,
                                       .config_digest = "c0ffee",
                                       .links = true,
                                       .at = s->at,
                                       .despite_by = s->despite ? "me" : NULL,
                                       .despite = s->despite,
                                       .threads = threads};
    rc = kf_store_write_begin(&o, &w, &err);
    if (rc == 0) {
        struct kf_decide_sink sink = {.chunk = kf_store_write_chunk, .ctx = w};
        rc = kf_decide_run(s->decide, &sink, &err);
        int ended = kf_store_write_finish(w, rc == 0, rc ? NULL : &err);
        rc = rc ? rc : ended;
    }
    kf_publish_end(p);
    return rc;
}

static inline void shop_undecide(struct shop *s)
{
    kf_decide_free(s->decide);
    kf_world_free(s->world);
    s->decide = NULL;
    s->world = NULL;
}

static inline void shop_close(struct shop *s)
{
    shop_undecide(s);
    kf_store_events_free(s->events);
    kf_rules_free(s->rules);
    kf_config_free(s->config);
}

/* The whole of it: n events of the shop in a new store. */
static inline void shop_run(uint32_t n, const char *compression, unsigned threads)
{
    struct shop s;
    shop_open(&s);
    shop_new_events(&s);
    shop_sell(&s, 0, n);
    shop_decide(&s, threads);
    OK(shop_store(&s, NULL, compression, threads));
    shop_close(&s);
}

/* First column of the first row of the store as text, in one of four buffers. */
static inline const char *ask(const char *sql)
{
    static char text[4][512];
    static unsigned at;
    char *out = text[at++ % 4];
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    OK(kf_sql_open(path, SQLITE_OPEN_READONLY, &db, &err));
    OK(kf_sql_prepare(db, sql, &q, &err));
    int rc = kf_sql_step(q, &err);
    ck_assert_msg(rc >= 0, "%s: %s", sql, err.message);
    struct kf_str v = rc ? kf_sql_column(q, 0) : kf_cstr("(no row)");
    snprintf(out, sizeof text[0], "%.*s", (int)v.n, v.p);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return out;
}

#endif
