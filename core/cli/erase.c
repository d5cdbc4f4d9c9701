#include "cli/erase.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/vec.h"

#include <ctype.h>
#include <dirent.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>

#define SHORTEST 4u /* bytes of a value that can be looked for in files without finding chance */

static int no_memory(struct kf_error *err)
{
    return kf_error_set(err, KF_E_NOMEM, "erase", "out of memory");
}

/* ---- who ---- */

/* Number of an identifier that names no person now but is known, KF_ID_NONE: not known. */
static uint32_t lone_identifier(const struct kf_world *w, const char *text)
{
    const char *at = strpbrk(text, ":=");
    uint32_t ns = at ? kf_idset_ns(w->ids, kf_str(text, (size_t)(at - text))) : KF_ID_NONE;
    return ns == KF_ID_NONE ? KF_ID_NONE : kf_idset_find(w->ids, ns, kf_cstr(at + 1));
}

static int find_people(struct kf_erase_plan *p, uint8_t *mine, struct kf_error *err)
{
    struct kf_session *s = &p->d->s;
    const struct kf_world *w = s->world;
    for (uint32_t i = 0; i < s->cli->n_operand; i++) {
        const char *text = s->cli->operand[i];
        uint32_t who = kf_world_find(w, kf_cstr(text), err);
        if (who != KF_ID_NONE) {
            p->n_person += !p->person[who];
            p->person[who] = 1;
            continue;
        }
        uint32_t id = lone_identifier(w, text);
        if (id == KF_ID_NONE)
            return err->code;
        kf_error_clear(err); /* nobody's now, but events carry it */
        mine[id] = 1;
    }
    const char **name = kf_arena_alloc(&p->d->arena, (p->n_person + 1) * sizeof *name);
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->n_profiles; i++)
        if (p->person[i]) {
            char *hex = kf_arena_alloc(&p->d->arena, 17);
            kf_profile_id_format(w->identity->profile_id[i], hex);
            name[n++] = hex;
        }
    p->profile = name;
    return 0;
}

/* ---- what names them ---- */

static int by_name(const void *a, const void *b, void *ctx)
{
    const struct kf_idset *s = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (s->ns[x] != s->ns[y])
        return s->ns[x] < s->ns[y] ? -1 : 1;
    return kf_str_cmp(kf_idset_value(s, x), kf_idset_value(s, y));
}

/* mine: named on the command line. An identifier goes if it is a person's now or was, and nobody
 * else ever held it: a device that two people used stays, its events of theirs go by their ids. */
static int find_identifiers(struct kf_erase_plan *p, uint8_t *mine, struct kf_error *err)
{
    const struct kf_world *w = p->d->s.world;
    const struct kf_id_result *r = w->identity;
    uint32_t n = w->ids->n;
    uint8_t *others = calloc(n + 1u, 1), *theirs = calloc(n + 1u, 1);
    p->id = malloc((n + 1u) * sizeof *p->id);
    p->kept = malloc((n + 1u) * sizeof *p->kept);
    bool ok = others && theirs && p->id && p->kept;
    for (uint32_t i = 0; ok && i < r->n_span; i++) {
        const struct kf_id_span *s = &r->span[i];
        if (s->profile == KF_ID_NONE || s->isolated)
            continue;
        *(p->person[s->profile] ? &theirs[s->id] : &others[s->id]) = 1;
    }
    for (uint32_t i = 0; ok && i < n; i++) {
        if (i < w->ids->raw && w->ids->of_raw[i] != i)
            continue; /* a spelling */
        if (r->id_profile[i] != KF_ID_NONE)
            *(p->person[r->id_profile[i]] ? &theirs[i] : &others[i]) = 1;
        if (mine[i] || (theirs[i] && !others[i]))
            p->id[p->n_id++] = i;
        else if (theirs[i])
            p->kept[p->n_kept++] = i;
    }
    free(others);
    free(theirs);
    if (!ok)
        return no_memory(err);
    qsort_r(p->id, p->n_id, sizeof *p->id, by_name, w->ids);
    qsort_r(p->kept, p->n_kept, sizeof *p->kept, by_name, w->ids);
    return 0;
}

static int make_tombstones(struct kf_erase_plan *p, struct kf_error *err)
{
    struct kf_session *s = &p->d->s;
    const struct kf_world *w = s->world;
    struct kf_tombstone_key key = kf_tombstone_key(s->ws.config);
    struct kf_tombstone *before, *t;
    uint32_t n_before, n = p->n_id;
    int rc = kf_store_tombstones(s->store, 0, &before, &n_before, err);
    if (rc)
        return rc;
    for (uint32_t i = 0; i < w->n_profiles; i++)
        n += p->person[i] ? w->first[i + 1] - w->first[i] : 0;
    p->tombstone = t = malloc((n + n_before + 1u) * sizeof *t);
    if (!t)
        return no_memory(err);
    for (uint32_t i = 0; i < p->n_id; i++) {
        const char *ns = w->ids->rules.ns[w->ids->ns[p->id[i]]].name;
        *t++ = (struct kf_tombstone){
            ns, kf_tombstone_identifier(&key, ns, kf_idset_value(w->ids, p->id[i]))};
    }
    for (uint32_t i = 0; i < w->n_profiles; i++)
        for (uint32_t k = w->first[i]; p->person[i] && k < w->first[i + 1]; k++)
            *t++ = (struct kf_tombstone){NULL, kf_tombstone_event(&key, w->events, w->order[k])};
    p->n_tombstone = n;
    if (n_before)
        memcpy(t, before, n_before * sizeof *t);
    p->set = kf_tombstones_new(s->ws.config, p->d->ids, p->tombstone, n + n_before);
    return 0;
}

/* ---- what goes with them ---- */

static int count_links(struct kf_erase_plan *p, struct kf_error *err)
{
    const struct kf_world *w = p->d->s.world;
    uint8_t *goes = calloc(w->ids->n + 1u, 1);
    if (!goes)
        return no_memory(err);
    for (uint32_t i = 0; i < p->n_id; i++)
        goes[p->id[i]] = 1;
    for (uint32_t i = 0; i < w->identity->n_link; i++)
        p->links += goes[w->identity->link[i].a] || goes[w->identity->link[i].b];
    free(goes);
    return 0;
}

static int on_count(void *ctx, int n, const char *const *value, const char *const *name)
{
    (void)n;
    (void)name;
    *(uint64_t *)ctx += value[0] ? strtoull(value[0], NULL, 10) : 0;
    return 0;
}

/* Columns that rules gave the profile: its traits, values and scores. */
static int on_profile(void *ctx, int n, const char *const *value, const char *const *name)
{
    static const char *const fixed[] = {"id",     "profile_id",  "first_ms", "last_ms",
                                        "events", "identifiers", NULL};
    for (int i = 0; i < n; i++) {
        size_t k = 0;
        while (fixed[k] && strcmp(fixed[k], name[i]) != 0)
            k++;
        *(uint64_t *)ctx += value[i] && !fixed[k];
    }
    return 0;
}

static int count_rows(struct kf_erase_plan *p, struct kf_error *err)
{
    const struct {
        const char *sql;
        uint64_t *to;
    } all[] = {
        {"SELECT count(*) FROM membership WHERE profile = (SELECT id FROM profile"
         " WHERE profile_id = ?1)",
         &p->memberships},
        {"SELECT count(*) FROM suppression WHERE profile = (SELECT id FROM profile"
         " WHERE profile_id = ?1)",
         &p->suppressions},
        {"SELECT count(*) FROM consent WHERE profile = (SELECT id FROM profile"
         " WHERE profile_id = ?1)",
         &p->consents},
        {"SELECT count(*) FROM touch WHERE profile = (SELECT id FROM profile"
         " WHERE profile_id = ?1)",
         &p->touches},
        {"SELECT count(*) FROM event_block b JOIN profile p ON p.profile_id = ?1"
         " WHERE b.first_profile <= p.id AND b.last_profile >= p.id",
         &p->blocks},
    };
    int rc = 0;
    for (uint32_t i = 0; i < p->n_person && rc == 0; i++) {
        const char *arg[] = {p->profile[i]};
        for (size_t k = 0; k < sizeof all / sizeof *all && rc == 0; k++)
            rc = kf_store_ask(p->d->s.store, all[k].sql, arg, 1, on_count, all[k].to, err);
        if (rc == 0)
            rc = kf_store_ask(p->d->s.store, "SELECT * FROM profile WHERE profile_id = ?1", arg, 1,
                              on_profile, &p->traits, err);
    }
    return rc;
}

static int on_quarantine(void *ctx, int n, const char *const *value, const char *const *name)
{
    struct kf_erase_plan *p = ctx;
    (void)n;
    (void)name;
    p->quarantined += (value[0] && kf_tombstones_text(p->set, kf_cstr(value[0]), SHORTEST)) ||
                      (value[1] && kf_tombstones_text(p->set, kf_cstr(value[1]), SHORTEST));
    return 0;
}

static int count_texts(struct kf_erase_plan *p, struct kf_error *err)
{
    uint64_t hash;
    for (uint32_t i = 0; i < p->d->n; i++) {
        const struct kf_steward_entry *e = &p->d->log[i];
        p->decisions += (e->a && kf_tombstones_identifier(p->set, e->a, &hash)) ||
                        (e->b && kf_tombstones_identifier(p->set, e->b, &hash)) ||
                        kf_tombstones_text(p->set, kf_cstr(e->why), 6);
    }
    return kf_store_ask(p->d->s.store, "SELECT CAST(raw AS TEXT), detail FROM quarantine", NULL, 0,
                        on_quarantine, p, err);
}

/* ---- where else they are named ---- */

static int count_files(struct kf_erase_plan *p, const uint8_t *gone, struct kf_error *err)
{
    const struct kf_events *e = p->d->s.events;
    uint32_t n = kf_symbols_count(e->dict->file);
    uint64_t *records = calloc(n + 1u, sizeof *records);
    struct kf_erase_file *f = kf_arena_alloc(&p->d->arena, (n + 1u) * sizeof *f);
    if (!records)
        return no_memory(err);
    for (uint32_t i = 0; i < e->n; i++)
        records[e->at[i].file] += gone[i] != 0;
    for (uint32_t i = 1; i <= n; i++) {
        if (!records[i])
            continue;
        uint32_t at = p->n_source++;
        const char *path = kf_symbols_text(e->dict->file, i).p;
        for (; at && strcmp(f[at - 1].path, path) > 0; at--)
            f[at] = f[at - 1];
        f[at] = (struct kf_erase_file){path, records[i]};
    }
    free(records);
    p->source = f;
    return 0;
}

static void take_values(struct kf_erase_plan *p)
{
    const struct kf_idset *ids = p->d->s.world->ids;
    const char **v = kf_arena_alloc(&p->d->arena, (p->n_id + 1) * sizeof *v);
    for (uint32_t i = 0; i < p->n_id; i++) {
        struct kf_str t = kf_idset_value(ids, p->id[i]);
        if (t.n >= SHORTEST)
            v[p->n_value++] = kf_arena_strndup(&p->d->arena, t.p, t.n);
    }
    p->value = v;
}

/* As a word, whatever its case. */
static bool holds_value(const struct kf_buf *text, const char *value)
{
    size_t n = strlen(value);
    for (size_t i = 0; i + n <= text->n; i++) {
        if (tolower((unsigned char)text->p[i]) != tolower((unsigned char)value[0]) ||
            strncasecmp(text->p + i, value, n) != 0)
            continue;
        bool begins = i == 0 || !isalnum((unsigned char)text->p[i - 1]);
        if (begins && (i + n == text->n || !isalnum((unsigned char)text->p[i + n])))
            return true;
    }
    return false;
}

static bool file_names_them(const struct kf_erase_plan *p, const char *path)
{
    struct kf_buf b = {0};
    char piece[65536];
    size_t n;
    bool found = false;
    FILE *f = fopen(path, "rb");
    while (f && (n = fread(piece, 1, sizeof piece, f)) > 0)
        kf_buf_add(&b, piece, n);
    if (f)
        fclose(f);
    for (uint32_t i = 0; i < p->n_value && !found; i++)
        found = holds_value(&b, p->value[i]);
    kf_buf_free(&b);
    return found;
}

static const char *option_path(const struct kf_yaml *options)
{
    for (uint32_t i = 0; options && options->kind == KF_YAML_MAP && i < options->n; i++)
        if (strcmp(options->item[i].key, "path") == 0 &&
            options->item[i].value->kind == KF_YAML_SCALAR)
            return options->item[i].value->text;
    return NULL;
}

/* Files that exports were written to, kinfold.yaml, rules: people keep them, not Kinfold. */
static void look_elsewhere(struct kf_erase_plan *p)
{
    const struct kf_config *c = p->d->s.ws.config;
    uint32_t n_rules = 0;
    const struct kf_rules_text *rules = kf_rules_files(p->d->s.last_rules, &n_rules);
    const char **out =
        kf_arena_alloc(&p->d->arena, (c->n_destination + n_rules + 2u) * sizeof *out);
    for (uint32_t i = 0; i < c->n_destination; i++) {
        const char *path = option_path(c->destination[i].options);
        if (!path)
            continue;
        if (path[0] != '/')
            path = kf_arena_printf(&p->d->arena, "%s/%s", c->dir, path);
        if (file_names_them(p, path))
            out[p->n_elsewhere++] = path;
    }
    if (file_names_them(p, c->file))
        out[p->n_elsewhere++] = c->file;
    for (uint32_t i = 0; i < n_rules; i++) {
        struct kf_buf b = {.p = (char *)(uintptr_t)rules[i].text.p, .n = rules[i].text.n};
        bool found = false;
        for (uint32_t k = 0; k < p->n_value && !found; k++)
            found = holds_value(&b, p->value[k]);
        if (found)
            out[p->n_elsewhere++] = kf_arena_strdup(&p->d->arena, rules[i].name);
        p->in_rules += found;
    }
    p->elsewhere = out;
}

/* ---- the plan ---- */

static int make_world(struct kf_desk *d, struct kf_error *err)
{
    struct kf_session *s = &d->s;
    uint32_t last;
    int rc = kf_session_events(s, err);
    /* The run that erases counts in what was decided since the last one. */
    if (rc == 0)
        rc = kf_store_holding(s->store, UINT32_MAX, &s->ws.decision, &s->ws.n_decision, &last, err);
    return rc ? rc : kf_session_world(s, NULL, true, err);
}

static int mark(struct kf_erase_plan *p, struct kf_error *err)
{
    const struct kf_events *e = p->d->s.events;
    uint8_t *gone = calloc(e->n + 1u, 1);
    if (!gone)
        return no_memory(err);
    int rc = kf_tombstones_mark(p->set, e, 0, gone, &p->events, err);
    if (rc == 0)
        rc = count_files(p, gone, err);
    free(gone);
    return rc;
}

int kf_erase_plan(struct kf_desk *d, struct kf_erase_plan *p, struct kf_error *err)
{
    *p = (struct kf_erase_plan){.d = d};
    int rc = make_world(d, err);
    if (rc)
        return rc;
    uint8_t *mine = calloc(d->s.world->ids->n + 1u, 1);
    p->person = calloc(d->s.world->n_profiles + 1u, 1);
    rc = mine && p->person ? find_people(p, mine, err) : no_memory(err);
    if (rc == 0)
        rc = find_identifiers(p, mine, err);
    free(mine);
    if (rc == 0)
        rc = make_tombstones(p, err);
    if (rc == 0)
        rc = mark(p, err);
    if (rc == 0)
        rc = count_links(p, err);
    if (rc == 0)
        rc = count_rows(p, err);
    if (rc == 0)
        rc = count_texts(p, err);
    if (rc)
        return rc;
    take_values(p);
    look_elsewhere(p);
    return 0;
}

void kf_erase_plan_free(struct kf_erase_plan *p)
{
    kf_tombstones_free(p->set);
    free(p->person);
    free(p->id);
    free(p->kept);
    free(p->tombstone);
    *p = (struct kf_erase_plan){0};
}

const char *kf_erase_counts(const struct kf_erase_plan *p)
{
    const struct {
        const char *name;
        uint64_t n;
    } all[] = {{"people", p->n_person},
               {"identifiers", p->n_id},
               {"events", p->events.gone},
               {"events_edited", p->events.edited},
               {"links", p->links},
               {"traits", p->traits},
               {"memberships", p->memberships},
               {"suppressions", p->suppressions},
               {"consents", p->consents},
               {"touches", p->touches},
               {"quarantined", p->quarantined},
               {"decisions", p->decisions},
               {"blocks", p->blocks}};
    struct kf_buf b = {0};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        kf_buf_addf(&b, "%s\"%s\":%llu", i ? "," : "{", all[i].name, (unsigned long long)all[i].n);
    kf_buf_addc(&b, '}');
    const char *s = kf_arena_strndup(&p->d->arena, b.p, b.n);
    kf_buf_free(&b);
    return s;
}

uint32_t kf_erase_leftovers(const struct kf_erase_plan *p, const char *const **ret)
{
    char *copy = kf_arena_strdup(&p->d->arena, p->d->s.ws.config->store);
    char *folder = kf_arena_strdup(&p->d->arena, dirname(copy));
    const char *store = strrchr(p->d->s.ws.config->store, '/');
    store = store ? store + 1 : p->d->s.ws.config->store;
    kf_vec(const char *) found = {0};
    DIR *dir = opendir(folder);
    for (struct dirent *f; dir && (f = readdir(dir));) {
        if (strncmp(f->d_name, store, strlen(store)) != 0)
            continue; /* the store, its journal, its lock, what was to be the next */
        const char *path = kf_arena_printf(&p->d->arena, "%s/%s", folder, f->d_name);
        if (file_names_them(p, path))
            *kf_vec_push(&found) = path;
    }
    if (dir)
        closedir(dir);
    const char **out = kf_arena_alloc(&p->d->arena, (found.n + 1) * sizeof *out);
    if (found.n)
        memcpy(out, found.p, found.n * sizeof *out);
    uint32_t n = (uint32_t)found.n;
    kf_vec_free(&found);
    *ret = out;
    return n;
}
