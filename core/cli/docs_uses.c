/* What of the data a rule looks at: walks its tree, and its settings where a setting is a name. */
#include "cli/docs.h"

#include "lua/settings.h"

struct walk {
    struct kf_docs *d;
    kf_docs_on_use on;
    void *ctx;
};

static const char *const DATA[KF_DOCS_DATA] = {"field",   "event",  "identifier",
                                               "consent", "source", "list"};

const char *kf_docs_data_name(enum kf_docs_data what)
{
    return DATA[what];
}

const char *kf_docs_personal(enum kf_docs_data what, const char *name)
{
    if (what != KF_DOCS_FIELD && what != KF_DOCS_IDENTIFIER)
        return NULL;
    if (strcmp(name, "context.ip") == 0)
        return "network address";
    switch (kf_personal_kind(kf_cstr(name), NULL)) {
    case KF_PERSONAL_EMAIL:
        return "e-mail address";
    case KF_PERSONAL_PHONE:
        return "telephone number";
    case KF_PERSONAL_NAME:
        return "name";
    case KF_PERSONAL_OTHER:
        return "address or date of birth";
    case KF_PERSONAL_NONE:
        break;
    }
    return what == KF_DOCS_IDENTIFIER ? "identifier" : NULL;
}

static void use(struct walk *w, enum kf_docs_data what, const char *name)
{
    if (name && *name)
        w->on(w->ctx, what, name);
}

/* properties.revenue is called revenue; other roots stay. */
static void use_field(struct walk *w, const char *path)
{
    if (path && strncmp(path, "properties.", 11) == 0)
        path += 11;
    use(w, KF_DOCS_FIELD, path);
}

static void use_texts(struct walk *w, enum kf_docs_data what, const struct kf_node *n)
{
    for (uint32_t i = 0; i < kf_node_texts(n); i++)
        use(w, what, kf_node_text(n, i));
}

static void use_kids(struct walk *w, enum kf_docs_data what, const struct kf_node *n)
{
    for (uint32_t i = 0; i < n->kids; i++)
        use(w, what, kf_node_text(n->kid[i], 0));
}

static void tree(struct walk *w, const struct kf_node *n)
{
    switch (n->op) {
    case KF_S_EVENT:
        if (n->kids)
            use_texts(w, KF_DOCS_EVENT, n->kid[0]);
        break;
    case KF_S_ANY:
        use(w, KF_DOCS_EVENT, "any activity");
        break;
    case KF_S_TOUCH:
    case KF_C_FIRST_TOUCH:
    case KF_C_LAST_TOUCH:
        use(w, KF_DOCS_EVENT, "campaign touches");
        break;
    case KF_E_PROPERTY:
    case KF_F_EACH:
        use_field(w, n->name.p);
        break;
    case KF_E_TOUCH:
        use_field(w, kf_arena_printf(&w->d->arena, "touch.%.*s", (int)n->name.n, n->name.p));
        break;
    case KF_C_MEMBER:
    case KF_E_MEMBERS:
        use_field(w, kf_arena_printf(&w->d->arena, "group.%.*s", (int)n->name.n, n->name.p));
        break;
    case KF_E_TRAIT:
    case KF_E_TRAIT_CHANGED:
    case KF_E_TRAIT_PREVIOUS:
    case KF_E_ACCOUNT_TRAIT:
        if (!kf_rules_find(w->d->rules, KF_KIND_TRAIT, n->name.p) &&
            !kf_rules_find(w->d->rules, KF_KIND_COMPUTED, n->name.p))
            use_field(w, n->name.p);
        break;
    case KF_E_TRAVEL_SPEED:
        use_field(w, "context.location");
        break;
    case KF_E_IDENTIFIER:
    case KF_E_IDENTIFIER_COUNT:
        use(w, KF_DOCS_IDENTIFIER, n->name.p);
        break;
    case KF_E_CONSENT:
    case KF_E_CONSENT_TIME:
        use(w, KF_DOCS_CONSENT, n->name.p);
        break;
    case KF_F_FROM_SOURCE:
        use_kids(w, KF_DOCS_SOURCE, n);
        break;
    case KF_T_IN_LIST:
        use(w, KF_DOCS_LIST, n->name.p);
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < n->kids; i++)
        tree(w, n->kid[i]);
}

/* ---- settings that are names of fields ---- */

static const struct kf_setting *setting_of(const struct kf_setting *s, const char *key)
{
    for (; s && s->key; s++)
        if (strcmp(s->key, key) == 0 || strcmp(s->key, "*") == 0)
            return s;
    return NULL;
}

static const struct kf_setting *model_of(struct kf_str name)
{
    for (const struct kf_model_row *m = kf_models; m->name; m++)
        if (kf_str_eq(name, kf_cstr(m->name)))
            return &m->argument;
    return NULL;
}

static void paths(struct walk *w, const struct kf_setting *s, const struct kf_node *n)
{
    if (!s)
        return;
    if (n->op == KF_K) {
        if ((s->type & KF_SET_PATH) && n->value.type == KF_K_TEXT)
            use_field(w, n->value.text.p);
    } else if (n->op == KF_T_LIST) {
        for (uint32_t i = 0; i < n->kids; i++)
            paths(w, s->item, n->kid[i]);
    } else if (n->op == KF_T_MAP) {
        for (uint32_t i = 0; i < n->kids; i++)
            paths(w, setting_of(s->map, n->key[i]), n->kid[i]);
    } else if (n->op == KF_T_MODEL) {
        for (uint32_t i = 0; i < n->kids; i++)
            paths(w, model_of(n->name), n->kid[i]);
    }
}

/* Settings whose texts name identifiers, purposes, lists, sources. */
static void names(struct walk *w, const struct kf_rule *r)
{
    static const struct {
        enum kf_kind kind;
        const char *key;
        enum kf_docs_data what;
    } rows[] = {{KF_KIND_LINK, "connect", KF_DOCS_IDENTIFIER},
                {KF_KIND_NEVER_LINK, "separate", KF_DOCS_IDENTIFIER},
                {KF_KIND_TRANSFER, "identifier", KF_DOCS_IDENTIFIER},
                {KF_KIND_TRANSFER, "to", KF_DOCS_IDENTIFIER},
                {KF_KIND_CHANNEL, "contact", KF_DOCS_IDENTIFIER},
                {KF_KIND_EXPORT, "identifiers", KF_DOCS_IDENTIFIER},
                {KF_KIND_SUPPRESS, "per_contact", KF_DOCS_IDENTIFIER},
                {KF_KIND_CONSENT, "contact", KF_DOCS_IDENTIFIER},
                {KF_KIND_SUPPRESS, "list", KF_DOCS_LIST}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct kf_node *n = r->kind == rows[i].kind ? kf_rule_get(r, rows[i].key) : NULL;
        use_texts(w, rows[i].what, n);
        /* { "properties.new_email", as = "email" } */
        const struct kf_node *as = n ? kf_map_get(n, "as") : NULL;
        if (as)
            use(w, rows[i].what, kf_node_text(as, 0));
        for (uint32_t k = 0; n && n->op == KF_T_LIST && k < n->kids; k++)
            if ((as = kf_map_get(n->kid[k], "as")) != NULL)
                use(w, rows[i].what, kf_node_text(as, 0));
    }
    use_texts(w, KF_DOCS_CONSENT, kf_rule_get(r, "requires_consent"));
    const struct kf_node *keep = r->kind == KF_KIND_TRAIT ? kf_rule_get(r, "keep") : NULL;
    for (uint32_t i = 0; keep && keep->op == KF_T_MODEL && i < keep->kids; i++)
        use_texts(w, KF_DOCS_SOURCE, keep->kid[i]);
}

void kf_docs_uses(struct kf_docs *d, const struct kf_rule *r, kf_docs_on_use on, void *ctx)
{
    struct walk w = {d, on, ctx};
    const struct kf_setting *own = kf_settings_of(r->kind);
    tree(&w, r->body);
    for (uint32_t i = 0; i < r->body->kids; i++)
        paths(&w, setting_of(own, r->body->key[i]), r->body->kid[i]);
    names(&w, r);
    if (r->kind == KF_KIND_FRAUD) {
        const struct kf_node *at = kf_rule_get(r, "look_at");
        if (at && at->op == KF_T_MODEL) /* network(24) */
            use_field(&w, "context.ip");
    }
}
