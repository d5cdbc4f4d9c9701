/* Puts a newly built store in the place of the old one, so that whoever looks sees the old or the
 * new, never a mixture.
 *
 * begin takes the run lock (flock on FILE.lock: it ends with the process, however that ends) and
 * removes what a killed run left. The caller builds FILE.new and closes it. commit makes the old
 * file quiet, fsyncs, renames and fsyncs the folder.
 *
 * The old file is not touched until the rename. Before it, two things must be true of it, because
 * SQLite finds its side files by name and would apply those of the old file to the new one:
 *   - it is not in WAL mode and has no -wal: commit takes it out of WAL mode, which SQLite refuses
 * while any other connection is open (a serve must let go first);
 *   - no rollback journal of a killed writer is left and nobody is writing: commit opens it, which
 * rolls back, and holds the write lock until the rename is done. Readers of a store in rollback
 * mode keep the old file and may go on reading it; they should reopen it soon, since a reader of
 * the old file could take the journal of a later writer for its own.
 *
 * One thread per object. This process must have no connection to the old file in WAL mode open when
 * it commits. */
#ifndef KF_STORE_PUBLISH_H
#define KF_STORE_PUBLISH_H

#include <kinfold/error.h>

#include <stdbool.h>

struct kf_publish;

/* Takes the run lock of a store and removes a left-over FILE.new. `path` need not exist; a symbolic
 * link is followed. KF_E_AGAIN: another run has the lock (the sentence names its process);
 * KF_E_CANTCREATE: the folder is not there or not writable, or `path` is no regular file. */
int kf_publish_begin(const char *path, struct kf_publish **ret, struct kf_error *err);

/* Where to build; owned by p. */
const char *kf_publish_new_path(const struct kf_publish *p);

/* Swaps. FILE.new takes over the old file's permissions. Waits up to wait_ms for others to let go
 * of the old file. durable false: no fsync; a power cut may then lose either file. The lock is kept
 * until kf_publish_end. KF_E_AGAIN: somebody writes to the old file or has it open in WAL mode; the
 * old file stays, commit may be called again. KF_E_CANTCREATE: the old file is no SQLite database;
 * KF_E_IO. KF_E_INTERNAL: FILE.new is missing or was not closed. */
int kf_publish_commit(struct kf_publish *p, unsigned wait_ms, bool durable, struct kf_error *err);

/* Releases the lock; without a commit FILE.new is deleted. Accepts NULL. */
void kf_publish_end(struct kf_publish *p);

#endif
