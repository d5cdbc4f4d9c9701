/* Shared by the eval*.c files and nobody else.
 *
 * The plan holds one struct kf_pnode for each node of the rule set, found by the node's number. The
 * evaluator keeps a profile's events with, for each, the bits of the event sets it is in, and its
 * decoded fields once something asks for them. A selection is an immutable array of rows in the
 * scratch arena, so that selections can be shared. */
#ifndef KF_LUA_EVAL_INTERNAL_H
#define KF_LUA_EVAL_INTERNAL_H

#include "base/vec.h"
#include "event/keys.h"
#include "lua/eval.h"
#include "lua/value.h"

/* ---- plan ---- */

enum kf_column {
    KF_COLUMN_BODY = 0,
    KF_COLUMN_TIME,
    KF_COLUMN_RECEIVED,
    KF_COLUMN_NAME,
    KF_COLUMN_TYPE,
    KF_COLUMN_SOURCE,
    KF_COLUMN_PLATFORM
};

struct kf_prop {
    uint32_t key;          /* of the whole path */
    uint32_t rel;          /* of the path without `properties.`, for elements of a list; 0: none */
    uint32_t currency;     /* key of the currency beside it; 0: none */
    uint32_t rel_currency; /* the same in an element */
    uint32_t list;         /* of the path without its last part, which may be a list; 0: none */
    uint32_t part;         /* of the last part, in an element of that list */
    uint32_t part_currency;
    uint8_t column; /* enum kf_column */
    bool money, part_money;
};

/* Length of time as a filter or test states it. */
struct kf_span {
    int64_t ns;     /* exact, or */
    int32_t months; /* calendar, when not 0 */
};

struct kf_pnode {
    const struct kf_node *node; /* NULL: no node of this number */
    uint32_t memo;              /* number of its memo + 1; 0: nobody else asks the same */
    const uint32_t
        *absent;       /* values made of events only: what they are without any event of these */
    uint32_t n_absent; /* sets is the same for everybody; 0: they are not */
    uint32_t none;     /* number of that value */
    uint32_t *chain;   /* selects: memo of the base and of each further filter */
    uint32_t set;      /* selects: event set */
    bool bare;         /* selects: nothing but what one event can answer */
    bool grouped;      /* selects: has F_PER */
    const struct kf_node *with_same;
    struct kf_prop prop;
    const struct kf_str *text_is; /* tests: property `prop` is this text, and no more to it */
    const struct kf_value *k;     /* constants */
    struct kf_span span;  /* length in the node's value (sequence, travel) or of a constant */
    struct kf_str folded; /* constants: text, case folded */
    const struct kf_list *list;
    uint32_t mask; /* platforms or weekdays, a bit each; month 1..12, 13 this, 14 next */
    const uint16_t *source;
    uint32_t n_source;
    int64_t from, until; /* at_hours: ns of the day */
    char cur[4];         /* tests and buckets: currency to convert into; computed: its unit */
};

struct kf_event_set {
    const struct kf_node *names; /* T_LIST, NULL: any_event */
    bool every; /* any_event of a link, never_link or transfer: of every type (IDENTITY 2), not only
                   what a person did */
    uint64_t hash[2];
};

struct kf_plan {
    const struct kf_ruleset *rules;
    const struct kf_config *config;
    const struct kf_zone *zone;
    const struct kf_rates *rates;
    struct kf_dict *dict;
    int64_t as_of;
    char cur[4];
    struct kf_pnode *node;
    uint32_t n_nodes;
    kf_vec(struct kf_event_set) sets;
    uint32_t words;      /* of a mask of sets */
    uint64_t *name_mask; /* [(n_names + 1) * words] */
    uint32_t n_names;
    uint64_t *type_mask; /* [KF_EVENT_TYPES * words] */
    uint8_t *needed;     /* by key: some condition reads it */
    uint32_t n_keys, n_needed;
    uint32_t n_memo, n_none;
    kf_vec(uint32_t) bound; /* numbers of the nodes that know numbers of the dictionary */
    kf_vec(const struct kf_node *) asking; /* kf_plan_asking */
    bool like; /* what does not hang on the dictionary is another plan's */
    struct kf_arena arena;
};

/* The record of a node; one without `node` for a node the plan does not know. */
extern const struct kf_pnode kf_pnode_unknown;
static inline const struct kf_pnode *kf_pnode(const struct kf_eval *ev, const struct kf_node *n)
{
    const struct kf_plan *p = ev->plan;
    return n->id < p->n_nodes && p->node[n->id].node == n ? &p->node[n->id] : &kf_pnode_unknown;
}
/* The key numbers of a path. */
struct kf_prop kf_prop_compile(const struct kf_plan *p, struct kf_str path, bool add);
bool kf_event_set_has(const struct kf_plan *p, const struct kf_event_set *s, uint8_t type,
                      struct kf_str name);

/* ---- evaluator ---- */

#define KF_NO_AT   UINT32_MAX       /* not an event of the profile */
#define KF_SELF_AT (UINT32_MAX - 1) /* the event looked at, when the profile does not have it */

struct kf_row {
    uint32_t event, at;           /* at: position among the profile's events */
    const struct kf_val *elem;    /* element of a list, NULL: the event itself */
    const struct kf_touch *touch; /* NULL: no touch */
    int64_t time;
    int64_t leaves; /* instant at which it leaves by time alone */
    uint8_t truth;  /* KF_TRUE or KF_UNDECIDED */
};

struct kf_sel {
    const struct kf_row *row; /* in (time, event id) order */
    uint32_t n;
    uint32_t lo, hi; /* how many there are at least and at most */
    int64_t enters;  /* earliest instant at which time alone adds a row */
    int64_t changes; /* ... at which it changes the rows otherwise than by their leaving */
    const char *why; /* of its undecided rows */
    const struct kf_span *in_any;
    bool grouped;
    struct kf_sel *group;
    uint32_t groups;
};

struct kf_field {
    uint32_t key;
    struct kf_val val;
};
struct kf_fields {
    uint32_t n;
    struct kf_field field[];
};

struct kf_memo {
    uint64_t epoch;
    const struct kf_sel *sel;
    const struct kf_value *value;
    int64_t flip;
    char cur[4];
};

/* The value of a node for a profile without the events it is about. */
struct kf_none {
    struct kf_value value;
    char cur[4];
    bool known;
};

struct kf_eval_priv {
    struct kf_arena cache; /* decoded fields */
    struct kf_arena mark;  /* of scratch, when looking at events of a profile began */
    bool marked;
    uint64_t *mask;            /* [n * words] */
    uint64_t *any;             /* [words]: OR of them all */
    int64_t *time;             /* [n] */
    struct kf_fields **fields; /* [n] */
    struct kf_fields *self_fields;
    uint32_t n_now; /* events up to the clock */
    uint64_t epoch;
    struct kf_memo *memo;
    struct kf_none *none;
    struct kf_field *tmp;
    const struct kf_row *row; /* what property "p" is asked of; NULL: nothing */
    struct kf_row self;       /* the event or touch looked at */
    char cur[4];              /* currency amounts are converted into now */
    int64_t ahead;            /* looking ahead from the event looked at: up to here; 0: not */
    unsigned quiet;           /* inside a select: conditions are traced only if ev->inside */
    const struct kf_row *evidence;
    uint32_t n_evidence;
};

static inline struct kf_eval_priv *kf_priv(const struct kf_eval *ev)
{
    return ev->priv;
}
static inline bool kf_looking(const struct kf_eval *ev)
{
    return ev->looked_at != UINT32_MAX || ev->looked_at_touch;
}
static inline bool kf_tracing(const struct kf_eval *ev)
{
    return ev->trace && (ev->inside || !kf_priv(ev)->quiet);
}
static inline bool kf_tracing_inside(const struct kf_eval *ev)
{
    return ev->trace && ev->inside;
}
static inline bool kf_has_any(const struct kf_eval *ev, uint32_t set)
{
    return kf_priv(ev)->any[set / 64] >> (set % 64) & 1;
}
/* Are the profile's own events what is asked, as they stand at as_of? */
static inline bool kf_plain(const struct kf_eval *ev)
{
    return !ev->trace && !kf_priv(ev)->ahead && !kf_looking(ev);
}
static inline int64_t kf_min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}
static inline void kf_lower(struct kf_eval *ev, int64_t t)
{
    if (t < ev->flip && t > ev->as_of)
        ev->flip = t;
}
static inline enum kf_truth kf_and(enum kf_truth a, enum kf_truth b)
{
    return a == KF_FALSE || b == KF_FALSE ? KF_FALSE
           : a == KF_TRUE && b == KF_TRUE ? KF_TRUE
                                          : KF_UNDECIDED;
}
static inline enum kf_truth kf_or(enum kf_truth a, enum kf_truth b)
{
    return a == KF_TRUE || b == KF_TRUE     ? KF_TRUE
           : a == KF_FALSE && b == KF_FALSE ? KF_FALSE
                                            : KF_UNDECIDED;
}
static inline enum kf_truth kf_truth_of(bool b)
{
    return b ? KF_TRUE : KF_FALSE;
}
/* Something has a type it should not have: counted, undecided. */
enum kf_truth kf_wrong_type(struct kf_eval *ev, const char *why);
static inline enum kf_truth kf_no(struct kf_eval *ev, const char *why)
{
    ev->why = why;
    return KF_UNDECIDED;
}

/* eval.c */
enum kf_truth kf_cond(struct kf_eval *ev, const struct kf_node *n);

/* eval_value.c: what has a value */
struct kf_value kf_expr(struct kf_eval *ev, const struct kf_node *n);

/* eval_event.c: one event */
struct kf_value kf_row_property(struct kf_eval *ev, const struct kf_row *r,
                                const struct kf_prop *p);
/* A property whose value is one text; false: it is missing or something else. */
bool kf_row_text(struct kf_eval *ev, const struct kf_row *r, const struct kf_prop *p,
                 struct kf_str *ret);
bool kf_row_list(struct kf_eval *ev, const struct kf_row *r, const struct kf_prop *p,
                 struct kf_val *ret); /* the raw value; false: missing */
/* Converts an amount at the day of its event. False: no rate; ev->why says so. */
bool kf_convert(struct kf_eval *ev, struct kf_value *v, const char cur[4]);
struct kf_value kf_row_identifier(struct kf_eval *ev, const struct kf_row *r, struct kf_str ns);
/* Value of E_PROPERTY, E_IDENTIFIER or E_TOUCH of a row. */
struct kf_value kf_row_value(struct kf_eval *ev, const struct kf_row *r, const struct kf_node *n);
/* Keys (hash of the value) of a row under one or several exprs: one for each combination of values,
 * each once. 0: a value is missing. In scratch. */
struct kf_vkey {
    uint64_t lo, hi;
    struct kf_str text; /* of the last expr's value */
};
uint32_t kf_row_keys(struct kf_eval *ev, const struct kf_row *r, struct kf_node *const *expr,
                     uint32_t n, const struct kf_vkey **ret);
struct kf_vkey kf_text_key(struct kf_str text);
/* Set of keys, with a number for each; grows. */
struct kf_keyset {
    uint64_t *slot; /* pairs lo, hi; 0, 0: free */
    uint32_t *value;
    uint32_t mask, n;
};
struct kf_keyset kf_keyset_new(struct kf_eval *ev, uint32_t n);
/* Where the value of a key is kept; *ret_new: it was not there (its value is 0). */
uint32_t *kf_keyset_put(struct kf_eval *ev, struct kf_keyset *s, const struct kf_vkey *k,
                        bool *ret_new);
const uint32_t *kf_keyset_find(const struct kf_keyset *s, const struct kf_vkey *k); /* or NULL */

/* eval_time.c */
struct kf_span kf_span_of(const struct kf_eval *ev, const struct kf_node *k);
int64_t kf_time_plus(const struct kf_zone *z, int64_t t, struct kf_span s);
int64_t kf_time_minus(const struct kf_zone *z, int64_t t, struct kf_span s);
/* First instant after as_of at which `t` is a length or more ago. */
int64_t kf_time_leaves(const struct kf_eval *ev, int64_t t, struct kf_span s);
enum kf_truth kf_time_test(struct kf_eval *ev, const struct kf_value *v,
                           const struct kf_pnode *test);
struct kf_window {
    int64_t from, until;       /* from <= time < until */
    const struct kf_span *out; /* a row leaves when it is this old */
    int64_t all_leave;         /* KF_TIME_MAX: `out` says */
    const struct kf_span *in;  /* later rows come in when they are this old */
    int64_t all_enter;         /* rows behind `until` come in then */
    bool undecided;
    struct kf_span out_span, in_span;
};
/* False: the filter is no window. */
bool kf_window_of(struct kf_eval *ev, const struct kf_node *f, struct kf_window *w);

/* eval_test.c. several: the value is one of several (identifiers), so `contains` looks into each */
enum kf_truth kf_test(struct kf_eval *ev, const struct kf_value *v, const struct kf_node *test,
                      bool several);
/* Order of two values of possibly different types; *ret KF_UNDECIDED: not comparable. */
int kf_order(struct kf_eval *ev, const struct kf_value *a, const struct kf_value *b,
             enum kf_truth *ret);

/* eval_select.c */
extern const struct kf_sel kf_sel_none;
const struct kf_sel *kf_select(struct kf_eval *ev, const struct kf_node *n);
/* Only the event or touch looked at. */
const struct kf_sel *kf_select_self(struct kf_eval *ev, const struct kf_node *n);
enum kf_truth kf_row_passes(struct kf_eval *ev, const struct kf_row *r, const struct kf_node *f);
bool kf_row_in_set(const struct kf_eval *ev, uint32_t event, uint32_t set);
int kf_row_cmp(const struct kf_eval *ev, const struct kf_row *a, const struct kf_row *b);
struct kf_sel *kf_sel_copy(struct kf_eval *ev, const struct kf_sel *s, struct kf_row **ret_rows);
void kf_sel_count(struct kf_sel *s); /* lo and hi from the rows */
/* The same after a filter that may have taken `lost` rows out: of "one of these two" nothing is
 * known row by row, but how many there are. */
void kf_sel_narrow(struct kf_sel *c, const struct kf_sel *before, uint32_t lost);
int64_t kf_sel_flip(const struct kf_sel *s);
enum kf_truth kf_sel_exists(struct kf_eval *ev, const struct kf_sel *s);

/* eval_group.c: filters that compare rows with each other */
struct kf_sel *kf_filter_once_per(struct kf_eval *ev, const struct kf_sel *s,
                                  const struct kf_node *f);
struct kf_sel *kf_filter_newest(struct kf_eval *ev, const struct kf_sel *s, uint32_t n);
struct kf_sel *kf_filter_oldest(struct kf_eval *ev, const struct kf_sel *s, uint32_t n);
struct kf_sel *kf_filter_each(struct kf_eval *ev, const struct kf_sel *s, const struct kf_node *f);
struct kf_sel *kf_filter_per(struct kf_eval *ev, const struct kf_sel *s, const struct kf_node *f);

/* eval_follow.c */
struct kf_sel *kf_filter_followed(struct kf_eval *ev, const struct kf_sel *s,
                                  const struct kf_node *f);
enum kf_truth kf_sequence(struct kf_eval *ev, const struct kf_node *n);
struct kf_value kf_time_between(struct kf_eval *ev, const struct kf_node *n);

/* eval_aggregate.c */
bool kf_is_aggregate(uint16_t op);
struct kf_value kf_aggregate(struct kf_eval *ev, const struct kf_node *n, const struct kf_sel *s);
void kf_count_bounds(struct kf_eval *ev, const struct kf_sel *s, uint32_t *ret_lo,
                     uint32_t *ret_hi);
struct kf_value kf_travel_speed(struct kf_eval *ev, const struct kf_node *n);

#endif
