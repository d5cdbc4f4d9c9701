/* Diagnostics as a good compiler prints them. */
#include "lua/rules.h"

#include <stdio.h>
#include <stdlib.h>

#include "lua/codes.h"

const struct kf_code_info kf_codes[KF_CODE_COUNT] = {
#define KF_CODE_INFO(code, name, severity, title, cause, example, cure)                            \
    {code, title, cause, example, cure, KF_SEV_##severity},
    KF_CODES(KF_CODE_INFO)
#undef KF_CODE_INFO
};

const struct kf_code_info *kf_code_find(const char *code)
{
    char *end;
    if ((code[0] == 'K' || code[0] == 'k') && (code[1] == 'F' || code[1] == 'f'))
        code += 2;
    unsigned long n = strtoul(code, &end, 10);
    for (size_t i = 0; i < KF_CODE_COUNT && *code >= '0' && *code <= '9' && !*end; i++)
        if (strtoul(kf_codes[i].code + 2, NULL, 10) == n)
            return &kf_codes[i];
    return NULL;
}

void kf_diagnostic_print(const struct kf_diagnostic *d, bool colour, struct kf_buf *out)
{
    static const char *const words[] = {"error", "warning", "note"};
    static const char *const tints[] = {"\033[1;31m", "\033[1;33m", "\033[1;36m"};
    const char *bold = colour ? "\033[1m" : "", *plain = colour ? "\033[0m" : "";
    const char *tint = colour ? tints[d->severity] : "";
    kf_buf_addf(out, "%s%s", bold, d->pos.file);
    if (d->pos.line)
        kf_buf_addf(out, ":%u", d->pos.line);
    if (d->pos.line && d->pos.column)
        kf_buf_addf(out, ":%u", d->pos.column);
    kf_buf_addf(out, ":%s %s%s[%s]%s: %s%s%s\n", plain, tint, words[d->severity], d->code, plain,
                bold, d->message, plain);
    if (d->source) {
        char number[16];
        int width = snprintf(number, sizeof number, "%u", d->pos.line);
        kf_buf_addf(out, " %s | %s\n", number, d->source);
        if (d->pos.column) {
            kf_buf_addf(out, " %*s | ", width, "");
            size_t at = d->pos.column - 1, n = strlen(d->source);
            size_t cut = at < n ? at : n;
            for (size_t i = 0; i < cut;
                 i++) /* tabs stay tabs so that the caret stands below its character */
                if (d->source[i] == '\t')
                    kf_buf_addc(out, '\t');
                else if (((unsigned char)d->source[i] & 0xc0) != 0x80)
                    kf_buf_addc(out, ' ');
            kf_buf_addf(out, "%s^%s\n", tint, plain);
        }
    }
    if (d->help)
        kf_buf_addf(out, "help: %s\n", d->help);
}
