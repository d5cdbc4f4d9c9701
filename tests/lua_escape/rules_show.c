/* kf_rules_show [--json | --sentences | --canonical] PATH ...: loads rule files and prints what
 * became of them. For developers. */
#include <stdio.h>
#include <string.h>

#include "lua/rules.h"

int main(int argc, char **argv)
{
    const char *mode = argc > 1 && argv[1][0] == '-' ? argv[1] : "";
    int first = *mode ? 2 : 1;
    struct kf_rules_options o = {.scenarios = true};
    struct kf_ruleset *s;
    struct kf_error err = KF_ERROR_INIT;
    if (kf_rules_load(&o, (const char *const *)argv + first, (uint32_t)(argc - first), &s, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 66;
    }
    struct kf_buf b = {0};
    for (uint32_t i = 0; i < s->n_diagnostic; i++)
        kf_diagnostic_print(&s->diagnostic[i], false, &b);
    for (uint32_t i = 0; i < s->n + s->n_scenario; i++) {
        const struct kf_rule *r = i < s->n ? s->rule[i] : s->scenario[i - s->n];
        kf_buf_addf(&b, "%s %s %s:%u:%u %.*s asks %u\n", kf_kind_name(r->kind), r->name,
                    r->pos.file, r->pos.line, r->pos.column, (int)r->digest.n, r->digest.p,
                    r->n_ask);
        if (strcmp(mode, "--json") == 0)
            kf_node_json(r->body, &b);
        else if (strcmp(mode, "--canonical") == 0)
            kf_node_canonical(r->body, &b);
        else if (strcmp(mode, "--sentences") == 0)
            for (uint32_t k = 0; k < r->body->kids; k++) {
                enum kf_node_class c = (enum kf_node_class)r->body->kid[k]->cls;
                if (c != KF_CLASS_COND && c != KF_CLASS_SELECT && c != KF_CLASS_EXPR)
                    continue;
                kf_buf_addf(&b, "  %s: ", r->body->key[k]);
                kf_node_sentence(r->body->kid[k], &b);
                kf_buf_addc(&b, '\n');
            }
        if (*mode && strcmp(mode, "--sentences") != 0)
            kf_buf_addc(&b, '\n');
    }
    kf_buf_addf(&b, "%u rules, %u scenarios, %u errors, %u other diagnostics, %u nodes, %s\n", s->n,
                s->n_scenario, s->n_errors, s->n_diagnostic - s->n_errors, s->n_nodes, s->digest);
    fwrite(b.p, 1, b.n, stdout);
    int exit_code = s->n_errors ? 78 : 0;
    kf_buf_free(&b);
    kf_rules_free(s);
    return exit_code;
}
