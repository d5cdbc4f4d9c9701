/* Running rule files: one after the other in one state, `use`, and what a file leaves unused. */
#include <stdlib.h>

#include "lua/rules_private.h"

int kf_words_open(struct kf_words *w, const struct kf_rules_options *o, struct kf_arena *keep,
                  struct kf_error *err)
{
    *w = (struct kf_words){.options = o, .keep = keep};
    kf_arena_init(&w->build, 0);
    int r = kf_sandbox_open(&w->sb, o->memory, o->instructions, w, kf_words_setup, err);
    if (r)
        kf_arena_free(&w->build);
    return r;
}

void kf_words_close(struct kf_words *w)
{
    kf_sandbox_close(&w->sb);
    for (uint32_t i = 0; i < w->n_file; i++)
        kf_lex_free(&w->file[i].lex);
    free(w->file);
    kf_vec_free(&w->made);
    kf_vec_free(&w->rule);
    kf_vec_free(&w->diagnostic);
    kf_arena_free(&w->build);
}

static bool is_lib(const char *name)
{
    return strncmp(name, "lib/", 4) == 0 || strstr(name, "/lib/") != NULL;
}

void kf_words_add_file(struct kf_words *w, const char *name, struct kf_str text)
{
    if (w->n_file == w->file_cap) {
        w->file_cap = w->file_cap ? w->file_cap * 2 : 16;
        w->file = realloc(w->file, w->file_cap * sizeof *w->file);
        if (!w->file)
            kf_arena_exhausted(w->file_cap * sizeof *w->file);
    }
    struct kf_words_file *f = &w->file[w->n_file++];
    *f = (struct kf_words_file){.lib = is_lib(name)};
    f->lex.name = name;
    f->lex.text = text;
}

/* Settings written twice in one table: Lua itself keeps the last without a word. */
static void find_twice(struct kf_words *w, struct kf_words_file *f)
{
    const struct kf_lex *x = &f->lex;
    for (uint32_t t = 0; t < x->n_table; t++) {
        for (uint32_t i = x->table[t]; i < x->table[t + 1]; i++) {
            if (x->entry[i].key == KF_LEX_NONE || x->table[t + 1] - x->table[t] > 2000)
                continue;
            struct kf_str key = kf_lex_text(x, x->entry[i].key);
            for (uint32_t k = x->table[t]; k < i; k++) {
                if (x->entry[k].key == KF_LEX_NONE ||
                    !kf_str_eq(key, kf_lex_text(x, x->entry[k].key)))
                    continue;
                const struct kf_lex_token *tok = &x->token[x->entry[i].key];
                struct kf_pos pos = {x->name, tok->line, tok->column};
                char help[120];
                snprintf(help, sizeof help,
                         "the first is in line %u; to combine conditions write all { } or any { }",
                         x->token[x->entry[k].key].line);
                kf_word_report(w, KF_CODE_SETTING_TWICE, pos, help, "'%.*s' is given twice",
                               (int)(key.n > 60 ? 60 : key.n), key.p);
                break;
            }
        }
    }
}

/* What the file's chunk returned counts as used (and what it holds). */
static void use_returned(lua_State *L, int index, int depth)
{
    kf_word_use(L, kf_word_at(L, index));
    if (lua_type(L, index) != LUA_TTABLE || depth > 8)
        return;
    luaL_checkstack(L, 4, NULL);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        use_returned(L, lua_gettop(L), depth + 1);
}

/* A part is unused where the word that would have used it was wrong: that was said. */
static bool is_consequence(const struct kf_words *w, struct kf_pos pos)
{
    for (size_t i = 0; i < w->diagnostic.n; i++) {
        const struct kf_diagnostic *d = &w->diagnostic.p[i];
        if (d->severity == KF_SEV_ERROR && d->pos.line == pos.line &&
            strcmp(d->pos.file, pos.file) == 0 && strcmp(d->code, kf_codes[KF_CODE_UNUSED].code))
            return true;
    }
    return false;
}

static void report_unused(struct kf_words *w, size_t from)
{
    for (size_t i = from; i < w->made.n; i++) {
        struct kf_made *m = &w->made.p[i];
        if (m->used)
            continue;
        m->used = true;
        if (m->needs_table) {
            kf_word_report(w, KF_CODE_NO_TABLE, m->pos, "write its settings in { } after the name",
                           "%s \"%s\" has no settings, and cannot be asked",
                           kf_kind_name((enum kf_kind)m->kind), m->name ? m->name : "");
            continue;
        }
        if (is_consequence(w, m->pos))
            continue;
        enum kf_node_class cls = (enum kf_node_class)m->node->cls;
        kf_word_report(
            w, KF_CODE_UNUSED, m->pos,
            "combine conditions with all { }, any { } or none { }; Lua's and, or, not lose a side",
            "%s is built here and used by no rule",
            cls == KF_CLASS_TEST     ? "a test"
            : cls == KF_CLASS_SELECT ? "a selection of events"
            : cls == KF_CLASS_EXPR   ? "a value"
            : cls == KF_CLASS_TABLE  ? "a part of a rule"
                                     : "a condition");
    }
}

/* Lua's parser gives up at this depth, and does not say where. */
#define DEEPEST 100u

static uint32_t deep_line(const struct kf_lex *x)
{
    uint32_t depth = 0;
    for (uint32_t i = 0; i < x->n_token; i++) {
        const struct kf_lex_token *t = &x->token[i];
        if (t->kind != KF_LEX_OP || t->len != 1)
            continue;
        char c = x->text.p[t->at];
        depth += c == '(' || c == '{' || c == '[';
        if (depth > DEEPEST)
            return t->line;
        depth -= depth && (c == ')' || c == '}' || c == ']');
    }
    return 0;
}

static void report_bad_text(struct kf_words *w, struct kf_words_file *f, struct kf_pos pos)
{
    bool deep = !w->sb.at_line && strstr(w->sb.message, "C stack overflow");
    if (deep && (pos.line = deep_line(&f->lex)) > 0)
        pos.column = 1;
    const char *help = pos.line && !deep
                           ? kf_word_syntax_help(w, w->sb.message, kf_lex_line(&f->lex, pos.line))
                           : NULL;
    kf_word_report(w, pos.line ? KF_CODE_SYNTAX : KF_CODE_UNREADABLE, pos, help,
                   pos.line && !deep ? "%s" : "the file %s",
                   deep ? "opens too many brackets inside each other" : w->sb.message);
}

/* Runs the chunk; a lib's value stays on the stack (nil where it failed). */
static void run_file(struct kf_words *w, uint32_t number)
{
    uint32_t before = w->current;
    size_t made = w->made.n;
    w->current = number;
    w->file[number].loaded = w->file[number].loading = true;
    const char *name = w->file[number].lex.name;
    struct kf_str text = w->file[number].lex.text;
    kf_lex_scan(&w->file[number].lex, name, text);
    if (!w->quiet && kf_utf8_valid(text))
        find_twice(w, &w->file[number]);
    bool utf8 = kf_utf8_valid(text) || (text.n && text.p[0] == LUA_SIGNATURE[0]);
    int r = utf8 ? kf_sandbox_run(&w->sb, number + 1, text, 1) : KF_E_DATA;
    struct kf_words_file *f = &w->file[number];
    f->loading = false;
    if (w->quiet && w->sb.longest > w->sb.kept)
        w->sb.kept = w->sb.longest;
    if (r) {
        struct kf_pos pos = {name, w->sb.at_line, w->sb.at_line ? 1 : 0};
        uint32_t c = w->sb.at_chunk;
        if (c && c <= w->n_file)
            pos.file = w->file[c - 1].lex.name;
        if (!utf8)
            kf_word_report(w, KF_CODE_UNREADABLE, (struct kf_pos){name, 0, 0}, NULL,
                           "the file is not UTF-8 text");
        else if (r == KF_E_LIMIT)
            kf_word_report(w, KF_CODE_LIMIT, pos,
                           "rules only register; move computing out of the file", "the file %s",
                           w->sb.message);
        else if (r == KF_E_DATA)
            report_bad_text(w, f, pos);
        else if (strstr(w->sb.message, "is not declared: write local"))
            kf_word_report(w, KF_CODE_GLOBAL, pos, NULL, "%s", w->sb.message);
        else
            kf_word_report(w, KF_CODE_RUNTIME, pos, NULL, "%s", w->sb.message);
        lua_pushnil(w->sb.L);
        /* what was built before the failure may have been meant for what comes after it */
        for (size_t i = made; i < w->made.n; i++)
            w->made.p[i].used = true;
    } else {
        if (f->lib)
            use_returned(w->sb.L, lua_gettop(w->sb.L), 0);
        report_unused(w, made);
    }
    w->current = before;
}

/* What a lib returned is kept for whoever uses it. */
static void run_lib(struct kf_words *w, uint32_t number)
{
    run_file(w, number);
    w->file[number].value = luaL_ref(w->sb.L, LUA_REGISTRYINDEX);
}

/* use "lib/x" */
int kf_words_use_file(lua_State *L, const struct kf_word_def *def);
int kf_words_use_file(lua_State *L, const struct kf_word_def *def)
{
    struct kf_words *w = kf_words_of(L);
    struct kf_str arg = {NULL, 0};
    if (lua_type(L, 1) == LUA_TSTRING)
        arg.p = lua_tolstring(L, 1, &arg.n);
    struct kf_pos pos = kf_word_pos(L, def->name, false, arg, NULL);
    const char *path = kf_word_text(L, 1, pos, "use");
    if (!path)
        return kf_word_poison(L);
    if (w->running)
        return luaL_error(L, "use stands outside of functions that run");
    char want[200];
    snprintf(want, sizeof want, "%.180s.lua", path);
    uint32_t found = UINT32_MAX;
    for (uint32_t i = 0; i < w->n_file && found == UINT32_MAX; i++) {
        const char *name = w->file[i].lex.name;
        size_t n = strlen(name), m = strlen(want);
        if (strcmp(name, want) == 0 ||
            (n > m && name[n - m - 1] == '/' && strcmp(name + n - m, want) == 0))
            found = i;
    }
    if (strncmp(path, "lib/", 4) != 0 || strstr(path, "..") || found == UINT32_MAX) {
        const char *names[64];
        size_t n = 0;
        for (uint32_t i = 0; i < w->n_file && n < 64; i++) {
            const char *lib = w->file[i].lib ? strstr(w->file[i].lex.name, "lib/") : NULL;
            size_t len = lib ? strlen(lib) : 0;
            if (len > 4)
                names[n++] = kf_words_intern(w, kf_str(lib, len - 4));
        }
        const char *near = kf_str_suggest(path, names, n);
        char help[240];
        snprintf(help, sizeof help,
                 near ? "did you mean '%s'?" : "files that are used stand in lib/ below the rules",
                 near ? near : "");
        return kf_word_fail(L, KF_CODE_USE, pos, help, "there is no file '%.100s'", path);
    }
    if (w->file[found].loading)
        return kf_word_fail(L, KF_CODE_USE, pos, NULL, "'%.100s' uses itself in a circle", path);
    if (!w->file[found].loaded) {
        luaL_checkstack(L, 20, "use is nested too deep");
        kf_sandbox_charge(L, 1000);
        run_lib(w, found);
        if (w->sb.broken)
            kf_sandbox_charge(L, 0); /* ends this file too */
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, w->file[found].value);
    if (lua_isnil(L, -1))
        return kf_word_poison(L);
    return 1;
}

void kf_words_load(struct kf_words *w)
{
    for (uint32_t i = 0; i < w->n_file; i++) {
        if (w->file[i].loaded)
            continue;
        if (w->sb.broken ==
            KF_SANDBOX_INSTRUCTIONS) /* one file's budget says nothing about the next */
            w->sb.broken = KF_SANDBOX_FINE;
        kf_sandbox_refill(&w->sb, w->options->instructions);
        if (w->file[i].lib)
            run_lib(w, i);
        else
            run_file(w, i);
        lua_settop(w->sb.L, 0);
    }
}
