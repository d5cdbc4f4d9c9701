/* Results for people: what differs first, then why. */
#include "cli/test_report.h"

#include "base/vec.h"

#include <stdlib.h>

#define EVENTS_SHOWN 12u

static void pad(struct kf_buf *out, unsigned n)
{
    while (n--)
        kf_buf_addc(out, ' ');
}

static void add_safe(struct kf_buf *out, const char *text)
{
    kf_mask_add(out, KF_PERSONAL_NONE, kf_cstr(text), true);
}

static void add_list(struct kf_buf *out, bool colour, unsigned indent, const char *word,
                     const char *const *item, uint32_t n)
{
    if (!n)
        return;
    pad(out, indent);
    kf_style_add(out, colour, KF_RED, word);
    kf_buf_addc(out, ' ');
    struct kf_buf b = {0};
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_adds(&b, i ? ", " : "");
        add_safe(&b, item[i]);
    }
    kf_wrap_add(out, b.p, indent + 14, indent + 14, true);
    kf_buf_addc(out, '\n');
    kf_buf_free(&b);
}

/* In one line where it fits; else what is missing and what is too much in a line each. */
static void add_problem(const struct kf_scenario_problem *p, bool colour, unsigned indent,
                        struct kf_buf *out)
{
    struct kf_buf head = {0}, all = {0};
    if (p->pos.line)
        kf_buf_addf(&head, "%s:%u: ", p->pos.file, p->pos.line);
    kf_scenario_sentence(p, &all);
    pad(out, indent);
    add_safe(out, head.p ? head.p : "");
    bool lists = p->n_missing || p->n_extra;
    if (!lists || indent + head.n + all.n <= KF_OUT_COLUMNS) {
        struct kf_buf safe = {0};
        add_safe(&safe, all.p ? all.p : "");
        kf_buf_add(out, safe.p ? safe.p : "", safe.n);
        kf_buf_addc(out, '\n');
        kf_buf_free(&safe);
    } else {
        if (p->variation)
            kf_buf_addf(out, "%s: ", p->variation);
        kf_buf_addf(out, "%s\n", p->text);
        add_list(out, colour, indent + 2, "missing     ", p->missing, p->n_missing);
        add_list(out, colour, indent + 2, "not expected", p->extra, p->n_extra);
    }
    kf_buf_free(&head);
    kf_buf_free(&all);
}

static void add_numbers(struct kf_buf *out, const uint32_t *event, uint32_t n)
{
    if (!n)
        return;
    kf_buf_adds(out, n == 1 ? " (event " : " (events ");
    for (uint32_t i = 0; i < n && i < 8; i++)
        kf_buf_addf(out, "%s%u", i ? ", " : "", event[i]);
    if (n > 8)
        kf_buf_addf(out, " and %u more", n - 8);
    kf_buf_addc(out, ')');
}

static void add_line(const struct kf_scenario_line *l, bool colour, unsigned indent,
                     struct kf_buf *out)
{
    static const char *const mark[] = {"\xe2\x9c\x97", "\xe2\x9c\x93", "?"};
    static const enum kf_style style[] = {KF_RED, KF_GREEN, KF_YELLOW};
    struct kf_buf b = {0};
    unsigned at = indent + 2 * l->depth + 2;
    pad(out, indent + 2 * l->depth);
    if (l->truth >= 0) {
        kf_style_add(out, colour, style[l->truth], mark[l->truth]);
        kf_buf_addc(out, ' ');
    } else {
        kf_buf_adds(out, "- ");
    }
    add_safe(&b, l->text);
    if (l->needed) {
        kf_buf_addc(&b, ' ');
        add_safe(&b, l->needed);
    }
    if (l->actual) {
        kf_buf_adds(&b, l->truth >= 0 ? ": was " : ": ");
        add_safe(&b, l->actual);
    }
    add_numbers(&b, l->event, l->n_event);
    kf_wrap_add(out, b.p ? b.p : "", at + 2, at, false);
    kf_buf_addc(out, '\n');
    kf_buf_free(&b);
}

static void add_why(const struct kf_scenario_why *w, bool colour, unsigned indent,
                    struct kf_buf *out)
{
    pad(out, indent);
    add_safe(out, w->about);
    if (w->rule) {
        struct kf_buf place = {0};
        kf_place_add(&place, &w->rule->pos);
        kf_buf_adds(out, "  ");
        kf_style_add(out, colour, KF_DIM, place.p);
        kf_buf_free(&place);
    }
    kf_buf_addc(out, '\n');
    for (uint32_t i = 0; i < w->n; i++)
        add_line(&w->line[i], colour, indent + 2, out);
}

/* ---- the events behind it ---- */

static void mark_events(const struct kf_scenario_problem *p, uint8_t *shown, uint32_t n)
{
    for (uint32_t w = 0; w < p->n_why; w++) {
        if (p->why[w].event <= n)
            shown[p->why[w].event] = 1;
        for (uint32_t l = 0; l < p->why[w].n; l++)
            for (uint32_t k = 0; k < p->why[w].line[l].n_event; k++)
                if (p->why[w].line[l].event[k] <= n)
                    shown[p->why[w].line[l].event[k]] = 1;
    }
}

static void add_event(const struct kf_scenario_result *r, uint32_t number, bool colour,
                      unsigned indent, struct kf_buf *out)
{
    const struct kf_scenario_event *e = &r->event[number - 1];
    struct kf_buf head = {0}, text = {0};
    kf_buf_addf(&head, "event %u  %s:%u  ", number, e->file, e->line);
    add_safe(&text, e->text);
    size_t room = KF_OUT_COLUMNS > indent + head.n + 8 ? KF_OUT_COLUMNS - indent - head.n : 8;
    size_t n = text.n <= room ? text.n : room - 3;
    while (n && n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
        n--; /* no half letters */
    pad(out, indent);
    kf_style_add(out, colour, KF_DIM, head.p);
    kf_buf_add(out, text.p ? text.p : "", n);
    kf_buf_adds(out, n < text.n ? "...\n" : "\n");
    kf_buf_free(&head);
    kf_buf_free(&text);
}

static void add_events(const struct kf_scenario_result *r, bool colour, unsigned indent,
                       struct kf_buf *out)
{
    uint8_t *shown = calloc(r->n_event + 2u, 1);
    uint32_t n = 0;
    for (uint32_t i = 0; shown && i < r->n_problem; i++)
        mark_events(&r->problem[i], shown, r->n_event);
    for (uint32_t i = 1; shown && i <= r->n_event; i++)
        if (shown[i] && n++ < EVENTS_SHOWN)
            add_event(r, i, colour, indent, out);
    if (n > EVENTS_SHOWN) {
        pad(out, indent);
        kf_buf_addf(out, "and %u more\n", n - EVENTS_SHOWN);
    }
    free(shown);
}

void kf_test_text_detail(const struct kf_test_item *item, bool colour, unsigned indent,
                         struct kf_buf *out)
{
    const struct kf_scenario_result *r = item->result;
    if (!r) {
        struct kf_buf b = {0};
        kf_test_item_problem(item, &b);
        pad(out, indent);
        kf_buf_add(out, b.p ? b.p : "", b.n);
        kf_buf_free(&b);
        return;
    }
    for (uint32_t i = 0; i < r->n_problem; i++) {
        const struct kf_scenario_problem *p = &r->problem[i];
        add_problem(p, colour, indent, out);
        for (uint32_t k = 0; k < p->n_why; k++)
            add_why(&p->why[k], colour, indent + 2, out);
        if (p->more_why) {
            pad(out, indent + 2);
            kf_buf_addf(out, "and %u more like these\n", p->more_why);
        }
    }
    add_events(r, colour, indent + 2, out);
}

/* ---- cases ---- */

static void add_head(struct kf_test_report *r, const struct kf_test_item *item, enum kf_style style,
                     const char *word)
{
    struct kf_pos pos = kf_scenario_case_pos(item->scenario, item->number);
    struct kf_buf place = {0};
    kf_place_add(&place, &pos);
    kf_style_add(&r->out, r->cli->colour, style, word);
    kf_buf_addc(&r->out, ' ');
    kf_test_item_name(item, &r->out);
    kf_buf_adds(&r->out, "  ");
    kf_style_add(&r->out, r->cli->colour, KF_DIM, place.p);
    kf_buf_addc(&r->out, '\n');
    kf_buf_free(&place);
}

void kf_test_text_add(struct kf_test_report *r, const struct kf_test_item *item)
{
    bool colour = r->cli->colour;
    if (!item->result || kf_scenario_verdict(item->result) == KF_SCENARIO_FAILED) {
        add_head(r, item, KF_RED, "FAILED");
        kf_test_text_detail(item, colour, 4, &r->out);
        if (item->result && item->result->waiting)
            kf_buf_addf(&r->out, "    %s is not evaluated yet\n", item->result->waiting);
        return;
    }
    switch (kf_scenario_verdict(item->result)) {
    case KF_SCENARIO_TODO:
        add_head(r, item, KF_YELLOW, "todo  ");
        kf_buf_addf(&r->out, "    %s\n", item->result->todo);
        if (r->verbose)
            kf_test_text_detail(item, colour, 4, &r->out);
        break;
    case KF_SCENARIO_WAITING:
        add_head(r, item, KF_YELLOW, "todo  ");
        kf_buf_addf(&r->out, "    %s is not evaluated yet; all else holds\n",
                    item->result->waiting);
        break;
    case KF_SCENARIO_BONUS:
        add_head(r, item, KF_GREEN, "ok    ");
        kf_buf_addf(&r->out,
                    "    it holds now, though it is marked as todo (%s): take the mark off\n",
                    item->result->todo);
        break;
    default:
        if (r->verbose)
            add_head(r, item, KF_GREEN, "ok    ");
    }
}

void kf_test_text_end(struct kf_test_report *r)
{
    kf_buf_addf(&r->out, "%u passed, %u failed", r->passed + r->bonus, r->failed);
    if (r->todo)
        kf_buf_addf(&r->out, ", %u todo", r->todo);
    if (r->waiting)
        kf_buf_addf(&r->out, ", %u not evaluated yet", r->waiting);
    if (r->bonus)
        kf_buf_addf(&r->out, ", %u marked as todo and holding", r->bonus);
    kf_buf_adds(&r->out, r->stopped ? "; stopped at the first failure\n" : "\n");
}
