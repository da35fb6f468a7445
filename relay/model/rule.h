/*
 * rule.h - correlation by name: which bucket's images a workspace runs.
 *
 * A rule is a pair of patterns over bucket and workspace names.  `*` and `?`
 * are globs; {name} captures one or more whole dash-separated words.  All
 * splits are tried, without case; the pair matches when one split of both
 * sides gives every name that both use the same words (contract 3).
 */
#ifndef RELAY_MODEL_RULE_H
#define RELAY_MODEL_RULE_H

#include <stddef.h>

#include "relay/config/conf.h"

/*
 * 0 when the pair does not match; else 1 + the bytes captured from the bucket,
 * of the split that captures most.
 * Of several buckets that match a workspace by one rule the greatest counts.
 */
size_t rule_match(const struct conf_rule *, const char *bucket, const char *workspace);

#endif
