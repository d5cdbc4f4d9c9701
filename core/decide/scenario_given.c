/* The `given` text of scenarios as events (IDENTITY 7, RULES 4). */
#include "decide/scenario_internal.h"

#include "event/dedupe.h"
#include "event/keys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_WORDS 400

struct word {
    char *key; /* what stands before the first '=' outside quotes; NULL: no '=' */
    struct kf_str text;
    bool quoted; /* the value stands in quotes */
};

struct line {
    struct word *word;
    uint32_t n;
    uint32_t number; /* line of the file, for complaints */
};

struct reader {
    struct script *s;
    const char *file;
    uint32_t number;
    char day[11];
};

/* ---- words of a line, as a shell would split them ---- */

static int complain(const char *file, uint32_t line, const char *what, const char *word,
                    struct kf_error *err)
{
    return kf_error_at(err, KF_E_CONFIG, "scenario", file, line, 0, "%s: '%s'", what, word);
}

/* One word from s[i] on; false: a quote is not closed. */
static bool take_word(struct kf_arena *a, struct kf_str s, size_t *at, struct word *w)
{
    char *to = kf_arena_alloc(a, s.n - *at + 1), *from = to;
    size_t i = *at;
    *w = (struct word){0};
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
            w->key = from;
            from = to;
        } else {
            *to++ = c;
        }
    }
    *to = '\0';
    w->text = kf_str(from, (size_t)(to - from));
    *at = i;
    return true;
}

static int split(struct reader *r, struct kf_str s, struct line *out, struct kf_error *err)
{
    struct word word[MAX_WORDS];
    size_t i = 0;
    out->n = 0;
    out->number = r->number;
    for (;;) {
        while (i < s.n && isspace((unsigned char)s.p[i]))
            i++;
        if (i == s.n || s.p[i] == '#')
            break;
        if (out->n == MAX_WORDS)
            return complain(r->file, r->number, "a line has at most 400 words", "...", err);
        if (!take_word(&r->s->arena, s, &i, &word[out->n++]))
            return complain(r->file, r->number, "a quote is not closed", "", err);
    }
    out->word = kf_arena_alloc(&r->s->arena, (out->n + 1u) * sizeof *word);
    memcpy(out->word, word, out->n * sizeof *word);
    return 0;
}

static bool looks_like(const char *s, const char *form)
{
    for (; *form; s++, form++)
        if (*form == '9' ? !isdigit((unsigned char)*s) : *s != *form)
            return false;
    return *s == '\0';
}

/* ---- the text: which lines make which event ---- */

static struct kf_str trimmed(struct kf_str s)
{
    while (s.n && isspace((unsigned char)s.p[0]))
        s = kf_str(s.p + 1, s.n - 1);
    while (s.n && isspace((unsigned char)s.p[s.n - 1]))
        s.n--;
    return s;
}

static int add_line(struct reader *r, struct kf_str text, struct kf_error *err)
{
    struct line line;
    struct script *s = r->s;
    int rc = split(r, text, &line, err);
    if (rc || line.n == 0)
        return rc;
    if (!line.word[0].key) {
        struct script_event *e = kf_vec_push(&s->event);
        uint32_t i = 0;
        *e = (struct script_event){
            .file = r->file, .first = (uint32_t)s->line.n, .at = r->number, .text = trimmed(text)};
        if (looks_like(line.word[0].text.p, "9999-99-99"))
            snprintf(r->day, sizeof r->day, "%s", line.word[i++].text.p);
        if (i + 2 > line.n)
            return complain(r->file, r->number, "an event is DATE TIME NAME key=value",
                            line.word[0].text.p, err);
        e->clock = line.word[i].text.p;
        e->name = line.word[i + 1].text;
        e->day = kf_arena_strdup(&s->arena, r->day);
        line.word += i + 2;
        line.n -= i + 2;
    }
    for (uint32_t i = 0; i < line.n; i++)
        if (!line.word[i].key || s->event.n == 0)
            return complain(r->file, r->number, "expected key=value", line.word[i].text.p, err);
    *kf_vec_push(&s->line) = line;
    s->event.p[s->event.n - 1].n_line++;
    return 0;
}

int kf_script_read(struct script *s, struct kf_str text, const struct kf_pos *pos,
                   struct kf_error *err)
{
    struct reader r = {.s = s, .file = pos->file, .number = pos->line, .day = "2026-01-01"};
    int rc = 0;
    for (size_t i = 0; i <= text.n && rc == 0; i++, r.number++) {
        const char *end = memchr(text.p + i, '\n', text.n - i);
        size_t n = end ? (size_t)(end - text.p) - i : text.n - i;
        rc = add_line(&r, kf_str(text.p + i, n), err);
        i += n;
    }
    return rc;
}

void kf_script_free(struct script *s)
{
    kf_vec_free(&s->event);
    kf_vec_free(&s->line);
    kf_arena_free(&s->arena);
}

/* ---- events ---- */

int kf_given_init(struct given *g, struct kf_error *err)
{
    *g = (struct given){0};
    struct kf_dict *d = calloc(1, sizeof *d);
    if (d && kf_dict_init(d)) {
        free(d);
        d = NULL;
    }
    struct kf_idents *ids = d ? kf_idents_new() : NULL;
    g->events = ids ? kf_events_new(d, ids) : NULL;
    return g->events ? 0 : kf_error_set(err, KF_E_NOMEM, "scenario", "out of memory");
}

void kf_given_take(struct given *g, struct kf_events *take_events)
{
    kf_given_free(g);
    *g = (struct given){.events = take_events};
}

void kf_given_free(struct given *g)
{
    kf_plan_free(g->plan);
    if (g->events) {
        struct kf_dict *d = g->events->dict;
        kf_idents_free(g->events->idents);
        kf_events_free(g->events);
        kf_dict_free(d);
        free(d);
    }
    kf_arena_free(&g->arena);
    *g = (struct given){0};
}

struct build {
    struct given *g;
    const struct kf_ruleset *rules;
    struct kf_event_builder *b;
    struct kf_event_head head;
    uint32_t refused[16], n_refused; /* purposes that the event refuses so far */
};

static uint32_t key_of(struct build *r, const char *root, const char *path)
{
    char full[400];
    snprintf(full, sizeof full, "%s%s", root, path);
    return kf_symbols_add(r->g->events->dict->key, kf_cstr(full));
}

/* Bare numbers, true and false, and JSON in quotes have their type. */
static void put(struct build *r, uint32_t key, const struct word *w)
{
    struct kf_str s = w->text;
    struct kf_dec d;
    if (!w->quoted && kf_dec_parse(s, &d))
        kf_event_builder_dec(r->b, key, d);
    else if (!w->quoted && (kf_str_eq(s, kf_cstr("true")) || kf_str_eq(s, kf_cstr("false"))))
        kf_event_builder_bool(r->b, key, s.p[0] == 't');
    else if (!w->quoted && kf_str_eq(s, kf_cstr("null")))
        kf_event_builder_null(r->b, key);
    else if (!(w->quoted && s.n && (s.p[0] == '[' || s.p[0] == '{') &&
               kf_event_builder_json(r->b, key, s)))
        kf_event_builder_text(r->b, key, s);
}

/* Of several statements in one event the most restrictive holds, whichever is written first. */
static void put_consent(struct build *r, uint32_t key, struct kf_str said)
{
    for (uint32_t i = 0; i < r->n_refused; i++)
        if (r->refused[i] == key)
            return;
    if (!kf_str_eq(said, kf_cstr("granted")) && r->n_refused < 16)
        r->refused[r->n_refused++] = key;
    kf_event_builder_text(r->b, key, said);
}

static bool is_namespace(const struct build *r, const char *key)
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

static bool add(struct build *r, const struct word *w)
{
    static const char *const platform[] = {"", "web", "ios", "android", "server"};
    struct kf_dict *d = r->g->events->dict;
    const char *rest;
    bool zone;
    if (strcmp(w->key, "source") == 0) {
        r->head.source = (uint16_t)(kf_symbols_add(d->source, w->text) - 1);
    } else if (strcmp(w->key, "platform") == 0) {
        for (uint8_t p = 1; p < 5; p++)
            if (kf_str_eq(kf_cstr(platform[p]), w->text))
                r->head.platform = p;
    } else if (strcmp(w->key, "received") == 0) {
        return kf_time_parse(w->text, NULL, &r->head.received, &zone);
    } else if (is_namespace(r, w->key)) {
        kf_event_builder_ident(r->b, kf_symbols_add(d->ns, kf_cstr(w->key)), w->text, 0);
    } else if (after(w->key, "consent.", &rest)) {
        put_consent(r, key_of(r, "consent.", rest), w->text);
    } else if (after(w->key, "trait.", &rest)) {
        put(r, key_of(r, "traits.", rest), w);
    } else if (after(w->key, "group.", &rest)) {
        kf_event_builder_text(r->b, KF_KEY_GROUP_TYPE, kf_cstr(rest));
        kf_event_builder_text(r->b, KF_KEY_GROUP_ID, w->text);
    } else if (after(w->key, "context.", &rest) || after(w->key, "traits.", &rest)) {
        put(r, kf_symbols_add(d->key, kf_cstr(w->key)), w);
    } else {
        put(r, key_of(r, "properties.", w->key), w);
    }
    return true;
}

static bool begin(struct build *r, const struct script_event *e, uint32_t number)
{
    char when[40];
    bool zone;
    uint8_t type = kf_event_type_parse(e->name);
    snprintf(when, sizeof when, "%s %s%sZ", e->day, e->clock, strlen(e->clock) == 5 ? ":00" : "");
    r->head = (struct kf_event_head){0};
    if (!kf_time_parse(kf_cstr(when), NULL, &r->head.time, &zone))
        return false;
    r->head.received = r->head.time;
    r->head.type = type == KF_EVENT_NONE ? KF_EVENT_TRACK : type;
    /* The name of a type names no event: `identify` is an identify. */
    r->head.name = type == KF_EVENT_NONE ? e->name : kf_str(NULL, 0);
    r->head.id = kf_cstr(kf_arena_printf(&r->g->arena, "given-%06u", number));
    r->head.source = (uint16_t)(kf_symbols_add(r->g->events->dict->source, kf_cstr("given")) - 1);
    r->head.record = number;
    kf_event_builder_begin(r->b);
    r->n_refused = 0;
    return true;
}

static int add_event(struct build *r, const struct script *s, uint32_t i, struct kf_error *err)
{
    const struct script_event *e = &s->event.p[i];
    const struct line *line = s->line.p + e->first;
    if (!begin(r, e, i + 1))
        return complain(e->file, line->number, "no time", e->clock, err);
    for (uint32_t l = 0; l < e->n_line; l++)
        for (uint32_t k = 0; k < line[l].n; k++)
            if (!add(r, &line[l].word[k]))
                return complain(e->file, line[l].number, "no time", line[l].word[k].text.p, err);
    kf_event_builder_end(r->b, r->g->events, &r->head);
    return 0;
}

int kf_given_add(struct given *g, const struct script *s, const struct kf_ruleset *rules,
                 const uint32_t *event, uint32_t n, struct kf_error *err)
{
    struct build r = {.g = g, .rules = rules};
    int rc = 0;
    r.b = kf_event_builder_new(g->events->dict, g->events->idents, &g->arena);
    if (!r.b)
        return kf_error_set(err, KF_E_NOMEM, "scenario", "out of memory");
    for (uint32_t i = 0; i < n && rc == 0; i++)
        rc = add_event(&r, s, event ? event[i] : i, err);
    kf_event_builder_free(r.b);
    return rc;
}

int kf_given_drop_copies(struct given *g, struct kf_error *err)
{
    struct kf_events *e = g->events;
    uint64_t duplicates[64] = {0}, *hash = malloc((e->n + 1u) * sizeof *hash);
    struct kf_dedupe *d = hash ? kf_dedupe_new() : NULL;
    int rc = kf_symbols_count(e->dict->source) > 64
                 ? kf_error_set(err, KF_E_LIMIT, "scenario", "more than 64 sources")
                 : 0;
    if (!d)
        rc = kf_error_set(err, KF_E_NOMEM, "scenario", "out of memory");
    for (uint32_t i = 0; rc == 0 && i < e->n; i++)
        hash[i] = kf_event_id_hash(e->at[i].source, kf_event_id(e, i));
    if (rc == 0) {
        kf_dedupe_add(d, hash, e->n, 0);
        rc = kf_dedupe_run(d, e, 1, duplicates, err);
    }
    kf_dedupe_free(d);
    free(hash);
    return rc;
}

void kf_given_index(struct given *g, uint32_t n)
{
    g->n = n;
    g->at = kf_arena_alloc(&g->arena, (n + 1u) * sizeof *g->at);
    for (uint32_t i = 0; i < n; i++)
        g->at[i] = KF_ID_NONE;
    for (uint32_t e = 0; e < g->events->n; e++)
        if (!g->events->dropped[e] && g->events->at[e].record - 1 < n)
            g->at[g->events->at[e].record - 1] = e;
}
