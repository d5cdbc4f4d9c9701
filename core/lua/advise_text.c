/* What is written beyond lists: loops, branches and functions outside of `custom`. Reviewers read
 * rules; code has to be run in the head. */
#include "lua/advise_internal.h"

#include "lua/lex.h"

static bool is_word(const struct kf_lex *x, uint32_t t, const char *word)
{
    return t < x->n_token && x->token[t].kind == KF_LEX_NAME &&
           kf_str_eq(kf_lex_text(x, t), kf_cstr(word));
}

static bool is_mark(const struct kf_lex *x, uint32_t t, const char *mark)
{
    return t < x->n_token && x->token[t].kind == KF_LEX_OP &&
           kf_str_eq(kf_lex_text(x, t), kf_cstr(mark));
}

/* The token behind the table of `custom "x" { ... }`. */
static uint32_t behind_table(const struct kf_lex *x, uint32_t t)
{
    int depth = 0;
    for (; t < x->n_token; t++) {
        depth += is_mark(x, t, "{");
        depth -= is_mark(x, t, "}");
        if (depth == 0 && is_mark(x, t, "}"))
            return t + 1;
    }
    return t;
}

static void look_at_file(struct kf_advise *a, const struct kf_rules_text *f)
{
    static const struct {
        const char *word, *said;
    } words[] = {{"for", "a loop"},
                 {"while", "a loop"},
                 {"repeat", "a loop"},
                 {"if", "a branch"},
                 {"function", "a function"}};
    struct kf_lex x;
    kf_lex_scan(&x, f->name, f->text);
    for (uint32_t t = 0; t < x.n_token;) {
        if (is_word(&x, t, "custom") && t + 2 < x.n_token && x.token[t + 1].kind == KF_LEX_STRING &&
            is_mark(&x, t + 2, "{")) {
            t = behind_table(&x, t + 2);
            continue;
        }
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            if (is_word(&x, t, words[w].word)) {
                struct kf_pos pos = {f->name, x.token[t].line, x.token[t].column};
                kf_advise_report(a, KF_CODE_BEYOND_LISTS, pos, NULL,
                                 "%s in a rule file: reviewers read rules, they do not run them",
                                 words[w].said);
                t = x.n_token; /* one a file reminds */
                break;
            }
        t++;
    }
    kf_lex_free(&x);
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

void kf_advise_text(struct kf_advise *a)
{
    uint32_t n;
    const struct kf_rules_text *f = kf_rules_files(a->s, &n);
    /* scenarios may count their events with a loop; of what is no text only that is said */
    for (uint32_t i = 0; i < n; i++)
        if (!ends_with(f[i].name, "_test.lua") && !strstr(f[i].name, "/lib/") &&
            kf_utf8_valid(f[i].text))
            look_at_file(a, &f[i]);
}
