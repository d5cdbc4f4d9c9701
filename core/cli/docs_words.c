/* What a rule says, in words: one sentence, then its parts. The language's own sentences
 * (core/lua/sentence.c) say conditions and values; here is what the settings of a kind say. */
#include "cli/docs.h"

#include "base/vec.h"
#include "lua/settings.h"

#include <ctype.h>
#include <stdio.h>

struct words {
    struct kf_docs *d;
    const struct kf_rule *r;
    struct kf_buf say;
    kf_vec(struct kf_docs_part) part;
};

static char *kept(struct words *w, struct kf_buf *b)
{
    char *text = kf_arena_strndup(&w->d->arena, b->p ? b->p : "", b->n);
    kf_buf_clear(b);
    return text;
}

static const struct kf_node *get(const struct words *w, const char *key)
{
    return kf_rule_get(w->r, key);
}

/* "a, b or c" of one text or a list of texts, without quotes. */
static void names_add(struct kf_buf *b, const struct kf_node *n, const char *last)
{
    uint32_t count = kf_node_texts(n);
    for (uint32_t i = 0; i < count; i++) {
        const char *text = kf_node_text(n, i);
        kf_buf_adds(b, i == 0 ? "" : i + 1 == count ? last : ", ");
        kf_buf_adds(b, text ? text : "?");
    }
}

/* properties.revenue is called revenue; other roots stay. */
static const char *short_path(const char *path)
{
    return strncmp(path, "properties.", 11) == 0 ? path + 11 : path;
}

/* Any setting as text: what has no form of its own is said key by key. */
static void value_add(struct kf_buf *b, const struct kf_node *n)
{
    if (n->op == KF_K && n->value.type == KF_K_TEXT) {
        kf_buf_adds(b, short_path(n->value.text.p));
    } else if (n->op == KF_T_LIST) {
        for (uint32_t i = 0; i < n->kids; i++) {
            kf_buf_adds(b, i ? ", " : "");
            value_add(b, n->kid[i]);
        }
    } else if (n->op == KF_T_MAP) {
        for (uint32_t i = 0; i < n->kids; i++) {
            bool named = !isdigit((unsigned char)n->key[i][0]) && n->kid[i]->cls != KF_CLASS_COND;
            kf_buf_adds(b, i ? ", " : "");
            kf_buf_addf(b, "%s%s", named ? n->key[i] : "", named ? " " : "");
            value_add(b, n->kid[i]);
        }
    } else if (n->op == KF_T_MODEL) {
        kf_buf_add(b, n->name.p, n->name.n);
        for (uint32_t i = 0; i < n->kids; i++) {
            kf_buf_adds(b, i ? ", " : ": ");
            value_add(b, n->kid[i]);
        }
    } else {
        kf_node_sentence(n, b);
    }
}

/* ---- parts ---- */

static void fact(struct words *w, const char *label, const char *text)
{
    if (text && *text)
        *kf_vec_push(&w->part) = (struct kf_docs_part){.label = label, .text = text};
}

/* A setting as it is, where it is given. */
static void setting(struct words *w, const char *label, const char *key)
{
    struct kf_buf b = {0};
    const struct kf_node *n = get(w, key);
    if (n) {
        value_add(&b, n);
        fact(w, label, kept(w, &b));
    }
    kf_buf_free(&b);
}

static void setting_names(struct words *w, const char *label, const char *key, const char *last)
{
    struct kf_buf b = {0};
    names_add(&b, get(w, key), last);
    fact(w, label, kept(w, &b));
    kf_buf_free(&b);
}

static void condition(struct words *w, const char *label, const char *key)
{
    const struct kf_node *n = get(w, key);
    if (n)
        *kf_vec_push(&w->part) = (struct kf_docs_part){.label = label, .node = n};
}

static void table(struct words *w, const char *label, const char *columns, const char **cell,
                  uint32_t n)
{
    *kf_vec_push(&w->part) =
        (struct kf_docs_part){.label = label, .columns = columns, .cell = cell, .n_cell = n};
}

static const char *spoken(struct words *w, const struct kf_node *n)
{
    struct kf_buf b = {0};
    if (n)
        value_add(&b, n);
    const char *text = kept(w, &b);
    kf_buf_free(&b);
    return text;
}

/* A list of maps as a table: keys are the columns' settings, separated by |. */
static void rows(struct words *w, const char *label, const char *columns, const char *keys,
                 const struct kf_node *list)
{
    uint32_t width = 1, n = 0;
    for (const char *k = keys; *k; k++)
        width += *k == '|';
    if (!list || list->op != KF_T_LIST || !list->kids)
        return;
    const char **cell = kf_arena_alloc(&w->d->arena, list->kids * width * sizeof *cell);
    for (uint32_t i = 0; i < list->kids; i++)
        for (const char *k = keys; k; k = strchr(k, '|') ? strchr(k, '|') + 1 : NULL) {
            char key[40];
            snprintf(key, sizeof key, "%.*s", (int)strcspn(k, "|"), k);
            cell[n++] = spoken(w, kf_map_get(list->kid[i], key));
        }
    table(w, label, columns, cell, n);
}

static void say(struct words *w, const char *text)
{
    kf_buf_adds(&w->say, text);
}

static void say_node(struct words *w, const char *before, const char *key, const char *after)
{
    const struct kf_node *n = get(w, key);
    if (!n)
        return;
    say(w, before);
    value_add(&w->say, n);
    say(w, after);
}

/* A condition on people, behind "A person is in it". */
static void say_who(struct words *w, const char *key)
{
    struct kf_buf b = {0};
    kf_node_sentence(get(w, key), &b);
    bool of_person = strncmp(b.p, "is ", 3) == 0 || strncmp(b.p, "can ", 4) == 0 ||
                     strncmp(b.p, "belongs ", 8) == 0;
    kf_buf_addf(&w->say, " %s %s", of_person ? "who" : "if", b.p);
    kf_buf_free(&b);
}

/* A condition on one event. */
static void say_event(struct words *w, const char *before, const char *key, const char *after)
{
    const struct kf_node *n = get(w, key);
    if (!n)
        return;
    say(w, before);
    if (n->op == KF_C_HAS) {
        say(w, "the event is ");
        n = n->kid[0];
    }
    kf_node_sentence(n, &w->say);
    say(w, after);
}

static void say_names(struct words *w, const char *before, const char *key, const char *last,
                      const char *after)
{
    const struct kf_node *n = get(w, key);
    if (!kf_node_texts(n))
        return;
    say(w, before);
    names_add(&w->say, n, last);
    say(w, after);
}

/* ---- people ---- */

static void segment(struct words *w)
{
    say(w, "A person is in it");
    say_who(w, "who");
    say_node(w, "; not if ", "except", "");
    say(w, ".");
    say_names(w, " Only with consent to ", "requires_consent", " and ", ".");
    condition(w, "Who is in it", "who");
    condition(w, "Who is left out", "except");
    setting_names(w, "Consent needed", "requires_consent", " and ");
    setting(w, "Joins after it has held for", "entry_wait");
    setting(w, "Leaves after it has not held for", "exit_wait");
    setting(w, "Exports stop above this many members", "max_size");
}

static void suppress(struct words *w)
{
    say_names(w, "Blocks ", "blocks", " and ", "");
    say_node(w, " for everybody for whom this holds: ", "who", "");
    say_names(w, " for everybody in list ", "list", " and ", "");
    say_names(w, " (that address only, asked for each ", "per_contact", "", ")");
    say(w, ".");
    condition(w, "Whom it stops", "who");
    setting(w, "List", "list");
    setting_names(w, "What it blocks", "blocks", " and ");
    setting(w, "Counts as", "reason");
    setting(w, "Asked for each", "per_contact");
    fact(w, "Can a channel override it?",
         kf_rule_bool(w->r, "cannot_be_overridden", false) ? "no, never"
                                                           : "only a channel that says so");
}

static void caps(struct words *w)
{
    const struct kf_node *n = get(w, "at_most");
    struct kf_buf b = {0};
    uint32_t many = n && n->op == KF_T_LIST ? n->kids : n ? 1 : 0;
    for (uint32_t i = 0; i < many; i++) {
        const struct kf_node *c = n->op == KF_T_LIST ? n->kid[i] : n;
        const struct kf_node *count = kf_map_get(c, "1"), *length = kf_map_get(c, "2");
        if (!count || !length)
            continue;
        kf_buf_adds(&b, b.n ? ", " : "");
        value_add(&b, count);
        kf_buf_adds(&b, " in ");
        value_add(&b, length);
    }
    fact(w, "At most", kept(w, &b));
    kf_buf_free(&b);
}

static void quiet(struct words *w)
{
    const struct kf_node *n = get(w, "quiet_hours");
    struct kf_buf b = {0};
    if (n) {
        value_add(&b, kf_map_get(n, "from"));
        kf_buf_adds(&b, " to ");
        value_add(&b, kf_map_get(n, "to"));
        const char *zone = kf_node_text(kf_map_get(n, "zone"), 0);
        kf_buf_addf(&b, ", by the %s's clock",
                    zone && strcmp(zone, "person") == 0 ? "person" : "workspace");
        const struct kf_node *days = kf_map_get(n, "whole_days");
        if (days) {
            kf_buf_adds(&b, "; all day on ");
            names_add(&b, days, " and ");
        }
        fact(w, "Quiet from", kept(w, &b));
    }
    kf_buf_free(&b);
}

static void channel(struct words *w)
{
    say_names(w, "Reaches a person through their ", "contact", " or ", "");
    say_names(w, ", with consent to ", "requires_consent", " and ", "");
    say_node(w, ", if ", "eligible", "");
    say(w, ", unless something blocks it.");
    setting_names(w, "Address", "contact", " or ");
    setting_names(w, "Consent needed", "requires_consent", " and ");
    condition(w, "Who can be reached", "eligible");
    setting(w, "Counts as sent", "sent");
    caps(w);
    quiet(w);
    setting_names(w, "Goes over these suppressions", "overrides", " and ");
}

static void consent(struct words *w)
{
    say_event(w, "Granted if ", "granted", ". ");
    say_event(w, "Denied if ", "denied", ". ");
    say_names(w, "Read from ", "from", " and ", ". ");
    say(w, strcmp(kf_rule_text(w->r, "merge", "most_restrictive"), "newest") == 0
               ? "The newest statement counts"
               : "Statements of one person must agree");
    say_node(w, "; a grant lasts ", "expires_after", "");
    say_names(w, "; kept for each ", "contact", "", " apart");
    say(w, ".");
    condition(w, "Granted", "granted");
    condition(w, "Denied", "denied");
    setting_names(w, "Read from", "from", " and ");
    setting(w, "Older grants count as unknown after", "expires_after");
    setting(w, "Kept for each", "contact");
}

/* ---- values ---- */

static void trait(struct words *w)
{
    static const struct {
        const char *keep, *text;
    } how[] = {{"newest", "The newest value of "},
               {"oldest", "The oldest value of "},
               {"first_non_empty", "The first value of "},
               {"min", "The smallest value of "},
               {"max", "The greatest value of "},
               {"sum", "The sum of the newest values by source of "},
               {"set", "All values of "},
               {"most_frequent", "The most frequent value of "}};
    const struct kf_node *from = get(w, "from"), *keep = get(w, "keep");
    const char *word = kf_rule_text(w->r, "keep", "newest");
    uint32_t n = from && from->op == KF_T_LIST ? from->kids : from ? 1 : 0;
    size_t k = 0;
    while (k + 1 < sizeof how / sizeof *how && strcmp(how[k].keep, word) != 0)
        k++;
    bool by_source = keep && keep->op == KF_T_MODEL;
    say(w, by_source ? "The newest value of the source believed most of " : how[k].text);
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_node *f = from->op == KF_T_LIST ? from->kid[i] : from;
        const struct kf_node *event = kf_map_get(f, "1"), *path = kf_map_get(f, "2");
        say(w, i == 0 ? "" : i + 1 == n ? " or " : ", ");
        const char *text = kf_node_text(path ? path : f, 0);
        say(w, text ? short_path(text) : "?");
        if (event) {
            say(w, " of ");
            kf_node_sentence(event, &w->say);
        }
    }
    if (by_source && keep->kids) {
        say(w, " (in this order: ");
        names_add(&w->say, keep->kid[0], ", ");
        say(w, ")");
    }
    say_node(w, ", forgotten after ", "forget_after", "");
    say(w, ".");
    setting(w, "Type", "type");
    setting(w, "Unit", "unit");
    setting(w, "Written as", "normalise");
    setting(w, "Forgotten after", "forget_after");
}

static void computed(struct words *w)
{
    say_node(w, "", "is", ".");
    if (w->say.n)
        w->say.p[0] = (char)toupper((unsigned char)w->say.p[0]);
    setting(w, "Unit", "unit");
}

static void bands(struct words *w)
{
    const struct kf_node *n = get(w, "bands");
    if (!n)
        return;
    if (n->op == KF_T_LIST && n->kids && kf_map_get(n->kid[0], "2"))
        rows(w, "Bands", "Band|From>", "1|2", n);
    else if (n->op == KF_T_LIST)
        rows(w, "Bands", "Band|Recency|Frequency|Value", "1|recency|frequency|value", n);
    else
        setting(w, "Bands", "bands");
}

static void score(struct words *w)
{
    const struct kf_node *add = get(w, "add"), *range = get(w, "range");
    if (get(w, "model")) {
        say_node(w, "A fitted model: ", "model", ".");
    } else {
        say_node(w, "Starts at ", "start", "");
        if (!get(w, "start"))
            say(w, "Starts at 0");
        kf_buf_addf(&w->say, "; %u sign%s add%s or take%s away points", add ? add->kids : 0,
                    add && add->kids == 1 ? "" : "s", add && add->kids == 1 ? "s" : "",
                    add && add->kids == 1 ? "s" : "");
        if (range) {
            say(w, "; cut off at ");
            value_add(&w->say, kf_map_get(range, "1"));
            say(w, " and ");
            value_add(&w->say, kf_map_get(range, "2"));
        }
        say(w, ".");
    }
    rows(w, "Points", "Points>|Sign|When", "points|label|when", add);
    setting(w, "Model", "model");
    bands(w);
    setting(w, "Parameters are good for", "valid_for");
}

/* ---- fraud, attribution ---- */

static void fraud(struct words *w)
{
    say_node(w, "Looks at ", "look_at", "");
    say_node(w, "; rejects if ", "reject", "");
    say_node(w, "; suspicious if ", "suspicious", "");
    say_node(w, "; points make it suspicious from ", "flag_at", "");
    say_node(w, " and reject from ", "reject_at", "");
    say(w, ".");
    setting(w, "Looks at", "look_at");
    condition(w, "Never, if", "allow");
    condition(w, "Rejected, if", "reject");
    condition(w, "Suspicious, if", "suspicious");
    rows(w, "Points", "Points>|Sign|When", "points|label|when", get(w, "signals"));
    setting(w, "Suspicious from points", "flag_at");
    setting(w, "Rejected from points", "reject_at");
    const char *action = kf_rule_text(w->r, "action", "mark");
    fact(w, "What follows from a reject",
         strcmp(action, "no_credit") == 0   ? "the touch gets no credit"
         : strcmp(action, "leave_out") == 0 ? "its events count nowhere"
         : strcmp(action, "hold") == 0      ? "its profiles get nothing while it is looked at"
                                            : "it is marked, nothing else");
}

static void attribution(struct words *w)
{
    say_node(w, "Each ", "outcome", "");
    say_node(w, " is credited by its ", "value", "");
    say_node(w, " to touches of the last ", "look_back", "");
    say_node(w, ", model ", "model", "");
    say(w, ".");
    setting(w, "Outcome", "outcome");
    setting(w, "Value", "value");
    setting(w, "Counted once per", "once_per");
    setting(w, "Touches", "touches");
    setting(w, "Looks back", "look_back");
    setting(w, "Model", "model");
    setting(w, "Half-life", "half_life");
    setting(w, "Credit", "credit");
    setting(w, "Channels", "channels");
    condition(w, "Touches that get nothing", "ignore");
    setting(w, "Same touch within", "same_touch_within");
    setting(w, "Refunds", "refunds");
}

static void channel_group(struct words *w)
{
    const struct kf_node *n = get(w, "groups");
    kf_buf_addf(&w->say, "Names the channel of a touch: the first of %u that fits.",
                n ? n->kids : 0);
    rows(w, "Channels", "Channel|When", "name|when", n);
}

/* ---- events ---- */

static void flag(struct words *w)
{
    say_event(w, "Marks an event if ", "when", "");
    say(w, kf_rule_bool(w->r, "leave_out", false) ? ". They count in no condition, value or report."
                                                  : ". They still count.");
    condition(w, "Which events", "when");
}

static void expect(struct words *w)
{
    static const struct {
        const char *check, *text;
    } what[] = {{"names", "Only known names of events occur"},
                {"properties", "Events have the properties they need"},
                {"time", "Times are believable"},
                {"money", "Amounts are numbers in known currencies"},
                {"test_traffic", "Test traffic is marked"},
                {"activation", "People are reached through channels that they allowed"},
                {"duplicates", "Nothing comes twice"}};
    const char *check = kf_rule_text(w->r, "check", "");
    for (size_t i = 0; i < sizeof what / sizeof *what; i++)
        if (strcmp(what[i].check, check) == 0)
            say(w, what[i].text);
    say_node(w, ": ", "on", "");
    say(w, ".");
    static const char *const keys[][2] = {{"On", "on"},
                                          {"Known names", "names"},
                                          {"Needs", "needs"},
                                          {"Properties", "properties"},
                                          {"Other properties", "others"},
                                          {"Known by", "key"},
                                          {"Amounts", "amounts"},
                                          {"Currencies", "currencies"},
                                          {"Adds up", "adds_up"},
                                          {"Mark", "flag"},
                                          {"Looks like it", "looks_like"},
                                          {"In the future by more than", "future"},
                                          {"Older than", "stale"},
                                          {"Clocks apart by more than", "skew"},
                                          {"Channels", "channels"}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        setting(w, keys[i][0], keys[i][1]);
    setting(w, "Share that may be wrong", "allow");
    setting(w, "If it fails", "severity");
    setting_names(w, "Holds back", "gate", " and ");
}

static void export(struct words *w)
{
    say_names(w, "Sends members of ", "segment", "", "");
    say_names(w, " who may be reached by ", "channel", "", "");
    say_names(w, " to ", "to", "", "");
    say_names(w, ", known there by ", "identifiers", " and ", "");
    say_names(w, ", with ", "fields", " and ", "");
    say(w, ".");
    setting(w, "Segment", "segment");
    setting(w, "Channel", "channel");
    setting(w, "Goes to", "to");
    setting_names(w, "Sent identifiers", "identifiers", " and ");
    setting_names(w, "Sent fields", "fields", " and ");
    setting(w, "Mode", "mode");
    condition(w, "Held out", "holdout");
    setting_names(w, "Consent needed", "requires_consent", " and ");
    setting(w, "Only the first", "top");
}

static void custom(struct words *w)
{
    say_names(w, "A program that returns a ", "returns", "", "");
    say_node(w, " from ", "reads", "");
    say(w, ". What it does is written in Lua and has to be read there.");
    setting(w, "Reads", "reads");
    setting(w, "Returns", "returns");
}

/* ---- identity ---- */

static void link(struct words *w)
{
    say_names(w, "", "connect", " and ", " of one event are one person's");
    say_event(w, " if ", "when", "");
    say_names(w, " (", "strength", "", ")");
    say_names(w, "; only with consent to ", "requires_consent", "", "");
    say(w, ".");
    condition(w, "When", "when");
    setting_names(w, "Joins", "connect", " and ");
    setting(w, "Strength", "strength");
    setting_names(w, "Consent needed", "requires_consent", " and ");
}

/* Names of identifiers, or fields that hold one: "user_id and other_user_id (a user_id)". */
static const char *ends(struct words *w, const char *key)
{
    const struct kf_node *n = get(w, key);
    uint32_t count = n && n->op == KF_T_LIST ? n->kids : n ? 1 : 0;
    struct kf_buf b = {0};
    for (uint32_t i = 0; i < count; i++) {
        const struct kf_node *k = n->op == KF_T_LIST ? n->kid[i] : n;
        const struct kf_node *path = kf_map_get(k, "1"), *as = kf_map_get(k, "as");
        kf_buf_adds(&b, i ? " and " : "");
        value_add(&b, path ? path : k);
        if (as)
            kf_buf_addf(&b, " (%s)", kf_node_text(as, 0));
    }
    const char *text = kept(w, &b);
    kf_buf_free(&b);
    return text;
}

static void never_link(struct words *w)
{
    const char *sides = ends(w, "separate");
    say(w, "Keeps ");
    say(w, sides);
    say_event(w, " apart if ", "when", ".");
    condition(w, "When", "when");
    fact(w, "Keeps apart", sides);
}

static void transfer(struct words *w)
{
    const char *to = ends(w, "to");
    say_event(w, "If ", "when", ", ");
    say_names(w, "", "identifier", "", " belongs to a new owner from then on");
    if (*to) {
        say(w, ": ");
        say(w, to);
    }
    say(w, ".");
    condition(w, "When", "when");
    setting(w, "Identifier", "identifier");
    fact(w, "New owner", to);
}

void kf_docs_words(struct kf_docs *d, struct kf_docs_entry *e)
{
    static void (*const kinds[KF_KIND_COUNT])(struct words *) = {
        [KF_KIND_SEGMENT] = segment,
        [KF_KIND_SUPPRESS] = suppress,
        [KF_KIND_CHANNEL] = channel,
        [KF_KIND_CONSENT] = consent,
        [KF_KIND_TRAIT] = trait,
        [KF_KIND_COMPUTED] = computed,
        [KF_KIND_SCORE] = score,
        [KF_KIND_FRAUD] = fraud,
        [KF_KIND_ATTRIBUTION] = attribution,
        [KF_KIND_CHANNEL_GROUP] = channel_group,
        [KF_KIND_FLAG] = flag,
        [KF_KIND_EXPECT] = expect,
        [KF_KIND_EXPORT] = export,
        [KF_KIND_CUSTOM] = custom,
        [KF_KIND_LINK] = link,
        [KF_KIND_NEVER_LINK] = never_link,
        [KF_KIND_TRANSFER] = transfer};
    struct words w = {.d = d, .r = e->rule};
    if (kinds[e->rule->kind])
        kinds[e->rule->kind](&w);
    setting(&w, "In force from", "starts");
    setting(&w, "In force until", "ends");
    e->say = kept(&w, &w.say);
    e->n_part = (uint32_t)w.part.n;
    struct kf_docs_part *p = kf_arena_alloc(&d->arena, (w.part.n + 1) * sizeof *p);
    if (w.part.n)
        memcpy(p, w.part.p, w.part.n * sizeof *p);
    e->part = p;
    kf_vec_free(&w.part);
    kf_buf_free(&w.say);
}
