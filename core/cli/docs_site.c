/* The catalogue as a site of pages that work from a folder, without a server and without script. */
#include "cli/docs_site.h"

#include "cli/chart.h"

static const char STYLE[] =
    "header.top{padding-top:1rem}.head{display:flex;flex-wrap:wrap;gap:.4rem 2rem;"
    "align-items:start;justify-content:space-between;margin:0 0 1.1rem}\n"
    "nav.site{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;align-items:baseline;font-size:.92rem;"
    "padding-top:.3rem}nav.site a{padding:.2rem 0}nav.site [aria-current]{font-weight:650;"
    "color:inherit;text-decoration:none}\n"
    ".find{flex:0 1 26rem;min-width:min(100%,18rem)}.find input{font:inherit;width:100%;"
    "padding:.35rem .6rem;border:1px solid var(--soft);border-radius:6px;background:var(--bg);"
    "color:var(--ink)}.find input::placeholder{color:var(--soft);opacity:1}\n"
    ".find ul{list-style:none;margin:.3rem 0 0;padding:0}.find li{padding:.25rem 0;"
    "border-bottom:1px solid var(--line)}.find li span{display:block;font-size:.85rem;"
    "color:var(--soft)}.find p{font-size:.85rem;color:var(--soft);margin:.3rem 0 0}"
    ".find p:empty,.find ul:empty{display:none}\n"
    ".says{font-size:1.06rem}.says ul{padding-left:1.3rem;margin:.35rem 0}"
    ".says li{margin:.2rem 0}.kind{color:var(--soft)}\n"
    ".map{max-width:none;display:block}.m-box{fill:var(--card);stroke:var(--line)}"
    ".map text{font:14px system-ui,sans-serif;fill:var(--ink)}.map .m-name{font-weight:650}"
    ".map .m-soft{font-size:12.5px;fill:var(--soft)}.map .m-rank{text-anchor:middle;"
    "fill:var(--soft)}.map .m-head{text-anchor:middle;font-weight:650}"
    ".m-line,.m-moves,.m-apart{fill:none;stroke:var(--now);stroke-width:3}"
    ".m-weak{stroke-dasharray:6 5}.m-apart{stroke:var(--bad)}.m-moves{stroke:var(--warn);"
    "stroke-dasharray:2 5}.m-knot{fill:var(--bg);stroke:var(--now);stroke-width:3}"
    ".m-ask{fill:var(--good)}\n"
    "@media print{.find{display:none}}\n";

static const struct {
    const char *id, *path, *text;
} MENU[] = {{"rules", "index.html", "Rules"},
            {"identity", "identity.html", "Who is one person"},
            {"data", "data.html", "Data"},
            {"owners", "owners.html", "Purposes and owners"},
            {"glossary", "glossary.html", "Words"}};

void kf_site_begin(struct kf_site *s, const char *path, const char *root, const char *here,
                   const char *title, const char *subtitle, const char *digest)
{
    struct kf_buf nav = {0};
    kf_buf_adds(&nav, "<div class=\"head\"><nav class=\"site\" aria-label=\"Catalogue\">");
    for (size_t i = 0; i < sizeof MENU / sizeof *MENU; i++)
        kf_buf_addf(&nav, "<a href=\"%s%s\"%s>%s</a>", root, MENU[i].path,
                    here && strcmp(here, MENU[i].id) == 0 ? " aria-current=\"page\"" : "",
                    MENU[i].text);
    kf_buf_adds(&nav,
                "</nav>\n<div class=\"find\" id=\"find\" role=\"search\" hidden>"
                "<label class=\"hide\" for=\"q\">Find a rule by any word in it</label>"
                "<input id=\"q\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" "
                "placeholder=\"Find a rule by any word in it\">"
                "<ul id=\"hits\"></ul><p id=\"said\" aria-live=\"polite\"></p></div></div>\n");
    s->root = root;
    s->page = (struct kf_page){
        .out = kf_docs_file_add(s->d, s->files, path),
        .nav_html = nav.p,
        .style = STYLE,
        .script_at = kf_arena_printf(&s->d->arena, "%ssearch.js", root),
        .made_by = KF_DOCS_MARK,
        .foot = "Written from the rules by Kinfold. These pages load nothing from elsewhere."};
    kf_page_begin(&s->page, title, subtitle, digest);
    s->page.nav_html = NULL;
    kf_buf_free(&nav);
}

void kf_site_end(struct kf_site *s)
{
    kf_page_end(&s->page);
}

const char *kf_site_path(struct kf_site *s, const struct kf_rule *r)
{
    return kf_arena_printf(&s->d->arena, "%s/%s.html", kf_kind_name(r->kind), r->name);
}

void kf_site_rule(struct kf_site *s, uint32_t number)
{
    const struct kf_rule *r = s->d->rules->rule[number];
    if (!kf_docs_has_page(r)) {
        kf_page_link(&s->page, kf_arena_printf(&s->d->arena, "%sidentity.html", s->root),
                     kf_kind_name(r->kind));
        return;
    }
    kf_page_html(&s->page, "<span class=\"kind\">");
    kf_page_text(&s->page, kf_kind_name(r->kind));
    kf_page_html(&s->page, "</span> ");
    kf_page_link(&s->page, kf_arena_printf(&s->d->arena, "%s%s", s->root, kf_site_path(s, r)),
                 r->name);
}

void kf_site_rules(struct kf_site *s, const uint32_t *rule, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        kf_page_html(&s->page, i ? ", " : "");
        kf_site_rule(s, rule[i]);
    }
}

const struct kf_docs_point *kf_site_now(const struct kf_site *s, const struct kf_docs_entry *e)
{
    const struct kf_docs_point *p = e->n_point ? &e->point[e->n_point - 1] : NULL;
    return p && p->run + 1 == s->d->n_run ? p : NULL;
}

void kf_site_spark(struct kf_site *s, const struct kf_docs_entry *e)
{
    int64_t value[30];
    char first[32], last[32];
    uint32_t n = e->n_point < 30 ? e->n_point : 30;
    if (n < 2)
        return;
    for (uint32_t i = 0; i < n; i++)
        value[i] = e->point[e->n_point - n + i].members;
    kf_chart_spark(s->page.out, value, n,
                   kf_arena_printf(&s->d->arena, "at the last %u runs from %s to %s", n,
                                   kf_count_text((uint64_t)value[0], first),
                                   kf_count_text((uint64_t)value[n - 1], last)));
}

const char *kf_site_counted(enum kf_kind kind)
{
    switch (kind) {
    case KF_KIND_SEGMENT:
        return "Members";
    case KF_KIND_SUPPRESS:
        return "People it stops";
    case KF_KIND_CHANNEL:
        return "People it reaches";
    case KF_KIND_FRAUD:
        return "Verdicts";
    case KF_KIND_FLAG:
        return "Events marked";
    default:
        return "People with a value";
    }
}

/* ---- conditions ---- */

void kf_site_text(struct kf_site *s, const struct kf_docs_entry *e, const char *text)
{
    const char *from = text;
    for (const char *p = text; *p; p++) {
        uint32_t found = UINT32_MAX;
        size_t n = 0;
        for (uint32_t i = 0; *p == '\'' && i < e->n_asks && found == UINT32_MAX; i++) {
            const char *name = s->d->rules->rule[e->asks[i]]->name;
            n = strlen(name);
            if (n && strncmp(p + 1, name, n) == 0 && p[n + 1] == '\'')
                found = e->asks[i];
        }
        if (found == UINT32_MAX)
            continue;
        kf_html_add(s->page.out, kf_str(from, (size_t)(p - from)));
        kf_page_link(&s->page,
                     kf_arena_printf(&s->d->arena, "%s%s", s->root,
                                     kf_site_path(s, s->d->rules->rule[found])),
                     s->d->rules->rule[found]->name);
        p += n + 1;
        from = p + 1;
    }
    kf_page_text(&s->page, from);
}

void kf_site_condition(struct kf_site *s, const struct kf_docs_entry *e, const struct kf_node *n)
{
    struct kf_page *p = &s->page;
    struct kf_buf b = {0};
    if (!kf_docs_is_combination(n)) {
        kf_node_sentence(n, &b);
        kf_site_text(s, e, b.p ? b.p : "");
        kf_buf_free(&b);
        return;
    }
    kf_page_text(p, kf_docs_combination(s->d, n));
    kf_page_list_begin(p);
    for (uint32_t i = 0; i < n->kids; i++) {
        kf_page_item_begin(p);
        kf_site_condition(s, e, n->kid[i]);
        kf_page_item_end(p);
    }
    kf_page_list_end(p);
}

/* ---- the first page ---- */

static bool has_figures(struct kf_site *s, const uint32_t *rule, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (kf_site_now(s, &s->d->entry[rule[i]]))
            return true;
    return false;
}

static void group_table(struct kf_site *s, const uint32_t *rule, uint32_t n)
{
    struct kf_page *p = &s->page;
    bool figures = has_figures(s, rule, n);
    kf_page_table_begin(
        p, figures ? "Name|What it is|Owner|At the last run>|Trend" : "Name|What it is|Owner",
        NULL);
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_docs_entry *e = &s->d->entry[rule[i]];
        const struct kf_docs_point *now = kf_site_now(s, e);
        kf_page_row_begin(p);
        kf_page_cell_begin(p);
        kf_page_link(p, kf_arena_printf(&s->d->arena, "%s%s", s->root, kf_site_path(s, e->rule)),
                     e->rule->name);
        kf_page_cell_end(p);
        kf_page_cell(p, e->title);
        kf_page_cell(p, e->rule->owner ? e->rule->owner : "");
        if (figures && now)
            kf_page_cell_count(p, (uint64_t)now->members);
        else if (figures)
            kf_page_cell(p, "");
        if (figures) {
            kf_page_cell_begin(p);
            kf_site_spark(s, e);
            kf_page_cell_end(p);
        }
        kf_page_row_end(p);
    }
    kf_page_table_end(p);
}

static uint32_t group_rules(struct kf_site *s, const struct kf_docs_group *g, uint32_t **ret)
{
    uint32_t n = kf_docs_of_group(s->d, g, NULL, 0);
    *ret = kf_arena_alloc(&s->d->arena, (n + 1u) * sizeof **ret);
    return kf_docs_of_group(s->d, g, *ret, n);
}

static const char *ran(struct kf_site *s)
{
    struct kf_buf b = {0};
    if (!s->d->n_run)
        return NULL;
    kf_buf_adds(&b, "Figures as of ");
    kf_when_add(&b, s->d->config->zone, s->d->run[s->d->n_run - 1].as_of);
    kf_buf_addf(&b, " %s", s->d->config->zone_name ? s->d->config->zone_name : "UTC");
    const char *text = kf_arena_strdup(&s->d->arena, b.p);
    kf_buf_free(&b);
    return text;
}

static void first_page(struct kf_site *s)
{
    uint32_t *rule, total = 0;
    for (uint32_t i = 0; i < s->d->rules->n; i++)
        total += kf_docs_has_page(s->d->rules->rule[i]);
    kf_site_begin(s, "index.html", "", "rules", "Rule catalogue",
                  kf_arena_printf(&s->d->arena,
                                  "What every figure, group and value means, and who answers for "
                                  "it: %u rules in words.",
                                  total),
                  ran(s));
    for (uint32_t g = 0; g < kf_docs_n_groups; g++) {
        uint32_t n = group_rules(s, &kf_docs_groups[g], &rule);
        if (!n)
            continue;
        kf_page_section(&s->page, kf_docs_groups[g].id, kf_docs_groups[g].title,
                        kf_docs_groups[g].lead);
        group_table(s, rule, n);
    }
    kf_site_end(s);
}

/* ---- identity ---- */

static void picture(struct kf_site *s, const uint32_t *rule, uint32_t n)
{
    struct kf_page *p = &s->page;
    kf_page_section(p, "picture", "The policy as a picture",
                    "A row is a kind of identifier, the strongest at the top. A numbered line is "
                    "a rule: it ties the rows that it has a knot on.");
    kf_docs_identity_svg(s->d, p->out);
    kf_page_para(p, "Solid: verified or declared. Dashed: only observed. Red with crosses: keeps "
                    "apart. Dotted: moves to a new owner. A green dot beside the number: only "
                    "with consent.");
    kf_page_table_begin(p, "Line|Rule|What it does|Strength|Consent needed", "The numbered lines");
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_rule *r = s->d->rules->rule[rule[i]];
        kf_page_row_begin(p);
        kf_page_cellf(p, "%u", i + 1);
        kf_page_cell_begin(p);
        kf_site_rule(s, rule[i]);
        kf_page_cell_end(p);
        kf_page_cell(p, s->d->entry[rule[i]].title);
        kf_page_cell(p, kf_rule_text(r, "strength", ""));
        kf_page_cell(p, kf_rule_text(r, "requires_consent", ""));
        kf_page_row_end(p);
    }
    kf_page_table_end(p);
}

static void identity_page(struct kf_site *s)
{
    const struct kf_docs_namespace *ns;
    const char *const *ignored, *limit = kf_docs_limits(s->d);
    uint32_t *rule, n = kf_docs_namespaces(s->d, &ns), n_ignored = kf_docs_ignored(s->d, &ignored);
    uint32_t links = group_rules(s, kf_docs_group_of(KF_KIND_LINK), &rule);
    struct kf_page *p = &s->page;
    kf_site_begin(s, "identity.html", "", "identity", "Who is one person",
                  "Which identifiers are taken for one person's, by which facts, and what keeps "
                  "two people apart.",
                  NULL);
    picture(s, rule, links);
    kf_page_section(p, "identifiers", "Identifiers",
                    "Where two facts disagree, the stronger identifier decides. Nobody gets more "
                    "of one kind than is allowed: what would break that is refused.");
    kf_page_table_begin(p, "Rank>|Identifier|How many|What holds", NULL);
    for (uint32_t i = 0; i < n; i++) {
        kf_page_row_begin(p);
        kf_page_cellf(p, "%lld", (long long)ns[i].rank);
        kf_page_cell(p, ns[i].name);
        kf_page_cell(p, ns[i].limit);
        kf_page_cell(p, ns[i].words);
        kf_page_row_end(p);
    }
    kf_page_table_end(p);
    if (limit)
        kf_page_para(p, limit);
    kf_page_section(p, "rules", "What joins and what keeps apart", NULL);
    kf_page_list_begin(p);
    for (uint32_t i = 0; i < links; i++) {
        kf_page_item_begin(p);
        kf_site_rule(s, rule[i]);
        kf_page_textf(p, ": %s", s->d->entry[rule[i]].say);
        kf_page_item_end(p);
    }
    kf_page_list_end(p);
    if (n_ignored) {
        kf_page_section(p, "ignored", "Values that name nobody", "They are dropped.");
        kf_page_list_begin(p);
        for (uint32_t i = 0; i < n_ignored; i++)
            kf_page_item(p, ignored[i]);
        kf_page_list_end(p);
    }
    kf_site_end(s);
}

/* ---- indexes ---- */

static void data_page(struct kf_site *s)
{
    static const char *const title[KF_DOCS_DATA] = {"Fields",   "Events",  "Identifiers",
                                                    "Consents", "Sources", "Lists"};
    static const char *const id[KF_DOCS_DATA] = {"fields",   "events",  "identifiers",
                                                 "consents", "sources", "lists"};
    struct kf_page *p = &s->page;
    kf_site_begin(s, "data.html", "", "data", "What uses which data",
                  "Look a field, event, identifier or purpose up: the rules that use it, "
                  "themselves and through others.",
                  NULL);
    for (int what = 0; what < KF_DOCS_DATA; what++) {
        bool any = false;
        for (uint32_t i = 0; i < s->d->n_row; i++) {
            const struct kf_docs_row *r = &s->d->row[i];
            if ((int)r->what != what)
                continue;
            if (!any) {
                kf_page_section(p, id[what], title[what], NULL);
                kf_page_table_begin(p, "Name|Personal data|Used by|And through these by", NULL);
            }
            any = true;
            kf_page_row_begin(p);
            kf_page_cell(p, r->name);
            kf_page_cell(p, r->personal ? r->personal : "");
            kf_page_cell_begin(p);
            kf_site_rules(s, r->rule, r->n_own);
            kf_page_cell_end(p);
            kf_page_cell_begin(p);
            kf_site_rules(s, r->rule + r->n_own, r->n_rule - r->n_own);
            kf_page_cell_end(p);
            kf_page_row_end(p);
        }
        if (any)
            kf_page_table_end(p);
    }
    kf_site_end(s);
}

static void set_section(struct kf_site *s, const char *id, const char *title, const char *lead,
                        const char *none, const struct kf_docs_set *set, uint32_t n)
{
    struct kf_page *p = &s->page;
    kf_page_section(p, id, title, lead);
    kf_page_table_begin(p, "Name|Rules>|Which", NULL);
    for (uint32_t i = 0; i < n; i++) {
        kf_page_row_begin(p);
        kf_page_cell(p, set[i].name ? set[i].name : none);
        kf_page_cell_count(p, set[i].n);
        kf_page_cell_begin(p);
        kf_site_rules(s, set[i].rule, set[i].n);
        kf_page_cell_end(p);
        kf_page_row_end(p);
    }
    kf_page_table_end(p);
}

static void owners_page(struct kf_site *s)
{
    kf_site_begin(s, "owners.html", "", "owners", "Purposes and owners",
                  "What personal data are used for, and who answers for it.", NULL);
    set_section(s, "purposes", "By purpose", NULL, "no purpose is stated", s->d->purpose,
                s->d->n_purpose);
    set_section(s, "owners", "By owner", "Ask them.", "nobody", s->d->owner, s->d->n_owner);
    kf_site_end(s);
}

static void glossary_page(struct kf_site *s)
{
    const struct kf_docs_term *t;
    uint32_t n = kf_docs_glossary(s->d, &t);
    kf_site_begin(s, "glossary.html", "", "glossary", "Words", "As these pages use them.", NULL);
    kf_page_facts_begin(&s->page);
    for (uint32_t i = 0; i < n; i++)
        kf_page_fact(&s->page, t[i].word, t[i].meaning);
    kf_page_facts_end(&s->page);
    kf_site_end(s);
}

/* ---- search ---- */

static void script_text(struct kf_buf *b, const char *text)
{
    kf_buf_add_json(b, kf_cstr(text ? text : ""));
}

static void search(struct kf_site *s)
{
    struct kf_buf *b = kf_docs_file_add(s->d, s->files, "search.js"), words = {0};
    kf_buf_adds(b, "/* " KF_DOCS_MARK ". */\nconst KINFOLD_RULES = [\n");
    for (uint32_t i = 0; i < s->d->rules->n; i++) {
        const struct kf_docs_entry *e = &s->d->entry[i];
        if (!kf_docs_has_page(e->rule))
            continue;
        kf_buf_clear(&words);
        kf_buf_addf(&words, "%s %s %s %s", e->say, e->rule->owner ? e->rule->owner : "",
                    e->rule->because ? e->rule->because : "", kf_rule_text(e->rule, "purpose", ""));
        for (uint32_t k = 0; k < e->n_use; k++)
            kf_buf_addf(&words, " %s", e->use[k].name);
        kf_buf_adds(b, "  [");
        script_text(b, kf_site_path(s, e->rule));
        kf_buf_adds(b, ", ");
        script_text(b, e->title);
        kf_buf_addf(b, ", \"%s %s\", ", kf_kind_name(e->rule->kind), e->rule->name);
        script_text(b, words.p);
        kf_buf_adds(b, "],\n");
    }
    kf_buf_adds(b, "];\n");
    kf_buf_adds(b, kf_docs_script);
    kf_buf_free(&words);
}

void kf_docs_site(struct kf_docs *d, struct kf_docs_files *ret)
{
    struct kf_site s = {.d = d, .files = ret};
    first_page(&s);
    identity_page(&s);
    data_page(&s);
    owners_page(&s);
    glossary_page(&s);
    for (uint32_t i = 0; i < d->rules->n; i++)
        if (kf_docs_has_page(d->rules->rule[i]))
            kf_site_rule_page(&s, &d->entry[i]);
    search(&s);
}
