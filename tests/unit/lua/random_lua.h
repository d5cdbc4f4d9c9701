/* Random Lua 5.4 for test_format.c: one seed says what the text says, another how it is laid out.
 * It compiles: labels are there, constants are not set, `...` stands in the chunk. */
#ifndef KF_TESTS_RANDOM_LUA_H
#define KF_TESTS_RANDOM_LUA_H

#include <stdint.h>
#include <stdio.h>

#include "base/str.h"

enum { RANDOM_COMMENTS = 1, RANDOM_BLANK_LINES = 2, RANDOM_DAMAGE = 4, RANDOM_SMALL = 8 };

struct random_lua {
    struct kf_buf *out;
    uint64_t said, laid; /* states of the two sequences */
    unsigned flags;
    uint32_t depth, labels;
    uint32_t damage_in; /* tokens until one is left out or doubled */
};

static uint32_t rl_next(uint64_t *state, uint32_t n)
{
    *state += 0x9e3779b97f4a7c15ULL;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (uint32_t)((z ^ (z >> 31)) % n);
}

static uint32_t rl_say(struct random_lua *r, uint32_t n)
{
    return rl_next(&r->said, n);
}

static void rl_gap(struct random_lua *r)
{
    uint32_t k = rl_next(&r->laid, 12);
    if (k < 7)
        kf_buf_adds(r->out, " ");
    else if (k < 9)
        kf_buf_adds(r->out, "\n");
    else if (k < 10)
        kf_buf_adds(r->out, "\t \r\n  ");
    else
        kf_buf_adds(r->out, "   ");
    if ((r->flags & RANDOM_BLANK_LINES) && rl_next(&r->laid, 12) == 0)
        kf_buf_adds(r->out, "\n\n");
    if (!(r->flags & RANDOM_COMMENTS) || rl_next(&r->laid, 14))
        return;
    static const char *const comments[] = {
        "-- why\n",      "--[[ in ]]", "--[==[ two\n  lines ]==]",
        "\n-- alone\n",  "--\n",       "--[[a]] --[[b]] -- c\n",
        "\n\n-- far\n\n"};
    kf_buf_adds(r->out, comments[rl_next(&r->laid, 7)]);
    if (rl_next(&r->laid, 3) == 0)
        rl_gap(r);
}

static void rl_put(struct random_lua *r, const char *token)
{
    if (r->flags & RANDOM_DAMAGE && r->damage_in-- == 0) {
        if (rl_next(&r->laid, 2))
            return;
        kf_buf_adds(r->out, token);
        kf_buf_adds(r->out, " ");
    }
    kf_buf_adds(r->out, token);
    rl_gap(r);
}

/* ; or , between settings, and ; between statements are layout */
static void rl_maybe(struct random_lua *r, const char *token)
{
    if (rl_next(&r->laid, 3) == 0)
        rl_put(r, token);
}

static const char *rl_name(struct random_lua *r)
{
    static const char *const names[] = {"a",     "event", "all",   "any",   "orders", "ratio",
                                        "trait", "days",  "value", "total", "none",   "_x1"};
    return names[rl_say(r, 12)];
}

static const char *rl_literal(struct random_lua *r)
{
    static const char *const words[] = {
        "1",        "0x1p-3",         "1e+5",
        ".5",       "\"text\"",       "'it\\'s'",
        "[[long]]", "[==[\n a\n]==]", "\"Order Completed\"",
        "nil",      "true",           "\"a rather long text that takes up quite some room\"",
        "3.",       "\"\\z\n  z\""};
    return words[rl_say(r, r->flags & RANDOM_SMALL ? 7 : 14)];
}

static void rl_expr(struct random_lua *r);
static void rl_block(struct random_lua *r, bool loop);

static void rl_table(struct random_lua *r)
{
    rl_put(r, "{");
    uint32_t n = rl_say(r, 5);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = rl_say(r, 3);
        if (k == 1) {
            rl_put(r, rl_say(r, 4) ? rl_name(r) : "when");
            rl_put(r, "=");
        } else if (k == 2) {
            rl_put(r, "[");
            rl_expr(r);
            rl_put(r, "]");
            rl_put(r, "=");
        }
        rl_expr(r);
        if (i + 1 < n)
            rl_put(r, rl_next(&r->laid, 4) ? "," : ";");
        else
            rl_maybe(r, rl_next(&r->laid, 4) ? "," : ";");
    }
    rl_put(r, "}");
}

static void rl_arguments(struct random_lua *r)
{
    uint32_t k = rl_say(r, 4);
    if (k == 0) {
        rl_table(r);
    } else if (k == 1) {
        rl_put(r, rl_say(r, 2) ? "\"Order Completed\"" : "[[long]]");
    } else {
        rl_put(r, "(");
        for (uint32_t i = 0, n = rl_say(r, 4); i < n; i++) {
            if (i)
                rl_put(r, ",");
            rl_expr(r);
        }
        rl_put(r, ")");
    }
}

static void rl_function(struct random_lua *r)
{
    static const char *const lists[] = {"()", "(a)", "(a, b)"};
    rl_put(r, lists[rl_say(r, 3)]);
    rl_block(r, false);
    rl_put(r, "end");
}

/* call: ends in a call. */
static void rl_chain(struct random_lua *r, bool call)
{
    if (rl_say(r, 8) == 0) {
        rl_put(r, "(");
        rl_expr(r);
        rl_put(r, ")");
    } else {
        rl_put(r, rl_name(r));
    }
    for (uint32_t i = 0, n = rl_say(r, 4); i < n; i++) {
        uint32_t k = rl_say(r, 5);
        if (k == 0) {
            rl_put(r, ".");
            rl_put(r, rl_name(r));
        } else if (k == 1) {
            rl_put(r, "[");
            rl_expr(r);
            rl_put(r, "]");
        } else if (k == 2) {
            rl_arguments(r);
        } else {
            rl_put(r, ":");
            rl_put(r, rl_name(r));
            rl_arguments(r);
        }
    }
    if (call)
        rl_arguments(r);
}

static void rl_expr(struct random_lua *r)
{
    static const char *const ops[] = {"+",  "-", "*",  "/", "//", "%", "^",  "..", "==",  "~=", "<",
                                      "<=", ">", ">=", "&", "|",  "~", "<<", ">>", "and", "or"};
    static const char *const unary[] = {"-", "not", "#", "~"};
    r->depth++;
    uint32_t k = r->depth > (r->flags & RANDOM_SMALL ? 6 : 9) ? rl_say(r, 3) : rl_say(r, 12);
    if (k < 2) {
        rl_put(r, rl_literal(r));
    } else if (k < 3) {
        rl_put(r, rl_name(r));
    } else if (k < 6) {
        rl_chain(r, rl_say(r, 2));
    } else if (k < 8) {
        rl_table(r);
    } else if (k < 9) {
        rl_put(r, unary[rl_say(r, 4)]);
        rl_expr(r);
    } else if (k < 11) {
        rl_expr(r);
        for (uint32_t i = 0, n = 1 + rl_say(r, 3); i < n; i++) {
            rl_put(r, ops[rl_say(r, 21)]);
            rl_expr(r);
        }
    } else {
        rl_put(r, "function");
        rl_function(r);
    }
    r->depth--;
}

static void rl_exprs(struct random_lua *r)
{
    for (uint32_t i = 0, n = 1 + rl_say(r, 3); i < n; i++) {
        if (i)
            rl_put(r, ",");
        rl_expr(r);
    }
}

static void rl_loop(struct random_lua *r, uint32_t k)
{
    if (k == 0) {
        rl_put(r, "while");
        rl_expr(r);
        rl_put(r, "do");
        rl_block(r, true);
        rl_put(r, "end");
    } else if (k == 1) {
        rl_put(r, "repeat");
        rl_block(r, false);
        rl_put(r, "until");
        rl_expr(r);
    } else if (k == 2) {
        rl_put(r, "for");
        rl_put(r, "i");
        rl_put(r, "=");
        rl_expr(r);
        rl_put(r, ",");
        rl_expr(r);
        rl_put(r, "do");
        rl_block(r, true);
        rl_put(r, "end");
    } else {
        rl_put(r, "for");
        rl_put(r, "k");
        rl_put(r, ",");
        rl_put(r, "v");
        rl_put(r, "in");
        rl_exprs(r);
        rl_put(r, "do");
        rl_block(r, true);
        rl_put(r, "end");
    }
}

static void rl_if(struct random_lua *r)
{
    rl_put(r, "if");
    rl_expr(r);
    rl_put(r, "then");
    rl_block(r, false);
    for (uint32_t i = 0, n = rl_say(r, 3); i < n; i++) {
        rl_put(r, "elseif");
        rl_expr(r);
        rl_put(r, "then");
        rl_block(r, false);
    }
    if (rl_say(r, 2)) {
        rl_put(r, "else");
        rl_block(r, false);
    }
    rl_put(r, "end");
}

static void rl_jump(struct random_lua *r)
{
    char name[32];
    snprintf(name, sizeof name, "l%u", r->labels++);
    rl_put(r, "do");
    rl_put(r, "goto");
    rl_put(r, name);
    rl_put(r, "::");
    rl_put(r, name);
    rl_put(r, "::");
    rl_put(r, "end");
}

static void rl_local(struct random_lua *r)
{
    rl_put(r, "local");
    if (rl_say(r, 4) == 0) {
        rl_put(r, "function");
        rl_put(r, rl_name(r));
        rl_function(r);
        return;
    }
    static const char *const attribute[] = {"close", "const"};
    rl_put(r, "c");
    if (rl_say(r, 4) == 0) {
        rl_put(r, "<");
        rl_put(r, attribute[rl_say(r, 2)]);
        rl_put(r, ">");
    }
    if (rl_say(r, 3) == 0) {
        rl_put(r, ",");
        rl_put(r, rl_name(r));
    }
    if (rl_say(r, 5)) {
        rl_put(r, "=");
        rl_exprs(r);
    }
}

static void rl_statement(struct random_lua *r, bool loop)
{
    uint32_t k = r->depth > (r->flags & RANDOM_SMALL ? 3 : 7) ? rl_say(r, 5) : rl_say(r, 13);
    if (k < 3) {
        rl_chain(r, true);
    } else if (k < 5) {
        rl_put(r, rl_name(r));
        rl_put(r, ".");
        rl_put(r, "field");
        if (rl_say(r, 3) == 0) {
            rl_put(r, ",");
            rl_put(r, rl_name(r));
        }
        rl_put(r, "=");
        rl_exprs(r);
    } else if (k < 7) {
        rl_local(r);
    } else if (k < 9) {
        rl_loop(r, rl_say(r, 4));
    } else if (k < 10) {
        rl_if(r);
    } else if (k < 11) {
        rl_jump(r);
    } else if (k < 12 && loop) {
        rl_put(r, "break");
    } else {
        rl_put(r, "function");
        rl_put(r, "a");
        rl_put(r, rl_say(r, 2) ? "." : ":");
        rl_put(r, "b");
        rl_function(r);
    }
}

static void rl_block(struct random_lua *r, bool loop)
{
    r->depth++;
    if (rl_next(&r->laid, 20) == 0)
        rl_put(r, ";");
    for (uint32_t i = 0, n = rl_say(r, r->depth > 2 ? 3 : 6); i < n; i++) {
        rl_statement(r, loop);
        rl_put(r, ";"); /* a bracket may follow */
        rl_maybe(r, ";");
    }
    if (rl_say(r, 6) == 0) {
        rl_put(r, "return");
        if (rl_say(r, 4))
            rl_exprs(r);
        rl_maybe(r, ";");
    }
    r->depth--;
}

static void random_lua(struct kf_buf *out, uint64_t said, uint64_t laid, unsigned flags)
{
    struct random_lua r = {.out = out, .said = said, .laid = laid, .flags = flags};
    r.damage_in = rl_next(&r.laid, 60);
    kf_buf_adds(out, "");
    rl_gap(&r);
    rl_block(&r, false);
}

#endif
