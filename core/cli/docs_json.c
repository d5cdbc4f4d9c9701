/* The catalogue as one document, kinfold.docs/1: what the pages say, for programs. */
#include "cli/docs.h"

static void names(struct kf_docs *d, struct kf_json *j, const char *key, const uint32_t *rule,
                  uint32_t n)
{
    kf_json_open(j, key, '[');
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_rule *r = d->rules->rule[rule[i]];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "kind", kf_kind_name(r->kind));
        kf_json_text(j, "name", r->name);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void uses(struct kf_docs *d, const struct kf_docs_entry *e, struct kf_json *j)
{
    const char *category[64];
    uint32_t n = kf_docs_categories(e, category, 64);
    kf_json_open(j, "uses", '[');
    for (uint32_t i = 0; i < e->n_use; i++) {
        const struct kf_docs_use *u = &e->use[i];
        const struct kf_rule *via = u->via == e->rule->number ? NULL : d->rules->rule[u->via];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "what", kf_docs_data_name(u->what));
        kf_json_text(j, "name", u->name);
        kf_json_text(j, "personal", u->personal);
        kf_json_text(j, "through_kind", via ? kf_kind_name(via->kind) : NULL);
        kf_json_text(j, "through", via ? via->name : NULL);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_open(j, "personal", '[');
    for (uint32_t i = 0; i < n; i++)
        kf_json_text(j, NULL, category[i]);
    kf_json_close(j, ']');
}

static void figures(struct kf_docs *d, const struct kf_docs_entry *e, struct kf_json *j)
{
    static const char *const word[] = {"unknown", "yes", "with_care", "no"};
    int kind;
    if (!d->figures)
        return;
    const char *why = kf_docs_reliable(d, e, &kind);
    kf_json_open(j, "reliable", '{');
    kf_json_text(j, "answer", word[kind]);
    kf_json_text(j, "why", why);
    kf_json_close(j, '}');
    kf_json_open(j, "fresh", '{');
    kf_json_text(j, "source", e->source);
    kf_json_time(j, "newest", e->source ? e->source_last : KF_NO_TIME);
    kf_json_text(j, "delayed", e->delayed);
    kf_json_close(j, '}');
    kf_json_open(j, "history", '[');
    for (uint32_t i = 0; i < e->n_point; i++) {
        const struct kf_docs_point *p = &e->point[i];
        kf_json_open(j, NULL, '{');
        kf_json_int(j, "run", d->run[p->run].number);
        kf_json_time(j, "as_of", d->run[p->run].as_of);
        kf_json_int(j, "members", p->members);
        kf_json_int(j, "undecided", p->undecided);
        kf_json_int(j, "lacking_consent", p->lacking);
        kf_json_text(j, "digest", p->digest);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_open(j, "bands", '[');
    for (uint32_t i = 0; i < e->n_band; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "name", e->band[i].name);
        kf_json_int(j, "members", e->band[i].members);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void rule(struct kf_docs *d, const struct kf_docs_entry *e, struct kf_json *j)
{
    const struct kf_rule *r = e->rule;
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "kind", kf_kind_name(r->kind));
    kf_json_text(j, "name", r->name);
    kf_json_text(j, "title", r->title);
    kf_json_text(j, "owner", r->owner);
    kf_json_text(j, "because", r->because);
    kf_json_text(j, "purpose", kf_rule_text(r, "purpose", NULL));
    kf_json_text(j, "legal_basis", kf_rule_text(r, "legal_basis", NULL));
    kf_json_text(j, "sentence", e->say);
    kf_json_text(j, "file", r->pos.file);
    kf_json_count(j, "line", r->pos.line);
    kf_json_str(j, "digest", r->digest);
    kf_json_bool(j, "evaluated", r->evaluated);
    uses(d, e, j);
    names(d, j, "asks", e->asks, e->n_asks);
    names(d, j, "used_by", e->used_by, e->n_used_by);
    names(d, j, "exports", e->exports, e->n_exports);
    kf_json_open(j, "tests", '[');
    for (uint32_t i = 0; i < e->n_test; i++)
        kf_json_text(j, NULL, e->test[i]->name);
    kf_json_close(j, ']');
    figures(d, e, j);
    kf_json_close(j, '}');
}

static void identity(struct kf_docs *d, struct kf_json *j)
{
    const struct kf_docs_namespace *ns;
    uint32_t n = kf_docs_namespaces(d, &ns);
    kf_json_open(j, "identifiers", '[');
    for (uint32_t i = 0; i < n; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "name", ns[i].name);
        kf_json_int(j, "rank", ns[i].rank);
        kf_json_text(j, "limit", ns[i].limit);
        kf_json_text(j, "words", ns[i].words);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void data(struct kf_docs *d, struct kf_json *j)
{
    kf_json_open(j, "data", '[');
    for (uint32_t i = 0; i < d->n_row; i++) {
        const struct kf_docs_row *r = &d->row[i];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "what", kf_docs_data_name(r->what));
        kf_json_text(j, "name", r->name);
        kf_json_text(j, "personal", r->personal);
        names(d, j, "used_by", r->rule, r->n_own);
        names(d, j, "used_through", r->rule + r->n_own, r->n_rule - r->n_own);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void sets(struct kf_docs *d, struct kf_json *j, const char *key,
                 const struct kf_docs_set *set, uint32_t n)
{
    kf_json_open(j, key, '[');
    for (uint32_t i = 0; i < n; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "name", set[i].name);
        names(d, j, "rules", set[i].rule, set[i].n);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

void kf_docs_json(struct kf_docs *d, struct kf_buf *out)
{
    struct kf_json j;
    kf_json_start(&j, out, "kinfold.docs/1");
    kf_json_text(&j, "rules_digest", d->rules->digest);
    kf_json_bool(&j, "figures", d->figures);
    kf_json_open(&j, "rules", '[');
    for (uint32_t i = 0; i < d->rules->n; i++)
        if (kf_docs_has_page(d->rules->rule[i]))
            rule(d, &d->entry[i], &j);
    kf_json_close(&j, ']');
    identity(d, &j);
    data(d, &j);
    sets(d, &j, "purposes", d->purpose, d->n_purpose);
    sets(d, &j, "owners", d->owner, d->n_owner);
    kf_json_end(&j);
}
