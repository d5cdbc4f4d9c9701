/* What rule files register: rules whose conditions are trees of nodes. Immutable once a rule set is
 * loaded, read by any thread.
 *
 * One node type serves conditions, event selections, filters, aggregates, tests and constants, so
 * that fingerprints, sentences, comparison, checks and the JSON form each are one walk. What a
 * node's children and name mean is said in KF_OPS, in one place. Everything lives in the rule set's
 * arena. */
#ifndef KF_LUA_TREE_H
#define KF_LUA_TREE_H

#include "base/decimal.h"
#include "base/money.h"
#include "base/str.h"
#include "base/time.h"

struct kf_pos {
    const char *file;      /* as shown to people: rules/segments.lua */
    uint32_t line, column; /* 1-based; column 0: unknown */
};

enum kf_node_class {
    KF_CLASS_COND = 1, /* true, false or undecided */
    KF_CLASS_SELECT,   /* a set of events */
    KF_CLASS_FILTER,   /* narrows a select */
    KF_CLASS_EXPR,     /* a value */
    KF_CLASS_TEST,     /* what a value must pass */
    KF_CLASS_CONST,    /* a constant */
    KF_CLASS_TABLE     /* settings: lists and maps of the above */
};

/* X(op, class, word, children)
 * `name` is the node's own text where "name:" is said; kids are listed in order; [] optional; * any
 * number. */
#define KF_OPS(X)                                                                                  \
    /* conditions */                                                                               \
    X(C_ALL, COND, "all", "cond*")                                                                 \
    X(C_ANY, COND, "any", "cond*")                                                                 \
    X(C_NONE, COND, "none", "cond*")                                                               \
    X(C_AT_LEAST_OF, COND, "at_least_of", "number n; cond*")                                       \
    X(C_TEST, COND, "test", "expr test")                                                           \
    X(C_HAS, COND, "event", "select: at least one such event")                                     \
    X(C_SEQUENCE, COND, "sequence", "select*; length in value (0: any)")                           \
    X(C_SEGMENT, COND, "segment", "name: rule")                                                    \
    X(C_SUPPRESS, COND, "suppress", "name: rule")                                                  \
    X(C_CHANNEL, COND, "channel", "name: rule")                                                    \
    X(C_FLAG, COND, "flag", "name: rule or mark of a source")                                      \
    X(C_FRAUD, COND, "fraud", "name: rule; value text: reject, suspicious or none for either")     \
    X(C_CUSTOM, COND, "custom", "name: rule that returns a condition")                             \
    X(C_MEMBER, COND, "member", "name: group type; cond over its id (E_PROPERTY event.group_id)")  \
    X(C_FIRST_TOUCH, COND, "first_touch", "cond over one touch")                                   \
    X(C_LAST_TOUCH, COND, "last_touch", "cond over one touch")                                     \
    X(C_HOLDOUT, COND, "holdout", "name: salt; value number: share")                               \
    /* event selections: kids are filters in the order written */                                  \
    X(S_EVENT, SELECT, "event", "names: list of texts in kid 0 (T_LIST of K); filter*")            \
    X(S_ANY, SELECT, "any_event", "filter*")                                                       \
    X(S_TOUCH, SELECT, "touch", "filter* (its fields are an F_WHERE over E_TOUCH)")                \
    /* filters */                                                                                  \
    X(F_WHERE, FILTER, "where", "cond*: all must hold of the one event (E_PROPERTY, E_TOUCH)")     \
    X(F_WITHIN, FILTER, "within", "K length")                                                      \
    X(F_BETWEEN_AGO, FILTER, "between_ago", "K length, K length")                                  \
    X(F_SINCE, FILTER, "since", "K date or instant, or expr; [K length]")                          \
    X(F_BETWEEN, FILTER, "between", "K date, K date")                                              \
    X(F_THIS, FILTER, "this", "name: day week month quarter year")                                 \
    X(F_PREVIOUS, FILTER, "previous", "name: day week month quarter year")                         \
    X(F_FROM_SOURCE, FILTER, "from_source", "K text*")                                             \
    X(F_ON, FILTER, "on", "K text*: web ios android server app")                                   \
    X(F_ONCE_PER, FILTER, "once_per", "expr (E_PROPERTY or E_IDENTIFIER)")                         \
    X(F_NEWEST, FILTER, "newest", "K number")                                                      \
    X(F_OLDEST, FILTER, "oldest", "K number")                                                      \
    X(F_EACH, FILTER, "each", "name: path of the list")                                            \
    X(F_FOLLOWED_BY, FILTER, "followed_by", "select; [K length]; [T_LIST same of expr]")           \
    X(F_NOT_FOLLOWED_BY, FILTER, "not_followed_by", "select; [K length]; [T_LIST same of expr]")   \
    X(F_PER, FILTER, "per", "expr (E_PROPERTY or E_IDENTIFIER)")                                   \
    X(F_IN_ANY, FILTER, "in_any", "K length")                                                      \
    X(F_WITH_SAME, FILTER, "with_same", "expr* (E_PROPERTY or E_IDENTIFIER)")                      \
    /* values: aggregates over a select in kid 0; name: property path where one is asked */        \
    X(E_COUNT, EXPR, "count", "select")                                                            \
    X(E_DAYS, EXPR, "days", "select")                                                              \
    X(E_PROFILES, EXPR, "profiles", "select")                                                      \
    X(E_DISTINCT, EXPR, "distinct", "select, expr (E_PROPERTY or E_IDENTIFIER)")                   \
    X(E_SUM, EXPR, "sum", "select, E_PROPERTY")                                                    \
    X(E_AVERAGE, EXPR, "average", "select, E_PROPERTY")                                            \
    X(E_MIN, EXPR, "min", "select, E_PROPERTY")                                                    \
    X(E_MAX, EXPR, "max", "select, E_PROPERTY")                                                    \
    X(E_MOST_FREQUENT, EXPR, "most_frequent", "select, E_PROPERTY")                                \
    X(E_FIRST, EXPR, "first", "select, E_PROPERTY")                                                \
    X(E_LAST, EXPR, "last", "select, E_PROPERTY")                                                  \
    X(E_FIRST_TIME, EXPR, "first_time", "select")                                                  \
    X(E_LAST_TIME, EXPR, "last_time", "select")                                                    \
    X(E_TIME_BETWEEN, EXPR, "time_between", "select, select")                                      \
    X(E_RATIO, EXPR, "ratio", "expr, expr")                                                        \
    X(E_DIFFERENCE, EXPR, "difference", "expr, expr")                                              \
    X(E_TOTAL, EXPR, "total", "expr*")                                                             \
    X(E_DAYS_SINCE, EXPR, "days_since", "expr (a time)")                                           \
    X(E_BUCKET, EXPR, "bucket", "expr; then pairs K label, K from")                                \
    X(E_TRAVEL_SPEED, EXPR, "travel_speed",                                                        \
      "select; value length within; number from_km in kid 1")                                      \
    /* other values */                                                                             \
    X(E_TRAIT, EXPR, "trait", "name: trait or computed, or traits.x nobody declares")              \
    X(E_TRAIT_CHANGED, EXPR, "last_changed", "name: trait")                                        \
    X(E_TRAIT_PREVIOUS, EXPR, "previous", "name: trait")                                           \
    X(E_ACCOUNT_TRAIT, EXPR, "account_trait", "name: trait of the groups; one must pass")          \
    X(E_IDENTIFIER, EXPR, "identifier", "name: namespace; values (profile: current ones)")         \
    X(E_IDENTIFIER_COUNT, EXPR, "identifier_count", "name: namespace")                             \
    X(E_PROPERTY, EXPR, "property", "name: canonical path with root, of the event looked at")      \
    X(E_TOUCH, EXPR, "touch_field", "name: kind source medium ... of the touch looked at")         \
    X(E_CONSENT, EXPR, "consent", "name: purpose; [K text: contact namespace]; gives its state")   \
    X(E_CONSENT_TIME, EXPR, "consent_time", "name: purpose; time of its newest statement")         \
    X(E_SCORE, EXPR, "score", "name: rule")                                                        \
    X(E_SCORE_BAND, EXPR, "band", "name: rule; the band's name")                                   \
    X(E_CUSTOM, EXPR, "custom", "name: rule that returns a number")                                \
    X(E_MEMBERS, EXPR, "members", "name: group type; cond who; number of such profiles")           \
    /* tests; kids are K or expr values */                                                         \
    X(T_IS, TEST, "is", "value")                                                                   \
    X(T_IS_NOT, TEST, "is_not", "value")                                                           \
    X(T_ONE_OF, TEST, "is_one_of", "value*")                                                       \
    X(T_NONE_OF, TEST, "is_none_of", "value*")                                                     \
    X(T_AT_LEAST, TEST, "at_least", "value")                                                       \
    X(T_AT_MOST, TEST, "at_most", "value")                                                         \
    X(T_MORE, TEST, "more_than", "value")                                                          \
    X(T_LESS, TEST, "less_than", "value")                                                          \
    X(T_BETWEEN, TEST, "between", "value value")                                                   \
    X(T_EXISTS, TEST, "exists", "")                                                                \
    X(T_MISSING, TEST, "missing", "")                                                              \
    X(T_CONTAINS, TEST, "contains", "value")                                                       \
    X(T_STARTS, TEST, "starts_with", "value")                                                      \
    X(T_ENDS, TEST, "ends_with", "value")                                                          \
    X(T_MATCHES, TEST, "matches", "K text glob")                                                   \
    X(T_IN_LIST, TEST, "in_list", "name: list of kinfold.yaml")                                    \
    X(T_BEFORE, TEST, "before", "time value")                                                      \
    X(T_AFTER, TEST, "after", "time value")                                                        \
    X(T_SINCE, TEST, "since", "time value")                                                        \
    X(T_WITHIN, TEST, "within", "K length")                                                        \
    X(T_OLDER, TEST, "older_than", "K length")                                                     \
    X(T_WITHIN_NEXT, TEST, "within_next", "K length")                                              \
    X(T_ON_WEEKDAY, TEST, "on_weekday", "K text*")                                                 \
    X(T_IN_MONTH, TEST, "in_month", "K text or number")                                            \
    X(T_AT_HOURS, TEST, "at_hours", "K text, K text (HH:MM)")                                      \
    X(T_ANNIVERSARY, TEST, "anniversary", "K length")                                              \
    /* constants and settings */                                                                   \
    X(K, CONST, "constant", "in value")                                                            \
    X(T_LIST, TABLE, "list", "nodes*")                                                             \
    X(T_MAP, TABLE, "map", "nodes*, keys in key[]")                                                \
    X(T_MODEL, TABLE, "model",                                                                     \
      "name: bgnbd logistic momentum rfm file percentiles by_source; kid T_MAP or T_LIST")         \
    X(T_FUNCTION, TABLE, "function", "Lua function of a custom rule; value number: its reference")

enum kf_op {
    KF_OP_NONE = 0,
#define KF_OP_ENUM(op, class, word, kids) KF_##op,
    KF_OPS(KF_OP_ENUM)
#undef KF_OP_ENUM
        KF_OP_COUNT
};

enum kf_const_type {
    KF_K_NONE = 0,
    KF_K_BOOL,
    KF_K_NUMBER, /* exact decimal; percent(5) is 0.05 */
    KF_K_TEXT,
    KF_K_MONEY,
    KF_K_LENGTH, /* exact: ns */
    KF_K_MONTHS, /* calendar: months */
    KF_K_DATE,   /* a whole day in the workspace's zone */
    KF_K_INSTANT,
    KF_K_VERSION /* text, compared number by number */
};

struct kf_const {
    enum kf_const_type type;
    bool boolean;
    struct kf_dec number;
    struct kf_str text;
    struct kf_money money;
    int64_t ns;     /* LENGTH, INSTANT */
    int32_t months; /* MONTHS */
    int32_t day;    /* DATE */
};

#define KF_NODE_IGNORE_CASE 1u

struct kf_node {
    uint16_t op; /* enum kf_op */
    uint8_t cls; /* enum kf_node_class */
    uint8_t flags;
    uint32_t id; /* number in the rule set, preorder within a rule; for evaluators' side tables */
    struct kf_pos pos;
    struct kf_str name;
    struct kf_const value;
    struct kf_node **kid;
    uint32_t kids;
    const char **key; /* T_MAP: NUL-terminated name of each kid */
};

enum kf_kind {
    KF_KIND_IDENTIFIERS = 1,
    KF_KIND_IGNORE_VALUES,
    KF_KIND_LIMITS,
    KF_KIND_LINK,
    KF_KIND_NEVER_LINK,
    KF_KIND_TRANSFER,
    KF_KIND_CONSENT,
    KF_KIND_FLAG,
    KF_KIND_TRAIT,
    KF_KIND_COMPUTED,
    KF_KIND_SEGMENT,
    KF_KIND_SUPPRESS,
    KF_KIND_CHANNEL,
    KF_KIND_FRAUD,
    KF_KIND_SCORE,
    KF_KIND_ATTRIBUTION,
    KF_KIND_CHANNEL_GROUP,
    KF_KIND_EXPECT,
    KF_KIND_EXPORT,
    KF_KIND_CUSTOM,
    KF_KIND_SCENARIO,
    KF_KIND_COUNT
};

struct kf_rule {
    enum kf_kind kind;
    uint32_t number;  /* in the rule set: rules are sorted by (kind, name) */
    const char *name; /* "" for identifiers, ignore_values, limits */
    struct kf_pos pos;
    const char *title, *owner, *because; /* NULL where the kind needs none */
    const struct kf_node
        *body; /* T_MAP: every setting as written, checked; title, owner, because included */
    int64_t starts, ends;   /* KF_TIME_MIN / KF_TIME_MAX: none */
    struct kf_str digest;   /* hex of the canonical tree (meaning), 32 digits */
    const char *const *ask; /* "kind name" of the rules it asks, sorted */
    uint32_t n_ask;
    bool evaluated; /* false: parses, checked and documented, but not evaluated yet (says why in
                       `status`) */
};

struct kf_ruleset;
const char *kf_op_word(uint16_t op);
enum kf_node_class kf_op_class(uint16_t op);
const char *kf_kind_name(enum kf_kind k);

/* A setting of a T_MAP (or of a rule's body); NULL: not given. */
const struct kf_node *kf_map_get(const struct kf_node *map, const char *key);
static inline const struct kf_node *kf_rule_get(const struct kf_rule *r, const char *key)
{
    return kf_map_get(r->body, key);
}
/* Typed settings with defaults; texts are NUL-terminated. */
const char *kf_rule_text(const struct kf_rule *r, const char *key, const char *def);
bool kf_rule_bool(const struct kf_rule *r, const char *key, bool def);
bool kf_rule_number(const struct kf_rule *r, const char *key,
                    struct kf_dec *ret); /* false: not given */
/* Whether an as_of lies between `starts` (included) and `ends`; where it does not, the rule holds
 * for nobody. */
bool kf_rule_in_force(const struct kf_rule *r, int64_t as_of);

/* A setting that is one text or a list of texts: how many, and the i-th (NUL-terminated; NULL: no
 * text there). */
uint32_t kf_node_texts(const struct kf_node *n);
const char *kf_node_text(const struct kf_node *n, uint32_t i);

#endif
