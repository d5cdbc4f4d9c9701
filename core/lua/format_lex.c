/* Text to tokens, nothing lost: every comment hangs on a token, every empty line is remembered. */
#include "lua/format_tree.h"

#include <ctype.h>

struct scan {
    struct kf_fmt_file *f;
    struct kf_error *err;
    uint32_t at, line, line_at; /* line: 1, 2, ...; line_at: where it begins */
    uint32_t newlines;          /* since the last token or comment */
    uint32_t from;              /* first comment that has no token yet */
};

static char look(const struct scan *s, uint32_t ahead)
{
    return s->at + ahead < s->f->text.n ? s->f->text.p[s->at + ahead] : '\0';
}

static bool over(const struct scan *s)
{
    return s->at >= s->f->text.n;
}

static int fail_at(const struct scan *s, uint32_t line, uint32_t column, const char *what)
{
    return kf_error_at(s->err, KF_E_DATA, "fmt", s->f->name, line, column, "%s", what);
}

static int fail(const struct scan *s, const char *what)
{
    return fail_at(s, s->line, s->at - s->line_at + 1, what);
}

static void next(struct scan *s)
{
    if (s->f->text.p[s->at++] == '\n') {
        s->line++;
        s->line_at = s->at;
        s->newlines++;
    }
}

/* Number of = between the brackets, -1: no long bracket stands here. */
static int level_of(const struct scan *s, char bracket)
{
    uint32_t n = 1;
    if (look(s, 0) != bracket)
        return -1;
    while (look(s, n) == '=')
        n++;
    return look(s, n) == bracket ? (int)n - 1 : -1;
}

/* Leaves s->at behind the closing bracket. */
static int skip_long(struct scan *s, int level, const char *what)
{
    uint32_t dashes = s->at > 1 && s->f->text.p[s->at - 1] == '-' ? 2 : 0; /* a comment */
    uint32_t line = s->line, column = s->at - s->line_at + 1 - dashes;
    s->at += (uint32_t)level + 2;
    while (!over(s)) {
        if (level_of(s, ']') == level) {
            s->at += (uint32_t)level + 2;
            return 0;
        }
        next(s);
    }
    return fail_at(s, line, column, what);
}

static bool blank_at(const struct scan *s)
{
    char c = look(s, 0);
    return !over(s) && (c == ' ' || (c >= '\t' && c <= '\r'));
}

static int scan_comment(struct scan *s)
{
    struct kf_fmt_comment c = {.at = s->at, .blank = s->newlines > 1};
    bool fresh = s->newlines > 0 || s->f->token.n == 0;
    s->at += 2;
    uint32_t line = s->line;
    int rc = 0, level = level_of(s, '[');
    if (level >= 0) {
        rc = skip_long(s, level, "this comment is not closed");
    } else {
        while (!over(s) && look(s, 0) != '\n')
            s->at++;
    }
    c.len = s->at - c.at;
    while (level < 0 && c.len && isspace((unsigned char)s->f->text.p[c.at + c.len - 1]))
        c.len--;
    /* INLINE until the next token turns out to stand on another line. */
    c.place = fresh ? KF_FMT_OWN : KF_FMT_BEHIND;
    if (level >= 0 && s->line == line)
        c.place = KF_FMT_INLINE;
    *kf_vec_push(&s->f->comment) = c;
    s->newlines = 0;
    return rc;
}

/* Blanks and comments up to the next token. *ret_fresh: they began on a new line. */
static int skip_trivia(struct scan *s)
{
    s->newlines = 0;
    s->from = (uint32_t)s->f->comment.n;
    for (;;) {
        if (blank_at(s)) {
            next(s);
        } else if (look(s, 0) == '-' && look(s, 1) == '-') {
            int rc = scan_comment(s);
            if (rc)
                return rc;
        } else {
            return 0;
        }
    }
}

/* Comments since the last token: those on its line stay behind it, unless the next token follows on
 * the same line. */
static void hang_comments(struct scan *s, struct kf_fmt_token *t)
{
    struct kf_fmt_file *f = s->f;
    struct kf_fmt_token *last = f->token.n ? &f->token.p[f->token.n - 1] : NULL;
    uint32_t n = (uint32_t)f->comment.n, i = n;
    /* from the back: INLINE as long as nothing but blanks of one line stands between */
    uint32_t end = t->at;
    for (; i > s->from && f->comment.p[i - 1].place == KF_FMT_INLINE; i--) {
        const struct kf_fmt_comment *c = &f->comment.p[i - 1];
        if (memchr(f->text.p + c->at + c->len, '\n', end - c->at - c->len))
            break;
        end = c->at;
    }
    if (t->kind == KF_FMT_EOF)
        i = n;
    uint32_t behind = s->from;
    const char *line_end = NULL;
    if (last && i > s->from) {
        uint32_t stop = last->at + last->len;
        line_end = memchr(f->text.p + stop, '\n', f->text.n - stop);
        size_t cut = line_end ? (size_t)(line_end - f->text.p) : f->text.n;
        while (behind < i && f->comment.p[behind].at < cut)
            f->comment.p[behind++].place = KF_FMT_BEHIND;
        last->behind = s->from;
        last->n_behind = behind - s->from;
    }
    for (uint32_t k = behind; k < i; k++)
        f->comment.p[k].place = KF_FMT_OWN;
    t->before = behind;
    t->n_before = n - behind;
}

static int scan_quoted(struct scan *s)
{
    char quote = look(s, 0);
    uint32_t line = s->line, column = s->at - s->line_at + 1;
    s->at++;
    while (!over(s) && look(s, 0) != quote) {
        if (look(s, 0) == '\n' || look(s, 0) == '\r')
            break;
        if (look(s, 0) == '\\' && look(s, 1) == 'z') {
            s->at += 2;
            while (blank_at(s))
                next(s);
            continue;
        }
        if (look(s, 0) == '\\' && s->at + 1 < s->f->text.n) {
            s->at++;
            if (look(s, 0) == '\r' && look(s, 1) == '\n')
                s->at++;
        }
        next(s);
    }
    if (over(s) || look(s, 0) != quote)
        return fail_at(s, line, column, "this text is not closed");
    s->at++;
    return 0;
}

static uint32_t digits(struct scan *s, bool hex)
{
    uint32_t n = 0;
    while (hex ? isxdigit((unsigned char)look(s, 0)) : isdigit((unsigned char)look(s, 0))) {
        s->at++;
        n++;
    }
    return n;
}

static int scan_number(struct scan *s)
{
    uint32_t from = s->at;
    bool hex = look(s, 0) == '0' && (look(s, 1) == 'x' || look(s, 1) == 'X');
    s->at += hex ? 2 : 0;
    uint32_t n = digits(s, hex);
    if (look(s, 0) == '.') {
        s->at++;
        n += digits(s, hex);
    }
    char e = (char)tolower((unsigned char)look(s, 0));
    bool bad = n == 0;
    if (e == (hex ? 'p' : 'e')) {
        s->at++;
        if (look(s, 0) == '+' || look(s, 0) == '-')
            s->at++;
        bad = digits(s, false) == 0 || bad;
    }
    char c = look(s, 0);
    if (!bad && !isalnum((unsigned char)c) && c != '_' && c != '.')
        return 0;
    s->at = from;
    return fail(s, "this is no number");
}

static bool is_keyword(const char *p, uint32_t n)
{
    static const char *const words[] = {"and",   "break", "do",       "else",  "elseif", "end",
                                        "false", "for",   "function", "goto",  "if",     "in",
                                        "local", "nil",   "not",      "or",    "repeat", "return",
                                        "then",  "true",  "until",    "while", NULL};
    for (int i = 0; words[i]; i++)
        if (strlen(words[i]) == n && memcmp(words[i], p, n) == 0)
            return true;
    return false;
}

static int scan_op(struct scan *s)
{
    static const char *const ops[] = {"...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        size_t n = strlen(ops[i]);
        if (s->f->text.n - s->at >= n && memcmp(s->f->text.p + s->at, ops[i], n) == 0) {
            s->at += (uint32_t)n;
            return 0;
        }
    }
    if (!look(s, 0) || !strchr("+-*/%^#&~|<>=(){}[];:,.", look(s, 0)))
        return fail(s, "this character stands in no Lua text");
    s->at++;
    return 0;
}

static int scan_one(struct scan *s, struct kf_fmt_token *t)
{
    char c = look(s, 0);
    int level = level_of(s, '[');
    if (isalpha((unsigned char)c) || c == '_') {
        while (isalnum((unsigned char)look(s, 0)) || look(s, 0) == '_')
            s->at++;
        t->kind = is_keyword(s->f->text.p + t->at, s->at - t->at) ? KF_FMT_KEYWORD : KF_FMT_NAME;
        return 0;
    }
    if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)look(s, 1)))) {
        t->kind = KF_FMT_NUMBER;
        return scan_number(s);
    }
    if (c == '"' || c == '\'' || level >= 0) {
        t->kind = KF_FMT_STRING;
        return level >= 0 ? skip_long(s, level, "this text is not closed") : scan_quoted(s);
    }
    t->kind = KF_FMT_OP;
    return scan_op(s);
}

int kf_fmt_scan(struct kf_fmt_file *f, const char *name, struct kf_str text, struct kf_error *err)
{
    *f = (struct kf_fmt_file){.name = name, .text = text};
    kf_arena_init(&f->arena, 0);
    struct scan s = {.f = f, .err = err, .line = 1};
    if (text.n > (64u << 20))
        return kf_error_at(err, KF_E_DATA, "fmt", name, 0, 0, "is larger than 64 MiB");
    if (text.n && text.p[0] == '#') {
        while (!over(&s) && look(&s, 0) != '\n')
            s.at++;
        f->shebang = kf_str(text.p, s.at);
        while (f->shebang.n && isspace((unsigned char)text.p[f->shebang.n - 1]))
            f->shebang.n--;
    }
    for (;;) {
        int rc = skip_trivia(&s);
        if (rc)
            return rc;
        struct kf_fmt_token t = {.at = s.at, .line = s.line, .column = s.at - s.line_at + 1};
        t.kind = KF_FMT_EOF;
        t.blank = s.newlines > 1;
        if (!over(&s) && (rc = scan_one(&s, &t)) != 0)
            return rc;
        t.len = s.at - t.at;
        t.lines = memchr(text.p + t.at, '\n', t.len) != NULL;
        const char *end = t.lines ? memchr(text.p + t.at, '\n', t.len) : text.p + t.at + t.len;
        t.width = (uint32_t)kf_utf8_width(kf_str(text.p + t.at, (size_t)(end - text.p) - t.at));
        uint32_t after = s.at;
        s.at = t.at;
        hang_comments(&s, &t);
        s.at = after;
        *kf_vec_push(&f->token) = t;
        if (t.kind == KF_FMT_EOF)
            return 0;
    }
}

void kf_fmt_free(struct kf_fmt_file *f)
{
    kf_vec_free(&f->token);
    kf_vec_free(&f->comment);
    kf_arena_free(&f->arena);
}

bool kf_fmt_is(const struct kf_fmt_file *f, uint32_t token, const char *text)
{
    const struct kf_fmt_token *t = &f->token.p[token];
    size_t n = strlen(text);
    return t->kind != KF_FMT_STRING && t->len == n && memcmp(f->text.p + t->at, text, n) == 0;
}
