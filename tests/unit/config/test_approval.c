/* Who may sign what (approval: in kinfold.yaml), and the log of what they signed: every byte of a
 * line is held, lines cannot be moved, taken out or put in. */
#include "../check_main.h"

#include "base/hash.h"
#include "config/approval.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOON 1767265200000000000LL /* 2026-01-01T11:00:00Z */

static char said[8192];

static void report(void *ctx, const struct kf_error *e)
{
    (void)ctx;
    size_t n = strlen(said);
    snprintf(said + n, sizeof said - n, "%u:%u: %s\n", e->line, e->column, e->message);
}

static struct kf_config *parse(const char *text, int want)
{
    struct kf_config *c = NULL;
    struct kf_error err = KF_ERROR_INIT;
    said[0] = 0;
    int r = kf_config_parse(text, strlen(text), "/w", true, &c, report, NULL, &err);
    ck_assert_msg(r == want, "code %d wanted %d: %s\n%s", r, want, err.message, said);
    return c;
}

static void wrong(const char *text, const char *problems)
{
    ck_assert_ptr_null(parse(text, KF_E_CONFIG));
    ck_assert_str_eq(said, problems);
}

/* ---- keys: of a number, so that every run has the same ---- */

struct key {
    uint8_t secret[64];
    char public_key[53];
};

static struct key key_of(uint8_t number)
{
    struct key k;
    uint8_t seed[32] = {number}, public_key[32];
    ck_assert_int_ge(sodium_init(), 0);
    crypto_sign_seed_keypair(public_key, k.secret, seed);
    kf_key_format(public_key, k.public_key);
    return k;
}

enum { PIA, ADA, CI, STRANGER };

/* Pia for privacy, Ada for analytics, a machine that publishes. */
static struct kf_config *office(const char *more)
{
    char text[2000];
    snprintf(text, sizeof text,
             "zone: Europe/Berlin\n"
             "approval:\n"
             "%s"
             "  people:\n"
             "    - { name: Pia, mail: pia@example.com, key: \"%s\", roles: [privacy] }\n"
             "    - { name: Ada, key: \"%s\", roles: [analytics, sources] }\n"
             "    - { name: CI, key: \"%s\", roles: [publish], until: 2026-06-30 }\n",
             more, key_of(PIA).public_key, key_of(ADA).public_key, key_of(CI).public_key);
    return parse(text, 0);
}

START_TEST(a_word_or_a_block)
{
    struct kf_config *c = parse("approval: required\n", 0);
    ck_assert(c->approval_required && c->four_eyes);
    ck_assert_uint_eq(c->approval_roles, 1u << KF_ROLE_PRIVACY | 1u << KF_ROLE_ANALYTICS);
    ck_assert_uint_eq(c->n_person, 0);
    kf_config_free(c);
    c = parse("approval: none\n", 0);
    ck_assert(!c->approval_required);
    kf_config_free(c);
    c = office("  required: [privacy]\n  four_eyes: no\n");
    ck_assert(c->approval_required && !c->four_eyes);
    ck_assert_uint_eq(c->approval_roles, 1u << KF_ROLE_PRIVACY);
    ck_assert_uint_eq(c->n_person, 3);
    ck_assert_str_eq(c->person[0].name, "Pia");
    ck_assert_str_eq(c->person[0].mail, "pia@example.com");
    ck_assert_str_eq(c->person[0].key, key_of(PIA).public_key);
    ck_assert_uint_eq(c->person[0].line, 6);
    ck_assert_int_eq(c->person[0].until, KF_TIME_MAX);
    ck_assert_ptr_null(c->person[1].mail);
    ck_assert_uint_eq(c->person[1].roles, 1u << KF_ROLE_ANALYTICS | 1u << KF_ROLE_SOURCES);
    /* the whole last day counts, in the workspace's zone (two hours ahead) */
    ck_assert_int_eq(c->person[2].until, kf_time_day_start(c->zone, kf_day_from_ymd(2026, 7, 1)));
    ck_assert(kf_config_holds(c, &c->person[2], KF_ROLE_PUBLISH));
    ck_assert(!kf_config_holds(c, &c->person[0], KF_ROLE_PUBLISH));
    ck_assert(!kf_config_holds(c, &c->person[0], KF_ROLE_ANALYTICS));
    kf_config_free(c);
    c = office("  required: []\n");
    ck_assert(!c->approval_required);
    kf_config_free(c);
}
END_TEST

START_TEST(a_role_that_nobody_has_is_everybodys)
{
    char text[500];
    snprintf(text, sizeof text,
             "approval: { required: [privacy], people: [{ name: Pia, key: \"%s\", "
             "roles: [privacy] }] }\n",
             key_of(PIA).public_key);
    struct kf_config *c = parse(text, 0);
    ck_assert(kf_config_holds(c, &c->person[0], KF_ROLE_PUBLISH));
    ck_assert(kf_config_holds(c, &c->person[0], KF_ROLE_SOURCES));
    ck_assert(!kf_config_holds(c, &c->person[0], KF_ROLE_ANALYTICS));
    kf_config_free(c);
}
END_TEST

START_TEST(every_mistake_has_its_place)
{
    char text[3000], want[3000];
    wrong("approval: maybe\n", "1:11: 'approval' is 'maybe' but must be none or required\n");
    snprintf(text, sizeof text,
             "approval:\n"
             "  required: [privacy, publish, privacy]\n"
             "  four_eye: true\n"
             "  people:\n"
             "    - name: Pia\n"
             "      mail: nowhere\n"
             "      key: ed25519:short\n"
             "      roles: [privcy]\n"
             "    - { name: Ada, key: \"%s\", roles: [] }\n"
             "    - { name: Ada, key: \"%s\", roles: [analytics] }\n"
             "    - { key: \"%s\", roles: privacy, until: tomorrow }\n",
             key_of(PIA).public_key, key_of(ADA).public_key, key_of(ADA).public_key);
    snprintf(want, sizeof want,
             "2:23: 'required' is 'publish' but must be privacy or analytics\n"
             "2:32: the role 'privacy' is named twice\n"
             "3:3: unknown key 'four_eye' in 'approval'; did you mean 'four_eyes'?\n"
             "4:3: the role 'privacy' is required, but nobody in 'people' may sign for it\n"
             "6:13: 'nowhere' is no mail address\n"
             "7:12: 'ed25519:short' is no public key: paste what 'kinfold key new' printed "
             "(ed25519:...)\n"
             "8:15: 'roles' is 'privcy' but must be privacy, analytics, publish or sources; did "
             "you mean 'privacy'?\n"
             "9:%zu: 'roles' is empty: name what this person may sign\n"
             "10:15: 'Ada' has a key in line 9 already: say there until when it holds (until: "
             "2026-12-31)\n"
             "11:7: a person has no 'name'\n"
             "11:14: this key is that of 'Ada' already, in line 10\n"
             "11:%zu: 'roles' must be a list of roles such as [privacy]\n"
             "11:%zu: 'until' is 'tomorrow' but must be a day like 2026-12-31\n",
             strlen("    - { name: Ada, key: \"\", roles: [") + 52,
             strlen("    - { key: \"\", roles: p") + 52,
             strlen("    - { key: \"\", roles: privacy, until: t") + 52);
    wrong(text, want);
    snprintf(text, sizeof text,
             "approval: { people: [{ name: Pia, key: \"%s\", roles: [privacy, analytics] }] }\n",
             key_of(PIA).public_key);
    wrong(text, "1:13: nothing can ever be approved: four eyes are demanded, and only 'Pia' holds "
                "the required roles (name another, or say four_eyes: false)\n");
}
END_TEST

/* ---- a log ---- */

static char R1[65], R2[65], PLAN[65];

static struct kf_approval entry(enum kf_approval_kind kind, const char *who, uint8_t key,
                                const char *rules)
{
    static char keys[8][53];
    memcpy(keys[key], key_of(key).public_key, 53);
    return (struct kf_approval){.kind = kind,
                                .at = NOON,
                                .who = who,
                                .key = keys[key],
                                .because = "we talked \"about\" it\n",
                                .rules = rules,
                                .plan = PLAN,
                                .verdict = "Changes: 3 people join",
                                .text = R1,
                                .folder = "published/1",
                                .until = KF_TIME_MIN};
}

/* The story: analytics and privacy approve, the machine publishes, privacy rejects the next. */
static uint32_t story(char hash[8][65], char line[8][2000])
{
    struct kf_approval e[6];
    uint8_t key[6] = {ADA, PIA, CI, PIA, ADA, ADA};
    kf_sha256_hex("1", 1, R1);
    kf_sha256_hex("2", 1, R2);
    kf_sha256_hex("p", 1, PLAN);
    e[0] = entry(KF_APPROVAL_APPROVE, "Ada", ADA, R1);
    e[0].role = "analytics";
    e[1] = entry(KF_APPROVAL_APPROVE, "Pia", PIA, R1);
    e[1].role = "privacy";
    e[1].mail = "pia@example.com";
    e[1].limits_broken = true;
    e[2] = entry(KF_APPROVAL_PUBLISH, "CI", CI, R1);
    e[3] = entry(KF_APPROVAL_REJECT, "Pia", PIA, R2);
    e[3].role = "privacy";
    e[4] = entry(KF_APPROVAL_SOURCE, "Ada", ADA, NULL);
    e[4].source = "refunds";
    e[4].until = NOON + KF_DAY;
    e[5] = entry(KF_APPROVAL_SOURCE_REVOKE, "Ada", ADA, NULL);
    e[5].source = "refunds";
    for (uint32_t i = 0; i < 6; i++) {
        struct kf_buf b = {0};
        e[i].at += i * KF_HOUR;
        kf_approval_line(&e[i], i + 1, i ? hash[i - 1] : "", key_of(key[i]).secret, &b, hash[i]);
        snprintf(line[i], 2000, "%s", b.p);
        kf_buf_free(&b);
    }
    return 6;
}

static struct kf_approvals *load(const struct kf_config *c, const char *text)
{
    struct kf_approvals *a = NULL;
    ck_assert_int_eq(kf_approvals_parse(c, text, strlen(text), &a, NULL), 0);
    return a;
}

static void join(char out[16000], char line[8][2000], const int *which)
{
    for (; *which >= 0; which++) {
        size_t n = strlen(line[*which]);
        memcpy(out, line[*which], n);
        out[n] = '\n';
        out += n + 1;
    }
    *out = 0;
}

/* Broken at `at` with a sentence that begins so; 0: sound. */
static void broken(const struct kf_config *c, const char *text, uint32_t at, const char *why)
{
    struct kf_approvals *a = load(c, text);
    ck_assert_msg(a->broken == at, "broken at %u (%s), wanted %u: %s", a->broken,
                  a->why ? a->why : "", at, text);
    if (at) {
        ck_assert_msg(strncmp(a->why, why, strlen(why)) == 0, "'%s', wanted '%s'", a->why, why);
        ck_assert_uint_eq(a->n, at - 1);
    }
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_int_eq(kf_approvals_check(a, &err), at ? KF_E_PERM : 0);
    ck_assert_uint_eq(err.line, at);
    kf_approvals_free(a);
}

START_TEST(what_the_log_says)
{
    char hash[8][65], line[8][2000], text[16000];
    struct kf_config *c = office("");
    unsigned missing;
    const struct kf_config_person *same;
    const struct kf_approval *out[4], *last;
    story(hash, line);
    join(text, line, (int[]){0, 1, 2, 3, 4, 5, -1});
    struct kf_approvals *a = load(c, text);
    ck_assert_msg(!a->broken, "%s", a->why);
    ck_assert_uint_eq(a->n, 6);
    ck_assert_uint_eq(a->size, strlen(text));
    ck_assert_str_eq(a->line[1].who, "Pia");
    ck_assert_str_eq(a->line[1].mail, "pia@example.com");
    ck_assert_str_eq(a->line[1].because, "we talked \"about\" it\n");
    ck_assert_str_eq(a->line[1].previous, hash[0]);
    ck_assert_int_eq(a->line[1].at, NOON + KF_HOUR);
    ck_assert_int_eq(a->line[4].until, NOON + KF_DAY);
    ck_assert_int_eq(a->line[5].until, KF_TIME_MIN);
    ck_assert(a->line[1].limits_broken && !a->line[0].limits_broken);
    ck_assert_uint_eq(a->line[1].person, 0);
    for (uint32_t i = 0; i < 6; i++)
        ck_assert(a->line[i].counts);
    ck_assert(kf_approvals_full(a, R1, &missing, &same));
    ck_assert(!kf_approvals_full(a, R2, &missing, &same));
    ck_assert_uint_eq(missing, 1u << KF_ROLE_PRIVACY | 1u << KF_ROLE_ANALYTICS);
    ck_assert_uint_eq(kf_approvals_of(a, R1, out, 2), 3);
    ck_assert_uint_eq(out[1]->number, 2);
    ck_assert_uint_eq(kf_approvals_role(a, R2, KF_ROLE_PRIVACY)->number, 4);
    ck_assert_ptr_null(kf_approvals_role(a, R2, KF_ROLE_ANALYTICS));
    ck_assert_uint_eq(kf_approvals_published(a)->number, 3);
    ck_assert_ptr_null(kf_approvals_source(a, "refunds", NOON, &last));
    ck_assert_uint_eq(last->number, 6);
    ck_assert_ptr_null(kf_approvals_source(a, "web", NOON, &last));
    ck_assert_ptr_null(last);
    kf_approvals_free(a);
    join(text, line, (int[]){0, 1, 2, 3, 4, -1});
    a = load(c, text);
    ck_assert_uint_eq(kf_approvals_source(a, "refunds", NOON + KF_DAY - 1, NULL)->number, 5);
    ck_assert_ptr_null(kf_approvals_source(a, "refunds", NOON + KF_DAY, NULL));
    kf_approvals_free(a);
    kf_config_free(c);
}
END_TEST

START_TEST(what_was_taken_back_or_ended_does_not_count)
{
    char hash[8][65], line[8][2000], text[16000], h[65];
    struct kf_config *c = office("");
    unsigned missing;
    const struct kf_config_person *same;
    struct kf_buf b = {0};
    story(hash, line);
    /* privacy takes its word back; who publishes with a key that has ended does not */
    struct kf_approval e = entry(KF_APPROVAL_REJECT, "Pia", PIA, R1);
    e.role = "privacy";
    e.at = NOON + 200 * KF_DAY;
    kf_approval_line(&e, 4, hash[2], key_of(PIA).secret, &b, h);
    kf_buf_addc(&b, '\n');
    e = entry(KF_APPROVAL_PUBLISH, "CI", CI, R2);
    e.at = NOON + 200 * KF_DAY;
    kf_approval_line(&e, 5, h, key_of(CI).secret, &b, h);
    join(text, line, (int[]){0, 1, 2, -1});
    strcat(text, b.p);
    struct kf_approvals *a = load(c, text);
    ck_assert_msg(!a->broken, "%s", a->why);
    ck_assert(!kf_approvals_full(a, R1, &missing, &same));
    ck_assert_uint_eq(missing, 1u << KF_ROLE_PRIVACY);
    ck_assert_uint_eq(a->line[4].person, 2);
    ck_assert(!a->line[4].counts);
    ck_assert_uint_eq(kf_approvals_published(a)->number, 3);
    kf_approvals_free(a);
    kf_buf_free(&b);
    kf_config_free(c);
}
END_TEST

START_TEST(one_person_is_not_two)
{
    char text[1500], hash[65];
    unsigned missing;
    const struct kf_config_person *same;
    for (int four = 0; four < 2; four++) {
        snprintf(text, sizeof text,
                 "approval: { four_eyes: %s, people: [\n"
                 "{ name: Pia, key: \"%s\", roles: [privacy, analytics], until: 2026-12-31 },\n"
                 "{ name: Pia, key: \"%s\", roles: [privacy, analytics] },\n"
                 "{ name: Ada, key: \"%s\", roles: [analytics] } ] }\n",
                 four ? "true" : "false", key_of(PIA).public_key, key_of(CI).public_key,
                 key_of(ADA).public_key);
        struct kf_config *c = parse(text, 0);
        struct kf_buf b = {0};
        kf_sha256_hex("1", 1, R1);
        struct kf_approval e = entry(KF_APPROVAL_APPROVE, "Pia", PIA, R1);
        e.role = "privacy";
        kf_approval_line(&e, 1, "", key_of(PIA).secret, &b, hash);
        kf_buf_addc(&b, '\n');
        e = entry(KF_APPROVAL_APPROVE, "Pia", CI, R1); /* her other key */
        e.role = "analytics";
        kf_approval_line(&e, 2, hash, key_of(CI).secret, &b, hash);
        struct kf_approvals *a = load(c, b.p);
        ck_assert_msg(!a->broken, "%s", a->why);
        ck_assert(kf_approvals_full(a, R1, &missing, &same) == !four);
        ck_assert_uint_eq(missing, 0);
        if (four)
            ck_assert_str_eq(same->name, "Pia");
        kf_approvals_free(a);
        kf_buf_free(&b);
        kf_config_free(c);
    }
}
END_TEST

START_TEST(every_byte_is_held)
{
    char hash[8][65], line[8][2000], text[16000];
    struct kf_config *c = office("");
    story(hash, line);
    join(text, line, (int[]){0, 1, 2, -1});
    size_t first = strlen(line[0]) + 1, n = strlen(line[1]);
    broken(c, text, 0, "");
    for (size_t i = 0; i < n; i++) {
        char was = text[first + i];
        for (int bit = 0; bit < 8; bit += 3) {
            text[first + i] = (char)(was ^ 1 << bit);
            if (text[first + i] == '\n' || !text[first + i])
                continue;
            struct kf_approvals *a = load(c, text);
            ck_assert_msg(a->broken == 2, "byte %zu of line 2 can be '%c'", i, text[first + i]);
            kf_approvals_free(a);
        }
        text[first + i] = was;
    }
    kf_config_free(c);
}
END_TEST

START_TEST(lines_have_their_place)
{
    char hash[8][65], line[8][2000], text[16000];
    struct kf_config *c = office("");
    story(hash, line);
    broken(c, "", 0, "");
    join(text, line, (int[]){1, 0, 2, -1});
    broken(c, text, 1, "the line it follows is not above it: one was taken out, or moved");
    join(text, line, (int[]){0, 2, 3, -1});
    broken(c, text, 2, "the line it follows is not above it");
    join(text, line, (int[]){0, 1, 1, -1});
    broken(c, text, 3, "it follows line 1, and so does line 2: two branches signed apart");
    join(text, line, (int[]){0, 0, -1});
    broken(c, text, 2, "it is the first line of another log");
    join(text, line, (int[]){0, 1, -1});
    strcat(text, "<<<<<<< HEAD\n");
    broken(c, text, 3, "it is the mark of a merge conflict: two branches signed apart");
    join(text, line, (int[]){0, -1});
    strcat(text, "\n");
    broken(c, text, 2, "it is no entry of this log");
    join(text, line, (int[]){0, -1});
    strcat(text, "{\"number\":2}\n");
    broken(c, text, 2, "it is no entry of this log");
    /* well signed, but a terminal would obey what it says */
    struct kf_buf b = {0};
    struct kf_approval e = entry(KF_APPROVAL_APPROVE, "Ada", ADA, R1);
    e.role = "analytics";
    e.because = "\033[2Jlooks good";
    kf_approval_line(&e, 2, hash[0], key_of(ADA).secret, &b, hash[1]);
    join(text, line, (int[]){0, -1});
    strcat(text, b.p);
    strcat(text, "\n");
    broken(c, text, 2, "it is no entry of this log");
    kf_buf_free(&b);
    kf_config_free(c);
}
END_TEST

START_TEST(half_a_line_was_never_there)
{
    char hash[8][65], line[8][2000], text[16000];
    struct kf_config *c = office("");
    story(hash, line);
    join(text, line, (int[]){0, -1});
    size_t n = strlen(text);
    memcpy(text + n, line[1], 100);
    text[n + 100] = 0;
    struct kf_approvals *a = load(c, text);
    ck_assert(!a->broken && a->cut);
    ck_assert_uint_eq(a->n, 1);
    ck_assert_uint_eq(a->size, n);
    kf_approvals_free(a);
    text[n] = 0;
    text[n - 1] = 0; /* an editor took the line end */
    a = load(c, text);
    ck_assert(!a->broken && !a->cut);
    ck_assert_uint_eq(a->n, 1);
    kf_approvals_free(a);
    kf_config_free(c);
}
END_TEST

START_TEST(other_peoples_keys)
{
    char hash[65];
    struct kf_config *c = office("");
    struct kf_buf b = {0};
    kf_sha256_hex("1", 1, R1);
    /* somebody says that he is Pia */
    struct kf_approval e = entry(KF_APPROVAL_APPROVE, "Pia", STRANGER, R1);
    e.role = "privacy";
    kf_approval_line(&e, 1, "", key_of(STRANGER).secret, &b, hash);
    broken(c, b.p, 1, "it says 'Pia', but the key is none of those that kinfold.yaml has of them");
    /* ... with her key in the line, but signed with his */
    kf_buf_clear(&b);
    e = entry(KF_APPROVAL_APPROVE, "Pia", PIA, R1);
    e.role = "privacy";
    kf_approval_line(&e, 1, "", key_of(STRANGER).secret, &b, hash);
    broken(c, b.p, 1, "its signature is not by the key that it names");
    /* Ada signs as Pia */
    kf_buf_clear(&b);
    e = entry(KF_APPROVAL_APPROVE, "Pia", ADA, R1);
    e.role = "privacy";
    kf_approval_line(&e, 1, "", key_of(ADA).secret, &b, hash);
    broken(c, b.p, 1, "it says 'Pia', but the key is that of 'Ada'");
    /* Ada signs as herself, for a role that she does not have; a stranger as a stranger */
    kf_buf_clear(&b);
    e = entry(KF_APPROVAL_APPROVE, "Ada", ADA, R1);
    e.role = "privacy";
    kf_approval_line(&e, 1, "", key_of(ADA).secret, &b, hash);
    kf_buf_addc(&b, '\n');
    e = entry(KF_APPROVAL_APPROVE, "Sam", STRANGER, R1);
    e.role = "privacy";
    kf_approval_line(&e, 2, hash, key_of(STRANGER).secret, &b, hash);
    struct kf_approvals *a = load(c, b.p);
    ck_assert_msg(!a->broken, "%s", a->why);
    ck_assert_uint_eq(a->line[0].person, 1);
    ck_assert_uint_eq(a->line[1].person, UINT32_MAX);
    ck_assert(!a->line[0].counts && !a->line[1].counts);
    ck_assert_ptr_null(kf_approvals_role(a, R1, KF_ROLE_PRIVACY));
    kf_approvals_free(a);
    kf_buf_free(&b);
    kf_config_free(c);
}
END_TEST

START_TEST(appending)
{
    char dir[] = "/tmp/kf-approval-XXXXXX", path[100], text[1000], hash[65], first[65];
    uint32_t number = 0;
    struct kf_approvals *a, *old;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_config *c = NULL;
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/%s", dir, KF_APPROVAL_FILE);
    snprintf(text, sizeof text,
             "approval: { required: [privacy], people: [{ name: Pia, key: \"%s\", roles: [privacy] "
             "}] }\n",
             key_of(PIA).public_key);
    ck_assert_int_eq(kf_config_parse(text, strlen(text), dir, false, &c, NULL, NULL, &err), 0);
    kf_sha256_hex("1", 1, R1);
    struct kf_approval e = entry(KF_APPROVAL_APPROVE, "Pia", PIA, R1);
    e.role = "privacy";
    ck_assert_int_eq(kf_approvals_load(c, &old, &err), 0);
    ck_assert_uint_eq(old->n, 0);
    ck_assert_int_eq(kf_approvals_append(old, &e, key_of(PIA).secret, &number, first, &err), 0);
    ck_assert_uint_eq(number, 1);
    /* whoever read before has to read again */
    ck_assert_int_eq(kf_approvals_append(old, &e, key_of(PIA).secret, &number, hash, &err),
                     KF_E_AGAIN);
    ck_assert_ptr_nonnull(strstr(err.message, "somebody else signed something just now"));
    kf_approvals_free(old);
    /* half a line goes, a line without an end gets it */
    FILE *f = fopen(path, "a");
    fputs("{\"number\":2,\"at", f);
    fclose(f);
    ck_assert_int_eq(kf_approvals_load(c, &a, &err), 0);
    ck_assert(a->cut);
    ck_assert_int_eq(kf_approvals_append(a, &e, key_of(PIA).secret, &number, hash, &err), 0);
    ck_assert_uint_eq(number, 2);
    kf_approvals_free(a);
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(truncate(path, st.st_size - 1), 0);
    ck_assert_int_eq(kf_approvals_load(c, &a, &err), 0);
    ck_assert_int_eq(kf_approvals_append(a, &e, key_of(PIA).secret, &number, hash, &err), 0);
    kf_approvals_free(a);
    ck_assert_int_eq(kf_approvals_load(c, &a, &err), 0);
    ck_assert_msg(!a->broken, "%s", a->why);
    ck_assert_uint_eq(a->n, 3);
    ck_assert_str_eq(a->line[0].hash, first);
    ck_assert_str_eq(a->line[2].hash, hash);
    kf_approvals_free(a);
    /* nothing is added to what is broken */
    f = fopen(path, "a");
    fputs("nonsense\n", f);
    fclose(f);
    ck_assert_int_eq(kf_approvals_load(c, &a, &err), 0);
    ck_assert_int_eq(kf_approvals_append(a, &e, key_of(PIA).secret, &number, hash, &err),
                     KF_E_PERM);
    ck_assert_uint_eq(err.line, 4);
    kf_approvals_free(a);
    unlink(path);
    rmdir(dir);
    kf_config_free(c);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("approval");
    TCase *t = tcase_create("approval");
    tcase_add_test(t, a_word_or_a_block);
    tcase_add_test(t, a_role_that_nobody_has_is_everybodys);
    tcase_add_test(t, every_mistake_has_its_place);
    tcase_add_test(t, what_the_log_says);
    tcase_add_test(t, what_was_taken_back_or_ended_does_not_count);
    tcase_add_test(t, one_person_is_not_two);
    tcase_add_test(t, every_byte_is_held);
    tcase_add_test(t, lines_have_their_place);
    tcase_add_test(t, half_a_line_was_never_there);
    tcase_add_test(t, other_peoples_keys);
    tcase_add_test(t, appending);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
