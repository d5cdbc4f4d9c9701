/* Reading a tree aloud: one sentence form for every node (RULES 5). */
#include <stdlib.h>
#include <string.h>

#include "lua/rules.h"

static void say(const struct kf_node *n, struct kf_buf *out);

static const char *month_name(int64_t m)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    return m >= 1 && m <= 12 ? names[m - 1] : "?";
}

static void say_length(const struct kf_const *k, struct kf_buf *out)
{
    char text[64];
    if (k->type == KF_K_MONTHS) {
        bool years = k->months % 12 == 0 && k->months;
        int n = years ? k->months / 12 : k->months;
        kf_buf_addf(out, "%d %s%s", n, years ? "year" : "month", n == 1 ? "" : "s");
        return;
    }
    kf_duration_format(k->ns, text);
    kf_buf_adds(out, text);
}

static void say_const(const struct kf_const *k, struct kf_buf *out)
{
    char text[80];
    switch (k->type) {
    case KF_K_NONE:
        kf_buf_adds(out, "nothing");
        break;
    case KF_K_BOOL:
        kf_buf_adds(out, k->boolean ? "true" : "false");
        break;
    case KF_K_NUMBER:
        kf_dec_format(k->number, text);
        kf_buf_adds(out, text);
        break;
    case KF_K_TEXT:
        kf_buf_addf(out, "'%.*s'", (int)k->text.n, k->text.p);
        break;
    case KF_K_VERSION:
        kf_buf_addf(out, "version %.*s", (int)k->text.n, k->text.p);
        break;
    case KF_K_MONEY:
        kf_money_format(k->money, text, sizeof text);
        kf_buf_adds(out, text);
        break;
    case KF_K_LENGTH:
    case KF_K_MONTHS:
        say_length(k, out);
        break;
    case KF_K_DATE:
        kf_day_format(k->day, text);
        kf_buf_adds(out, text);
        break;
    case KF_K_INSTANT:
        kf_time_format(k->ns, text);
        kf_buf_adds(out, text);
        break;
    }
}

/* properties.revenue is said as revenue; other roots stay. */
static void say_path(struct kf_str path, struct kf_buf *out)
{
    const char *root = "properties.";
    size_t n = strlen(root);
    if (path.n > n && memcmp(path.p, root, n) == 0)
        path = kf_str(path.p + n, path.n - n);
    kf_buf_add(out, path.p, path.n);
}

static void say_list(const struct kf_node *n, uint32_t from, const char *last, struct kf_buf *out)
{
    for (uint32_t i = from; i < n->kids; i++) {
        if (i > from)
            kf_buf_adds(out, i + 1 == n->kids ? last : ", ");
        say(n->kid[i], out);
    }
}

/* ---- events ---- */

static bool is_select(const struct kf_node *n)
{
    return n->cls == KF_CLASS_SELECT;
}

static void say_same(const struct kf_node *filter, struct kf_buf *out)
{
    const struct kf_node *last = filter->kid[filter->kids - 1];
    if (filter->kids > 1 && last->op == KF_T_LIST) {
        kf_buf_adds(out, " with the same ");
        say_list(last, 0, " and ", out);
    }
}

static void say_followed(const struct kf_node *f, struct kf_buf *out)
{
    kf_buf_adds(out, f->op == KF_F_FOLLOWED_BY ? " followed by " : " not followed by ");
    say(f->kid[0], out);
    if (f->kids > 1 && f->kid[1]->op == KF_K) {
        kf_buf_adds(out, " within ");
        say_length(&f->kid[1]->value, out);
    }
    say_same(f, out);
}

static void say_where(const struct kf_node *f, struct kf_buf *out)
{
    kf_buf_adds(out, " where ");
    say_list(f, 0, " and ", out);
}

/* Filters that are one word and what follows. */
static bool say_simple_filter(const struct kf_node *f, struct kf_buf *out)
{
    static const struct {
        uint16_t op;
        const char *before, *after;
    } forms[] = {{KF_F_WITHIN, " in the last ", ""},
                 {KF_F_ONCE_PER, " (once per ", ")"},
                 {KF_F_PER, ", for one ", " at a time,"},
                 {KF_F_IN_ANY, " in some stretch of ", ""},
                 {KF_F_NEWEST, " (the newest ", ")"},
                 {KF_F_OLDEST, " (the oldest ", ")"},
                 {KF_F_FROM_SOURCE, " from source ", ""},
                 {KF_F_ON, " on ", ""},
                 {KF_F_WITH_SAME, " of anybody with the same ", ""}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (forms[i].op != f->op)
            continue;
        kf_buf_adds(out, forms[i].before);
        say_list(f, 0, f->op == KF_F_WITH_SAME ? " and " : " or ", out);
        kf_buf_adds(out, forms[i].after);
        return true;
    }
    return false;
}

static void say_filter(const struct kf_node *f, struct kf_buf *out)
{
    if (say_simple_filter(f, out))
        return;
    switch (f->op) {
    case KF_F_WHERE:
        say_where(f, out);
        break;
    case KF_F_BETWEEN_AGO:
        kf_buf_adds(out, " between ");
        say_length(&f->kid[0]->value, out);
        kf_buf_adds(out, " and ");
        say_length(&f->kid[1]->value, out);
        kf_buf_adds(out, " ago");
        break;
    case KF_F_SINCE:
        if (f->kids > 1) {
            kf_buf_adds(out, " in the first ");
            say_length(&f->kid[1]->value, out);
            kf_buf_adds(out, " since ");
        } else {
            kf_buf_adds(out, " since ");
        }
        say(f->kid[0], out);
        break;
    case KF_F_BETWEEN:
        kf_buf_adds(out, " from ");
        say(f->kid[0], out);
        kf_buf_adds(out, " to ");
        say(f->kid[1], out);
        break;
    case KF_F_THIS:
    case KF_F_PREVIOUS:
        kf_buf_addf(out, " in %s %.*s", f->op == KF_F_THIS ? "this" : "the previous",
                    (int)f->name.n, f->name.p);
        break;
    case KF_F_EACH:
        kf_buf_adds(out, ", each of its ");
        say_path(f->name, out);
        break;
    default:
        say_followed(f, out);
    }
}

/* 'Order Completed' in the last 30 days where ... */
static void say_select(const struct kf_node *s, struct kf_buf *out)
{
    uint32_t from = 0;
    if (s->op == KF_S_EVENT) {
        from = 1;
        if (s->kids)
            say_list(s->kid[0], 0, " or ", out);
    } else {
        kf_buf_adds(out, s->op == KF_S_TOUCH ? "a campaign touch" : "any activity");
    }
    for (uint32_t i = from; i < s->kids; i++)
        say_filter(s->kid[i], out);
}

/* ---- values ---- */

static bool say_aggregate(const struct kf_node *n, struct kf_buf *out)
{
    static const struct {
        uint16_t op;
        const char *text;
    } forms[] = {{KF_E_COUNT, "the number of "},
                 {KF_E_DAYS, "the number of days with "},
                 {KF_E_PROFILES, "the number of profiles with "},
                 {KF_E_FIRST_TIME, "the time of the first "},
                 {KF_E_LAST_TIME, "the time of the last "}};
    static const struct {
        uint16_t op;
        const char *text;
    } of[] = {{KF_E_DISTINCT, "the number of different "},
              {KF_E_SUM, "the "},
              {KF_E_AVERAGE, "the average "},
              {KF_E_MIN, "the smallest "},
              {KF_E_MAX, "the greatest "},
              {KF_E_MOST_FREQUENT, "the most frequent "},
              {KF_E_FIRST, "the first "},
              {KF_E_LAST, "the last "}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].op == n->op) {
            kf_buf_adds(out, forms[i].text);
            say(n->kid[0], out);
            return true;
        }
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (of[i].op == n->op) {
            kf_buf_adds(out, of[i].text);
            say(n->kid[1], out);
            kf_buf_adds(out, " of ");
            say(n->kid[0], out);
            return true;
        }
    return false;
}

static void say_pair(const struct kf_node *n, const char *before, const char *between,
                     struct kf_buf *out)
{
    kf_buf_adds(out, before);
    say(n->kid[0], out);
    kf_buf_adds(out, between);
    say(n->kid[1], out);
}

static void say_expr(const struct kf_node *n, struct kf_buf *out)
{
    int len = (int)n->name.n;
    const char *name = n->name.p;
    if (say_aggregate(n, out))
        return;
    switch (n->op) {
    case KF_E_TIME_BETWEEN:
        say_pair(n, "the shortest time from ", " to ", out);
        break;
    case KF_E_RATIO:
        say_pair(n, "the ratio of ", " to ", out);
        break;
    case KF_E_DIFFERENCE:
        say_pair(n, "", " less ", out);
        break;
    case KF_E_TOTAL:
        kf_buf_adds(out, "the total of ");
        say_list(n, 0, " and ", out);
        break;
    case KF_E_DAYS_SINCE:
        kf_buf_adds(out, "the days since ");
        say(n->kid[0], out);
        break;
    case KF_E_BUCKET:
        kf_buf_adds(out, "the step of ");
        say(n->kid[0], out);
        for (uint32_t i = 1; i + 1 < n->kids; i += 2) {
            kf_buf_adds(out, i == 1 ? " (" : ", ");
            say(n->kid[i], out);
            kf_buf_adds(out, " from ");
            say(n->kid[i + 1], out);
        }
        kf_buf_adds(out, ")");
        break;
    case KF_E_TRAVEL_SPEED:
        kf_buf_adds(out, "the greatest speed (km/h) between two successive ");
        say(n->kid[0], out);
        break;
    case KF_E_TRAIT:
        kf_buf_addf(out, "trait '%.*s'", len, name);
        break;
    case KF_E_TRAIT_CHANGED:
        kf_buf_addf(out, "the last change of trait '%.*s'", len, name);
        break;
    case KF_E_TRAIT_PREVIOUS:
        kf_buf_addf(out, "the value of trait '%.*s' before", len, name);
        break;
    case KF_E_ACCOUNT_TRAIT:
        kf_buf_addf(out, "the group's trait '%.*s'", len, name);
        break;
    case KF_E_IDENTIFIER:
        kf_buf_addf(out, "identifier '%.*s'", len, name);
        break;
    case KF_E_IDENTIFIER_COUNT:
        kf_buf_addf(out, "the number of identifiers '%.*s'", len, name);
        break;
    case KF_E_PROPERTY:
        say_path(n->name, out);
        break;
    case KF_E_TOUCH:
        kf_buf_addf(out, "the touch's %.*s", len, name);
        break;
    case KF_E_CONSENT:
        kf_buf_addf(out, "consent to '%.*s'", len, name);
        if (n->kids)
            kf_buf_addf(out, " for the %.*s", (int)n->kid[0]->value.text.n,
                        n->kid[0]->value.text.p);
        break;
    case KF_E_CONSENT_TIME:
        kf_buf_addf(out, "the newest statement on '%.*s'", len, name);
        break;
    case KF_E_SCORE:
        kf_buf_addf(out, "score '%.*s'", len, name);
        break;
    case KF_E_SCORE_BAND:
        kf_buf_addf(out, "the band of score '%.*s'", len, name);
        break;
    case KF_E_CUSTOM:
        kf_buf_addf(out, "custom '%.*s'", len, name);
        break;
    case KF_E_MEMBERS:
        kf_buf_addf(out, "the number of members of the %.*s with ", len, name);
        say(n->kid[0], out);
        break;
    default:
        kf_node_canonical(n, out);
    }
}

/* ---- tests ---- */

static void say_values(const struct kf_node *t, const char *before, struct kf_buf *out)
{
    kf_buf_adds(out, before);
    say_list(t, 0, " or ", out);
}

static void say_test(const struct kf_node *t, struct kf_buf *out)
{
    static const struct {
        uint16_t op;
        const char *text;
    } forms[] = {{KF_T_IS, " is "},
                 {KF_T_IS_NOT, " is not "},
                 {KF_T_ONE_OF, " is one of "},
                 {KF_T_NONE_OF, " is none of "},
                 {KF_T_AT_LEAST, " is at least "},
                 {KF_T_AT_MOST, " is at most "},
                 {KF_T_MORE, " is more than "},
                 {KF_T_LESS, " is less than "},
                 {KF_T_EXISTS, " is there"},
                 {KF_T_MISSING, " is missing"},
                 {KF_T_CONTAINS, " contains "},
                 {KF_T_STARTS, " starts with "},
                 {KF_T_ENDS, " ends with "},
                 {KF_T_MATCHES, " matches "},
                 {KF_T_BEFORE, " is before "},
                 {KF_T_AFTER, " is after "},
                 {KF_T_SINCE, " is since "},
                 {KF_T_WITHIN, " is within the last "},
                 {KF_T_OLDER, " is longer ago than "},
                 {KF_T_WITHIN_NEXT, " is within the next "},
                 {KF_T_ON_WEEKDAY, " is on "}};
    size_t i = 0;
    while (i < sizeof forms / sizeof *forms && forms[i].op != t->op)
        i++;
    if (i < sizeof forms / sizeof *forms) {
        say_values(t, forms[i].text, out);
    } else if (t->op == KF_T_BETWEEN) {
        say_pair(t, " is between ", " and ", out);
    } else if (t->op == KF_T_IN_LIST) {
        kf_buf_addf(out, " is in list '%.*s'", (int)t->name.n, t->name.p);
    } else if (t->op == KF_T_IN_MONTH) {
        const struct kf_const *k = &t->kid[0]->value;
        if (k->type == KF_K_TEXT)
            kf_buf_addf(out, " is in %s month", k->text.p);
        else
            kf_buf_addf(out, " is in %s", month_name(k->number.m));
    } else if (t->op == KF_T_AT_HOURS) {
        kf_buf_addf(out, " is between %s and %s o'clock", t->kid[0]->value.text.p,
                    t->kid[1]->value.text.p);
    } else if (t->op == KF_T_ANNIVERSARY) {
        say_values(t, " comes round within ", out);
    }
    if (t->flags & KF_NODE_IGNORE_CASE)
        kf_buf_adds(out, " (in any case)");
}

/* ---- conditions ---- */

/* A part of a combination: brackets where it is one itself. */
static void say_parts(const struct kf_node *n, const char *before, const char *between,
                      struct kf_buf *out)
{
    kf_buf_adds(out, before);
    for (uint32_t i = 0; i < n->kids; i++) {
        const struct kf_node *k = n->kid[i];
        bool bracket = n->kids > 1 &&
                       (k->op == KF_C_ALL || k->op == KF_C_ANY || k->op == KF_C_AT_LEAST_OF) &&
                       k->kids > 1;
        if (i)
            kf_buf_adds(out, between);
        if (bracket)
            kf_buf_addc(out, '(');
        say(k, out);
        if (bracket)
            kf_buf_addc(out, ')');
    }
}

static void say_cond(const struct kf_node *n, struct kf_buf *out)
{
    int len = (int)n->name.n;
    const char *name = n->name.p;
    char text[40];
    switch (n->op) {
    case KF_C_ALL:
        say_parts(n, "", " and ", out);
        break;
    case KF_C_ANY:
        say_parts(n, "", " or ", out);
        break;
    case KF_C_NONE:
        say_parts(n, n->kids > 1 ? "none of: " : "not: ", "; ", out);
        break;
    case KF_C_AT_LEAST_OF:
        kf_buf_addf(out, "at least %lld of: ", (long long)n->value.number.m);
        say_parts(n, "", "; ", out);
        break;
    case KF_C_TEST:
        say(n->kid[0], out);
        say(n->kid[1], out);
        break;
    case KF_C_HAS:
        kf_buf_adds(out, "there is ");
        say(n->kid[0], out);
        break;
    case KF_C_SEQUENCE:
        kf_buf_adds(out, "there is, in this order, ");
        say_list(n, 0, ", then ", out);
        if (n->value.type != KF_K_NONE) {
            kf_buf_adds(out, ", each step within ");
            say_length(&n->value, out);
        }
        break;
    case KF_C_SEGMENT:
        kf_buf_addf(out, "is in segment '%.*s'", len, name);
        break;
    case KF_C_SUPPRESS:
        kf_buf_addf(out, "is suppressed by '%.*s'", len, name);
        break;
    case KF_C_CHANNEL:
        kf_buf_addf(out, "can be reached by '%.*s' now", len, name);
        break;
    case KF_C_FLAG:
        kf_buf_addf(out, "is marked '%.*s'", len, name);
        break;
    case KF_C_FRAUD:
        kf_buf_addf(out, "fraud rule '%.*s' says %s", len, name,
                    n->value.type == KF_K_TEXT ? n->value.text.p : "suspicious or reject");
        break;
    case KF_C_CUSTOM:
        kf_buf_addf(out, "custom '%.*s' holds", len, name);
        break;
    case KF_C_MEMBER:
        kf_buf_addf(out, "belongs to a group '%.*s' whose ", len, name);
        say(n->kid[0], out);
        break;
    case KF_C_FIRST_TOUCH:
    case KF_C_LAST_TOUCH:
        kf_buf_addf(out, "of the %s touch, ", n->op == KF_C_FIRST_TOUCH ? "first" : "last");
        say(n->kid[0], out);
        break;
    case KF_C_HOLDOUT: {
        struct kf_dec d = n->value.number;
        d.scale = (int8_t)(d.scale - 2);
        while (d.scale < 0) {
            d.m *= 10;
            d.scale++;
        }
        kf_dec_format(d, text);
        kf_buf_addf(out, "is in the holdout of %s %% ('%.*s')", text, len, name);
        break;
    }
    default:
        kf_node_canonical(n, out);
    }
}

/* { "high", 70 } is 'high' 70; { points = 25, when = ... } is points 25, when ... */
static void say_map(const struct kf_node *n, struct kf_buf *out)
{
    for (uint32_t i = 0; i < n->kids; i++) {
        bool place = n->key[i][0] >= '0' && n->key[i][0] <= '9';
        kf_buf_adds(out, i == 0 ? "" : place ? " " : ", ");
        if (!place)
            kf_buf_addf(out, "%s ", n->key[i]);
        say(n->kid[i], out);
    }
}

static void say(const struct kf_node *n, struct kf_buf *out)
{
    if (n->op == KF_K)
        say_const(&n->value, out);
    else if (n->op == KF_C_ALL || n->op == KF_C_ANY || n->op == KF_C_NONE ||
             n->cls == KF_CLASS_COND)
        say_cond(n, out);
    else if (is_select(n))
        say_select(n, out);
    else if (n->cls == KF_CLASS_FILTER)
        say_filter(n, out);
    else if (n->cls == KF_CLASS_EXPR)
        say_expr(n, out);
    else if (n->cls == KF_CLASS_TEST)
        say_test(n, out);
    else if (n->op == KF_T_LIST)
        say_list(n, 0, ", ", out);
    else if (n->op == KF_T_MAP)
        say_map(n, out);
    else if (n->op == KF_T_MODEL)
        kf_buf_addf(out, "model '%.*s'", (int)n->name.n, n->name.p);
    else
        kf_node_canonical(n, out);
}

void kf_node_sentence(const struct kf_node *n, struct kf_buf *out)
{
    size_t from = out->n;
    say(n, out);
    /* a test alone begins with a blank; ", for one x at a time," may end a sentence */
    if (out->n > from && out->p[from] == ' ') {
        memmove(out->p + from, out->p + from + 1, out->n - from - 1);
        out->p[--out->n] = '\0';
    }
    if (out->n > from && out->p[out->n - 1] == ',')
        out->p[--out->n] = '\0';
}
