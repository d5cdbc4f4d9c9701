/* A Lua 5.4 state that rule files cannot get out of and cannot keep busy.
 *
 * Text chunks only, an allow-listed environment per chunk, no way to swallow an error, caps on live
 * bytes, on a single block and on all bytes ever asked for, and a budget of instructions to which C
 * helpers charge their O(n) work. A broken limit is sticky: the state answers every later entry
 * with the same failure. One state, one thread. Every entry is protected. */
#ifndef KF_LUA_SANDBOX_H
#define KF_LUA_SANDBOX_H

#include <lauxlib.h>
#include <lua.h>

#include "base/error.h"
#include "base/str.h"

enum kf_sandbox_limit {
    KF_SANDBOX_FINE = 0,
    KF_SANDBOX_INSTRUCTIONS,
    KF_SANDBOX_MEMORY, /* live bytes */
    KF_SANDBOX_BLOCK,  /* one block */
    KF_SANDBOX_TOTAL   /* bytes ever asked for */
};

struct kf_sandbox {
    lua_State *L;
    void *owner; /* of whoever opened it */
    size_t live_cap, block_cap, total_cap;
    size_t live, total, longest; /* longest: greatest string made since the last refill */
    size_t kept;                 /* greatest string that stays: a floor for `longest` */
    uint64_t budget, spent;
    enum kf_sandbox_limit broken;
    /* the last failure: chunk number (see kf_sandbox_chunk) and line, 0: unknown */
    uint32_t at_chunk, at_line;
    uint32_t low_chunk, low_line; /* where memory last ran short */
    char message[400];
};

/* live: bytes of the state, 0: 64 MiB; a block may take a quarter of it, all blocks together 16
 * times it. instructions: 0: 20 million. `setup` (may be NULL) runs protected, with the state's
 * table of globals on top of the stack, and adds words. */
int kf_sandbox_open(struct kf_sandbox *sb, size_t live, uint64_t instructions, void *owner,
                    lua_CFunction setup, struct kf_error *err);
void kf_sandbox_close(struct kf_sandbox *sb);
static inline struct kf_sandbox *kf_sandbox_of(lua_State *L)
{
    return *(struct kf_sandbox **)lua_getextraspace(L);
}
/* A new budget for the next file or call; does not mend what is broken. */
void kf_sandbox_refill(struct kf_sandbox *sb, uint64_t instructions);
/* Forgets a broken limit: the next call is another one. The state keeps nothing of the failed one.
 */
void kf_sandbox_mend(struct kf_sandbox *sb);
/* Work that a C function does for the script, in instructions; does not return when the budget is
 * used up. */
void kf_sandbox_charge(lua_State *L, uint64_t n);
/* Memory that a C function keeps for the script outside the state. */
void kf_sandbox_charge_bytes(lua_State *L, size_t n);

/* Runs the text with a fresh environment; leaves `results` values on the stack. `chunk` is the
 * number positions are told by. KF_E_DATA: does not parse; KF_E_FAIL: failed while running;
 * KF_E_LIMIT: broke a limit. at_chunk, at_line, message say why. */
int kf_sandbox_run(struct kf_sandbox *sb, uint32_t chunk, struct kf_str text, int results);
/* Calls the function below `args` arguments, protected; pops both. The same codes. */
int kf_sandbox_call(struct kf_sandbox *sb, int args, int results);
/* Chunk and line of the Lua code that called the running C function; line 0: unknown. */
uint32_t kf_sandbox_where(lua_State *L, uint32_t *ret_chunk);
/* A sentence for a broken limit. */
const char *kf_sandbox_limit_text(enum kf_sandbox_limit l);

/* sandbox_string.c: puts the safe `string` table on the stack and makes it what strings index. */
void kf_sandbox_string(lua_State *L);
/* sandbox_pattern.c: find, match, gmatch and gsub; every step of a match is charged. */
extern const luaL_Reg kf_sandbox_patterns[];
/* Pushes a text for any value that tells nothing about addresses. */
const char *kf_sandbox_tostring(lua_State *L, int index, size_t *ret_n);
/* Turns the table on top into one that can be read and not written; pairs walks the original. */
void kf_sandbox_freeze(lua_State *L, const char *name);

#endif
