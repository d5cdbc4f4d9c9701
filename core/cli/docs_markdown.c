/* The catalogue as Markdown, for a repository: what it says changes only when rules change. */
#include "cli/docs.h"

#include <ctype.h>

struct md {
    struct kf_docs *d;
    struct kf_buf *out;
    bool whole; /* one file: all links are within it */
    bool plain; /* for a terminal: neither links nor anchors */
};

/* What Markdown would take for its own. A _ within a word is none. */
static void text(struct md *m, const char *s)
{
    for (const char *p = s ? s : ""; *p; p++) {
        bool edge = p == s || !isalnum((unsigned char)p[-1]) || !isalnum((unsigned char)p[1]);
        if (strchr("\\`*[]<>|", *p) || (*p == '_' && edge))
            kf_buf_addc(m->out, '\\');
        kf_buf_addc(m->out, *p == '\n' ? ' ' : *p);
    }
}

static void put(struct md *m, const char *s)
{
    kf_buf_adds(m->out, s);
}

static const char *file_of(const struct kf_docs_group *g)
{
    return strcmp(g->id, "links") == 0 ? "identity" : g->id;
}

/* A link to a rule by its name. */
static void rule_link(struct md *m, uint32_t number)
{
    const struct kf_rule *r = m->d->rules->rule[number];
    const struct kf_docs_group *g = kf_docs_group_of(r->kind);
    const char *name = *r->name ? r->name : kf_kind_name(r->kind);
    if (!g || m->plain) {
        kf_buf_addf(m->out, "%s `%s`", kf_kind_name(r->kind), r->name);
        return;
    }
    kf_buf_addf(m->out, "[%s `%s`](%s%s#%s-%s)", kf_kind_name(r->kind), name,
                m->whole ? "" : file_of(g), m->whole ? "" : ".md", kf_kind_name(r->kind), name);
}

static void rule_links(struct md *m, const uint32_t *rule, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        put(m, i ? ", " : "");
        rule_link(m, rule[i]);
    }
}

static void condition(struct md *m, const struct kf_node *n, unsigned depth)
{
    struct kf_buf b = {0};
    kf_buf_addf(m->out, "%*s- ", (int)(2 * depth), "");
    if (kf_docs_is_combination(n)) {
        kf_buf_addf(m->out, "%s\n", kf_docs_combination(m->d, n));
        for (uint32_t i = 0; i < n->kids; i++)
            condition(m, n->kid[i], depth + 1);
        return;
    }
    kf_node_sentence(n, &b);
    text(m, b.p);
    put(m, "\n");
    kf_buf_free(&b);
}

static void table(struct md *m, const struct kf_docs_part *p)
{
    uint32_t width = 0;
    kf_buf_addf(m->out, "%s:\n\n|", p->label);
    for (const char *c = p->columns; *c; width++) {
        size_t n = strcspn(c, "|");
        kf_buf_addf(m->out, " %.*s |", (int)(n - (n && c[n - 1] == '>')), c);
        c += n + (c[n] == '|');
    }
    put(m, "\n|");
    for (const char *c = p->columns; *c;) {
        size_t n = strcspn(c, "|");
        put(m, n && c[n - 1] == '>' ? "---:|" : "---|");
        c += n + (c[n] == '|');
    }
    for (uint32_t i = 0; i < p->n_cell; i++) {
        put(m, i % width ? " " : "\n| ");
        text(m, p->cell[i]);
        put(m, " |");
    }
    put(m, "\n\n");
}

static void fact(struct md *m, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    kf_buf_addf(m->out, "| %s | ", name);
    text(m, value);
    put(m, " |\n");
}

/* What it sees through one rule, or itself; the number. */
static uint32_t uses_through(struct md *m, const struct kf_docs_entry *e, int what, uint32_t via)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->n_use; i++) {
        if ((int)e->use[i].what != what || e->use[i].via != via)
            continue;
        put(m, n++ ? ", " : "");
        text(m, e->use[i].name);
    }
    return n;
}

static bool has_through(const struct kf_docs_entry *e, int what, uint32_t via)
{
    for (uint32_t i = 0; i < e->n_use; i++)
        if ((int)e->use[i].what == what && (via == UINT32_MAX || e->use[i].via == via))
            return true;
    return false;
}

static void uses(struct md *m, const struct kf_docs_entry *e)
{
    static const char *const name[KF_DOCS_DATA] = {
        "Fields", "Events", "Identifiers", "Consent asked for", "Sources", "Lists"};
    for (int what = 0; what < KF_DOCS_DATA; what++) {
        if (!has_through(e, what, UINT32_MAX))
            continue;
        kf_buf_addf(m->out, "| %s | ", name[what]);
        uint32_t n = uses_through(m, e, what, e->rule->number);
        for (uint32_t r = 0; r < m->d->rules->n; r++) {
            if (r == e->rule->number || !has_through(e, what, r))
                continue;
            put(m, n++ ? "; through " : "through ");
            rule_link(m, r);
            put(m, ": ");
            uses_through(m, e, what, r);
        }
        put(m, " |\n");
    }
}

static void personal(struct md *m, const struct kf_docs_entry *e)
{
    const char *category[64];
    uint32_t n = kf_docs_categories(e, category, 64);
    put(m, "| Personal data | ");
    for (uint32_t i = 0; i < n; i++) {
        put(m, i ? ", " : "");
        text(m, category[i]);
    }
    put(m, n ? " |\n" : "none by category |\n");
}

static void tests(struct md *m, const struct kf_docs_entry *e)
{
    if (!e->n_test) {
        put(m, "| Tests | none |\n");
        return;
    }
    put(m, "| Tests | ");
    for (uint32_t i = 0; i < e->n_test; i++) {
        put(m, i ? "; " : "");
        text(m, e->test[i]->name);
    }
    put(m, " |\n");
}

static void figures(struct md *m, const struct kf_docs_entry *e)
{
    char count[32];
    int kind;
    if (!m->d->figures)
        return;
    fact(m, "Can it be relied on today?", kf_docs_reliable(m->d, e, &kind));
    const struct kf_docs_point *p = e->n_point ? &e->point[e->n_point - 1] : NULL;
    if (!p || p->run + 1 != m->d->n_run)
        return;
    kf_buf_addf(m->out, "| At the last run | %s", kf_count_text((uint64_t)p->members, count));
    for (uint32_t i = 0; i < e->n_band; i++) {
        put(m, i ? ", " : " (");
        text(m, e->band[i].name);
        kf_buf_addf(m->out, " %s", kf_count_text((uint64_t)e->band[i].members, count));
    }
    put(m, e->n_band ? ") |\n" : " |\n");
}

static void facts(struct md *m, const struct kf_docs_entry *e)
{
    const struct kf_rule *r = e->rule;
    put(m, "| | |\n|---|---|\n");
    fact(m, "Why", r->because);
    fact(m, "Owner", r->owner);
    fact(m, "Purpose", kf_rule_text(r, "purpose", NULL));
    fact(m, "Legal basis", kf_rule_text(r, "legal_basis", NULL));
    fact(m, "Ticket", kf_rule_text(r, "ticket", NULL));
    for (uint32_t i = 0; i < e->n_part; i++)
        if (!e->part[i].node && !e->part[i].columns)
            fact(m, e->part[i].label, e->part[i].text);
    uses(m, e);
    personal(m, e);
    if (e->n_used_by) {
        put(m, "| Used by | ");
        rule_links(m, e->used_by, e->n_used_by);
        put(m, " |\n");
    }
    if (e->n_exports) {
        put(m, "| Leaves the house by | ");
        rule_links(m, e->exports, e->n_exports);
        put(m, " |\n");
    }
    tests(m, e);
    figures(m, e);
    fact(m, "Written in", r->pos.file);
}

static void entry(struct md *m, const struct kf_docs_entry *e)
{
    const char *kind = kf_kind_name(e->rule->kind);
    if (!m->plain)
        kf_buf_addf(m->out, "<a id=\"%s-%s\"></a>\n", kind, e->rule->name);
    put(m, "### ");
    text(m, e->title);
    kf_buf_addf(m->out, "\n\n%s `%s`", kind, e->rule->name);
    put(m, e->rule->evaluated ? ". " : ". **Not worked out yet.** ");
    text(m, e->say);
    put(m, "\n\n");
    for (uint32_t i = 0; i < e->n_part; i++) {
        const struct kf_docs_part *p = &e->part[i];
        if (p->node && kf_docs_is_combination(p->node)) {
            kf_buf_addf(m->out, "%s:\n\n", p->label);
            condition(m, p->node, 0);
            put(m, "\n");
        } else if (p->columns) {
            table(m, p);
        }
    }
    facts(m, e);
    put(m, "\n");
}

static void group(struct md *m, const struct kf_docs_group *g)
{
    uint32_t n = kf_docs_of_group(m->d, g, NULL, 0);
    uint32_t *rule = kf_arena_alloc(&m->d->arena, (n + 1u) * sizeof *rule);
    kf_docs_of_group(m->d, g, rule, n);
    if (m->whole || strcmp(g->id, "links") == 0)
        kf_buf_addf(m->out, "## %s\n\n", g->title);
    kf_buf_addf(m->out, "%s\n\n", g->lead);
    for (uint32_t i = 0; i < n; i++)
        entry(m, &m->d->entry[rule[i]]);
}

/* ---- pages about all rules ---- */

static void overview(struct md *m)
{
    put(m, "What the rules of this workspace mean, written from the rules themselves. Change the "
           "rules, not these pages: `kinfold docs --check` tells when they are stale.\n\n");
    for (uint32_t g = 0; g < kf_docs_n_groups; g++) {
        const struct kf_docs_group *group = &kf_docs_groups[g];
        uint32_t n = kf_docs_of_group(m->d, group, NULL, 0);
        uint32_t *rule = kf_arena_alloc(&m->d->arena, (n + 1u) * sizeof *rule);
        kf_docs_of_group(m->d, group, rule, n);
        if (!n)
            continue;
        kf_buf_addf(m->out, "## %s\n\n| rule | what it is | owner |\n|---|---|---|\n",
                    group->title);
        for (uint32_t i = 0; i < n; i++) {
            put(m, "| ");
            rule_link(m, rule[i]);
            put(m, " | ");
            text(m, m->d->entry[rule[i]].title);
            put(m, " | ");
            text(m, m->d->entry[rule[i]].rule->owner);
            put(m, " |\n");
        }
        put(m, "\n");
    }
}

/* Lines from the strongest identifier of a rule to the others, as the rule ties them; drawn by
 * those who show Mermaid, readable by everybody. */
static void picture(struct md *m, const struct kf_docs_namespace *ns, uint32_t n)
{
    uint32_t count;
    const struct kf_rule *const *link = kf_rules_kind(m->d->rules, KF_KIND_LINK, &count);
    put(m, "```mermaid\nflowchart TD\n");
    for (uint32_t i = 0; i < n; i++)
        kf_buf_addf(m->out, "  %s[\"%s: %s\"]\n", ns[i].name, ns[i].name, ns[i].limit);
    for (uint32_t r = 0; r < count; r++) {
        const struct kf_node *ends = kf_rule_get(link[r], "connect");
        const char *consent = kf_rule_text(link[r], "requires_consent", NULL), *strong = NULL;
        bool weak = strcmp(kf_rule_text(link[r], "strength", ""), "observed") == 0;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t k = 0;
            while (k < kf_node_texts(ends) && strcmp(kf_node_text(ends, k), ns[i].name) != 0)
                k++;
            if (k == kf_node_texts(ends))
                continue;
            if (strong || kf_node_texts(ends) == 1)
                kf_buf_addf(m->out, "  %s %s|\"%s%s%s\"| %s\n", strong ? strong : ns[i].name,
                            weak ? "-.-" : "---", link[r]->name, consent ? ", consent " : "",
                            consent ? consent : "", ns[i].name);
            if (kf_node_texts(ends) == 1)
                break;
            strong = strong ? strong : ns[i].name;
        }
    }
    put(m, "```\n\nSolid: verified or declared. Dotted: only observed.\n\n");
}

static void identity(struct md *m)
{
    const struct kf_docs_namespace *ns;
    const char *const *ignored, *limit = kf_docs_limits(m->d);
    uint32_t n = kf_docs_namespaces(m->d, &ns), n_ignored = kf_docs_ignored(m->d, &ignored);
    put(m, "## What connects identifiers\n\n");
    picture(m, ns, n);
    put(m, "## Identifiers, strongest first\n\n| rank | identifier | how many | what holds |\n"
           "|---:|---|---|---|\n");
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_addf(m->out, "| %lld | `%s` | %s | ", (long long)ns[i].rank, ns[i].name,
                    ns[i].limit);
        text(m, ns[i].words);
        put(m, " |\n");
    }
    put(m, "\n");
    if (limit)
        kf_buf_addf(m->out, "%s\n\n", limit);
    if (n_ignored)
        put(m, "Values that name nobody and are dropped:\n\n");
    for (uint32_t i = 0; i < n_ignored; i++) {
        put(m, "- ");
        text(m, ignored[i]);
        put(m, "\n");
    }
    put(m, n_ignored ? "\n" : "");
}

static void data_index(struct md *m)
{
    put(m, "## What uses which data\n\n| data | kind | personal | used by | and through these "
           "by |\n|---|---|---|---|---|\n");
    for (uint32_t i = 0; i < m->d->n_row; i++) {
        const struct kf_docs_row *r = &m->d->row[i];
        put(m, "| ");
        text(m, r->name);
        kf_buf_addf(m->out, " | %s | ", kf_docs_data_name(r->what));
        text(m, r->personal);
        put(m, " | ");
        rule_links(m, r->rule, r->n_own);
        put(m, " | ");
        rule_links(m, r->rule + r->n_own, r->n_rule - r->n_own);
        put(m, " |\n");
    }
    put(m, "\n");
}

static void sets(struct md *m, const char *title, const char *none, const struct kf_docs_set *set,
                 uint32_t n)
{
    kf_buf_addf(m->out, "## %s\n\n", title);
    for (uint32_t i = 0; i < n; i++) {
        put(m, "**");
        text(m, set[i].name ? set[i].name : none);
        put(m, "**: ");
        rule_links(m, set[i].rule, set[i].n);
        put(m, "\n\n");
    }
}

static void glossary(struct md *m)
{
    const struct kf_docs_term *t;
    uint32_t n = kf_docs_glossary(m->d, &t);
    put(m, "## Words\n\n| word | what it means |\n|---|---|\n");
    for (uint32_t i = 0; i < n; i++)
        kf_buf_addf(m->out, "| %s | %s |\n", t[i].word, t[i].meaning);
    put(m, "\n");
}

/* ---- files ---- */

static void head(struct md *m, const char *title)
{
    kf_buf_addf(m->out, "<!-- " KF_DOCS_MARK ". Change the rules, not this file. -->\n\n# %s\n\n",
                title);
}

static void begin(struct md *m, struct kf_docs_files *f, const char *path, const char *title)
{
    m->out = kf_docs_file_add(m->d, f, path);
    head(m, title);
    if (strcmp(path, "README.md") != 0)
        put(m, "[All rules](README.md)\n\n");
}

void kf_docs_markdown(struct kf_docs *d, struct kf_docs_files *ret)
{
    struct md m = {.d = d};
    begin(&m, ret, "README.md", "Rule catalogue");
    overview(&m);
    put(&m, "## More\n\n- [Who is one person](identity.md): the identity policy\n"
            "- [What uses which data](data.md)\n- [By purpose and owner](owners.md)\n"
            "- [Words](glossary.md)\n");
    for (uint32_t g = 0; g < kf_docs_n_groups; g++) {
        const struct kf_docs_group *group_ = &kf_docs_groups[g];
        bool links = strcmp(group_->id, "links") == 0;
        if (!links && !kf_docs_of_group(d, group_, NULL, 0))
            continue;
        begin(&m, ret, kf_arena_printf(&d->arena, "%s.md", file_of(group_)),
              links ? "Identity" : group_->title);
        if (links)
            identity(&m);
        group(&m, group_);
    }
    begin(&m, ret, "data.md", "Data");
    data_index(&m);
    begin(&m, ret, "owners.md", "Purposes and owners");
    sets(&m, "By purpose", "no purpose is stated", d->purpose, d->n_purpose);
    sets(&m, "By owner", "nobody", d->owner, d->n_owner);
    begin(&m, ret, "glossary.md", "Glossary");
    glossary(&m);
}

void kf_docs_markdown_whole(struct kf_docs *d, struct kf_buf *out)
{
    struct md m = {d, out, true, false};
    head(&m, "Rule catalogue");
    overview(&m);
    for (uint32_t g = 0; g < kf_docs_n_groups; g++) {
        if (strcmp(kf_docs_groups[g].id, "links") == 0)
            identity(&m);
        if (kf_docs_of_group(d, &kf_docs_groups[g], NULL, 0))
            group(&m, &kf_docs_groups[g]);
    }
    data_index(&m);
    sets(&m, "By purpose", "no purpose is stated", d->purpose, d->n_purpose);
    sets(&m, "By owner", "nobody", d->owner, d->n_owner);
    glossary(&m);
}

void kf_docs_markdown_rule(struct kf_docs *d, const struct kf_docs_entry *e, struct kf_buf *out)
{
    struct md m = {d, out, true, true};
    entry(&m, e);
}
