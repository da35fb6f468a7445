/*
 * mail_helper.c - `driftbell mail-helper`: one SMTP session, in a process that
 * the relay starts and kills (runtime/helper.h).
 */
#include "relay/command/command.h"
#include "relay/runtime/helper.h"
#include "sinks/mail_transport.h"

static int
run_mail_helper(const struct command_context *context, int argc, char **argv)
{
	(void)context;
	(void)argv;
	if (argc > 1)
		return 2;
	return helper_serve(mail_helper_work);
}

const struct command command_mail_helper = {
	.name = "mail-helper",
	.arguments = "",
	.run = run_mail_helper,
};
