/* Reads, lays out, and reads again what was laid out. */
#include "lua/format.h"

#include <lauxlib.h>
#include <stdio.h>

#include "lua/format_tree.h"

/* ---- what a text says ---- */

static void add_words(struct kf_buf *out, const char *kind, const char *p, size_t n)
{
    kf_buf_addf(out, "%s %zu ", kind, n);
    kf_buf_add(out, p, n);
    kf_buf_addc(out, '\n');
}

/* Tokens and comments; ; between statements and the comma before } do not count. */
static void content(const struct kf_fmt_file *f, struct kf_buf *out)
{
    add_words(out, "#", f->shebang.p ? f->shebang.p : "", f->shebang.n);
    for (uint32_t i = 0; i < f->token.n; i++) {
        const struct kf_fmt_token *t = &f->token.p[i];
        if (t->separator && !t->dropped)
            add_words(out, "token", ",", 1);
        else if (!t->dropped)
            add_words(out, "token", f->text.p + t->at, t->len);
    }
    for (uint32_t i = 0; i < f->comment.n; i++)
        add_words(out, "comment", f->text.p + f->comment.p[i].at, f->comment.p[i].len);
}

/* The parts of Lua that are no grammar: escapes in texts, goto without a label, constants that are
 * set. Its own compiler knows them; nothing is run. */
static int compile(const struct kf_fmt_file *f, struct kf_error *err)
{
    lua_State *L = luaL_newstate();
    if (!L)
        kf_arena_exhausted(0);
    size_t skip = f->shebang.n;
    int rc = 0;
    if (luaL_loadbufferx(L, f->text.n ? f->text.p + skip : "", f->text.n - skip, "=x", "t")) {
        const char *m = lua_tostring(L, -1);
        unsigned line = 0;
        int at = 0;
        if (m && sscanf(m, "x:%u: %n", &line, &at) < 1)
            at = 0;
        rc = kf_error_at(err, KF_E_DATA, "fmt", f->name, line, line ? 1 : 0, "%s",
                         m ? m + at : "this is not Lua");
    }
    lua_close(L);
    return rc;
}

static int read_text(struct kf_fmt_file *f, const char *name, struct kf_str text,
                     struct kf_error *err)
{
    int rc = kf_fmt_scan(f, name, text, err);
    rc = rc ? rc : kf_fmt_parse(f, err);
    return rc ? rc : compile(f, err);
}

int kf_format_content(const char *name, struct kf_str text, struct kf_buf *out,
                      struct kf_error *err)
{
    struct kf_fmt_file f;
    int rc = read_text(&f, name, text, err);
    if (rc == 0)
        content(&f, out);
    kf_fmt_free(&f);
    return rc;
}

/* ---- layout ---- */

static int compare(const struct kf_fmt_file *f, struct kf_str laid_out, struct kf_error *err)
{
    struct kf_buf before = {0}, after = {0};
    struct kf_error e = KF_ERROR_INIT;
    content(f, &before);
    int rc = kf_format_content(f->name, laid_out, &after, &e);
    if (rc || !kf_str_eq(kf_str(before.p, before.n), kf_str(after.p, after.n)))
        rc = kf_error_at(err, KF_E_INTERNAL, "fmt", f->name, 0, 0,
                         "formatting would have changed what the file says; it was left alone%s%s",
                         rc ? ": " : "", rc ? e.message : "");
    kf_buf_free(&before);
    kf_buf_free(&after);
    return rc;
}

int kf_format(const char *name, struct kf_str text, struct kf_buf *out, struct kf_error *err)
{
    struct kf_fmt_file f;
    struct kf_fmt_printer p;
    struct kf_buf b = {0};
    int rc = read_text(&f, name, text, err);
    if (rc == 0) {
        kf_fmt_measure(&p, &f, &b);
        kf_fmt_file(&p);
        kf_fmt_end(&p);
        rc = compare(&f, kf_str(b.p ? b.p : "", b.n), err);
    }
    if (rc == 0)
        kf_buf_add(out, b.p ? b.p : "", b.n);
    kf_buf_free(&b);
    kf_fmt_free(&f);
    return rc;
}
