/*
 * finding.h - images that are not as the operator wants them, by `policy` and
 * `untracked_images` of driftbell.yaml(5).  Pure.
 */
#ifndef RELAY_MODEL_FINDING_H
#define RELAY_MODEL_FINDING_H

#include <stdbool.h>

#include "relay/config/conf.h"
#include "relay/model/image.h"
#include "relay/model/usage.h"
#include "relay/model/workspace.h"

/* An instance's own image that no bucket is known to have, where one should. */
bool finding_untracked(const struct conf *, const struct workspace *, const struct usage *);

/* What this workspace is to take this bucket's images from: the first that matches; NULL =
 * nothing is said of it. */
const struct conf_policy *finding_policy(const struct conf *, const struct workspace *,
                                         const char *bucket);

/*
 * It is from no channel that the policy takes.  Of a version that the
 * configuration names itself (`pinned`), while none of them points to it.  Of one
 * whose channel is not known, where none of them has held it since it was
 * completed, as far as assignments were seen.  `image` is the version as it is
 * known, or NULL.
 */
bool finding_wrong_channel(const struct conf_policy *, const struct usage *, const struct history *,
                           const struct image *);

#endif
