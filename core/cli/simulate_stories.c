#include "cli/simulate.h"

#include "identity/idset.h"

#include <stdio.h>

/* What a story speaks of; which namespace of the rules it is, casting decides. */
enum role { ACCOUNT, MAILBOX, PHONE, DEVICE, ROLES, HANDED = ROLES, NOTHING };
static const char *const ROLE[] = {"account", "mailbox", "phone number", "device"};

enum act {
    TIES,     /* an event that a link rule takes both from; else they are only named together */
    SEEN,     /* something is done there, nobody says who */
    LEAVES,   /* signs out */
    HANDS_TO, /* a transfer */
};

struct step {
    const char *when;
    enum act act;
    enum role a;
    const char *a_value;
    enum role b;
    const char *b_value;
};

#define END                                                                                        \
    {                                                                                              \
        NULL, SEEN, NOTHING, NULL, NOTHING, NULL                                                   \
    }

static const struct step SHARED_DEVICE[] = {
    {"2026-01-05 09:00", TIES, ACCOUNT, "anna", DEVICE, "tablet"},
    {"2026-01-05 09:10", SEEN, DEVICE, "tablet", NOTHING, NULL},
    {"2026-01-06 19:00", TIES, ACCOUNT, "ben", DEVICE, "tablet"},
    {"2026-01-06 19:10", SEEN, DEVICE, "tablet", NOTHING, NULL},
    {"2026-01-07 08:00", TIES, ACCOUNT, "anna", DEVICE, "tablet"},
    {"2026-01-07 08:05", SEEN, DEVICE, "tablet", NOTHING, NULL},
    END};
static const struct step DUPLICATE_EMAIL[] = {
    {"2026-01-05 09:00", TIES, ACCOUNT, "anna", MAILBOX, "office@example.com"},
    {"2026-01-06 09:00", TIES, ACCOUNT, "ben", MAILBOX, "Office@example.com"},
    {"2026-01-07 09:00", SEEN, MAILBOX, "office@example.com", NOTHING, NULL},
    END};
static const struct step ACCOUNT_TRANSFER[] = {
    {"2026-01-05 09:00", TIES, ACCOUNT, "anna", HANDED, "shop"},
    {"2026-01-05 09:30", TIES, ACCOUNT, "anna", MAILBOX, "anna@example.com"},
    {"2026-01-06 09:00", TIES, ACCOUNT, "ben", MAILBOX, "ben@example.com"},
    {"2026-01-10 09:00", SEEN, HANDED, "shop", NOTHING, NULL},
    {"2026-02-01 00:00", HANDS_TO, HANDED, "shop", ACCOUNT, "ben"},
    {"2026-02-10 09:00", SEEN, HANDED, "shop", NOTHING, NULL},
    END};
static const struct step JUNK_IDS[] = {
    {"2026-01-05 09:00", TIES, ACCOUNT, "null", DEVICE, "phone-1"},
    {"2026-01-05 09:10", TIES, ACCOUNT, "null", DEVICE, "phone-2"},
    {"2026-01-05 09:20", TIES, ACCOUNT, "undefined", DEVICE, "phone-3"},
    {"2026-01-06 09:00", TIES, ACCOUNT, "anna", MAILBOX, "noreply@example.com"},
    {"2026-01-06 09:10", TIES, ACCOUNT, "ben", MAILBOX, "noreply@example.com"},
    {"2026-01-07 09:00", TIES, ACCOUNT, "anna", PHONE, "0000000000"},
    {"2026-01-07 09:10", TIES, ACCOUNT, "ben", PHONE, "0000000000"},
    END};
static const struct step RECYCLED_PHONE[] = {
    {"2024-01-05 09:00", TIES, ACCOUNT, "anna", PHONE, "+493023125001"},
    {"2024-01-06 09:00", SEEN, PHONE, "+493023125001", NOTHING, NULL},
    {"2026-01-05 09:00", TIES, ACCOUNT, "ben", PHONE, "+493023125001"},
    {"2026-01-06 09:00", SEEN, PHONE, "+493023125001", NOTHING, NULL},
    END};
static const struct step FAMILY[] = {
    {"2026-01-05 09:00", TIES, ACCOUNT, "anna", MAILBOX, "family@example.com"},
    {"2026-01-05 09:05", TIES, ACCOUNT, "anna", DEVICE, "tablet"},
    {"2026-01-06 18:00", TIES, ACCOUNT, "ben", MAILBOX, "family@example.com"},
    {"2026-01-06 18:05", TIES, ACCOUNT, "ben", DEVICE, "tablet"},
    {"2026-01-07 16:00", SEEN, DEVICE, "tablet", NOTHING, NULL},
    {"2026-01-07 17:00", TIES, ACCOUNT, "ben", DEVICE, "phone-ben"},
    {"2026-01-08 08:00", SEEN, MAILBOX, "family@example.com", NOTHING, NULL},
    END};
static const struct step KIOSK[] = {{"2026-01-05 09:00", TIES, ACCOUNT, "anna", DEVICE, "kiosk"},
                                    {"2026-01-05 09:05", LEAVES, ACCOUNT, "anna", DEVICE, "kiosk"},
                                    {"2026-01-05 09:10", SEEN, DEVICE, "kiosk", NOTHING, NULL},
                                    {"2026-01-05 09:20", TIES, ACCOUNT, "ben", DEVICE, "kiosk"},
                                    {"2026-01-05 09:25", LEAVES, ACCOUNT, "ben", DEVICE, "kiosk"},
                                    {"2026-01-05 09:30", TIES, ACCOUNT, "cleo", DEVICE, "kiosk"},
                                    {"2026-01-05 09:35", LEAVES, ACCOUNT, "cleo", DEVICE, "kiosk"},
                                    {"2026-01-05 09:40", SEEN, DEVICE, "kiosk", NOTHING, NULL},
                                    END};

static const struct {
    const char *name, *title;
    const struct step *step;
} STORY[] = {
    {"shared-device", "Two people sign in on one tablet, in turns.", SHARED_DEVICE},
    {"duplicate-email", "Two accounts have one mailbox.", DUPLICATE_EMAIL},
    {"account-transfer", "What was Anna's is handed over to Ben.", ACCOUNT_TRANSFER},
    {"junk-ids", "Values that stand where an identifier should, and name nobody.", JUNK_IDS},
    {"recycled-phone", "A number is given up and given to somebody else two years later.",
     RECYCLED_PHONE},
    {"family", "Two people of one family share a mailbox and a tablet.", FAMILY},
    {"kiosk", "Many people sign in and out on a device that is nobody's.", KIOSK},
};
#define STORIES (sizeof STORY / sizeof *STORY)

const char *const kf_stories[] = {"shared-device",
                                  "duplicate-email",
                                  "account-transfer",
                                  "junk-ids",
                                  "recycled-phone",
                                  "family",
                                  "kiosk",
                                  NULL};

/* ---- casting: which namespace plays which role ---- */

struct cast {
    const struct kf_ruleset *rules;
    const struct kf_id_rules *id;
    uint32_t ns[ROLES + 1]; /* KF_ID_NONE: nobody can play it */
    bool needed[ROLES + 1];
    const struct kf_rule *transfer; /* of account-transfer */
    struct kf_buf *text, *notes;
    uint64_t said[KF_ID_NAMESPACES]; /* pairs that no rule ties, a bit each: said already */
};

static bool has(const char *name, const char *part)
{
    return strstr(name, part) != NULL;
}

static bool normalised(const struct cast *c, uint32_t ns, const char *how)
{
    const struct kf_rule *ids = kf_rules_find(c->rules, KF_KIND_IDENTIFIERS, "");
    const struct kf_node *n = ids ? kf_rule_get(ids, c->id->ns[ns].name) : NULL;
    n = n ? kf_map_get(n, "normalise") : NULL;
    const char *is = n ? kf_node_text(n, 0) : NULL;
    return is && strcmp(is, how) == 0;
}

static enum role role_of(const struct cast *c, uint32_t ns)
{
    const struct kf_id_namespace *n = &c->id->ns[ns];
    if (normalised(c, ns, "email") || has(n->name, "email"))
        return MAILBOX;
    if (normalised(c, ns, "phone") || has(n->name, "phone"))
        return PHONE;
    return n->rank == 1 || (n->per_profile == 1 && !n->within) ? ACCOUNT : DEVICE;
}

/* The link rule that ties two namespaces, the strongest evidence first; NULL: none. */
static const struct kf_id_link_rule *tied(const struct cast *c, uint32_t a, uint32_t b)
{
    const struct kf_id_link_rule *best = NULL;
    uint64_t both = 1ULL << a | 1ULL << b;
    for (uint32_t i = 0; i < c->id->n_link; i++) {
        const struct kf_id_link_rule *l = &c->id->link[i];
        if ((l->connect & both) == both && (!best || l->strength < best->strength))
            best = l;
    }
    return best;
}

static uint32_t ties_with(const struct cast *c, uint32_t ns)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < c->id->n_ns; k++) {
        enum role r = role_of(c, k);
        n += k != ns && r != ACCOUNT && c->needed[r] && tied(c, ns, k);
    }
    return n;
}

/* Namespaces are by rank: of equally good ones the strongest plays. */
static void cast_roles(struct cast *c)
{
    uint32_t best = 0;
    for (uint32_t i = 0; i <= ROLES; i++)
        c->ns[i] = KF_ID_NONE;
    for (uint32_t k = 0; k < c->id->n_ns; k++) {
        uint32_t n = role_of(c, k) == ACCOUNT ? ties_with(c, k) + 1 : 0;
        if (n > best) {
            best = n;
            c->ns[ACCOUNT] = k;
        }
    }
    for (enum role r = MAILBOX; r < ROLES; r++)
        for (int want_tie = 1; want_tie >= 0 && c->ns[r] == KF_ID_NONE; want_tie--)
            for (uint32_t k = 0; k < c->id->n_ns && c->ns[r] == KF_ID_NONE; k++)
                if (role_of(c, k) == r &&
                    (!want_tie || (c->ns[ACCOUNT] != KF_ID_NONE && tied(c, c->ns[ACCOUNT], k))))
                    c->ns[r] = k;
}

static uint32_t by_name(const struct cast *c, const char *name)
{
    for (uint32_t k = 0; name && k < c->id->n_ns; k++)
        if (strcmp(c->id->ns[k].name, name) == 0)
            return k;
    return KF_ID_NONE;
}

/* { "properties.x", as = "user_id" } or `user_id` */
static const char *owner_path(const struct kf_node *to, const char **ret_as)
{
    const struct kf_node *as = to && to->op == KF_T_MAP ? kf_map_get(to, "as") : NULL;
    const struct kf_node *path = to && to->op == KF_T_MAP ? kf_map_get(to, "1") : to;
    *ret_as = as ? kf_node_text(as, 0) : path ? kf_node_text(path, 0) : NULL;
    return path ? kf_node_text(path, 0) : NULL;
}

static void cast_transfer(struct cast *c)
{
    uint32_t n;
    const struct kf_rule *const *r = kf_rules_kind(c->rules, KF_KIND_TRANSFER, &n);
    const char *as;
    c->ns[HANDED] = c->ns[ACCOUNT];
    if (!n) {
        kf_buf_adds(c->notes, "no transfer rule is declared: nothing tells that an account changes "
                              "hands, it is only used on\n");
        return;
    }
    c->transfer = r[0];
    c->ns[HANDED] = by_name(c, kf_rule_text(r[0], "identifier", NULL));
    owner_path(kf_rule_get(r[0], "to"), &as);
    if (by_name(c, as) != KF_ID_NONE)
        c->ns[ACCOUNT] = by_name(c, as);
}

/* ---- writing the steps ---- */

static const struct kf_node *first_select(const struct kf_node *n)
{
    if (!n || n->cls == KF_CLASS_SELECT)
        return n;
    for (uint32_t i = 0; i < n->kids; i++) {
        const struct kf_node *s = first_select(n->kid[i]);
        if (s)
            return s;
    }
    return NULL;
}

/* The name of an event that a condition asks for, and its source and platform. */
static void write_when(struct cast *c, const struct kf_rule *rule, const char *fallback,
                       struct kf_buf *more)
{
    const struct kf_node *s = rule ? first_select(kf_rule_get(rule, "when")) : NULL;
    const char *name = s && s->op == KF_S_EVENT && s->kids ? kf_node_text(s->kid[0], 0) : NULL;
    kf_buf_addf(c->text, "\"%s\"", name ? name : fallback);
    for (uint32_t i = 0; s && i < s->kids; i++) {
        const struct kf_node *f = s->kid[i];
        const char *v = f->kids ? kf_node_text(f->kid[0], 0) : NULL;
        if (f->op == KF_F_FROM_SOURCE && v)
            kf_buf_addf(more, " source=%s", v);
        else if (f->op == KF_F_ON && v)
            kf_buf_addf(more, " platform=%s", strcmp(v, "app") == 0 ? "ios" : v);
    }
}

static void put(struct cast *c, enum role r, const char *value)
{
    if (r < NOTHING && value && c->ns[r] != KF_ID_NONE)
        kf_buf_addf(c->text, " %s=%s", c->id->ns[c->ns[r]].name, value);
}

/* Both must be declared, or the step cannot be told. */
static bool playable(const struct cast *c, const struct step *s)
{
    return (s->a >= NOTHING || c->ns[s->a] != KF_ID_NONE) &&
           (s->b >= NOTHING || c->ns[s->b] != KF_ID_NONE);
}

static void write_tie(struct cast *c, const struct step *s)
{
    uint32_t a = c->ns[s->a], b = c->ns[s->b];
    const struct kf_id_link_rule *l = tied(c, a, b);
    struct kf_buf more = {0};
    if (!l && !(c->said[a] >> b & 1)) {
        c->said[a] |= 1ULL << b;
        kf_buf_addf(c->notes,
                    "no link rule ties %s to %s: an event that names both joins nothing\n",
                    c->id->ns[a].name, c->id->ns[b].name);
    }
    write_when(c, l ? kf_rules_find(c->rules, KF_KIND_LINK, l->name) : NULL, "Signed In", &more);
    put(c, s->a, s->a_value);
    put(c, s->b, s->b_value);
    if (l && l->purpose >= 0)
        kf_buf_addf(c->text, " consent.%s=granted", c->id->purpose[l->purpose]);
    if (more.n)
        kf_buf_adds(c->text, more.p);
    kf_buf_free(&more);
}

static void write_leave(struct cast *c, const struct step *s)
{
    const struct kf_rule *ids = kf_rules_find(c->rules, KF_KIND_IDENTIFIERS, "");
    const struct kf_node *n = ids ? kf_rule_get(ids, c->id->ns[c->ns[s->b]].name) : NULL;
    n = n ? kf_map_get(n, "logout") : NULL;
    const char *name = n ? kf_node_text(n, 0) : NULL;
    kf_buf_addf(c->text, "\"%s\"", name ? name : "Signed Out");
    put(c, s->a, s->a_value);
    put(c, s->b, s->b_value);
}

static void write_transfer(struct cast *c, const struct step *s)
{
    struct kf_buf more = {0};
    const char *as, *path = c->transfer ? owner_path(kf_rule_get(c->transfer, "to"), &as) : NULL;
    write_when(c, c->transfer, "Account Handed Over", &more);
    put(c, s->a, s->a_value);
    if (path && strncmp(path, "properties.", 11) == 0)
        kf_buf_addf(c->text, " %s=%s", path + 11, s->b_value);
    else if (path && strncmp(path, "traits.", 7) == 0)
        kf_buf_addf(c->text, " trait.%s=%s", path + 7, s->b_value);
    else if (path)
        kf_buf_addf(c->text, " %s=%s", path, s->b_value);
    if (more.n)
        kf_buf_adds(c->text, more.p);
    kf_buf_free(&more);
}

static void write_step(struct cast *c, const struct step *s)
{
    if (!playable(c, s) ||
        (s->b == HANDED && c->ns[HANDED] == c->ns[ACCOUNT]) || /* it is the account itself */
        (s->act == HANDS_TO && !c->transfer))
        return;
    kf_buf_addf(c->text, "%s  ", s->when);
    switch (s->act) {
    case TIES:
        write_tie(c, s);
        break;
    case SEEN:
        kf_buf_adds(c->text, "\"Page Seen\"");
        put(c, s->a, s->a_value);
        break;
    case LEAVES:
        write_leave(c, s);
        break;
    case HANDS_TO:
        write_transfer(c, s);
        break;
    }
    kf_buf_addc(c->text, '\n');
}

const char *kf_story_title(const char *name)
{
    for (size_t i = 0; i < STORIES; i++)
        if (strcmp(STORY[i].name, name) == 0)
            return STORY[i].title;
    return NULL;
}

void kf_story_write(const char *name, const struct kf_ruleset *rules, const struct kf_idset *ids,
                    struct kf_buf *text, struct kf_buf *notes)
{
    struct cast c = {.rules = rules, .id = &ids->rules, .text = text, .notes = notes};
    const struct step *step = NULL;
    for (size_t i = 0; i < STORIES; i++)
        if (strcmp(STORY[i].name, name) == 0)
            step = STORY[i].step;
    for (const struct step *s = step; s->when; s++) {
        c.needed[s->a < NOTHING ? s->a : ROLES] = true;
        c.needed[s->b < NOTHING ? s->b : ROLES] = true;
    }
    cast_roles(&c);
    if (step == ACCOUNT_TRANSFER)
        cast_transfer(&c);
    for (enum role r = ACCOUNT; r < ROLES; r++)
        if (c.needed[r] && c.ns[r] == KF_ID_NONE)
            kf_buf_addf(notes, "the rules declare no %s: what the story says of one is left out\n",
                        ROLE[r]);
    for (const struct step *s = step; s->when; s++)
        write_step(&c, s);
}
