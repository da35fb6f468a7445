/* What a platform team would write. */
#include <stdio.h>
#include <stdlib.h>

#include "relay/base/mem.h"
#include "tests/simulate/sim.h"

static const char head[] =
	"sources:\n"
	"  - {name: terraform, hcp_terraform: {hmac_key_file: hmac.key}}\n"
	"  - {name: packer, hcp_packer: {hmac_key_file: hmac.key}}\n"
	"correlate:\n"
	"  - {bucket: \"{app}-images\", workspace: \"{app}-prod-*\", channel: production}\n"
	"  - {bucket: \"{app}-images\", workspace: \"{app}-stage-*\", channel: staging}\n"
	"teams:\n"
	"  - {name: platform, workspaces: [\"golden*\"], buckets: [\"golden*\"]}\n";

static const char rest[] =
	"sinks:\n"
	"  - {name: chat, slack: {token_file: slack.key, channel: \"#alerts-{{team}}\"}}\n"
	"  - name: security-list\n"
	"    email: {server: \"smtp.example.com:587\", security: starttls,\n"
	"      from: \"Driftbell <driftbell@example.com>\", to: [security@example.com]}\n"
	"  - {name: siem, webhook: {url: \"https://siem.example.com/in\", secret_file: hook.key}}\n"
	"routes:\n"
	"  - {name: siem, match: {kinds: [\"image.*\", \"channel.*\", \"workspace.*\"]}, to: [siem]}\n"
	"  - {name: security, match: {kinds: [image.revocation], severities: [critical]},\n"
	"      to: [security-list]}\n"
	"  - {name: owners, match: {kinds: [image.revocation, image.deleted, channel.revoked,\n"
	"      \"workspace.*\"], severities: [warning, critical]}, per: team, unowned: drop,\n"
	"      to: [chat]}\n"
	"  - {name: weekly, match: {kinds: [image.superseded]}, per: team, unowned: drop,\n"
	"      to: [chat], digest: {every: 7d, at: \"Mon 09:00\", timezone: Europe/Berlin}}\n";

void
config_write(const struct sim *sim, const char *folder)
{
	char *path = mem_fmt("%s/config.yaml", folder);
	FILE *file = fopen(path, "w");
	int teams = sim->options.teams;

	if (file == NULL)
		mem_die(path);
	fputs(head, file);
	for (int t = 0; t < teams; t++)
		fprintf(file,
		        "  - {name: team%d, workspaces: [\"team%d-*\"], buckets: [\"team%d-*\"]}\n",
		        t, t, t);
	fputs(rest, file);
	if (fclose(file) != 0)
		mem_die(path);
	free(path);
}
