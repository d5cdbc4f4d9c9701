/* What an editor wants to know of one workspace: the names of its rules, lists, sources and events.
 * Main thread. */
#ifndef KF_CLI_EDITOR_H
#define KF_CLI_EDITOR_H

#include "base/error.h"
#include "base/str.h"

/* rules/meta/workspace.lua of the workspace in `dir`: LuaCATS aliases for completion and hover,
 * each name with its title, sorted. Events are those that rules ask for and, where there is a
 * store, those it holds. The same workspace gives the same bytes. */
int kf_editor_names(const char *dir, struct kf_buf *out, struct kf_error *err);

#endif
