/* The identity policy in words and as a picture: namespaces by rank, what connects them. */
#include "cli/docs.h"

#include "cli/page.h"

#include <stdlib.h>

static int64_t rank_of(const struct kf_node *n)
{
    const struct kf_node *r = kf_map_get(n, "rank");
    return r && r->value.type == KF_K_NUMBER ? r->value.number.m : INT64_MAX;
}

static int namespace_cmp(const void *pa, const void *pb)
{
    const struct kf_docs_namespace *a = pa, *b = pb;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return strcmp(a->name, b->name);
}

static const char *limit_of(struct kf_docs *d, const struct kf_node *n)
{
    const struct kf_node *p = kf_map_get(n, "per_profile");
    struct kf_buf b = {0};
    if (!p) {
        kf_buf_adds(&b, "any number a person");
    } else if (p->op == KF_T_MAP) {
        kf_buf_adds(&b, "at most ");
        kf_node_sentence(kf_map_get(p, "1"), &b);
        kf_buf_adds(&b, " in ");
        kf_node_sentence(kf_map_get(p, "within"), &b);
    } else if (p->value.number.m == 1 && p->value.number.scale == 0) {
        kf_buf_adds(&b, "one a person");
    } else {
        kf_buf_adds(&b, "at most ");
        kf_node_sentence(p, &b);
        kf_buf_adds(&b, " a person");
    }
    const char *text = kf_arena_strdup(&d->arena, b.p);
    kf_buf_free(&b);
    return text;
}

static const char *shared_words(const char *policy)
{
    static const struct {
        const char *policy, *text;
    } rows[] = {
        {"last_login", "Where several people use one, it belongs to who signed in last."},
        {"first_login", "Where several people use one, it belongs to who signed in first."},
        {"ambiguous", "Where several people use one, it is nobody's and waits for a person to "
                      "look at it."},
        {"split_by_login", "Where several people use one, its time is divided: from each sign-in "
                           "on it is theirs until the next person signs in."},
        {"reset_on_logout", "A sign-out ends whose it was; between sign-outs its time is divided "
                            "by who signs in."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].policy, policy) == 0)
            return rows[i].text;
    return "";
}

static const char *normal_words(const char *how)
{
    if (strcmp(how, "phone") == 0)
        return " Only the digits count.";
    if (strcmp(how, "trim") == 0 || strcmp(how, "cookie") == 0)
        return "";
    return strcmp(how, "sha256") == 0 ? " Compared by its hash." : " Capitals do not matter.";
}

static const char *words_of(struct kf_docs *d, const struct kf_node *n)
{
    const char *shared = kf_node_text(kf_map_get(n, "when_shared"), 0);
    const struct kf_node *p = kf_map_get(n, "per_profile"), *k;
    struct kf_buf b = {0};
    bool key = p && p->op == KF_K && p->value.number.m == 1 && p->value.number.scale == 0;
    if (key)
        kf_buf_adds(&b, "A person's key: two values are two people.");
    if (!key || shared)
        kf_buf_addf(&b, "%s%s", key ? " " : "", shared_words(shared ? shared : "ambiguous"));
    if ((k = kf_map_get(n, "shared_above")) != NULL) {
        kf_buf_adds(&b, " Tied to more than ");
        kf_node_sentence(k, &b);
        kf_buf_adds(&b, " stronger ones it is nobody's.");
    }
    if ((k = kf_map_get(n, "history")) != NULL && k->value.type == KF_K_TEXT) {
        kf_buf_adds(&b, strcmp(kf_node_text(k, 0), "none") == 0
                            ? " What came before it was tied to somebody stays anonymous."
                            : " All that came before it was tied to somebody becomes theirs.");
    } else if (k) {
        kf_buf_adds(&b, " Of what came before it was tied to somebody the last ");
        kf_node_sentence(k, &b);
        kf_buf_adds(&b, " become theirs.");
    }
    if ((k = kf_map_get(n, "expires_after")) != NULL) {
        kf_buf_adds(&b, " Not seen for ");
        kf_node_sentence(k, &b);
        kf_buf_adds(&b, ", it names nobody any more.");
    }
    if ((k = kf_map_get(n, "normalise")) != NULL)
        kf_buf_adds(&b, normal_words(kf_node_text(k, 0)));
    if ((k = kf_map_get(n, "matches")) != NULL)
        kf_buf_addf(&b, " Values that do not look like %s are dropped.", kf_node_text(k, 0));
    const char *from = b.p ? b.p : "";
    const char *text = kf_arena_strdup(&d->arena, from + (*from == ' '));
    kf_buf_free(&b);
    return text;
}

static const struct kf_rule *only(const struct kf_docs *d, enum kf_kind kind)
{
    uint32_t n;
    const struct kf_rule *const *r = kf_rules_kind(d->rules, kind, &n);
    return n ? r[0] : NULL;
}

uint32_t kf_docs_namespaces(struct kf_docs *d, const struct kf_docs_namespace **ret)
{
    const struct kf_rule *r = only(d, KF_KIND_IDENTIFIERS);
    uint32_t n = 0;
    struct kf_docs_namespace *ns =
        kf_arena_alloc(&d->arena, ((r ? r->body->kids : 0) + 1u) * sizeof *ns);
    for (uint32_t i = 0; r && i < r->body->kids; i++) {
        const struct kf_node *body = r->body->kid[i];
        if (body->op == KF_T_MAP && kf_map_get(body, "rank"))
            ns[n++] = (struct kf_docs_namespace){r->body->key[i], limit_of(d, body),
                                                 words_of(d, body), rank_of(body), body};
    }
    if (n)
        qsort(ns, n, sizeof *ns, namespace_cmp);
    *ret = ns;
    return n;
}

uint32_t kf_docs_ignored(struct kf_docs *d, const char *const **ret)
{
    const struct kf_rule *r = only(d, KF_KIND_IGNORE_VALUES);
    uint32_t n = 0;
    const char **text = kf_arena_alloc(&d->arena, ((r ? r->body->kids : 0) + 1u) * sizeof *text);
    for (uint32_t i = 0; r && i < r->body->kids; i++) {
        const struct kf_node *k = r->body->kid[i];
        struct kf_buf b = {0};
        kf_buf_addf(&b, "%s: ", r->body->key[i]);
        for (uint32_t t = 0; t < kf_node_texts(k); t++)
            kf_buf_addf(&b, "%s%s", t ? ", " : "", kf_node_text(k, t));
        text[n++] = kf_arena_strdup(&d->arena, b.p);
        kf_buf_free(&b);
    }
    *ret = text;
    return n;
}

const char *kf_docs_limits(struct kf_docs *d)
{
    const struct kf_rule *r = only(d, KF_KIND_LIMITS);
    const struct kf_node *n = r ? kf_rule_get(r, "max_identifiers") : NULL;
    struct kf_buf b = {0};
    if (!n)
        return NULL;
    kf_buf_adds(&b, "Nobody has more than ");
    kf_node_sentence(n, &b);
    kf_buf_adds(&b, " identifiers: what would join more is refused.");
    const char *text = kf_arena_strdup(&d->arena, b.p);
    kf_buf_free(&b);
    return text;
}

/* ---- the picture ---- */

/* A row a namespace, strongest at the top; a column a rule: a line through the rows it ties, with
 * a knot on each. */
#define LEFT   300
#define TOP    34
#define ROW    58
#define COLUMN 46
#define BOX_H  44

static int place_of(const struct kf_docs_namespace *ns, uint32_t n, const char *name)
{
    for (uint32_t i = 0; name && i < n; i++)
        if (strcmp(ns[i].name, name) == 0)
            return (int)i;
    return -1;
}

static void rows_svg(const struct kf_docs_namespace *ns, uint32_t n, int width, struct kf_buf *h)
{
    for (uint32_t i = 0; i < n; i++) {
        int y = TOP + (int)i * ROW, mid = y + BOX_H / 2;
        kf_buf_addf(h, "<path class=\"s-line\" d=\"M%d %d H%d\"/>", LEFT - 40, mid, width - 10);
        kf_buf_addf(h,
                    "<rect class=\"m-box\" x=\"34\" y=\"%d\" width=\"%d\" height=\"%d\" "
                    "rx=\"7\"/><text class=\"m-rank\" x=\"16\" y=\"%d\">%lld</text>",
                    y, LEFT - 74, BOX_H, mid + 5, (long long)ns[i].rank);
        kf_buf_addf(h, "<text class=\"m-name\" x=\"46\" y=\"%d\">", y + 18);
        kf_html_adds(h, ns[i].name);
        kf_buf_addf(h, "</text><text class=\"m-soft\" x=\"46\" y=\"%d\">", y + 35);
        kf_html_adds(h, ns[i].limit);
        kf_buf_adds(h, "</text>\n");
    }
}

static void knot(struct kf_buf *h, int x, int row, bool apart)
{
    int y = TOP + row * ROW + BOX_H / 2;
    if (apart)
        kf_buf_addf(h, "<path class=\"m-apart\" d=\"M%d %d l10 10 m0 -10 l-10 10\"/>", x - 5,
                    y - 5);
    else
        kf_buf_addf(h, "<circle class=\"m-knot\" cx=\"%d\" cy=\"%d\" r=\"6\"/>", x, y);
}

/* The rows that a rule ties or keeps apart: texts, and what { ..., as = "x" } says. */
static uint32_t rows_of(const struct kf_docs_namespace *ns, uint32_t n, const struct kf_node *list,
                        int *out, uint32_t cap)
{
    uint32_t found = 0, count = list && list->op == KF_T_LIST ? list->kids : list ? 1 : 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct kf_node *k = list->op == KF_T_LIST ? list->kid[i] : list;
        const struct kf_node *as = kf_map_get(k, "as");
        int row = place_of(ns, n, kf_node_text(as ? as : k, 0));
        if (row >= 0 && found < cap)
            out[found++] = row;
    }
    return found;
}

static void rule_svg(const struct kf_docs_namespace *ns, uint32_t n, const struct kf_rule *r,
                     uint32_t number, struct kf_buf *h)
{
    int at[64], x = LEFT + (int)number * COLUMN, low = (int)n, high = -1;
    bool apart = r->kind == KF_KIND_NEVER_LINK, moves = r->kind == KF_KIND_TRANSFER;
    uint32_t m = rows_of(ns, n,
                         kf_rule_get(r, apart   ? "separate"
                                        : moves ? "identifier"
                                                : "connect"),
                         at, 32);
    if (moves)
        m += rows_of(ns, n, kf_rule_get(r, "to"), at + m, 32);
    for (uint32_t i = 0; i < m; i++) {
        low = at[i] < low ? at[i] : low;
        high = at[i] > high ? at[i] : high;
    }
    const char *strength = kf_rule_text(r, "strength", "declared");
    bool weak = strcmp(strength, "observed") == 0, asks = kf_rule_get(r, "requires_consent");
    kf_buf_addf(h, "<text class=\"m-head\" x=\"%d\" y=\"20\">%u</text>", x, number + 1);
    if (high > low)
        kf_buf_addf(h, "<path class=\"%s%s\" d=\"M%d %d V%d\"/>",
                    apart   ? "m-apart"
                    : moves ? "m-moves"
                            : "m-line",
                    weak ? " m-weak" : "", x, TOP + low * ROW + BOX_H / 2,
                    TOP + high * ROW + BOX_H / 2);
    for (uint32_t i = 0; i < m; i++)
        knot(h, x, at[i], apart);
    if (asks)
        kf_buf_addf(h, "<circle class=\"m-ask\" cx=\"%d\" cy=\"20\" r=\"3\"/>", x + 14);
    kf_buf_adds(h, "\n");
}

void kf_docs_identity_svg(struct kf_docs *d, struct kf_buf *h)
{
    const struct kf_docs_namespace *ns;
    uint32_t n = kf_docs_namespaces(d, &ns), rule[512];
    uint32_t m = kf_docs_of_group(d, kf_docs_group_of(KF_KIND_LINK), rule, 512);
    if (!n)
        return;
    m = m < 512 ? m : 512;
    int width = LEFT + (int)m * COLUMN + 10, height = TOP + (int)n * ROW;
    kf_buf_addf(h,
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Picture of the "
                "identity policy\"><svg class=\"map\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d "
                "%d\" role=\"img\" aria-label=\"%u kinds of identifiers by rank, and %u rules that "
                "join them or keep them apart; the tables below say the same\">\n",
                width, height, width, height, n, m);
    rows_svg(ns, n, width, h);
    for (uint32_t i = 0; i < m; i++)
        rule_svg(ns, n, d->rules->rule[rule[i]], i, h);
    kf_buf_adds(h, "</svg></div>\n");
}

/* ---- words that need explaining ---- */

uint32_t kf_docs_glossary(struct kf_docs *d, const struct kf_docs_term **ret)
{
    static const struct {
        enum kf_kind kind; /* of which there must be one; 0: always */
        struct kf_docs_term term;
    } rows[] = {
        {0, {"as of", "The instant that everything is worked out for. Nothing later is known."}},
        {KF_KIND_ATTRIBUTION,
         {"attribution", "Dividing the credit for an outcome, an order for one, among the touches "
                         "before it."}},
        {KF_KIND_SCORE, {"band", "A stretch of a score that has a name, such as low or high."}},
        {KF_KIND_CHANNEL,
         {"channel", "A way to reach people, with its address, consent, caps and quiet hours."}},
        {KF_KIND_COMPUTED, {"computed value", "A trait that is worked out from events."}},
        {0,
         {"consent", "What a person said about a purpose: granted, denied, conflict (their "
                     "addresses disagree) or unknown. Nothing said is not granted."}},
        {0,
         {"event", "Something that happened, as a source reported it: an order, a page seen, a "
                   "mail opened."}},
        {KF_KIND_EXPORT,
         {"export", "What leaves the house: members of a segment who may be "
                    "reached, with chosen fields, to one destination."}},
        {0,
         {"fingerprint", "A number made from what a rule means. Another layout, comment or "
                         "title does not change it; another threshold does."}},
        {KF_KIND_FRAUD,
         {"fraud verdict", "What a fraud rule says of an event or an identifier: reject, "
                           "suspicious, or nothing."}},
        {0,
         {"identifier", "A value that names a person or a device: an account, an address, a "
                        "browser. Its kind is called namespace."}},
        {0, {"legal basis", "Why the law allows it (GDPR article 6)."}},
        {KF_KIND_LINK,
         {"link", "A fact that makes two identifiers one person's. Verified and declared links "
                  "count more than observed ones."}},
        {0,
         {"missing", "Absent or empty. What is missing is no value and passes no test but the "
                     "ones that ask for that."}},
        {0, {"owner", "Who answers for a rule and is asked about it."}},
        {0, {"profile", "All identifiers and events that are taken for one person."}},
        {0, {"purpose", "What personal data are used for."}},
        {KF_KIND_LINK,
         {"rank", "How narrowly a kind of identifier names a person; 1 is the strongest. Where "
                  "two facts disagree the stronger one holds."}},
        {0,
         {"run", "Reading what is new and working out everything again. Figures are of the "
                 "last run."}},
        {0, {"scenario", "A test of rules: events of invented people, and what has to come out."}},
        {KF_KIND_SCORE,
         {"score", "An estimate as a number: points that are added up, or a model."}},
        {KF_KIND_SEGMENT, {"segment", "A group of people that a condition describes."}},
        {0, {"sign-off", "Somebody responsible agreed to exactly these rules, and signed it."}},
        {KF_KIND_SUPPRESS,
         {"suppression", "Why somebody is not contacted or exported. It beats every segment."}},
        {0, {"touch", "A click on an ad, an ad seen, or the start of a visit."}},
        {KF_KIND_TRAIT,
         {"trait", "Something known of a person, as their country. Where sources "
                   "disagree the rule says whom to believe."}},
        {0,
         {"undecided", "It could not be worked out, for example without an exchange rate. Who "
                       "is undecided is in no segment, gets no score, and is suppressed."}},
        {0, {"window", "A stretch of time before now that a condition looks at."}},
    };
    struct kf_docs_term *t = kf_arena_alloc(&d->arena, sizeof rows / sizeof *rows * sizeof *t);
    uint32_t n = 0, have;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kf_rules_kind(d->rules, rows[i].kind ? rows[i].kind : KF_KIND_SEGMENT, &have);
        if (!rows[i].kind || have)
            t[n++] = rows[i].term;
    }
    *ret = t;
    return n;
}
