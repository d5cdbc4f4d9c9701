/* The `given` text of scenarios as events (IDENTITY 7, RULES 4). */
#include "decide/scenario_internal.h"

#include "event/keys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_WORDS 200

struct word {
    char *key; /* what stands before the first '=' outside quotes; NULL: no '=' */
    char *text;
    bool quoted; /* the value stands in quotes */
};

struct line {
    struct word word[MAX_WORDS];
    uint32_t n;
};

struct reader {
    struct given *g;
    const struct kf_ruleset *rules;
    const struct kf_pos *pos;
    uint32_t number; /* line in the text */
    char day[11];
    struct kf_event_builder *b;
    struct kf_event_head head;
    uint32_t refused[16], n_refused; /* purposes that the event refuses so far */
    bool open;
};

int kf_given_init(struct given *g, struct kf_error *err)
{
    memset(g, 0, sizeof *g);
    if (kf_dict_init(&g->dict))
        return kf_error_set(err, KF_E_NOMEM, "scenario", "out of memory");
    g->idents = kf_idents_new();
    g->events = g->idents ? kf_events_new(&g->dict, g->idents) : NULL;
    return g->events ? 0 : kf_error_set(err, KF_E_NOMEM, "scenario", "out of memory");
}

void kf_given_free(struct given *g)
{
    kf_events_free(g->events);
    kf_idents_free(g->idents);
    kf_dict_free(&g->dict);
    kf_arena_free(&g->arena);
}

/* ---- words of a line, as a shell would split them ---- */

static bool split(struct reader *r, struct kf_str s, struct line *out)
{
    size_t i = 0;
    out->n = 0;
    while (i < s.n && out->n < MAX_WORDS) {
        while (i < s.n && isspace((unsigned char)s.p[i]))
            i++;
        if (i == s.n || s.p[i] == '#')
            break;
        struct word *w = &out->word[out->n++];
        char *to = kf_arena_alloc(&r->g->arena, s.n - i + 1);
        *w = (struct word){.text = to};
        while (i < s.n && !isspace((unsigned char)s.p[i])) {
            char c = s.p[i++];
            if (c == '"' || c == '\'') {
                w->quoted = true;
                for (; i < s.n && s.p[i] != c; i++) {
                    if (c == '"' && s.p[i] == '\\' && i + 1 < s.n)
                        i++;
                    *to++ = s.p[i];
                }
                if (i++ == s.n)
                    return false;
            } else if (c == '=' && !w->key && !w->quoted) {
                *to++ = '\0';
                w->key = w->text;
                w->text = to;
            } else {
                *to++ = c;
            }
        }
        *to = '\0';
    }
    return true;
}

static bool looks_like(const char *s, const char *form)
{
    for (; *form; s++, form++)
        if (*form == '9' ? !isdigit((unsigned char)*s) : *s != *form)
            return false;
    return *s == '\0';
}

/* ---- one event ---- */

static int complain(struct reader *r, const char *what, const char *word, struct kf_error *err)
{
    return kf_error_at(err, KF_E_CONFIG, "scenario", r->pos->file, r->pos->line + r->number, 0,
                       "%s: '%s'", what, word);
}

static void finish(struct reader *r)
{
    if (r->open)
        kf_event_builder_end(r->b, r->g->events, &r->head);
    r->open = false;
}

static uint32_t key_of(struct reader *r, const char *root, const char *path)
{
    char full[400];
    snprintf(full, sizeof full, "%s%s", root, path);
    return kf_symbols_add(r->g->dict.key, kf_cstr(full));
}

/* Bare numbers, true and false, and JSON in quotes have their type. */
static void put(struct reader *r, uint32_t key, const struct word *w)
{
    struct kf_str s = kf_cstr(w->text);
    struct kf_dec d;
    if (!w->quoted && kf_dec_parse(s, &d))
        kf_event_builder_dec(r->b, key, d);
    else if (!w->quoted && (strcmp(w->text, "true") == 0 || strcmp(w->text, "false") == 0))
        kf_event_builder_bool(r->b, key, w->text[0] == 't');
    else if (!w->quoted && strcmp(w->text, "null") == 0)
        kf_event_builder_null(r->b, key);
    else if (!(w->quoted && (w->text[0] == '[' || w->text[0] == '{') &&
               kf_event_builder_json(r->b, key, s)))
        kf_event_builder_text(r->b, key, s);
}

/* Of several statements in one event the most restrictive holds, whichever is written first. */
static void put_consent(struct reader *r, uint32_t key, const char *said)
{
    for (uint32_t i = 0; i < r->n_refused; i++)
        if (r->refused[i] == key)
            return;
    if (strcmp(said, "granted") != 0 && r->n_refused < 16)
        r->refused[r->n_refused++] = key;
    kf_event_builder_text(r->b, key, kf_cstr(said));
}

static bool is_namespace(const struct reader *r, const char *key)
{
    const struct kf_rule *ids = kf_rules_find(r->rules, KF_KIND_IDENTIFIERS, "");
    return ids && kf_rule_get(ids, key) != NULL;
}

static bool after(const char *s, const char *prefix, const char **ret)
{
    size_t n = strlen(prefix);
    if (strncmp(s, prefix, n) != 0 || !s[n])
        return false;
    *ret = s + n;
    return true;
}

static int add(struct reader *r, const struct word *w, struct kf_error *err)
{
    static const char *const platform[] = {"", "web", "ios", "android", "server"};
    struct kf_dict *d = &r->g->dict;
    const char *rest;
    bool zone;
    if (strcmp(w->key, "source") == 0) {
        r->head.source = (uint16_t)(kf_symbols_add(d->source, kf_cstr(w->text)) - 1);
    } else if (strcmp(w->key, "platform") == 0) {
        for (uint8_t p = 1; p < 5; p++)
            if (strcmp(platform[p], w->text) == 0)
                r->head.platform = p;
    } else if (strcmp(w->key, "received") == 0) {
        if (!kf_time_parse(kf_cstr(w->text), NULL, &r->head.received, &zone))
            return complain(r, "no time", w->text, err);
    } else if (is_namespace(r, w->key)) {
        kf_event_builder_ident(r->b, kf_symbols_add(d->ns, kf_cstr(w->key)), kf_cstr(w->text), 0);
    } else if (after(w->key, "consent.", &rest)) {
        put_consent(r, key_of(r, "consent.", rest), w->text);
    } else if (after(w->key, "trait.", &rest)) {
        put(r, key_of(r, "traits.", rest), w);
    } else if (after(w->key, "group.", &rest)) {
        kf_event_builder_text(r->b, KF_KEY_GROUP_TYPE, kf_cstr(rest));
        kf_event_builder_text(r->b, KF_KEY_GROUP_ID, kf_cstr(w->text));
    } else if (after(w->key, "context.", &rest) || after(w->key, "traits.", &rest)) {
        put(r, kf_symbols_add(d->key, kf_cstr(w->key)), w);
    } else {
        put(r, key_of(r, "properties.", w->key), w);
    }
    return 0;
}

static int begin(struct reader *r, const char *clock, const char *name, struct kf_error *err)
{
    char when[40];
    bool zone;
    snprintf(when, sizeof when, "%s %s%sZ", r->day, clock, strlen(clock) == 5 ? ":00" : "");
    r->head = (struct kf_event_head){0};
    if (!kf_time_parse(kf_cstr(when), NULL, &r->head.time, &zone))
        return complain(r, "no time", clock, err);
    r->head.received = r->head.time;
    r->head.type = kf_event_type_parse(kf_cstr(name));
    if (r->head.type == KF_EVENT_NONE)
        r->head.type = KF_EVENT_TRACK;
    /* The name of a type names no event: `identify` is an identify. */
    r->head.name =
        kf_event_type_parse(kf_cstr(name)) == KF_EVENT_NONE ? kf_cstr(name) : kf_str(NULL, 0);
    r->head.id = kf_cstr(kf_arena_printf(&r->g->arena, "given-%06u", r->g->events->n + 1));
    r->head.source = (uint16_t)(kf_symbols_add(r->g->dict.source, kf_cstr("given")) - 1);
    r->head.record = r->g->events->n + 1;
    kf_event_builder_begin(r->b);
    r->n_refused = 0;
    r->open = true;
    return 0;
}

static int read_line(struct reader *r, struct kf_str text, struct kf_error *err)
{
    struct line line;
    uint32_t i = 0;
    if (!split(r, text, &line))
        return complain(r, "a quote is not closed", "", err);
    if (line.n == 0)
        return 0;
    if (!line.word[0].key) {
        finish(r);
        if (looks_like(line.word[0].text, "9999-99-99"))
            snprintf(r->day, sizeof r->day, "%s", line.word[i++].text);
        if (i + 2 > line.n)
            return complain(r, "an event is DATE TIME NAME key=value", line.word[0].text, err);
        int rc = begin(r, line.word[i].text, line.word[i + 1].text, err);
        if (rc)
            return rc;
        i += 2;
    }
    for (; i < line.n; i++) {
        if (!line.word[i].key || !r->open)
            return complain(r, "expected key=value", line.word[i].text, err);
        int rc = add(r, &line.word[i], err);
        if (rc)
            return rc;
    }
    return 0;
}

int kf_given_read(struct given *g, const struct kf_ruleset *rules, struct kf_str text,
                  const struct kf_pos *pos, struct kf_error *err)
{
    struct reader r = {.g = g, .rules = rules, .pos = pos, .day = "2026-01-01"};
    int rc = 0;
    r.b = kf_event_builder_new(&g->dict, g->idents, &g->arena);
    if (!r.b)
        return kf_error_set(err, KF_E_NOMEM, "scenario", "out of memory");
    for (size_t i = 0; i <= text.n && rc == 0; i++, r.number++) {
        const char *end = memchr(text.p + i, '\n', text.n - i);
        size_t n = end ? (size_t)(end - text.p) - i : text.n - i;
        rc = read_line(&r, kf_str(text.p + i, n), err);
        i += n;
    }
    if (rc == 0)
        finish(&r);
    kf_event_builder_free(r.b);
    return rc;
}
