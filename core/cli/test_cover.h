/* Coverage of the conditions: which were never true, or never false, in any scenario. Main thread.
 */
#ifndef KF_CLI_TEST_COVER_H
#define KF_CLI_TEST_COVER_H

#include "base/vec.h"
#include "cli/session.h"

struct kf_test_cover_condition {
    const char *where, *sentence;
    struct kf_pos pos;
    uint8_t seen; /* a bit each, 1 << enum kf_truth */
};
/* A rule with what its conditions were, over all suites that had it. */
struct kf_test_cover_rule {
    const char *kind, *name, *where;
    struct kf_test_cover_condition *condition;
    uint32_t *order; /* of the conditions, as a reader of the file meets them */
    uint32_t n, both;
};

struct kf_test_cover {
    bool has_min;
    struct kf_dec min; /* percent */
    kf_vec(struct kf_test_cover_rule) rule;
    uint32_t conditions, both;
    struct kf_arena arena;
};
/* --min. KF_E_USAGE: it is no share. */
int kf_test_cover_read(const struct kf_cli *cli, struct kf_test_cover *ret, struct kf_error *err);
/* seen: as kf_scenario_options says. */
void kf_test_cover_add(struct kf_test_cover *c, const struct kf_ruleset *rules,
                       const uint8_t *seen);
bool kf_test_cover_reached(const struct kf_test_cover *c);
void kf_test_cover_text(const struct kf_test_cover *c, bool colour, struct kf_buf *out);
void kf_test_cover_json(const struct kf_test_cover *c, struct kf_json *j);
/* One line, between what makes it a remark of the format. */
void kf_test_cover_note(const struct kf_test_cover *c, const char *before, const char *after,
                        struct kf_buf *out);
/* As before the first suite. */
void kf_test_cover_reset(struct kf_test_cover *c);

#endif
