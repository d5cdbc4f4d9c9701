/* main() of a Check binary: KF_TEST_MAIN(suite_function), where suite_function is `static Suite
 * *f(void)`.
 *
 * Every case runs in a process of its own, so that one crash is one failure, unless CK_FORK says
 * otherwise. Under a sanitizer the default is not to fork: a report should stop the run where it
 * happened, and ThreadSanitizer cannot follow a fork of a threaded process. The exit status is the
 * number of failures, at most 100. */
#ifndef KF_TESTS_CHECK_MAIN_H
#define KF_TESTS_CHECK_MAIN_H

#include <check.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KF_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define KF_TEST_SANITIZED 1
#endif
#endif
#ifndef KF_TEST_SANITIZED
#define KF_TEST_SANITIZED 0
#endif

static inline int kf_test_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    if (KF_TEST_SANITIZED && !getenv("CK_FORK"))
        srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 100 ? 100 : failed;
}

#define KF_TEST_MAIN(suite_fn)                                                                     \
    int main(void)                                                                                 \
    {                                                                                              \
        return kf_test_run(suite_fn());                                                            \
    }

#endif
