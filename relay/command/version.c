/*
 * version.c - `driftbell version`: this program, and the libraries it runs
 * with, which need not be those it was built with.
 */
#include <curl/curl.h>
#include <event2/event.h>
#include <jansson.h>
#include <libfyaml.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>

#include "relay/command/command.h"

static int
run_version(const struct command_context *context, int argc, char **argv)
{
	(void)context;
	(void)argv;
	if (argc > 1)
		return 2;
	printf("driftbell %s\n", DRIFTBELL_VERSION);
	printf("libevent %s\n", event_get_version());
	printf("libcurl %s\n", curl_version_info(CURLVERSION_NOW)->version);
	printf("jansson %s\n", jansson_version_str());
	printf("libfyaml %s\n", fy_library_version());
	printf("SQLite %s\n", sqlite3_libversion());
	printf("OpenSSL %s\n", OpenSSL_version(OPENSSL_VERSION_STRING));
	return 0;
}

const struct command command_version = {
	.name = "version",
	.arguments = "",
	.summary = "print the version, and those of the libraries",
	.run = run_version,
};
