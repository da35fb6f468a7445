/*
 * read_helper.c - `driftbell read-helper`: one plan or state fetched and read, in
 * a process that the relay starts and kills (runtime/helper.h).
 */
#include "relay/command/command.h"
#include "relay/hcp/read_job.h"
#include "relay/runtime/helper.h"

static int
run_read_helper(const struct command_context *context, int argc, char **argv)
{
	(void)context;
	(void)argv;
	if (argc > 1)
		return 2;
	return helper_serve(read_helper_work);
}

const struct command command_read_helper = {
	.name = READ_HELPER,
	.arguments = "",
	.run = run_read_helper,
};
