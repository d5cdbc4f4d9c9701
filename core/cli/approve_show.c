#include "cli/approve_show.h"

#include "config/approval.h"

#include <jansson.h>

static bool plain(const json_t *v)
{
    size_t i;
    const char *key;
    json_t *x;
    if (json_is_string(v))
        return kf_text_plain(kf_str(json_string_value(v), json_string_length(v)));
    json_array_foreach((json_t *)v, i, x) if (!plain(x)) return false;
    json_object_foreach((json_t *)v, key,
                        x) if (!kf_text_plain(kf_cstr(key)) || !plain(x)) return false;
    return true;
}

bool kf_plan_plain(const struct kf_plan_file *p)
{
    return plain(p->document);
}

static const char *text(const json_t *o, const char *key)
{
    const char *t = json_string_value(json_object_get(o, key));
    return t ? t : "";
}

static int64_t number(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static void heading(struct kf_buf *out, bool colour, const char *what)
{
    kf_buf_addc(out, '\n');
    kf_style_add(out, colour, KF_BOLD, what);
    kf_buf_addc(out, '\n');
}

/* Under its heading, or not at all. */
static void print(struct kf_table *t, const char *what, bool colour, struct kf_buf *out)
{
    struct kf_buf nothing = {0};
    bool empty = kf_table_empty(t);
    if (!empty)
        heading(out, colour, what);
    kf_table_print(t, 2, colour, empty ? &nothing : out);
    kf_buf_free(&nothing);
}

/* ---- what it is about ---- */

static void subject(const struct kf_plan_file *p, const char *path, const struct kf_zone *z,
                    bool colour, struct kf_buf *out)
{
    struct kf_table t;
    struct kf_buf b = {0};
    kf_table_start(&t, "ll");
    t.wrap = true;
    kf_table_cell(&t, "rules");
    kf_table_cellf(&t, "%.12s, compared with %.12s", p->rules_after,
                   p->rules_before ? p->rules_before : "nothing (there was no run yet)");
    kf_table_end_row(&t);
    if (p->run)
        kf_buf_addf(&b, "run %lld, as of ", (long long)p->run);
    else
        kf_buf_adds(&b, "the sources, as of ");
    kf_when_add(&b, z, p->as_of);
    if (p->sample)
        kf_buf_adds(&b, ", only a sample");
    kf_table_cell(&t, "data");
    kf_table_cell(&t, b.p);
    kf_table_end_row(&t);
    kf_table_cell(&t, "plan");
    kf_table_cellf(&t, "%.12s of %s, made by Kinfold %s", p->digest, path, p->engine);
    kf_table_end_row(&t);
    kf_table_print(&t, 2, colour, out);
    kf_buf_free(&b);
}

/* ---- rules ---- */

static void edit_line(struct kf_table *t, const struct kf_buf *b)
{
    kf_table_cell(t, "");
    kf_table_cell(t, "");
    kf_table_cell(t, b->p);
    kf_table_end_row(t);
}

/* "who.count.at_least: 3 -> 2", and below it the condition as a sentence. */
static void edits(struct kf_table *t, const json_t *rule)
{
    size_t i;
    json_t *e;
    json_array_foreach(json_object_get(rule, "edits"), i, e)
    {
        const char *before = text(e, "before"), *after = text(e, "after"),
                   *sentence =
                       text(e, *text(e, "sentence_after") ? "sentence_after" : "sentence_before");
        struct kf_buf b = {0};
        kf_buf_addf(&b, "%s: ", *text(e, "path") ? text(e, "path") : text(e, "setting"));
        if (*before && *after)
            kf_buf_addf(&b, "%s -> %s", before, after);
        else if (*before || *after)
            kf_buf_addf(&b, "%s %s", *before ? "without" : "with", *before ? before : after);
        else
            kf_buf_adds(&b, text(e, "change"));
        edit_line(t, &b);
        if (*sentence && strcmp(sentence, after) != 0 && strcmp(sentence, before) != 0) {
            kf_buf_clear(&b);
            kf_buf_addf(&b, "%s: %s", *text(e, "sentence_after") ? "now" : "gone", sentence);
            edit_line(t, &b);
        }
        kf_buf_free(&b);
    }
}

/* Lists and the like: who is in them is decided by rules that read the same as before. */
static void settings(const json_t *figures, bool colour, struct kf_buf *out)
{
    struct kf_table t;
    size_t i;
    json_t *r;
    kf_table_start(&t, "lll");
    t.wrap = true;
    json_array_foreach(json_object_get(figures, "settings"), i, r)
    {
        kf_table_cell(&t, text(r, "change"));
        kf_table_cellf(&t, "%s %s", text(r, "setting"), text(r, "name"));
        kf_table_cell(&t, text(r, "where"));
        kf_table_end_row(&t);
        edits(&t, r);
    }
    print(&t, "Settings of kinfold.yaml that differ", colour, out);
}

static void rules(const json_t *figures, bool colour, struct kf_buf *out)
{
    struct kf_table t;
    size_t i;
    json_t *r;
    kf_table_start(&t, "lll");
    t.wrap = true;
    json_array_foreach(json_object_get(figures, "rules"), i, r)
    {
        kf_table_cell(&t, text(r, "change"));
        kf_table_cellf(&t, "%s %s", text(r, "kind"), text(r, "name"));
        kf_table_cell(&t, text(r, "where"));
        kf_table_end_row(&t);
        edits(&t, r);
    }
    print(&t, "Rules that differ", colour, out);
}

/* ---- figures ---- */

static void row(struct kf_table *t, const char *what, const char *name, const json_t *o,
                bool always)
{
    char plus[32], minus[32];
    int64_t added = number(o, "added"), removed = number(o, "removed");
    if (!json_is_object(o) || (!added && !removed && !always))
        return;
    kf_table_cellf(t, "%s%s%s", what, *name ? " " : "", name);
    kf_table_count(t, (uint64_t)number(o, "before"));
    kf_table_count(t, (uint64_t)number(o, "after"));
    kf_table_cellf(t, "%s%s", added ? "+" : "", kf_count_text((uint64_t)added, plus));
    kf_table_cellf(t, "%s%s", removed ? "-" : "", kf_count_text((uint64_t)removed, minus));
    kf_table_end_row(t);
}

static void set(struct kf_table *t, const json_t *figures, const char *key, const char *what)
{
    size_t i;
    json_t *o;
    json_array_foreach(json_object_get(figures, key), i, o) row(t, what, text(o, "name"), o, false);
}

/* Whom a purpose reaches that it did not reach before, and what they said about it. */
static void consent(const json_t *f, struct kf_buf *out)
{
    size_t i;
    json_t *p, *n;
    json_array_foreach(json_object_get(f, "consent"), i, p)
    {
        const char *state;
        bool any = false;
        json_object_foreach(json_object_get(p, "newly"), state, n)
        {
            if (!json_integer_value(n))
                continue;
            if (!any)
                kf_buf_addf(out,
                            "  newly contacted for %s, by their consent: ", text(p, "purpose"));
            kf_buf_addf(out, "%s%lld %s", any ? ", " : "", (long long)json_integer_value(n), state);
            any = true;
        }
        if (any)
            kf_buf_addc(out, '\n');
    }
}

static void scores(const json_t *f, struct kf_buf *out)
{
    size_t i;
    json_t *s;
    json_array_foreach(json_object_get(f, "scores"), i,
                       s) if (number(s, "higher") + number(s, "lower"))
        kf_buf_addf(out, "  score %s: %lld people higher, %lld lower\n", text(s, "name"),
                    (long long)number(s, "higher"), (long long)number(s, "lower"));
}

static void figures(const struct kf_plan_file *p, const json_t *f, bool colour, struct kf_buf *out)
{
    static const char *const sets[][2] = {
        {"segments", "segment"}, {"audiences", "export"}, {"suppressions", "suppress"},
        {"channels", "channel"}, {"flags", "flag"},       {"fraud", "fraud"}};
    struct kf_table t;
    size_t i;
    json_t *purpose;
    int64_t merged = kf_plan_figure(p, "identity.merged", -1),
            split = kf_plan_figure(p, "identity.split", -1);
    kf_table_start(&t, "lrrrr");
    kf_table_head(&t, "|before|after|join|leave");
    row(&t, "people who may be contacted", "", json_object_get(f, "contactable"), true);
    json_array_foreach(json_object_get(f, "consent"), i, purpose)
        row(&t, "people contacted for", text(purpose, "purpose"),
            json_object_get(purpose, "contacted"), true);
    row(&t, "people who are suppressed", "", json_object_get(f, "suppressed"), true);
    for (i = 0; i < sizeof sets / sizeof *sets; i++)
        set(&t, f, sets[i][0], sets[i][1]);
    print(&t, "Figures", colour, out);
    consent(f, out);
    scores(f, out);
    if (merged >= 0 && split >= 0) {
        kf_buf_adds(out, "  identity: ");
        kf_count_add(out, (uint64_t)merged, "person merges", "people merge");
        kf_buf_adds(out, ", ");
        kf_count_add(out, (uint64_t)split, "person splits", "people split");
        kf_buf_addc(out, '\n');
    }
}

/* ---- limits, and what is not said ---- */

static void limits(const struct kf_plan_file *p, bool colour, struct kf_buf *out)
{
    struct kf_table t;
    kf_table_start(&t, "llll");
    for (uint32_t i = 0; i < p->n_limit; i++) {
        const struct kf_plan_limit *l = &p->limit[i];
        kf_table_cell(&t, l->limit);
        kf_table_cell(&t, l->wanted);
        kf_table_style(&t, l->passed ? KF_GREEN : KF_RED, l->passed ? "holds" : "BROKEN");
        kf_table_cell(&t, l->actual);
        kf_table_end_row(&t);
    }
    if (!p->n_limit) {
        heading(out, colour, "Limits");
        kf_buf_adds(out, "  none were set\n");
    }
    print(&t, "Limits", colour, out);
}

static void not_covered(const json_t *f, bool colour, struct kf_buf *out)
{
    size_t i;
    json_t *note;
    json_array_foreach(json_object_get(f, "not_covered"), i, note)
    {
        if (i == 0)
            heading(out, colour, "Not covered");
        kf_buf_adds(out, "  ");
        kf_wrap_add(out, json_string_value(note) ? json_string_value(note) : "", 4, 2, false);
        kf_buf_addc(out, '\n');
    }
}

void kf_plan_show(const struct kf_plan_file *p, const char *path, const struct kf_zone *z,
                  bool colour, struct kf_buf *out)
{
    const json_t *f = json_object_get(p->document, "figures");
    struct kf_buf b = {0};
    kf_wrap_add(&b, p->verdict, 2, 0, false);
    kf_style_add(out, colour, KF_BOLD, b.p ? b.p : "");
    kf_buf_addc(out, '\n');
    subject(p, path, z, colour, out);
    settings(f, colour, out);
    rules(f, colour, out);
    figures(p, f, colour, out);
    limits(p, colour, out);
    not_covered(f, colour, out);
    kf_buf_addc(out, '\n');
    kf_wrap_add(out, p->summary, 0, 0, false);
    kf_buf_addc(out, '\n');
    kf_buf_free(&b);
}
