/* What a kind asks of its settings together. */
#include <stdlib.h>

#include "base/phone.h"
#include "lua/check.h"

static void needs_one(struct kf_check *c, const char *const *keys, const char *text)
{
    for (; *keys; keys++)
        if (kf_rule_get(c->rule, *keys))
            return;
    kf_word_report(c->w, KF_CODE_MISSING_SETTING, c->rule->pos, NULL, "%s \"%s\" needs %s",
                   kf_kind_name(c->rule->kind), c->rule->name, text);
}

static void needs_with(struct kf_check *c, const char *key, const char *with)
{
    if (kf_rule_get(c->rule, key) && !kf_rule_get(c->rule, with))
        kf_word_report(c->w, KF_CODE_MISSING_SETTING, c->rule->pos, NULL,
                       "%s \"%s\" has '%s' and needs '%s' with it", kf_kind_name(c->rule->kind),
                       c->rule->name, key, with);
}

static void only_one(struct kf_check *c, const char *a, const char *b)
{
    const struct kf_node *n = kf_rule_get(c->rule, b);
    if (kf_rule_get(c->rule, a) && n)
        kf_word_report(c->w, KF_CODE_SETTING_TWICE, n->pos, "take one of them",
                       "%s \"%s\" has both '%s' and '%s'", kf_kind_name(c->rule->kind),
                       c->rule->name, a, b);
}

/* A limit of nothing would either mean nothing or forbid everybody; neither is what is meant. */
static void check_no_zero(struct kf_check *c, const char *ns, const struct kf_node *m,
                          const char *key)
{
    const struct kf_node *n = kf_map_get(m, key);
    if (n && n->op != KF_K)
        n = kf_map_get(n, strcmp(key, "per_profile") == 0 ? "1" : key);
    if (!n || n->op != KF_K)
        return;
    bool none = n->value.type == KF_K_NUMBER   ? n->value.number.m <= 0
                : n->value.type == KF_K_LENGTH ? n->value.ns <= 0
                                               : false;
    if (none)
        kf_word_report(c->w, KF_CODE_RANGE, n->pos, "leave it out where there is no limit",
                       "'%s' of '%s' is 0; a limit begins above it", key, ns);
}

static void check_mailboxes(struct kf_check *c, const char *ns, const struct kf_node *m)
{
    const struct kf_node *domains = kf_map_get(m, "domains");
    const char *normalise = kf_node_text(kf_map_get(m, "normalise"), 0);
    if (domains && (!normalise || strcmp(normalise, "email") != 0))
        kf_word_report(c->w, KF_CODE_MISSING_SETTING, domains->pos, "normalise = \"email\"",
                       "'%s' has rules for mail domains and is no mail address", ns);
}

static void check_region(struct kf_check *c, const char *ns, const struct kf_node *m)
{
    const struct kf_node *n = kf_map_get(m, "region");
    const char *normalise = kf_node_text(kf_map_get(m, "normalise"), 0), *region;
    if (!n || !(region = kf_node_text(n, 0)))
        return;
    if (!normalise || strcmp(normalise, "phone") != 0)
        kf_word_report(c->w, KF_CODE_MISSING_SETTING, n->pos, "normalise = \"phone\"",
                       "'%s' has a region and is no telephone number", ns);
    else if (!kf_phone_available())
        kf_word_report(c->w, KF_CODE_ARGUMENT, n->pos,
                       "build Kinfold with libphonenumber, or leave the region out",
                       "this build does not know how numbers are written in '%s'", region);
    else if (!kf_phone_region_known(region))
        kf_word_report(c->w, KF_CODE_ARGUMENT, n->pos,
                       "two capitals of ISO 3166, as \"DE\" or \"US\"",
                       "'%s' is no country with telephone numbers", region);
}

static void check_identifiers(struct kf_check *c)
{
    static const char *const limits[] = {"per_profile", "shared_above", "expires_after"};
    const struct kf_node *body = c->rule->body;
    for (uint32_t i = 0; i < body->kids; i++) {
        const struct kf_node *per = kf_map_get(body->kid[i], "per_profile");
        for (size_t k = 0; k < sizeof limits / sizeof *limits; k++)
            check_no_zero(c, body->key[i], body->kid[i], limits[k]);
        if (per && per->op != KF_K)
            check_no_zero(c, body->key[i], per, "within");
        check_mailboxes(c, body->key[i], body->kid[i]);
        check_region(c, body->key[i], body->kid[i]);
    }
    for (uint32_t i = 0; i < body->kids; i++) {
        const struct kf_node *rank = kf_map_get(body->kid[i], "rank");
        if (rank && rank->value.number.m < 1)
            kf_word_report(c->w, KF_CODE_RANGE, rank->pos, NULL, "ranks begin at 1");
        for (uint32_t k = 0; rank && k < i; k++) {
            const struct kf_node *other = kf_map_get(body->kid[k], "rank");
            if (other && kf_dec_cmp(rank->value.number, other->value.number) == 0)
                kf_word_report(c->w, KF_CODE_RANGE, rank->pos, "the strongest has 1; each its own",
                               "'%s' and '%s' have the same rank", body->key[k], body->key[i]);
        }
        const char *shared = kf_node_text(kf_map_get(body->kid[i], "when_shared"), 0);
        if (shared && strcmp(shared, "reset_on_logout") == 0 && !kf_map_get(body->kid[i], "logout"))
            kf_word_report(
                c->w, KF_CODE_MISSING_SETTING, body->kid[i]->pos, "logout = \"Signed Out\"",
                "'%s' is reset on logout and needs 'logout', the name of that event", body->key[i]);
    }
}

static bool is_clock(const char *s)
{
    return s && strlen(s) == 5 && s[2] == ':' && strspn(s, "0123456789:") == 5 && atoi(s) < 24 &&
           atoi(s + 3) < 60;
}

static void check_channel(struct kf_check *c)
{
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    static const char *const keys[] = {"from", "to"};
    const struct kf_node *quiet = kf_rule_get(c->rule, "quiet_hours");
    for (size_t i = 0; quiet && i < 2; i++) {
        const struct kf_node *t = kf_map_get(quiet, keys[i]);
        if (t && !is_clock(t->value.text.p))
            kf_word_report(c->w, KF_CODE_TIME, t->pos, "write \"21:00\"", "'%s' is no time of day",
                           t->value.text.p);
    }
    const struct kf_node *whole = quiet ? kf_map_get(quiet, "whole_days") : NULL;
    for (uint32_t i = 0; i < kf_node_texts(whole); i++) {
        const char *day = kf_node_text(whole, i);
        bool known = false;
        for (size_t k = 0; k < 7; k++)
            known |= strcmp(days[k], day) == 0;
        if (!known)
            kf_word_report(c->w, KF_CODE_UNKNOWN_CHOICE, whole->pos,
                           kf_check_suggest(c, day, days, 7), "'%s' is no weekday", day);
    }
    needs_with(c, "at_most", "sent");
}

static void check_bands(struct kf_check *c)
{
    const struct kf_node *bands = kf_rule_get(c->rule, "bands");
    if (!bands)
        return;
    if (bands->op == KF_T_MODEL && bands->kids)
        bands = bands->kid[0];
    const struct kf_node *before = NULL;
    for (uint32_t i = 0; i < bands->kids; i++) {
        const struct kf_node *from = kf_map_get(bands->kid[i], "2");
        if (from && before && from->value.type == KF_K_NUMBER &&
            before->value.type == KF_K_NUMBER &&
            kf_dec_cmp(before->value.number, from->value.number) >= 0)
            kf_word_report(c->w, KF_CODE_RANGE, from->pos, "each band goes up to the next",
                           "bands ascend; '%s' does not begin above the band before it",
                           kf_node_text(kf_map_get(bands->kid[i], "1"), 0));
        before = from;
    }
}

static void check_expect(struct kf_check *c)
{
    static const struct {
        const char *check, *key;
    } needs[] = {{"names", "names"},       {"properties", "on"},       {"money", "on"},
                 {"test_traffic", "flag"}, {"activation", "channels"}, {"duplicates", "on"},
                 {"duplicates", "key"}};
    const char *check = kf_rule_text(c->rule, "check", "");
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (strcmp(check, needs[i].check) == 0 && !kf_rule_get(c->rule, needs[i].key))
            kf_word_report(c->w, KF_CODE_MISSING_SETTING, c->rule->pos, NULL,
                           "expect \"%s\" with check = \"%s\" needs '%s'", c->rule->name, check,
                           needs[i].key);
}

void kf_check_kind(struct kf_check *c)
{
    const struct kf_rule *r = c->rule;
    if (r->starts != KF_TIME_MIN && r->ends != KF_TIME_MAX && r->starts >= r->ends)
        kf_word_report(c->w, KF_CODE_RANGE, kf_rule_get(r, "ends")->pos, NULL,
                       "%s \"%s\" ends before it starts", kf_kind_name(r->kind), r->name);
    switch (r->kind) {
    case KF_KIND_IDENTIFIERS:
        check_identifiers(c);
        break;
    case KF_KIND_LIMITS:
        check_no_zero(c, "limits", r->body, "max_identifiers");
        break;
    case KF_KIND_COMPUTED:
        if (kf_check_defined(c, KF_KIND_TRAIT, r->name))
            kf_word_report(c->w, KF_CODE_RULE_TWICE, r->pos,
                           "trait \"x\" asks both; give one another name",
                           "'%s' is a trait and a computed", r->name);
        break;
    case KF_KIND_SUPPRESS:
        needs_one(c, (const char *const[]){"who", "list", NULL}, "'who' or 'list'");
        break;
    case KF_KIND_CHANNEL:
        check_channel(c);
        break;
    case KF_KIND_FRAUD:
        needs_one(c, (const char *const[]){"reject", "suspicious", "signals", NULL},
                  "'reject', 'suspicious' or 'signals'");
        needs_with(c, "signals", "flag_at");
        break;
    case KF_KIND_SCORE:
        needs_one(c, (const char *const[]){"add", "model", NULL}, "'add' or 'model'");
        only_one(c, "model", "add");
        check_bands(c);
        break;
    case KF_KIND_ATTRIBUTION:
        only_one(c, "model", "credit");
        break;
    case KF_KIND_EXPECT:
        check_expect(c);
        break;
    default:
        break;
    }
}
