/* The quality report as JSON: kinfold.quality/1. */
#include "cli/quality_report.h"

/* A share as a fraction of six digits, which says the same on every machine. */
static void json_share(struct kf_json *j, const char *key, uint64_t bad, uint64_t of)
{
    struct kf_buf b = {0};
    unsigned __int128 millionths = of ? ((unsigned __int128)bad * 1000000 + of / 2) / of : 0;
    kf_buf_addf(&b, "%llu.%06llu", (unsigned long long)(millionths / 1000000),
                (unsigned long long)(millionths % 1000000));
    kf_json_raw(j, key, &b);
    kf_buf_free(&b);
}

static void json_allowed(struct kf_json *j, const struct kf_rule *rule)
{
    struct kf_dec allow = kf_dec_int(0);
    struct kf_buf b = {0};
    char text[40];
    if (rule)
        kf_rule_number(rule, "allow", &allow);
    kf_buf_add(&b, text, kf_dec_format(allow, text));
    kf_json_raw(j, "allowed", &b);
    kf_buf_free(&b);
}

static void json_parts(struct kf_json *j, const char *key, const struct kf_symbols *names,
                       const struct kf_tally_part *part, uint32_t n)
{
    kf_json_open(j, key, '[');
    for (uint32_t i = 0; i < n; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_str(j, "name", kf_symbols_text(names, part[i].of));
        kf_json_count(j, "bad", part[i].bad);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void json_past(struct kf_json *j, const struct kf_quality_item *item)
{
    kf_json_open(j, "history", '[');
    for (uint32_t i = 0; i < item->n_past; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_int(j, "run", item->past[i].run);
        kf_json_count(j, "bad", item->past[i].bad);
        kf_json_count(j, "of", item->past[i].of);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void json_check(const struct kf_quality_report *r, const struct kf_quality_item *item,
                       struct kf_json *j)
{
    static const char *const gate[] = {"run", "publish", "export"};
    const struct kf_expect_row *row = item->row;
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "check", row->check);
    kf_json_text(j, "detail", row->detail);
    kf_json_text(j, "rule", row->rule ? row->rule->name : NULL);
    kf_json_text(j, "severity", row->rule ? kf_rule_text(row->rule, "severity", "warn") : "warn");
    kf_json_count(j, "bad", row->bad);
    kf_json_count(j, "of", row->of);
    kf_json_text(j, "unit", kf_expect_unit(row));
    json_share(j, "share", row->bad, row->of);
    json_allowed(j, row->rule);
    kf_json_bool(j, "passed", row->passed);
    kf_json_open(j, "gates", '[');
    for (size_t i = 0; i < 3; i++)
        if (kf_expect_gates(row, gate[i]))
            kf_json_text(j, NULL, gate[i]);
    kf_json_close(j, ']');
    json_parts(j, "sources", r->s->events->dict->source, row->source, row->n_source);
    json_parts(j, "fields", r->s->events->dict->key, row->field, row->n_field);
    json_past(j, item);
    kf_json_text(j, "rows", item->file);
    kf_json_open(j, "examples", '[');
    for (uint32_t i = 0; i < row->n_example; i++) {
        struct kf_buf b = {0};
        kf_event_place_add(&b, r->s->events, row->example[i]);
        kf_json_text(j, NULL, b.p);
        kf_buf_free(&b);
    }
    kf_json_close(j, ']');
    kf_json_close(j, '}');
}

static void json_quarantine(const struct kf_quality_report *r, struct kf_json *j)
{
    bool all = kf_cli_has(r->s->cli, "all");
    uint32_t n = 0;
    kf_json_open(j, "quarantine", '[');
    for (uint32_t i = 0; i < r->n_quarantine; i++) {
        const struct kf_quality_quarantine *q = &r->quarantine[i];
        n = i && strcmp(q->reason, q[-1].reason) == 0 ? n + 1 : 1;
        if (n > 3 && !all)
            continue;
        struct kf_buf raw = {0}, detail = {0};
        kf_mask_raw(&raw, q->raw, r->s->reveal);
        kf_mask_add(&detail, KF_PERSONAL_NONE, kf_cstr(q->detail), true);
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "source", q->source);
        kf_json_text(j, "reason", q->reason);
        kf_json_text(j, "record", q->place);
        kf_json_text(j, "detail", detail.p);
        kf_json_text(j, "raw", r->s->reveal ? raw.p : NULL);
        kf_json_close(j, '}');
        kf_buf_free(&raw);
        kf_buf_free(&detail);
    }
    kf_json_close(j, ']');
}

/* A gate is shut by any rule of it that does not hold; of the checks that are listed. */
static void json_gates(const struct kf_quality_report *r, struct kf_json *j)
{
    static const char *const gate[] = {"run", "publish", "export"};
    kf_json_open(j, "gates", '{');
    for (size_t g = 0; g < 3; g++) {
        bool some = false, shut = false;
        for (uint32_t i = 0; i < r->n; i++) {
            some |= kf_expect_gates(r->item[i].row, gate[g]);
            shut |= kf_expect_gates(r->item[i].row, gate[g]) && !r->item[i].row->passed;
        }
        kf_json_text(j, gate[g], !some ? "none" : shut ? "shut" : "open");
    }
    kf_json_close(j, '}');
}

void kf_quality_json(const struct kf_quality_report *r, struct kf_buf *b)
{
    struct kf_json j;
    kf_json_start(&j, b, "kinfold.quality/1");
    kf_json_text(&j, "verdict", r->failed ? "failed" : r->warned ? "warnings" : "passed");
    kf_json_text(&j, "looked_at", r->fresh ? "sources" : "run");
    if (r->fresh)
        kf_json_text(&j, "run", NULL);
    else
        kf_json_int(&j, "run", r->s->last.number);
    kf_json_time(&j, "as_of", r->s->world->as_of);
    kf_json_count(&j, "events", r->events);
    kf_json_text(&j, "rules_digest", r->s->last_rules->digest);
    kf_json_text(&j, "despite", r->despite);
    kf_json_text(&j, "despite_by", r->despite_by);
    json_gates(r, &j);
    kf_json_open(&j, "checks", '[');
    for (uint32_t i = 0; i < r->n; i++)
        json_check(r, &r->item[i], &j);
    kf_json_close(&j, ']');
    json_quarantine(r, &j);
    kf_json_count(&j, "quarantined", r->n_quarantine);
    kf_json_count(&j, "failed", r->failed);
    kf_json_count(&j, "warned", r->warned);
    kf_json_end(&j);
}
