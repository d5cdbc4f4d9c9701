#include "lua/rules_private.h"
void kf_rules_check(struct kf_ruleset *s, struct kf_words *w)
{
    (void)s;
    (void)w;
}
