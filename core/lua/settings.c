#include "lua/settings.h"

#define T   KF_SET_TEXT
#define NUM KF_SET_NUMBER
#define LEN KF_SET_LENGTH
#define REQ KF_SET_REQUIRED
#define END                                                                                        \
    {                                                                                              \
        NULL, 0, 0, NULL, NULL, NULL, 0                                                            \
    }
#define TEXTS KF_SET_TEXT | KF_SET_LIST
#define PATHS KF_SET_PATH | KF_SET_LIST

static const struct kf_setting text_item = {"text", T, 0, NULL, NULL, NULL, 0};
static const struct kf_setting path_item = {"path", KF_SET_PATH, 0, NULL, NULL, NULL, 0};

const struct kf_setting kf_settings_common[] = {
    {"tags", TEXTS, 0, NULL, NULL, &text_item, 0},
    {"ticket", T, 0, NULL, NULL, NULL, 0},
    {"purpose", T, 0, NULL, NULL, NULL, 0},
    {"legal_basis", T, 0,
     "consent|contract|legal_obligation|vital_interest|public_task|legitimate_interest", NULL, NULL,
     0},
    {"starts", KF_SET_TIME, 0, NULL, NULL, NULL, 0},
    {"ends", KF_SET_TIME, 0, NULL, NULL, NULL, 0},
    END};

const struct kf_setting kf_settings_documented[] = {{"title", T, REQ, NULL, NULL, NULL, 0},
                                                    {"owner", T, REQ, NULL, NULL, NULL, 0},
                                                    {"because", T, REQ, NULL, NULL, NULL, 0},
                                                    END};

/* ---- identity ---- */

static const struct kf_setting per_profile[] = {{"1", NUM, REQ | KF_SET_COUNT, NULL, NULL, NULL, 0},
                                                {"within", LEN, REQ, NULL, NULL, NULL, 0},
                                                END};
static const struct kf_setting ignore_item = {"text", T, 0, "dots|plus_tags", NULL, NULL, 0};
static const struct kf_setting domain[] = {
    {"ignore", TEXTS, 0, NULL, NULL, &ignore_item, 0}, {"same_as", T, 0, NULL, NULL, NULL, 0}, END};
static const struct kf_setting domains[] = {{"*", KF_SET_MAP, 0, NULL, domain, NULL, 0}, END};
static const struct kf_setting namespace[] = {
    {"rank", NUM, REQ | KF_SET_COUNT, NULL, NULL, NULL, 0},
    {"per_profile", NUM | KF_SET_MAP, KF_SET_COUNT, NULL, per_profile, NULL, 0},
    {"normalise", T, 0, "email|phone|lower|trim|uuid|idfa|gaid|sha256|cookie", NULL, NULL, 0},
    {"region", T, 0, NULL, NULL, NULL, 0},
    {"domains", KF_SET_MAP, 0, NULL, domains, NULL, 0},
    {"hashed", T, 0, "sha256", NULL, NULL, 0},
    {"when_shared", T, 0, "last_login|first_login|ambiguous|split_by_login|reset_on_logout", NULL,
     NULL, 0},
    {"shared_above", NUM, KF_SET_COUNT, NULL, NULL, NULL, 0},
    {"history", T | LEN, 0, "none|all", NULL, NULL, 0},
    {"expires_after", LEN, 0, NULL, NULL, NULL, 0},
    {"logout", T, 0, NULL, NULL, NULL, 0},
    {"matches", T, 0, NULL, NULL, NULL, 0},
    END};
static const struct kf_setting identifiers[] = {{"*", KF_SET_MAP, 0, NULL, namespace, NULL, 0},
                                                END};
static const struct kf_setting ignore_values[] = {{"*", TEXTS, 0, NULL, NULL, &text_item, 0}, END};
static const struct kf_setting limits[] = {
    {"max_identifiers", NUM, KF_SET_COUNT, NULL, NULL, NULL, 0}, END};
static const struct kf_setting link[] = {
    {"when", KF_SET_COND, REQ, NULL, NULL, NULL, 0},
    {"connect", KF_SET_LIST, REQ, NULL, NULL, &text_item, 0},
    {"strength", T, REQ, "observed|verified|declared", NULL, NULL, 0},
    {"requires_consent", T, 0, NULL, NULL, NULL, 0},
    END};
static const struct kf_setting path_as[] = {
    {"1", KF_SET_PATH, REQ, NULL, NULL, NULL, 0}, {"as", T, REQ, NULL, NULL, NULL, 0}, END};
static const struct kf_setting separate_item = {"side", T | KF_SET_MAP, 0, NULL, path_as, NULL, 0};
static const struct kf_setting never_link[] = {
    {"when", KF_SET_COND, REQ, NULL, NULL, NULL, 0},
    {"separate", KF_SET_LIST, REQ, NULL, NULL, &separate_item, 0},
    END};
static const struct kf_setting transfer[] = {{"when", KF_SET_COND, REQ, NULL, NULL, NULL, 0},
                                             {"identifier", T, REQ, NULL, NULL, NULL, 0},
                                             {"to", T | KF_SET_MAP, 0, NULL, path_as, NULL, 0},
                                             END};

/* ---- statements and values ---- */

static const struct kf_setting consent[] = {
    {"from", TEXTS, 0, NULL, NULL, &text_item, 0},
    {"granted", KF_SET_COND, 0, NULL, NULL, NULL, 0},
    {"denied", KF_SET_COND, 0, NULL, NULL, NULL, 0},
    {"merge", T, 0, "most_restrictive|newest", NULL, NULL, 0},
    {"expires_after", LEN, 0, NULL, NULL, NULL, 0},
    {"contact", T, 0, NULL, NULL, NULL, 0},
    END};
static const struct kf_setting flag[] = {{"when", KF_SET_COND, REQ, NULL, NULL, NULL, 0},
                                         {"leave_out", KF_SET_BOOL, 0, NULL, NULL, NULL, 0},
                                         END};
static const struct kf_setting from_event[] = {{"1", KF_SET_SELECT, REQ, NULL, NULL, NULL, 0},
                                               {"2", KF_SET_PATH, REQ, NULL, NULL, NULL, 0},
                                               END};
static const struct kf_setting from_item = {
    "path", KF_SET_PATH | KF_SET_MAP, 0, NULL, from_event, NULL, 0};
static const struct kf_setting trait[] = {
    {"from", PATHS, REQ, NULL, NULL, &from_item, 0},
    {"keep", T | KF_SET_MODEL, 0,
     "newest|oldest|first_non_empty|min|max|sum|set|most_frequent|by_source", NULL, NULL, 0},
    {"type", T, 0, "text|number|boolean|date|time|money|list|version", NULL, NULL, 0},
    {"unit", T, 0, NULL, NULL, NULL, 0},
    {"personal", T, 0, NULL, NULL, NULL, 0},
    {"normalise", T, 0, "email|phone|lower|trim", NULL, NULL, 0},
    {"forget_after", LEN, 0, NULL, NULL, NULL, 0},
    END};
static const struct kf_setting computed[] = {{"is", KF_SET_EXPR, REQ, NULL, NULL, NULL, 0},
                                             {"unit", T, 0, NULL, NULL, NULL, 0},
                                             {"personal", T, 0, NULL, NULL, NULL, 0},
                                             END};

/* ---- who ---- */

static const struct kf_setting segment[] = {
    {"who", KF_SET_COND, REQ, NULL, NULL, NULL, 0},
    {"except", KF_SET_COND, 0, NULL, NULL, NULL, 0},
    {"requires_consent", TEXTS, 0, NULL, NULL, &text_item, 0},
    {"entry_wait", LEN, 0, NULL, NULL, NULL, 0},
    {"exit_wait", LEN, 0, NULL, NULL, NULL, 0},
    {"max_size", NUM, KF_SET_COUNT, NULL, NULL, NULL, 0},
    END};
static const struct kf_setting suppress[] = {
    {"who", KF_SET_COND, 0, NULL, NULL, NULL, 0},
    {"list", T, 0, NULL, NULL, NULL, 0},
    {"blocks", TEXTS, REQ, NULL, NULL, &text_item, 0},
    {"reason", T, 0,
     "erased|legal_hold|global_opt_out|bounce|channel_opt_out|purpose|jurisdiction|test|fraud_hold",
     NULL, NULL, 0},
    {"per_contact", T, 0, NULL, NULL, NULL, 0},
    {"cannot_be_overridden", KF_SET_BOOL, 0, NULL, NULL, NULL, 0},
    END};
static const struct kf_setting cap[] = {
    {"1", NUM, REQ | KF_SET_COUNT, NULL, NULL, NULL, 0}, {"2", LEN, REQ, NULL, NULL, NULL, 0}, END};
static const struct kf_setting cap_item = {"cap", KF_SET_MAP, 0, NULL, cap, NULL, 0};
static const struct kf_setting quiet_hours[] = {{"from", T, REQ, NULL, NULL, NULL, 0},
                                                {"to", T, REQ, NULL, NULL, NULL, 0},
                                                {"zone", T, 0, "person|workspace", NULL, NULL, 0},
                                                {"whole_days", TEXTS, 0, NULL, NULL, &text_item, 0},
                                                END};
static const struct kf_setting channel[] = {
    {"contact", TEXTS, REQ, NULL, NULL, &text_item, 0},
    {"requires_consent", TEXTS, 0, NULL, NULL, &text_item, 0},
    {"eligible", KF_SET_COND, 0, NULL, NULL, NULL, 0},
    {"sent", KF_SET_SELECT, 0, NULL, NULL, NULL, 0},
    {"at_most", KF_SET_MAP | KF_SET_LIST, 0, NULL, cap, &cap_item, 0},
    {"quiet_hours", KF_SET_MAP, 0, NULL, quiet_hours, NULL, 0},
    {"overrides", TEXTS, 0, NULL, NULL, &text_item, 0},
    END};

/* ---- fraud and scores ---- */

static const struct kf_setting points[] = {{"points", NUM, REQ, NULL, NULL, NULL, 0},
                                           {"when", KF_SET_COND, REQ, NULL, NULL, NULL, 0},
                                           {"label", T, REQ, NULL, NULL, NULL, 0},
                                           END};
static const struct kf_setting points_item = {"signal", KF_SET_MAP, 0, NULL, points, NULL, 0};
static const struct kf_setting fraud[] = {
    {"look_at", KF_SET_SELECT | KF_SET_KEY | KF_SET_MODEL, REQ, "network", NULL, NULL, 0},
    {"allow", KF_SET_COND, 0, NULL, NULL, NULL, 0},
    {"reject", KF_SET_COND, 0, NULL, NULL, NULL, 0},
    {"suspicious", KF_SET_COND, 0, NULL, NULL, NULL, 0},
    {"signals", KF_SET_LIST, 0, NULL, NULL, &points_item, 0},
    {"flag_at", NUM, 0, NULL, NULL, NULL, 0},
    {"reject_at", NUM, 0, NULL, NULL, NULL, 0},
    {"action", T, 0, "mark|no_credit|leave_out|hold", NULL, NULL, 0},
    END};
static const struct kf_setting bounds[] = {
    {"1", NUM, REQ, NULL, NULL, NULL, 0}, {"2", NUM, REQ, NULL, NULL, NULL, 0}, END};
static const struct kf_setting band[] = {{"1", T, REQ, NULL, NULL, NULL, 0},
                                         {"2", NUM | KF_SET_MONEY, 0, NULL, NULL, NULL, 0},
                                         {"recency", KF_SET_MAP, 0, NULL, bounds, NULL, 0},
                                         {"frequency", KF_SET_MAP, 0, NULL, bounds, NULL, 0},
                                         {"value", KF_SET_MAP, 0, NULL, bounds, NULL, 0},
                                         END};
static const struct kf_setting band_item = {"band", KF_SET_MAP, 0, NULL, band, NULL, 0};
static const struct kf_setting score[] = {
    {"start", NUM, 0, NULL, NULL, NULL, 0},
    {"add", KF_SET_LIST, 0, NULL, NULL, &points_item, 0},
    {"range", KF_SET_MAP, 0, NULL, bounds, NULL, 0},
    {"model", KF_SET_MODEL, 0, "bgnbd|logistic|momentum|rfm|file", NULL, NULL, 0},
    {"bands", KF_SET_LIST | KF_SET_MODEL, 0, "percentiles", NULL, &band_item, 0},
    {"valid_for", LEN, 0, NULL, NULL, NULL, 0},
    END};

static const struct kf_setting bgnbd[] = {
    {"purchases", KF_SET_SELECT, REQ, NULL, NULL, NULL, 0},
    {"value", KF_SET_PATH, 0, NULL, NULL, NULL, 0},
    {"predicts", T, 0, "value|churn|purchases|alive", NULL, NULL, 0},
    {"horizon", LEN, REQ, NULL, NULL, NULL, 0},
    {"unit", LEN, 0, NULL, NULL, NULL, 0},
    {"discount", NUM, KF_SET_SHARE, NULL, NULL, NULL, 0},
    END};
static const struct kf_setting features[] = {
    {"*", KF_SET_EXPR | KF_SET_COND, 0, NULL, NULL, NULL, 0}, END};
static const struct kf_setting logistic[] = {{"outcome", KF_SET_SELECT, REQ, NULL, NULL, NULL, 0},
                                             {"horizon", LEN, REQ, NULL, NULL, NULL, 0},
                                             {"features", KF_SET_MAP, REQ, NULL, features, NULL, 0},
                                             {"ridge", NUM, 0, NULL, NULL, NULL, 0},
                                             END};
static const struct kf_setting momentum[] = {{"of", KF_SET_SELECT, REQ, NULL, NULL, NULL, 0},
                                             {"short", LEN, 0, NULL, NULL, NULL, 0},
                                             {"long", LEN, 0, NULL, NULL, NULL, 0},
                                             END};
static const struct kf_setting rfm[] = {{"purchases", KF_SET_SELECT, REQ, NULL, NULL, NULL, 0},
                                        {"value", KF_SET_PATH, REQ, NULL, NULL, NULL, 0},
                                        {"bins", NUM, KF_SET_COUNT, NULL, NULL, NULL, 0},
                                        END};
const struct kf_model_row kf_models[] = {
    {"bgnbd", {"bgnbd", KF_SET_MAP, 0, NULL, bgnbd, NULL, 0}},
    {"logistic", {"logistic", KF_SET_MAP, 0, NULL, logistic, NULL, 0}},
    {"momentum", {"momentum", KF_SET_MAP, 0, NULL, momentum, NULL, 0}},
    {"rfm", {"rfm", KF_SET_MAP, 0, NULL, rfm, NULL, 0}},
    {"file", {"file", T, 0, NULL, NULL, NULL, 0}},
    {"percentiles", {"percentiles", KF_SET_LIST, 0, NULL, NULL, &band_item, 0}},
    {"by_source", {"by_source", KF_SET_LIST, 0, NULL, NULL, &text_item, 0}},
    {NULL, END}};

/* ---- attribution ---- */

static const struct kf_setting credit[] = {{"first", NUM, KF_SET_SHARE, NULL, NULL, NULL, 0},
                                           {"middle", NUM, KF_SET_SHARE, NULL, NULL, NULL, 0},
                                           {"last", NUM, KF_SET_SHARE, NULL, NULL, NULL, 0},
                                           END};
static const struct kf_setting refunds[] = {{"1", KF_SET_SELECT, 0, NULL, NULL, NULL, 0},
                                            {"event", KF_SET_SELECT, 0, NULL, NULL, NULL, 0},
                                            {"value", KF_SET_PATH, REQ, NULL, NULL, NULL, 0},
                                            {"same", KF_SET_PATH, REQ, NULL, NULL, NULL, 0},
                                            END};
static const struct kf_setting attribution[] = {
    {"outcome", KF_SET_SELECT, REQ, NULL, NULL, NULL, 0},
    {"value", KF_SET_PATH, 0, NULL, NULL, NULL, 0},
    {"once_per", KF_SET_PATH, 0, NULL, NULL, NULL, 0},
    {"touches", KF_SET_SELECT, 0, NULL, NULL, NULL, 0},
    {"look_back", LEN, 0, NULL, NULL, NULL, 0},
    {"model", T, 0,
     "last|first|last_non_direct|linear|position|time_decay|markov|shapley|path_counterfactual",
     NULL, NULL, 0},
    {"half_life", LEN, 0, NULL, NULL, NULL, 0},
    {"credit", KF_SET_MAP, 0, NULL, credit, NULL, 0},
    {"channels", T, 0, NULL, NULL, NULL, 0},
    {"ignore", KF_SET_COND, 0, NULL, NULL, NULL, 0},
    {"same_touch_within", LEN, 0, NULL, NULL, NULL, 0},
    {"refunds", KF_SET_MAP, 0, NULL, refunds, NULL, 0},
    END};
static const struct kf_setting group[] = {
    {"name", T, REQ, NULL, NULL, NULL, 0}, {"when", KF_SET_COND, REQ, NULL, NULL, NULL, 0}, END};
static const struct kf_setting group_item = {"group", KF_SET_MAP, 0, NULL, group, NULL, 0};
/* Positional in the file; settings_read.c collects them under this name. */
static const struct kf_setting channel_group[] = {
    {"groups", KF_SET_LIST, REQ, NULL, NULL, &group_item, 0}, END};

/* ---- quality, export, custom ---- */

static const struct kf_setting adds_up[] = {{"*", PATHS, 0, NULL, NULL, &path_item, 0}, END};
static const struct kf_setting gate_item = {"gate", T, 0, "run|publish|export", NULL, NULL, 0};
static const struct kf_setting expect[] = {
    {"check", T, REQ, "names|properties|time|money|test_traffic|activation|duplicates", NULL, NULL,
     0},
    {"names", TEXTS, 0, NULL, NULL, &text_item, 0},
    {"on", KF_SET_SELECT, 0, NULL, NULL, NULL, 0},
    {"needs", PATHS, 0, NULL, NULL, &path_item, 0},
    {"properties", KF_SET_TESTS, 0, NULL, NULL, NULL, 0},
    {"others", T, 0, "allowed|forbidden", NULL, NULL, 0},
    {"future", LEN, 0, NULL, NULL, NULL, 0},
    {"stale", LEN, 0, NULL, NULL, NULL, 0},
    {"skew", LEN, 0, NULL, NULL, NULL, 0},
    {"amounts", PATHS, 0, NULL, NULL, &path_item, 0},
    {"currencies", TEXTS, 0, NULL, NULL, &text_item, 0},
    {"adds_up", KF_SET_MAP, 0, NULL, adds_up, NULL, 0},
    {"flag", T, 0, NULL, NULL, NULL, 0},
    {"looks_like", KF_SET_COND, 0, NULL, NULL, NULL, 0},
    {"channels", TEXTS, 0, NULL, NULL, &text_item, 0},
    {"key", PATHS, 0, NULL, NULL, &path_item, 0},
    {"severity", T, 0, "warn|error", NULL, NULL, 0},
    {"allow", NUM, KF_SET_SHARE, NULL, NULL, NULL, 0},
    {"gate", TEXTS, 0, "run|publish|export", NULL, &gate_item, 0},
    END};
static const struct kf_setting top[] = {{"1", NUM, REQ | KF_SET_COUNT, NULL, NULL, NULL, 0},
                                        {"by", KF_SET_EXPR, REQ, NULL, NULL, NULL, 0},
                                        END};
static const struct kf_setting export[] = {
    {"segment", T, REQ, NULL, NULL, NULL, 0},
    {"channel", T, REQ, NULL, NULL, NULL, 0},
    {"to", T, REQ, NULL, NULL, NULL, 0},
    {"fields", TEXTS, 0, NULL, NULL, &text_item, 0},
    {"identifiers", TEXTS, REQ, NULL, NULL, &text_item, 0},
    {"mode", T, 0, "full|delta", NULL, NULL, 0},
    {"holdout", KF_SET_COND, 0, NULL, NULL, NULL, 0},
    {"requires_consent", TEXTS, 0, NULL, NULL, &text_item, 0},
    {"top", KF_SET_MAP, 0, NULL, top, NULL, 0},
    END};
static const struct kf_setting reads_item = {
    "read", KF_SET_SELECT | KF_SET_EXPR, 0, NULL, NULL, NULL, 0};
static const struct kf_setting custom[] = {
    {"reads", KF_SET_SELECT | KF_SET_EXPR | KF_SET_LIST, REQ, NULL, NULL, &reads_item, 0},
    {"returns", T, REQ, "condition|number", NULL, NULL, 0},
    {"check", KF_SET_FUNCTION, REQ, NULL, NULL, NULL, 0},
    END};

/* ---- scenarios ---- */

#define ANY(key)                                                                                   \
    {                                                                                              \
        key, KF_SET_ANY, 0, NULL, NULL, NULL, 0                                                    \
    }
#define ANY_NUMBERED(key, bits)                                                                    \
    {                                                                                              \
        key, KF_SET_ANY, 0, NULL, NULL, NULL, bits                                                 \
    }
static const struct kf_setting expected[] = {{"profiles", NUM, KF_SET_COUNT, NULL, NULL, NULL, 0},
                                             ANY("exactly"),
                                             ANY("together"),
                                             ANY("apart"),
                                             ANY_NUMBERED("owner", 1),
                                             ANY("same_owner"),
                                             ANY("other_owner"),
                                             ANY_NUMBERED("refused", 2),
                                             ANY("shared"),
                                             ANY("ignored"),
                                             ANY("contradictory"),
                                             ANY("segments"),
                                             ANY("suppressed"),
                                             ANY("flags"),
                                             ANY("fraud"),
                                             ANY("traits"),
                                             ANY("consent"),
                                             ANY("scores"),
                                             ANY("bands"),
                                             ANY("custom"),
                                             ANY("eligible"),
                                             ANY("eligible_from"),
                                             ANY_NUMBERED("channels", 2),
                                             ANY_NUMBERED("credit", 2 | 4),
                                             ANY("quality"),
                                             ANY("exported"),
                                             ANY("undecided"),
                                             END};
#define SCENARIO                                                                                   \
    {"given", T, 0, NULL, NULL, NULL, 0}, ANY_NUMBERED("decisions", 2),                            \
        {"as_of", T | KF_SET_TIME, 0, NULL, NULL, NULL, 0}, {"zone", T, 0, NULL, NULL, NULL, 0},   \
        ANY("rates"), {"todo", T, 0, NULL, NULL, NULL, 0},                                         \
    {                                                                                              \
        "expect", KF_SET_MAP, 0, NULL, expected, NULL, 0                                           \
    }
static const struct kf_setting one_case[] = {{"1", T, 0, NULL, NULL, NULL, 0}, SCENARIO, END};
static const struct kf_setting case_item = {"case", KF_SET_MAP, 0, NULL, one_case, NULL, 0};
static const struct kf_setting scenario[] = {
    SCENARIO, {"cases", KF_SET_LIST, 0, NULL, NULL, &case_item, 0}, END};

const struct kf_setting *kf_settings_of(enum kf_kind kind)
{
    static const struct kf_setting *const table[KF_KIND_COUNT] = {
        [KF_KIND_IDENTIFIERS] = identifiers,
        [KF_KIND_IGNORE_VALUES] = ignore_values,
        [KF_KIND_LIMITS] = limits,
        [KF_KIND_LINK] = link,
        [KF_KIND_NEVER_LINK] = never_link,
        [KF_KIND_TRANSFER] = transfer,
        [KF_KIND_CONSENT] = consent,
        [KF_KIND_FLAG] = flag,
        [KF_KIND_TRAIT] = trait,
        [KF_KIND_COMPUTED] = computed,
        [KF_KIND_SEGMENT] = segment,
        [KF_KIND_SUPPRESS] = suppress,
        [KF_KIND_CHANNEL] = channel,
        [KF_KIND_FRAUD] = fraud,
        [KF_KIND_SCORE] = score,
        [KF_KIND_ATTRIBUTION] = attribution,
        [KF_KIND_CHANNEL_GROUP] = channel_group,
        [KF_KIND_EXPECT] = expect,
        [KF_KIND_EXPORT] = export,
        [KF_KIND_CUSTOM] = custom,
        [KF_KIND_SCENARIO] = scenario};
    return table[kind];
}

bool kf_kind_documented(enum kf_kind kind)
{
    return kind != KF_KIND_IDENTIFIERS && kind != KF_KIND_IGNORE_VALUES && kind != KF_KIND_LIMITS &&
           kind != KF_KIND_SCENARIO;
}

/* Kinds and models that are parsed, checked and documented but not evaluated yet: take a row out
 * when they are. */
static const struct {
    enum kf_kind kind;
    const char *setting, *model, *why;
} waiting[] = {
    {KF_KIND_ATTRIBUTION, NULL, NULL, "attribution is not evaluated yet"},
    {KF_KIND_SCORE, "model", "bgnbd", "scores by a fitted model are not evaluated yet"},
    {KF_KIND_SCORE, "model", "logistic", "scores by a fitted model are not evaluated yet"},
    {KF_KIND_SCORE, "model", "rfm", "scores by a fitted model are not evaluated yet"},
    {KF_KIND_SCORE, "model", "file", "scores by a fitted model are not evaluated yet"},
    {KF_KIND_SCORE, "bands", "percentiles", "percentile bands are not evaluated yet"},
};

const char *kf_not_evaluated(const struct kf_rule *r)
{
    for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++) {
        const struct kf_node *n = waiting[i].setting ? kf_rule_get(r, waiting[i].setting) : r->body;
        if (waiting[i].kind != r->kind || !n)
            continue;
        if (!waiting[i].model ||
            (n->op == KF_T_MODEL && kf_str_eq(n->name, kf_cstr(waiting[i].model))))
            return waiting[i].why;
    }
    return NULL;
}
