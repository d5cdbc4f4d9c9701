/* The layout of rule files: word for word on cases, and as properties: laid out twice is laid out
 * once; nothing but layout changes; how a text was laid out before does not matter; the rules are
 * the same rules. On the rule files of this source tree and on random Lua. Seeds are fixed: a
 * failure repeats. */
#include "../check_main.h"

#include <dirent.h>
#include <lauxlib.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/vec.h"
#include "lua/format.h"
#include "lua/rules.h"
#include "random_lua.h"

static char *format(const char *text)
{
    struct kf_buf b = {0};
    struct kf_error err = KF_ERROR_INIT;
    int rc = kf_format("t.lua", kf_cstr(text), &b, &err);
    ck_assert_msg(rc == 0, "t.lua:%u:%u: %s in\n%.2000s", err.line, err.column, err.message, text);
    return b.p ? b.p : calloc(1, 1);
}

static char *content(const char *text)
{
    struct kf_buf b = {0};
    struct kf_error err = KF_ERROR_INIT;
    int rc = kf_format_content("t.lua", kf_cstr(text), &b, &err);
    ck_assert_msg(rc == 0, "t.lua:%u:%u: %s in\n%.2000s", err.line, err.column, err.message, text);
    return b.p;
}

/* ---- word for word ---- */

static const struct {
    const char *text, *want;
} LAYOUT[] = {
    {"", ""},
    {"\n\n\n", ""},
    {"-- only a comment   ", "-- only a comment\n"},
    {"#!/usr/bin/env kinfold\n\nlocal a=1", "#!/usr/bin/env kinfold\n\nlocal a = 1\n"},
    {"local a   = 1;local b=2;;", "local a = 1\nlocal b = 2\n"},
    /* without the semicolon the bracket would go on with f */
    {"f();(g or h)()", "f();\n(g or h)()\n"},
    {"segment \"vip\" {title=\"T\",owner='o@example.com';who=trait\"value\":is(\"large\")}",
     "segment \"vip\" {\n  title = \"T\",\n  owner = 'o@example.com',\n"
     "  who = trait \"value\":is(\"large\"),\n}\n"},
    {"limits{max_identifiers=150}", "limits { max_identifiers = 150 }\n"},
    {"limits{max_identifiers=150,max_links=3,}",
     "limits {\n  max_identifiers = 150,\n  max_links = 3,\n}\n"},
    {"x = all{a,b}", "x = all {\n  a,\n  b,\n}\n"},
    {"x = none {\n  a,\n}", "x = none { a }\n"},
    {"x = at_least_of(2, { a, b, c })", "x = at_least_of(2, {\n  a,\n  b,\n  c,\n})\n"},
    {"x = { 1, 2, -- two\n 3 }", "x = {\n  1,\n  2, -- two\n  3,\n}\n"},
    {"x = { 1 -- one\n, 2 }", "x = {\n  1, -- one\n  2,\n}\n"},
    {"x = { a = 1 -- last\n}", "x = {\n  a = 1, -- last\n}\n"},
    {"x = {\n\n-- why\na = 1,\n\n\n\nb = 2,\n\n-- end\n\n}",
     "x = {\n  -- why\n  a = 1,\n\n  b = 2,\n\n  -- end\n}\n"},
    {"f(--[[ name ]] 5)", "f(--[[ name ]] 5)\n"},
    {"x=a[ [[k]] ] y={[ [[k]] ]=1,[2]=3,[\"a b\"]=4}",
     "x = a[ [[k]] ]\ny = { [ [[k]] ] = 1, [2] = 3, [\"a b\"] = 4 }\n"},
    {"x=- -y z=-(-y) n=not not a l=#a..b t=~~a", "x = - -y\nz = -(-y)\nn = not not a\n"
                                                 "l = #a .. b\nt = ~~a\n"},
    {"local a<const>,b<close> =1,f()", "local a <const>, b <close> = 1, f()\n"},
    {"goto done ::done::", "goto done\n::done::\n"},
    {"for i=1,2 do f(i)end for k,v in pairs(t)do end", "for i = 1, 2 do\n  f(i)\nend\n"
                                                       "for k, v in pairs(t) do end\n"},
    {"if a then b()elseif c then else d()end while a do b()end repeat a()until b",
     "if a then\n  b()\nelseif c then\nelse\n  d()\nend\nwhile a do\n  b()\nend\n"
     "repeat\n  a()\nuntil b\n"},
    {"local function f(a,...)return a,... end function a.b:c()end",
     "local function f(a, ...)\n  return a, ...\nend\n\nfunction a.b:c() end\n"},
    {"f(function()return 1 end)", "f(function()\n  return 1\nend)\n"},
    {"f(1)\na \"x\" {\nb = 1}\n-- about c\nc \"y\" { d = 1 }",
     "f(1)\n\na \"x\" {\n  b = 1,\n}\n\n-- about c\nc \"y\" {\n  d = 1,\n}\n"},
    {"a \"x\" { given=[[\n  kept   as it is\n]], b = 1 }",
     "a \"x\" {\n  given = [[\n  kept   as it is\n]],\n  b = 1,\n}\n"},
    {"x = 0x1p-3 + 1e+5 .. .5", "x = 0x1p-3 + 1e+5 .. .5\n"},
    {"x = a -- why\n  + b", "x = a -- why\n  + b\n"},
    {"return {a,b}", "return { a, b }\n"},
    {"x = 'it\\'s' .. \"\\z\n   y\"", "x = 'it\\'s' .. \"\\z\n   y\"\n"},
};

START_TEST(cases_are_laid_out_word_for_word)
{
    for (size_t i = 0; i < sizeof LAYOUT / sizeof *LAYOUT; i++) {
        char *have = format(LAYOUT[i].text);
        ck_assert_str_eq(have, LAYOUT[i].want);
        free(have);
    }
}
END_TEST

/* A chain, its last line one column too long and just right. */
START_TEST(a_long_chain_breaks_before_its_colons)
{
    char text[400], want[400];
    for (int n = 20; n < 60; n++) {
        snprintf(text, sizeof text, "x = event \"%.*s\":within(days(30)):count():at_least(3)", n,
                 "ABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJ");
        char *have = format(text);
        if (strlen(text) <= 100)
            snprintf(want, sizeof want, "%s\n", text);
        else
            snprintf(want, sizeof want,
                     "x = event \"%.*s\"\n  :within(days(30))\n  :count()\n  :at_least(3)\n", n,
                     "ABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJ");
        ck_assert_str_eq(have, want);
        free(have);
    }
}
END_TEST

static const struct {
    const char *text;
    uint32_t line, column;
    const char *message;
} WRONG[] = {
    {"x = {\n  a = 1\n  b = 2,\n}", 3, 3, "expected '}' to close '{' of line 1 before 'b'"},
    {"segment \"a\" {\n  title = \"A,\n}", 2, 11, "this text is not closed"},
    {"x = [[\n", 1, 5, "this text is not closed"},
    {"--[==[ never ]]\nx = 1", 1, 1, "this comment is not closed"},
    {"x = = 2", 1, 5, "expected a value before '='"},
    {"x = 1e", 1, 5, "this is no number"},
    {"x = 0x", 1, 5, "this is no number"},
    {"x = 1 ? 2", 1, 7, "this character stands in no Lua text"},
    {"if a then\nb()\n", 3, 1, "expected 'end' to close 'if' of line 1 before the end of the file"},
    {"f(1, 2", 1, 7, "expected ')' before the end of the file"},
    {"for i do end", 1, 7, "expected '=' or 'in' before 'do'"},
    {"for i = 1 do end", 1, 11,
     "expected a first and a last number, and perhaps a step, before "
     "'do'"},
    {"return 1 x()", 1, 10, "expected the end of the block after 'return' before 'x'"},
    {"a.b", 1, 4, "expected '=' or a call before the end of the file"},
    {"f() = 1", 1, 5, "expected a call, or a name that can be set, before '='"},
    {"end", 1, 1, "expected a statement before 'end'"},
    {"x:y = 1", 1, 5, "expected what the method is called with before '='"},
    {"x = 'a\\q'", 1, 1, "invalid escape sequence near ''a\\q'"},
    {"goto nowhere", 1, 1, "no visible label 'nowhere' for <goto> at line 1"},
    {"local a <const> = 1\na = 2", 2, 1, "attempt to assign to const variable 'a'"},
};

START_TEST(what_is_not_lua_is_named_at_its_place)
{
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        struct kf_buf b = {0};
        struct kf_error err = KF_ERROR_INIT;
        ck_assert_int_eq(kf_format("t.lua", kf_cstr(WRONG[i].text), &b, &err), KF_E_DATA);
        ck_assert_msg(strstr(err.message, WRONG[i].message) == err.message, "%s: %s", WRONG[i].text,
                      err.message);
        ck_assert_msg(err.line == WRONG[i].line && err.column == WRONG[i].column, "%s: %u:%u",
                      WRONG[i].text, err.line, err.column);
        ck_assert_str_eq(err.file, "t.lua");
        ck_assert_uint_eq(b.n, 0);
    }
}
END_TEST

START_TEST(nesting_is_bounded)
{
    struct kf_buf b = {0}, out = {0};
    struct kf_error err = KF_ERROR_INIT;
    kf_buf_adds(&b, "x = ");
    for (int i = 0; i < 50000; i++)
        kf_buf_adds(&b, "{ (");
    ck_assert_int_eq(kf_format("t.lua", kf_str(b.p, b.n), &out, &err), KF_E_DATA);
    ck_assert_str_eq(err.message, "opens too many brackets or blocks inside each other");
    kf_buf_clear(&b);
    kf_buf_adds(&b, "x = 1"); /* long, but not deep */
    for (int i = 0; i < 20000; i++)
        kf_buf_adds(&b, " + 1");
    ck_assert_int_eq(kf_format("t.lua", kf_str(b.p, b.n), &out, &err), 0);
    kf_buf_free(&b);
    kf_buf_free(&out);
}
END_TEST

/* ---- the rule files of this source tree ---- */

struct text {
    char *path, *text;
};
typedef kf_vec(struct text) texts;

static char *read_all(const char *path)
{
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s", path);
    struct kf_buf b = {0};
    char piece[8192];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        kf_buf_add(&b, piece, n);
    fclose(f);
    bool text = b.n && !memchr(b.p, 0, b.n);
    if (!text)
        kf_buf_free(&b);
    return b.p;
}

static void find(const char *folder, bool deep, texts *out)
{
    DIR *d = opendir(folder);
    if (!d)
        return;
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        char path[1024];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        size_t n = strlen(path);
        if (e->d_name[0] == '.' || stat(path, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && deep)
            find(path, true, out);
        else if (S_ISREG(st.st_mode) && n > 4 && strcmp(path + n - 4, ".lua") == 0) {
            char *text = read_all(path);
            if (text)
                *kf_vec_push(out) = (struct text){strdup(path), text};
        }
    }
    closedir(d);
}

static void free_texts(texts *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free(t->p[i].path);
        free(t->p[i].text);
    }
    kf_vec_free(t);
}

static const char *shared(void)
{
    const char *s = getenv("KF_SHARED");
    return s ? s : KF_SOURCE_DIR "/../shared";
}

static bool is_lua(const char *text)
{
    lua_State *L = luaL_newstate();
    bool fine = luaL_loadbufferx(L, text, strlen(text), "=x", "t") == LUA_OK;
    lua_close(L);
    return fine;
}

/* Both texts are too long for a message of Check. */
static void same(const char *what, const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return;
    size_t at = 0;
    while (a[at] == b[at])
        at++;
    size_t from = at > 300 ? at - 300 : 0;
    ck_abort_msg("%s: differ\n%.500s\n---- and\n%.500s", what, a + from, b + from);
}

static void holds(const char *path, const char *text)
{
    char *once = format(text), *twice = format(once);
    same(path, once, twice);
    char *before = content(text), *after = content(once);
    ck_assert_msg(strcmp(before, after) == 0, "%s: says something else", path);
    free(once);
    free(twice);
    free(before);
    free(after);
}

START_TEST(every_rule_file_is_laid_out_once_and_says_the_same)
{
    texts t = {0};
    char sample[600];
    find(KF_SOURCE_DIR "/rules", true, &t);
    find(KF_SOURCE_DIR "/examples", true, &t);
    find(KF_SOURCE_DIR "/tests", true, &t);
    snprintf(sample, sizeof sample, "%s/rules_sample", shared());
    find(sample, true, &t);
    uint32_t tried = 0;
    for (size_t i = 0; i < t.n; i++) {
        if (!is_lua(t.p[i].text)) { /* of tests that want it so */
            struct kf_buf b = {0};
            ck_assert_int_eq(kf_format(t.p[i].path, kf_cstr(t.p[i].text), &b, NULL), KF_E_DATA);
            continue;
        }
        holds(t.p[i].path, t.p[i].text);
        tried++;
    }
    ck_assert_uint_ge(tried, 150);
    free_texts(&t);
}
END_TEST

static struct kf_ruleset *load(const texts *t, bool formatted)
{
    kf_vec(struct kf_rules_text) files = {0};
    struct kf_rules_options o = {.scenarios = true};
    struct kf_error err = KF_ERROR_INIT;
    struct kf_ruleset *s = NULL;
    for (size_t i = 0; i < t->n; i++) {
        const char *text = formatted ? format(t->p[i].text) : t->p[i].text;
        *kf_vec_push(&files) = (struct kf_rules_text){t->p[i].path, kf_cstr(text)};
    }
    ck_assert_msg(kf_rules_load_text(&o, files.p, (uint32_t)files.n, &s, &err) == 0, "%s",
                  err.message);
    for (size_t i = 0; formatted && i < files.n; i++)
        free((void *)(uintptr_t)files.p[i].text.p);
    kf_vec_free(&files);
    return s;
}

static void same_rules(const char *folder, uint32_t least)
{
    texts t = {0};
    find(folder, false, &t);
    if (!t.n)
        return;
    struct kf_ruleset *a = load(&t, false), *b = load(&t, true);
    ck_assert_uint_ge(a->n, least);
    ck_assert_uint_eq(a->n, b->n);
    for (uint32_t i = 0; i < a->n; i++) {
        ck_assert_str_eq(a->rule[i]->name, b->rule[i]->name);
        ck_assert_msg(kf_str_eq(a->rule[i]->digest, b->rule[i]->digest), "%s of %s",
                      a->rule[i]->name, folder);
    }
    ck_assert_str_eq(a->digest, b->digest);
    ck_assert_str_eq(a->text_digest, b->text_digest);
    ck_assert_uint_eq(a->n_scenario, b->n_scenario);
    ck_assert_uint_eq(a->n_errors, b->n_errors);
    struct kf_buf x = {0}, y = {0};
    for (uint32_t i = 0; i < a->n_scenario; i++) {
        kf_node_canonical(a->scenario[i]->body, &x);
        kf_node_canonical(b->scenario[i]->body, &y);
    }
    ck_assert(kf_str_eq(kf_str(x.p, x.n), kf_str(y.p, y.n)));
    kf_buf_free(&x);
    kf_buf_free(&y);
    kf_rules_free(a);
    kf_rules_free(b);
    free_texts(&t);
}

START_TEST(the_rules_are_the_same_rules)
{
    char sample[600];
    same_rules(KF_SOURCE_DIR "/rules", 80);
    same_rules(KF_SOURCE_DIR "/rules/templates/minimal/rules", 6);
    same_rules(KF_SOURCE_DIR "/examples/retail/rules", 40);
    same_rules(KF_SOURCE_DIR "/tests/bench/workspace/rules", 5);
    snprintf(sample, sizeof sample, "%s/rules_sample", shared());
    same_rules(sample, 80);
    texts t = {0};
    find(KF_SOURCE_DIR "/tests/lua_escape/call", false, &t);
    ck_assert_uint_ge(t.n, 15);
    for (size_t i = 0; i < t.n; i++) { /* custom functions, a file each */
        texts one = {.p = &t.p[i], .n = 1, .cap = 1};
        struct kf_ruleset *a = load(&one, false), *b = load(&one, true);
        ck_assert_uint_eq(a->n, 1);
        ck_assert_msg(strcmp(a->digest, b->digest) == 0, "%s", t.p[i].path);
        kf_rules_free(a);
        kf_rules_free(b);
    }
    free_texts(&t);
}
END_TEST

/* ---- random Lua ---- */

/* Sanitizers look at each piece of memory: a tenth of the seeds is enough for them. */
#define SEEDS(n) (KF_TEST_SANITIZED ? (n) / 10 : (n))

START_TEST(random_lua_is_laid_out_once_and_says_the_same)
{
    struct kf_buf b = {0};
    for (uint64_t seed = 1; seed <= SEEDS(1500); seed++) {
        kf_buf_clear(&b);
        random_lua(&b, seed, seed,
                   RANDOM_COMMENTS | RANDOM_BLANK_LINES | (seed % 20 ? RANDOM_SMALL : 0));
        ck_assert_msg(is_lua(b.p), "seed %u is no Lua:\n%.2000s", (unsigned)seed, b.p);
        char name[40];
        snprintf(name, sizeof name, "seed %u", (unsigned)seed);
        holds(name, b.p);
    }
    kf_buf_free(&b);
}
END_TEST

START_TEST(how_it_was_laid_out_does_not_matter)
{
    struct kf_buf a = {0}, b = {0};
    for (uint64_t seed = 1; seed <= SEEDS(1000); seed++) {
        kf_buf_clear(&a);
        kf_buf_clear(&b);
        unsigned flags = seed % 20 ? RANDOM_SMALL : 0;
        random_lua(&a, seed, seed, flags);
        random_lua(&b, seed, seed + 77777, flags);
        char *x = format(a.p), *y = format(b.p);
        char name[40];
        snprintf(name, sizeof name, "seed %u", (unsigned)seed);
        same(name, x, y);
        free(x);
        free(y);
    }
    kf_buf_free(&a);
    kf_buf_free(&b);
}
END_TEST

/* Where nothing is long in itself, hardly a line is longer than a line may be. */
START_TEST(lines_are_short)
{
    struct kf_buf a = {0};
    uint32_t lines = 0, longer = 0;
    for (uint64_t seed = 1; seed <= SEEDS(1000); seed++) {
        kf_buf_clear(&a);
        random_lua(&a, seed, seed, RANDOM_SMALL);
        char *x = format(a.p);
        for (const char *line = x; *line; lines++) {
            size_t n = strcspn(line, "\n");
            longer += n > KF_FORMAT_COLUMNS;
            line += n + 1;
        }
        free(x);
    }
    kf_buf_free(&a);
    ck_assert_uint_gt(lines, SEEDS(50000));
    ck_assert_msg(longer * 200 < lines, "%u of %u lines", longer, lines);
}
END_TEST

/* A token left out or written twice: refused exactly where Lua's own compiler refuses. */
START_TEST(it_takes_what_lua_takes)
{
    struct kf_buf a = {0}, out = {0};
    uint32_t refused = 0, taken = 0;
    for (uint64_t seed = 1; seed <= SEEDS(3000); seed++) {
        kf_buf_clear(&a);
        kf_buf_clear(&out);
        random_lua(&a, seed, seed, RANDOM_DAMAGE | RANDOM_SMALL);
        struct kf_error err = KF_ERROR_INIT;
        int rc = kf_format("t.lua", kf_str(a.p, a.n), &out, &err);
        bool fine = is_lua(a.p);
        ck_assert_msg((rc == 0) == fine, "seed %u: %s: %s\n%.2000s", (unsigned)seed,
                      fine ? "Lua takes it" : "Lua refuses it", err.message, a.p);
        ck_assert_int_ne(rc, KF_E_INTERNAL);
        /* our own grammar finds it, with a column, and not only Lua's compiler */
        ck_assert_msg(rc == 0 || err.column > 1 || !strstr(err.message, " near "), "%s\n%.2000s",
                      err.message, a.p);
        taken += fine;
        refused += !fine;
    }
    ck_assert_uint_gt(refused, SEEDS(1000));
    ck_assert_uint_gt(taken, SEEDS(300));
    kf_buf_free(&a);
    kf_buf_free(&out);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("format");
    TCase *t = tcase_create("layout");
    tcase_set_timeout(t, 600);
    tcase_add_test(t, cases_are_laid_out_word_for_word);
    tcase_add_test(t, a_long_chain_breaks_before_its_colons);
    tcase_add_test(t, what_is_not_lua_is_named_at_its_place);
    tcase_add_test(t, nesting_is_bounded);
    tcase_add_test(t, every_rule_file_is_laid_out_once_and_says_the_same);
    tcase_add_test(t, the_rules_are_the_same_rules);
    tcase_add_test(t, random_lua_is_laid_out_once_and_says_the_same);
    tcase_add_test(t, how_it_was_laid_out_does_not_matter);
    tcase_add_test(t, lines_are_short);
    tcase_add_test(t, it_takes_what_lua_takes);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
