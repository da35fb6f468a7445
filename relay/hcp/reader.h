/*
 * reader.h - what a Terraform plan or state says about machine images.
 *
 * A document goes in as a stream of bytes: a plan or a state as `terraform show
 * -json` writes it (format_version 0.x and 1.x), or a state file of version 4.
 * Which of them it is is told by its own keys, in whatever order they come.
 * Memory is bounded whatever the document's size (below 64 MB): it is never
 * held, and of its values only those of the answer are kept.
 *
 * The answer:
 *
 *	{"format": "plan" | "state",
 *	 "terraform_version": "1.11.4" | null,
 *	 "errored": bool,                 a plan that failed: what it would change is not known
 *	 "complete": bool,                false where errored, or the plan says so
 *	 "partial": bool,                 true where something did not fit and is missing
 *	 "bytes": integer,
 *	 "uses": [...], "uses_total": n,  at most USES_MAX are listed
 *	 "drift": {"total": n, "resources": [{"address", "type", "action", "attributes": [names]}]},
 *	 "checks": {"total": n, "items": [{"address", "kind", "status", "messages": [text]}]}}
 *
 * Of a use (texts are null where they are not known):
 *
 *	"when"    "now": what runs, as the state or a plan's prior state has it;
 *	          "planned": what will after the apply
 *	"by"      "resource": an instance's own image;
 *	          "data": a Packer data source that no instance explains;
 *	          "deferred": one that is read only during the apply
 *	"bucket", "organization_id", "project_id", "channel", "version", "version_id",
 *	"fingerprint", "external_identifier", "platform", "region", "revoke_at"
 *	"provider", "type", "address"    of the first instance; of the data source ("hcp") else
 *	"count"   instances
 *	"fresh"   one of them is created or replaced to get it
 *
 * An instance whose image is that of a data source of the document has all of
 * its fields.  One that is only tied to the data sources of one bucket
 * (ties.h) has the bucket and the channel, and no version: its own image wins.
 * Else the fields but external_identifier are null.  A data source in a check
 * block explains ids and is no use.  "action" is create, update, delete,
 * replace, forget or other; "status" is fail or error.
 */
#ifndef RELAY_HCP_READER_H
#define RELAY_HCP_READER_H

#include <jansson.h>
#include <stddef.h>

#include "relay/base/err.h"
#include "relay/hcp/image_types.h"

struct reader;

/* `more` are rows besides image_types_known; NULL for none.  Not kept. */
struct reader *reader_new(const struct image_types *more);
void reader_free(struct reader *);

/* -1 where it is no JSON, or no plan or state that can be read.  err says what
 * and where (byte, path), with no value of the document in it.  After that only
 * reader_free() may be called; reader_end() is called once. */
int reader_feed(struct reader *, const char *, size_t, struct err *) MUST_CHECK;
int reader_end(struct reader *, json_t **reading, struct err *) MUST_CHECK;

#endif
