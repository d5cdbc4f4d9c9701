/* Rule sets: reading files, loading them, finding rules. */
#include "lua/rules.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "lua/rules_private.h"

#define FILE_LIMIT (4u << 20)

/* ---- reading ---- */

struct found {
    char *path, *shown;
};
typedef kf_vec(struct found) found_files;

static char *join(const char *a, const char *b)
{
    size_t n = strlen(a) + strlen(b) + 2;
    char *p = malloc(n);
    if (p)
        snprintf(p, n, "%s%s%s", a, *a && a[strlen(a) - 1] != '/' ? "/" : "", b);
    return p;
}

static int name_cmp(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_rule_file(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && name[0] != '.' && strcmp(name + n - 4, ".lua") == 0;
}

/* Not `meta` (what editors read) and no workspace of its own, as the templates of `kinfold init`.
 */
static bool is_rule_folder(const char *path, const char *name)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode) || strcmp(name, "meta") == 0)
        return false;
    char *config = join(path, "kinfold.yaml");
    bool workspace = config && stat(config, &st) == 0;
    free(config);
    return !workspace;
}

/* How a path is shown: below the root with the root folder's own name in front
 * (rules/segments.lua), else as it is. */
static char *shown_path(const char *root, const char *path)
{
    size_t n = root ? strlen(root) : 0;
    while (n > 1 && root[n - 1] == '/')
        n--;
    if (n && strncmp(path, root, n) == 0 && path[n] == '/') {
        size_t at = n;
        while (at > 0 && root[at - 1] != '/')
            at--;
        return strdup(path + at);
    }
    return strdup(path[0] == '.' && path[1] == '/' ? path + 2 : path);
}

static int collect(const char *root, const char *path, int depth, found_files *out,
                   struct kf_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return kf_error_set(err, KF_E_NOINPUT, "rules", "%s: %s", path, strerror(errno));
    /* a pipe in a folder would be waited for, and a device has no end */
    if (depth && !S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
        return kf_error_set(err, KF_E_NOINPUT, "rules", "%s: it is no file", path);
    if (!S_ISDIR(st.st_mode)) {
        struct found f = {strdup(path), shown_path(root, path)};
        *kf_vec_push(out) = f;
        return 0;
    }
    DIR *d = depth < 16 ? opendir(path) : NULL;
    if (!d)
        return kf_error_set(err, KF_E_NOINPUT, "rules", "%s: %s", path,
                            depth < 16 ? strerror(errno) : "too deep");
    kf_vec(char *) names = {0};
    int r = 0;
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        char *p = e->d_name[0] == '.' ? NULL : join(path, e->d_name);
        if (!p)
            continue;
        if (is_rule_file(e->d_name) || is_rule_folder(p, e->d_name))
            *kf_vec_push(&names) = p;
        else
            free(p);
    }
    closedir(d);
    if (names.n)
        qsort(names.p, names.n, sizeof *names.p, name_cmp);
    for (size_t i = 0; i < names.n; i++) {
        if (!r)
            r = collect(root, names.p[i], depth + 1, out, err);
        free(names.p[i]);
    }
    kf_vec_free(&names);
    return r;
}

static int read_file(struct kf_arena *a, const char *path, struct kf_str *ret, struct kf_error *err)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return kf_error_set(err, KF_E_NOINPUT, "rules", "%s: %s", path, strerror(errno));
    struct kf_buf b = {0};
    char chunk[16384];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0 && b.n <= FILE_LIMIT)
        kf_buf_add(&b, chunk, n);
    bool bad = ferror(f) != 0;
    fclose(f);
    if (!bad)
        *ret = kf_str(kf_arena_strndup(a, b.p ? b.p : "", b.n), b.n);
    kf_buf_free(&b);
    return bad ? kf_error_set(err, KF_E_NOINPUT, "rules", "%s: cannot be read", path) : 0;
}

static int text_cmp(const void *a, const void *b)
{
    const struct kf_rules_text *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* ---- settings that are kept with rules ---- */

static bool is_settings(const char *name)
{
    const char *slash = strrchr(name, '/');
    return strcmp(slash ? slash + 1 : name, KF_RULES_SETTINGS) == 0;
}

/* Those of a published folder; one of an earlier version has none. */
static void add_settings(const char *folder, const char *root, found_files *out)
{
    struct stat st;
    char *p = join(folder, KF_RULES_SETTINGS);
    if (p && stat(p, &st) == 0) {
        struct found f = {p, shown_path(root, p)};
        *kf_vec_push(out) = f;
    } else {
        free(p);
    }
}

/* Takes the settings out of what is loaded; from then on they hold. */
static int take_settings(struct kf_ruleset *s, struct kf_error *err)
{
    struct kf_rules_private *p = s->priv;
    int r = 0;
    for (uint32_t i = 0; i < p->n_file; i++) {
        if (!is_settings(p->file[i].name))
            continue;
        struct kf_str text = p->file[i].text;
        memmove(p->file + i, p->file + i + 1, (p->n_file - i - 1) * sizeof *p->file);
        p->n_file--;
        const struct kf_config *now = p->options.config;
        if (now && !p->own && !kf_str_eq(text, now->settings))
            r = kf_config_with(now, text, &p->own, err);
        break;
    }
    if (p->own)
        p->options.config = p->own;
    s->config = p->options.config;
    return r;
}

const struct kf_rules_text *kf_rules_kept(const struct kf_ruleset *s, struct kf_arena *arena,
                                          uint32_t *ret_n)
{
    const struct kf_rules_private *p = s->priv;
    struct kf_rules_text *t = kf_arena_alloc(arena, (p->n_file + 1u) * sizeof *t);
    uint32_t n = p->n_file;
    if (n)
        memcpy(t, p->file, n * sizeof *t);
    if (s->config) {
        int folder = (int)strcspn(n ? t[0].name : "", "/");
        t[n].name = n && t[0].name[folder] == '/'
                        ? kf_arena_printf(arena, "%.*s/" KF_RULES_SETTINGS, folder, t[0].name)
                        : KF_RULES_SETTINGS;
        t[n++].text = s->config->settings;
        qsort(t, n, sizeof *t, text_cmp);
    }
    *ret_n = n;
    return t;
}

bool kf_rules_same_settings(const struct kf_ruleset *a, const struct kf_ruleset *b)
{
    return a->config == b->config ||
           (a->config && b->config && kf_str_eq(a->config->settings, b->config->settings));
}

int kf_rules_load(const struct kf_rules_options *o, const char *const *path, uint32_t n_path,
                  struct kf_ruleset **ret, struct kf_error *err)
{
    static const struct kf_rules_options none;
    if (!o)
        o = &none;
    found_files files = {0};
    int r = 0;
    for (uint32_t i = 0; i < n_path && !r; i++)
        r = collect(o->root, path[i], 0, &files, err);
    if (!r && files.n == 0)
        r = kf_error_set(err, KF_E_NOINPUT, "rules", "there is no rule file (*.lua) in %s",
                         n_path ? path[0] : "nothing");
    if (!r && o->snapshot)
        add_settings(path[0], o->root, &files);
    struct kf_arena texts;
    kf_arena_init(&texts, 0);
    struct kf_rules_text *t = kf_arena_zalloc(&texts, (files.n + 1) * sizeof *t);
    uint32_t n = 0;
    for (size_t i = 0; i < files.n && !r; i++) {
        t[n].name = kf_arena_strdup(&texts, files.p[i].shown);
        r = read_file(&texts, files.p[i].path, &t[n].text, err);
        n++;
    }
    qsort(t, n, sizeof *t, text_cmp);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) /* a file that was named twice */
        if (kept == 0 || strcmp(t[kept - 1].name, t[i].name) != 0)
            t[kept++] = t[i];
    if (!r)
        r = kf_rules_load_text(o, t, kept, ret, err);
    kf_arena_free(&texts);
    for (size_t i = 0; i < files.n; i++) {
        free(files.p[i].path);
        free(files.p[i].shown);
    }
    kf_vec_free(&files);
    return r;
}

/* ---- loading ---- */

static int diagnostic_cmp(const void *a, const void *b)
{
    const struct kf_diagnostic *x = a, *y = b;
    int r = strcmp(x->pos.file, y->pos.file);
    if (!r)
        r = (x->pos.line > y->pos.line) - (x->pos.line < y->pos.line);
    if (!r)
        r = (x->pos.column > y->pos.column) - (x->pos.column < y->pos.column);
    if (!r)
        r = strcmp(x->code, y->code);
    return r ? r : strcmp(x->message, y->message);
}

static void take_diagnostics(struct kf_ruleset *s, struct kf_words *w)
{
    struct kf_diagnostic *d = kf_arena_alloc(&s->priv->arena, (w->diagnostic.n + 1) * sizeof *d);
    if (w->diagnostic.n)
        qsort(w->diagnostic.p, w->diagnostic.n, sizeof *d, diagnostic_cmp);
    for (size_t i = 0; i < w->diagnostic.n; i++) {
        const struct kf_diagnostic *x = &w->diagnostic.p[i];
        if (i > 0 && diagnostic_cmp(x, x - 1) == 0)
            continue; /* a loop or function that repeats one mistake */
        d[s->n_diagnostic] = *x;
        s->n_errors += x->severity == KF_SEV_ERROR;
        s->n_diagnostic++;
    }
    s->diagnostic = d;
}

static void copy_files(struct kf_rules_private *p, const struct kf_rules_text *files, uint32_t n)
{
    p->file = kf_arena_zalloc(&p->arena, (n + 1) * sizeof *p->file);
    p->n_file = n;
    for (uint32_t i = 0; i < n; i++) {
        p->file[i].name = kf_arena_strdup(&p->arena, files[i].name);
        p->file[i].text = kf_str(
            kf_arena_strndup(&p->arena, files[i].text.p ? files[i].text.p : "", files[i].text.n),
            files[i].text.n);
    }
    qsort(p->file, n, sizeof *p->file, text_cmp);
}

int kf_rules_load_text(const struct kf_rules_options *o, const struct kf_rules_text *files,
                       uint32_t n, struct kf_ruleset **ret, struct kf_error *err)
{
    static const struct kf_rules_options none;
    struct kf_ruleset *s = calloc(1, sizeof *s);
    struct kf_rules_private *p = calloc(1, sizeof *p);
    struct kf_words *w = calloc(1, sizeof *w);
    if (!s || !p || !w) {
        free(s);
        free(p);
        free(w);
        return kf_error_set(err, KF_E_NOMEM, "rules", "no memory for the rules");
    }
    kf_arena_init(&p->arena, 0);
    s->priv = p;
    p->options = o ? *o : none;
    copy_files(p, files, n);
    int r = take_settings(s, err);
    if (!r)
        r = kf_words_open(w, &p->options, &p->arena, err);
    if (r) {
        free(w);
        kf_rules_free(s);
        return r;
    }
    for (uint32_t i = 0; i < p->n_file; i++)
        kf_words_add_file(w, p->file[i].name, p->file[i].text);
    kf_words_load(w);
    kf_rules_link(s, w);
    kf_rules_check(s, w);
    take_diagnostics(s, w);
    kf_words_close(w);
    free(w);
    *ret = s;
    return 0;
}

void kf_rules_free(struct kf_ruleset *s)
{
    if (!s)
        return;
    if (s->priv) {
        kf_arena_free(&s->priv->arena);
        kf_config_free(s->priv->own);
    }
    free(s->priv);
    free(s);
}

/* ---- finding ---- */

const struct kf_rules_text *kf_rules_files(const struct kf_ruleset *s, uint32_t *ret_n)
{
    *ret_n = s->priv->n_file;
    return s->priv->file;
}

static uint32_t lower_bound(const struct kf_ruleset *s, enum kf_kind kind, const char *name)
{
    uint32_t lo = 0, hi = s->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        const struct kf_rule *r = s->rule[mid];
        if (r->kind < kind || (r->kind == kind && strcmp(r->name, name) < 0))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const struct kf_rule *kf_rules_find(const struct kf_ruleset *s, enum kf_kind kind, const char *name)
{
    uint32_t i = lower_bound(s, kind, name);
    return i < s->n && s->rule[i]->kind == kind && strcmp(s->rule[i]->name, name) == 0 ? s->rule[i]
                                                                                       : NULL;
}

const struct kf_rule *const *kf_rules_kind(const struct kf_ruleset *s, enum kf_kind kind,
                                           uint32_t *ret_n)
{
    uint32_t i = lower_bound(s, kind, ""), k = i;
    while (k < s->n && s->rule[k]->kind == kind)
        k++;
    *ret_n = k - i;
    return s->rule + i;
}

const struct kf_rule *kf_rules_owner(const struct kf_ruleset *s, uint32_t node_id)
{
    if (node_id >= s->n_nodes)
        return NULL;
    uint32_t lo = 0, hi = s->n;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (s->priv->first_node[mid] <= node_id)
            lo = mid;
        else
            hi = mid;
    }
    return s->rule[lo];
}
