/* What settings each kind of rule has: the tables behind unknown settings, missing ones and wrong
 * types. Pure data. */
#ifndef KF_LUA_SETTINGS_H
#define KF_LUA_SETTINGS_H

#include "lua/tree.h"

enum kf_setting_type {
    KF_SET_TEXT = 1 << 0,
    KF_SET_NUMBER = 1 << 1,
    KF_SET_BOOL = 1 << 2,
    KF_SET_LENGTH = 1 << 3,
    KF_SET_TIME = 1 << 4, /* date or instant */
    KF_SET_MONEY = 1 << 5,
    KF_SET_COND = 1 << 6,
    KF_SET_SELECT = 1 << 7,
    KF_SET_EXPR = 1 << 8,
    KF_SET_KEY = 1 << 9,   /* identifier "x", property "x" */
    KF_SET_MAP = 1 << 10,  /* of `map` */
    KF_SET_LIST = 1 << 11, /* of `item` */
    KF_SET_FUNCTION = 1 << 12,
    KF_SET_MODEL = 1 << 13, /* bgnbd ... by_source, network: names in `choices` */
    KF_SET_PATH = 1 << 14,  /* a text that gets its root: revenue -> properties.revenue */
    KF_SET_TESTS = 1 << 15, /* { path = test }: a map of conditions over E_PROPERTY */
    KF_SET_ANY = 1 << 16    /* of scenarios: constants, lists and maps */
};

#define KF_SET_REQUIRED 1u
#define KF_SET_SHARE    2u /* a number from 0 to 1 */
#define KF_SET_COUNT    4u /* a whole number from 0 */

struct kf_setting {
    const char *key; /* "1", "2": positional; "*": any name; NULL ends */
    uint32_t type;
    uint32_t flags;
    const char *choices; /* "a|b|c" of a text or model; NULL: any */
    const struct kf_setting *map, *item;
    uint32_t numbered; /* ANY: bit d: tables at depth d are maps by number, even { "a", "b" } */
};

const struct kf_setting *kf_settings_of(enum kf_kind kind);
extern const struct kf_setting kf_settings_common[], kf_settings_documented[];
struct kf_model_row {
    const char *name;
    struct kf_setting argument;
};
extern const struct kf_model_row kf_models[]; /* ended by a NULL name */
/* Kinds that have title, owner and because. */
bool kf_kind_documented(enum kf_kind kind);
/* Why rules of a kind (or with a setting) parse but are not evaluated; NULL: they are. */
const char *kf_not_evaluated(const struct kf_rule *r);

#endif
