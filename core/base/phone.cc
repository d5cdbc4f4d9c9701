/* The second of two C++ files: libphonenumber has no C interface. */
#include "base/phone.h"

#ifdef KF_HAVE_PHONENUMBER

#include <cstring>
#include <phonenumbers/phonenumberutil.h>
#include <set>
#include <string>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

extern "C" bool kf_phone_available(void)
{
    return true;
}

extern "C" bool kf_phone_region_known(const char *region)
{
    try {
        std::set<std::string> all;
        PhoneNumberUtil::GetInstance()->GetSupportedRegions(&all);
        return all.count(region) != 0;
    } catch (...) {
        return false;
    }
}

extern "C" size_t kf_phone_e164(const char *p, size_t n, const char *region, char *out, size_t cap)
{
    if (n > 250) /* the library's own limit */
        return 0;
    try {
        const PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
        PhoneNumber number;
        std::string text;
        if (util->Parse(std::string(p, n), region, &number) != PhoneNumberUtil::NO_PARSING_ERROR ||
            !util->IsPossibleNumber(number))
            return 0;
        util->Format(number, PhoneNumberUtil::E164, &text);
        if (number.has_extension() && !number.extension().empty())
            text += ";ext=" + number.extension();
        if (text.size() > cap)
            return 0;
        std::memcpy(out, text.data(), text.size());
        return text.size();
    } catch (...) { /* no memory: as if it were no number */
        return 0;
    }
}

#else

extern "C" bool kf_phone_available(void)
{
    return false;
}

extern "C" bool kf_phone_region_known(const char *)
{
    return false;
}

extern "C" size_t kf_phone_e164(const char *, size_t, const char *, char *, size_t)
{
    return 0;
}

#endif
