/* Inside of core/identity/resolve: what its files share. Nobody else includes this.
 *
 * struct kf_id_run is one call, shared by all workers: read-only once the components are known, but
 * for the columns that each component fills for its own identifiers. struct kf_id_work is one
 * worker: its vectors are reused from component to component and never shared. Identifiers inside a
 * component are numbered locally (0..m-1), spans ("nodes") too. */
#ifndef KF_IDENTITY_RESOLVE_INTERNAL_H
#define KF_IDENTITY_RESOLVE_INTERNAL_H

#include "base/vec.h"
#include "identity/resolve.h"

#define KF_ID_SLOW                                                                                 \
    0x80000000u /* label of an identifier in a slow component: this bit and the component's number \
                 */
#define KF_ID_CUT                                                                                  \
    0x80000000u /* after resolution: this bit and the number of its first span row                 \
                 */
#define KF_ID_JOIN_RULE                                                                            \
    64 /* obs.rule: below: link rule; this: a join; above: 65 + number of a transfer's name */

/* Identifiers to fetch in advance in passes over all events: their labels lie anywhere in memory.
 * 5M events resolve in 1.0 s on one core with it and 1.27 s without; 24 to 192 measured alike. */
#ifndef KF_ID_AHEAD
#define KF_ID_AHEAD 48
#endif

enum { KF_ID_EV_CONTRADICTS = 1, KF_ID_EV_STATES = 2, KF_ID_EV_SIGNOUT = 4, KF_ID_EV_MIXED = 8 };

struct kf_id_move {
    uint32_t x, to;
    int64_t t;
    uint32_t event;
    uint16_t rule;
    uint32_t slow;
};
struct kf_id_apart {
    uint32_t a, b, event, slow;
    const char *rule;
    uint8_t reason;
};
struct kf_id_pair {
    uint32_t a, b, slow;
};
struct kf_id_earliest {
    int64_t t;
    uint32_t id;
    int64_t from;
};

struct kf_id_first {
    int64_t t; /* earliest observation of a fast component */
    uint32_t id;
    uint32_t owns; /* 1: the cluster owns an event */
};

struct kf_id_run {
    const struct kf_id_input *in;
    uint32_t rank[KF_ID_NAMESPACES]; /* place of each namespace in the order of ranks */
    uint64_t person;                 /* namespaces that are a person's key */
    uint64_t rule_all;
    bool consent, history, expiry; /* some rule or namespace asks for it */
    unsigned threads;

    uint32_t *same;   /* canonical identifier, NULL: no joins */
    uint8_t *ev_flag; /* [n_events] KF_ID_EV_* */
    uint32_t *label;  /* [n_ids] union-find, then component or KF_ID_SLOW | number, then cluster or
                         KF_ID_CUT | row */
    uint8_t *dirty;   /* [n_ids] something beyond plain links touches it */
    uint64_t n_obs;
    uint32_t n_comp, largest;

    uint64_t *unlinked; /* sorted pairs, smaller number in the upper half */
    size_t n_unlinked;
    kf_vec(struct kf_id_move) move;
    kf_vec(struct kf_id_apart) apart;
    kf_vec(struct kf_id_pair) given;
    kf_vec(const char *) tie_name;

    uint32_t n_slow;
    uint64_t *slow_id_off, *slow_ev_off; /* [n_slow + 1] */
    uint32_t *slow_id, *slow_ev;
    uint32_t *slow_order; /* largest first */
    uint32_t *local;      /* [n_ids] place within its slow component */
    uint8_t *isolated;    /* [n_ids] reason of the whole identifier, NULL where nothing is slow */
    uint16_t *slow_worker;

    struct kf_id_work *work; /* [threads] */
    uint32_t n_cluster;      /* fast components, then the clusters of the workers */
    uint32_t *worker_base;   /* [threads] first cluster of each worker */
    uint32_t *worker_span;   /* [threads] first span row of each worker */
    struct kf_id_span *span; /* all span rows; profile is the cluster until the end */
    uint32_t n_span;
    struct kf_id_first *first; /* [n_cluster] */
    struct kf_id_result *ret;
};

/* ---- one worker */

struct kf_id_obs {
    int64_t t;
    uint32_t a, b; /* local identifiers, a the strongest of the event */
    uint32_t event;
    uint32_t row;
    uint16_t rule;
    uint8_t strength;
    bool ok, unlinked;
};
struct kf_id_seen {
    int64_t t;
    uint32_t id;
};
struct kf_id_cut_at {
    int64_t t;
    uint32_t id;
};
struct kf_id_said {
    int64_t t;
    uint32_t id, event;
    int16_t purpose;
    bool refused;
    uint32_t next_refused; /* the first refusal at or after this one among those of the identifier
                              and purpose */
};
struct kf_id_node {
    int64_t from, to, first, last; /* first: KF_TIME_MIN: nothing was seen on it */
    uint32_t id, level;
    uint32_t piece, n_piece; /* later pieces of a span that section 5 cut */
    uint8_t iso;
};
struct kf_id_row { /* collapsed link */
    int64_t first, last;
    uint32_t p, q, count, event;
    uint32_t next; /* of its level */
    uint32_t sep;  /* separation in the way */
    uint32_t limit_ns;
    uint16_t rule;
    uint8_t strength, reason, barred;
    bool ok, unlinked, gone, same;
};
struct kf_id_cluster {
    uint32_t up, n_node, n_id, slot;
    uint32_t multi, multi_tail, n_multi; /* identifiers of several spans */
    uint32_t sep, sep_tail, n_sep;       /* identifiers that something separates */
    uint32_t win, win_tail, n_win;       /* first observations of namespaces with `within` */
    uint32_t stamp;
};
struct kf_id_item {
    uint32_t id, next;
};
struct kf_id_entry {
    int64_t t;
    uint32_t id, next, chain;
    uint8_t limit;
    bool multi; /* the identifier has several spans */
};
struct kf_id_limit {
    uint8_t ns;
    bool person;
    uint32_t n;
    int64_t within;
};
struct kf_id_cell { /* of the table of what is in which cluster */
    uint64_t key;
    uint32_t slot, gen, tag, val;
};
struct kf_id_step { /* windows.c: where windows begin to hold more or fewer values, in a tree */
    uint64_t at;
    int32_t by, sum, high; /* sum of all steps below and with this one; the highest on the way */
    uint32_t less, more;
};
struct kf_id_raise { /* what another cluster would add */
    uint64_t at;
    int32_t by;
};
struct kf_id_seen_by { /* first observations of a cluster */
    uint32_t slot, win;
};
/* Clusters taken together without uniting them: what is looked at when asking whether one more
 * fits. */
struct kf_id_held {
    uint32_t count[KF_ID_NAMESPACES];
    uint32_t n_id, slot, stamp, n_root, one;
    uint32_t win, n_entry; /* of several: copies of their first observations, from n_entry on */
};
struct kf_id_why {
    uint32_t sep, limit_ns;
};

struct kf_id_turn { /* one claim at one instant, for split_by_login */
    int64_t t;
    uint32_t p;
    bool ok;
};
struct kf_id_bar { /* a claim that does not fit the piece it falls in */
    uint32_t piece, p;
    struct kf_id_why why;
    uint8_t reason;
};
struct kf_id_order { /* sort key of a row: section 5, Tie */
    uint64_t head;
    int64_t when;
    uint32_t row;
};

/* A question that was answered before, of two clusters that have not changed since (they only grow,
 * so their sizes tell). */
struct kf_id_asked {
    uint32_t gen, slot_a, slot_b, node_a, node_b;
    enum kf_id_reason reason;
    struct kf_id_why why;
};
#define KF_ID_ASKED 4096 /* a power of two */

struct kf_id_work {
    const struct kf_id_run *run;
    const uint32_t *gid; /* local to global */
    uint32_t m;
    uint32_t stamp, gen;

    kf_vec(struct kf_id_obs) obs;
    kf_vec(struct kf_id_seen) seen;
    kf_vec(struct kf_id_cut_at) cut;
    kf_vec(struct kf_id_said) said;
    kf_vec(uint8_t) whole;     /* [m] reason that the identifier is isolated as a whole */
    kf_vec(uint32_t) node_off; /* [m + 1] */
    kf_vec(struct kf_id_node) node;
    kf_vec(int64_t) node_from; /* starts of the nodes once more, close together for searching */
    uint32_t n_first_nodes;    /* before section 5 cut any */
    kf_vec(struct kf_id_row) row;
    kf_vec(uint32_t) table; /* of rows by their key */
    kf_vec(uint64_t) adj_off;
    kf_vec(uint32_t) adj; /* rows at each node */
    kf_vec(uint32_t) level_row;
    uint32_t n_level;
    kf_vec(uint64_t) row_off; /* observations of each row, made when a span is first cut */
    kf_vec(uint32_t) row_obs;
    kf_vec(uint64_t) seen_off;
    kf_vec(int64_t) seen_t;

    struct kf_id_limit limit[KF_ID_NAMESPACES]; /* plain ones by rank, then `within` by rank */
    uint32_t n_limit;
    uint8_t limit_of[KF_ID_NAMESPACES]; /* number in `limit`, 255: none */
    kf_vec(struct kf_id_cluster) cl;
    kf_vec(uint32_t) count; /* [nodes][n_limit]: distinct values; of a person's key the value + 1 */
    kf_vec(struct kf_id_item) item;
    kf_vec(struct kf_id_entry) entry;
    kf_vec(struct kf_id_step) step; /* [0] is none */
    kf_vec(struct kf_id_raise) raise;
    kf_vec(uint64_t) full; /* starts of windows that hold as many as they may */
    uint32_t free_step;
    kf_vec(struct kf_id_apart) sep; /* local identifiers, in the order they are named in refusals */
    kf_vec(uint32_t) sep_off;
    kf_vec(uint32_t) sep_at;
    struct kf_id_cell *cell;
    size_t n_cell, cell_cap;
    uint32_t next_slot;
    struct kf_id_asked *asked; /* [KF_ID_ASKED], made when first needed */
    bool any_multi;

    kf_vec(uint32_t) claim, root; /* of the span that is settled */
    kf_vec(struct kf_id_turn) turn;
    kf_vec(struct kf_id_bar) bar;
    kf_vec(int64_t) at;
    kf_vec(uint8_t) piece_ok;
    kf_vec(struct kf_id_order) order;
    kf_vec(uint32_t) tmp, tmp2, claim_q, part, part_stamp, part_count, part_sep, part_ids;
    kf_vec(uint32_t) claim_head;            /* [nodes] */
    kf_vec(uint32_t) claim_next, row_stamp; /* [rows] */
    kf_vec(struct kf_id_entry) sweep;
    kf_vec(uint64_t) pairs;

    /* results over all components of this worker */
    kf_vec(struct kf_id_earliest) cluster;
    kf_vec(struct kf_id_span) span;
    kf_vec(struct kf_id_link) link;
    kf_vec(uint32_t) shared;
};

static inline const struct kf_id_namespace *kf_id_ns_of(const struct kf_id_work *w, uint32_t id)
{
    const struct kf_id_input *in = w->run->in;
    return &in->rules->ns[in->id_ns[w->gid[id]]];
}
static inline uint32_t kf_id_rank_of(const struct kf_id_work *w, uint32_t id)
{
    return w->run->rank[w->run->in->id_ns[w->gid[id]]];
}
static inline uint32_t kf_id_canon(const struct kf_id_run *r, uint32_t id)
{
    return r->same ? r->same[id] : id;
}
/* Order by (rank, bytes) of two identifiers, global numbers. */
static inline int kf_id_cmp(const struct kf_id_run *r, uint32_t a, uint32_t b)
{
    const struct kf_id_input *in = r->in;
    uint32_t ra = r->rank[in->id_ns[a]], rb = r->rank[in->id_ns[b]];
    if (ra != rb || a == b)
        return ra < rb ? -1 : ra > rb;
    return kf_str_cmp(in->id_value(in->ctx, a), in->id_value(in->ctx, b));
}
static inline uint64_t kf_id_pair_key(uint32_t a, uint32_t b)
{
    return a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
}

/* decisions.c */
int kf_id_take_decisions(struct kf_id_run *r, struct kf_error *err);
bool kf_id_is_unlinked(const struct kf_id_run *r, uint32_t a, uint32_t b); /* canonical, global */
const char *kf_id_rule_name(const struct kf_id_run *r, uint16_t rule);

/* gather.c: the slow components and the workers */
int kf_id_gather(struct kf_id_run *r, const uint8_t *slow, struct kf_error *err);
int kf_id_run_slow(struct kf_id_run *r, struct kf_error *err);

/* own.c */
int kf_id_own(struct kf_id_run *r, struct kf_error *err);

/* component.c */
void kf_id_component(struct kf_id_work *w, uint32_t slow, unsigned worker);
void kf_id_work_free(struct kf_id_work *w);

/* load.c: events of a component to observations, sightings, statements, sign-outs */
void kf_id_load(struct kf_id_work *w, uint32_t slow);

/* spans.c */
void kf_id_cut(struct kf_id_work *w, uint32_t id, int64_t t);
void kf_id_cut_expired(struct kf_id_work *w);
void kf_id_cut_history(struct kf_id_work *w);
void kf_id_build_nodes(struct kf_id_work *w);
uint32_t kf_id_node_at(const struct kf_id_work *w, uint32_t id, int64_t t);
void kf_id_split_node(struct kf_id_work *w, uint32_t q, const int64_t *at, uint32_t n);

/* consent.c */
void kf_id_ask_consent(struct kf_id_work *w);
/* 0: says nothing, 1: granted, -1: anything else */
int kf_id_event_says(const struct kf_id_run *r, uint32_t event, int16_t purpose);
size_t kf_id_statements_from(const struct kf_id_input *in, uint32_t event);

/* levels.c */
void kf_id_build_rows(struct kf_id_work *w);
void kf_id_row_add(struct kf_id_work *w, struct kf_id_obs *o);
void kf_id_place(struct kf_id_work *w);
void kf_id_orient(const struct kf_id_work *w, struct kf_id_row *row);
void kf_id_push_level(struct kf_id_work *w, uint32_t row);

/* limits.c */
void kf_id_clusters(struct kf_id_work *w);
void kf_id_cluster_add(struct kf_id_work *w, uint32_t node);
uint32_t kf_id_find(struct kf_id_work *w, uint32_t node);
void kf_id_merge(struct kf_id_work *w, uint32_t a, uint32_t b);
enum kf_id_reason kf_id_breaks(struct kf_id_work *w, uint32_t a, uint32_t b, struct kf_id_why *why);
void kf_id_hold(struct kf_id_work *w, struct kf_id_held *h,
                uint32_t root); /* n_root 0: starts anew */
void kf_id_let_go(struct kf_id_work *w, struct kf_id_held *h);
enum kf_id_reason kf_id_held_breaks(struct kf_id_work *w, struct kf_id_held *h, uint32_t root,
                                    struct kf_id_why *why);
bool kf_id_separated(struct kf_id_work *w, uint32_t id, uint32_t root);

struct kf_id_cell *kf_id_cell_find(const struct kf_id_work *w, uint32_t slot, uint32_t tag,
                                   uint64_t key);
struct kf_id_cell *kf_id_cell_put(struct kf_id_work *w, uint32_t slot, uint32_t tag, uint64_t key,
                                  bool *ret_new);

/* windows.c */
enum {
    KF_ID_TAG_WINDOW = 1,
    KF_ID_TAG_TREE = 128,
    KF_ID_TAG_FULL = 256
}; /* of cells, each + number of a limit */
bool kf_id_window_put(struct kf_id_work *w, uint32_t slot, uint32_t entry);
void kf_id_window_drop(struct kf_id_work *w, uint32_t slot);
bool kf_id_window_breaks(struct kf_id_work *w, const struct kf_id_seen_by *large,
                         const struct kf_id_seen_by *small, uint32_t l);

/* shared.c */
bool kf_id_any_pair_breaks(struct kf_id_work *w, const uint32_t *root, uint32_t k);

/* settle.c */
void kf_id_settle(struct kf_id_work *w, uint32_t level);
int kf_id_order_cmp(const void *pa, const void *pb, void *work); /* of struct kf_id_order */
struct kf_id_order kf_id_order_of(const struct kf_id_work *w, uint32_t row);

/* split.c */
void kf_id_cut_by_owner(struct kf_id_work *w, uint32_t q);

/* tie.c */
void kf_id_tie(struct kf_id_work *w, uint32_t level);

/* links.c */
void kf_id_emit_links(struct kf_id_work *w);
int kf_id_finish_links(struct kf_id_run *r, struct kf_error *err);

#endif
