/* Files of bad rows: one a finding, so that whoever owns a source gets what to repair. */
#include "cli/quality_report.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* RFC 4180. A cell that a spreadsheet would take for a formula begins with an apostrophe. */
static void add_cell(struct kf_buf *b, struct kf_str s, bool first)
{
    if (!first)
        kf_buf_addc(b, ',');
    bool formula = s.n && strchr("=+@\t\r", s.p[0]) != NULL, quote = formula;
    for (size_t i = 0; i < s.n && !quote; i++)
        quote = strchr(",\"\n\r", s.p[i]) != NULL;
    if (quote)
        kf_buf_addc(b, '"');
    if (formula)
        kf_buf_addc(b, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            kf_buf_addc(b, '"');
        kf_buf_addc(b, s.p[i]);
    }
    if (quote)
        kf_buf_addc(b, '"');
}

static struct kf_str value_text(const struct kf_val *v, char number[64])
{
    switch (v->type) {
    case KF_V_TEXT:
        return v->text;
    case KF_V_DEC:
        return kf_str(number, kf_dec_format(v->dec, number));
    case KF_V_DOUBLE:
        return kf_str(number, (size_t)snprintf(number, 64, "%.17g", v->num));
    case KF_V_TRUE:
        return kf_cstr("true");
    case KF_V_FALSE:
        return kf_cstr("false");
    case KF_V_LIST:
        return kf_str(number, (size_t)snprintf(number, 64, "a list of %u", v->count));
    default:
        return kf_str("", 0);
    }
}

static void add_value(const struct kf_quality_report *r, const struct kf_tally_bad *bad,
                      struct kf_buf *b)
{
    const struct kf_events *e = r->s->events;
    struct kf_str path = bad->field ? kf_symbols_text(e->dict->key, bad->field) : kf_str("", 0);
    struct kf_buf shown = {0};
    struct kf_val v;
    char number[64];
    kf_buf_adds(&shown, "");
    if (bad->field && kf_body_get(e, bad->event, bad->field, &v)) {
        struct kf_str text = value_text(&v, number);
        kf_mask_add(&shown, kf_personal_value(path, NULL, text), text, r->s->reveal);
    }
    add_cell(b, path, false);
    add_cell(b, kf_str(shown.p, shown.n), false);
    kf_buf_free(&shown);
}

static void add_row(const struct kf_quality_report *r, const struct kf_tally_bad *bad,
                    struct kf_buf *b)
{
    const struct kf_events *e = r->s->events;
    char text[48];
    add_cell(b, kf_symbols_text(e->dict->file, e->at[bad->event].file), true);
    kf_buf_addf(b, ",%u", e->at[bad->event].record);
    add_cell(b, kf_symbols_text(e->dict->source, e->at[bad->event].source + 1u), false);
    add_cell(b, kf_str(text, kf_time_format(e->time[bad->event], text)), false);
    add_cell(b, kf_str(text, kf_time_format(e->at[bad->event].received, text)), false);
    add_cell(b, kf_cstr(kf_event_type_name(e->what[bad->event].type)), false);
    add_cell(b,
             e->what[bad->event].name ? kf_symbols_text(e->dict->name, e->what[bad->event].name)
                                      : kf_str("", 0),
             false);
    add_cell(b, kf_event_id(e, bad->event), false);
    add_value(r, bad, b);
    kf_buf_addc(b, '\n');
}

/* "order_money-currency.csv" */
static char *path_of(const char *folder, const struct kf_expect_row *row)
{
    struct kf_buf b = {0};
    kf_buf_addf(&b, "%s/", folder);
    for (const char *p = row->rule ? row->rule->name : "built_in"; *p; p++)
        kf_buf_addc(&b, isalnum((unsigned char)*p) || *p == '_' ? *p : '_');
    kf_buf_addf(&b, "-%s.csv", row->detail);
    return b.p;
}

static int failed(const char *path, struct kf_error *err)
{
    return kf_error_set(err, KF_E_CANTCREATE, "quality", "cannot write %s: %s", path,
                        strerror(errno));
}

static int write_file(const char *path, const struct kf_buf *b, bool personal, struct kf_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, personal ? 0600 : 0666);
    size_t at = 0;
    while (fd >= 0 && at < b->n) {
        ssize_t n = write(fd, b->p + at, b->n - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    int rc = fd < 0 || at < b->n ? failed(path, err) : 0;
    if (fd >= 0 && close(fd) && rc == 0)
        rc = failed(path, err);
    return rc;
}

int kf_quality_rows(struct kf_quality_report *r, const char *folder, struct kf_error *err)
{
    if (mkdir(folder, 0777) && errno != EEXIST)
        return failed(folder, err);
    int rc = 0;
    for (uint32_t i = 0; i < r->n && rc == 0; i++) {
        struct kf_quality_item *item = &r->item[i];
        struct kf_buf b = {0};
        if (!item->row->n_event)
            continue;
        kf_buf_adds(&b, "file,record,source,time,received,type,name,id,field,value\n");
        for (uint32_t k = 0; k < item->row->n_event; k++)
            add_row(r, &item->row->event[k], &b);
        item->file = path_of(folder, item->row);
        rc = write_file(item->file, &b, r->s->reveal, err);
        kf_buf_free(&b);
    }
    return rc;
}
