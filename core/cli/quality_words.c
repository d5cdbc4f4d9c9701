/* Words of the quality report. */
#include "cli/quality_report.h"

const char *kf_quality_verdict_name(enum kf_quality_verdict v)
{
    static const char *const name[] = {"ok", "warn", "FAILED"};
    return name[v];
}

const char *kf_quality_rule_name(const struct kf_expect_row *row)
{
    return row->rule ? row->rule->name : "built in";
}

const char *kf_quality_meaning(const char *check, const char *detail)
{
    static const char *const meaning[][2] = {
        {"name_variant", "another spelling of a name"},
        {"dynamic_name", "a name made of an id, an address or a date"},
        {"unplanned_event", "a name that the plan does not have"},
        {"required_missing", "something the event needs is not there"},
        {"type_mismatch", "a value of another type than expected"},
        {"value_not_permitted", "a value outside of what is permitted"},
        {"additional_property", "a property that the plan does not have"},
        {"undecided", "the test could not be decided, for want of an exchange rate, say"},
        {"no_offset", "a local time, and nobody says of which zone"},
        {"future", "dated later than it was received"},
        {"stale", "received long after it happened"},
        {"clock_skew", "the device's clock was wrong; its time was corrected"},
        {"zone_mismatch", "the device's local time, written as if it were UTC"},
        {"dst_gap", "a local time that the clocks skipped that night"},
        {"no_currency", "an amount without a currency"},
        {"currency", "a code that is no currency, or none that is expected"},
        {"decimals", "more decimals than the currency has"},
        {"sign", "a negative amount that is no refund"},
        {"adds_up", "the total is not the sum of its parts"},
        {"looks_like_test", "says it is a test, or comes from a program or an address of nobody"},
        {"unlabelled", "looks like a test, and counts in the figures all the same"},
        {"no_consent_said", "says who somebody is and nothing about consent"},
        {"consent_unknown", "an address that a channel could use, and no word about its purpose"},
        {"no_consent", "a channel that asks for no consent"},
        {"no_suppression", "a channel that no suppression rule guards"},
        {"same_id", "delivered again; counted once"},
        {"same_id_other_content", "delivered again and saying something else, which is lost"},
        {"same_content", "says what another event says, under another id"},
        {"same_order", "an order that was completed before"},
        {"same_key", "a business key that another event has"},
        {"control_characters", "an identifier with control characters"},
        {"invisible_characters", "an identifier with characters that nobody sees"},
        {"mixed_scripts", "an identifier that mixes alphabets"},
        {"not_utf8", "an identifier that is no valid text"},
        {"too_long", "an identifier too long to be one"},
        {"not_declared", "an identifier that the rules do not declare"}};
    (void)check;
    for (size_t i = 0; i < sizeof meaning / sizeof *meaning; i++)
        if (strcmp(meaning[i][0], detail) == 0)
            return meaning[i][1];
    return "";
}

void kf_quality_gates_add(struct kf_buf *out, const struct kf_expect_row *row)
{
    static const char *const gate[] = {"run", "publish", "export"};
    bool some = false;
    for (size_t i = 0; i < 3; i++)
        if (kf_expect_gates(row, gate[i])) {
            kf_buf_addf(out, "%s%s", some ? ", " : "", gate[i]);
            some = true;
        }
    kf_buf_adds(out, "");
}

void kf_quality_parts_add(struct kf_buf *out, const struct kf_symbols *names,
                          const struct kf_tally_part *part, uint32_t n, uint32_t cap)
{
    for (uint32_t i = 0; i < n && i < cap; i++) {
        char count[32];
        kf_buf_adds(out, i ? ", " : "");
        kf_mask_add(out, KF_PERSONAL_NONE, kf_symbols_text(names, part[i].of), true);
        kf_buf_addf(out, " %s", kf_count_text(part[i].bad, count));
    }
    if (n > cap)
        kf_buf_addf(out, " and %u more", n - cap);
    kf_buf_adds(out, "");
}

void kf_quality_trend_add(struct kf_buf *out, const struct kf_quality_item *item)
{
    kf_buf_adds(out, "");
    if (!item->n_past)
        return;
    const struct kf_quality_past *p = &item->past[item->n_past - 1];
    unsigned __int128 now = (unsigned __int128)item->row->bad * (p->of ? p->of : 1),
                      then = (unsigned __int128)p->bad * (item->row->of ? item->row->of : 1);
    if (now == then) {
        kf_buf_adds(out, "as before");
        return;
    }
    kf_buf_adds(out, now > then ? "up from " : "down from ");
    kf_share_add(out, p->bad, p->of);
}

struct counted {
    uint32_t rules, failing, weak; /* weak: does not hold, and is no error */
    uint32_t built_in;             /* findings without a rule */
};

/* Items of a rule stand together. */
static struct counted count(const struct kf_quality_report *r)
{
    struct counted c = {0};
    for (uint32_t i = 0, end; i < r->n; i = end) {
        enum kf_quality_verdict worst = KF_QUALITY_OK;
        const struct kf_rule *rule = r->item[i].row->rule;
        for (end = i; end < r->n && r->item[end].row->rule == rule; end++) {
            worst = r->item[end].verdict > worst ? r->item[end].verdict : worst;
            c.built_in += !rule && r->item[end].verdict != KF_QUALITY_OK;
        }
        c.rules += rule != NULL;
        c.failing += rule && worst == KF_QUALITY_FAILED;
        c.weak += rule && worst == KF_QUALITY_WARN;
    }
    return c;
}

void kf_quality_verdict_add(struct kf_buf *out, const struct kf_quality_report *r)
{
    struct counted c = count(r);
    if (c.rules == 0)
        kf_buf_adds(out, "No expect rule says what is wanted");
    else if (!c.failing && !c.weak)
        kf_buf_addf(out, c.rules == 1 ? "The expectation holds" : "All %u expectations hold",
                    c.rules);
    else if (!c.failing)
        kf_buf_addf(out, "%u of %u expectations %s not hold, none of them an error", c.weak,
                    c.rules, c.weak == 1 ? "does" : "do");
    else
        kf_buf_addf(out, "%u of %u expectations %s", c.failing, c.rules,
                    c.failing == 1 ? "fails" : "fail");
    if (c.failing && c.weak)
        kf_buf_addf(out, ", %u more %s not hold", c.weak, c.weak == 1 ? "does" : "do");
    if (c.built_in) {
        kf_buf_adds(out, "; ");
        kf_count_add(out, c.built_in, "built-in check", NULL);
        kf_buf_addf(out, " found something");
    }
}

void kf_quality_subject_add(struct kf_buf *out, const struct kf_quality_report *r)
{
    const struct kf_config *c = r->s->ws.config;
    if (r->fresh)
        kf_buf_adds(out, "The sources as they are now");
    else
        kf_buf_addf(out, "Run %lld", (long long)r->s->last.number);
    kf_buf_adds(out, ", as of ");
    kf_when_add(out, c->zone, r->s->world->as_of);
    kf_buf_addf(out, " %s, ", c->zone_name ? c->zone_name : "UTC");
    kf_count_add(out, r->events, "event", NULL);
}
