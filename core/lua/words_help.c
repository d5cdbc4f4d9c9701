/* What somebody meant who wrote what does not load: help for mistakes that are made again and
 * again. */
#include "lua/words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- the file is not Lua ---- */

/* What Lua's parser stood at: "near 'x'"; empty: it does not say. */
static struct kf_str near_of(const char *message)
{
    const char *at = strstr(message, " near ");
    struct kf_str s = kf_cstr(at ? at + 6 : "");
    if (s.n > 2 && s.p[0] == '\'' && s.p[s.n - 1] == '\'')
        s = kf_str(s.p + 1, s.n - 2);
    return s;
}

/* The line of the bracket that is still open; 0: Lua does not say, for it is the same line. */
static unsigned opened_at(const char *message)
{
    const char *at = strstr(message, "at line ");
    unsigned line = 0;
    for (at = at ? at + 8 : ""; isdigit((unsigned char)*at) && line < 100000000; at++)
        line = line * 10 + (unsigned)(*at - '0');
    return line;
}

static bool is_unit(struct kf_str s)
{
    static const char *const units[] = {"second", "minute", "hour", "day", "week", "month", "year"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (s.n >= strlen(units[i]) && memcmp(s.p, units[i], strlen(units[i])) == 0)
            return true;
    return false;
}

static bool has_foreign_quote(struct kf_str line)
{
    static const char *const quotes[] = {"\u201c", "\u201d", "\u201e", "\u2018",
                                         "\u2019", "\u00ab", "\u00bb"};
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++)
        if (memmem(line.p, line.n, quotes[i], strlen(quotes[i])))
            return true;
    return false;
}

const char *kf_word_syntax_help(struct kf_words *w, const char *message, struct kf_str line)
{
    struct kf_str near = near_of(message);
    const char *what = kf_arena_strndup(&w->build, near.p, near.n);
    bool open = strstr(message, "' expected") != NULL;
    if (near.n && near.p[0] == '<' && has_foreign_quote(line))
        return "quotes are straight here: \"...\"; those of a word processor are letters to Lua";
    if (strstr(message, "unfinished string"))
        return "the quote at the end of a text is missing in this line";
    if (strcmp(what, "=") == 0)
        return "no = before the settings of a rule or a condition: segment \"name\" { ... }";
    if (strcmp(what, "<eof>") == 0 && open && opened_at(message))
        return kf_arena_printf(&w->build, "what is opened in line %u is never closed",
                               opened_at(message));
    if (open && is_unit(near))
        return "a length of time is written days(7), hours(2), months(3)";
    if (open && near.n && near.n <= 40 && (isalpha((unsigned char)near.p[0]) || near.p[0] == '"'))
        return kf_arena_printf(&w->build,
                               "before %s a comma is missing (at the end of the line above?)%s",
                               what, near.p[0] == '"' ? "" : ", or quotes around it");
    return NULL;
}

/* ---- texts where something else is wanted ---- */

const char *kf_word_order_help(struct kf_words *w, const char *word, struct kf_str text)
{
    size_t n = strspn(text.p, "0123456789.");
    const char *number = kf_arena_strndup(&w->build, text.p, n);
    const char *rest = text.p + n + strspn(text.p + n, " ");
    if (n > 20)
        n = 0;
    if (n && n == text.n)
        return kf_arena_printf(&w->build, "a number has no quotes: %s(%s)", word, number);
    if (n && strlen(rest) == 3 && kf_money_exponent(kf_cstr(rest)) >= 0)
        return kf_arena_printf(&w->build, "an amount is written money(%s, \"%s\")", number, rest);
    return "name the values: is_one_of { ... }; or write version \"4.2\", date \"2026-03-01\"";
}

const char *kf_word_cond_help(struct kf_words *w, const char *word, struct kf_str text)
{
    bool combines =
        strcmp(word, "any") == 0 || strcmp(word, "all") == 0 || strcmp(word, "none") == 0;
    if (combines && text.n < 40)
        return kf_arena_printf(&w->build, "one of several values is is_one_of { \"%s\", ... }",
                               text.p);
    return "a condition asks something: event \"...\", segment \"...\", trait \"...\":is(...)";
}

/* ---- words of other languages ---- */

const char *kf_word_foreign_help(struct kf_words *w, const char *name)
{
    static const char *const other[][2] = {
        {"true", "write true"},       {"false", "write false"},     {"null", "write nil"},
        {"None", "write nil"},        {"AND", "write all { ... }"}, {"OR", "write any { ... }"},
        {"NOT", "write none { ... }"}};
    char cur[4] = "";
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (strcasecmp(name, other[i][0]) == 0)
            return other[i][1];
    for (size_t i = 0; strlen(name) == 3 && i < 3; i++)
        cur[i] = (char)toupper((unsigned char)name[i]);
    if (cur[0] && kf_money_exponent(kf_cstr(cur)) >= 0)
        return kf_arena_printf(&w->build, "an amount is written money(100, \"%s\")", cur);
    return NULL;
}
