/* Trees as JSON, for --json, documentation and debugging. */
#include "lua/rules.h"

static void add_const(const struct kf_const *k, struct kf_buf *out)
{
    char text[80];
    static const char *const types[] = {"none",   "boolean", "number", "text",    "money",
                                        "length", "months",  "date",   "instant", "version"};
    kf_buf_addf(out, "{\"type\":\"%s\",\"value\":", types[k->type]);
    switch (k->type) {
    case KF_K_NONE:
        kf_buf_adds(out, "null");
        break;
    case KF_K_BOOL:
        kf_buf_adds(out, k->boolean ? "true" : "false");
        break;
    case KF_K_NUMBER:
        kf_dec_format(k->number, text);
        kf_buf_adds(out, text);
        break;
    case KF_K_TEXT:
    case KF_K_VERSION:
        kf_buf_add_json(out, k->text);
        break;
    case KF_K_MONEY:
        kf_money_format(k->money, text, sizeof text);
        kf_buf_addf(out, "\"%s\"", text);
        break;
    case KF_K_LENGTH:
        kf_buf_addf(out, "%lld", (long long)k->ns);
        break;
    case KF_K_MONTHS:
        kf_buf_addf(out, "%d", k->months);
        break;
    case KF_K_DATE:
        kf_day_format(k->day, text);
        kf_buf_addf(out, "\"%s\"", text);
        break;
    case KF_K_INSTANT:
        kf_time_format(k->ns, text);
        kf_buf_addf(out, "\"%s\"", text);
        break;
    }
    kf_buf_addc(out, '}');
}

void kf_node_json(const struct kf_node *n, struct kf_buf *out)
{
    if (n->op == KF_K) {
        add_const(&n->value, out);
        return;
    }
    if (n->op == KF_T_MAP) {
        kf_buf_addc(out, '{');
        for (uint32_t i = 0; i < n->kids; i++) {
            if (i)
                kf_buf_addc(out, ',');
            kf_buf_add_json(out, kf_cstr(n->key[i]));
            kf_buf_addc(out, ':');
            kf_node_json(n->kid[i], out);
        }
        kf_buf_addc(out, '}');
        return;
    }
    bool list = n->op == KF_T_LIST;
    if (!list) {
        kf_buf_addf(out, "{\"op\":\"%s\"", kf_op_word(n->op));
        if (n->name.n) {
            kf_buf_adds(out, ",\"name\":");
            kf_buf_add_json(out, n->name);
        }
        if (n->value.type != KF_K_NONE) {
            kf_buf_adds(out, ",\"value\":");
            add_const(&n->value, out);
        }
        if (n->flags & KF_NODE_IGNORE_CASE)
            kf_buf_adds(out, ",\"ignoring_case\":true");
        if (n->kids)
            kf_buf_adds(out, ",\"of\":");
    }
    if (list || n->kids) {
        kf_buf_addc(out, '[');
        for (uint32_t i = 0; i < n->kids; i++) {
            if (i)
                kf_buf_addc(out, ',');
            kf_node_json(n->kid[i], out);
        }
        kf_buf_addc(out, ']');
    }
    if (!list)
        kf_buf_addc(out, '}');
}
