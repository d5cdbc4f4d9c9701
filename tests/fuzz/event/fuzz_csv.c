/* Any bytes as a table: the first byte says in what pieces it is read, the second with which
 * options. */
#include "support.h"

#include "config/problems.h"
#include "config/yaml.h"

#include "../../../plugins/source_csv/source_csv.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FIELDS                                                                                     \
    "fields: {id: {to: message_id}, time: time, user: {to: user_id, as: identifier}, "             \
    "amount: {to: properties.amount, type: money}, seen: {to: properties.seen, type: time}, "      \
    "ok: {to: properties.ok, type: boolean}, n: {to: properties.n, type: number}}, "

static const char *const OPTIONS[] = {
    "{" FIELDS "event: Row}",
    "{" FIELDS "event: Row, delimiter: ';', decimal: ',', encoding: latin-1, unmapped: traits}",
    "{" FIELDS "event: Row, delimiter: \"\\t\", quote: \"'\", null_values: ['NULL']}",
    "{" FIELDS "event_column: kind, other_events: skip, event_names: {a: A, \"user = x\": B}, "
    "skip_until: id, unmapped: properties}",
    "{fields: {1: time, 2: {to: user_id, as: identifier}}, header: false, event: Row, "
    "date_format: '%d.%m.%Y %H:%M', delimiter: '|', unmapped: properties}",
    "{" FIELDS "event: Row, encoding: utf-16, message_id: [time, user], zone: America/New_York}"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kf_plugin_handle handle = {.plugin = {.name = NAME, .options = options},
                                      .source = ops,
                                      .n_options = sizeof options / sizeof *options - 1};
    struct kf_arena arena = {0};
    struct kf_problems p = {.module = "fuzz", .file = "options"};
    struct kf_config_source source = {.name = "fuzz", .line = 1, .column = 1};
    struct kf_yaml *y = NULL;
    if (size < 2)
        return 0;
    const char *text = OPTIONS[data[1] % (sizeof OPTIONS / sizeof *OPTIONS)];
    kf_yaml_read(text, strlen(text), &arena, &p, &y);
    if (p.n)
        fuzz_fail("the options themselves are wrong");
    source.options = y;
    fuzz_ingest(fuzz_config(), &source, &handle, data + 2, size - 2, 16u + data[0]);
    kf_arena_free(&arena);
    return 0;
}

#include "../replay.h"
