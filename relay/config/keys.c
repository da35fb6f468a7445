#include "relay/config/keys.h"

#include "relay/config/conf.h"

/* A row that says what, into which field; designated extras behind it. */
#define ROW(holder, field, is, ...)                                                               \
	{                                                                                         \
		.name = #field, .type = is, .offset = offsetof(struct holder, field), __VA_ARGS__ \
	}
/* KIND rows fill a kind and its options as one struct key_choice. */
#define SAME_LAYOUT(holder)                                                                \
	_Static_assert(offsetof(struct holder, options) - offsetof(struct holder, kind) == \
	                       offsetof(struct key_choice, options),                       \
	               "kind and options follow each other")
SAME_LAYOUT(conf_source);
SAME_LAYOUT(conf_sink);

const char *const conf_severity_words[] = {"info", "warning", "critical", NULL};
static const char *const per_words[] = {[PER_INCIDENT] = "incident", [PER_TEAM] = "team", NULL};

static const struct key tls_keys[] = {
	ROW(conf_tls, certificate_file, KEY_PATH, .flags = KEY_RESTART,
            .help = "The certificate and its chain, PEM."),
	ROW(conf_tls, key_file, KEY_PATH, .flags = KEY_RESTART,
            .help = "The certificate's private key, PEM."),
	{0},
};

static const struct key listen_keys[] = {
	ROW(conf_listen, ingest, KEY_ADDRESS, .fallback = "127.0.0.1:8080", .flags = KEY_RESTART,
            .help = "Where webhooks arrive: the only address HCP must reach. Port 0 takes a free "
                    "one."),
	ROW(conf_listen, admin, KEY_ADDRESS, .fallback = "127.0.0.1:8081", .flags = KEY_RESTART,
            .help = "Where the API, metrics and health are: keep it private. Also unix:PATH."),
	ROW(conf_listen, tls, KEY_MAP, .keys = tls_keys, .size = sizeof(struct conf_tls),
            .help = "TLS on ingest."),
	ROW(conf_listen, admin_tls, KEY_MAP, .keys = tls_keys, .size = sizeof(struct conf_tls),
            .help = "TLS on admin; required beyond loopback."),
	ROW(conf_listen, admin_token, KEY_SECRET, .flags = KEY_RESTART | KEY_PLURAL,
            .help = "The bearer token that requests to admin carry; required beyond loopback."),
	ROW(conf_listen, admin_names, KEY_TEXTS, .flags = KEY_RESTART,
            .help = "Host names, besides the address and localhost, that admin answers to."),
	{0},
};

static const struct key limits_keys[] = {
	ROW(conf_limits, body, KEY_SIZE, .fallback = "1M", .most = "64M",
            .help = "The largest webhook body."),
	ROW(conf_limits, headers, KEY_SIZE, .fallback = "32k", .most = "1M",
            .help = "The most that a request's headers may be."),
	ROW(conf_limits, request, KEY_DURATION, .fallback = "10s",
            .help = "How long a request may take to arrive as a whole."),
	ROW(conf_limits, idle, KEY_DURATION, .fallback = "60s",
            .help = "How long a connection may stay open between requests."),
	ROW(conf_limits, connections, KEY_COUNT, .fallback = "1024", .most = "1000000",
            .help = "The most connections to ingest at once."),
	ROW(conf_limits, queue, KEY_COUNT, .fallback = "1000000", .most = "1000000000",
            .help = "The most events accepted and not yet worked off; then ingest answers 503."),
	{0},
};

static const struct key store_keys[] = {
	ROW(conf_store, url, KEY_TEXT, .fallback = SQLITE_PREFIX "driftbell.db",
            .flags = KEY_RESTART, .help = "Where everything is kept: sqlite:PATH."),
	ROW(conf_store, retention, KEY_DURATION, .fallback = "90d", .flags = KEY_RESTART,
            .help = "How long closed incidents, finished deliveries and processed events are "
                    "kept."),
	{0},
};

static const struct key runbook_keys[] = {
	ROW(conf_runbook, kind, KEY_TEXT, .flags = KEY_REQUIRED,
            .help = "A pattern over incident kinds."),
	ROW(conf_runbook, url, KEY_URL, .flags = KEY_REQUIRED,
            .help = "What messages about them link to."),
	{0},
};

static const struct key links_keys[] = {
	ROW(conf_links, base_url, KEY_URL,
            .help = "How people reach the relay: links in messages begin with it."),
	ROW(conf_links, runbooks, KEY_LIST, .keys = runbook_keys,
            .size = sizeof(struct conf_runbook),
            .help = "Runbooks by incident kind; the first that matches is linked."),
	{0},
};

static const struct key templates_keys[] = {
	ROW(conf_templates, folder, KEY_PATH,
            .help = "A folder of templates of your own, beside and instead of the shipped ones."),
	{0},
};

/* What would be looked at and told over and over: a slip, such as 30s for 30m. */
#define AGAIN_LEAST_MS (60 * INT64_C(1000))

static const struct key source_keys[] = {
	ROW(conf_source, name, KEY_TEXT, .flags = KEY_REQUIRED,
            .help = "Its place: webhooks are posted to /hooks/NAME."),
	ROW(conf_source, expect_every, KEY_DURATION, .fallback = "0", .least = AGAIN_LEAST_MS,
            .help = "Nothing from it for longer than this is an incident: 60s or more; 0 is "
                    "never."),
	ROW(conf_source, kind, KEY_KIND, .flags = KEY_REQUIRED,
            .size = offsetof(struct conf_kinds, sources)),
	{0},
};

static const struct key rule_keys[] = {
	ROW(conf_rule, bucket, KEY_TEXT, .flags = KEY_REQUIRED,
            .help = "A pattern over bucket names; {name} stands for one or more dash-separated "
                    "words."),
	ROW(conf_rule, workspace, KEY_TEXT, .flags = KEY_REQUIRED,
            .help = "A pattern over workspace names; a {name} must be the same words on both "
                    "sides."),
	ROW(conf_rule, organization, KEY_TEXT, .fallback = "*",
            .help = "A pattern over HCP Terraform organization names."),
	ROW(conf_rule, project, KEY_TEXT, .fallback = "*",
            .help = "A pattern over HCP project ids."),
	ROW(conf_rule, channel, KEY_TEXT,
            .help = "The channel those workspaces follow; any when left out."),
	{0},
};

static const struct key team_keys[] = {
	ROW(conf_team, name, KEY_TEXT, .flags = KEY_REQUIRED,
            .help = "The team's name, as messages show it."),
	ROW(conf_team, workspaces, KEY_GLOBS, .help = "Patterns over names of workspaces it owns."),
	ROW(conf_team, projects, KEY_GLOBS,
            .help = "Patterns over names of HCP Terraform projects whose workspaces it owns."),
	ROW(conf_team, tags, KEY_GLOBS,
            .help = "Patterns over tags of workspaces it owns; a key with a value is key:value."),
	ROW(conf_team, buckets, KEY_GLOBS, .help = "Patterns over names of buckets it owns."),
	{0},
};

static const struct key sink_keys[] = {
	ROW(conf_sink, name, KEY_TEXT, .flags = KEY_REQUIRED, .help = "What routes call it."),
	ROW(conf_sink, kind, KEY_KIND, .flags = KEY_REQUIRED,
            .size = offsetof(struct conf_kinds, sinks)),
	{0},
};

const struct key conf_match_keys[] = {
	ROW(conf_match, kinds, KEY_GLOBS, .help = "Incident kinds."),
	ROW(conf_match, severities, KEY_TEXTS, .choices = conf_severity_words,
            .help = "Severities."),
	ROW(conf_match, teams, KEY_GLOBS,
            .help = "Names of teams that own an affected workspace or the bucket."),
	ROW(conf_match, buckets, KEY_GLOBS, .help = "Bucket names."),
	ROW(conf_match, workspaces, KEY_GLOBS, .help = "Names of affected workspaces."),
	ROW(conf_match, organizations, KEY_GLOBS,
            .help = "HCP Terraform organizations of affected workspaces."),
	ROW(conf_match, channels, KEY_GLOBS, .help = "Channels of the image."),
	{0},
};

static const struct key digest_keys[] = {
	ROW(conf_digest, every, KEY_DURATION, .flags = KEY_REQUIRED, .help = "1d or 7d."),
	ROW(conf_digest, at, KEY_TEXT, .flags = KEY_REQUIRED,
            .help = "When: \"09:00\", and with 7d also the day: \"Mon 09:00\"."),
	ROW(conf_digest, timezone, KEY_TEXT, .fallback = "UTC",
            .help = "Whose clock that is: a name of the tz database."),
	{0},
};

static const struct key route_keys[] = {
	ROW(conf_route, name, KEY_TEXT, .flags = KEY_REQUIRED,
            .help = "The route's name, as messages show it."),
	ROW(conf_route, match, KEY_MAP, .keys = conf_match_keys, .size = sizeof(struct conf_match),
            .help = "What it takes; what is left out matches everything."),
	ROW(conf_route, to, KEY_TEXTS, .flags = KEY_REQUIRED, .help = "The sinks it tells."),
	ROW(conf_route, per, KEY_CHOICE, .choices = per_words, .fallback = "incident",
            .help = "One message for everyone, or one for each team with that team's rows."),
	ROW(conf_route, teams, KEY_TEXTS,
            .help = "With per: team, only these teams; all when left out."),
	ROW(conf_route, unowned, KEY_TEXT,
            .help = "With per: team, where rows nobody owns go: a sink, or drop; this route's "
                    "sinks when left out."),
	ROW(conf_route, wait, KEY_DURATION, .fallback = "10s",
            .help = "How long to collect before the first message."),
	ROW(conf_route, repeat, KEY_DURATION, .fallback = "0", .least = AGAIN_LEAST_MS,
            .help = "How often to remind while an incident is open: 60s or more; 0 is never."),
	ROW(conf_route, reminders, KEY_DURATIONS,
            .help = "When to remind before a scheduled revocation."),
	ROW(conf_route, digest, KEY_MAP, .keys = digest_keys, .size = sizeof(struct conf_digest),
            .help = "It tells nothing at once, but in one message at these times what is open "
                    "and what was opened and resolved since the last."),
	ROW(conf_route, stop, KEY_BOOL, .fallback = "false",
            .help = "Whether later routes are not asked for the audiences this one told."),
	{0},
};

const char *const conf_weekday_words[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", NULL};

const struct key conf_weekly_keys[] = {
	ROW(conf_weekly, days, KEY_TEXTS, .choices = conf_weekday_words, .flags = KEY_REQUIRED,
            .help = "The days on which the window opens."),
	ROW(conf_weekly, from, KEY_TEXT, .flags = KEY_REQUIRED, .help = "When it opens, as HH:MM."),
	ROW(conf_weekly, to, KEY_TEXT, .flags = KEY_REQUIRED,
            .help = "When it ends, as HH:MM; on the next day where that is not later than from."),
	ROW(conf_weekly, timezone, KEY_TEXT, .fallback = "UTC",
            .help = "Whose clocks these are, by its name in the tz database."),
	{0},
};

static const struct key silence_keys[] = {
	ROW(conf_silence, name, KEY_TEXT, .flags = KEY_REQUIRED,
            .help = "The window's name, as timelines show it."),
	ROW(conf_silence, match, KEY_MAP, .keys = conf_match_keys,
            .size = sizeof(struct conf_match),
            .help = "Which incidents nothing is said about meanwhile; keys as in a route."),
	ROW(conf_silence, weekly, KEY_MAP, .keys = conf_weekly_keys,
            .size = sizeof(struct conf_weekly), .help = "When it is."),
	ROW(conf_silence, comment, KEY_TEXT, .help = "Why it is."),
	{0},
};

const char *const conf_provider_words[] = {"aws",       "azurerm",      "azurestack",
                                           "google",    "vsphere",      "nutanix",
                                           "openstack", "oci",          "digitalocean",
                                           "alicloud",  "tencentcloud", "huaweicloud",
                                           "ibm",       "yandex",       "hcloud",
                                           "linode",    "scaleway",     "vultr",
                                           "exoscale",  "outscale",     NULL};

static const struct key policy_keys[] = {
	ROW(conf_policy, workspace, KEY_TEXT, .flags = KEY_REQUIRED,
            .help = "A pattern over workspace names."),
	ROW(conf_policy, organization, KEY_TEXT, .fallback = "*",
            .help = "A pattern over HCP Terraform organization names."),
	ROW(conf_policy, bucket, KEY_TEXT, .fallback = "*", .help = "A pattern over bucket names."),
	ROW(conf_policy, channel, KEY_TEXTS, .flags = KEY_REQUIRED | KEY_ONE,
            .help = "The channel that their images are to come from, or a list of such."),
	{0},
};

static const struct key ignored_keys[] = {
	ROW(conf_ignored, workspace, KEY_TEXT, .fallback = "*",
            .help = "A pattern over workspace names."),
	ROW(conf_ignored, image, KEY_TEXT, .fallback = "*",
            .help = "A pattern over the ids of images, as the resources name them."),
	ROW(conf_ignored, type, KEY_TEXT, .fallback = "*",
            .help = "A pattern over resource types."),
	ROW(conf_ignored, address, KEY_TEXT, .fallback = "*",
            .help = "A pattern over addresses of resources."),
	{0},
};

static const struct key untracked_keys[] = {
	ROW(conf_untracked, providers, KEY_TEXTS,
            .help = "The providers whose images are to be known by a bucket."),
	ROW(conf_untracked, ignore, KEY_LIST, .keys = ignored_keys,
            .size = sizeof(struct conf_ignored), .help = "What may run other images."),
	{0},
};

static const struct key image_attribute_keys[] = {
	ROW(conf_image_attribute, type, KEY_TEXT, .flags = KEY_REQUIRED,
            .help = "A resource type."),
	ROW(conf_image_attribute, attribute, KEY_TEXT, .flags = KEY_REQUIRED,
            .help = "Its attribute that holds the id of its image; names with dots go into "
                    "blocks."),
	ROW(conf_image_attribute, provider, KEY_TEXT, .flags = KEY_REQUIRED,
            .help = "The provider whose image that is."),
	{0},
};

const struct key conf_keys[] = {
	ROW(conf, listen, KEY_MAP, .keys = listen_keys, .size = sizeof(struct conf_listen),
            .help = "Where the relay listens."),
	ROW(conf, limits, KEY_MAP, .keys = limits_keys, .size = sizeof(struct conf_limits),
            .help = "What a sender may take of the relay."),
	ROW(conf, store, KEY_MAP, .keys = store_keys, .size = sizeof(struct conf_store),
            .help = "What is kept."),
	ROW(conf, links, KEY_MAP, .keys = links_keys, .size = sizeof(struct conf_links),
            .help = "What messages link to."),
	ROW(conf, templates, KEY_MAP, .keys = templates_keys, .size = sizeof(struct conf_templates),
            .help = "The words of messages."),
	ROW(conf, baseline, KEY_DURATION, .fallback = "0",
            .help = "How long a new store collects drift, failed checks, assessments and runs, and "
                    "what is found of images, before it tells of them, in one message."),
	ROW(conf, sources, KEY_LIST, .keys = source_keys, .size = sizeof(struct conf_source),
            .help = "Who sends webhooks."),
	ROW(conf, correlate, KEY_LIST, .keys = rule_keys, .size = sizeof(struct conf_rule),
            .help = "Which workspaces run which images, by name."),
	ROW(conf, teams, KEY_LIST, .keys = team_keys, .size = sizeof(struct conf_team),
            .help = "Who owns what; the first that matches owns."),
	ROW(conf, sinks, KEY_LIST, .keys = sink_keys, .size = sizeof(struct conf_sink),
            .help = "Where messages go."),
	ROW(conf, routes, KEY_LIST, .keys = route_keys, .size = sizeof(struct conf_route),
            .help = "Who hears what, in order."),
	ROW(conf, silences, KEY_LIST, .keys = silence_keys, .size = sizeof(struct conf_silence),
            .help = "Maintenance windows."),
	ROW(conf, policy, KEY_LIST, .keys = policy_keys, .size = sizeof(struct conf_policy),
            .help = "Which channel's images workspaces are to run."),
	ROW(conf, untracked_images, KEY_MAP, .keys = untracked_keys,
            .size = sizeof(struct conf_untracked),
            .help = "Which images are to come from a bucket."),
	ROW(conf, image_attributes, KEY_LIST, .keys = image_attribute_keys,
            .size = sizeof(struct conf_image_attribute),
            .help = "Where further resource types have the id of their image."),
	ROW(conf, fallback, KEY_TEXT,
            .help = "The sink that hears of failing sinks where no route takes it; the first other "
                    "one when left out."),
	{0},
};
