#include "relay/source/api.h"

#include <stddef.h>
#include <string.h>

#include "relay/base/text.h"
#include "relay/config/authorities.h"
#include "relay/runtime/guard.h"
#include "relay/source/source.h"

const struct key api_keys[] = {
	{.name = "url",
         .type = KEY_URL,
         .offset = offsetof(struct api_options, url),
         .fallback = "https://app.terraform.io",
         .help = "Where HCP Terraform's API is; of Terraform Enterprise its own address."},
	{.name = "token",
         .type = KEY_SECRET,
         .offset = offsetof(struct api_options, token),
         .flags = KEY_REQUIRED,
         .help = "A team's or a user's token; see API ACCESS for its rights."},
	{.name = "organization",
         .type = KEY_TEXT,
         .offset = offsetof(struct api_options, organization),
         .help = "Whose workspaces are listed once a day, and read where they use HCP Packer; "
                 "none are when left out."},
	{.name = "ca_file",
         .type = KEY_PATH,
         .offset = offsetof(struct api_options, ca_file),
         .help = "Trust only these certificates there, instead of the system's."},
	{0},
};

/* It goes into a header line. */
static bool
is_visible(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

void
api_check(const struct api_options *api, bool allow_private, const struct section *section)
{
	const char *refused = api->url != NULL ? guard_url_fault(api->url, allow_private) : NULL;

	if (api->token.count > 0 && !is_visible(api->token.values[0]))
		section_fault(section, "api.token",
		              "api.token holds a blank or a character that is not ASCII");
	if (api->url != NULL && strpbrk(api->url, "?#") != NULL)
		section_fault(section, "api.url", "api.url needs a URL without ? and #");
	if (refused != NULL)
		section_fault(section, "api.url allow_private", "api.url %s", refused);
	authorities_check("api.ca_file", api->ca_file, section);
}

static bool
is_of(const struct conf_source *source, const struct source_kind *kind)
{
	return source->kind == &kind->conf;
}

const struct api_options *
source_api(const struct conf_source *source)
{
	const struct api_options *api = NULL;

	if (is_of(source, source_kind_named("hcp_terraform")))
		api = &((const struct terraform_options *)source->options)->api;
	else if (is_of(source, source_kind_named("hcp_run_task")))
		api = &((const struct run_task_options *)source->options)->api;
	return api != NULL && api->token.count > 0 ? api : NULL;
}

bool
source_allows_private(const struct conf_source *source)
{
	if (is_of(source, source_kind_named("hcp_run_task")))
		return ((const struct run_task_options *)source->options)->allow_private;
	return is_of(source, source_kind_named("hcp_terraform")) &&
	       ((const struct terraform_options *)source->options)->allow_private;
}
