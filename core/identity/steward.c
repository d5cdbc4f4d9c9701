#include "identity/steward.h"

#include "base/hash.h"
#include "base/time.h"

static bool is(const struct kf_steward_entry *e, const char *verb)
{
    return strcmp(e->verb, verb) == 0;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_pair(const struct kf_steward_entry *x, const struct kf_steward_entry *y)
{
    return (same_text(x->a, y->a) && same_text(x->b, y->b)) ||
           (same_text(x->a, y->b) && same_text(x->b, y->a));
}

static bool parts(const struct kf_steward_entry *e)
{
    return is(e, "unlink") || is(e, "keep_apart");
}

bool kf_steward_verb_known(const char *verb)
{
    static const char *const all[] = {"join", "unlink", "keep_apart", "transfer", "undo"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i], verb) == 0)
            return true;
    return false;
}

bool kf_steward_contradict(const struct kf_steward_entry *x, const struct kf_steward_entry *y)
{
    if (is(x, "transfer") && is(y, "transfer"))
        return same_text(x->a, y->a) && x->at == y->at && !same_text(x->b, y->b);
    return ((is(x, "join") && parts(y)) || (parts(x) && is(y, "join"))) && same_pair(x, y);
}

bool kf_steward_same(const struct kf_steward_entry *x, const struct kf_steward_entry *y)
{
    if (!is(x, y->verb))
        return false;
    if (is(x, "undo"))
        return x->undoes == y->undoes;
    if (is(x, "transfer"))
        return same_text(x->a, y->a) && same_text(x->b, y->b) && x->at == y->at;
    return same_pair(x, y);
}

void kf_steward_fates(const struct kf_steward_entry *log, uint32_t n, struct kf_steward_fate *fate)
{
    for (uint32_t i = 0; i < n; i++)
        fate[i] = (struct kf_steward_fate){KF_STEWARD_HOLDS, 0};
    for (uint32_t i = n; i-- > 0;) { /* from the end: an undo may be undone itself */
        if (!is(&log[i], "undo") || fate[i].state != KF_STEWARD_HOLDS)
            continue;
        for (uint32_t k = 0; k < i; k++)
            if (log[k].number == log[i].undoes && fate[k].state == KF_STEWARD_HOLDS)
                fate[k] = (struct kf_steward_fate){KF_STEWARD_UNDONE, log[i].number};
    }
    /* Of what is left the later word holds. A log has hundreds of entries, not millions. */
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = i + 1; k < n && fate[i].state == KF_STEWARD_HOLDS; k++)
            if (fate[k].state != KF_STEWARD_UNDONE && kf_steward_contradict(&log[i], &log[k]))
                fate[i] = (struct kf_steward_fate){KF_STEWARD_OVERRIDDEN, log[k].number};
}

uint32_t kf_steward_holding(const struct kf_steward_entry *log, uint32_t n,
                            const struct kf_steward_fate *fate, struct kf_decision_text *out)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i < n; i++)
        if (fate[i].state == KF_STEWARD_HOLDS && !is(&log[i], "undo"))
            out[k++] = (struct kf_decision_text){log[i].verb, log[i].a, log[i].b, log[i].at,
                                                 log[i].number};
    return k;
}

static void part(struct kf_buf *b, const char *text)
{
    kf_buf_adds(b, text ? text : "");
    kf_buf_addc(b, '\0');
}

void kf_steward_key(const struct kf_steward_entry *e, const char *undoes, char out[17])
{
    struct kf_buf b = {0};
    char hex[65];
    part(&b, e->verb);
    part(&b, e->a);
    part(&b, e->b);
    part(&b, undoes);
    part(&b, e->who);
    part(&b, e->why);
    kf_buf_addf(&b, "%lld %lld", (long long)e->at, (long long)e->made);
    kf_sha256_hex(b.p, b.n, hex);
    kf_buf_free(&b);
    memcpy(out, hex, 16);
    out[16] = 0;
}
