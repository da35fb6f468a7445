/* What samples of workspace.untracked_image and workspace.wrong_channel list. */
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/samples_document.h"

struct finding {
	const char *address, *type, *provider, *platform, *region, *external_identifier;
	int instances; /* 0: of a data source */
	const char *bucket, *version, *fingerprint, *channel;
	bool pinned;
	const char *wanted, *planned_by;
};

static const struct finding untracked[] = {
	{.address = "aws_launch_template.batch",
         .type = "aws_launch_template",
         .provider = "aws",
         .platform = "aws",
         .region = "us-east-1",
         .external_identifier = "ami-0b5f1c2d3e4a59687",
         .instances = 1},
	{.address = "module.edge[\"eu\"].google_compute_instance.proxy",
         .type = "google_compute_instance",
         .provider = "google",
         .external_identifier = "projects/debian-cloud/global/images/debian-12",
         .instances = 3,
         .planned_by = "run-FwnENkvDnrpyFC7M"},
};

static const struct finding wrong_channel[] = {
	{.address = "module.web.aws_instance.web[0]",
         .type = "aws_instance",
         .provider = "aws",
         .platform = "aws",
         .region = "us-east-1",
         .external_identifier = "ami-0a1b2c3d4e5f60718",
         .instances = 4,
         .bucket = "base-ubuntu-2204",
         .version = "v3",
         .fingerprint = "01HVXZ4K2M8N6P0Q3R5S7T9V1W",
         .channel = "staging",
         .wanted = "production"},
	{.address = "data.hcp_packer_artifact.batch",
         .bucket = "fin-payments-images",
         .version = "v12",
         .fingerprint = "01HVZ8X6W4V2T0S8R6Q4P2N0M8",
         .pinned = true,
         .wanted = "production",
         .planned_by = "run-FwnENkvDnrpyFC7M"},
};

static const struct {
	const char *kind;
	unsigned has;
	const struct finding *items;
	size_t count;
} lists[] = {
	{"workspace.untracked_image", SAMPLE_UNTRACKED, untracked, COUNT(untracked)},
	{"workspace.wrong_channel", SAMPLE_WRONG_CHANNEL, wrong_channel, COUNT(wrong_channel)},
};

static json_t *
finding_json(const struct finding *f, bool sparse)
{
	json_t *out = json_object();
	const struct {
		const char *name, *text;
	} often[] = {
		{"address", f->address},   {"type", f->type},
		{"provider", f->provider}, {"platform", f->platform},
		{"region", f->region},     {"version", f->version},
		{"channel", f->channel},   {"fingerprint", f->fingerprint},
	};

	for (size_t i = 0; i < COUNT(often); i++)
		json_object_set_new(out, often[i].name,
		                    sparse ? json_null() : json_text_or_null(often[i].text));
	json_object_set_new(out, "external_identifier", json_text_or_null(f->external_identifier));
	json_object_set_new(out, "bucket", json_text_or_null(f->bucket));
	json_object_set_new(out, "instances",
	                    f->instances > 0 ? json_integer(f->instances) : json_null());
	json_object_set_new(out, "pinned", json_boolean(f->pinned));
	json_object_set_new(out, "wanted",
	                    f->wanted != NULL ? json_pack("[s]", f->wanted) : json_array());
	json_object_set_new(out, "planned_by", json_text_or_null(f->planned_by));
	return out;
}

void
sample_add_findings(json_t *document, const struct sample *sample, bool sparse)
{
	for (size_t i = 0; i < COUNT(lists); i++) {
		json_t *list;

		if (strcmp(sample->kind, lists[i].kind) != 0)
			continue;
		list = json_array();
		for (size_t k = 0; (sample->has & lists[i].has) != 0 && k < lists[i].count; k++)
			json_array_append_new(list, finding_json(&lists[i].items[k], sparse));
		json_object_set_new(document, "findings", list);
	}
}
