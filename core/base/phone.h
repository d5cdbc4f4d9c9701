/* Telephone numbers by libphonenumber (C++), when the build has it.
 *
 * What a number is depends on the country it was written in: "030 123456" is in Berlin for a German
 * and nothing for a Dane. The numbering plans come with the library, so the same rules on a machine
 * with a much older one can keep a new kind of number apart. Any thread. */
#ifndef KF_BASE_PHONE_H
#define KF_BASE_PHONE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

bool kf_phone_available(void);
/* Is it a country with a numbering plan, as ISO 3166 writes it ("DE")? */
bool kf_phone_region_known(const char *region);
/* Writes p[n] as E.164 ("+4930123456"); an extension follows as ";ext=5" (RFC 3966), because two
 * extensions are two telephones. Returns the length; 0: no number that is possible in that region,
 * or longer than cap. */
size_t kf_phone_e164(const char *p, size_t n, const char *region, char *out, size_t cap);

#ifdef __cplusplus
}
#endif
#endif
