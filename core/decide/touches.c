/* Fields of a touch, and its channel in the group "default". */
#include "decide/decide_internal.h"

static struct kf_value text(struct kf_str s, const struct kf_touch *t)
{
    return (struct kf_value){
        .type = s.p && s.n ? KF_VAL_TEXT : KF_VAL_MISSING, .text = s, .event = t->event};
}

/* The first group that holds for this one touch. Looked at by an evaluator of its own: the one that
 * asks is in the middle of something. */
static struct kf_value channel(struct decider *x, const struct kf_touch *t)
{
    const struct kf_rule *g = x->d->channel_group;
    const struct kf_node *groups = g && kf_ask_active(x, g) ? kf_rule_get(g, "groups") : NULL;
    struct decider *side = x->side[SIDE_TOUCH];
    struct kf_value v = text(kf_cstr("Unassigned"), t);
    if (!groups)
        return v;
    if (!x->touch_side_ready)
        side = kf_decider_side(x, SIDE_TOUCH, x->event, x->n, x->ev.as_of);
    x->touch_side_ready = true;
    kf_eval_event(&side->ev, t->event);
    side->ev.looked_at_touch = t;
    for (uint32_t i = 0; i < groups->kids; i++) {
        const struct kf_node *name = kf_map_get(groups->kid[i], "name"),
                             *when = kf_map_get(groups->kid[i], "when");
        enum kf_truth c = kf_eval_cond(&side->ev, when);
        if (c == KF_FALSE)
            continue;
        if (c == KF_TRUE)
            return text(name->value.text, t);
        return (struct kf_value){
            .type = KF_VAL_UNDECIDED, .why = "a channel group is undecided", .event = t->event};
    }
    return v;
}

static struct kf_value more(struct decider *x, const struct kf_touch *t, struct kf_str field)
{
    static const char *const root[] = {"context.campaign.", "properties."};
    char path[80];
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(root[i]);
        if (field.n + n > sizeof path)
            break;
        memcpy(path, root[i], n);
        memcpy(path + n, field.p, field.n);
        struct kf_value v = kf_eval_property(&x->ev, t->event, kf_str(path, n + field.n));
        if (v.type != KF_VAL_MISSING)
            return v;
    }
    return text(kf_str(NULL, 0), t);
}

struct kf_value kf_touch_field(struct decider *x, const struct kf_touch *t, struct kf_str field)
{
    static const char *const kind[] = {"", "click", "view", "visit", "mention"};
    const struct {
        const char *name;
        struct kf_str value;
    } known[] = {{"source", t->source},     {"medium", t->medium},
                 {"campaign", t->campaign}, {"term", t->term},
                 {"content", t->content},   {"click_id", t->click_id},
                 {"referrer", t->referrer}, {"kind", kf_cstr(kind[t->kind])}};
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (kf_str_eq(field, kf_cstr(known[i].name)))
            return text(known[i].value, t);
    if (kf_str_eq(field, kf_cstr("direct")))
        return (struct kf_value){.type = KF_VAL_BOOL, .boolean = t->direct, .event = t->event};
    if (kf_str_eq(field, kf_cstr("channel")))
        return channel(x, t);
    return more(x, t, field);
}
