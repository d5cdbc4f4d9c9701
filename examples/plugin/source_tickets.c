/* A connector that lives outside Kinfold: tickets of an invented help desk, as its nightly CSV.
 *
 *     Ticket;Opened;Closed;Customer mail;Phone;Topic;Minutes;Rating
 *     T-1007;03.02.2026 09:12;03.02.2026 11:40;ann@example.com;;Delivery;14;5
 *
 * One row is up to two events: "Ticket Opened", and "Ticket Closed" if it is. That is what `emit`
 * is for. */
#include <kinfold/plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "source_tickets"

static const struct kf_map map[] = {
    {"Ticket", KF_TO_FIELD, KF_FIELD_TEXT, "properties.ticket_id", 0, 0, 0},
    {"Opened", KF_TO_TIME, 0, 0, 0, "%d.%m.%Y %H:%M", 0},
    {"Closed", KF_TO_SKIP, 0, 0, 0, 0, 0}, /* read in finish */
    {"Customer mail", KF_TO_IDENTIFIER, 0, "email", 0, 0, 0},
    {"Phone", KF_TO_IDENTIFIER, 0, "phone", 0, 0, 0},
    {"Topic", KF_TO_FIELD, KF_FIELD_TEXT, "properties.topic", 0, 0, 0},
    {"Minutes", KF_TO_FIELD, KF_FIELD_NUMBER, "properties.minutes", 0, 0, 0},
    {"Rating", KF_TO_FIELD, KF_FIELD_NUMBER, "properties.rating", 0, 0, "-"},
};

enum { OPT_ZONE };
static const struct kf_option options[] = {
    {"zone", KF_OPT_TEXT, 0, "Europe/Berlin", 0, 0, 0, "Time zone of the help desk's clock."},
    KF_OPTION_END,
};

struct instance {
    const struct kf_host *host;
    char *zone;
    uint32_t minutes, rating;
};

static void close_source(void *instance)
{
    struct instance *in = instance;
    if (!in)
        return;
    free(in->zone);
    free(in);
}

static int32_t open_source(const struct kf_host *host, const struct kf_option_value *values,
                           void **ret, struct kf_error *err)
{
    (void)err;
    struct instance *in = calloc(1, sizeof *in);
    if (!in)
        return KF_E_NOMEM;
    in->host = host;
    in->zone = strdup(values[OPT_ZONE].text);
    in->minutes = host->key(host, "properties.minutes");
    in->rating = host->key(host, "properties.rating");
    *ret = in;
    return 0;
}

static int32_t shape(void *instance, struct kf_shape *ret, struct kf_error *err)
{
    struct instance *in = instance;
    (void)err;
    ret->format = KF_FORMAT_CSV;
    ret->map = map;
    ret->map_len = sizeof map / sizeof *map;
    ret->delimiter = ';';
    ret->zone = in->zone;
    return 0;
}

static struct kf_text message_id(const struct instance *in, struct kf_record *rec,
                                 struct kf_text ticket, const char *what)
{
    char text[120];
    int n = snprintf(text, sizeof text, "%.*s/%s", (int)(ticket.n > 80 ? 80 : ticket.n), ticket.p,
                     what);
    struct kf_text t = {text, (uint64_t)n};
    return in->host->copy(rec, t);
}

static int32_t finish(void *instance, struct kf_record *rec, struct kf_error *err)
{
    const struct instance *in = instance;
    static const char format[] = "%d.%m.%Y %H:%M";
    struct kf_text ticket = in->host->raw_field(rec, "Ticket"),
                   closed = in->host->raw_field(rec, "Closed");
    if (!ticket.p || !ticket.n) {
        snprintf(err->message, sizeof err->message, "a row without a ticket number");
        return KF_RECORD_REJECT;
    }
    rec->type = KF_EVENT_TRACK;
    if (closed.p && closed.n) {
        int64_t opened = rec->time;
        rec->time = in->host->parse_time(rec, closed, format);
        if (rec->time == KF_NO_TIME) {
            snprintf(err->message, sizeof err->message,
                     "the ticket was closed at '%.*s', which is no time",
                     (int)(closed.n > 40 ? 40 : closed.n), closed.p);
            return KF_RECORD_REJECT;
        }
        rec->name = (struct kf_text){"Ticket Closed", 13};
        rec->message_id = message_id(in, rec, ticket, "closed");
        if (in->host->emit(rec, err) < 0)
            return KF_RECORD_REJECT;
        rec->time = opened;
    }
    rec->name = (struct kf_text){"Ticket Opened", 13};
    rec->message_id = message_id(in, rec, ticket, "opened");
    in->host->remove(rec, in->minutes); /* nobody knew these when it was opened */
    in->host->remove(rec, in->rating);
    return KF_RECORD_OK;
}

static const struct kf_source_ops ops = {.size = sizeof ops,
                                         .open = open_source,
                                         .shape = shape,
                                         .finish = finish,
                                         .close = close_source};

static const struct kf_plugin plugin = {
    .magic = KF_PLUGIN_MAGIC,
    .major = KF_PLUGIN_MAJOR,
    .minor = KF_PLUGIN_MINOR,
    .size = sizeof plugin,
    .kind = KF_PLUGIN_SOURCE,
    .name = NAME,
    .version = "1.0",
    .summary = "Tickets of an invented help desk.",
    .formats = "CSV with semicolons",
    .vendor_doc = "none: this format is invented",
    .options = options,
    .source = &ops,
};

KF_PLUGIN_EXPORT const struct kf_plugin *kf_plugin_main(void);
const struct kf_plugin *kf_plugin_main(void)
{
    return &plugin;
}
