#include "cli/edits.h"

#include "cli/session.h"

#define SHORT 60u /* columns of a text in an edit's own line */

static const struct kf_rule *shown(const struct kf_compared *c)
{
    return c->after ? c->after : c->before;
}

void kf_compared_name(const struct kf_compared *c, struct kf_buf *out)
{
    const struct kf_rule *r = shown(c);
    kf_buf_addf(out, "%s%s%s", kf_kind_name(r->kind), *r->name ? " " : "", r->name);
    if (c->change == KF_COMPARE_RENAMED)
        kf_buf_addf(out, " (was %s)", c->before->name);
}

void kf_edit_place(const struct kf_compared *c, const struct kf_edit *e, struct kf_buf *out)
{
    const struct kf_node *n = e ? (e->after          ? e->after
                                   : e->around_after ? e->around_after
                                                     : e->before)
                                : NULL;
    kf_place_add(out, n && n->pos.line ? &n->pos : &shown(c)->pos);
}

void kf_edit_short(const struct kf_edit *e, bool after, struct kf_buf *out)
{
    const char *s = after ? e->is : e->was;
    size_t n = s ? strlen(s) : 0, end = n;
    if (n > SHORT) {
        end = SHORT - 3;
        while (end && ((unsigned char)s[end] & 0xc0) == 0x80)
            end--;
    }
    kf_buf_add(out, s ? s : "", end);
    if (end < n)
        kf_buf_adds(out, "...");
}

void kf_edit_sentence(const struct kf_edit *e, bool after, struct kf_buf *out)
{
    const struct kf_node *around = after ? e->around_after : e->around_before,
                         *own = after ? e->after : e->before;
    if (around && around->cls == KF_CLASS_COND)
        kf_node_sentence(around, out);
    else if (own && own->cls == KF_CLASS_COND)
        kf_node_sentence(own, out);
}

bool kf_edit_has_sentence(const struct kf_edit *e)
{
    bool more = false;
    for (int after = 0; after < 2 && !more; after++) {
        struct kf_buf line = {0}, b = {0};
        kf_edit_short(e, after, &line);
        kf_edit_sentence(e, after, &b);
        more = b.n && !kf_str_eq(kf_str(line.p, line.n), kf_str(b.p, b.n));
        kf_buf_free(&line);
        kf_buf_free(&b);
    }
    return more;
}

/* ---- text ---- */

static void sentence(const struct kf_edit *e, bool after, struct kf_buf *out)
{
    struct kf_buf b = {0};
    kf_edit_sentence(e, after, &b);
    if (b.n) {
        kf_buf_adds(out, after ? "          now: " : "          was: ");
        kf_wrap_add(out, b.p, 15, 15, false);
        kf_buf_addc(out, '\n');
    }
    kf_buf_free(&b);
}

static void edit(const struct kf_edit *e, bool colour, struct kf_buf *out)
{
    struct kf_buf was = {0}, is = {0};
    kf_edit_short(e, false, &was);
    kf_edit_short(e, true, &is);
    kf_buf_addf(out, "      %s  ", e->path);
    switch (e->kind) {
    case KF_EDIT_ADDED:
        kf_style_add(out, colour, KF_GREEN, "+ ");
        kf_style_add(out, colour, KF_GREEN, is.p ? is.p : "");
        break;
    case KF_EDIT_REMOVED:
        kf_style_add(out, colour, KF_RED, "- ");
        kf_style_add(out, colour, KF_RED, was.p ? was.p : "");
        break;
    default:
        kf_style_add(out, colour, KF_RED, was.p ? was.p : "");
        kf_buf_adds(out, " \xe2\x86\x92 ");
        kf_style_add(out, colour, KF_GREEN, is.p ? is.p : "");
    }
    if (e->kind == KF_EDIT_REORDERED)
        kf_buf_adds(out, " (another order)");
    kf_buf_addc(out, '\n');
    if (kf_edit_has_sentence(e)) {
        sentence(e, false, out);
        sentence(e, true, out);
    }
    kf_buf_free(&was);
    kf_buf_free(&is);
}

void kf_edits_text(const struct kf_compare *c, bool colour, struct kf_buf *out)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const struct kf_compared *r = &c->rule[i];
        struct kf_buf place = {0};
        kf_edit_place(r, NULL, &place);
        kf_buf_addf(out, "  %-7s  ", kf_compare_word(r->change));
        kf_compared_name(r, out);
        kf_buf_adds(out, "  ");
        kf_style_add(out, colour, KF_DIM, place.p);
        kf_buf_addc(out, '\n');
        kf_buf_free(&place);
        for (uint32_t k = 0; k < r->n_edit; k++)
            edit(&r->edit[k], colour, out);
    }
}

/* ---- JSON ---- */

static void text_or_null(struct kf_json *j, const char *key, const struct kf_buf *b)
{
    kf_json_text(j, key, b->n ? b->p : NULL);
}

static void edit_json(struct kf_json *j, const struct kf_compared *c, const struct kf_edit *e)
{
    static const char *const word[] = {"changed", "added", "removed", "reordered"};
    struct kf_buf b = {0};
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "path", e->path);
    kf_json_str(j, "setting", kf_edit_setting(e));
    kf_json_text(j, "change", word[e->kind]);
    kf_json_bool(j, "text_only", e->text);
    kf_json_text(j, "before", e->was);
    kf_json_text(j, "after", e->is);
    for (int after = 0; after < 2; after++) {
        kf_buf_clear(&b);
        kf_edit_sentence(e, after, &b);
        text_or_null(j, after ? "sentence_after" : "sentence_before", &b);
    }
    kf_buf_clear(&b);
    kf_edit_place(c, e, &b);
    text_or_null(j, "where", &b);
    kf_json_close(j, '}');
    kf_buf_free(&b);
}

void kf_edits_json(struct kf_json *j, const char *key, const struct kf_compare *c)
{
    kf_json_open(j, key, '[');
    for (uint32_t i = 0; i < c->n; i++) {
        const struct kf_compared *r = &c->rule[i];
        struct kf_buf b = {0};
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "change", kf_compare_word(r->change));
        kf_json_text(j, "kind", kf_kind_name(shown(r)->kind));
        kf_json_text(j, "name", shown(r)->name);
        kf_json_text(j, "name_before", r->before ? r->before->name : NULL);
        kf_json_text(j, "title", shown(r)->title);
        kf_edit_place(r, NULL, &b);
        kf_json_text(j, "where", b.p);
        kf_json_text(j, "digest_before", r->before ? r->before->digest.p : NULL);
        kf_json_text(j, "digest_after", r->after ? r->after->digest.p : NULL);
        kf_json_open(j, "edits", '[');
        for (uint32_t k = 0; k < r->n_edit; k++)
            edit_json(j, r, &r->edit[k]);
        kf_json_close(j, ']');
        kf_json_close(j, '}');
        kf_buf_free(&b);
    }
    kf_json_close(j, ']');
}
