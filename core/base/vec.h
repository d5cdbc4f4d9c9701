/* Typed growing arrays without a malloc per element. kf_vec(T) v = {0}; T *e = kf_vec_push(&v);
 * v.p[i]; v.n; kf_vec_free(&v). Growth doubles; large ones are realloc'd in place by the C library
 * (mremap). Out of memory ends the process with a message. */
#ifndef KF_BASE_VEC_H
#define KF_BASE_VEC_H

#include <stddef.h>

void *kf_vec_grow(void *p, size_t *cap, size_t need, size_t elem);
void kf_vec_release(void *p);

#define kf_vec(T)                                                                                  \
    struct {                                                                                       \
        T *p;                                                                                      \
        size_t n, cap;                                                                             \
    }
#define kf_vec_reserve(v, more)                                                                    \
    ((v)->n + (more) > (v)->cap                                                                    \
         ? ((v)->p = kf_vec_grow((v)->p, &(v)->cap, (v)->n + (more), sizeof *(v)->p), (void)0)     \
         : (void)0)
#define kf_vec_push(v) (kf_vec_reserve(v, 1), &(v)->p[(v)->n++])
#define kf_vec_free(v) (kf_vec_release((v)->p), (v)->p = NULL, (v)->n = (v)->cap = 0, (void)0)

#endif
