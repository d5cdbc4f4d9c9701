/* Any bytes as a rule file: problems with a place and a sentence, or rules that can be read aloud,
 * fingerprinted and loaded again from what was kept of them. */
#include "lua/advise.h"
#include "lua/rules.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what)
{
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

static void check_problems(const struct kf_ruleset *s, size_t size)
{
    struct kf_buf out = {0};
    uint32_t errors = 0;
    for (uint32_t i = 0; i < s->n_diagnostic; i++) {
        const struct kf_diagnostic *d = &s->diagnostic[i];
        errors += d->severity == KF_SEV_ERROR;
        if (!d->message || !*d->message || !d->code)
            fail("a problem without a sentence");
        if (d->pos.line > size + 2)
            fail("a line that the file does not have");
        kf_diagnostic_print(d, i & 1, &out);
    }
    if (errors != s->n_errors)
        fail("errors are counted wrongly");
    if (out.n && !kf_utf8_valid(kf_str(out.p, out.n)))
        fail("a report that is no UTF-8");
    kf_buf_free(&out);
}

static void read_rules(const struct kf_ruleset *s)
{
    struct kf_buf out = {0};
    for (uint32_t i = 0; i < s->n; i++) {
        const struct kf_rule *r = s->rule[i];
        if (kf_rules_find(s, r->kind, r->name) != r)
            fail("a rule is not found by its name");
        const struct kf_node *when = kf_rule_get(r, "when");
        if (when)
            kf_node_sentence(when, &out);
        kf_node_canonical(r->body, &out);
        kf_node_json(r->body, &out);
        if (!kf_utf8_valid(kf_str(out.p, out.n)))
            fail("a rule that is no UTF-8");
    }
    kf_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kf_rules_options o = {
        .root = "/w", .scenarios = true, .memory = 8u << 20, .instructions = 100000};
    struct kf_rules_text file = {"fuzz.lua", kf_str((const char *)data, size)};
    struct kf_ruleset *s = NULL, *again = NULL;
    struct kf_error err = KF_ERROR_INIT;
    if (kf_rules_load_text(&o, &file, 1, &s, &err) != 0 || !s)
        fail(err.message);
    check_problems(s, size);
    read_rules(s);
    kf_rules_advise(s, NULL);
    check_problems(s, size);
    if (kf_rules_load_text(&o, &file, 1, &again, &err) != 0 ||
        strcmp(s->digest, again->digest) != 0)
        fail("the same file has two fingerprints");
    kf_rules_free(again);
    kf_rules_free(s);
    return 0;
}

#include "../replay.h"
